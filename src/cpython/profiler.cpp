#include "cpython/profiler.hpp"

#include <cstdint>
#include <cstring>
#include <utility>

#include "cpython/layouts.hpp"
#include "cpython/ref.hpp"

namespace stackless {

namespace {

/// The time of the switch that is under way.
constinit thread_local _PyTime_t switch_time = 0;

ProfilerObject* as_profiler(PyObject* object) {
    return reinterpret_cast<ProfilerObject*>(object);
}

/// Whether a class is _lsprof.Profiler itself. Only C code can set the module of a class, so a
/// class made in Python cannot pass for it.
bool is_profiler_class(PyTypeObject* type) {
    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE))
        return false;
    PyObject* module = reinterpret_cast<PyHeapTypeObject*>(type)->ht_module;
    PyModuleDef* definition = module == nullptr ? nullptr : PyModule_GetDef(module);
    return definition != nullptr && std::strcmp(definition->m_name, "_lsprof") == 0 &&
           type->tp_basicsize == sizeof(ProfilerObject);
}

bool is_profiler(PyObject* object) {
    for (PyTypeObject* type = Py_TYPE(object); type != nullptr; type = type->tp_base) {
        if (is_profiler_class(type))
            return true;
    }
    return false;
}

/// Looks a key up. Unlike _lsprof's own function, this leaves the tree alone.
template <class Node>
Node* find(ProfilerNode* tree, const void* key) {
    while (tree != nullptr && tree->key != key) {
        const bool left = reinterpret_cast<uintptr_t>(key) < reinterpret_cast<uintptr_t>(tree->key);
        tree = left ? tree->left : tree->right;
    }
    return reinterpret_cast<Node*>(tree);
}

/// Counts a call as under way (1), or no longer (-1).
void count_level(const ProfilerObject* profiler, const ProfilerContext* call, int change) {
    call->entry->recursion_level += change;
    if ((profiler->flags & ProfilerObject::with_subentries) != 0 && call->caller != nullptr) {
        auto* subentry = find<ProfilerSubentry>(call->caller->entry->callees, call->entry);
        if (subentry != nullptr) {
            subentry->recursion_level += change;
        }
    }
}

void count_levels(const ProfilerObject* profiler, const ProfilerContext* innermost, int change) {
    for (const ProfilerContext* call = innermost; call != nullptr; call = call->caller) {
        count_level(profiler, call, change);
    }
}

/// Replaces the keys of the calls by the entries. False if the profiler no longer has them all.
bool find_entries(ProfilerObject* profiler, ProfilerContext* innermost) {
    for (ProfilerContext* call = innermost; call != nullptr; call = call->caller) {
        call->entry = find<ProfilerEntry>(profiler->entries, call->entry);
        if (call->entry == nullptr)
            return false;
    }
    return true;
}

void free_calls(ProfilerContext* innermost) {
    while (innermost != nullptr) {
        PyMem_Free(std::exchange(innermost, innermost->caller));
    }
}

/// The result of the timer as the profiler understands it. False with an exception set.
bool call_timer(const ProfilerObject* profiler, _PyTime_t* time) {
    const Ref result = Ref::steal(PyObject_CallNoArgs(profiler->timer));
    if (!result)
        return false;
    return (profiler->timer_unit > 0
                ? _PyTime_FromNanosecondsObject(time, result.get())
                : _PyTime_FromSecondsObject(time, result.get(), _PyTime_ROUND_FLOOR)) == 0;
}

}  // namespace

bool is_enabled_profiler(PyObject* object) {
    return object != nullptr && is_profiler(object) &&
           (as_profiler(object)->flags & ProfilerObject::enabled) != 0;
}

void read_profiler_clock(PyThreadState* ts, PyObject* profiler) {
    if (as_profiler(profiler)->timer == nullptr) {
        switch_time = _PyTime_GetPerfCounter();
        return;
    }
    const Ref held = Ref::borrow(profiler);
    _PyTime_t time = 0;
    PyThreadState_EnterTracing(ts);
    if (!call_timer(as_profiler(profiler), &time)) {
        PyErr_WriteUnraisable(as_profiler(profiler)->timer);
        time = 0;
    }
    PyThreadState_LeaveTracing(ts);
    switch_time = time;
}

void ProfiledCalls::prepare(PyObject* from) {
    free_calls(std::exchange(innermost, nullptr));
    if (profiler != from) {
        Py_INCREF(from);
        Py_XSETREF(profiler, from);
    }
}

void ProfiledCalls::take(PyObject* from) {
    ProfilerObject* source = as_profiler(from);
    ProfilerContext* calls = std::exchange(source->innermost, nullptr);
    count_levels(source, calls, -1);
    if (profiler != from) {
        free_calls(calls);
        return;
    }
    if (calls == nullptr) {
        Py_CLEAR(profiler);  // not the last reference, the thread has one
        return;
    }
    innermost = calls;
    for (ProfilerContext* call = innermost; call != nullptr; call = call->caller) {
        call->start = switch_time - call->start;
        call->entry = static_cast<ProfilerEntry*>(call->entry->header.key);
    }
}

void ProfiledCalls::give_back(PyObject* current) {
    ProfilerContext* calls = std::exchange(innermost, nullptr);
    ProfilerObject* target = as_profiler(profiler);
    if (profiler != current) {
        // The reference stays: in the middle of a switch, no destructor may run.
        free_calls(calls);
        return;
    }
    Py_CLEAR(profiler);  // nor is this the last one
    if (target->innermost != nullptr || !find_entries(target, calls)) {
        free_calls(calls);
        return;
    }
    for (ProfilerContext* call = calls; call != nullptr; call = call->caller) {
        call->start = switch_time - call->start;
    }
    target->innermost = calls;
    count_levels(target, calls, 1);
}

void ProfiledCalls::clear() {
    free_calls(std::exchange(innermost, nullptr));
    Py_CLEAR(profiler);
}

}  // namespace stackless
