// Nothing leads to what src/ replaces in libpython, its evaluation loop above all. In this program the
// originals are fatal (poison_originals.sh), so that every test here would end with SIGTRAP.
#include <gtest/gtest.h>

#include <csignal>

#include "cpython/python.hpp"
#include "cpython/ref.hpp"
#include "python_code.hpp"

extern "C" PyObject* original__PyEval_EvalFrameDefault(PyThreadState*, _PyInterpreterFrame*, int);

namespace stackless::test {

namespace {

constexpr const char* small_function = R"py(
def add(a, b):
    total = a
    for _ in range(b):
        total += 1
    return total
)py";

TEST(ReplacedFunctionsDeathTest, OriginalLoopIsFatal) {
    EXPECT_EXIT(original__PyEval_EvalFrameDefault(PyThreadState_Get(), nullptr, 0),
                testing::KilledBySignal(SIGTRAP), "");
}

TEST(ReplacedFunctions, EvaluatorOfTheInterpreterIsOurs) {
    _PyFrameEvalFunction evaluator = _PyInterpreterState_GetEvalFrameFunc(PyInterpreterState_Get());
    EXPECT_EQ(evaluator, &_PyEval_EvalFrameDefault);
    EXPECT_NE(evaluator, &original__PyEval_EvalFrameDefault);
}

TEST(ReplacedFunctions, CallsThroughTheApi) {
    const Ref names = run(small_function);
    ASSERT_TRUE(names);
    const Ref sum = Ref::steal(PyObject_CallFunction(variable(names, "add"), "ii", 2, 3));
    ASSERT_TRUE(sum);
    EXPECT_EQ(PyLong_AsLong(sum.get()), 5);
}

/// Runs the code of a module in a frame that the API has made.
void evaluate_frame(PyObject* (*evaluate)(PyFrameObject*)) {
    const Ref names = run("");
    const Ref code = Ref::steal(Py_CompileString("result = 6 * 7", "test.py", Py_file_input));
    ASSERT_TRUE(names && code);
    const auto frame = RefTo<PyFrameObject>::steal(
        PyFrame_New(PyThreadState_Get(), reinterpret_cast<PyCodeObject*>(code.get()), names.get(),
                    names.get()));
    ASSERT_TRUE(frame);
    const Ref result = Ref::steal(evaluate(frame.get()));
    EXPECT_EQ(result.get(), Py_None);
    EXPECT_EQ(PyLong_AsLong(variable(names, "result")), 42);
}

TEST(ReplacedFunctions, FramesThroughTheApi) {
    evaluate_frame(PyEval_EvalFrame);
    evaluate_frame([](PyFrameObject* frame) { return PyEval_EvalFrameEx(frame, 0); });
}

TEST(ReplacedFunctions, TheLanguage) {
    EXPECT_TRUE(run(R"py(
import contextlib, functools

class Base:
    def __init__(self, value):
        self.value = value
    def __getattr__(self, name):
        return name
    def __eq__(self, other):
        return self.value == other.value
    def __hash__(self):
        return hash(self.value)

class Derived(Base):
    @property
    def double(self):
        return self.value * 2
    @functools.cached_property
    def triple(self):
        return self.value * 3

@contextlib.contextmanager
def swallowing(*types):
    try:
        yield
    except types:
        pass

def numbers(count):
    received = yield from range(count)
    return received

objects = {Derived(i): i for i in numbers(50)}
assert [o.double for o in sorted(objects, key=lambda o: -o.value)][0] == 98
assert Derived(4).triple == 12 and Derived(4).missing == "missing"
assert functools.reduce(lambda a, b: a + b, map(lambda n: n * n, range(10))) == 285

with swallowing(ZeroDivisionError):
    1 / 0
try:
    raise ExceptionGroup("several", [ValueError(1), KeyError(2)])
except* ValueError as group:
    assert len(group.exceptions) == 1
except* KeyError:
    pass

match {"shape": "circle", "radius": 2}:
    case {"shape": "square"}:
        assert False
    case {"shape": "circle", "radius": int(radius)}:
        assert radius == 2

names = {}
exec("def from_exec(): return eval('1 + 1')", names)
assert names["from_exec"]() == 2
)py"));
}

TEST(ReplacedFunctions, TheStandardLibrary) {
    EXPECT_TRUE(run(R"py(
import asyncio, collections, dataclasses, decimal, enum, io, json, logging, re, threading, unittest

async def child(delay):
    await asyncio.sleep(0)
    return delay

async def parent():
    return await asyncio.gather(*map(child, range(10)))

assert asyncio.run(parent()) == list(range(10))

results = []
threads = [threading.Thread(target=lambda: results.append(json.loads("[1, {}]"))) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert results == [[1, {}]] * 4

class Case(unittest.TestCase):
    def test_pattern(self):
        self.assertEqual(re.sub(r"\d+", lambda m: m[0] * 2, "a1b22"), "a11b2222")
    def test_subtests(self):
        for value in range(3):
            with self.subTest(value=value):
                self.assertLess(value, 3)

suite = unittest.defaultTestLoader.loadTestsFromTestCase(Case)
outcome = unittest.TextTestRunner(stream=io.StringIO()).run(suite)
assert outcome.testsRun == 2 and outcome.wasSuccessful()
)py"));
}

TEST(ReplacedFunctions, TraceFunctionsAndFinalizers) {
    EXPECT_TRUE(run(R"py(
import gc, sys

events = []
def trace(frame, event, argument):
    events.append(event)
    return trace

def traced():
    return sum(n for n in range(3))

sys.settrace(trace)
traced()
sys.settrace(None)
assert "line" in events and "return" in events

finalized = []
class Cycle:
    def __init__(self):
        self.me = self
    def __del__(self):
        finalized.append(1)

Cycle()
gc.collect()
assert finalized == [1]
)py"));
}

TEST(ReplacedFunctions, OtherInterpreters) {
    EXPECT_TRUE(run(R"py(
import _xxsubinterpreters

other = _xxsubinterpreters.create()
_xxsubinterpreters.run_string(other, "import json; assert json.loads('[1]') == [n + 1 for n in range(1)]")
_xxsubinterpreters.destroy(other)
)py"));
}

TEST(ReplacedFunctions, Tasklets) {
    EXPECT_TRUE(run(R"py(
import stackless

def send(channel):
    for number in range(3):
        channel.send(number)

def receive(channel):
    for _ in range(3):
        received.append(channel.receive())

received = []
channel = stackless.channel()
stackless.tasklet(send)(channel)
stackless.tasklet(receive)(channel)
stackless.run()
assert received == [0, 1, 2]
)py"));
}

}  // namespace

}  // namespace stackless::test
