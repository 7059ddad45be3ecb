// The functions of the module.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// schedule(), run(): those that switch.
extern PyMethodDef switching_functions[];
/// What is asked and set without switching.
extern PyMethodDef other_functions[];

}  // namespace stackless
