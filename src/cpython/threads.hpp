// Threads by their ids.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// The thread id that an argument stands for: null or -1 is the calling thread. False with an
/// exception set if it is no such number.
[[nodiscard]] bool parse_thread_id(PyObject* argument, unsigned long& thread_id);

/// The interpreter's thread with this id, or null.
PyThreadState* find_thread(unsigned long thread_id);

}  // namespace stackless
