#include "cstack/backtrace.hpp"

// This path names LLVM's header: others are called libunwind.h as well.
#include <libunwind/libunwind.h>

namespace stackless::cstack {

namespace {

bool read_frame(unw_cursor_t& cursor, NativeFrame& frame) {
    unw_word_t ip, sp;
    if (unw_get_reg(&cursor, UNW_REG_IP, &ip) != UNW_ESUCCESS ||
        unw_get_reg(&cursor, UNW_REG_SP, &sp) != UNW_ESUCCESS)
        return false;
    frame = {ip, sp, unw_is_signal_frame(&cursor) > 0};
    return ip != 0 || frame.interrupted;
}

#if defined(__x86_64__)

/// What a walk from somewhere else has to know: the registers that functions keep for their callers.
struct Registers {
    uintptr_t ip, sp, rbp, rbx, r12, r13, r14, r15;
};

/// Lets a walk begin there.
bool place_cursor(unw_cursor_t& cursor, const Registers& registers) {
    unw_context_t context;
    if (unw_getcontext(&context) != UNW_ESUCCESS ||
        unw_init_local(&cursor, &context) != UNW_ESUCCESS)
        return false;
    // The instruction pointer comes first: setting it may adjust the stack pointer.
    unw_set_reg(&cursor, UNW_REG_IP, registers.ip);
    unw_set_reg(&cursor, UNW_REG_SP, registers.sp);
    unw_set_reg(&cursor, UNW_X86_64_RBP, registers.rbp);
    unw_set_reg(&cursor, UNW_X86_64_RBX, registers.rbx);
    unw_set_reg(&cursor, UNW_X86_64_R12, registers.r12);
    unw_set_reg(&cursor, UNW_X86_64_R13, registers.r13);
    unw_set_reg(&cursor, UNW_X86_64_R14, registers.r14);
    unw_set_reg(&cursor, UNW_X86_64_R15, registers.r15);
    return true;
}

uintptr_t get(unw_cursor_t& cursor, unw_regnum_t number) {
    unw_word_t value = 0;
    unw_get_reg(&cursor, number, &value);
    return value;
}

/// Goes on from a place that is in no code. The call of a wrong pointer leads there, and its return
/// address is on top of the stack.
bool step_out_of_bad_call(unw_cursor_t& cursor, const NativeFrame& frame) {
    const auto* top = reinterpret_cast<const uintptr_t*>(frame.sp);
    return place_cursor(cursor, {*top, reinterpret_cast<uintptr_t>(top + 1),
                                 get(cursor, UNW_X86_64_RBP), get(cursor, UNW_X86_64_RBX),
                                 get(cursor, UNW_X86_64_R12), get(cursor, UNW_X86_64_R13),
                                 get(cursor, UNW_X86_64_R14), get(cursor, UNW_X86_64_R15)});
}

#else

bool step_out_of_bad_call(unw_cursor_t&, const NativeFrame&) {
    return false;
}

#endif

/// Goes on to the function that has called the one at the cursor. False at the end of the stack.
bool step_out(unw_cursor_t& cursor, const NativeFrame& frame) {
    if (frame.interrupted) {
        // libunwind takes it for a return address, and what holds from there on for not yet in force.
        unw_set_reg(&cursor, UNW_REG_IP, frame.ip + 1);
    }
    if (unw_step(&cursor) > 0)
        return true;
    if (frame.interrupted)
        return step_out_of_bad_call(cursor, frame);
    // From a signal handler's frame the step ends the walk too, if it leads out of all code.
    return unw_is_signal_frame(&cursor) > 0;
}

void walk(unw_cursor_t& cursor, VisitFrame visit, void* argument) {
    NativeFrame frame{};
    uintptr_t last_sp = 0;
    while (read_frame(cursor, frame) && visit(frame, argument)) {
        // A broken stack must not lead the walk in circles. From a signal handler's own stack it may
        // go anywhere.
        if (frame.sp < last_sp && !frame.interrupted)
            return;
        last_sp = frame.sp;
        if (!step_out(cursor, frame))
            return;
    }
}

}  // namespace

void walk_own_stack(VisitFrame visit, void* argument) {
    unw_context_t context;
    unw_cursor_t cursor;
    if (unw_getcontext(&context) == UNW_ESUCCESS &&
        unw_init_local(&cursor, &context) == UNW_ESUCCESS) {
        walk(cursor, visit, argument);
    }
}

#if defined(__x86_64__)

namespace {

/// What jump_fcontext() of Boost 1.74 leaves on the stack; the address of this is the context.
struct SavedContext {
    uint32_t mxcsr;
    uint32_t x87_control_word;
    uintptr_t r12, r13, r14, r15, rbx, rbp;
    uintptr_t return_address;
};
static_assert(sizeof(SavedContext) == 0x40);

}  // namespace

void walk_suspended_stack(void* context, VisitFrame visit, void* argument) {
    const auto* saved = static_cast<const SavedContext*>(context);
    unw_cursor_t cursor;
    if (place_cursor(cursor,
                     {saved->return_address, reinterpret_cast<uintptr_t>(saved + 1), saved->rbp,
                      saved->rbx, saved->r12, saved->r13, saved->r14, saved->r15})) {
        walk(cursor, visit, argument);
    }
}

#else

void walk_suspended_stack(void*, VisitFrame, void*) {}

#endif

}  // namespace stackless::cstack
