// The shape of an opcode handler, and how one handler goes on to the next.
//
// The loop's state lives in five values, named the same in every handler:
//   frame   the running frame
//   sp      its stack pointer: one past the topmost value
//   ts      the thread state
//   ip      the code unit after the instruction (its first inline cache entry, if it has some)
//   oparg   the instruction's argument (or, on the way to a continuation below, an object)
//
// With STACKLESS_TAIL_CALLS, a handler ends in a jump to the next one, and the five values stay in
// registers. Otherwise (g++, sanitizers) it returns the next handler to a small loop that calls it.
// The handlers' source is the same for both.
#pragma once

#include <bit>

#include "cpython/python.hpp"

namespace stackless::eval {

#if STACKLESS_TAIL_CALLS

// preserve_none puts the first four values in registers that the C functions called by a handler
// preserve.
#define STACKLESS_HANDLER_CONVENTION __attribute__((preserve_none))
#define STACKLESS_HANDLER_PARAMETERS \
    [[maybe_unused]] Frame *frame, [[maybe_unused]] PyObject **sp, \
        [[maybe_unused]] PyThreadState *ts, [[maybe_unused]] Instr *ip, \
        [[maybe_unused]] intptr_t oparg

using Handler = void(STACKLESS_HANDLER_CONVENTION*)(Frame*, PyObject**, PyThreadState*, Instr*,
                                                    intptr_t);

/// Defines or declares the handler `name`. Handlers are not inlined into those that go on in them: what is done rarely
/// would cost what is done always a stack frame.
#define HANDLER(name) [[gnu::noinline]] INLINED_HANDLER(name)
/// The same where the way on is the usual one.
#define INLINED_HANDLER(name) STACKLESS_HANDLER_CONVENTION void name(STACKLESS_HANDLER_PARAMETERS)
/// Goes on in another handler with the five values as they are.
#define GOTO(handler) [[clang::musttail]] return handler(frame, sp, ts, ip, oparg)
/// Leaves the loop; the activation holds the result.
#define LEAVE_LOOP() return

#else

struct Next;
using Handler = Next (*)(Frame*&, PyObject**&, PyThreadState*, Instr*&, intptr_t&);
/// What a handler returns to the loop: the handler to call next, or null to leave.
struct Next {
    Handler handler;
};

#define HANDLER(name) \
    Next name([[maybe_unused]] Frame*& frame, [[maybe_unused]] PyObject**& sp, \
              [[maybe_unused]] PyThreadState* ts, [[maybe_unused]] Instr*& ip, \
              [[maybe_unused]] intptr_t& oparg)
#define INLINED_HANDLER(name) HANDLER(name)
#define GOTO(handler) \
    return Next { \
        handler \
    }
#define LEAVE_LOOP() \
    return Next { \
        nullptr \
    }

#endif

/// Which byte of a code unit is the opcode.
inline constexpr size_t opcode_byte = std::endian::native == std::endian::little ? 0 : 1;

/// The handler of each opcode. Tracing swaps its content (see tracing.cpp), hence not constant.
extern Handler dispatch_table[256];

/// The handlers of one instruction each, for where every one of them is traced or counted.
extern const Handler untraced_handlers[256];

/// What the dispatch table holds otherwise: some of them do two.
extern const Handler usual_handlers[256];

/// The same while some thread counts.
extern const Handler paying_handlers[256];

/// Goes on with the instruction at ip. Two loads of a byte each take two instructions less than one of both.
#define NEXT() \
    do { \
        const auto* next_unit = reinterpret_cast<const uint8_t*>(ip); \
        const Handler next_handler = dispatch_table[next_unit[opcode_byte]]; \
        oparg = next_unit[opcode_byte ^ 1]; \
        ip++; \
        GOTO(next_handler); \
    } while (0)

/// The handler of an opcode.
#define OP(name) HANDLER(op_##name)

/// Records where the frame stands. Due before anything that may raise, run Python code, allocate
/// memory (tracemalloc asks who does) or look at the frame otherwise; the other instructions leave
/// it out.
#define SAVE_IP() (frame->prev_instr = ip - 1)

/// Skips the inline cache of the instruction.
#define SKIP_CACHE(opcode_name) (ip += INLINE_CACHE_ENTRIES_##opcode_name)

// Dropping references in instructions that have not done SAVE_IP(): a destructor may look at the
// frame. A call in the middle of a handler costs it a stack frame and spilled registers, so the
// destructor is called elsewhere, and dropping comes last.

/// Counts a reference down; true if that was the last one.
inline bool drop_was_last(PyObject* object) {
#ifdef Py_REF_DEBUG
    _Py_RefTotal--;
#endif
    return --object->ob_refcnt == 0;
}

/// Drops a reference and goes on with the next instruction.
#define DROP_AND_NEXT(object) \
    do { \
        PyObject* dropped = object; \
        if (drop_was_last(dropped)) [[unlikely]] { \
            oparg = reinterpret_cast<intptr_t>(dropped); \
            GOTO(destroy_and_next); \
        } \
        NEXT(); \
    } while (0)

/// Drops two references and goes on. The instruction has popped a value: sp[0] is free.
#define DROP_TWO_AND_NEXT(first, second) \
    do { \
        PyObject* dropped_first = first; \
        PyObject* dropped_second = second; \
        if (drop_was_last(dropped_first)) [[unlikely]] { \
            sp[0] = dropped_second; \
            oparg = reinterpret_cast<intptr_t>(dropped_first); \
            GOTO(destroy_and_drop_next); \
        } \
        DROP_AND_NEXT(dropped_second); \
    } while (0)

/// Drops a reference in the middle of an instruction.
#define DROP(object) \
    do { \
        PyObject* dropped = object; \
        if (drop_was_last(dropped)) [[unlikely]] { \
            SAVE_IP(); \
            _Py_Dealloc(dropped); \
        } \
    } while (0)

/// A specialised instruction whose assumption does not hold runs as its general form.
#define MISS_IF(condition) \
    if (condition) [[unlikely]] \
    GOTO(miss)

/// The same after C code was called, which may have set a trace function.
#define NEXT_AFTER_C_CALL() \
    do { \
        if ((ts->cframe->use_tracing != 0) | breaker_is_set(ts)) [[unlikely]] \
            GOTO(service_requests); \
        NEXT(); \
    } while (0)

/// Counts an adaptive instruction down; true when it is time to specialise it.
inline bool specialization_is_due(Instr* counter) {
    if (*counter >> ADAPTIVE_BACKOFF_BITS == 0)
        return true;
    *counter -= 1 << ADAPTIVE_BACKOFF_BITS;
    return false;
}

/// How often a specialised instruction may miss before it is made adaptive again, as in CPython.
inline constexpr uint16_t misses_until_adaptive = 53;

/// The handler of an adaptive instruction: it runs as its general form until its counter has run down. The block behind
/// it, with the specialiser of CPython, which is called with `ip - 1`, then rewrites the instruction.
#define ADAPTIVE_OP(general) \
    HANDLER(specialize_##general); \
    OP(general##_ADAPTIVE) { \
        if (!specialization_is_due(ip)) \
            GOTO(op_##general); \
        GOTO(specialize_##general); \
    } \
    HANDLER(specialize_##general)
/// The end of an adaptive instruction: runs what it has been rewritten to, with the same argument
/// (which an EXTENDED_ARG may have been part of).
#define RUN_SPECIALIZED() GOTO(untraced_handlers[_Py_OPCODE(ip[-1])])

// Continuations that are not instructions.
HANDLER(raise);                // an exception is set: note the traceback, then unwind
HANDLER(unwind);               // an exception is set and noted: find who handles it
HANDLER(unwind_frame);         // nobody in this frame: leave it with the exception
HANDLER(miss);                 // see MISS_IF
HANDLER(service_breaker);      // signals, pending calls, the GIL; then the next instruction
HANDLER(service_requests);     // the same, after a look at whether tracing is wanted
INLINED_HANDLER(start_frame);  // `frame` was just pushed: enter it
HANDLER(recurse_too_deep);     // the same where the recursion limit may be reached
HANDLER(start_throwing);       // `frame` is resumed by C code with an exception, which is set
INLINED_HANDLER(
    resume_suspended);          // `frame` goes on where it was suspended, its stack pointer saved
INLINED_HANDLER(resume_frame);  // `frame` has become current again: sp is set, reload ip
HANDLER(resume_current);  // another frame has become current by a switch: deliver what it waits for
HANDLER(resume_without_value);
HANDLER(return_to_caller);       // the frame is done, its result is in *sp
HANDLER(return_from_generator);  // the same in a generator that the loop has resumed
HANDLER(leave_entry_frame);      // the same in a frame that nobody in this activation called
HANDLER(return_specially);       // the same in one that returns_plainly() is not true of
HANDLER(for_iter_any);           // FOR_ITER over what it does not know
HANDLER(end_loop);               // FOR_ITER at the end of its iterator
HANDLER(stop_iteration);         // the same, and the StopIteration is set
HANDLER(attribute_error);        // code in Python has computed no attribute: oparg is its Delivery
HANDLER(source_ended);           // the same, of the iterator that this one takes its values from
HANDLER(stop_source);            // the same, and the StopIteration is set
HANDLER(stop_judging);      // FOR_ITER when the function that was to judge has raised StopIteration
HANDLER(take_default);      // next() at the end of its iterator, with a default
HANDLER(stop_next);         // the same, and the StopIteration is set
HANDLER(destroy_and_next);  // see DROP_AND_NEXT
HANDLER(destroy_and_drop_next);  // see DROP_TWO_AND_NEXT

/// True when something has asked for the loop's attention.
inline bool breaker_is_set(PyThreadState* ts) {
    return _Py_atomic_load_relaxed(&ts->interp->ceval.eval_breaker) != 0;
}

/// The next instruction, unless the breaker is set: due after calls and backward jumps.
#define NEXT_CHECKING_BREAKER() \
    do { \
        if (breaker_is_set(ts)) [[unlikely]] \
            GOTO(service_breaker); \
        NEXT(); \
    } while (0)

/// Calls the frame `callee`, which the instruction has just pushed; `sp` and `ip` are where this
/// frame goes on: it has popped what it gives to the callee, which pushes its result.
#define ENTER_CALLEE(callee) \
    do { \
        _PyFrame_SetStackPointer(frame, sp); \
        SAVE_IP(); \
        (callee)->previous = frame; \
        frame = (callee); \
        ts->cframe->current_frame = frame; \
        GOTO(start_frame); \
    } while (0)

inline PyObject* constant(Frame* frame, intptr_t index) {
    return PyTuple_GET_ITEM(frame->f_code->co_consts, index);
}
inline PyObject* name(Frame* frame, intptr_t index) {
    return PyTuple_GET_ITEM(frame->f_code->co_names, index);
}
template <class Cache>
Cache* cache_at(Instr* ip) {
    return reinterpret_cast<Cache*>(ip);
}
inline PyObject* new_bool(bool value) {
    return Py_NewRef(value ? Py_True : Py_False);
}

}  // namespace stackless::eval
