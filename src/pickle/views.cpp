// Views of dicts, which stock pickle refuses.
#include <algorithm>

#include "pickle/errors.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

struct ViewKind {
    const char* name;  // part of the format
    PyTypeObject* type;
    PyTypeObject* dict_type;
};

const ViewKind kinds[] = {
    {"keys", &PyDictKeys_Type, &PyDict_Type},
    {"values", &PyDictValues_Type, &PyDict_Type},
    {"items", &PyDictItems_Type, &PyDict_Type},
    {"ordered_keys", &PyODictKeys_Type, &PyODict_Type},
    {"ordered_values", &PyODictValues_Type, &PyODict_Type},
    {"ordered_items", &PyODictItems_Type, &PyODict_Type},
};

PyObject* reduce_view(PyObject* object, Pickling&) {
    const ViewKind* kind = std::ranges::find(kinds, Py_TYPE(object), &ViewKind::type);
    auto* dict = reinterpret_cast<_PyDictViewObject*>(object)->dv_dict;
    return reduce_to("load_view", Py_BuildValue("(sO)", kind->name, dict));
}

// load_view(kind, dict)
PyObject* load_view(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("load_view", count, 2))
        return nullptr;
    for (const ViewKind& kind : kinds) {
        if (PyUnicode_CheckExact(args[0]) &&
            PyUnicode_CompareWithASCIIString(args[0], kind.name) == 0) {
            return check_type("load_view", args[1], kind.dict_type)
                       ? _PyDictView_New(args[1], kind.type)
                       : nullptr;
        }
    }
    return unpickling_error("dicts have no view %R", args[0]);
}

// mappingproxy. Most of them are the __dict__ of a class.

struct MappingProxy {
    PyObject_HEAD PyObject* mapping;
};

/// The class whose __dict__ it is (borrowed), as far as one of the descriptors in it tells; else null.
PyTypeObject* class_of_dict(PyObject* dict) {
    Py_ssize_t position = 0;
    PyObject* value = nullptr;
    while (PyDict_Next(dict, &position, nullptr, &value)) {
        PyTypeObject* type = Py_TYPE(value);
        if (type != &PyGetSetDescr_Type && type != &PyMethodDescr_Type &&
            type != &PyWrapperDescr_Type && type != &PyMemberDescr_Type)
            continue;
        PyTypeObject* owner = reinterpret_cast<PyDescrObject*>(value)->d_type;
        if (owner->tp_dict == dict)
            return owner;
    }
    return nullptr;
}

PyObject* reduce_proxy(PyObject* object, Pickling&) {
    PyObject* mapping = reinterpret_cast<MappingProxy*>(object)->mapping;
    PyTypeObject* type = PyDict_CheckExact(mapping) ? class_of_dict(mapping) : nullptr;
    if (type != nullptr)
        return reduce_to("load_class_dict", PyTuple_Pack(1, type));
    return reduce_to("load_proxy", PyTuple_Pack(1, mapping));
}

// load_proxy(mapping)
PyObject* load_proxy(PyObject*, PyObject* mapping) {
    if (!PyMapping_Check(mapping) || PyList_Check(mapping) || PyTuple_Check(mapping))
        return unpickling_error("load_proxy() needs a mapping, not %s", Py_TYPE(mapping)->tp_name);
    return PyDictProxy_New(mapping);
}

// load_class_dict(class)
PyObject* load_class_dict(PyObject*, PyObject* type) {
    if (!check_type("load_class_dict", type, &PyType_Type))
        return nullptr;
    return PyObject_GetAttrString(type, "__dict__");
}

const Reducer reducers[] = {{&PyDictKeys_Type, reduce_view},    {&PyDictValues_Type, reduce_view},
                            {&PyDictItems_Type, reduce_view},   {&PyODictKeys_Type, reduce_view},
                            {&PyODictValues_Type, reduce_view}, {&PyODictItems_Type, reduce_view},
                            {&PyDictProxy_Type, reduce_proxy}};

PyMethodDef functions[] = {
    {"load_view", as_method(load_view), METH_FASTCALL,
     "load_view($module, kind, dict, /)\n--\n\n"
     "Makes a view of a dict for a pickle.\n\n"
     "pickle.UnpicklingError: there is no such kind, or that is no such dict."},
    {"load_proxy", load_proxy, METH_O,
     "load_proxy($module, mapping, /)\n--\n\n"
     "Makes a types.MappingProxyType for a pickle.\n\n"
     "pickle.UnpicklingError: that is no mapping."},
    {"load_class_dict", load_class_dict, METH_O,
     "load_class_dict($module, type, /)\n--\n\n"
     "The __dict__ of a class, for a pickle.\n\n"
     "pickle.UnpicklingError: that is no class."},
    {}};

}  // namespace

ReducerFamily view_reducers() {
    return {reducers, functions};
}

}  // namespace stackless::pickle
