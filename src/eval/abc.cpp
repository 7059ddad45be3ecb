#include "eval/abc.hpp"

#include <cstring>

#include "cpython/exposed.hpp"
#include "cpython/first_probe.hpp"
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

/// Of the module that has made the data; the module keeps it.
AbcState& state_of(const AbcData* data) {
    return *static_cast<AbcState*>(PyType_GetModuleState(Py_TYPE(data)));
}

/// Whether the negative answers are up to date.
bool has_valid_negatives(const AbcData* data) {
    return data->negative_cache_version == state_of(data).invalidations;
}

/// Looks a weak reference to the class up in a set, which may be null, without making one or comparing it.
Probe probe_weak(PyObject* object, PyObject* cls) {
    if (object == nullptr)
        return Probe::absent;
    const Py_hash_t hash = known_hash(cls);
    if (hash == -1 || Py_TYPE(cls)->tp_richcompare != PyType_Type.tp_richcompare)
        return Probe::unknown;
    // As setobject.c does.
    constexpr size_t linear_probes = 9;
    const auto* set = reinterpret_cast<PySetObject*>(object);
    const auto mask = static_cast<size_t>(set->mask);
    auto perturbation = static_cast<size_t>(hash);
    for (size_t place = perturbation & mask;; place = (place * 5 + perturbation + 1) & mask) {
        const setentry* entry = &set->table[place];
        for (size_t left = place + linear_probes <= mask ? linear_probes + 1 : 1; left != 0;
             left--, entry++) {
            if (entry->key == nullptr)
                return Probe::absent;
            if (entry->hash == hash)
                return PyWeakref_CheckRefExact(entry->key) &&
                               PyWeakref_GET_OBJECT(entry->key) == cls
                           ? Probe::present
                           : Probe::unknown;
        }
        perturbation >>= 5;
    }
}

/// Whether a weak reference to the class is in the set, which may be null.
bool has_weak(PyObject* set, PyObject* cls) {
    if (const Probe probe = probe_weak(set, cls); probe != Probe::unknown)
        return probe == Probe::present;
    const Ref reference = Ref::steal(PyWeakref_NewRef(cls, nullptr));
    const int found = reference ? PySet_Contains(set, reference.get()) : -1;
    if (found < 0) {
        PyErr_Clear();
    }
    return found > 0;
}

bool has_negative(const AbcData* data, PyObject* cls) {
    return has_valid_negatives(data) && has_weak(data->negative_cache, cls);
}

/// Whether it is left to object to say what is a subclass, which leaves it to _abc.
bool has_plain_hook(PyTypeObject* abstract) {
    static PyObject* const name = PyUnicode_InternFromString("__subclasshook__");
    return name != nullptr && type_lookup(abstract, name) == type_lookup(&PyBaseObject_Type, name);
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
    const unsigned long long version = state_of(data).invalidations;
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

bool is_registered(PyObject* abstract, PyObject* derived) {
    return has_weak(find_data(abstract)->registry, derived) &&
           has_plain_hook(reinterpret_cast<PyTypeObject*>(abstract));
}

InstanceCheck ask_abc_cache(PyObject* abstract, PyObject* derived) {
    const AbcData* data = find_data(abstract);
    if (data == nullptr || Py_TYPE(abstract)->tp_getattro != type_getattro)
        return InstanceCheck::unknown;
    const Probe in_cache = probe_weak(data->cache, derived);
    if (in_cache != Probe::absent)
        return in_cache == Probe::present ? InstanceCheck::yes : InstanceCheck::unknown;
    return has_valid_negatives(data) && probe_weak(data->negative_cache, derived) == Probe::present
               ? InstanceCheck::no
               : InstanceCheck::unknown;
}

InstanceCheck ask_abc(PyObject* abstract, PyObject* derived) {
    const InstanceCheck cached = ask_abc_cache(abstract, derived);
    if (cached != InstanceCheck::unknown)
        return cached;
    const AbcData* data = find_data(abstract);
    auto* base = reinterpret_cast<PyTypeObject*>(abstract);
    // A subclass would be put into the cache.
    return data != nullptr && has_valid_negatives(data) &&
                   probe_weak(data->cache, derived) == Probe::absent &&
                   probe_weak(data->negative_cache, derived) == Probe::absent &&
                   probe_weak(data->registry, derived) == Probe::present && has_plain_hook(base) &&
                   !is_subtype(reinterpret_cast<PyTypeObject*>(derived), base)
               ? InstanceCheck::yes
               : InstanceCheck::unknown;
}

InstanceCheck check_instance_by_abc(PyObject* object, PyObject* abstract) {
    PyTypeObject* type = Py_TYPE(object);
    PyObject* method = type_lookup(Py_TYPE(abstract), &_Py_ID(__instancecheck__));
    if (method == nullptr || !PyFunction_Check(method))
        return InstanceCheck::unknown;
    auto* function = reinterpret_cast<PyFunctionObject*>(method);
    return is_code_of_instancecheck(reinterpret_cast<PyCodeObject*>(function->func_code)) &&
                   calls_abc(function) && has_plain_class(type)
               ? ask_abc_cache(abstract, reinterpret_cast<PyObject*>(type))
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
    state_of(data).invalidations++;
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
