// Hidden frames: frames of a few instructions of our own, which stand below or between Python's.
// Tracebacks, f_back and trace functions do not see them.
#pragma once

#include <cstdint>

#include "cpython/python.hpp"

namespace stackless::eval {

/// What a hidden frame does when it is resumed.
enum class HiddenCode : uint8_t {
    call,  // calls what is on its stack (null, callable, args, kwargs) and returns the result
    finish_init,  // holds a new object: resumed with the result of its __init__, returns the object
};

/// Pushes a hidden frame on the data stack of `ts`, with an empty value stack. Null with an
/// exception set.
Frame* push_hidden_frame(PyThreadState* ts, HiddenCode what);

}  // namespace stackless::eval
