// libpython's own ints are made out of kept ones too, and kept: see docs/internals/replaced-functions.md.
#include "cpython/ints.hpp"

#include <algorithm>
#include <utility>

#include "cpython/exposed.hpp"
#include "cpython/method_tables.hpp"

namespace stackless {

namespace {

/// Also of subclasses, whose instances cannot be used again.
void dealloc_int(PyObject* object) {
    if (PyLong_CheckExact(object) && may_reuse_objects() && keep_int(object))
        return;
    Py_TYPE(object)->tp_free(object);
}

reprfunc stock_repr;

/// The decimal digits of an int of one digit: f'{number}' takes two thirds of the time.
PyObject* repr_int(PyObject* object) {
    if (!is_compact_int(object))
        return stock_repr(object);
    constexpr int most_digits = 10;
    char text[most_digits + 1];
    char* end = text + sizeof text;
    char* begin = end;
    const Py_ssize_t value = compact_value(object);
    auto rest = static_cast<uint32_t>(value < 0 ? -value : value);
    do {
        *--begin = static_cast<char>('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0) {
        *--begin = '-';
    }
    PyObject* result = PyUnicode_New(end - begin, 127);
    if (result != nullptr) {
        std::copy(begin, end, PyUnicode_1BYTE_DATA(result));
    }
    return result;
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

void adapt_ints() {
    PyLong_Type.tp_dealloc = dealloc_int;
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
