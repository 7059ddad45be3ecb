#include "cstack/limits.hpp"

#include <pthread.h>

#include <algorithm>

namespace stackless::cstack {

namespace {

/// What C code called from the innermost activation may need, in bytes.
constexpr uintptr_t reserve = 256 * 1024;

struct Limits {
    uintptr_t lowest = 0;   // no activation below this address
    uintptr_t highest = 0;  // the stack's end; 0 while not yet known
};

thread_local constinit Limits limits;

Limits limits_of(const Bounds& bounds) {
    // A stack may be hardly larger than the reserve.
    return {bounds.low + std::min(reserve, (bounds.high - bounds.low) / 4), bounds.high};
}

Bounds find_thread_bounds() {
    Bounds bounds{0, UINTPTR_MAX};
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return bounds;
    void* low = nullptr;
    size_t size = 0;
    if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
        const auto begin = reinterpret_cast<uintptr_t>(low);
        bounds = {begin, begin + size};
    }
    pthread_attr_destroy(&attributes);
    return bounds;
}

}  // namespace

Bounds thread_bounds() {
    // For the main thread, finding them means to read a file.
    thread_local const Bounds bounds = find_thread_bounds();
    return bounds;
}

void set_running_bounds(const Bounds& bounds) {
    limits = limits_of(bounds);
}

bool is_exhausted() {
    if (limits.highest == 0) [[unlikely]] {
        limits = limits_of(thread_bounds());
    }
    const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    // An address beyond the stack's bounds is on a stack that somebody else manages.
    return here < limits.lowest && here + reserve >= limits.lowest;
}

}  // namespace stackless::cstack
