// What becomes of a frame's result in the frame that called it.
//
// Most results are pushed on the caller's stack. Where the calling instruction has to look at the result
// first, the callee's frame says so: its Delivery names the continuation that the caller goes on with. So
// there is no C code that waits for a callee, and nothing to allocate.
//
// A continuation (HANDLER(deliver_...)) begins with the caller's state as the calling instruction left it:
// `ip` is behind the code unit that frame->prev_instr points to, and `sp` as it was saved when the callee was
// entered. `oparg` is the result, an owned reference.
#pragma once

#include <bit>
#include <cstddef>

#include "eval/handler.hpp"

// clang-format off
/// Each delivery with the place of its continuation.
#define STACKLESS_DELIVERIES(X) \
    X(value)      /* the result is pushed (loop.cpp) */ \
    X(iteration)  /* pushed; a StopIteration ends the `for` that waits (ops_iteration.cpp) */ \
    X(sent)       /* a generator's: pushed; its end ends the SEND that waits (ops_generators.cpp) */ \
    X(thrown)     /* as `sent`, while an exception is thrown into the one that waits (generator_calls.cpp) */ \
    X(closed)     /* a generator's, by its close(), below it is the generator (generator_calls.cpp) */ \
    X(anext)      /* as `sent` for an asynchronous generator, below it is what is awaited (ops_async.cpp) */ \
    X(task_step)  /* of a coroutine: the task that it belongs to is below it, and a context (tasks.cpp) */ \
    X(in_context) /* takes the place of the context, which is left (tasks.cpp) */ \
    X(awaitable)        /* the same of __await__() (ops_async.cpp) */ \
    X(async_iterator)   /* the same of __aiter__() */ \
    X(first_iteration)  /* of a hook: dropped, and GET_ANEXT begins anew */ \
    X(next_value)       /* of __anext__() */ \
    X(next_awaitable)   /* of __await__() of that */ \
    X(nothing)    /* dropped (loop.cpp) */ \
    X(global)     /* pushed; LOAD_GLOBAL pushes a null below it, if it does (ops_names.cpp) */ \
    X(attribute)  /* takes the place of the object whose attribute it is (ops_attributes.cpp) */ \
    X(method)     /* the same for LOAD_METHOD */ \
    X(hooked)     /* one of these, but after an AttributeError __getattr__ is called */ \
    X(getattr)    /* that of getattr(), takes the place of its arguments (ops_getattr.cpp) */ \
    X(getattr_hooked) /* the same, but after an AttributeError __getattr__ is called */ \
    X(raised)     /* an exception that `raise` has made of a class (ops_exceptions.cpp) */ \
    X(init)       /* must be None, below it is the new object (ops_classes.cpp) */ \
    X(created)    /* the new object of the class that is called (ops_classes.cpp) */ \
    /* what a special method has made of the object on top of the stack, to be checked (conversions.cpp) */ \
    X(as_length) X(as_bool) X(as_bool_by_length) X(as_hash) X(as_str) X(as_repr) X(as_int) \
    X(as_index) X(as_float) X(as_float_by_index) X(as_complex) X(as_complex_by_float) \
    X(as_complex_by_index) X(as_bytes) \
    X(as_truth)      /* pushed as True or False (conversions.cpp) */ \
    X(converted)     /* FORMAT_VALUE: of !s, !r or !a (ops_format.cpp) */ \
    X(formatted)     /* the same: of __format__ */ \
    X(formatted_str) /* the same: of __str__ in the place of __format__ */ \
    X(next)       /* takes the place of the iterator below, which has been stepped (ops_stepping.cpp) */ \
    X(next_or_default) /* the same with a default on top of the iterator */ \
    X(sourced)    /* what an iterator makes its next value of: FOR_ITER goes on (ops_stages.cpp) */ \
    X(kept)       /* the next value, which the iterator keeps as well */ \
    X(judged)     /* whether the value below is to be the next one */ \
    X(iterator)   /* must be an iterator, takes the place of the iterable (ops_stepping.cpp) */ \
    X(unpacked)   /* a list, whose values are pushed, the first one topmost (ops_build.cpp) */ \
    X(star_args)  /* a tuple, in the place of what CALL_FUNCTION_EX has after * (ops_calls.cpp) */ \
    X(star_kwargs) /* a dict, in the place of what it has after ** */ \
    X(unary)      /* takes the place of the value on the stack (ops_arithmetic.cpp) */ \
    /* The result of an operator's method takes the place of the operands, unless it is NotImplemented. Then: */ \
    X(inplace)           /* the operator itself (ops_binary_methods.cpp) */ \
    X(binary_left)       /* the reflected method of the right operand */ \
    X(binary_priority)   /* the method of the left one, whose class is a base of the right one's */ \
    X(binary_last)       /* nobody has an answer */ \
    X(compare_left)      /* the reflected comparison of the right operand (ops_comparison_methods.cpp) */ \
    X(compare_priority)  /* the comparison of the left one, as above */ \
    X(compare_last)      /* identity */ \
    X(contains)          /* its truth is the result of CONTAINS_OP (ops_compare.cpp) */ \
    X(truth)             /* of a __bool__: ends the instruction that wants to know (ops_truth.cpp) */ \
    X(truth_of_length)   /* the same of a __len__ */
