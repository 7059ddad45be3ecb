// The instructions of our own, which hidden functions consist of beside CPython's.
#include <utility>

#include "cpython/fields.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

namespace {

template <class Type>
inline Type& field_at(PyObject* object, size_t offset) {
    return *reinterpret_cast<Type*>(reinterpret_cast<char*>(object) + offset);
}

}  // namespace

// Hidden frames do not count for the recursion limit: what entering them has counted is taken back.

OP(RESUME_HIDDEN) {
    SAVE_IP();
    ts->recursion_remaining++;
    NEXT();
}

OP(RETURN_HIDDEN) {
    SAVE_IP();
    ts->recursion_remaining--;
    sp--;
    _PyFrame_SetStackPointer(frame, sp);
    GOTO(return_to_caller);
}

OP(LOAD_KNOWN) {
    if ((oparg & 1) != 0) {
        *sp++ = nullptr;
    }
    *sp++ = Py_NewRef(read_obj(ip));
    SKIP_CACHE(LOAD_GLOBAL);
    NEXT();
}

namespace {

/// New reference; null with MemoryError set.
inline PyObject* field_value(PyObject* object, FieldKind kind, size_t offset) {
    switch (kind) {
    case FieldKind::number:
        return PyLong_FromSsize_t(field_at<Py_ssize_t>(object, offset));
    case FieldKind::flag:
        return new_bool(field_at<int>(object, offset) != 0);
    case FieldKind::present:
        return new_bool(field_at<PyObject*>(object, offset) != nullptr);
    case FieldKind::object:
    case FieldKind::value:
        break;
    }
    PyObject* value = field_at<PyObject*>(object, offset);
    return Py_NewRef(value != nullptr ? value : Py_None);
}

}  // namespace

OP(LOAD_FIELD_TO_CALL) {
    SAVE_IP();
    PyObject* object = sp[-1];
    PyObject* value = field_value(object, static_cast<FieldKind>(oparg), *ip);
    if (value == nullptr)
        GOTO(raise);
    sp[-1] = nullptr;
    *sp++ = value;
    SKIP_CACHE(LOAD_METHOD);
    DROP_AND_NEXT(object);
}

OP(LOAD_FIELD) {
    SAVE_IP();
    PyObject* object = sp[-1];
    PyObject* value = field_value(object, static_cast<FieldKind>(oparg), *ip);
    if (value == nullptr)
        GOTO(raise);
    sp[-1] = value;
    SKIP_CACHE(LOAD_ATTR);
    DROP_AND_NEXT(object);
}

OP(STORE_FIELD) {
    SAVE_IP();
    PyObject* object = sp[-1];
    PyObject* value = sp[-2];
    PyObject* old = value;
    switch (static_cast<FieldKind>(oparg)) {
    case FieldKind::object:
        old = std::exchange(field_at<PyObject*>(object, *ip), value);
        if (value == Py_None) {
            field_at<PyObject*>(object, *ip) = nullptr;
            Py_DECREF(value);
        }
        break;
    case FieldKind::value:
        old = std::exchange(field_at<PyObject*>(object, *ip), value);
        break;
    case FieldKind::present:
        break;
    case FieldKind::number:
        field_at<Py_ssize_t>(object, *ip) = PyLong_AsSsize_t(value);
        break;
    case FieldKind::flag:
        field_at<int>(object, *ip) = value == Py_True ? 1 : 0;
        break;
    }
    sp -= 2;
    Py_XDECREF(old);
    SKIP_CACHE(STORE_ATTR);
    DROP_AND_NEXT(object);
}

}  // namespace stackless::eval
