// object.name: loading, storing, deleting, and the method half of a call.
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

namespace {

inline bool has_version(PyObject* object, uint16_t* version) {
    return Py_TYPE(object)->tp_version_tag == read_u32(version);
}

/// The value of a module's attribute by its cached place; null when the cache does not fit.
inline PyObject* cached_module_attribute(PyObject* module, _PyAttrCache* cache) {
    if (!PyModule_CheckExact(module))
        return nullptr;
    auto* dict =
        reinterpret_cast<PyDictObject*>(reinterpret_cast<PyModuleObject*>(module)->md_dict);
    if (dict->ma_keys->dk_version != read_u32(cache->version))
        return nullptr;
    return DK_UNICODE_ENTRIES(dict->ma_keys)[cache->index].me_value;
}

/// Where the dictionary of an instance holds `name`, if that is at the cached place; else null.
inline PyObject** hinted_entry(PyDictObject* dict, size_t hint, PyObject* name) {
    if (dict == nullptr || hint >= static_cast<size_t>(dict->ma_keys->dk_nentries))
        return nullptr;
    if (DK_IS_UNICODE(dict->ma_keys)) {
        PyDictUnicodeEntry* entry = DK_UNICODE_ENTRIES(dict->ma_keys) + hint;
        return entry->me_key == name ? &entry->me_value : nullptr;
    }
    PyDictKeyEntry* entry = DK_ENTRIES(dict->ma_keys) + hint;
    return entry->me_key == name ? &entry->me_value : nullptr;
}

inline PyDictObject* managed_dict(PyObject* object) {
    return reinterpret_cast<PyDictObject*>(*_PyObject_ManagedDictPointer(object));
}

}  // namespace

OP(LOAD_ATTR) {
    SAVE_IP();
    PyObject* owner = sp[-1];
    PyObject* value = PyObject_GetAttr(owner, name(frame, oparg));
    if (value == nullptr)
        GOTO(raise);
    sp[-1] = value;
    Py_DECREF(owner);
    SKIP_CACHE(LOAD_ATTR);
    NEXT();
}

OP(LOAD_ATTR_ADAPTIVE) {
    RUN_GENERAL_UNLESS_DUE(LOAD_ATTR);
    if (_Py_Specialize_LoadAttr(sp[-1], ip - 1, name(frame, oparg)) < 0)
        GOTO(raise);
    RUN_SPECIALIZED();
}

#define REPLACE_OWNER_AND_NEXT(owner, value) \
    sp[-1] = Py_NewRef(value); \
    SKIP_CACHE(LOAD_ATTR); \
    DROP_AND_NEXT(owner)

OP(LOAD_ATTR_INSTANCE_VALUE) {
    auto* cache = cache_at<_PyAttrCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->version));
    PyDictValues* values = *_PyObject_ValuesPointer(owner);
    MISS_IF(values == nullptr);
    PyObject* value = values->values[cache->index];
    MISS_IF(value == nullptr);
    REPLACE_OWNER_AND_NEXT(owner, value);
}

OP(LOAD_ATTR_MODULE) {
    PyObject* owner = sp[-1];
    PyObject* value = cached_module_attribute(owner, cache_at<_PyAttrCache>(ip));
    MISS_IF(value == nullptr);
    REPLACE_OWNER_AND_NEXT(owner, value);
}

OP(LOAD_ATTR_WITH_HINT) {
    auto* cache = cache_at<_PyAttrCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->version));
    PyObject** entry = hinted_entry(managed_dict(owner), cache->index, name(frame, oparg));
    MISS_IF(entry == nullptr || *entry == nullptr);
    REPLACE_OWNER_AND_NEXT(owner, *entry);
}

OP(LOAD_ATTR_SLOT) {
    auto* cache = cache_at<_PyAttrCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->version));
    PyObject* value = *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(owner) + cache->index);
    MISS_IF(value == nullptr);
    REPLACE_OWNER_AND_NEXT(owner, value);
}

OP(STORE_ATTR) {
    SAVE_IP();
    PyObject* owner = sp[-1];
    PyObject* value = sp[-2];
    const int failed = PyObject_SetAttr(owner, name(frame, oparg), value);
    sp -= 2;
    Py_DECREF(value);
    Py_DECREF(owner);
    if (failed != 0)
        GOTO(raise);
    SKIP_CACHE(STORE_ATTR);
    NEXT();
}

OP(STORE_ATTR_ADAPTIVE) {
    RUN_GENERAL_UNLESS_DUE(STORE_ATTR);
    if (_Py_Specialize_StoreAttr(sp[-1], ip - 1, name(frame, oparg)) < 0)
        GOTO(raise);
    RUN_SPECIALIZED();
}

OP(STORE_ATTR_INSTANCE_VALUE) {
    auto* cache = cache_at<_PyAttrCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->version));
    PyDictValues* values = *_PyObject_ValuesPointer(owner);
    MISS_IF(values == nullptr);
    PyObject* old = values->values[cache->index];
    values->values[cache->index] = sp[-2];
    sp -= 2;
    const int index = cache->index;
    SKIP_CACHE(STORE_ATTR);
    if (old == nullptr) {
        _PyDictValues_AddToInsertionOrder(values, index);
        DROP_AND_NEXT(owner);
    }
    DROP_TWO_AND_NEXT(old, owner);
}

