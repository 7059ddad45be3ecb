// Frames of tasklets that are parked are what the check of frames that come out of a pickle takes for possible.
#include "pickle/suspension.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "eval/generators.hpp"
#include "eval/handler.hpp"
#include "python_code.hpp"
#include "tasklet/tasklet.hpp"

namespace stackless::test {

namespace {

using eval::Delivery;
using pickle::check_frame;
using pickle::Owner;
using pickle::Resumption;

constexpr const char* delivery_names[] = {
#define STACKLESS_NAME(name) #name,
    STACKLESS_DELIVERIES(STACKLESS_NAME)
#undef STACKLESS_NAME
};

Resumption resumption_of(const Tasklet* tasklet) {
    if (tasklet->interrupted)
        return Resumption::interrupted;
    return _PyInterpreterFrame_LASTI(tasklet->fields.frame()) < 0 ? Resumption::at_start
                                                                  : Resumption::with_value;
}

const char* check(Frame* frame, Resumption how, Delivery delivery) {
    const Owner owner = frame->owner == FRAME_OWNED_BY_GENERATOR ? Owner::generator : Owner::thread;
    return check_frame(frame->f_code, _PyInterpreterFrame_LASTI(frame), owner, how, delivery,
                       frame->localsplus, frame->stacktop - frame->f_code->co_nlocalsplus);
}

/// The deliveries that have been met.
std::set<Delivery> met;

/// What is wrong with a frame, if anything is, goes to the list.
void look_at(Frame* frame, Resumption how, Delivery delivery, PyObject* problems) {
    const char* problem = check(frame, how, delivery);
    if (problem == nullptr)
        return;
    const Ref text = Ref::steal(PyUnicode_FromFormat(
        "%U at %d (opcode %d), %s, %d values: %s", frame->f_code->co_qualname,
        _PyInterpreterFrame_LASTI(frame), _PyOpcode_Deopt[_Py_OPCODE(*frame->prev_instr)],
        delivery_names[static_cast<int>(delivery)], frame->stacktop - frame->f_code->co_nlocalsplus,
        problem));
    PyList_Append(problems, text.get());
}

/// problems(tasklet): what the check finds wrong with its frames, as a list of strings.
PyObject* problems(PyObject*, PyObject* object) {
    PyObject* result = PyList_New(0);
    const auto* tasklet = reinterpret_cast<Tasklet*>(object);
    if (tasklet->parked != nullptr)
        return result;  // it keeps a C stack
    Frame* frame = tasklet->fields.frame();
    look_at(frame, resumption_of(tasklet), Delivery::value, result);
    for (; frame->previous != nullptr; frame = frame->previous) {
        const Delivery delivery = eval::delivery_of(frame);
        look_at(frame->previous, Resumption::delivered, delivery, result);
        met.insert(delivery);
    }
    return result;
}

/// problems_of_generator(generator): the same of one that is suspended.
PyObject* problems_of_generator(PyObject*, PyObject* object) {
    PyObject* result = PyList_New(0);
    auto* generator = reinterpret_cast<PyGenObject*>(object);
    if (generator->gi_frame_state < FRAME_EXECUTING) {
        const bool is_new = generator->gi_frame_state == FRAME_CREATED;
        look_at(eval::frame_of(generator), is_new ? Resumption::created : Resumption::yielded,
                Delivery::value, result);
    }
    return result;
}

PyMethodDef functions[] = {
    {"problems", problems, METH_O, nullptr},
    {"problems_of_generator", problems_of_generator, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

std::string text_of(PyObject* object) {
    const Ref text = Ref::steal(PyObject_Str(object));
    return PyUnicode_AsUTF8(text.get());
}

/// The directory of the tests in Python, as a literal.
std::string python_tests() {
    const std::string here = __FILE__;
    return here.substr(0, here.rfind('/')) + "/../python";
}

void expect_none(PyObject* found) {
    ASSERT_NE(found, nullptr);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(found); i++) {
        ADD_FAILURE() << text_of(PyList_GET_ITEM(found, i));
    }
}

/// What the tests share: the rows of tests/python/test_frames_*.py, by name.
std::string with_rows(const char* statements) {
    return "import sys\nsys.path.insert(0, '" + python_tests() + "')\n" + R"py(
import gc, glob, importlib, os, stackless, types

rows = {}
for path in sorted(glob.glob(sys.path[0] + "/test_frames_*.py")):
    rows |= importlib.import_module(os.path.basename(path)[:-3]).ROWS
del sys.path[0]
ROUNDS = 12  # calls after which the instructions have their specialised forms
found = set()
)py" + statements +
           "\nfound = sorted(found)\n";
}

}  // namespace

// All that calls back into Python, with the callback waiting.
TEST(Suspension, EverythingThatCallsBack) {
    met.clear();
    const Ref names = run(with_rows(R"py(
def async_hook(action):
    async def generator():
        yield 1
    async def iterate():
        async for _ in generator():
            pass
    old = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(lambda _: action(), lambda _: None)
    try:
        iterate().send(None)
    except StopIteration:
        pass
    finally:
        sys.set_asyncgen_hooks(*old)

class Awaited:
    def __init__(self, action):
        self.action = action
    def __aiter__(self):
        return self
    def __anext__(self):
        return self
    def __await__(self):
        self.action()
        raise StopAsyncIteration

def await_next(action):
    async def iterate():
        async for _ in Awaited(action):
            pass
    try:
        iterate().send(None)
    except TypeError:
        pass

class Left:
    pass

class Right(Left):
    def __init__(self, action):
        self.action = action
    def __radd__(self, other):
        self.action()
    def __gt__(self, other):
        self.action()
    def __index__(self):
        self.action()
        return 1

class Floating:
    def __init__(self, action):
        self.action = action
    def __float__(self):
        self.action()
        return 1.0

class Mapping:
    def __init__(self, action):
        self.action = action
    def keys(self):
        self.action()
        return []
    def __getitem__(self, key):
        pass

rows |= {
    "first iteration": async_hook,
    "what __anext__() returns": await_next,
    "priority of a subclass": lambda action: Left() + Right(action),
    "priority in a comparison": lambda action: Left() < Right(action),
    "float by index": lambda action: float(Right(action)),
    "complex by index": lambda action: complex(Right(action)),
    "complex by float": lambda action: complex(Floating(action)),
    "**mapping": lambda action: (lambda **keywords: None)(**Mapping(action)),
}

def walk(row):
    waiting = []

    def action():
        waiting.append(stackless.getcurrent())
        stackless.schedule_remove()

    def work():
        for _ in range(ROUNDS):
            row(action)

    stackless.tasklet(work)()
    stackless.run()
    while waiting:
        tasklet = waiting.pop()
        yield from problems(tasklet)
        for each in gc.get_objects(0):
            if isinstance(each, (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)):
                yield from problems_of_generator(each)
        tasklet.run()

for name, row in rows.items():
    found |= {f"{name}: {problem}" for problem in walk(row)}
)py")
                              .c_str(),
                          functions);
    ASSERT_TRUE(names);
    EXPECT_GT(PyDict_GET_SIZE(variable(names, "rows")), 500);
    expect_none(variable(names, "found"));
    met.insert(Delivery::star_kwargs);  // the compiler makes a dict of what is behind ** before
    for (size_t i = 0; i < std::size(delivery_names); i++) {
        EXPECT_TRUE(met.contains(static_cast<Delivery>(i))) << delivery_names[i];
    }
}

// The same, interrupted by a watchdog time and again.
TEST(Suspension, Interrupted) {
    const Ref names = run(with_rows(R"py(
interrupted = 0

def walk(row, budget):
    global interrupted

    def work():
        for _ in range(ROUNDS):
            row(lambda: None)

    stackless.tasklet(work)()
    while (victim := stackless.run(budget, ignore_nesting=True)) is not None:
        interrupted += not victim.nesting_level
        yield from problems(victim)
        victim.insert()

for number, (name, row) in enumerate(rows.items()):
    found |= {f"{name}: {problem}" for problem in walk(row, 17 + number % 5)}
)py")
                              .c_str(),
                          functions);
    ASSERT_TRUE(names);
    EXPECT_GT(PyLong_AsLong(variable(names, "interrupted")), 1000);
    expect_none(variable(names, "found"));
}

}  // namespace stackless::test
