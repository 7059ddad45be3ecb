// The fields of CPython's structures as values that can be pickled.
#pragma once

#include <span>

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless::pickle {

/// What a field holds, and how a pickle writes it.
enum class FieldKind : unsigned char {
    object,             // never null
    optional,           // wrap_optional()
    iterator,           // has a __next__(), never null
    optional_iterator,  // the same, or null, which is written as None
    iterators,          // a tuple of iterators
    sparse_iterators,   // the same with nulls in it
    list,               // or null
    own_list,           // a list that nobody else knows, written as a tuple; never null
    tuple,              // or null
    sequence,           // or null
    count,              // a Py_ssize_t >= 0
    position,           // a Py_ssize_t >= -1
    flag,               // an int, 0 or 1
    long_flag,          // the same in a long
};

struct Field {
    Py_ssize_t offset;
    FieldKind kind;
};

/// The values of the fields, in a tuple. Empty with MemoryError set.
Ref read_fields(PyObject* object, std::span<const Field> fields);

/// What a pickle says is in the fields of an object, once it has been checked.
class FieldValues {
public:
    static constexpr size_t capacity = 6;

    /// False with UnpicklingError set if the tuple does not hold what these fields may hold.
    [[nodiscard]] bool read(std::span<const Field> fields, PyObject* values);
    /// Stores them. What the fields held before is dropped after all of them are stored.
    void write(PyObject* object);

    PyObject* object(size_t index) const { return objects_[index].get(); }
    Py_ssize_t number(size_t index) const { return numbers_[index]; }

private:
    bool read_one(size_t index, PyObject* value);

    std::span<const Field> fields_;
    Ref objects_[capacity];
    Py_ssize_t numbers_[capacity];
};

}  // namespace stackless::pickle
