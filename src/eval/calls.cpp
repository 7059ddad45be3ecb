// Calls of what is no plain Python function.
#include "eval/calls.hpp"

#include <algorithm>
#include <iterator>

#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "eval/class_calls.hpp"
#include "eval/container_filling.hpp"
#include "eval/getters.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/json_calls.hpp"
#include "eval/lru_cache.hpp"
#include "eval/primitives.hpp"
#include "eval/type_creation.hpp"

namespace stackless::eval {

PackedArguments::PackedArguments(const Arguments& arguments)
    : args(Ref::steal(_PyTuple_FromArray(arguments.values, arguments.positional))) {
    if (args && arguments.keywords() != 0) {
        PyObject* const* names = reinterpret_cast<PyTupleObject*>(arguments.kwnames)->ob_item;
        kwargs = Ref::steal(_PyDict_FromItems(names, 1, arguments.values + arguments.positional, 1,
                                              arguments.keywords()));
        if (!kwargs) {
            args.reset();
        }
    }
}

namespace {

void take_references(const Arguments& arguments) {
    for (Py_ssize_t i = 0; i < arguments.total(); i++) {
        Py_INCREF(arguments.values[i]);
    }
}

/// Whether a wrapper of a slot of a builtin type calls something.
bool wraps_call(PyWrapperDescrObject* descriptor) {
    return reinterpret_cast<void*>(descriptor->d_base->wrapper) ==
           reinterpret_cast<void*>(wrap_call);
}

/// Whether calling such a wrapper may come to a frame.
bool wraps_frame(PyWrapperDescrObject* descriptor) {
    return wraps_call(descriptor) ||
           is_filling_init(reinterpret_cast<initproc>(descriptor->d_wrapped));
}

/// Whether an attribute of the object is a method in C, which does not call back.
bool is_builtin_method(PyObject* object, PyObject* name) {
    PyTypeObject* type = Py_TYPE(object);
    PyObject* found = type_lookup(type, name);
    return found != nullptr && Py_IS_TYPE(found, &PyMethodDescr_Type) &&
           !may_be_redirected(found) && type->tp_getattro == PyObject_GenericGetAttr;
}

/// Finds out how to call something: what is called instead of it, with which arguments, until that is something
/// that has a frame, or that C code has to call.
class Caller {
public:
    Caller(PyThreadState* ts, const Frame* frame) : ts_(ts), frame_(frame) {}

    StartedCall call(PyObject* callable, const Arguments& arguments) {
        if (is_inlinable(ts_, callable)) {
            take_references(arguments);
            auto* function = reinterpret_cast<PyFunctionObject*>(Py_NewRef(callable));
            return {bind_and_push(ts_, function, locals_for_call(function), arguments.values,
                                  arguments.positional, arguments.kwnames)};
        }
        if (++depth_ > deepest)
            return call_c(callable, arguments);
        if (Py_IS_TYPE(callable, &PyMethod_Type))
            return call_with_self(PyMethod_GET_FUNCTION(callable), PyMethod_GET_SELF(callable),
                                  arguments);
        if (may_be_redirected(callable)) {
            PyObject* self = bound_self(callable);
            return self != nullptr ? call_bound(callable, self, arguments)
                                   : call_redirected(callable, arguments);
        }
        if (Py_IS_TYPE(callable, &PyCFunction_Type) || Py_IS_TYPE(callable, &PyMethodDescr_Type))
            return call_builtin(callable, arguments);
        return call_as(callable, Py_TYPE(callable)->tp_call, arguments);
    }

private:
    /// Callables that stand for others can be nested; C code reports when that is endless.
    static constexpr int deepest = 32;
    /// Calls with more arguments need memory for them, or are left to C code.
    static constexpr Py_ssize_t most = 12;

    StartedCall call_c(PyObject* callable, const Arguments& arguments) {
        return {nullptr,
                PyObject_Vectorcall(callable, arguments.values,
                                    static_cast<size_t>(arguments.positional), arguments.kwnames)};
    }

    StartedCall start_hidden(const Redirect* redirect, const Arguments& arguments) {
        take_references(arguments);
        return {bind_hidden_and_push(ts_, frame_, redirect->function, arguments.values,
                                     arguments.positional, arguments.kwnames)};
    }

    StartedCall call_redirected(PyObject* callable, const Arguments& arguments) {
        const Redirect* redirect = redirect_of(ts_, callable, arguments);
        return redirect != nullptr ? start_hidden(redirect, arguments)
                                   : call_c(callable, arguments);
    }

