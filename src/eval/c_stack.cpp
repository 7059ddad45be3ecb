#include "eval/c_stack.hpp"

#include <pthread.h>

#include <algorithm>
#include <cstdint>

namespace stackless::eval {

namespace {

/// What C code called from the innermost activation may need, in bytes.
constexpr uintptr_t reserve = 256 * 1024;

struct Bounds {
    uintptr_t lowest = 0;   // no activation below this address
    uintptr_t highest = 0;  // the stack's end; 0 while not yet known
};

thread_local Bounds bounds;

Bounds find_bounds() {
    pthread_attr_t attributes;
    Bounds found{0, UINTPTR_MAX};
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return found;
    void* low = nullptr;
    size_t size = 0;
    if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
        const auto begin = reinterpret_cast<uintptr_t>(low);
        // A thread may have been given a stack that is hardly larger than the reserve.
        found = {begin + std::min<uintptr_t>(reserve, size / 4), begin + size};
    }
    pthread_attr_destroy(&attributes);
    return found;
}

}  // namespace

bool c_stack_is_exhausted() {
    if (bounds.highest == 0) [[unlikely]] {
        bounds = find_bounds();
    }
    const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    // An address beyond the thread's stack is on a stack that somebody else manages.
    return here < bounds.lowest && here + reserve >= bounds.lowest;
}

}  // namespace stackless::eval
