// functools.lru_cache: calls of functions in Python whose results are kept.
#pragma once

#include "eval/calls.hpp"

namespace stackless {
struct LruCacheObject;
}

namespace stackless::eval {

/// Whether an object is what functools.lru_cache() has made of a function.
bool is_lru_cache(PyObject* object);

/// Calls a function whose results are kept (some at least): a known result is there at once.
StartedCall start_cached_call(PyThreadState* ts, const Frame* frame, LruCacheObject* cache,
                              const Arguments& arguments);

/// Keeps a result, unless the call that gave it has kept one already. Returns which one it is; null with an
/// exception set.
PyObject* keep_result(LruCacheObject* cache, PyObject* key, Py_hash_t hash, PyObject* result);

}  // namespace stackless::eval