    StartedCall call_bound(PyObject* method, PyObject* self, const Arguments& arguments) {
        PyObject* few[most];
        if (arguments.total() >= most)
            return call_c(method, arguments);
        few[0] = self;
        std::copy_n(arguments.values, arguments.total(), few + 1);
        const Arguments all{few, arguments.positional + 1, arguments.kwnames};
        const Redirect* redirect = redirect_of_bound(ts_, method, all);
        return redirect != nullptr ? start_hidden(redirect, all) : call_c(method, arguments);
    }

    /// Calls `callable(*args, **kwargs)` from a hidden frame.
    StartedCall call_packed(PyObject* callable, PackedArguments packed) {
        if (packed && !packed.kwargs) {
            packed.kwargs = Ref::steal(PyDict_New());
        }
        if (!packed.kwargs)
            return {};
        return {push_hidden_frame(
            ts_, frame_, Hidden::call,
            {Py_NewRef(callable), packed.args.release(), packed.kwargs.release()})};
    }

    StartedCall call_with_self(PyObject* callable, PyObject* self, const Arguments& arguments) {
        const Arguments before{&self, 1, nullptr};
        return call_with(callable, before, arguments);
    }

    /// Calls it with the positional arguments of both, and the keywords of the latter.
    StartedCall call_with(PyObject* callable, const Arguments& before, const Arguments& arguments) {
        PyObject* few[most];
        PyObject** values = few;
        const Py_ssize_t total = before.positional + arguments.total();
        if (total > most) {
            values = PyMem_New(PyObject*, total);
            if (values == nullptr) {
                PyErr_NoMemory();
                return {};
            }
        }
        std::copy_n(before.values, before.positional, values);
        std::copy_n(arguments.values, arguments.total(), values + before.positional);
        const StartedCall started =
            call(callable,
                 Arguments{values, before.positional + arguments.positional, arguments.kwnames});
        if (values != few) {
            PyMem_Free(values);
        }
        return started;
    }

    StartedCall call_builtin(PyObject* callable, const Arguments& arguments) {
        if (starts_frame(callable))
            return run_starter(ts_, frame_, callable, arguments);
        if (is_switching(callable))
            return call_packed(callable, PackedArguments(arguments));
        if (is_type_new(ts_, callable) && arguments.positional == 4)
            return start_type_creation(ts_, frame_, callable, arguments.values + 1, arguments);
        return call_c(callable, arguments);
    }

    /// Calls an object as `call` would, which is the tp_call of its type or of a base class of that.
    StartedCall call_as(PyObject* callable, ternaryfunc call, const Arguments& arguments) {
        if (call == slot_tp_call)
            return call_object(callable, arguments);
        if (call == PyType_Type.tp_call)
            return start_class_call(ts_, frame_, reinterpret_cast<PyTypeObject*>(callable),
                                    arguments);
        if (call == partial_call)
            return call_partial(reinterpret_cast<PartialObject*>(callable), arguments);
        if (call == lru_cache_call)
            return call_cached(callable, arguments);
        if (call == methodcaller_call)
            return call_method_of(reinterpret_cast<MethodCaller*>(callable), arguments);
        if (is_getter_call(call))
            return call_getter(callable, arguments);
        if (call == sm_call)
            return this->call(reinterpret_cast<MethodHolder*>(callable)->callable, arguments);
        if (call == wrapper_call) {
            auto* wrapper = reinterpret_cast<MethodWrapper*>(callable);
            return call_slot(callable, wrapper->descriptor, wrapper->self, arguments, arguments);
        }
        if (call == wrapperdescr_call)
            return call_slot_of_first(callable, arguments);
        if (is_json_callable(callable) && needs_frames(ts_))
            return call_json(callable, arguments);
        if (call == Py_TYPE(callable)->tp_call)
            return call_c(callable, arguments);
        return call_c_slot(callable, call, arguments);
    }

    StartedCall call_c_slot(PyObject* callable, ternaryfunc call, const Arguments& arguments) {
        const PackedArguments packed(arguments);
        return {nullptr, packed ? call(callable, packed.args.get(), packed.kwargs.get()) : nullptr};
    }

    /// What has a __call__ in Python, which may itself be such an object.
    StartedCall call_object(PyObject* callable, const Arguments& arguments) {
        PyObject* found = type_lookup(Py_TYPE(callable), &_Py_ID(__call__));
        if (found != nullptr && is_inlinable(ts_, found))
            return call_with_self(found, callable, arguments);
        Ref method = Ref::borrow(callable);
        for (int depth = 0; method && Py_TYPE(method.get())->tp_call == slot_tp_call; depth++) {
            if (depth >= ts_->recursion_remaining) {
                _PyErr_SetString(ts_, PyExc_RecursionError,
                                 "maximum recursion depth exceeded while calling a Python object");
                return {};
            }
            method = Ref::steal(_PyObject_LookupSpecial(method.get(), &_Py_ID(__call__)));
        }
        if (method)
            return call(method.get(), arguments);
        // C code knows how to report that there is none.
        return _PyErr_Occurred(ts_) ? StartedCall{} : call_c(callable, arguments);
    }

