// What has to be done before the first interpreter starts.
#pragma once

namespace stackless {

/// Makes the modules `_stackless` and `stackless` builtin ones, and adapts builtin functions and types of libpython.
/// To be called once, before Py_Initialize(). False if there is no memory.
[[nodiscard]] bool prepare_process();

}  // namespace stackless
