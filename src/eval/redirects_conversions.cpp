// The redirects of what converts, formats, prints and checks objects by their special methods.
#include "cpython/exposed.hpp"
#include "cpython/texts.hpp"
#include "cpython/type_lookup.hpp"
#include "eval/conversions.hpp"
#include "eval/redirects.hpp"

namespace stackless::eval {

HANDLER(issubclass_at_once);
HANDLER(repr_at_once);

namespace {

template <Target target>
bool converts(PyThreadState*, const Arguments& call) {
    return call.are_plain(1, 1) && PyType_HasFeature(Py_TYPE(call.at(0)), Py_TPFLAGS_HEAPTYPE) &&
           static_cast<bool>(find_conversion(target, call.at(0)));
}

/// str() and repr().
template <Target target>
bool represents(PyThreadState*, const Arguments& call) {
    return call.are_plain(1, 1) &&
           (find_conversion(target, call.at(0)) || has_python_items(call.at(0)));
}

/// range(): some of the arguments has an __index__ in Python.
bool any_needs_index(PyThreadState*, const Arguments& call) {
    if (!call.are_plain(1, 3))
        return false;
    for (Py_ssize_t i = 0; i < call.positional; i++) {
        if (find_conversion(Target::index, call.at(i)))
            return true;
    }
    return false;
}

bool has_method(PyObject* object, PyObject* name) {
    if (!PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_HEAPTYPE))
        return false;
    PyObject* method = type_lookup(Py_TYPE(object), name);
    return method != nullptr && !Py_IS_TYPE(method, &PyMethodDescr_Type);
}

bool has_method(PyObject* object, const char* name) {
    if (!PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_HEAPTYPE))
        return false;
    PyObject* key = PyUnicode_InternFromString(name);
    if (key == nullptr) {
        PyErr_Clear();
        return false;
    }
    const bool found = has_method(object, key);
    Py_DECREF(key);
    return found;
}

bool formats_in_python(PyThreadState*, const Arguments& call) {
    return call.are_plain(1, 2) && (call.at(1) == nullptr || PyUnicode_CheckExact(call.at(1))) &&
           (has_method(call.at(0), &_Py_ID(__format__)) ||
            find_conversion(Target::text, call.at(0)) || has_python_items(call.at(0)));
}

/// Whether formatting a value calls code in Python.
bool is_formatted_in_python(PyObject* value) {
    return has_method(value, &_Py_ID(__format__)) || find_conversion(Target::text, value) ||
           find_conversion(Target::representation, value) || has_python_items(value);
}

/// Whether a field of a format may read attributes or items: a guess.
bool has_parts(PyObject* format) {
    const Py_ssize_t length = PyUnicode_GET_LENGTH(format);
    return PyUnicode_FindChar(format, '.', 0, length, 1) >= 0 ||
           PyUnicode_FindChar(format, '[', 0, length, 1) >= 0;
}

/// str.format(): some value is formatted by code in Python, or has attributes or items that are computed by it.
bool formats_python_values(PyThreadState* ts, const Arguments& call) {
    if (!needs_frames(ts) || call.positional < 1 || !PyUnicode_CheckExact(call.at(0)))
        return false;
    bool has_objects = false;
    for (Py_ssize_t i = 1; i < call.total(); i++) {
        PyObject* value = call.values[i];
        if (is_formatted_in_python(value))
            return true;
        has_objects = has_objects || PyType_HasFeature(Py_TYPE(value), Py_TPFLAGS_HEAPTYPE);
    }
    return has_objects && has_parts(call.at(0));
}

/// str.format_map(): the mapping is in Python, or it is a dict that holds such values.
bool formats_python_mapping(PyThreadState* ts, const Arguments& call) {
    if (!needs_frames(ts) || !call.are_plain(2, 2) || !PyUnicode_CheckExact(call.at(0)))
        return false;
    PyObject* mapping = call.at(1);
    if (!PyDict_CheckExact(mapping))
        return PyType_HasFeature(Py_TYPE(mapping), Py_TPFLAGS_HEAPTYPE) || PyDict_Check(mapping);
    PyObject *key, *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(mapping, &position, &key, &value)) {
        if (PyType_HasFeature(Py_TYPE(value), Py_TPFLAGS_HEAPTYPE) || has_python_items(value))
            return true;
    }
    return false;
}

bool has_dir(PyThreadState*, const Arguments& call) {
    return call.are_plain(1, 1) && has_method(call.at(0), &_Py_ID(__dir__));
}

/// A special method of the single argument that has no other meaning to C code.
#define STACKLESS_HAS(method) \
    bool has##method(PyThreadState*, const Arguments& call) { \
        return call.are_plain(1, 1) && has_method(call.at(0), #method); \
    }
