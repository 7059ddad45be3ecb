#include "eval/class_calls.hpp"

#include "eval/container_filling.hpp"

#include "cpython/layouts.hpp"
#include "cpython/ref.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/type_creation.hpp"

namespace stackless::eval {

namespace {

/// All of it in C.
PyObject* call_class_in_c(PyTypeObject* type, const Arguments& arguments) {
    if (Py_TYPE(type)->tp_call == PyType_Type.tp_call)
        return PyObject_Vectorcall(reinterpret_cast<PyObject*>(type), arguments.values,
                                   static_cast<size_t>(arguments.positional), arguments.kwnames);
    const PackedArguments packed(arguments);
    return packed ? PyType_Type.tp_call(reinterpret_cast<PyObject*>(type), packed.args.get(),
                                        packed.kwargs.get())
                  : nullptr;
}

/// Calls `new` and then __init__ in a hidden frame.
StartedCall start_construction(PyThreadState* ts, const Frame* frame, PyTypeObject* type, Ref make,
                               const Arguments& arguments) {
    PackedArguments packed(arguments);
    if (!make || !packed)
        return {};
    return {push_hidden_frame(ts, frame, Hidden::construct,
                              {Py_NewRef(reinterpret_cast<PyObject*>(type)), make.release(),
                               packed.args.release(), packed.release_kwargs()})};
}

/// A metaclass makes a class.
StartedCall start_metaclass_call(PyThreadState* ts, const Frame* frame, PyTypeObject* type,
                                 const Arguments& arguments) {
    if (arguments.positional != 3)
        return {nullptr, call_class_in_c(type, arguments)};
    if (type->tp_init == slot_tp_init || Py_TYPE(type)->tp_call != PyType_Type.tp_call) {
        Ref make = Ref::borrow(PyDict_GetItemWithError(PyType_Type.tp_dict, &_Py_ID(__new__)));
        return start_construction(ts, frame, type, std::move(make), arguments);
    }
    return start_type_creation(ts, frame, reinterpret_cast<PyObject*>(type), arguments.values,
                               arguments);
}

}  // namespace

PyObject* find_new(PyTypeObject* type) {
    if (Py_TYPE(type)->tp_getattro == PyType_Type.tp_getattro) {
        PyObject* found = type_lookup(type, &_Py_ID(__new__));
        if (found != nullptr && Py_IS_TYPE(found, &PyStaticMethod_Type)) {
            PyObject* function = reinterpret_cast<MethodHolder*>(found)->callable;
            if (function != nullptr && PyFunction_Check(function))
                return Py_NewRef(function);
        }
    }
    return PyObject_GetAttr(reinterpret_cast<PyObject*>(type), &_Py_ID(__new__));
}

PyObject* new_object(PyTypeObject* type, const Arguments& arguments) {
    const PackedArguments packed(arguments);
    return packed ? type->tp_new(type, packed.args.get(), packed.kwargs.get()) : nullptr;
}

StartedCall start_class_call(PyThreadState* ts, const Frame* frame, PyTypeObject* type,
                             const Arguments& arguments) {
    if (type->tp_new == slot_tp_new)
        return start_construction(ts, frame, type, Ref::steal(find_new(type)), arguments);
    if (type->tp_new == type_new)
        return start_metaclass_call(ts, frame, type, arguments);
    if (type->tp_new != nullptr &&
        (type->tp_init == slot_tp_init || find_filling(ts, type->tp_init, arguments) != nullptr)) {
        PyObject* object = new_object(type, arguments);
        return object == nullptr ? StartedCall{} : start_init(ts, frame, type, object, arguments);
    }
    return {nullptr, call_class_in_c(type, arguments)};
}

StartedCall start_init(PyThreadState* ts, const Frame* frame, PyTypeObject* type, PyObject* object,
                       const Arguments& arguments) {
    Ref made = Ref::steal(object);
    PyTypeObject* made_type = Py_TYPE(object);
    if (!PyObject_TypeCheck(object, type) || made_type->tp_init == nullptr)
        return {nullptr, made.release()};
    PackedArguments packed(arguments);
    if (!packed)
        return {};
    if (made_type->tp_init != slot_tp_init &&
        find_filling(ts, made_type->tp_init, arguments) == nullptr) {
        const bool done = made_type->tp_init(object, packed.args.get(), packed.kwargs.get()) >= 0;
        return {nullptr, done ? made.release() : nullptr};
    }
    Ref init = Ref::steal(_PyObject_LookupSpecial(object, &_Py_ID(__init__)));
    if (!init) {
        if (!_PyErr_Occurred(ts)) {
            _PyErr_SetObject(ts, PyExc_AttributeError, &_Py_ID(__init__));
        }
        return {};
    }
    return {push_hidden_frame(
        ts, frame, Hidden::initialize,
        {made.release(), init.release(), packed.args.release(), packed.release_kwargs()})};
}

void set_init_result_error(PyThreadState* ts, PyObject* result) {
    _PyErr_Format(ts, PyExc_TypeError, "__init__() should return None, not '%.200s'",
                  Py_TYPE(result)->tp_name);
}

}  // namespace stackless::eval
