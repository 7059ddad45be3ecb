// What can be read off the bytecode about a frame: how deep its value stack is, and what it has called.
#include "cpython/call_sites.hpp"

#include <gtest/gtest.h>

#include <string>

#include "cpython/ref.hpp"
#include "eval/switching.hpp"
#include "python_code.hpp"

namespace stackless::test {

namespace {

// ---- The depth of the value stack

/// Much of the language, for the analysis to follow.
constexpr const char* many_instructions = R"py(
import contextlib

def generator(count):
    for number in range(count):
        received = yield number
        assert received is None
    return count

def delegating(count):
    return (yield from generator(count))

async def coroutine(items):
    async with manager() as entered:
        return [entered async for _ in asynchronous(items)]

async def asynchronous(items):
    for item in items:
        yield item

class manager:
    async def __aenter__(self):
        return self
    async def __aexit__(self, *exception):
        return False

@contextlib.contextmanager
def guarded():
    try:
        yield 1
    except LookupError as error:
        assert error.args
    finally:
        pass

def calls(*args, key=None, **kwargs):
    first, *middle, last = args
    print(first, middle, last, sep="", end="", file=Sink())
    return max(args, key=lambda n: -n), {**kwargs, "key": key}, [*args, *middle], sorted(args)

class Sink:
    text = ""
    def write(self, text):
        self.text += text

def raising(depth):
    try:
        if depth == 0:
            raise KeyError(depth)
        raising(depth - 1)
    except KeyError:
        try:
            raise ValueError from None
        except (TypeError, ValueError):
            pass
        raise

def grouped():
    try:
        raise ExceptionGroup("", [ValueError(), KeyError()])
    except* ValueError:
        pass
    except* KeyError:
        pass

def matching(value):
    match value:
        case {"a": [x, *_], **rest}:
            return x, rest
        case Sink(text=text) | (text, _):
            return text
        case _:
            return f"{value!r:>10}"

exec("def long_jump(flag):\n    while flag:\n        flag -= 1\n" +
     "".join(f"        name{i} = flag, {i}\n" for i in range(300)))

def run():
    assert list(delegating(3)) == [0, 1, 2]
    try:
        coroutine([1, 2]).send(None)
    except StopIteration as stop:
        assert len(stop.value) == 2
    with guarded() as one, contextlib.suppress(KeyError):
        [][one]
    calls(3, 1, 2, key=1, other=2)
    calls(*range(4), **{"key": 1})
    assert [n for n in range(3) if n] == list({n: n for n in (1, 2)}) == sorted({n for n in (2, 1)})
    with contextlib.suppress(KeyError):
        raising(2)
    grouped()
    for value in {"a": (1, 2), "b": 1}, Sink(), ("", 0), 5, None:
        matching(value)
    long_jump(2)
    table = {"a": [0]}
    table["a"][0] += 1
    table["a"][:1] = 4, 5
    del table["a"]
    assert not table and 1 < 2 < 3
)py";

struct Comparison {
    int instructions = 0;
    int differences = 0;
    std::string first_difference;
};

/// A trace function: before each instruction, compares the analysis with the frame.
int compare_depths(PyObject* capsule, PyFrameObject* object, int event, PyObject*) {
    object->f_trace_opcodes = 1;
    if (event != PyTrace_OPCODE)
        return 0;
    auto* comparison = static_cast<Comparison*>(PyCapsule_GetPointer(capsule, nullptr));
    Frame* frame = object->f_frame;
    const auto index = static_cast<int>(frame->prev_instr - _PyCode_CODE(frame->f_code));
    const int real = frame->stacktop - frame->f_code->co_nlocalsplus;
    const int analysed = stack_depth_before(frame->f_code, index);
    comparison->instructions++;
    if (analysed != real && comparison->differences++ == 0) {
        comparison->first_difference = std::string(PyUnicode_AsUTF8(frame->f_code->co_qualname)) +
                                       ", offset " + std::to_string(index * 2) + ": " +
                                       std::to_string(analysed) + " instead of " +
                                       std::to_string(real);
    }
    return 0;
}

TEST(StackDepth, IsThatOfRunningFrames) {
    const Ref names = run(many_instructions);
    ASSERT_TRUE(names);
    Comparison comparison;
    const Ref capsule = Ref::steal(PyCapsule_New(&comparison, nullptr, nullptr));
    PyEval_SetTrace(compare_depths, capsule.get());
    const Ref result = Ref::steal(PyObject_CallNoArgs(variable(names, "run")));
    PyEval_SetTrace(nullptr, nullptr);
    if (!result) {
        PyErr_Print();
    }
    EXPECT_TRUE(result);
    EXPECT_GT(comparison.instructions, 1000);
    EXPECT_EQ(comparison.differences, 0) << comparison.first_difference;
}

constexpr const char* collect_standard_library = R"py(
import dis, importlib.util, types

def collect(code):
    codes.append(code)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            collect(constant)

codes = []
for name in "argparse", "asyncio.tasks", "collections", "decimal", "dis", "enum", "inspect", "typing":
    collect(importlib.util.find_spec(name).loader.get_code(name))
offsets = [[i.offset for i in dis.get_instructions(code)] for code in codes]
)py";