STACKLESS_HAS(__trunc__)
STACKLESS_HAS(__floor__)
STACKLESS_HAS(__ceil__)
#undef STACKLESS_HAS

bool calls_instancecheck(PyThreadState*, const Arguments& call) {
    return call.are_plain(2, 2) && reinterpret_cast<PyObject*>(Py_TYPE(call.at(0))) != call.at(1) &&
           checks_in_python(call.at(1), &_Py_ID(__instancecheck__));
}

bool calls_subclasscheck(PyThreadState*, const Arguments& call) {
    return call.are_plain(2, 2) && checks_in_python(call.at(1), &_Py_ID(__subclasscheck__));
}

/// The arguments of print() that are no values.
struct PrintOptions {
    PyObject* file = Py_None;
    bool are_known = true;

    explicit PrintOptions(const Arguments& call) {
        for (Py_ssize_t i = 0; i < call.keywords(); i++) {
            PyObject* name = PyTuple_GET_ITEM(call.kwnames, i);
            PyObject* value = call.values[call.positional + i];
            if (is_spelled(name, "file")) {
                file = value;
            } else if (is_spelled(name, "flush")) {
                are_known = are_known && PyBool_Check(value);
            } else {
                are_known = are_known && (value == Py_None || PyUnicode_CheckExact(value)) &&
                            (is_spelled(name, "sep") || is_spelled(name, "end"));
            }
        }
        if (file == Py_None) {
            file = PySys_GetObject("stdout");
        }
    }
};

bool prints_by_python(PyThreadState*, const Arguments& call) {
    const PrintOptions options(call);
    if (!options.are_known || options.file == nullptr || options.file == Py_None)
        return false;
    if (PyType_HasFeature(Py_TYPE(options.file), Py_TPFLAGS_HEAPTYPE))
        return true;
    for (Py_ssize_t i = 0; i < call.positional; i++) {
        if (find_conversion(Target::text, call.at(i)) || has_python_items(call.at(i)))
            return true;
    }
    return false;
}

constexpr FunctionRedirect functions[] = {
    {builtin_methods,
     "len",
     {converts<Target::length>, Hidden::convert_length},
     Attention::heap_types},
    {builtin_methods,
     "hash",
     {converts<Target::hash>, Hidden::convert_hash},
     Attention::heap_types},
    {builtin_methods,
     "repr",
     {represents<Target::representation>, Hidden::convert_representation, nullptr, repr_at_once}},
    {builtin_methods, "ascii", {represents<Target::representation>, Hidden::ascii_}},
    {builtin_methods, "format", {formats_in_python, Hidden::format_}},
    {builtin_methods, "bin", {converts<Target::index>, Hidden::bin_}, Attention::heap_types},
    {builtin_methods, "oct", {converts<Target::index>, Hidden::oct_}, Attention::heap_types},
    {builtin_methods, "hex", {converts<Target::index>, Hidden::hex_}, Attention::heap_types},
    {builtin_methods, "dir", {has_dir, Hidden::dir_}},
    {builtin_methods, "isinstance", {calls_instancecheck, Hidden::isinstance_}},
    {builtin_methods,
     "issubclass",
     {calls_subclasscheck, Hidden::issubclass_, nullptr, issubclass_at_once}},
    {builtin_methods, "print", {prints_by_python, Hidden::print_}},
    {unicode_methods, "format", {formats_python_values, Hidden::str_format}},
    {unicode_methods, "format_map", {formats_python_mapping, Hidden::str_format_map}},
    {operator_methods,
     "index",
     {converts<Target::index>, Hidden::convert_index},
     Attention::heap_types},
    {math_methods, "trunc", {has__trunc__, Hidden::call_trunc}, Attention::heap_types},
    {math_methods, "floor", {has__floor__, Hidden::call_floor}, Attention::heap_types},
    {math_methods, "ceil", {has__ceil__, Hidden::call_ceil}, Attention::heap_types},
};

constexpr TypeRedirect types[] = {
    {&PyBool_Type, {converts<Target::truth>, Hidden::convert_truth}},
    {&PyUnicode_Type, {represents<Target::text>, Hidden::convert_text}},
    {&PyLong_Type, {converts<Target::integer>, Hidden::convert_integer}},
    {&PyFloat_Type, {converts<Target::floating>, Hidden::convert_floating}},
    {&PyComplex_Type, {converts<Target::complex>, Hidden::convert_complex}},
    {&PyBytes_Type, {converts<Target::bytes>, Hidden::convert_bytes}},
    {&PyRange_Type, {any_needs_index, Hidden::range_}},
};

}  // namespace

const RedirectFamily conversion_redirects = {functions, types, {}};

}  // namespace stackless::eval
