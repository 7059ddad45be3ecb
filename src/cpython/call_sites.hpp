// What a suspended frame is doing, read off its bytecode.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// The argument of an instruction, with the EXTENDED_ARGs before it.
int full_argument(PyCodeObject* code, const Instr* instruction);

/// The depth of the value stack before an instruction, given by its index; -1 if it cannot be
/// reached.
int stack_depth_before(PyCodeObject* code, int index);

/// What a frame that waits in a call into C code has called, and where: "sorted() at line 12 of
/// main.py". New reference to a str, or null with an exception set.
PyObject* describe_call_site(Frame* frame);

}  // namespace stackless
