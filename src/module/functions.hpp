// The functions of the module.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// schedule(), run(): those that switch.
extern PyMethodDef switching_functions[];
/// What is asked and set without switching.
extern PyMethodDef other_functions[];
/// What concerns C stacks.
extern PyMethodDef cstack_functions[];

/// Sets the options of C stacks as the program was told when it was started. False with ValueError set
/// if that makes no sense.
[[nodiscard]] bool read_cstack_options();

}  // namespace stackless
