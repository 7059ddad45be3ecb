#include "eval/getters.hpp"

#include "cpython/layouts.hpp"
#include "cpython/ref.hpp"
#include "eval/attributes.hpp"
#include "eval/conversions.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/special_methods.hpp"

namespace stackless::eval {

namespace {

/// Goes from attribute to attribute, as long as C code knows them.
bool dotted_calls_back(PyObject* names, PyObject* object) {
    Ref owner = Ref::borrow(object);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject* name = PyTuple_GET_ITEM(names, i);
        if (may_call_getter(owner.get(), name))
            return true;
        owner = Ref::steal(PyObject_GetAttr(owner.get(), name));
        if (!owner) {
            PyErr_Clear();
            return false;
        }
    }
    return false;
}

bool attributes_call_back(const AttributeGetter* getter, PyObject* object) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(getter->attributes); i++) {
        PyObject* attribute = PyTuple_GET_ITEM(getter->attributes, i);
        if (PyTuple_Check(attribute) ? dotted_calls_back(attribute, object)
                                     : may_call_getter(object, attribute))
            return true;
    }
    return false;
}

bool items_call_back(const ItemGetter* getter, PyObject* object) {
    if (PyDict_Check(object))
        return !PyDict_CheckExact(object);
    return (is_of_heap_type(object) &&
            Py_TYPE(object)->tp_as_mapping->mp_subscript == slot_mp_subscript) ||
           (getter->count == 1 && needs_index(getter->items));
}

}  // namespace

bool getter_calls_back(PyObject* getter, PyObject* object) {
    return Py_TYPE(getter)->tp_call == attrgetter_call
               ? attributes_call_back(reinterpret_cast<AttributeGetter*>(getter), object)
               : items_call_back(reinterpret_cast<ItemGetter*>(getter), object);
}

bool key_calls_back(PyThreadState* ts, PyObject* key, PyObject* items) {
    if (is_python_callable(ts, key))
        return true;
    return is_watched_getter(ts, key) && (PyList_CheckExact(items) || PyTuple_CheckExact(items)) &&
           PySequence_Fast_GET_SIZE(items) != 0 &&
           getter_calls_back(key, PySequence_Fast_ITEMS(items)[0]);
}

bool getter_calls_back_for_next(PyThreadState* ts, PyObject* getter, PyObject* iterator) {
    if (!is_watched_getter(ts, getter) ||
        !(Py_IS_TYPE(iterator, &PyListIter_Type) || Py_IS_TYPE(iterator, &PyTupleIter_Type)))
        return false;
    const auto* position = reinterpret_cast<IndexIterator*>(iterator);
    return position->sequence != nullptr &&
           position->index < PySequence_Fast_GET_SIZE(position->sequence) &&
           getter_calls_back(getter, PySequence_Fast_ITEMS(position->sequence)[position->index]);
}

Frame* push_getter_frame(PyThreadState* ts, const Frame* caller, PyObject* getter,
                         PyObject* object) {
    if (Py_TYPE(getter)->tp_call == attrgetter_call) {
        PyObject* attributes = reinterpret_cast<AttributeGetter*>(getter)->attributes;
        return push_hidden_frame(ts, caller, Hidden::get_attributes,
                                 {Py_NewRef(object), Py_NewRef(attributes)});
    }
    const auto* wanted = reinterpret_cast<ItemGetter*>(getter);
    PyObject* items =
        wanted->count == 1 ? PyTuple_Pack(1, wanted->items) : Py_NewRef(wanted->items);
    return items == nullptr
               ? nullptr
               : push_hidden_frame(ts, caller, Hidden::get_items, {Py_NewRef(object), items});
}

}  // namespace stackless::eval
