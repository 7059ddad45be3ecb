#include "eval/instances.hpp"

#include <algorithm>

#include "cpython/exposed.hpp"
#include "cpython/gc_objects.hpp"
#include "cpython/kept_blocks.hpp"
#include "eval/destruction.hpp"
#include "eval/tuple_instances.hpp"

namespace stackless::eval {

namespace {

inline bool has_managed_dict(const PyTypeObject* type) {
    return (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) != 0;
}

inline PyDictKeysObject* shared_keys(PyTypeObject* type) {
    return reinterpret_cast<PyHeapTypeObject*>(type)->ht_cached_keys;
}

inline size_t object_size(const PyTypeObject* type) {
    return static_cast<size_t>(_Py_SIZE_ROUND_UP(type->tp_basicsize, SIZEOF_VOID_P));
}

/// There are few: a call would cost more.
inline void clear_words(void* start, size_t count) {
    auto** words = static_cast<PyObject**>(start);
#ifdef __clang__
#pragma clang loop vectorize(disable) unroll(disable)
#endif
    for (size_t i = 0; i < count; i++) {
        words[i] = nullptr;
    }
}

/// Whether instances have that header, and their size is always the same.
inline bool has_plain_layout(const PyTypeObject* type) {
    return (type->tp_flags & Py_TPFLAGS_HAVE_GC) != 0 && type->tp_itemsize == 0 &&
           (type->tp_dictoffset == 0 || has_managed_dict(type));
}

/// How large the attribute values of an instance are, in all and what goes before them.
struct ValuesLayout {
    explicit ValuesLayout(const PyDictKeysObject* keys)
        : count(keys->dk_nentries + keys->dk_usable),
          prefix(_Py_SIZE_ROUND_UP(static_cast<size_t>(count) + 2, sizeof(PyObject*))),
          size(prefix + static_cast<size_t>(count) * sizeof(PyObject*)) {}
    Py_ssize_t count;
    size_t prefix;
    size_t size;
};

/// Gives a new object room for the attributes that instances of its class usually have. False with MemoryError set.
inline bool add_attribute_values(PyObject* object, PyTypeObject* type) {
    PyDictKeysObject* keys = shared_keys(type);
    if (keys->dk_usable > 1) {
        keys->dk_usable--;
    }
    const ValuesLayout layout(keys);
    auto* memory = static_cast<uint8_t*>(memory_blocks.take(layout.size));
    if (memory == nullptr) [[unlikely]] {
        PyErr_NoMemory();
        return false;
    }
    auto* values = reinterpret_cast<PyDictValues*>(memory + layout.prefix);
    memory[layout.prefix - 1] = static_cast<uint8_t>(layout.prefix);
    memory[layout.prefix - 2] = 0;
    clear_words(values->values, layout.count);
    *_PyObject_ValuesPointer(object) = values;
    return true;
}

inline PyObject* new_plain_object_in_c(PyTypeObject* type) {
    PyObject* object = type->tp_alloc(type, 0);
    if (object != nullptr && _PyObject_InitializeDict(object) != 0) {
        Py_CLEAR(object);
    }
    return object;
}

/// Drops what the slots of one class hold.
void drop_slots(PyThreadState* ts, PyObject* object, PyTypeObject* type) {
    const auto* member = reinterpret_cast<const PyMemberDef*>(reinterpret_cast<char*>(type) +
                                                              Py_TYPE(type)->tp_basicsize);
    for (Py_ssize_t i = 0; i < Py_SIZE(type); i++, member++) {
        if (member->type != T_OBJECT_EX || (member->flags & READONLY) != 0)
            continue;
        auto** slot =
            reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + member->offset);
        PyObject* value = *slot;
        *slot = nullptr;
        drop_value(ts, value);
    }
}

/// The attributes of an instance that nobody has asked for its __dict__.
inline void drop_attribute_values(PyThreadState* ts, PyDictValues* values, PyTypeObject* type) {
    const PyDictKeysObject* keys = shared_keys(type);
    const Py_ssize_t count = keys->dk_nentries;
    for (Py_ssize_t i = 0; i < count; i++) {
        drop_value(ts, values->values[i]);
    }
    auto* end = reinterpret_cast<uint8_t*>(values);
    // Instances never get larger by and by.
    memory_blocks.give_back(end - end[-1], ValuesLayout(keys).size);
}

inline void free_instance(PyThreadState* ts, PyObject* object, PyTypeObject* type) {
    uncount_for_collector(ts->interp);
    const size_t header = _PyType_PreHeaderSize(type);
    object_blocks.give_back(reinterpret_cast<char*>(object) - header, header + object_size(type));
}

/// Whether destroying an instance is no more than dropping what it has and freeing it. `*has_slots` tells whether
/// its class or a base has some.
inline bool dies_plainly(PyObject* object, PyTypeObject* type, bool* has_slots) {
    if (type->tp_finalize != nullptr || type->tp_del != nullptr ||
        type->tp_free != PyObject_GC_Del || !has_plain_layout(type))
        return false;
    if (type->tp_weaklistoffset > 0 && *_PyObject_GET_WEAKREFS_LISTPTR(object) != nullptr)
        return false;
    const PyTypeObject* base = type;
    Py_ssize_t slots = 0;
    for (; base->tp_dealloc == subtype_dealloc; base = base->tp_base) {
        slots += Py_SIZE(base);
    }
    *has_slots = slots != 0;
    return base == &PyBaseObject_Type;
}

}  // namespace

PyObject* new_plain_object(PyThreadState* ts, PyTypeObject* type) {
    if (type->tp_alloc != PyType_GenericAlloc || !has_plain_layout(type)) [[unlikely]]
        return new_plain_object_in_c(type);
    const size_t header = _PyType_PreHeaderSize(type);
    const size_t size = object_size(type);
    auto* memory = static_cast<char*>(object_blocks.take(header + size));
    if (memory == nullptr) [[unlikely]]
        return PyErr_NoMemory();
    clear_words(memory, (header + size) / sizeof(PyObject*));
    auto* object = reinterpret_cast<PyObject*>(memory + header);
    count_for_collector(ts->interp, object);
    init_object(object, type);
    _PyObject_GC_TRACK(object);
    if (has_managed_dict(type) && !add_attribute_values(object, type)) {
        Py_CLEAR(object);
    }
    return object;
}

void destroy_instance(PyThreadState* ts, PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    if (PyTuple_Check(object) && destroy_tuple_instance(ts, object))
        return;
    bool has_slots;
    // Deep structures are destroyed by CPython, in turn.
    if (ts->trash_delete_nesting >= deepest_destruction || !dies_plainly(object, type, &has_slots))
        return _Py_Dealloc(object);
    ts->trash_delete_nesting++;
    untrack(object);
    if (has_slots) {
        for (PyTypeObject* base = type; base != &PyBaseObject_Type; base = base->tp_base) {
            drop_slots(ts, object, base);
        }
    }
    if (has_managed_dict(type)) {
        if (PyObject* dict = *_PyObject_ManagedDictPointer(object)) {
            *_PyObject_ManagedDictPointer(object) = nullptr;
            Py_DECREF(dict);
        } else if (PyDictValues* values = *_PyObject_ValuesPointer(object)) {
            drop_attribute_values(ts, values, type);
        }
    }
    free_instance(ts, object, type);
    Py_DECREF(type);
    end_destruction(ts);
}

}  // namespace stackless::eval
