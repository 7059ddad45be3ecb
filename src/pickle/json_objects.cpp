// What the module _json makes: scanners and encoders, which stock pickle refuses.
//
// A new one is made of the state, and takes the place of the blank one.
#include <algorithm>

#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "eval/json_calls.hpp"
#include "pickle/causes.hpp"
#include "pickle/errors.hpp"
#include "pickle/values.hpp"

// It needs Python.h.
#include <internal/pycore_namespace.h>

namespace stackless::pickle {

namespace {

// Attributes that both have, in the order of the states. An encoder's allow_nan is none.
constexpr const char* scanner_names[] = {"strict",      "object_hook", "object_pairs_hook",
                                         "parse_float", "parse_int",   "parse_constant"};
constexpr const char* encoder_names[] = {"markers",   "default",       "encoder",
                                         "indent",    "key_separator", "item_separator",
                                         "sort_keys", "skipkeys"};

template <size_t count>
PyObject* read_attributes(PyObject* object, const char* const (&names)[count], size_t size) {
    Ref values = Ref::steal(PyTuple_New(static_cast<Py_ssize_t>(size)));
    for (size_t i = 0; values && i < count; ++i) {
        PyObject* value = PyObject_GetAttrString(object, names[i]);
        if (value == nullptr)
            return nullptr;
        PyTuple_SET_ITEM(values.get(), static_cast<Py_ssize_t>(i), value);
    }
    return values.release();
}

/// A type of _json by its name there. Empty with an exception set.
Ref json_type(const char* name) {
    const Ref module = Ref::steal(PyImport_ImportModule("_json"));
    return module ? Ref::steal(PyObject_GetAttrString(module.get(), name)) : nullptr;
}

/// A scanner whose attributes are these.
Ref make_scanner(PyObject* values) {
    const Ref type = json_type("make_scanner");
    const Ref context = type ? Ref::steal(_PyNamespace_New(nullptr)) : nullptr;
    for (size_t i = 0; context && i < std::size(scanner_names); ++i) {
        PyObject* value = PyTuple_GET_ITEM(values, static_cast<Py_ssize_t>(i));
        if (PyObject_SetAttrString(context.get(), scanner_names[i], value) != 0)
            return {};
    }
    return context ? Ref::steal(PyObject_CallOneArg(type.get(), context.get())) : nullptr;
}

Ref make_encoder(PyObject* values) {
    const Ref type = json_type("make_encoder");
    return type ? Ref::steal(PyObject_CallObject(type.get(), values)) : nullptr;
}

/// The values whose encoding is under way, by their addresses, which are others now.
bool renew_markers(PyObject* markers) {
    if (!PyDict_CheckExact(markers))
        return true;
    const Ref values = Ref::steal(PyDict_Values(markers));
    if (!values)
        return false;
    PyDict_Clear(markers);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(values.get()); ++i) {
        PyObject* value = PyList_GET_ITEM(values.get(), i);
        const Ref address = Ref::steal(PyLong_FromVoidPtr(value));
        if (!address || PyDict_SetItem(markers, address.get(), value) != 0)
            return false;
    }
    return true;
}

/// Exchanges all that two objects of the same type have.
void swap_fields(PyObject* one, PyObject* other) {
    const auto begin = static_cast<Py_ssize_t>(sizeof(PyObject));
    char* fields = reinterpret_cast<char*>(one);
    std::swap_ranges(fields + begin, fields + Py_TYPE(one)->tp_basicsize,
                     reinterpret_cast<char*>(other) + begin);
}

/// Blank ones have no functions that they could call: nobody can be in the middle of a call of one.
bool is_blank(PyObject* object, const char* name) {
    const Ref function = Ref::steal(PyObject_GetAttrString(object, name));
    return function && Py_IsNone(function.get());
}

PyObject* load_made(Ref made, PyObject* blank) {
    if (!made) {
        if (PyErr_ExceptionMatches(PyExc_Exception)) {
            caused_unpickling_error("_json cannot make one of these");
        }
        return nullptr;
    }
    if (blank == nullptr)
        return made.release();
    if (!Py_IS_TYPE(blank, Py_TYPE(made.get())))
        return unpickling_error("that is no state for %s", Py_TYPE(blank)->tp_name);
    swap_fields(made.get(), blank);
    Py_RETURN_NONE;
}

// load_json_scanner()
PyObject* load_json_scanner(PyObject*, PyObject*) {
    const Ref nothing =
        Ref::steal(Py_BuildValue("(OOOOOO)", Py_True, Py_None, Py_None, Py_None, Py_None, Py_None));
    return nothing ? load_made(make_scanner(nothing.get()), nullptr) : nullptr;
}

// load_json_encoder()
PyObject* load_json_encoder(PyObject*, PyObject*) {
    const Ref nothing = Ref::steal(Py_BuildValue("(OOOOssOOO)", Py_None, Py_None, Py_None, Py_None,
                                                 "", "", Py_False, Py_False, Py_False));
    return nothing ? load_made(make_encoder(nothing.get()), nullptr) : nullptr;
}

bool is_state(PyObject* const* args, Py_ssize_t count, size_t size) {
    return count == 2 && PyTuple_CheckExact(args[1]) &&
           static_cast<size_t>(PyTuple_GET_SIZE(args[1])) == size;
}

// set_json_scanner_state(scanner, (strict, object_hook, ...))
PyObject* set_json_scanner_state(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!is_state(args, count, std::size(scanner_names)) || !eval::is_json_scanner(args[0]) ||
        !is_blank(args[0], "parse_float"))
        return unpickling_error("set_json_scanner_state() needs a new scanner and its state");
    return load_made(make_scanner(args[1]), args[0]);
}

