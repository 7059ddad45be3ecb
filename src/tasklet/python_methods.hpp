// Methods that call back into Python. They are written in Python, so the loop runs them like any
// function, and tasklets can be switched anywhere in them.
#pragma once

namespace stackless {

/// Adds them to their classes, which must be ready. False with an exception set if that fails.
[[nodiscard]] bool add_python_methods();

}  // namespace stackless
