#include "pickle/code.hpp"

#include <iterator>
#include <string>
#include <string_view>

#include <marshal.h>

#include "cpython/arguments.hpp"
#include "eval/hidden_functions.hpp"
#include "pickle/causes.hpp"
#include "pickle/cells.hpp"
#include "pickle/classes.hpp"
#include "pickle/code_facts.hpp"
#include "pickle/errors.hpp"
#include "pickle/fingerprint.hpp"
#include "pickle/functions.hpp"
#include "pickle/named_objects.hpp"
#include "pickle/namespaces.hpp"
#include "pickle/reducers.hpp"
#include "pickle/references.hpp"
#include "pickle/unnamed_types.hpp"

namespace stackless::pickle {

namespace {

// ---- By reference

/// The name of the imported module that was read from this file. Empty, without an exception, if there is none.
Ref module_from_file(PyObject* file) {
    PyObject* modules = PyInterpreterState_Get()->modules;
    PyObject *name, *module;
    Py_ssize_t position = 0;
    while (PyDict_CheckExact(modules) && PyDict_Next(modules, &position, &name, &module)) {
        PyObject* known = PyModule_Check(module)
                              ? PyDict_GetItemString(PyModule_GetDict(module), "__file__")
                              : nullptr;
        if (known != nullptr && PyUnicode_Check(known) && PyUnicode_Check(name) &&
            _PyUnicode_EQ(known, file))
            return Ref::borrow(name);
    }
    return {};
}

/// The module that code is from, as far as one knows; empty, without an exception, if one does not.
Ref module_of(const PyCodeObject* code, const CodeFacts* facts) {
    return facts->module != nullptr ? Ref::borrow(facts->module)
                                    : module_from_file(code->co_filename);
}

/// Empty, without an exception, if the code is not found in that module.
Ref refer_to(PyCodeObject* code, PyObject* module_name, uint64_t fingerprint) {
    const Ref module = imported_module(module_name);
    bool differs;
    if (!module || find_code(module.get(), code->co_qualname, fingerprint, differs).get() != code)
        return {};
    const Ref number = fingerprint_object(fingerprint);
    return number ? Ref::steal(Py_BuildValue("O(OOO)", loader("load_code"), module_name,
                                             code->co_qualname, number.get()))
                  : nullptr;
}

// ---- By value

long bytecode_revision() {
    return PyImport_GetMagicNumber() & 0xFFFF;
}

/// The Python that writes this revision of bytecode, as in Lib/importlib/_bootstrap_external.py.
const char* python_of_revision(long revision) {
    struct Range {
        long first;
        const char* version;
    };
    constexpr Range ranges[] = {
        {3650, "a later Python than 3.14"},
        {3600, "Python 3.14"},
        {3550, "Python 3.13"},
        {3500, "Python 3.12"},
        {3450, "Python 3.11"},
        {3430, "Python 3.10"},
        {0, "an earlier Python than 3.10"},
    };
    for (const Range& range : ranges) {
        if (revision >= range.first)
            return range.version;
    }
    return "an unknown Python";
}

/// Guards against bytes that marshal has not written: it trusts what it reads.
uint64_t checksum_of(uint64_t fingerprint, std::string_view bytes) {
    std::string all("stackless code ");
    for (int shift = 0; shift < 64; shift += 8) {
        all.push_back(static_cast<char>(fingerprint >> shift));
    }
    return stable_hash(all.append(bytes));
}

std::string_view view(PyObject* bytes) {
    return {PyBytes_AS_STRING(bytes), static_cast<size_t>(PyBytes_GET_SIZE(bytes))};
}

PyObject* reduce_by_value(PyCodeObject* code, uint64_t fingerprint) {
    const Ref bytes = Ref::steal(
        PyMarshal_WriteObjectToString(reinterpret_cast<PyObject*>(code), Py_MARSHAL_VERSION));
    const Ref number = bytes ? fingerprint_object(fingerprint) : nullptr;
    const Ref checksum =
        number ? fingerprint_object(checksum_of(fingerprint, view(bytes.get()))) : nullptr;
    return checksum ? Py_BuildValue("O(lOOO)", loader("load_new_code"), bytecode_revision(),
                                    number.get(), checksum.get(), bytes.get())
                    : nullptr;
}

constexpr Reducer reducers[] = {
    {&PyCode_Type, reduce_code},
    {&PyFunction_Type, reduce_function},
    {&PyCell_Type, reduce_cell},
    {&PyMethod_Type, reduce_method},
};

PyMethodDef functions[] = {
    {"load_code", as_method(load_code), METH_FASTCALL, nullptr},
    {"load_new_code", as_method(load_new_code), METH_FASTCALL, nullptr},
    {"load_function", as_method(load_function), METH_FASTCALL, nullptr},
    {"load_new_function", as_method(load_new_function), METH_FASTCALL, nullptr},
    {"set_function_state", as_method(set_function_state), METH_FASTCALL, nullptr},
    {"load_hidden", as_method(load_hidden), METH_FASTCALL, nullptr},
    {"load_cell", as_method(load_cell), METH_FASTCALL, nullptr},
    {"set_cell_state", as_method(set_cell_state), METH_FASTCALL, nullptr},
    {"load_method", as_method(load_method), METH_FASTCALL, nullptr},
    {"load_named", as_method(load_named), METH_FASTCALL, nullptr},
    {"load_class", as_method(load_class), METH_FASTCALL, nullptr},
    {"set_class_state", as_method(set_class_state), METH_FASTCALL, nullptr},
    {"load_type", load_type, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

PyObject* reduce_code(PyObject* object, Pickling& pickling) {
    auto* code = reinterpret_cast<PyCodeObject*>(object);
    if (eval::is_hidden(code)) {
        PyErr_SetString(PyExc_TypeError, "cannot pickle code of the interpreter itself");
        return nullptr;
    }
    const CodeFacts* facts = facts_of(code);
    uint64_t fingerprint;
    if (facts == nullptr || !fingerprint_of(code, fingerprint))
        return nullptr;
    const Ref module = module_of(code, facts);
    if (module && !travels_by_value(module.get(), pickling)) {
        Ref reference = refer_to(code, module.get(), fingerprint);
        if (reference || PyErr_Occurred())
            return reference.release();
    }
    return reduce_by_value(code, fingerprint);
}

// load_code(module, qualname, fingerprint)
PyObject* load_code(PyObject*, PyObject* const* args, Py_ssize_t count) {
    uint64_t fingerprint;
    if (count != 3 || !PyUnicode_CheckExact(args[0]) || !PyUnicode_CheckExact(args[1]) ||
        !read_fingerprint(args[2], fingerprint))
        return unpickling_error(
            "load_code() takes the name of a module, a qualified name, and a fingerprint");
    const Ref module = import_for_pickle(args[0]);
    if (!module)
        return nullptr;
    bool differs;
    auto code = find_code(module.get(), args[1], fingerprint, differs);
    if (code)
        return reinterpret_cast<PyObject*>(code.release());
    return differs ? unpickling_error(
                         "the code of %U.%U has changed since it was pickled: its "
                         "bytecode differs",
                         args[0], args[1])
                   : unpickling_error("the module %U has no code %U", args[0], args[1]);
}

// load_new_code(revision, fingerprint, checksum, bytes)
PyObject* load_new_code(PyObject*, PyObject* const* args, Py_ssize_t count) {
    uint64_t fingerprint, checksum, own;
    int overflow = 1;
    const long revision =
        count == 4 && PyLong_CheckExact(args[0]) ? PyLong_AsLongAndOverflow(args[0], &overflow) : 0;
    if (overflow != 0 || revision < 0 || !read_fingerprint(args[1], fingerprint) ||
        !read_fingerprint(args[2], checksum) || !PyBytes_CheckExact(args[3]))
        return unpickling_error(
            "load_new_code() takes a revision, a fingerprint, a checksum, and bytes");
    if (revision != bytecode_revision())
        return unpickling_error(
            "the pickle has code of %s (bytecode revision %ld); this is Python 3.11 (%ld)",
            python_of_revision(revision), revision, bytecode_revision());
    if (checksum_of(fingerprint, view(args[3])) != checksum)
        return unpickling_error("code in the pickle is damaged: its checksum is wrong");
    Ref code = Ref::steal(
        PyMarshal_ReadObjectFromString(PyBytes_AS_STRING(args[3]), PyBytes_GET_SIZE(args[3])));
    if (!code)
        return caused_unpickling_error("code in the pickle is damaged");
    if (!PyCode_Check(code.get()) ||
        !fingerprint_of(reinterpret_cast<PyCodeObject*>(code.get()), own) || own != fingerprint)
        return unpickling_error("code in the pickle is damaged: its fingerprint is wrong");
    return code.release();
}

ReducerFamily code_reducers() {
    return {reducers, functions};
}

}  // namespace stackless::pickle
