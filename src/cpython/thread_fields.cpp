#include "cpython/thread_fields.hpp"

#include <utility>

extern "C" {
#include <internal/pycore_context.h>
}

namespace stackless {

namespace {

PyObject* enabled_profiler(PyThreadState* ts) {
    return is_enabled_profiler(ts->c_profileobj) ? ts->c_profileobj : nullptr;
}

}  // namespace

void Tracing::exchange_trace_function(PyThreadState* ts) {
    std::swap(tracefunc, ts->c_tracefunc);
    std::swap(traceobj, ts->c_traceobj);
    std::swap(tracing, ts->tracing);
    std::swap(tracing_what, ts->tracing_what);
    _PyThreadState_UpdateTracingState(ts);
}

void Tracing::exchange_profile_function(PyThreadState* ts) {
    std::swap(profilefunc, ts->c_profilefunc);
    std::swap(profileobj, ts->c_profileobj);
    _PyThreadState_UpdateTracingState(ts);
}

void Tracing::exchange(PyThreadState* ts) {
    exchange_trace_function(ts);
    exchange_profile_function(ts);
}

void Tracing::save(PyThreadState* ts) {
    if (PyObject* profiler = enabled_profiler(ts)) {
        calls.take(profiler);
    } else {
        exchange_profile_function(ts);
    }
    exchange_trace_function(ts);
}

void Tracing::restore(PyThreadState* ts) {
    exchange_trace_function(ts);
    if (profilefunc != nullptr) {
        exchange_profile_function(ts);
    } else if (calls.any()) {
        calls.give_back(enabled_profiler(ts));
    }
}

void Tracing::clear() {
    tracefunc = nullptr;
    profilefunc = nullptr;
    tracing = 0;
    Py_CLEAR(traceobj);
    Py_CLEAR(profileobj);
    calls.clear();
}

bool ThreadFields::make_rare_fields() {
    if (rare_ == nullptr) {
        rare_ = static_cast<RareFields*>(PyMem_Calloc(1, sizeof(RareFields)));
        if (rare_ == nullptr) {
            PyErr_NoMemory();
        }
    }
    return rare_ != nullptr;
}

Tracing* ThreadFields::make_tracing() {
    return make_rare_fields() ? &rare_->tracing : nullptr;
}

bool ThreadFields::prepare_rare_fields(PyThreadState* ts) {
    if (!make_rare_fields() || !prepare_event_loops())
        return false;
    if (PyObject* profiler = enabled_profiler(ts)) {
        rare_->tracing.calls.prepare(profiler);
        read_profiler_clock(ts, profiler);
    }
    return true;
}

void ThreadFields::end_rare_fields(PyThreadState* ts) {
    if (!has_rare_fields(ts) && rare_ == nullptr)
        return;
    RareFields dropped{};
    dropped.tracing.save(ts);
    dropped.event_loop.exchange(ts);
    if (rare_ != nullptr && rare_->tracing.profilefunc != nullptr) {
        // The profiler that the tasklet's own function had taken the place of.
        rare_->tracing.exchange(ts);
    }
    dropped.tracing.clear();
    dropped.event_loop.clear();
    if (PyObject* profiler = enabled_profiler(ts)) {
        read_profiler_clock(ts, profiler);
    }
}

ThreadFields ThreadFields::take_frames() {
    ThreadFields taken = *this;
    taken.context_ = nullptr;
    taken.rare_ = nullptr;
    frame_ = nullptr;
    exc_info_ = nullptr;
    exc_value_ = nullptr;
    chunk_ = nullptr;
    depth_ = 0;
    return taken;
}

void ThreadFields::clear() {
    frame_ = nullptr;
    exc_info_ = nullptr;
    depth_ = 0;
    Py_CLEAR(exc_value_);
    Py_CLEAR(context_);
    if (RareFields* rare = std::exchange(rare_, nullptr)) {
        rare->tracing.clear();
        rare->event_loop.clear();
        PyMem_Free(rare);
    }
}

int ThreadFields::traverse(visitproc visit, void* arg) const {
    Py_VISIT(exc_value_);
    Py_VISIT(context_);
    if (rare_ != nullptr) {
        Py_VISIT(rare_->tracing.traceobj);
        Py_VISIT(rare_->tracing.profileobj);
        Py_VISIT(rare_->tracing.calls.profiler);
        Py_VISIT(rare_->event_loop.firstiter);
        Py_VISIT(rare_->event_loop.finalizer);
        Py_VISIT(rare_->event_loop.running);
    }
    return 0;
}

void ThreadFields::set_context(PyObject* context) {
    Py_XINCREF(context);
    Py_XSETREF(context_, context);
}

void ThreadFields::move_exceptions(const _PyErr_StackItem* from, _PyErr_StackItem* to) {
    for (_PyErr_StackItem* item = exc_info_; item != nullptr; item = item->previous_item) {
        if (item->previous_item == from) {
            item->previous_item = to;
            return;
        }
    }
}

bool context_is_entered(PyObject* context) {
    return context != nullptr && reinterpret_cast<PyContext*>(context)->ctx_entered != 0;
}

PyObject* exchange_context(PyThreadState* ts, PyObject* context) {
    if (ts->context != context) {
        ts->context_ver++;
    }
    return std::exchange(ts->context, context);
}

}  // namespace stackless
