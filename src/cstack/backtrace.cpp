#include "cstack/backtrace.hpp"

#include "cstack/registers.hpp"

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

/// Lets a walk begin there, with what the function there has in the registers that it keeps for its callers.
bool place_cursor(unw_cursor_t& cursor, const ReturnPlace& place, const KeptRegisters& values) {
    unw_context_t context;
    if (unw_getcontext(&context) != UNW_ESUCCESS ||
        unw_init_local(&cursor, &context) != UNW_ESUCCESS)
        return false;
    // The instruction pointer comes first: setting it may adjust the stack pointer.
    unw_set_reg(&cursor, UNW_REG_IP, place.ip);
    unw_set_reg(&cursor, UNW_REG_SP, place.sp);
    for (size_t i = 0; i < kept_registers.size(); i++) {
        unw_set_reg(&cursor, kept_registers[i], values[i]);
    }
    return true;
}

/// Goes on from a place that is in no code: the call of a wrong pointer leads there.
bool step_out_of_bad_call(unw_cursor_t& cursor, const NativeFrame& frame) {
    const ReturnPlace place = return_of_bad_call(cursor, frame.sp);
    KeptRegisters values;
    for (size_t i = 0; i < kept_registers.size(); i++) {
        values[i] = get_register(cursor, kept_registers[i]);
    }
    return place_cursor(cursor, place, values);
}

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

void walk_suspended_stack(void* context, VisitFrame visit, void* argument) {
    const auto* saved = static_cast<const SavedContext*>(context);
    const ReturnPlace place = {saved->return_address, reinterpret_cast<uintptr_t>(saved + 1)};
    unw_cursor_t cursor;
    if (place_cursor(cursor, place, saved->kept)) {
        walk(cursor, visit, argument);
    }
}

}  // namespace stackless::cstack
