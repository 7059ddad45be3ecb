// Python code in tests.
#pragma once

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless::test {

/// Runs statements in a namespace of their own and returns it. If they raise, the test has failed, and the
/// result is null. The namespace begins with the given C functions: a static table that ends with an empty
/// entry.
Ref run(const char* statements, PyMethodDef* functions = nullptr);

/// The value of a variable in such a namespace, borrowed. If there is none, the test has failed.
PyObject* variable(const Ref& names, const char* name);

}  // namespace stackless::test
