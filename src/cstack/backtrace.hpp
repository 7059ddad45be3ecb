// Walks C stacks, with LLVM's libunwind. Can be used in signal handlers: nothing is allocated.
#pragma once

#include <cstdint>
#include <type_traits>

namespace stackless::cstack {

/// One call of a C function.
struct NativeFrame {
    /// Where the function goes on; if a signal has interrupted it, the instruction it was at.
    uintptr_t ip;
    /// Its stack pointer there. All that it keeps on the stack lies at this address or above.
    uintptr_t sp;
    bool interrupted;

    /// An address inside the instruction that the function is at: after a call, `ip` may belong to
    /// the next function already.
    uintptr_t address() const { return interrupted ? ip : ip - 1; }
};

/// Is called with each frame, the innermost one first. The walk ends when it returns false.
using VisitFrame = bool (*)(const NativeFrame& frame, void* argument);

/// Walks the stack that the caller runs on, from a function of this file outwards.
void walk_own_stack(VisitFrame visit, void* argument);

/// Walks a stack that was left by Boost's jump_fcontext(), which has given `context`. Nothing may
/// run on that stack meanwhile.
void walk_suspended_stack(void* context, VisitFrame visit, void* argument);

/// The same with any function object.
template <class Visit>
void walk_own_stack(Visit&& visit) {
    walk_own_stack(
        [](const NativeFrame& frame, void* argument) {
            return (*static_cast<std::remove_reference_t<Visit>*>(argument))(frame);
        },
        &visit);
}
template <class Visit>
void walk_suspended_stack(void* context, Visit&& visit) {
    walk_suspended_stack(
        context,
        [](const NativeFrame& frame, void* argument) {
            return (*static_cast<std::remove_reference_t<Visit>*>(argument))(frame);
        },
        &visit);
}

}  // namespace stackless::cstack
