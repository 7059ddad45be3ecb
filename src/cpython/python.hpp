// The one door to CPython: its public API and those internal headers that the project relies on.
// Everything outside src/cpython/ sees CPython's internals through the names declared here.
#pragma once

#ifndef Py_BUILD_CORE
#define Py_BUILD_CORE 1
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

// The internal headers would include <stdatomic.h>, which C++ does not have; without this macro
// they fall back to the compiler's builtins.
#undef HAVE_STD_ATOMIC

extern "C" {
#include <frameobject.h>
#include <internal/pycore_abstract.h>
#include <internal/pycore_call.h>
#include <internal/pycore_ceval.h>
#include <internal/pycore_code.h>
#include <internal/pycore_dict.h>
#include <internal/pycore_floatobject.h>
#include <internal/pycore_frame.h>
#include <internal/pycore_function.h>
#include <internal/pycore_genobject.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_list.h>
#include <internal/pycore_long.h>
#include <internal/pycore_moduleobject.h>
#include <internal/pycore_object.h>
#include <internal/pycore_opcode.h>
#include <internal/pycore_pyerrors.h>
#include <internal/pycore_pymem.h>
#include <internal/pycore_pystate.h>
#include <internal/pycore_runtime.h>
#include <internal/pycore_sliceobject.h>
#include <internal/pycore_traceback.h>
#include <internal/pycore_tuple.h>
#include <internal/pycore_unicodeobject.h>
#include <internal/pycore_unionobject.h>
#include <opcode.h>
#include <structmember.h>
}

#if PY_VERSION_HEX < 0x030b0000 || PY_VERSION_HEX >= 0x030c0000
#error "src/cpython/ is written for CPython 3.11"
#endif

namespace stackless {

/// The interpreter frame of CPython 3.11; ours are the same, so everything that walks frames works.
using Frame = _PyInterpreterFrame;
/// One 16-bit unit of bytecode: an opcode with its argument, or an inline cache entry.
using Instr = _Py_CODEUNIT;

}  // namespace stackless
