// Calls of the special methods of classes in Python, by the instructions that C code would call them for.
#pragma once

#include "cpython/exposed.hpp"
#include "eval/calls.hpp"
#include "eval/hidden_functions.hpp"

namespace stackless::eval {

/// Whether an object's class may have special methods in Python; then it has slots for numbers and mappings. Static
/// types never are such, nor heap types without these slots: mypyc makes them so, from a template in C.
inline bool is_of_heap_type(PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    return PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) && type->tp_as_number != nullptr &&
           type->tp_as_mapping != nullptr;
}

/// Whether what a class has as a special method is the method in C of a builtin type, which it has inherited.
inline bool is_method_of(PyObject* method, const PyTypeObject* type) {
    return Py_IS_TYPE(method, &PyMethodDescr_Type) && PyDescr_TYPE(method) == type;
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

/// Whether comparing an object with others may run code in Python: by a method, or by what functools.cmp_to_key()
/// was given.
inline bool compares_in_python(PyObject* object) {
    const richcmpfunc compare = Py_TYPE(object)->tp_richcompare;
    return compare == slot_tp_richcompare || compare == keyobject_richcompare;
}

/// Whether comparing the items of a list or tuple with a value might. The first item stands for them all.
inline bool may_compare_in_python(PyObject* sequence, PyObject* value) {
    return Py_SIZE(sequence) != 0 &&
           (compares_in_python(value) || compares_in_python(PySequence_Fast_ITEMS(sequence)[0]));
}

/// Whether a function has so many parameters, and no other kinds of them.
inline bool takes_just(const PyCodeObject* code, Py_ssize_t count) {
    constexpr int kinds = CO_OPTIMIZED | CO_VARARGS | CO_VARKEYWORDS;
    return code->co_argcount == count && (code->co_flags & kinds) == CO_OPTIMIZED &&
           code->co_kwonlyargcount == 0;
}

/// Clears the locals of a new frame from one of them on. There are few: a call or vector instructions would cost
/// more.
inline void fill_with_null(Frame* frame, int first) {
#ifdef __clang__
#pragma clang loop vectorize(disable) unroll(disable)
#endif
    for (int i = first; i < frame->stacktop; i++) {
        frame->localsplus[i] = nullptr;
    }
}

/// What type_lookup() finds at once in its cache; null if it has to look further, or finds nothing.
inline PyObject* cached_special_method(const PyTypeObject* type, PyObject* name) {
    PyObject* const* known = known_lookup(type, name);
    return known == nullptr ? nullptr : *known;
}

/// A new frame for a method that is a plain function of so many parameters; null if it is none. The values are
/// borrowed. Calls nothing but take_room(), so that handlers which begin with it hardly need a stack frame.
template <class... Values>
inline Frame* push_plain_method(PyThreadState* ts, PyObject* method, Values*... values) {
    constexpr int count = sizeof...(values);
    if (method == nullptr || !is_inlinable(ts, method)) [[unlikely]]
        return nullptr;
    auto* function = reinterpret_cast<PyFunctionObject*>(method);
    auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
    if (!takes_just(code, count)) [[unlikely]]
        return nullptr;
    Frame* callee = take_room(ts, frame_size(code));
    if (callee == nullptr) [[unlikely]]
        return nullptr;
    Py_INCREF(method);
    initialize_frame(callee, function, code, nullptr);
    PyObject** place = callee->localsplus;
    ((*place++ = Py_NewRef(values)), ...);
    fill_with_null(callee, count);
    return callee;
}

/// The handler's fast path for a method whose frame push_plain_method() can make: goes on in that frame.
#define ENTER_IF_PLAIN_METHOD(type, name, delivery, ...) \
    if (Frame* callee = push_plain_method(ts, cached_special_method(type, name), __VA_ARGS__)) \
        [[likely]] { \
        set_delivery(callee, Delivery::delivery); \
        ENTER_CALLEE(callee); \
    }

/// start_special_method() for what is no plain function of that many parameters.
StartedCall start_special_method_slowly(PyThreadState* ts, const Frame* frame, PyObject* method,
                                        PyObject* const* values, Py_ssize_t count);

/// Begins the call of a special method as type_lookup() has found it. `self` and the arguments are borrowed.
template <class... Values>
inline StartedCall start_special_method(PyThreadState* ts, const Frame* frame, PyObject* method,
                                        PyObject* self, Values*... values) {
    if (Frame* callee = push_plain_method(ts, method, self, values...)) [[likely]]
        return {callee};
    PyObject* const all[] = {self, values...};
    return start_special_method_slowly(ts, frame, method, all, 1 + sizeof...(values));
}

/// The hidden function in place of C code that calls special methods; `values` are borrowed.
template <class... Values>
inline StartedCall start_hidden(PyThreadState* ts, const Frame* frame, Hidden which,
                                Values*... values) {
    return {push_hidden_frame(ts, frame, which, {Py_NewRef(values)...})};
}

}  // namespace stackless::eval
