// Functions that may switch (METH_SWITCHES) which the loop need not call.
//
// Such a function has a handler beside it, in which a specialised call goes on: the values of the call are on the
// stack, and `ip` is at the next instruction. The handler either does what the function does, or changes nothing and
// goes on in call_switching, which calls the function.
#pragma once

#include "eval/handler.hpp"
#include "eval/switching.hpp"

namespace stackless::eval {

/// By the number in ml_flags; number 0 is call_switching.
inline constexpr int most_switch_handlers = 4;
extern Handler switch_handlers[most_switch_handlers];

/// What the flags of a function contain whose handler has this number.
constexpr int handled_by(int number) {
    return METH_SWITCHES | number << METH_HANDLER_SHIFT;
}

HANDLER(call_switching);

/// Goes on in the call of a METH_SWITCHES function with these flags.
#define GO_ON_SWITCHING(flags) GOTO(switch_handlers[(flags) >> METH_HANDLER_SHIFT])

/// The one tp_iternext that may switch as well (a channel's), and its handler: FOR_ITER goes on there with the iterator
/// on top of the stack. That may leave it to call_switching_iternext.
void set_switching_iternext(iternextfunc function, Handler handler);
HANDLER(call_switching_iternext);

}  // namespace stackless::eval