// set_json_encoder_state(encoder, (markers, default, ..., allow_nan))
PyObject* set_json_encoder_state(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!is_state(args, count, std::size(encoder_names) + 1) || !eval::is_json_encoder(args[0]) ||
        !is_blank(args[0], "encoder"))
        return unpickling_error("set_json_encoder_state() needs a new encoder and its state");
    if (!renew_markers(PyTuple_GET_ITEM(args[1], 0)))
        return nullptr;
    return load_made(make_encoder(args[1]), args[0]);
}

PyMethodDef functions[] = {
    {"load_json_scanner", load_json_scanner, METH_NOARGS, nullptr},
    {"load_json_encoder", load_json_encoder, METH_NOARGS, nullptr},
    {"set_json_scanner_state", as_method(set_json_scanner_state), METH_FASTCALL, nullptr},
    {"set_json_encoder_state", as_method(set_json_encoder_state), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyObject* reduce_scanner(PyObject* object) {
    return reduce_to("load_json_scanner", PyTuple_New(0),
                     read_attributes(object, scanner_names, std::size(scanner_names)),
                     "set_json_scanner_state");
}

PyObject* reduce_encoder(PyObject* object) {
    constexpr size_t count = std::size(encoder_names);
    PyObject* state = read_attributes(object, encoder_names, count + 1);
    if (state != nullptr) {
        const bool allow_nan = reinterpret_cast<JsonEncoder*>(object)->allow_nan != 0;
        PyTuple_SET_ITEM(state, static_cast<Py_ssize_t>(count), PyBool_FromLong(allow_nan));
    }
    return reduce_to("load_json_encoder", PyTuple_New(0), state, "set_json_encoder_state");
}

}  // namespace

PyObject* reduce_json_object(PyObject* object, Pickling&) {
    if (!PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_HEAPTYPE))
        return nullptr;
    if (eval::is_json_scanner(object))
        return reduce_scanner(object);
    return eval::is_json_encoder(object) ? reduce_encoder(object) : nullptr;
}

ReducerFamily json_reducers() {
    return {{}, functions};
}

}  // namespace stackless::pickle
