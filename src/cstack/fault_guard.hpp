// For reading what may be broken, in a process that is about to die of a fatal error.
#pragma once

#include <type_traits>

namespace stackless::cstack {

/// Calls `work`, and gives it up where it touches memory that is not there: returns false then.
/// Destructors are not run. Can be used in signal handlers, and within another guard.
bool survives(void (*work)(void*), void* argument);

/// The same with any function object.
template <class Work>
bool survives(Work&& work) {
    return survives(
        [](void* argument) { (*static_cast<std::remove_reference_t<Work>*>(argument))(); }, &work);
}

}  // namespace stackless::cstack