    /// The arguments of a partial and those of its call, if they are few and no keyword is given twice: returns the names of
    /// the keywords. Null, perhaps with an exception, if not.
    static PyObject* put_in_a_row(const PartialObject* partial, const Arguments& arguments,
                                  PyObject** few) {
        const Py_ssize_t own = PyDict_GET_SIZE(partial->keywords);
        if (PyTuple_GET_SIZE(partial->args) + own + arguments.total() > most)
            return nullptr;
        for (Py_ssize_t i = 0; i < arguments.keywords(); i++) {
            if (PyDict_Contains(partial->keywords, PyTuple_GET_ITEM(arguments.kwnames, i)) != 0)
                return nullptr;
        }
        PyObject* names = PyTuple_New(own + arguments.keywords());
        if (names == nullptr)
            return nullptr;
        PyObject** place = std::copy_n(reinterpret_cast<PyTupleObject*>(partial->args)->ob_item,
                                       PyTuple_GET_SIZE(partial->args), few);
        place = std::copy_n(arguments.values, arguments.positional, place);
        Py_ssize_t position = 0;
        PyObject* name;
        Py_ssize_t count = 0;
        while (PyDict_Next(partial->keywords, &position, &name, place) != 0) {
            if (!PyUnicode_CheckExact(name)) {
                Py_DECREF(names);
                return nullptr;
            }
            PyTuple_SET_ITEM(names, count++, Py_NewRef(name));
            place++;
        }
        for (Py_ssize_t i = 0; i < arguments.keywords(); i++) {
            *place++ = arguments.values[arguments.positional + i];
            PyTuple_SET_ITEM(names, count++, Py_NewRef(PyTuple_GET_ITEM(arguments.kwnames, i)));
        }
        return names;
    }

    StartedCall call_partial(const PartialObject* partial, const Arguments& arguments) {
        const Ref function = Ref::borrow(partial->function);
        const Ref args = Ref::borrow(partial->args);
        const Arguments before{reinterpret_cast<PyTupleObject*>(args.get())->ob_item,
                               PyTuple_GET_SIZE(args.get()), nullptr};
        if (PyDict_GET_SIZE(partial->keywords) == 0)
            return call_with(function.get(), before, arguments);
        if (is_inlinable(ts_, function.get())) {
            PyObject* few[most];
            const Ref names = Ref::steal(put_in_a_row(partial, arguments, few));
            if (names || _PyErr_Occurred(ts_))
                return names ? call(function.get(),
                                    {few, before.positional + arguments.positional, names.get()})
                             : StartedCall{};
        }
        PackedArguments packed(arguments);
        const Ref keywords = Ref::steal(packed ? PyDict_Copy(partial->keywords) : nullptr);
        if (!keywords ||
            (packed.kwargs && PyDict_Merge(keywords.get(), packed.kwargs.get(), 1) != 0))
            return {};
        const VectorArguments all(ts_, packed.args.get(), keywords.get());
        return all ? call_with(function.get(), before, all.arguments()) : StartedCall{};
    }

    StartedCall call_json(PyObject* callable, const Arguments& arguments) {
        Frame* callee = push_json_call(ts_, frame_, callable, arguments);
        return callee != nullptr || _PyErr_Occurred(ts_) ? StartedCall{callee}
                                                         : call_c(callable, arguments);
    }

    StartedCall call_cached(PyObject* callable, const Arguments& arguments) {
        auto* cache = reinterpret_cast<LruCacheObject*>(callable);
        if (!is_python_callable(ts_, cache->function))
            return call_c_slot(callable, lru_cache_call, arguments);
        if (cache->wrapper != uncached_lru_cache_wrapper)
            return start_cached_call(ts_, frame_, cache, arguments);
        cache->misses++;
        const Ref function = Ref::borrow(cache->function);
        return call(function.get(), arguments);
    }

    StartedCall call_method_of(MethodCaller* caller, const Arguments& arguments) {
        if (!arguments.are_plain(1, 1) || is_builtin_method(arguments.values[0], caller->name))
            return call_c(reinterpret_cast<PyObject*>(caller), arguments);
        PyObject* keywords = caller->keywords != nullptr ? caller->keywords : Py_None;
        return {push_hidden_frame(ts_, frame_, Hidden::call_method,
                                  {Py_NewRef(arguments.values[0]), Py_NewRef(caller->name),
                                   Py_NewRef(caller->args), Py_NewRef(keywords)})};
    }

