#include "pickle/class_identity.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "cpython/layouts.hpp"
#include "pickle/fingerprint.hpp"
#include "pickle/references.hpp"

namespace stackless::pickle {

namespace {

std::string text_of(PyObject* text) {
    const char* utf8 = PyUnicode_Check(text) ? PyUnicode_AsUTF8(text) : nullptr;
    if (utf8 == nullptr) {
        PyErr_Clear();
    }
    return utf8 == nullptr ? "" : utf8;
}

/// What an entry of a class's dictionary adds to its hash: the fingerprints of functions in it.
std::string describe(PyObject* value) {
    uint64_t fingerprint;
    if (PyFunction_Check(value)) {
        auto* code = reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(value));
        if (fingerprint_of(code, fingerprint))
            return std::string("f").append(std::to_string(fingerprint));
        PyErr_Clear();
    }
    if (Py_IS_TYPE(value, &PyClassMethod_Type) || Py_IS_TYPE(value, &PyStaticMethod_Type)) {
        PyObject* callable = reinterpret_cast<MethodHolder*>(value)->callable;
        return callable == nullptr ? "" : std::string("m").append(describe(callable));
    }
    if (Py_IS_TYPE(value, &PyProperty_Type)) {
        const auto* property = reinterpret_cast<Property*>(value);
        std::string all("p");
        for (PyObject* accessor : {property->get, property->set, property->del}) {
            all += accessor == nullptr ? "-" : describe(accessor);
        }
        return all;
    }
    return "";
}

}  // namespace

uint64_t class_fingerprint(PyTypeObject* type) {
    std::vector<std::string> entries;
    PyObject *name, *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(type->tp_dict, &position, &name, &value)) {
        if (const std::string function = describe(value); !function.empty()) {
            entries.push_back(text_of(name) + " " + function);
        }
    }
    std::sort(entries.begin(), entries.end());
    std::string all;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(type->tp_bases); i++) {
        auto* base = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(type->tp_bases, i));
        all.append(base->tp_name).push_back('\n');
    }
    for (const std::string& entry : entries) {
        all.append(entry).push_back('\n');
    }
    return stable_hash(all);
}

Ref find_class(PyObject* module, PyObject* qualname, uint64_t fingerprint) {
    Ref found = find_raw(module, qualname);
    const bool is_it =
        found && PyType_Check(found.get()) &&
        class_fingerprint(reinterpret_cast<PyTypeObject*>(found.get())) == fingerprint;
    return is_it ? found : nullptr;
}

bool is_layout(PyTypeObject* type, PyObject* value) {
    return (Py_IS_TYPE(value, &PyGetSetDescr_Type) || Py_IS_TYPE(value, &PyMemberDescr_Type)) &&
           reinterpret_cast<PyDescrObject*>(value)->d_type == type;
}

}  // namespace stackless::pickle