// clang-format on

namespace stackless::eval {

enum class Delivery : uint8_t {
#define STACKLESS_NAME(name) name,
    STACKLESS_DELIVERIES(STACKLESS_NAME)
#undef STACKLESS_NAME
};

#define STACKLESS_DECLARE(name) HANDLER(deliver_##name);
STACKLESS_DELIVERIES(STACKLESS_DECLARE)
#undef STACKLESS_DECLARE

extern const Handler deliver_table[];

// The byte lies where CPython's frame has padding, behind `is_entry` and `owner`.
inline constexpr size_t delivery_offset = offsetof(Frame, owner) + 1;
static_assert(delivery_offset + 1 < offsetof(Frame, localsplus));

inline Delivery delivery_of(const Frame* frame) {
    return static_cast<Delivery>(reinterpret_cast<const uint8_t*>(frame)[delivery_offset]);
}

// `is_entry`, `owner` and the delivery are written and read as one word: a load cannot be forwarded from stores of its
// parts that are still under way.

inline uint32_t frame_flags(const Frame* frame) {
    static_assert(offsetof(Frame, owner) == offsetof(Frame, is_entry) + 1);
    static_assert(delivery_offset == offsetof(Frame, is_entry) + 2);
    static_assert(offsetof(Frame, is_entry) + 4 == offsetof(Frame, localsplus));
    uint32_t flags;
    __builtin_memcpy(&flags, &frame->is_entry, sizeof flags);
    return flags;
}
inline void set_frame_flags(Frame* frame, uint32_t flags) {
    __builtin_memcpy(&frame->is_entry, &flags, sizeof flags);
}

inline void set_delivery(Frame* frame, Delivery delivery) {
    set_frame_flags(frame, (frame_flags(frame) & 0xff00ffff) | static_cast<uint32_t>(delivery)
                                                                   << 16);
}

/// Whether the result is an attribute that is read.
inline bool is_attribute(Delivery delivery) {
    return delivery >= Delivery::attribute && delivery <= Delivery::getattr_hooked;
}

/// Whether a frame returns to another one: not the outermost of an activation, no generator's.
inline bool returns_to_frame(const Frame* frame) {
    static_assert(FRAME_OWNED_BY_THREAD == 0);
    static_assert(std::endian::native == std::endian::little);
    constexpr uint32_t is_entry_and_owner = 0xffff;
    return (frame_flags(frame) & is_entry_and_owner) == 0;
}

/// Whether a frame that returns is a plain one: not the outermost of an activation, no generator's, and
/// its result is pushed.
inline bool returns_plainly(const Frame* frame) {
    static_assert(FRAME_OWNED_BY_THREAD == 0 && static_cast<int>(Delivery::value) == 0);
    static_assert(std::endian::native == std::endian::little);
    constexpr uint32_t all_but_padding = 0x00ffffff;
    return (frame_flags(frame) & all_but_padding) == 0;
}

/// The result that a continuation gets.
#define DELIVERED() reinterpret_cast<PyObject*>(oparg)

}  // namespace stackless::eval
