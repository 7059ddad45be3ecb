// What the loop tells about itself: how often it is on the C stack, and which of its frames can be seen.
#include "eval/switching.hpp"

#include <gtest/gtest.h>

#include "python_code.hpp"

namespace stackless::test {

namespace {

PyObject* depth(PyObject*, PyObject*) {
    PyThreadState* ts = PyThreadState_Get();
    return PyLong_FromLong(eval::loop_depth(ts, ts->cframe));
}

Ref run_with_depth(const char* statements) {
    static PyMethodDef functions[] = {{"depth", depth, METH_NOARGS, nullptr}, {}};
    return run(statements, functions);
}

TEST(LoopDepth, IsZeroOutsideOfTheLoop) {
    PyThreadState* ts = PyThreadState_Get();
    EXPECT_EQ(eval::loop_depth(ts, ts->cframe), 0);
}

TEST(LoopDepth, CountsCallsThroughC) {
    EXPECT_TRUE(run_with_depth(R"py(
class Table:
    def __init__(self, function):
        self.function = function
    def __getitem__(self, letter):
        self.function()

depths = []
"x".translate(Table(lambda: depths.append(depth())))
"x".translate(Table(lambda: "x".translate(Table(lambda: depths.append(depth())))))
assert depths == [2, 3]
)py"));
}

TEST(LoopDepth, StaysTheSameBetweenPythonFunctions) {
    EXPECT_TRUE(run_with_depth(R"py(
import functools

def function(*args, **kwargs):
    return depth()

def generator():
    yield depth()
    yield from delegated()

def delegated():
    yield depth()

async def coroutine():
    return await awaited()

async def awaited():
    return depth()

class Class:
    def __init__(self):
        self.depth = depth()
    def method(self):
        return depth()
    @classmethod
    def class_method(cls):
        return depth()
    @staticmethod
    def static_method():
        return depth()

assert depth() == function() == function(*(1, 2), **{"key": 3}) == 1
assert Class().depth == 1
assert Class().method() == Class.method(None) == Class.class_method() == Class.static_method() == 1
assert [d for d in generator()] == [1, 1]
async def main():
    return await coroutine()
try:
    main().send(None)
except StopIteration as stop:
    assert stop.value == 1
)py"));
}

TEST(LoopDepth, IsOneInATasklet) {
    EXPECT_TRUE(run_with_depth(R"py(
import stackless

def function(wait):
    if wait:
        stackless.schedule()
    depths.append(depth())

depths = []
for wait in False, True:
    stackless.tasklet(function)(wait)
stackless.tasklet(depths.append)(0)
stackless.run()
assert depths == [1, 0, 1]
)py"));
}

TEST(HiddenFrames, AreNotAmongTheCallers) {
    EXPECT_TRUE(run(R"py(
import stackless, sys

def callers():
    frame = sys._getframe(1)
    names = []
    while frame is not None:
        names.append(frame.f_code.co_name)
        frame = frame.f_back
    return names

class Class:
    def __init__(self):
        self.callers = callers()

def make():
    return Class()

class Callable:
    def __call__(self):
        found.extend(callers())

for _ in range(20):
    assert make().callers == ["__init__", "make", "<module>"]

found = []
stackless.tasklet(Callable())()
stackless.run()
assert found == ["__call__"]
)py"));
}

TEST(HiddenFrames, AreNotInTracebacks) {
    EXPECT_TRUE(run(R"py(
import stackless, traceback

class Class:
    def __init__(self):
        1 / 0

class Callable:
    def __call__(self):
        Class()

def names(error):
    return [entry.name for entry in traceback.extract_tb(error.__traceback__)]

for _ in range(20):
    try:
        Class()
    except ZeroDivisionError as error:
        assert names(error) == ["<module>", "__init__"]

stackless.tasklet(Callable())()
try:
    stackless.run()
except ZeroDivisionError as error:
    assert names(error) == ["<module>", "__call__", "__init__"], names(error)
else:
    assert False
)py"));
}

TEST(HiddenFrames, AreNotTraced) {
    EXPECT_TRUE(run(R"py(
import stackless, sys

class Class:
    def __init__(self):
        pass

class Callable:
    def __call__(self):
        Class()

def record(frame, event, argument):
    traced.append(frame.f_code.co_name)

traced = []
tasklet = stackless.tasklet(Callable())()
tasklet.trace_function = record
stackless.run()
assert traced == ["__call__", "__init__"], traced
)py"));
}

}  // namespace

}  // namespace stackless::test
