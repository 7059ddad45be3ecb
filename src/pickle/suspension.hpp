// Whether a frame can be suspended as a pickle says that it was.
#pragma once

#include "cpython/python.hpp"
#include "eval/delivery.hpp"

namespace stackless::pickle {

/// How a frame goes on.
enum class Resumption : uint8_t {
    at_start,     // it has not run
    with_value,   // the call that it waits in pushes its result
    interrupted,  // between two instructions: nothing is pushed
    created,      // a generator that has not run: what it is sent, None, is pushed
    yielded,      // a generator at a `yield`: the same
    delivered,    // a callee's frame is on top of it: its result arrives by the callee's Delivery
};

/// Whose frame it is.
enum class Owner : uint8_t { thread, generator };

/// Null if a frame of `code` may stand at `offset` (code units from the beginning of the code to prev_instr), going on
/// by `how`, with these local variables and `depth` values on its stack behind them; else the reason. `delivery`
/// matters only if it is `delivered`.
const char* check_frame(PyCodeObject* code, int offset, Owner owner, Resumption how,
                        eval::Delivery delivery, PyObject* const* localsplus, int depth);

}  // namespace stackless::pickle
