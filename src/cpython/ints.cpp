// libpython's own ints are made out of kept ones too, and kept: see docs/internals/replaced-functions.md.
#include "cpython/ints.hpp"

#include <algorithm>
#include <utility>

#include "cpython/exposed.hpp"
#include "cpython/method_tables.hpp"
#include "cpython/texts.hpp"

namespace stackless {

namespace {

/// Also of subclasses, whose instances cannot be used again.
void dealloc_int(PyObject* object) {
    if (PyLong_CheckExact(object) && may_reuse_objects() && keep_int(object))
        return;
    Py_TYPE(object)->tp_free(object);
}

reprfunc stock_repr;

/// The decimal digits of an int that is not long: f'{number}' takes two thirds of the time.
PyObject* repr_int(PyObject* object) {
    if (!is_medium_int(object))
        return stock_repr(object);
    char letters[most_letters_of_medium_int];
    char* end = std::end(letters);
    return text_of({write_decimal(medium_value(object), end), end});
}

/// The int that a sign and some digits, and nothing else, stand for; false if there is something else or too many.
bool parse_digits(PyObject* text, unsigned base, Py_ssize_t* value) {
    if (!PyUnicode_IS_COMPACT_ASCII(text))
        return false;
    const Py_UCS1* next = PyUnicode_1BYTE_DATA(text);
    const Py_UCS1* end = next + PyUnicode_GET_LENGTH(text);
    const bool is_negative = next != end && *next == '-';
    next += static_cast<int>(is_negative);
    if (next == end)
        return false;
    constexpr size_t most = size_t{1} << 57;  // another digit, of base 36 even, fits
    size_t absolute = 0;
    for (; next != end; next++) {
        const unsigned digit = _PyLong_DigitValue[*next];
        if (digit >= base || absolute >= most)
            return false;
        absolute = absolute * base + digit;
    }
    *value = is_negative ? -static_cast<Py_ssize_t>(absolute) : static_cast<Py_ssize_t>(absolute);
    return true;
}

/// int(text, base), under the same conditions as convert_to_int().
PyObject* convert_with_base(PyObject* text, PyObject* base) {
    if (!PyUnicode_CheckExact(text) || !PyLong_CheckExact(base) || !is_compact_int(base) ||
        compact_value(base) < 2 || compact_value(base) > 36)
        return nullptr;
    Py_ssize_t number;
    return parse_digits(text, static_cast<unsigned>(compact_value(base)), &number) ? new_int(number)
                                                                                   : nullptr;
}

/// int() as C code calls it, without a tuple of arguments: `map(int, words)` takes a third of the time.
PyObject* call_int(PyObject* type, PyObject* const* args, size_t flags, PyObject* kwnames) {
    const Py_ssize_t count = PyVectorcall_NARGS(flags);
    PyObject* result = nullptr;
    if (kwnames == nullptr && count == 1) {
        result = convert_to_int(args[0]);
    } else if (kwnames == nullptr && count == 2) {
        result = convert_with_base(args[0], args[1]);
    }
    if (result != nullptr || PyErr_Occurred() != nullptr)
        return result;
    return _PyObject_MakeTpCall(_PyThreadState_GET(), type, args, count, kwnames);
}

/// Null if there is none to be used again.
inline PyObject* int_at_once(Py_ssize_t value) {
    if (is_small_value(value))
        return small_int(value);
    return is_compact_value(value) ? reuse_int(value) : nullptr;
}

PyCFunction stock_id;

/// id(), unless somebody audits it: it takes a third of the time. An address has two digits, or one.
PyObject* id(PyObject* module, PyObject* object) {
    const auto address = static_cast<Py_ssize_t>(reinterpret_cast<uintptr_t>(object));
    if (_PyRuntime.audit_hook_head != nullptr || _PyInterpreterState_GET()->audit_hooks != nullptr)
        return stock_id(module, object);
    PyObject* number = is_compact_value(address)  ? reuse_int(address)
                       : is_medium_value(address) ? reuse_medium_int(address)
                                                  : nullptr;
    return number != nullptr ? number : stock_id(module, object);
}

}  // namespace

PyObject* convert_to_int(PyObject* value) {
    Py_ssize_t number;
    if (PyUnicode_CheckExact(value))
        return parse_digits(value, 10, &number) ? new_int(number) : nullptr;
    if (PyFloat_CheckExact(value))
        return PyLong_FromDouble(PyFloat_AS_DOUBLE(value));
    return PyLong_CheckExact(value) ? Py_NewRef(value) : nullptr;
}

void adapt_ints() {
    PyLong_Type.tp_dealloc = dealloc_int;
    PyLong_Type.tp_vectorcall = call_int;
    if (PyLong_Type.tp_repr != repr_int) {
        stock_repr = std::exchange(PyLong_Type.tp_repr, repr_int);
    }
    replace_method(builtin_methods, "id", id, stock_id);
}

}  // namespace stackless

extern "C" PyObject* __real_PyLong_FromLong(long value);
extern "C" PyObject* __real_PyLong_FromSsize_t(Py_ssize_t value);

extern "C" PyObject* __wrap_PyLong_FromLong(long value) {
    PyObject* number = stackless::int_at_once(value);
    return number != nullptr ? number : __real_PyLong_FromLong(value);
}

extern "C" PyObject* __wrap_PyLong_FromSsize_t(Py_ssize_t value) {
    PyObject* number = stackless::int_at_once(value);
    return number != nullptr ? number : __real_PyLong_FromSsize_t(value);
}