TEST(StackDepth, FitsTheStackEverywhere) {
    const Ref names = run(collect_standard_library);
    ASSERT_TRUE(names);
    PyObject* codes = variable(names, "codes");
    PyObject* offsets = variable(names, "offsets");
    int reached = 0;
    int unreached = 0;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(codes); i++) {
        auto* code = reinterpret_cast<PyCodeObject*>(PyList_GET_ITEM(codes, i));
        PyObject* places = PyList_GET_ITEM(offsets, i);
        for (Py_ssize_t j = 0; j < PyList_GET_SIZE(places); j++) {
            const int index = static_cast<int>(PyLong_AsLong(PyList_GET_ITEM(places, j)) / 2);
            const int depth = stack_depth_before(code, index);
            ASSERT_LE(depth, code->co_stacksize)
                << PyUnicode_AsUTF8(code->co_qualname) << ", offset " << index * 2;
            (depth >= 0 ? reached : unreached)++;
        }
    }
    EXPECT_GT(reached, 10000);
    // The compiler leaves a little code behind that nothing jumps to.
    EXPECT_LT(unreached, reached / 1000);
}

TEST(FullArgument, SkipsInlineCaches) {
    const Ref names = run(R"py(
def function():
    return other(1)
)py");
    ASSERT_TRUE(names);
    auto* function = reinterpret_cast<PyFunctionObject*>(variable(names, "function"));
    auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
    Instr* unit = _PyCode_CODE(code);
    while (_PyOpcode_Deopt[_Py_OPCODE(*unit)] != CALL) {
        unit++;
    }
    // The entry belongs to the PRECALL and could have any value.
    const Instr entry = std::exchange(unit[-1], _Py_MAKECODEUNIT(EXTENDED_ARG, 7));
    EXPECT_EQ(full_argument(code, unit), 1);
    unit[-1] = entry;
}

// ---- What a frame has called

PyObject* describe(PyObject*, PyObject*) {
    return eval::describe_c_caller(PyThreadState_Get()->cframe);
}

/// call_back(function, ...) calls the function without arguments, from C.
PyObject* call_back(PyObject*, PyObject* args) {
    return PyObject_CallNoArgs(PyTuple_GET_ITEM(args, 0));
}

/// Runs statements in which C code calls note(), and returns what that C code was called as. It does so by
/// way of call_back(), so that the loop itself does not call it.
std::string description(const std::string& statements) {
    static PyMethodDef functions[] = {{"describe", describe, METH_NOARGS, nullptr},
                                      {"call_back", call_back, METH_VARARGS, nullptr},
                                      {}};
    const std::string note =
        "def note(*args):\n    global found\n    found = describe()\n    return 0\n";
    const Ref names = run((note + statements).c_str(), functions);
    PyObject* found = names ? variable(names, "found") : nullptr;
    return found != nullptr ? PyUnicode_AsUTF8(found) : "";
}

TEST(CallSite, NamesFunctionLineAndFile) {
    EXPECT_EQ(description("call_back(note)"), "call_back() at line 5 of test.py");
    EXPECT_EQ(description("sorted([note], key=call_back)"), "sorted() at line 5 of test.py");
    EXPECT_EQ(description("\n[note].sort(key=call_back)"), "list.sort() at line 6 of test.py");
    EXPECT_EQ(description("list(map(call_back, [note]))"), "list() at line 5 of test.py");
}

TEST(CallSite, WithUnpackedArguments) {
    EXPECT_EQ(description("sorted(*[[note]], **{'key': call_back})"),
              "sorted() at line 5 of test.py");
    EXPECT_EQ(description("import functools\nfunctools.reduce(call_back, *([note, 2],))"),
              "reduce() at line 6 of test.py");
}

TEST(CallSite, InTheMiddleOfExpressions) {
    EXPECT_EQ(description("[0, (1, 2 + sum(map(call_back, [note])))]"),
              "sum() at line 5 of test.py");
    EXPECT_EQ(
        description("def generate():\n    yield 1, max([note], key=call_back)\nnext(generate())"),
        "max() at line 6 of test.py");
    EXPECT_EQ(
        description("try:\n    1 / 0\nexcept ZeroDivisionError:\n    min([note], key=call_back)"),
        "min() at line 8 of test.py");
}

TEST(CallSite, OfWhatIsNoCall) {
    EXPECT_EQ(
        description("import functools\n"
                    "class Number:\n    __neg__ = functools.partial(call_back, note)\n-Number()"),
        "an operator at line 8 of test.py");
}

}  // namespace

}  // namespace stackless::test
