#include "eval/type_creation.hpp"

#include <utility>

#include "cpython/layouts.hpp"
#include "cpython/ref.hpp"
#include "cpython/type_lookup.hpp"
#include "eval/hidden_functions.hpp"

namespace stackless::eval {

thread_local constinit TypeCreation* type_creation = nullptr;

/// A call of type.__new__() that is under way, and the calls of Python functions that have been put off.
class TypeCreation {
public:
    TypeCreation(PyObject* name, PyObject* bases, PyObject* namespace_)
        : name_(name),
          bases_(bases),
          puts_off_set_names_(all_take_three(namespace_)),
          outer_(std::exchange(type_creation, this)) {}
    ~TypeCreation() { type_creation = outer_; }
    TypeCreation(const TypeCreation&) = delete;
    TypeCreation& operator=(const TypeCreation&) = delete;

    bool put_off(PyThreadState* ts, const Frame* frame) {
        const int count = frame->f_code->co_argcount;
        PyObject* const* locals = frame->localsplus;
        if (count >= 1 && is_new_type(locals[0]) && is_init_subclass(frame->f_func, locals[0])) {
            init_subclass = Ref::borrow(reinterpret_cast<PyObject*>(frame->f_func));
            return true;
        }
        if (puts_off_set_names_ && count >= 3 && is_new_type(locals[1]) &&
            is_set_name(frame->f_func, locals[0]))
            return note_set_name(ts, frame);
        return false;
    }

    Ref set_names;  // a list of (function, attribute, its name), or null
    Ref init_subclass;

private:
    /// Whether every __set_name__ is a function with at least three parameters, as put_off() expects. Else they
    /// would not be called in their order.
    static bool all_take_three(PyObject* namespace_) {
        PyObject *name, *value;
        Py_ssize_t position = 0;
        while (PyDict_Next(namespace_, &position, &name, &value)) {
            PyObject* found = type_lookup(Py_TYPE(value), &_Py_ID(__set_name__));
            if (found != nullptr &&
                (!PyFunction_Check(found) ||
                 reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(found))->co_argcount < 3))
                return false;
        }
        return true;
    }

    bool is_new_type(PyObject* object) const {
        if (object == nullptr || !PyType_Check(object))
            return false;
        auto* type = reinterpret_cast<PyTypeObject*>(object);
        return PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) &&
               reinterpret_cast<PyHeapTypeObject*>(type)->ht_name == name_ &&
               (type->tp_bases == bases_ || PyTuple_GET_SIZE(bases_) == 0);
    }

    /// Whether the function is what super(cls, cls).__init_subclass__ calls.
    static bool is_init_subclass(PyFunctionObject* function, PyObject* cls) {
        PyObject* mro = reinterpret_cast<PyTypeObject*>(cls)->tp_mro;
        // While the metaclass's mro() runs there is none.
        for (Py_ssize_t i = 1; mro != nullptr && i < PyTuple_GET_SIZE(mro); i++) {
            auto* type = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(mro, i));
            PyObject* found = PyDict_GetItemWithError(type->tp_dict, &_Py_ID(__init_subclass__));
            if (found != nullptr)
                return Py_IS_TYPE(found, &PyClassMethod_Type) &&
                       reinterpret_cast<MethodHolder*>(found)->callable ==
                           reinterpret_cast<PyObject*>(function);
        }
        return false;
    }

    static bool is_set_name(PyFunctionObject* function, PyObject* attribute) {
        return attribute != nullptr && type_lookup(Py_TYPE(attribute), &_Py_ID(__set_name__)) ==
                                           reinterpret_cast<PyObject*>(function);
    }

    bool note_set_name(PyThreadState* ts, const Frame* frame) {
        PyObject* const* locals = frame->localsplus;
        if (!set_names) {
            set_names = Ref::steal(PyList_New(0));
        }
        const Ref call =
            Ref::steal(set_names ? PyTuple_Pack(3, frame->f_func, locals[0], locals[2]) : nullptr);
        if (call && PyList_Append(set_names.get(), call.get()) == 0)
            return true;
        _PyErr_Clear(ts);  // it is called from C then
        return false;
    }

    PyObject* name_;
    PyObject* bases_;
    bool puts_off_set_names_;
    TypeCreation* outer_;
};

StartedCall start_type_creation(PyThreadState* ts, const Frame* frame, PyObject* callable,
                                PyObject* const* description, const Arguments& arguments) {
    PackedArguments packed(arguments);
    if (!packed || !PyTuple_Check(description[1]) || !PyDict_Check(description[2]))
        return {nullptr,
                packed ? PyObject_Call(callable, packed.args.get(), packed.kwargs.get()) : nullptr};
    TypeCreation creation(description[0], description[1], description[2]);
    Ref made = Ref::steal(PyObject_Call(callable, packed.args.get(), packed.kwargs.get()));
    if (!made || (!creation.set_names && !creation.init_subclass))
        return {nullptr, made.release()};
    if (!creation.set_names) {
        creation.set_names = Ref::steal(PyList_New(0));
    }
    if (!creation.init_subclass) {
        creation.init_subclass = Ref::borrow(Py_None);
    }
    if (!creation.set_names)
        return {};
    return {push_hidden_frame(ts, frame, Hidden::finish_class,
                              {made.release(), creation.set_names.release(),
                               creation.init_subclass.release(), packed.release_kwargs()})};
}

PyObject* enter_beside_type_creation(PyThreadState* ts, Frame* frame, int throwflag,
                                     PyObject* (*enter)(PyThreadState*, Frame*, int)) {
    TypeCreation* creation = std::exchange(type_creation, nullptr);
    const bool is_put_off = throwflag == 0 && creation->put_off(ts, frame);
    PyObject* result = is_put_off ? Py_NewRef(Py_None) : enter(ts, frame, throwflag);
    type_creation = creation;
    return result;
}

}  // namespace stackless::eval
