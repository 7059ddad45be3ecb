// Comparisons of objects whose classes are no static types: methods in Python run in frames of the loop, as those
// of ops_binary_methods.cpp do.
//
// The left operand is asked first, then the right one for the reflected comparison; the other way round if the
// right one's class is a subclass of the left one's.
#include "cpython/layouts.hpp"
#include "cpython/ref.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"
#include "eval/special_methods.hpp"

namespace stackless::eval {

HANDLER(compare_by_methods);
HANDLER(compare_slowly);
HANDLER(compare_by_default);
HANDLER(comparison_is_done);

namespace {

/// By the numbers Py_LT ... Py_GE.
PyObject* const method_names[] = {&_Py_ID(__lt__), &_Py_ID(__le__), &_Py_ID(__eq__),
                                  &_Py_ID(__ne__), &_Py_ID(__gt__), &_Py_ID(__ge__)};
constexpr int reflected[] = {Py_GT, Py_GE, Py_EQ, Py_NE, Py_LT, Py_LE};
constexpr const char* symbols[] = {"<", "<=", "==", "!=", ">", ">="};

/// object.__ne__ asks __eq__.
inline bool is_inherited_ne(PyObject* method, intptr_t operation) {
    return operation == Py_NE && method == type_lookup(&PyBaseObject_Type, method_names[operation]);
}

/// For a method that has to be bound: CPython takes no notice of what goes wrong then.
StartedCall start_descriptor(PyThreadState* ts, Frame* frame, PyObject* self, PyObject* other,
                             intptr_t operation) {
    const Ref method = Ref::steal(_PyObject_LookupSpecial(self, method_names[operation]));
    if (!method) {
        PyErr_Clear();
        return {nullptr, Py_NewRef(Py_NotImplemented)};
    }
    return start_call(ts, frame, method.get(), other);
}

StartedCall start_method(PyThreadState* ts, Frame* frame, PyObject* self, PyObject* other,
                         intptr_t operation) {
    PyObject* method = type_lookup(Py_TYPE(self), method_names[operation]);
    if (method == nullptr)
        return {nullptr, Py_NewRef(Py_NotImplemented)};
    if (!PyType_HasFeature(Py_TYPE(method), Py_TPFLAGS_METHOD_DESCRIPTOR))
        return start_descriptor(ts, frame, self, other, operation);
    if (is_inherited_ne(method, operation)) {
        PyObject* equal = type_lookup(Py_TYPE(self), &_Py_ID(__eq__));
        if (equal != nullptr && is_inlinable(ts, equal))
            return start_hidden(ts, frame, Hidden::not_equal, equal, self, other);
    }
    return start_special_method(ts, frame, method, self, other);
}

/// Whether both are keys of functools.cmp_to_key(), for a function in Python.
bool are_compared_in_python(PyThreadState* ts, PyObject* one, PyObject* other) {
    auto* key = reinterpret_cast<ComparedKey*>(one);
    return Py_TYPE(one) == Py_TYPE(other) && key->object != nullptr &&
           reinterpret_cast<ComparedKey*>(other)->object != nullptr &&
           is_python_callable(ts, key->compare);
}

StartedCall start_key_comparison(PyThreadState* ts, Frame* frame, PyObject* one, PyObject* other,
                                 intptr_t operation) {
    const Ref number = Ref::steal(PyLong_FromSsize_t(operation));
    return number ? start_hidden(ts, frame, Hidden::compare_keys, one, other, number.get())
                  : StartedCall{};
}

/// Asks one of the operands, in whatever it is written.
inline StartedCall start_comparison(PyThreadState* ts, Frame* frame, PyObject* self,
                                    PyObject* other, intptr_t operation) {
    const richcmpfunc function = Py_TYPE(self)->tp_richcompare;
    if (function == slot_tp_richcompare)
        return start_method(ts, frame, self, other, operation);
    if (function == nullptr)
        return {nullptr, Py_NewRef(Py_NotImplemented)};
    if (function == keyobject_richcompare && are_compared_in_python(ts, self, other))
        return start_key_comparison(ts, frame, self, other, operation);
    return {nullptr, function(self, other, static_cast<int>(operation))};
}

/// Whether the right operand is asked first.
inline bool has_priority(PyObject* right, PyObject* left) {
    return Py_TYPE(left) != Py_TYPE(right) &&
           PyType_IsSubtype(Py_TYPE(right), Py_TYPE(left)) != 0 &&
           Py_TYPE(right)->tp_richcompare != nullptr;
}

}  // namespace

HANDLER(comparison_is_done) {
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    sp--;
    sp[-1] = DELIVERED();
    SKIP_CACHE(COMPARE_OP);
    DROP_TWO_AND_NEXT(left, right);
}

HANDLER(compare_by_methods) {
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    PyTypeObject* type = Py_TYPE(left);
    if (type->tp_richcompare == slot_tp_richcompare &&
        (type == Py_TYPE(right) || !is_of_heap_type(right))) {
        ENTER_IF_PLAIN_METHOD(type, method_names[oparg], compare_left, left, right);
    }
    GOTO(compare_slowly);
}

HANDLER(compare_slowly) {
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    if (has_priority(right, left)) {
        CONTINUE_CALL(start_comparison(ts, frame, right, left, reflected[oparg]), compare_priority);
    }
    CONTINUE_CALL(start_comparison(ts, frame, left, right, oparg), compare_left);
}

/// The beginning of a continuation: what it goes on to say is for the result NotImplemented.
#define FINISH_COMPARISON_UNLESS_ASKED_AGAIN() \
    if (DELIVERED() != Py_NotImplemented) [[likely]] \
        GOTO(comparison_is_done); \
    Py_DECREF(Py_NotImplemented); \
    oparg = _Py_OPARG(*frame->prev_instr)

HANDLER(deliver_compare_priority) {
    FINISH_COMPARISON_UNLESS_ASKED_AGAIN();
    CONTINUE_CALL(start_comparison(ts, frame, sp[-2], sp[-1], oparg), compare_last);
}

HANDLER(deliver_compare_left) {
    FINISH_COMPARISON_UNLESS_ASKED_AGAIN();
    CONTINUE_CALL(start_comparison(ts, frame, sp[-1], sp[-2], reflected[oparg]), compare_last);
}

HANDLER(deliver_compare_last) {
    FINISH_COMPARISON_UNLESS_ASKED_AGAIN();
    GOTO(compare_by_default);
}

// Neither operand knows.
HANDLER(compare_by_default) {
    PyObject* left = sp[-2];
    PyObject* right = sp[-1];
    if (oparg != Py_EQ && oparg != Py_NE) {
        _PyErr_Format(ts, PyExc_TypeError,
                      "'%s' not supported between instances of '%.100s' and '%.100s'",
                      symbols[oparg], Py_TYPE(left)->tp_name, Py_TYPE(right)->tp_name);
        GOTO(raise);
    }
    PyObject* result = new_bool((left == right) == (oparg == Py_EQ));
    oparg = reinterpret_cast<intptr_t>(result);
    GOTO(comparison_is_done);
}

}  // namespace stackless::eval
