// What a suspended frame is doing, read off its bytecode.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// The argument of an instruction, with the EXTENDED_ARGs before it.
int full_argument(PyCodeObject* code, const Instr* instruction);
/// The same for the instruction that a frame waits in.
inline int argument_at(const Frame* frame, const Instr* instruction) {
    // The unit before may be a cache entry that looks like one.
    const bool may_be_extended = instruction > _PyCode_CODE(frame->f_code) &&
                                 _PyOpcode_Deopt[_Py_OPCODE(instruction[-1])] == EXTENDED_ARG;
    return may_be_extended ? full_argument(frame->f_code, instruction) : _Py_OPARG(*instruction);
}

/// The depth of the value stack before an instruction, given by its index; -1 if it cannot be
/// reached.
int stack_depth_before(PyCodeObject* code, int index);

/// What a frame that waits in a call into C code has called, and where: "sorted() at line 12 of
/// main.py". New reference to a str, or null with an exception set.
PyObject* describe_call_site(Frame* frame);

}  // namespace stackless
