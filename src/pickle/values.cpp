// Puts the families of values together, and what their files share.
#include "pickle/values.hpp"

#include <vector>

#include "cpython/layouts.hpp"
#include "pickle/errors.hpp"

namespace stackless::pickle {

ReducerFamily value_reducers() {
    static std::vector<Reducer> reducers;
    static std::vector<PyMethodDef> functions;
    reducers.clear();
    functions.clear();
    constexpr ReducerFamily (*families[])() = {iterator_reducers,        shared_iterator_reducers,
                                               hash_iterator_reducers,   view_reducers,
                                               context_reducers,         awaitable_reducers,
                                               weak_reference_reducers,  exception_reducers,
                                               traceback_reducers,       pattern_reducers,
                                               wrapper_reducers,         descriptor_reducers,
                                               format_iterator_reducers, code_iterator_reducers};
    for (auto* family_of : families) {
        const ReducerFamily family = family_of();
        if (PyErr_Occurred())
            return {};
        reducers.insert(reducers.end(), family.reducers.begin(), family.reducers.end());
        for (PyMethodDef* function = family.functions; function != nullptr && function->ml_name;
             ++function) {
            functions.push_back(*function);
        }
    }
    functions.push_back({});
    return {reducers, functions.data()};
}

PyObject* reduce_to(const char* name, PyObject* args) {
    const Ref own_args = Ref::steal(args);
    PyObject* function = own_args ? loader(name) : nullptr;
    return function == nullptr ? nullptr : PyTuple_Pack(2, function, own_args.get());
}

PyObject* reduce_to(const char* name, PyObject* args, PyObject* state, const char* setter_name) {
    const Ref own_args = Ref::steal(args);
    const Ref own_state = Ref::steal(state);
    PyObject* function = own_args && own_state ? loader(name) : nullptr;
    PyObject* setter = function != nullptr ? loader(setter_name) : nullptr;
    if (setter == nullptr)
        return nullptr;
    return PyTuple_Pack(6, function, own_args.get(), own_state.get(), Py_None, Py_None, setter);
}

bool check_count(const char* function, Py_ssize_t count, Py_ssize_t expected) {
    if (count == expected)
        return true;
    unpickling_error("%s() takes %zd arguments, not %zd", function, expected, count);
    return false;
}

bool check_type(const char* function, PyObject* argument, PyTypeObject* type) {
    if (PyObject_TypeCheck(argument, type))
        return true;
    unpickling_error("%s() needs a %s, not %s", function, type->tp_name,
                     Py_TYPE(argument)->tp_name);
    return false;
}

Py_ssize_t to_number(const char* function, PyObject* argument, Py_ssize_t low, Py_ssize_t high) {
    int overflow = 0;
    const long long value =
        PyLong_CheckExact(argument) ? PyLong_AsLongLongAndOverflow(argument, &overflow) : 0;
    if (!PyLong_CheckExact(argument)) {
        unpickling_error("%s() needs an int, not %s", function, Py_TYPE(argument)->tp_name);
    } else if (overflow != 0 || value < low || value > high) {
        unpickling_error("%s(): %R is out of range", function, argument);
    } else {
        return static_cast<Py_ssize_t>(value);
    }
    return low - 1;
}

PyObject* wrap_optional(PyObject* value) {
    return value == nullptr ? Py_NewRef(Py_None) : PyTuple_Pack(1, value);
}

bool unwrap_optional(PyObject* wrapped, PyObject** value) {
    *value = nullptr;
    if (Py_IsNone(wrapped))
        return true;
    if (!PyTuple_CheckExact(wrapped) || PyTuple_GET_SIZE(wrapped) != 1) {
        unpickling_error("an optional value is None or in a tuple, not %s",
                         Py_TYPE(wrapped)->tp_name);
        return false;
    }
    *value = PyTuple_GET_ITEM(wrapped, 0);
    return true;
}

bool is_spent_iterator(PyObject* iterator) {
    if (!Py_IS_TYPE(iterator, &PyTupleIter_Type))
        return false;
    PyTupleObject* tuple = reinterpret_cast<TupleIterator*>(iterator)->tuple;
    return tuple == nullptr || Py_SIZE(tuple) == 0;
}

}  // namespace stackless::pickle
