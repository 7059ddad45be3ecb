// Several rare cases looked at in one branch.
#pragma once

#include <cstdint>
#include <type_traits>

namespace stackless {

template <class Value>
inline uintptr_t as_bits(Value value) {
    if constexpr (std::is_pointer_v<Value>) {
        return reinterpret_cast<uintptr_t>(value);
    } else {
        return static_cast<uintptr_t>(value);
    }
}

/// Whether one of the pointers and numbers is not 0.
template <class... Values>
inline bool any_set(Values... values) {
    return (as_bits(values) | ...) != 0;
}

}  // namespace stackless
