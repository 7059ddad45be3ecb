#include "eval/abc.hpp"

#include <cstring>

#include "cpython/exposed.hpp"
#include "cpython/interpreter_end.hpp"
#include "cpython/layouts.hpp"
#include "cpython/ref.hpp"
#include "cpython/type_lookup.hpp"
#include "eval/handler.hpp"
#include "eval/primitives.hpp"

namespace stackless::eval {

namespace {

AbcData* as_data(PyObject* object) {
    return reinterpret_cast<AbcData*>(object);
}

bool is_data(PyObject* object) {
    static OfInterpreter<const PyTypeObject*> known_type;
    if (Py_TYPE(object) != *known_type) {
        if (std::strcmp(Py_TYPE(object)->tp_name, "_abc._abc_data") != 0 ||
            Py_TYPE(object)->tp_dealloc == subtype_dealloc)
            return false;
        *known_type = Py_TYPE(object);
    }
    return true;
}

/// Its data, borrowed; null if it has none.
AbcData* find_data(PyObject* cls) {
    static PyObject* const name = PyUnicode_InternFromString("_abc_impl");
    if (name == nullptr || !PyType_Check(cls))
        return nullptr;
    PyObject* data = type_lookup(reinterpret_cast<PyTypeObject*>(cls), name);
    return data != nullptr && is_data(data) ? as_data(data) : nullptr;
}

/// Of the module; the module keeps it. Null, without an exception, if there is none.
AbcState* find_state() {
    static PyObject* const name = PyUnicode_InternFromString("_abc");
    PyObject* modules = PyImport_GetModuleDict();
    const Ref module = Ref::borrow(
        name == nullptr || modules == nullptr ? nullptr : PyDict_GetItemWithError(modules, name));
    if (!module || !PyModule_Check(module.get())) {
        PyErr_Clear();
        return nullptr;
    }
    return static_cast<AbcState*>(PyModule_GetState(module.get()));
}

/// How often register() has been called; every negative answer of before is doubtful.
unsigned long long invalidations() {
    const AbcState* state = find_state();
    return state == nullptr ? 0 : state->invalidations;
}

/// Whether a weak reference to the class is in the set, which may be null.
bool has_weak(PyObject* set, PyObject* cls) {
    if (set == nullptr || PySet_GET_SIZE(set) == 0)
        return false;
    const Ref reference = Ref::steal(PyWeakref_NewRef(cls, nullptr));
    const int found = reference ? PySet_Contains(set, reference.get()) : -1;
    if (found < 0) {
        PyErr_Clear();
    }
    return found > 0;
}

bool has_negative(const AbcData* data, PyObject* cls) {
    return data->negative_cache_version == invalidations() && has_weak(data->negative_cache, cls);
}

/// Whether it is the code of ABCMeta.__instancecheck__() as it comes with the interpreter, which never goes away.
bool is_code_of_instancecheck(PyCodeObject* code) {
    constexpr Py_ssize_t references_for_ever = 999'999'999;
    static const PyCodeObject* known_code;
    if (code == known_code)
        return true;
    if (Py_REFCNT(code) < references_for_ever ||
        PyUnicode_CompareWithASCIIString(code->co_qualname, "ABCMeta.__instancecheck__") != 0 ||
        PyUnicode_CompareWithASCIIString(code->co_filename, "<frozen abc>") != 0)
        return false;
    known_code = code;
    return true;
}

/// Whether the name that this code calls is the function of _abc.
bool calls_abc(PyFunctionObject* instancecheck) {
    static PyObject* const name = PyUnicode_InternFromString("_abc_instancecheck");
    PyObject* called =
        name == nullptr ? nullptr : PyDict_GetItemWithError(instancecheck->func_globals, name);
    return called != nullptr && PyCFunction_CheckExact(called) &&
           std::strcmp(reinterpret_cast<PyCFunctionObject*>(called)->m_ml->ml_name,
                       "_abc_instancecheck") == 0;
}

// The primitives. `data` is the _abc_impl of a class.

bool check_data(PyObject* object) {
    return check_argument(is_data(object), object, "what _abc knows of a class");
}

/// is_in_abc_cache(data, cls)
PyObject* is_in_abc_cache(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_data(args[0]))
        return nullptr;
    return new_bool(has_weak(as_data(args[0])->cache, args[1]));
}

/// is_in_abc_negative_cache(data, cls)
PyObject* is_in_abc_negative_cache(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_data(args[0]))
        return nullptr;
    return new_bool(has_negative(as_data(args[0]), args[1]));
}