    StartedCall call_getter(PyObject* getter, const Arguments& arguments) {
        if (!arguments.are_plain(1, 1) || !getter_calls_back(getter, arguments.values[0]))
            return call_c(getter, arguments);
        return {push_getter_frame(ts_, frame_, getter, arguments.values[0])};
    }

    /// A wrapper of the slot of a builtin type. `arguments` are those behind `self`, `all` are the wrapper's.
    StartedCall call_slot(PyObject* wrapper, PyWrapperDescrObject* descriptor, PyObject* self,
                          const Arguments& arguments, const Arguments& all) {
        auto called = reinterpret_cast<ternaryfunc>(descriptor->d_wrapped);
        if (!wraps_call(descriptor))
            return call_init(wrapper, descriptor, self, arguments, all);
        if (called != PyVectorcall_Call)
            return call_as(self, called, arguments);
        return called == Py_TYPE(self)->tp_call ? call(self, arguments) : call_c(wrapper, all);
    }

    StartedCall call_init(PyObject* wrapper, PyWrapperDescrObject* descriptor, PyObject* self,
                          const Arguments& arguments, const Arguments& all) {
        const Redirect* filling =
            find_filling(ts_, reinterpret_cast<initproc>(descriptor->d_wrapped), arguments);
        if (filling == nullptr || arguments.total() >= most)
            return call_c(wrapper, all);
        PyObject* few[most];
        few[0] = self;
        std::copy_n(arguments.values, arguments.total(), few + 1);
        return start_hidden(filling, {few, arguments.positional + 1, arguments.kwnames});
    }

    StartedCall call_slot_of_first(PyObject* wrapper, const Arguments& arguments) {
        auto* descriptor = reinterpret_cast<PyWrapperDescrObject*>(wrapper);
        if (arguments.positional == 0 ||
            !PyObject_TypeCheck(arguments.values[0], descriptor->d_common.d_type))
            return call_c(wrapper, arguments);
        const Arguments rest{arguments.values + 1, arguments.positional - 1, arguments.kwnames};
        return call_slot(wrapper, descriptor, arguments.values[0], rest, arguments);
    }

    PyThreadState* ts_;
    const Frame* frame_;
    int depth_ = 0;
};

bool method_is_python(PyThreadState* ts, PyObject* method) {
    while (Py_IS_TYPE(method, &PyMethod_Type)) {
        method = PyMethod_GET_FUNCTION(method);
    }
    return PyFunction_Check(method) || is_python_callable(ts, method);
}

}  // namespace

StartedCall start_call(PyThreadState* ts, const Frame* frame, PyObject* callable,
                       const Arguments& arguments) {
    return Caller(ts, frame).call(callable, arguments);
}

bool is_indirect(PyThreadState* ts, PyObject* callable) {
    PyTypeObject* type = Py_TYPE(callable);
    if (type == &PyMethodDescr_Type)
        return false;
    if (type == &PyCFunction_Type)
        return starts_frame(callable) || is_type_new(ts, callable) ||
               (ts->c_profilefunc == nullptr && may_be_redirected(callable) &&
                bound_self(callable) != nullptr);
    if (type == &PyMethod_Type)
        return true;
    const ternaryfunc call = type->tp_call;
    if (call == PyType_Type.tp_call)
        return class_is_python(reinterpret_cast<PyTypeObject*>(callable));
    if (call == wrapper_call)
        return wraps_frame(reinterpret_cast<MethodWrapper*>(callable)->descriptor);
    if (call == wrapperdescr_call)
        return wraps_frame(reinterpret_cast<PyWrapperDescrObject*>(callable));
    return call == slot_tp_call || call == partial_call || call == lru_cache_call ||
           call == methodcaller_call || call == sm_call || is_watched_getter(ts, callable) ||
           (is_json_callable(callable) && needs_frames(ts));
}

bool is_python_callable(PyThreadState* ts, PyObject* callable) {
    PyTypeObject* type = Py_TYPE(callable);
    if (type == &PyFunction_Type || type->tp_call == slot_tp_call)
        return true;
    if (type == &PyMethod_Type)
        return method_is_python(ts, callable);
    // These only hand the call on.
    PyObject* inner = nullptr;
    if (type->tp_call == partial_call) {
        inner = reinterpret_cast<PartialObject*>(callable)->function;
    } else if (type->tp_call == lru_cache_call) {
        inner = reinterpret_cast<LruCacheObject*>(callable)->function;
    } else {
        // What a getter of attributes or items calls depends on the object: key_calls_back().
        return !is_getter_call(type->tp_call) && is_indirect(ts, callable);
    }
    return PyFunction_Check(inner) ||
           (!Py_IS_TYPE(inner, &PyCFunction_Type) && is_indirect(ts, inner));
}

}  // namespace stackless::eval
