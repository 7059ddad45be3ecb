// How much of the C stack is left.
#pragma once

namespace stackless::eval {

/// True when so little is left of the running thread's C stack that no further activation of the
/// loop may be put on it. Python code that recurses through C gets a RecursionError then, whatever
/// the recursion limit says.
bool c_stack_is_exhausted();

}  // namespace stackless::eval
