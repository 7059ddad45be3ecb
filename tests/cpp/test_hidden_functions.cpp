// The hidden functions can all be loaded, and nobody sees their frames.
#include <gtest/gtest.h>

#include <iterator>

#include "cpython/python.hpp"
#include "eval/hidden_functions.hpp"

namespace stackless::test {

namespace {

TEST(HiddenFunctions, AllCanBeLoaded) {
    PyThreadState* ts = PyThreadState_Get();
    for (size_t i = 0; i < std::size(eval::frozen_functions); i++) {
        PyFunctionObject* function = eval::hidden_function(ts, static_cast<eval::Hidden>(i));
        if (function == nullptr) {
            PyErr_Print();
        }
        ASSERT_NE(function, nullptr) << eval::frozen_functions[i].name;
        EXPECT_TRUE(eval::is_hidden(reinterpret_cast<PyCodeObject*>(function->func_code)));
    }
}

TEST(HiddenFunctions, AreLoadedOnce) {
    PyThreadState* ts = PyThreadState_Get();
    EXPECT_EQ(eval::hidden_function(ts, eval::Hidden::call),
              eval::hidden_function(ts, eval::Hidden::call));
}

TEST(HiddenFunctions, LoadingKeepsTheExceptionThatIsSet) {
    PyThreadState* ts = PyThreadState_Get();
    PyErr_SetString(PyExc_ValueError, "kept");
    EXPECT_NE(eval::hidden_function(ts, eval::Hidden::call), nullptr);
    EXPECT_TRUE(PyErr_ExceptionMatches(PyExc_ValueError));
    PyErr_Clear();
}

}  // namespace

}  // namespace stackless::test
