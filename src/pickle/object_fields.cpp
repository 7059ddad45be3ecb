#include "pickle/object_fields.hpp"

#include "pickle/errors.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

template <class T>
T& field_of(PyObject* object, Py_ssize_t offset) {
    return *reinterpret_cast<T*>(reinterpret_cast<char*>(object) + offset);
}

bool is_number(FieldKind kind) {
    return kind >= FieldKind::count;
}

/// A tuple of iterators with None where there is null.
PyObject* with_nones(PyObject* iterators) {
    const Py_ssize_t size = PyTuple_GET_SIZE(iterators);
    PyObject* copy = PyTuple_New(size);
    for (Py_ssize_t i = 0; copy != nullptr && i < size; ++i) {
        PyObject* item = PyTuple_GET_ITEM(iterators, i);
        PyTuple_SET_ITEM(copy, i, Py_NewRef(item == nullptr ? Py_None : item));
    }
    return copy;
}

PyObject* read_field(PyObject* object, const Field& field) {
    switch (field.kind) {
    case FieldKind::count:
    case FieldKind::position:
        return PyLong_FromSsize_t(field_of<Py_ssize_t>(object, field.offset));
    case FieldKind::flag:
        return PyBool_FromLong(field_of<int>(object, field.offset));
    case FieldKind::long_flag:
        return PyBool_FromLong(field_of<long>(object, field.offset));
    default:
        break;
    }
    PyObject* value = field_of<PyObject*>(object, field.offset);
    if (field.kind == FieldKind::optional)
        return wrap_optional(value);
    if (field.kind == FieldKind::sparse_iterators)
        return with_nones(value);
    if (field.kind == FieldKind::own_list)
        return PyList_AsTuple(value);
    return Py_NewRef(value == nullptr ? Py_None : value);
}

/// A copy of a tuple of iterators, with null where it has None if `may_lack`. Empty with UnpicklingError set.
Ref copy_iterators(PyObject* value, bool may_lack) {
    if (!PyTuple_CheckExact(value)) {
        unpickling_error("iterators are in a tuple, not %s", Py_TYPE(value)->tp_name);
        return {};
    }
    const Py_ssize_t size = PyTuple_GET_SIZE(value);
    Ref copy = Ref::steal(PyTuple_New(size));
    for (Py_ssize_t i = 0; copy && i < size; ++i) {
        PyObject* item = PyTuple_GET_ITEM(value, i);
        if (may_lack && Py_IsNone(item))
            continue;
        if (!PyIter_Check(item)) {
            unpickling_error("%s is no iterator", Py_TYPE(item)->tp_name);
            return {};
        }
        PyTuple_SET_ITEM(copy.get(), i, Py_NewRef(item));
    }
    return copy;
}

bool is_allowed(FieldKind kind, PyObject* value) {
    switch (kind) {
    case FieldKind::iterator:
    case FieldKind::optional_iterator:
        return PyIter_Check(value);
    case FieldKind::list:
        return PyList_Check(value);
    case FieldKind::tuple:
        return PyTuple_Check(value);
    case FieldKind::sequence:
        return PySequence_Check(value);
    case FieldKind::own_list:
        return false;
    default:
        return true;
    }
}

bool may_be_null(FieldKind kind) {
    return kind != FieldKind::object && kind != FieldKind::iterator && kind != FieldKind::own_list;
}

}  // namespace

Ref read_fields(PyObject* object, std::span<const Field> fields) {
    Ref values = Ref::steal(PyTuple_New(static_cast<Py_ssize_t>(fields.size())));
    for (size_t i = 0; values && i < fields.size(); ++i) {
        PyObject* value = read_field(object, fields[i]);
        if (value == nullptr)
            return {};
        PyTuple_SET_ITEM(values.get(), static_cast<Py_ssize_t>(i), value);
    }
    return values;
}

bool FieldValues::read(std::span<const Field> fields, PyObject* values) {
    fields_ = fields;
    const auto size = static_cast<Py_ssize_t>(fields.size());
    if (!PyTuple_CheckExact(values) || PyTuple_GET_SIZE(values) != size) {
        unpickling_error("a state of %zd values is expected, not %R", size, Py_TYPE(values));
        return false;
    }
    for (size_t i = 0; i < fields.size(); ++i) {
        if (!read_one(i, PyTuple_GET_ITEM(values, static_cast<Py_ssize_t>(i))))
            return false;
    }
    return true;
}

bool FieldValues::read_one(size_t index, PyObject* value) {
    const FieldKind kind = fields_[index].kind;
    if (kind == FieldKind::flag || kind == FieldKind::long_flag) {
        numbers_[index] = Py_IsTrue(value);
        if (!PyBool_Check(value)) {
            unpickling_error("a flag is a bool, not %s", Py_TYPE(value)->tp_name);
        }
        return PyBool_Check(value);
    }
    if (is_number(kind)) {
        const Py_ssize_t low = kind == FieldKind::count ? 0 : -1;
        numbers_[index] = to_number("state", value, low);
        return numbers_[index] >= low;
    }
    if (kind == FieldKind::optional) {
        PyObject* inner = nullptr;
        const bool is_valid = unwrap_optional(value, &inner);
        objects_[index] = Ref::borrow(inner);
        return is_valid;
    }
    if (kind == FieldKind::iterators || kind == FieldKind::sparse_iterators) {
        objects_[index] = copy_iterators(value, kind == FieldKind::sparse_iterators);
        return static_cast<bool>(objects_[index]);
    }
    if (Py_IsNone(value) && may_be_null(kind))
        return true;
    if (kind == FieldKind::own_list && PyTuple_CheckExact(value)) {
        objects_[index] = Ref::steal(PySequence_List(value));
        return static_cast<bool>(objects_[index]);
    }
    if (!is_allowed(kind, value)) {
        unpickling_error("a state must not hold %s there", Py_TYPE(value)->tp_name);
        return false;
    }
    objects_[index] = Ref::borrow(value);
    return true;
}

void FieldValues::write(PyObject* object) {
    for (size_t i = 0; i < fields_.size(); ++i) {
        const Field& field = fields_[i];
        if (field.kind == FieldKind::flag) {
            field_of<int>(object, field.offset) = static_cast<int>(numbers_[i]);
        } else if (field.kind == FieldKind::long_flag) {
            field_of<long>(object, field.offset) = numbers_[i];
        } else if (is_number(field.kind)) {
            field_of<Py_ssize_t>(object, field.offset) = numbers_[i];
        } else {
            auto& slot = field_of<PyObject*>(object, field.offset);
            Ref old = Ref::steal(slot);
            slot = objects_[i].release();
            objects_[i].swap(old);
        }
    }
}

}  // namespace stackless::pickle
