// schedule(), send() and receive() as handlers of the loop (eval/switch_handlers.hpp).
#pragma once

#include "eval/switch_handlers.hpp"

namespace stackless {

/// METH_SWITCHES for a function with one of the handlers.
inline constexpr int METH_SCHEDULES = eval::handled_by(1);
inline constexpr int METH_SENDS = eval::handled_by(2);
inline constexpr int METH_RECEIVES = eval::handled_by(3);

/// Tells the loop where they are.
void install_switch_handlers();

}  // namespace stackless