OP(STORE_ATTR_WITH_HINT) {
    auto* cache = cache_at<_PyAttrCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->version));
    PyDictObject* dict = managed_dict(owner);
    PyObject** entry = hinted_entry(dict, cache->index, name(frame, oparg));
    MISS_IF(entry == nullptr || *entry == nullptr);
    PyObject* value = sp[-2];
    PyObject* old = *entry;
    *entry = value;
    sp -= 2;
    if (!_PyObject_GC_IS_TRACKED(reinterpret_cast<PyObject*>(dict)) &&
        _PyObject_GC_MAY_BE_TRACKED(value)) {
        _PyObject_GC_TRACK(reinterpret_cast<PyObject*>(dict));
    }
    dict->ma_version_tag = ++_pydict_global_version;
    SKIP_CACHE(STORE_ATTR);
    DROP_TWO_AND_NEXT(old, owner);
}

OP(STORE_ATTR_SLOT) {
    auto* cache = cache_at<_PyAttrCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->version));
    auto** slot = reinterpret_cast<PyObject**>(reinterpret_cast<char*>(owner) + cache->index);
    PyObject* old = *slot;
    *slot = sp[-2];
    sp -= 2;
    SKIP_CACHE(STORE_ATTR);
    if (old == nullptr)
        DROP_AND_NEXT(owner);
    DROP_TWO_AND_NEXT(old, owner);
}

OP(DELETE_ATTR) {
    SAVE_IP();
    PyObject* owner = *--sp;
    const int failed = PyObject_SetAttr(owner, name(frame, oparg), nullptr);
    Py_DECREF(owner);
    if (failed != 0)
        GOTO(raise);
    NEXT();
}

// LOAD_METHOD leaves the unbound method and its object for the call, or null and any other
// callable.

OP(LOAD_METHOD) {
    SAVE_IP();
    PyObject* owner = sp[-1];
    PyObject* method = nullptr;
    const int unbound = _PyObject_GetMethod(owner, name(frame, oparg), &method);
    if (method == nullptr)
        GOTO(raise);
    if (unbound != 0) {
        sp[-1] = method;
        *sp++ = owner;
    } else {
        sp[-1] = nullptr;
        *sp++ = method;
        Py_DECREF(owner);
    }
    SKIP_CACHE(LOAD_METHOD);
    NEXT();
}

OP(LOAD_METHOD_ADAPTIVE) {
    RUN_GENERAL_UNLESS_DUE(LOAD_METHOD);
    if (_Py_Specialize_LoadMethod(sp[-1], ip - 1, name(frame, oparg)) < 0)
        GOTO(raise);
    RUN_SPECIALIZED();
}

#define PUSH_METHOD_AND_NEXT(cache, owner) \
    sp[-1] = Py_NewRef(read_obj((cache)->descr)); \
    *sp++ = owner; \
    SKIP_CACHE(LOAD_METHOD); \
    NEXT()

OP(LOAD_METHOD_WITH_VALUES) {
    auto* cache = cache_at<_PyLoadMethodCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->type_version));
    MISS_IF(managed_dict(owner) != nullptr);
    auto* type = reinterpret_cast<PyHeapTypeObject*>(Py_TYPE(owner));
    MISS_IF(type->ht_cached_keys->dk_version != read_u32(cache->keys_version));
    PUSH_METHOD_AND_NEXT(cache, owner);
}

OP(LOAD_METHOD_WITH_DICT) {
    auto* cache = cache_at<_PyLoadMethodCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->type_version));
    const auto offset = static_cast<int16_t>(cache->dict_offset);
    auto* dict = *reinterpret_cast<PyDictObject**>(reinterpret_cast<char*>(owner) + offset);
    MISS_IF(dict == nullptr || dict->ma_keys->dk_version != read_u32(cache->keys_version));
    PUSH_METHOD_AND_NEXT(cache, owner);
}

OP(LOAD_METHOD_NO_DICT) {
    auto* cache = cache_at<_PyLoadMethodCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->type_version));
    PUSH_METHOD_AND_NEXT(cache, owner);
}

OP(LOAD_METHOD_MODULE) {
    PyObject* owner = sp[-1];
    PyObject* function = cached_module_attribute(owner, cache_at<_PyAttrCache>(ip));
    MISS_IF(function == nullptr);
    sp[-1] = nullptr;
    *sp++ = Py_NewRef(function);
    SKIP_CACHE(LOAD_METHOD);
    DROP_AND_NEXT(owner);
}

OP(LOAD_METHOD_CLASS) {
    auto* cache = cache_at<_PyLoadMethodCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!PyType_Check(owner));
    MISS_IF(reinterpret_cast<PyTypeObject*>(owner)->tp_version_tag !=
            read_u32(cache->type_version));
    sp[-1] = nullptr;
    *sp++ = Py_NewRef(read_obj(cache->descr));
    SKIP_CACHE(LOAD_METHOD);
    DROP_AND_NEXT(owner);
}

}  // namespace stackless::eval
