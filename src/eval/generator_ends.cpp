// How generators are finalized and destroyed when nobody refers to them any more.
#include "cpython/exposed.hpp"
#include "eval/generators.hpp"

namespace stackless::eval {

namespace {

/// A generator that is suspended and the generators that it waits for, one for the other, from the outside in.
class Chain {
public:
    explicit Chain(PyGenObject* outermost) {
        for (PyGenObject* each = outermost; each != nullptr; each = next(each)) {
            length_++;
        }
        generators_ = static_cast<PyGenObject**>(PyMem_RawMalloc(length_ * sizeof(PyGenObject*)));
        if (generators_ == nullptr)
            return;
        size_t i = 0;
        for (PyGenObject* each = outermost; each != nullptr; each = next(each)) {
            generators_[i++] = each;
        }
    }
    ~Chain() { PyMem_RawFree(generators_); }
    Chain(const Chain&) = delete;
    Chain& operator=(const Chain&) = delete;

    /// False if there was no memory for it.
    explicit operator bool() const { return generators_ != nullptr; }

    /// Closes them as close() of the outermost does, but without recursion. False with an exception set.
    bool close() {
        for (size_t i = 0; i + 1 < length_; i++) {
            generators_[i]->gi_frame_state = FRAME_EXECUTING;
        }
        size_t i = length_ - 1;
        bool done = close_innermost(generators_[i]);
        while (i-- > 0) {
            generators_[i]->gi_frame_state = FRAME_SUSPENDED;
            if (done) {
                PyErr_SetNone(PyExc_GeneratorExit);
            }
            done = throw_into(generators_[i]);
        }
        return done;
    }

private:
    static PyGenObject* next(PyGenObject* generator) {
        PyObject* delegate = delegate_of(generator);
        return delegate != nullptr && is_resumable_here(delegate)
                   ? reinterpret_cast<PyGenObject*>(delegate)
                   : nullptr;
    }

    static bool close_innermost(PyGenObject* generator) {
        PyObject* result = gen_close(generator, nullptr);
        Py_XDECREF(result);
        return result != nullptr;
    }

    /// Throws the exception that is set. True if the generator ends with that or as it should.
    static bool throw_into(PyGenObject* generator) {
        PyObject* yielded = gen_send_ex(generator, Py_None, 1, 1);
        if (yielded != nullptr) {
            Py_DECREF(yielded);
            PyErr_SetString(PyExc_RuntimeError, PyCoro_CheckExact(generator)
                                                    ? "coroutine ignored GeneratorExit"
                                                : PyAsyncGen_CheckExact(generator)
                                                    ? "async generator ignored GeneratorExit"
                                                    : "generator ignored GeneratorExit");
            return false;
        }
        if (!PyErr_ExceptionMatches(PyExc_StopIteration) &&
            !PyErr_ExceptionMatches(PyExc_GeneratorExit))
            return false;
        PyErr_Clear();
        return true;
    }

    PyGenObject** generators_;
    size_t length_ = 0;
};

bool has_finalizer_hook(PyObject* object) {
    const auto* generator = reinterpret_cast<PyAsyncGenObject*>(object);
    return PyAsyncGen_CheckExact(object) && generator->ag_origin_or_finalizer != nullptr &&
           generator->ag_closed == 0;
}

/// Finalizes a generator that waits for another one. False if nothing has been done.
bool finalize_chain(PyObject* object) {
    auto* generator = reinterpret_cast<PyGenObject*>(object);
    PyObject* delegate = delegate_of(generator);
    if (delegate == nullptr || !is_resumable_here(delegate) || has_finalizer_hook(object))
        return false;
    Chain chain(generator);
    if (!chain)
        return false;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (!chain.close()) {
        PyErr_WriteUnraisable(object);
    }
    PyErr_Restore(type, value, traceback);
    return true;
}

// CPython's finalizer would close a running generator, and complain that it is executing; and it recurses.
void finalize_generator(PyObject* generator) {
    if (reinterpret_cast<PyGenObject*>(generator)->gi_frame_state != FRAME_EXECUTING &&
        !finalize_chain(generator)) {
        _PyGen_Finalize(generator);
    }
}

destructor generator_dealloc = nullptr;

// CPython's destructor recurses without a limit, when a generator has the last reference to another one.
void destroy_generator(PyObject* generator) {
    PyThreadState* ts = _PyThreadState_GET();
    constexpr int most_nested = 50;
    if (ts->trash_delete_nesting >= most_nested) [[unlikely]] {
        PyObject_GC_UnTrack(generator);
    }
    if (_PyTrash_begin(ts, generator) != 0)
        return;
    if (!_PyObject_GC_IS_TRACKED(generator)) [[unlikely]] {
        _PyObject_GC_TRACK(generator);
    }
    generator_dealloc(generator);
    _PyTrash_end(ts);
}

}  // namespace

void adapt_generators() {
    if (generator_dealloc != nullptr)
        return;
    generator_dealloc = PyGen_Type.tp_dealloc;
    for (PyTypeObject* type : {&PyGen_Type, &PyCoro_Type, &PyAsyncGen_Type}) {
        type->tp_finalize = finalize_generator;
        type->tp_dealloc = destroy_generator;
    }
}

}  // namespace stackless::eval
