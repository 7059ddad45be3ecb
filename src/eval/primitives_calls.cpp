// What the hidden functions about calls and classes call.
#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "cpython/ref.hpp"
#include "eval/class_calls.hpp"
#include "eval/lru_cache.hpp"
#include "eval/primitives.hpp"
#include "tasklet/exceptions.hpp"

namespace stackless::eval {

namespace {

using Args = PyObject* const*;

/// Whether these are arguments in a tuple and in a dict, or None.
bool are_packed(PyObject* args, PyObject* kwargs) {
    return check_argument(PyTuple_CheckExact(args), args, "a tuple of arguments") &&
           check_argument(kwargs == Py_None || PyDict_CheckExact(kwargs), kwargs,
                          "a dict of arguments");
}

bool check_class(PyObject* object) {
    return check_argument(PyType_Check(object), object, "a class");
}

/// invoke(callable, args, kwargs): callable(*args, **kwargs), where kwargs may be None.
StartedCall invoke(PyThreadState* ts, const Frame* frame, Args args) {
    if (!are_packed(args[1], args[2]))
        return {};
    const VectorArguments all(ts, args[1], args[2] == Py_None ? nullptr : args[2]);
    return all ? start_call(ts, frame, args[0], all.arguments()) : StartedCall{};
}

/// begin_init(cls, object, args, kwargs): after cls.__new__() has returned the object, its __init__ if that is
/// to be called and is in Python, else None: one in C has been called then.
PyObject* begin_init(PyObject*, Args args, Py_ssize_t) {
    if (!check_class(args[0]) || !are_packed(args[2], args[3]))
        return nullptr;
    PyObject* object = args[1];
    PyTypeObject* type = Py_TYPE(object);
    if (!PyObject_TypeCheck(object, reinterpret_cast<PyTypeObject*>(args[0])) ||
        type->tp_init == nullptr)
        Py_RETURN_NONE;
    if (type->tp_init == slot_tp_init) {
        PyObject* init = _PyObject_LookupSpecial(object, &_Py_ID(__init__));
        if (init == nullptr && !PyErr_Occurred()) {
            PyErr_SetObject(PyExc_AttributeError, &_Py_ID(__init__));
        }
        return init;
    }
    if (type->tp_init(object, args[2], args[3] == Py_None ? nullptr : args[3]) < 0)
        return nullptr;
    Py_RETURN_NONE;
}

/// finish_init(object, result): the object, if its __init__ has returned None.
PyObject* finish_init(PyObject*, Args args, Py_ssize_t) {
    if (args[1] == Py_None)
        return Py_NewRef(args[0]);
    set_init_result_error(PyThreadState_Get(), args[1]);
    return nullptr;
}

PyObject* is_class(PyObject*, PyObject* object) {
    return PyBool_FromLong(PyType_Check(object));
}

PyObject* are_classes(PyObject*, PyObject* bases) {
    if (!check_argument(PyTuple_CheckExact(bases), bases, "a tuple"))
        return nullptr;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
        if (!PyType_Check(PyTuple_GET_ITEM(bases, i)))
            Py_RETURN_FALSE;
    }
    Py_RETURN_TRUE;
}

/// most_derived_metaclass(metaclass, bases)
PyObject* most_derived_metaclass(PyObject*, Args args, Py_ssize_t) {
    if (!check_class(args[0]) ||
        !check_argument(PyTuple_CheckExact(args[1]), args[1], "a tuple of classes"))
        return nullptr;
    auto* type = _PyType_CalculateMetaclass(reinterpret_cast<PyTypeObject*>(args[0]), args[1]);
    return Py_XNewRef(reinterpret_cast<PyObject*>(type));
}

/// check_namespace(metaclass, namespace): what __prepare__() has returned has to be a mapping.
PyObject* check_namespace(PyObject*, Args args, Py_ssize_t) {
    if (PyMapping_Check(args[1]))
        Py_RETURN_NONE;
    const char* name =
        PyType_Check(args[0]) ? reinterpret_cast<PyTypeObject*>(args[0])->tp_name : "<metaclass>";
    PyErr_Format(PyExc_TypeError, "%.200s.__prepare__() must return a mapping, not %.200s", name,
                 Py_TYPE(args[1])->tp_name);
    return nullptr;
}

/// check_class_cell(cell, name, cls): the body's __class__ is to be the class that was made of it.
PyObject* check_class_cell(PyObject*, Args args, Py_ssize_t) {
    PyObject* cls = args[2];
    if (!PyType_Check(cls) || !PyCell_Check(args[0]))
        Py_RETURN_NONE;
    PyObject* found = PyCell_GET(args[0]);
    if (found == cls)
        Py_RETURN_NONE;
    if (found == nullptr) {
        PyErr_Format(PyExc_RuntimeError,
                     "__class__ not set defining %.200R as %.200R. Was __classcell__ propagated to "
                     "type.__new__?",
                     args[1], cls);
    } else {
        PyErr_Format(PyExc_TypeError, "__class__ set to %.200R defining %.200R as %.200R", found,
                     args[1], cls);
    }
    return nullptr;
}

/// fail_set_name(cls, attribute, name): raises what type.__new__() makes of the exception that is being handled. That
/// a tasklet is to end stays as it is.
PyObject* fail_set_name(PyObject*, Args args, Py_ssize_t) {
    PyObject *type, *value, *traceback;
    if (!check_class(args[0]))
        return nullptr;
    PyErr_GetExcInfo(&type, &value, &traceback);
    if (type == nullptr || type == Py_None) {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
        PyErr_SetString(PyExc_SystemError, "no exception is being handled");
        return nullptr;
    }
    PyErr_Restore(type, value, traceback);
    if (PyErr_ExceptionMatches(TaskletExit))
        return nullptr;
    _PyErr_FormatFromCause(
        PyExc_RuntimeError, "Error calling __set_name__ on '%.100s' instance %R in '%.100s'",
        Py_TYPE(args[1])->tp_name, args[2], reinterpret_cast<PyTypeObject*>(args[0])->tp_name);
    return nullptr;
}

/// keep_result(wrapper, key, hash, result)
PyObject* keep_result_of(PyObject*, Args args, Py_ssize_t) {
    if (!check_argument(is_lru_cache(args[0]), args[0], "what lru_cache() makes"))
        return nullptr;
    const Py_ssize_t hash = PyLong_AsSsize_t(args[2]);
    if (hash == -1)
        return PyErr_Occurred() ? nullptr : Py_NewRef(args[3]);
    return keep_result(reinterpret_cast<LruCacheObject*>(args[0]), args[1], hash, args[3]);
}

}  // namespace

PyMethodDef call_primitives[] = {
    {"begin_init", counted<begin_init, 4>(), METH_FASTCALL, nullptr},
    {"finish_init", counted<finish_init, 2>(), METH_FASTCALL, nullptr},
    {"is_class", is_class, METH_O, nullptr},
    {"are_classes", are_classes, METH_O, nullptr},
    {"most_derived_metaclass", counted<most_derived_metaclass, 2>(), METH_FASTCALL, nullptr},
    {"check_namespace", counted<check_namespace, 2>(), METH_FASTCALL, nullptr},
    {"check_class_cell", counted<check_class_cell, 3>(), METH_FASTCALL, nullptr},
    {"fail_set_name", counted<fail_set_name, 3>(), METH_FASTCALL, nullptr},
    {"keep_result", counted<keep_result_of, 4>(), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

StarterDefinition call_starters[] = {
    starter_definition("invoke", invoke, 3),
    {},
};

}  // namespace stackless::eval
