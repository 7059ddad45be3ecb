// map() with one or two iterables: see docs/internals/replaced-functions.md.
#include "cpython/mapping.hpp"

#include <array>
#include <utility>

#include "cpython/layouts.hpp"
#include "cpython/python.hpp"

namespace stackless {

namespace {

constexpr int signature_flags =
    METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O | METH_KEYWORDS | METH_METHOD;

/// What a builtin function has for a result, if it is one, or an exception, as the caller of any function may expect.
PyObject* checked(PyThreadState* ts, PyObject* function, PyObject* result) {
    return (result == nullptr) == (ts->curexc_type != nullptr)
               ? result
               : _Py_CheckFunctionResult(ts, function, result, nullptr);
}

/// Calls a builtin function in the way that its signature asks for, in a level of recursion of its own.
template <class Call>
PyObject* call_directly(PyThreadState* ts, PyObject* function, Call call) {
    if (_Py_EnterRecursiveCallTstate(ts, " while calling a Python object") != 0)
        return nullptr;
    PyObject* result = call();
    _Py_LeaveRecursiveCallTstate(ts);
    return checked(ts, function, result);
}

template <size_t count>
PyObject* call(PyThreadState* ts, PyObject* function, PyObject* const* args) {
    if (Py_IS_TYPE(function, &PyCFunction_Type)) {
        PyObject* self = PyCFunction_GET_SELF(function);
        const PyCFunction definition = PyCFunction_GET_FUNCTION(function);
        const int signature = PyCFunction_GET_FLAGS(function) & signature_flags;
        if (signature == METH_O && count == 1)
            return call_directly(ts, function, [=] { return definition(self, args[0]); });
        if (signature == METH_FASTCALL) {
            const auto fast =
                reinterpret_cast<_PyCFunctionFast>(reinterpret_cast<void*>(definition));
            return call_directly(ts, function, [=] { return fast(self, args, count); });
        }
    } else if (Py_IS_TYPE(function, &PyMethodDescr_Type) && count == 1) {
        const auto* method = reinterpret_cast<PyMethodDescrObject*>(function);
        if ((method->d_method->ml_flags & signature_flags) == METH_NOARGS &&
            Py_IS_TYPE(args[0], PyDescr_TYPE(method)))
            return call_directly(ts, function,
                                 [=] { return method->d_method->ml_meth(args[0], nullptr); });
    }
    return PyObject_Vectorcall(function, args, count, nullptr);
}

iternextfunc stock_next;

PyObject* next_of(PyObject* iterator) {
    return Py_TYPE(iterator)->tp_iternext(iterator);
}

PyObject* next_of_one(const MapIterator* map) {
    PyObject* value = next_of(PyTuple_GET_ITEM(map->iterators, 0));
    if (value == nullptr)
        return nullptr;
    PyObject* result = call<1>(_PyThreadState_GET(), map->function, &value);
    Py_DECREF(value);
    return result;
}

PyObject* next_of_two(const MapIterator* map) {
    std::array<PyObject*, 2> values;
    values[0] = next_of(PyTuple_GET_ITEM(map->iterators, 0));
    if (values[0] == nullptr)
        return nullptr;
    PyObject* result = nullptr;
    values[1] = next_of(PyTuple_GET_ITEM(map->iterators, 1));
    if (values[1] != nullptr) {
        result = call<2>(_PyThreadState_GET(), map->function, values.data());
        Py_DECREF(values[1]);
    }
    Py_DECREF(values[0]);
    return result;
}

}  // namespace

/// Named as libpython's own function, for tasklet.native_stack.
extern "C" [[gnu::visibility("hidden")]] PyObject* map_next(PyObject* object) {
    const auto* map = reinterpret_cast<MapIterator*>(object);
    switch (PyTuple_GET_SIZE(map->iterators)) {
    case 1:
        return next_of_one(map);
    case 2:
        return next_of_two(map);
    default:
        return stock_next(object);
    }
}

void adapt_mapping() {
    if (stock_next == nullptr) {
        stock_next = std::exchange(PyMap_Type.tp_iternext, map_next);
    }
}

}  // namespace stackless
