#include "eval/lru_cache.hpp"

#include <utility>

#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "cpython/ref.hpp"
#include "eval/hidden_functions.hpp"

namespace stackless::eval {

namespace {

bool is_bounded(const LruCacheObject* cache) {
    return cache->wrapper == bounded_lru_cache_wrapper;
}

/// What the call is known by: its arguments, the mark and the keyword arguments if there are any, and the types of
/// all of them if the cache tells types apart. A lone int or string stands for itself.
Ref make_key(const LruCacheObject* cache, const Arguments& call) {
    const bool typed = cache->typed != 0;
    const Py_ssize_t keywords = call.keywords();
    if (!typed && keywords == 0 && call.positional == 1 &&
        (PyUnicode_CheckExact(call.values[0]) || PyLong_CheckExact(call.values[0])))
        return Ref::borrow(call.values[0]);
    const Py_ssize_t size =
        call.positional + (keywords != 0 ? 2 * keywords + 1 : 0) + (typed ? call.total() : 0);
    Ref key = Ref::steal(PyTuple_New(size));
    Py_ssize_t next = 0;
    const auto add = [&](PyObject* item) { PyTuple_SET_ITEM(key.get(), next++, Py_NewRef(item)); };
    for (Py_ssize_t i = 0; key && i < call.positional; i++) {
        add(call.values[i]);
    }
    if (key && keywords != 0) {
        add(cache->keyword_mark);
    }
    for (Py_ssize_t i = 0; key && i < keywords; i++) {
        add(PyTuple_GET_ITEM(call.kwnames, i));
        add(call.values[call.positional + i]);
    }
    for (Py_ssize_t i = 0; key && typed && i < call.total(); i++) {
        add(reinterpret_cast<PyObject*>(Py_TYPE(call.values[i])));
    }
    return key;
}

void take_out(LruLink* link) {
    link->previous->next = link->next;
    link->next->previous = link->previous;
}

void put_between(LruLink* previous, LruLink* link, LruLink* next) {
    link->previous = previous;
    link->next = next;
    previous->next = link;
    next->previous = link;
}

/// Makes it the one used last.
void append(LruCacheObject* cache, LruLink* link) {
    put_between(cache->root.previous, link, &cache->root);
}

PyObject* find(LruCacheObject* cache, PyObject* key, Py_hash_t hash) {
    return _PyDict_GetItem_KnownHash(cache->cache, key, hash);
}

/// The result that is kept for the key, which counts as a hit; null if there is none, or with an exception set.
PyObject* hit(LruCacheObject* cache, PyObject* key, Py_hash_t hash) {
    PyObject* found = find(cache, key, hash);
    if (found == nullptr)
        return nullptr;
    cache->hits++;
    if (!is_bounded(cache))
        return Py_NewRef(found);
    auto* link = reinterpret_cast<LruLink*>(found);
    take_out(link);
    append(cache, link);
    return Py_NewRef(link->result);
}

/// Enters a link (stolen) that is in the ring no more. Both the ring and the dictionary own it then.
bool enter(LruCacheObject* cache, LruLink* link) {
    auto* object = reinterpret_cast<PyObject*>(link);
    if (_PyDict_SetItem_KnownHash(cache->cache, link->key, object, link->hash) != 0) {
        Py_DECREF(link);
        return false;
    }
    append(cache, link);
    return true;
}

/// Keeps one result more.
bool add_link(LruCacheObject* cache, PyObject* key, Py_hash_t hash, PyObject* result) {
    auto* link = PyObject_New(LruLink, cache->link_type);
    if (link == nullptr)
        return false;
    link->hash = hash;
    link->key = Py_NewRef(key);
    link->result = Py_NewRef(result);
    return enter(cache, link);
}

/// Keeps a result in place of the one that has not been used for the longest time.
bool replace_oldest(LruCacheObject* cache, PyObject* key, Py_hash_t hash, PyObject* result) {
    LruLink* link = cache->root.next;
    take_out(link);
    const Ref popped =
        Ref::steal(_PyDict_Pop_KnownHash(cache->cache, link->key, link->hash, Py_None));
    if (!popped) {
        // Comparing keys has failed: all stays as it was.
        put_between(&cache->root, link, cache->root.next);
        return false;
    }
    if (popped.get() == Py_None) {
        // It had been thrown out of the dictionary in the meantime.
        Py_DECREF(link);
        return true;
    }
    const Ref old_key = Ref::steal(std::exchange(link->key, Py_NewRef(key)));
    const Ref old_result = Ref::steal(std::exchange(link->result, Py_NewRef(result)));
    link->hash = hash;
    return enter(cache, link);
}

}  // namespace

bool is_lru_cache(PyObject* object) {
    return Py_TYPE(object)->tp_call == lru_cache_call;
}

StartedCall start_cached_call(PyThreadState* ts, const Frame* frame, LruCacheObject* cache,
                              const Arguments& arguments) {
    Ref key = make_key(cache, arguments);
    const Py_hash_t hash = key ? PyObject_Hash(key.get()) : -1;
    if (hash == -1)
        return {};
    if (PyObject* known = hit(cache, key.get(), hash))
        return {nullptr, known};
    PackedArguments packed(arguments);
    Ref hash_object = Ref::steal(PyLong_FromSsize_t(hash));
    if (_PyErr_Occurred(ts) || !hash_object || !packed)
        return {};
    cache->misses++;
    return {
        push_hidden_frame(ts, frame, Hidden::call_cached,
                          {Py_NewRef(reinterpret_cast<PyObject*>(cache)), key.release(),
                           hash_object.release(), packed.args.release(), packed.release_kwargs()})};
}

PyObject* keep_result(LruCacheObject* cache, PyObject* key, Py_hash_t hash, PyObject* result) {
    if (!is_bounded(cache))
        return _PyDict_SetItem_KnownHash(cache->cache, key, result, hash) == 0 ? Py_NewRef(result)
                                                                               : nullptr;
    const bool is_known = find(cache, key, hash) != nullptr;
    if (is_known || PyErr_Occurred())
        return is_known ? Py_NewRef(result) : nullptr;
    const bool is_full =
        PyDict_GET_SIZE(cache->cache) >= cache->max_size && cache->root.next != &cache->root;
    const bool kept =
        is_full ? replace_oldest(cache, key, hash, result) : add_link(cache, key, hash, result);
    return kept ? Py_NewRef(result) : nullptr;
}

}  // namespace stackless::eval
