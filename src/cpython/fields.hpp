// Fields of CPython's structures that hidden functions (src/hidden/) read and write, as `object.c_NAME`.
#pragma once

#include <cstddef>

#include "cpython/hidden.hpp"

namespace stackless {

enum class FieldKind : uint16_t {
    object,  // a reference; null is None
    number,  // Py_ssize_t
    flag,    // int, as a bool
};

struct Field {
    const char* name;
    FieldKind kind;
    uint16_t offset;
};

#define STACKLESS_FIELD(name, kind, type, member) \
    Field { \
        "c_" #name, FieldKind::kind, offsetof(type, member) \
    }

inline constexpr Field fields[] = {
    STACKLESS_FIELD(map_iterators, object, MapIterator, iterators),
    STACKLESS_FIELD(map_function, object, MapIterator, function),
    STACKLESS_FIELD(asend_generator, object, AsyncSend, generator),
    STACKLESS_FIELD(athrow_generator, object, AsyncThrow, generator),
    STACKLESS_FIELD(athrow_args, object, AsyncThrow, args),
    STACKLESS_FIELD(anext_awaited, object, AnextAwaitable, awaited),
    STACKLESS_FIELD(anext_default, object, AnextAwaitable, default_value),
};

}  // namespace stackless
