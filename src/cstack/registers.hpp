// What the walk of a C stack has to know of the processor: a port adds a block here.
#pragma once

#include <array>
#include <cstdint>

// This path names LLVM's header: others are called libunwind.h as well.
#include <libunwind/libunwind.h>

namespace stackless::cstack {

/// Where a function goes on after a call.
struct ReturnPlace {
    uintptr_t ip;
    uintptr_t sp;
};

inline uintptr_t get_register(unw_cursor_t& cursor, unw_regnum_t number) {
    unw_word_t value = 0;
    unw_get_reg(&cursor, number, &value);
    return value;
}

#if defined(__x86_64__)

/// The registers that functions keep for their callers, in the order of SavedContext.
inline constexpr std::array kept_registers = {UNW_X86_64_R12, UNW_X86_64_R13, UNW_X86_64_R14,
                                              UNW_X86_64_R15, UNW_X86_64_RBX, UNW_X86_64_RBP};
using KeptRegisters = std::array<uintptr_t, kept_registers.size()>;

/// What jump_fcontext() of Boost 1.74 leaves on the stack; the address of this is the context.
struct SavedContext {
    uint32_t mxcsr;
    uint32_t x87_control_word;
    KeptRegisters kept;
    uintptr_t return_address;
};
static_assert(sizeof(SavedContext) == 0x40);

/// Where the call of a wrong pointer returns to; the cursor is at that pointer, with this stack pointer.
inline ReturnPlace return_of_bad_call(unw_cursor_t&, uintptr_t sp) {
    const auto* top = reinterpret_cast<const uintptr_t*>(sp);
    return {*top, reinterpret_cast<uintptr_t>(top + 1)};
}

#elif defined(__aarch64__)

inline constexpr std::array kept_registers = {UNW_AARCH64_X19, UNW_AARCH64_X20, UNW_AARCH64_X21,
                                              UNW_AARCH64_X22, UNW_AARCH64_X23, UNW_AARCH64_X24,
                                              UNW_AARCH64_X25, UNW_AARCH64_X26, UNW_AARCH64_X27,
                                              UNW_AARCH64_X28, UNW_AARCH64_X29};
using KeptRegisters = std::array<uintptr_t, kept_registers.size()>;

struct SavedContext {
    std::array<uint64_t, 8> d8_to_d15;
    KeptRegisters kept;
    uintptr_t return_address;  // x30
    uintptr_t entry;           // the same, or the function of a context that nothing has run in
    uintptr_t padding;
};
static_assert(sizeof(SavedContext) == 0xb0);

inline ReturnPlace return_of_bad_call(unw_cursor_t& cursor, uintptr_t sp) {
    return {get_register(cursor, UNW_AARCH64_X30), sp};
}

#else
#error "src/cstack/registers.hpp does not know this processor"
#endif

}  // namespace stackless::cstack
