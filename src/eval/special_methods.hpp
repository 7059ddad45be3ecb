// Calls of the special methods of classes in Python, by the instructions that C code would call them for.
#pragma once

#include "cpython/exposed.hpp"
#include "eval/calls.hpp"
#include "eval/hidden_functions.hpp"

namespace stackless::eval {

/// Whether an object's class may have special methods in Python. Those of static types never are.
inline bool is_of_heap_type(PyObject* object) {
    return PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_HEAPTYPE);
}

/// Goes on with asking a value on top of the stack for its truth, of which has_python_truth() is true. The
/// instruction, of any kind that begins with that, is finished when it is known.
HANDLER(ask_for_truth);
/// The same for any value.
HANDLER(look_at_truth);

/// Whether the truth of an object is what a method in Python says.
inline bool has_python_truth(PyObject* object) {
    if (!is_of_heap_type(object))
        return false;
    const PyTypeObject* type = Py_TYPE(object);
    const inquiry function = type->tp_as_number->nb_bool;
    return function == slot_nb_bool ||
           (function == nullptr && type->tp_as_mapping->mp_length == slot_sq_length);
}

/// Whether comparing an object with others runs code in Python.
inline bool compares_in_python(PyObject* object) {
    return Py_TYPE(object)->tp_richcompare == slot_tp_richcompare;
}

/// Whether comparing the items of a list or tuple with a value might. The first item stands for them all.
inline bool may_compare_in_python(PyObject* sequence, PyObject* value) {
    return Py_SIZE(sequence) != 0 &&
           (compares_in_python(value) || compares_in_python(PySequence_Fast_ITEMS(sequence)[0]));
}

/// Whether a function has so many parameters, and no other kinds of them.
inline bool takes_just(const PyCodeObject* code, int count) {
    constexpr int kinds = CO_OPTIMIZED | CO_VARARGS | CO_VARKEYWORDS;
    return code->co_argcount == count && (code->co_flags & kinds) == CO_OPTIMIZED &&
           code->co_kwonlyargcount == 0;
}

/// start_special_method() for what is no plain function of that many parameters.
StartedCall start_special_method_slowly(PyThreadState* ts, const Frame* frame, PyObject* method,
                                        PyObject* const* values, Py_ssize_t count);

/// Begins the call of a special method as _PyType_Lookup() has found it. `self` and the arguments are borrowed.
template <class... Values>
inline StartedCall start_special_method(PyThreadState* ts, const Frame* frame, PyObject* method,
                                        PyObject* self, Values*... values) {
    constexpr int count = 1 + sizeof...(values);
    PyObject* const all[] = {self, values...};
    if (is_inlinable(ts, method)) [[likely]] {
        auto* function = reinterpret_cast<PyFunctionObject*>(method);
        auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
        if (takes_just(code, count)) [[likely]] {
            Py_INCREF(method);
            Frame* callee = push_frame(ts, function);
            if (callee != nullptr) [[likely]] {
                for (int i = 0; i < count; i++) {
                    callee->localsplus[i] = Py_NewRef(all[i]);
                }
                for (int i = count; i < callee->stacktop; i++) {
                    callee->localsplus[i] = nullptr;
                }
            }
            return {callee};
        }
    }
    return start_special_method_slowly(ts, frame, method, all, count);
}

/// The hidden function in place of C code that calls special methods; `values` are borrowed.
template <class... Values>
inline StartedCall start_hidden(PyThreadState* ts, const Frame* frame, Hidden which,
                                Values*... values) {
    return {push_hidden_frame(ts, frame, which, {Py_NewRef(values)...})};
}

}  // namespace stackless::eval
