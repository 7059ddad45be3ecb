#include "cstack/limits.hpp"

#include <pthread.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

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

bool is_main_thread() {
    return gettid() == getpid();
}

/// The main thread's stack, without the reading of a file that pthread_getattr_np() does for it (1 % of a start).
/// The kernel puts the program's name at its upper end. False where its size has no limit.
bool find_main_bounds(Bounds& bounds) {
    const auto name = static_cast<uintptr_t>(getauxval(AT_EXECFN));
    rlimit limit{};
    if (name == 0 || getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= name)
        return false;
    bounds.high = name + std::strlen(reinterpret_cast<const char*>(name)) + 1;
    bounds.low = bounds.high - limit.rlim_cur;
    return true;
}

Bounds find_thread_bounds() {
    Bounds bounds{0, UINTPTR_MAX};
    if (is_main_thread() && find_main_bounds(bounds))
        return bounds;
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