/// renew_abc_negative_cache(data): forgets the negative answers if they are out of date.
PyObject* renew_abc_negative_cache(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_data(args[0]))
        return nullptr;
    AbcData* data = as_data(args[0]);
    const unsigned long long version = invalidations();
    if (data->negative_cache_version < version) {
        if (data->negative_cache != nullptr && PySet_Clear(data->negative_cache) != 0)
            return nullptr;
        data->negative_cache_version = version;
    }
    return Py_NewRef(Py_None);
}

/// add_to_abc_cache(data, cls, answer)
PyObject* add_to_abc_cache(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_data(args[0]))
        return nullptr;
    AbcData* data = as_data(args[0]);
    PyObject** set = args[2] == Py_True ? &data->cache : &data->negative_cache;
    return _add_to_weak_set(set, args[1]) < 0 ? nullptr : Py_NewRef(Py_None);
}

/// abc_registry(data): the classes that have been registered, as a list.
PyObject* abc_registry(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_data(args[0]))
        return nullptr;
    PyObject* registry = as_data(args[0])->registry;
    PyObject* classes = PyList_New(0);
    if (registry == nullptr || classes == nullptr)
        return classes;
    PyObject* reference;
    Py_ssize_t position = 0;
    Py_hash_t hash;
    while (_PySet_NextEntry(registry, &position, &reference, &hash)) {
        const Ref cls = Ref::borrow(PyWeakref_GetObject(reference));
        if (cls && cls.get() != Py_None && PyList_Append(classes, cls.get()) != 0) {
            Py_DECREF(classes);
            return nullptr;
        }
    }
    return classes;
}

}  // namespace

bool is_abstract(PyObject* cls) {
    return find_data(cls) != nullptr;
}

bool is_known_to_abc(PyObject* abstract, PyObject* derived) {
    const AbcData* data = find_data(abstract);
    return has_weak(data->cache, derived) || has_negative(data, derived);
}

InstanceCheck check_instance_by_abc(PyObject* object, PyObject* abstract) {
    PyTypeObject* type = Py_TYPE(object);
    PyObject* method = type_lookup(Py_TYPE(abstract), &_Py_ID(__instancecheck__));
    if (method == nullptr || !PyFunction_Check(method))
        return InstanceCheck::unknown;
    auto* function = reinterpret_cast<PyFunctionObject*>(method);
    if (!is_code_of_instancecheck(reinterpret_cast<PyCodeObject*>(function->func_code)) ||
        !calls_abc(function) || !has_plain_class(type))
        return InstanceCheck::unknown;
    const AbcData* data = find_data(abstract);
    if (data == nullptr)
        return InstanceCheck::unknown;
    if (has_weak(data->cache, reinterpret_cast<PyObject*>(type)))
        return InstanceCheck::yes;
    return has_negative(data, reinterpret_cast<PyObject*>(type)) ? InstanceCheck::no
                                                                 : InstanceCheck::unknown;
}

bool add_to_abc_registry(PyObject* abstract, PyObject* cls) {
    AbcData* data = find_data(abstract);
    if (data == nullptr) {
        PyErr_Format(PyExc_TypeError, "%R is no abstract class", abstract);
        return false;
    }
    if (_add_to_weak_set(&data->registry, cls) < 0)
        return false;
    if (AbcState* state = find_state()) {
        state->invalidations++;
    }
    return true;
}

PyMethodDef abc_primitives[] = {
    {"is_in_abc_cache", counted<is_in_abc_cache, 2>(), METH_FASTCALL, nullptr},
    {"is_in_abc_negative_cache", counted<is_in_abc_negative_cache, 2>(), METH_FASTCALL, nullptr},
    {"renew_abc_negative_cache", counted<renew_abc_negative_cache, 1>(), METH_FASTCALL, nullptr},
    {"add_to_abc_cache", counted<add_to_abc_cache, 3>(), METH_FASTCALL, nullptr},
    {"abc_registry", counted<abc_registry, 1>(), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless::eval
