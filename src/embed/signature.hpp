// The types of C functions, as the letters of stackless_define() say them.
#pragma once

#include <ffi.h>
#include <cstdint>

#include "cpython/python.hpp"

namespace stackless {

/// A value of any of the types.
union CValue {
    bool as_bool;
    int32_t as_int;
    uint32_t as_unsigned;
    int64_t as_long;
    uint64_t as_unsigned_long;
    float as_float;
    double as_double;
    void* as_pointer;
    const char* as_string;
    PyObject* as_object;
    ffi_arg as_result;  // libffi returns small integers as wide as this
};

/// A parsed "RESULT(ARGUMENTS)".
class Signature {
public:
    static constexpr int most_arguments = 32;

    /// False with ValueError set.
    [[nodiscard]] bool parse(const char* text);

    char result() const { return result_; }
    const char* arguments() const { return arguments_; }
    int count() const { return count_; }
    /// For calls and closures; refers to this object.
    ffi_cif* interface() { return &interface_; }

private:
    char result_ = 'v';
    char arguments_[most_arguments + 1] = {};
    int count_ = 0;
    ffi_type* types_[most_arguments] = {};
    ffi_cif interface_{};
};

/// From Python to C. What it borrows of the object lives as long as that. False with TypeError or OverflowError set.
[[nodiscard]] bool to_c(PyObject* object, char type, CValue& value);
/// From C to Python: a new reference, or null with an exception set.
PyObject* to_python(char type, const CValue& value);
/// The same for what libffi has stored as the result of a call. Takes over an object.
PyObject* result_to_python(char type, const CValue& value);

}  // namespace stackless
