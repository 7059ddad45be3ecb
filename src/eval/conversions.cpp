#include "eval/conversions.hpp"

#include <algorithm>

#include "cpython/exposed.hpp"
#include "cpython/ref.hpp"
#include "cpython/type_lookup.hpp"
#include "eval/activation.hpp"
#include "eval/hidden_functions.hpp"

namespace stackless::eval {

// ---- Which method makes the value.

namespace {

constexpr Conversion none{nullptr, Delivery::value};

/// The class's entry of this name, if it is a function in Python.
PyObject* python_method(PyTypeObject* type, PyObject* name) {
    PyObject* method = type_lookup(type, name);
    return method != nullptr && PyFunction_Check(method) ? method : nullptr;
}

bool has_length(PyTypeObject* type) {
    return type->tp_as_sequence != nullptr && type->tp_as_sequence->sq_length == slot_sq_length;
}

Conversion find_length(PyTypeObject* type) {
    return has_length(type) ? Conversion{&_Py_ID(__len__), Delivery::as_length} : none;
}

Conversion find_truth(PyTypeObject* type) {
    const inquiry truth = type->tp_as_number == nullptr ? nullptr : type->tp_as_number->nb_bool;
    if (truth == slot_nb_bool)
        return {&_Py_ID(__bool__), Delivery::as_bool};
    return truth == nullptr && has_length(type)
               ? Conversion{&_Py_ID(__len__), Delivery::as_bool_by_length}
               : none;
}

Conversion find_hash(PyTypeObject* type) {
    return type->tp_hash == slot_tp_hash ? Conversion{&_Py_ID(__hash__), Delivery::as_hash} : none;
}

Conversion find_text(PyTypeObject* type) {
    if (type->tp_str == slot_tp_str)
        return {&_Py_ID(__str__), Delivery::as_str};
    return type->tp_str == object_str && type->tp_repr == slot_tp_repr
               ? Conversion{&_Py_ID(__repr__), Delivery::as_str}
               : none;
}

Conversion find_representation(PyTypeObject* type) {
    return type->tp_repr == slot_tp_repr ? Conversion{&_Py_ID(__repr__), Delivery::as_repr} : none;
}

bool has_index(PyTypeObject* type) {
    return type->tp_as_number != nullptr && type->tp_as_number->nb_index == slot_nb_index;
}

Conversion find_integer(PyTypeObject* type) {
    const unaryfunc make = type->tp_as_number == nullptr ? nullptr : type->tp_as_number->nb_int;
    if (make == slot_nb_int)
        return {&_Py_ID(__int__), Delivery::as_int};
    return make == nullptr && has_index(type) ? Conversion{&_Py_ID(__index__), Delivery::as_index}
                                              : none;
}

Conversion find_index(PyTypeObject* type) {
    return has_index(type) && !PyType_HasFeature(type, Py_TPFLAGS_LONG_SUBCLASS)
               ? Conversion{&_Py_ID(__index__), Delivery::as_index}
               : none;
}

Conversion find_float_by(PyTypeObject* type, Delivery by_float, Delivery by_index) {
    const unaryfunc make = type->tp_as_number == nullptr ? nullptr : type->tp_as_number->nb_float;
    if (make == slot_nb_float)
        return {&_Py_ID(__float__), by_float};
    return make == nullptr && has_index(type) ? Conversion{&_Py_ID(__index__), by_index} : none;
}

Conversion find_floating(PyTypeObject* type) {
    return find_float_by(type, Delivery::as_float, Delivery::as_float_by_index);
}

Conversion find_complex(PyTypeObject* type) {
    if (PyObject* method = type_lookup(type, &_Py_ID(__complex__)))
        return PyFunction_Check(method) ? Conversion{&_Py_ID(__complex__), Delivery::as_complex}
                                        : none;
    return find_float_by(type, Delivery::as_complex_by_float, Delivery::as_complex_by_index);
}

Conversion find_bytes(PyTypeObject* type) {
    return python_method(type, &_Py_ID(__bytes__)) != nullptr
               ? Conversion{&_Py_ID(__bytes__), Delivery::as_bytes}
               : none;
}

}  // namespace

Conversion find_conversion(Target target, PyObject* object) {
    static constexpr Conversion (*finders[])(PyTypeObject*) = {
        nullptr,      find_length, find_truth,    find_hash,    find_text, find_representation,
        find_integer, find_index,  find_floating, find_complex, find_bytes};
    PyTypeObject* type = Py_TYPE(object);
    const auto finder = finders[static_cast<int>(target)];
    return finder != nullptr && PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) ? finder(type) : none;
}

bool needs_index(PyObject* key) {
    if (!PySlice_Check(key))
        return static_cast<bool>(find_conversion(Target::index, key));
    const auto* slice = reinterpret_cast<PySliceObject*>(key);
    return find_conversion(Target::index, slice->start) ||
           find_conversion(Target::index, slice->stop) ||
           find_conversion(Target::index, slice->step);
}

namespace {

/// Of long containers only the beginning is looked at.
constexpr Py_ssize_t glance = 32;

bool is_represented_in_python(PyObject* object, int depth);

bool has_python_items(PyObject* object, int depth) {
    if (PyTuple_CheckExact(object) || PyList_CheckExact(object)) {
        const Py_ssize_t size = std::min(PySequence_Fast_GET_SIZE(object), glance);
        for (Py_ssize_t i = 0; i < size; i++) {
            if (is_represented_in_python(PySequence_Fast_GET_ITEM(object, i), depth))
                return true;
        }
    } else if (PyDict_CheckExact(object)) {
        PyObject *key, *value;
        Py_ssize_t position = 0;
        for (int i = 0; i < glance && PyDict_Next(object, &position, &key, &value); i++) {
            if (is_represented_in_python(key, depth) || is_represented_in_python(value, depth))
                return true;
        }
    } else if (PyAnySet_CheckExact(object)) {
        PyObject* key;
        Py_hash_t hash;
        Py_ssize_t position = 0;
        for (int i = 0; i < glance && _PySet_NextEntry(object, &position, &key, &hash); i++) {
            if (is_represented_in_python(key, depth))
                return true;
        }
    }
    return false;
}

bool is_represented_in_python(PyObject* object, int depth) {
    PyTypeObject* type = Py_TYPE(object);
    return PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)
               ? type->tp_repr == slot_tp_repr
               : depth > 0 && has_python_items(object, depth - 1);
}

}  // namespace

bool has_python_items(PyObject* object) {
    constexpr int depth = 3;
    return has_python_items(object, depth);
}

Target direct_target(Hidden function) {
    switch (function) {
    case Hidden::convert_length:
        return Target::length;
    case Hidden::convert_truth:
        return Target::truth;
    case Hidden::convert_hash:
        return Target::hash;
    case Hidden::convert_text:
        return Target::text;
    case Hidden::convert_representation:
        return Target::representation;
    case Hidden::convert_integer:
        return Target::integer;
    case Hidden::convert_index:
        return Target::index;
    case Hidden::convert_floating:
        return Target::floating;
    case Hidden::convert_complex:
        return Target::complex;
    case Hidden::convert_bytes:
        return Target::bytes;
    default:
        return Target::none;
    }
}

// ---- What becomes of its result.

namespace {

/// The reference is dropped, and the exception set.
PyObject* refuse(PyObject* result, const char* message) {
    PyErr_Format(PyExc_TypeError, message, Py_TYPE(result)->tp_name);
    Py_DECREF(result);
    return nullptr;
}

PyObject* to_str(PyObject*, PyObject* result) {
    return PyUnicode_Check(result) ? result
                                   : refuse(result, "__str__ returned non-string (type %.200s)");
}

PyObject* to_repr(PyObject*, PyObject* result) {
    return PyUnicode_Check(result) ? result
                                   : refuse(result, "__repr__ returned non-string (type %.200s)");
}

/// The number that __len__() has returned (reference stolen), -1 with an exception set.
Py_ssize_t take_length(PyObject* result) {
    const Ref number = Ref::steal(_PyNumber_Index(result));
    Py_DECREF(result);
    if (!number)
        return -1;
    if (Py_SIZE(number.get()) < 0) {
        PyErr_SetString(PyExc_ValueError, "__len__() should return >= 0");
        return -1;
    }
    return PyNumber_AsSsize_t(number.get(), PyExc_OverflowError);
}

PyObject* to_length(PyObject*, PyObject* result) {
    const bool is_one_digit = PyLong_CheckExact(result) && (Py_SIZE(result) | 1) == 1;
    if (is_one_digit)
        return result;
    const Py_ssize_t length = take_length(result);
    return length < 0 ? nullptr : PyLong_FromSsize_t(length);
}

PyObject* to_bool(PyObject*, PyObject* result) {
    return PyBool_Check(result) ? result
                                : refuse(result, "__bool__ should return bool, returned %s");
}

PyObject* to_bool_by_length(PyObject*, PyObject* result) {
    const Py_ssize_t length = take_length(result);
    return length < 0 ? nullptr : new_bool(length > 0);
}

PyObject* to_hash(PyObject*, PyObject* result) {
    if (!PyLong_Check(result))
        return refuse(result, "__hash__ method should return an integer");
    Py_hash_t hash = PyLong_AsSsize_t(result);
    if (hash == -1 && PyErr_Occurred()) {
        PyErr_Clear();
        hash = PyLong_Type.tp_hash(result);
    }
    Py_DECREF(result);
    return PyLong_FromSsize_t(hash == -1 ? -2 : hash);
}

#define OF_A_SUBCLASS(type) \
    "  The ability to return an instance of a strict subclass of " type \
    " is deprecated, and may be removed in a future version of Python."

/// Of what is no exact int (reference stolen), an exact int.
PyObject* copy_int(PyObject* result, const char* refusal, const char* warning) {
    if (!PyLong_Check(result))
        return refuse(result, refusal);
    if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1, warning, Py_TYPE(result)->tp_name) != 0) {
        Py_DECREF(result);
        return nullptr;
    }
    PyObject* copy = _PyLong_Copy(reinterpret_cast<PyLongObject*>(result));
    Py_DECREF(result);
    return copy;
}

PyObject* to_int(PyObject*, PyObject* result) {
    return PyLong_CheckExact(result)
               ? result
               : copy_int(result, "__int__ returned non-int (type %.200s)",
                          "__int__ returned non-int (type %.200s)." OF_A_SUBCLASS("int"));
}

PyObject* to_index(PyObject*, PyObject* result) {
    return PyLong_CheckExact(result)
               ? result
               : copy_int(result, "__index__ returned non-int (type %.200s)",
                          "__index__ returned non-int (type %.200s)." OF_A_SUBCLASS("int"));
}

PyObject* to_float(PyObject* object, PyObject* result) {
    if (PyFloat_CheckExact(result))
        return result;
    const char* name = Py_TYPE(object)->tp_name;
    const Ref number = Ref::steal(result);
    if (!PyFloat_Check(result)) {
        PyErr_Format(PyExc_TypeError, "%.50s.__float__ returned non-float (type %.50s)", name,
                     Py_TYPE(result)->tp_name);
        return nullptr;
    }
    if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                         "%.50s.__float__ returned non-float (type %.50s)." OF_A_SUBCLASS("float"),
                         name, Py_TYPE(result)->tp_name) != 0)
        return nullptr;
    return PyFloat_FromDouble(PyFloat_AS_DOUBLE(result));
}

PyObject* to_float_by_index(PyObject* object, PyObject* result) {
    const Ref number = Ref::steal(to_index(object, result));
    if (!number)
        return nullptr;
    const double value = PyLong_AsDouble(number.get());
    return value == -1.0 && PyErr_Occurred() ? nullptr : PyFloat_FromDouble(value);
}

PyObject* to_complex(PyObject*, PyObject* result) {
    if (PyComplex_CheckExact(result))
        return result;
    if (!PyComplex_Check(result))
        return refuse(result, "__complex__ returned non-complex (type %.200s)");
    const Ref number = Ref::steal(result);
    if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                         "__complex__ returned non-complex (type %.200s)." OF_A_SUBCLASS("complex"),
                         Py_TYPE(result)->tp_name) != 0)
        return nullptr;
    return PyComplex_FromCComplex(PyComplex_AsCComplex(result));
}

PyObject* complex_of(PyObject* real) {
    const Ref number = Ref::steal(real);
    return number ? PyComplex_FromDoubles(PyFloat_AS_DOUBLE(real), 0.0) : nullptr;
}

PyObject* to_complex_by_float(PyObject* object, PyObject* result) {
    return complex_of(to_float(object, result));
}

PyObject* to_complex_by_index(PyObject* object, PyObject* result) {
    return complex_of(to_float_by_index(object, result));
}

PyObject* to_bytes(PyObject*, PyObject* result) {
    return PyBytes_Check(result) ? result
                                 : refuse(result, "__bytes__ returned non-bytes (type %.200s)");
}

}  // namespace

PyObject* finish_conversion(Delivery delivery, PyObject* object, PyObject* result) {
    switch (delivery) {
#define STACKLESS_FINISH(name) \
    case Delivery::as_##name: \
        return to_##name(object, result);
        STACKLESS_FINISH(length)
        STACKLESS_FINISH(bool)
        STACKLESS_FINISH(bool_by_length)
        STACKLESS_FINISH(hash)
        STACKLESS_FINISH(str)
        STACKLESS_FINISH(repr)
        STACKLESS_FINISH(int)
        STACKLESS_FINISH(index)
        STACKLESS_FINISH(float)
        STACKLESS_FINISH(float_by_index)
        STACKLESS_FINISH(complex)
        STACKLESS_FINISH(complex_by_float)
        STACKLESS_FINISH(complex_by_index)
        STACKLESS_FINISH(bytes)
#undef STACKLESS_FINISH
    default:
        return result;
    }
}

PyObject* escape_non_ascii(PyObject* text) {
    if (PyUnicode_IS_ASCII(text))
        return text;
    const Ref owned = Ref::steal(text);
    const Ref escaped = Ref::steal(_PyUnicode_AsASCIIString(text, "backslashreplace"));
    return escaped ? PyUnicode_DecodeASCII(PyBytes_AS_STRING(escaped.get()),
                                           PyBytes_GET_SIZE(escaped.get()), nullptr)
                   : nullptr;
}

#define DELIVER_CONVERTED(name) \
    HANDLER(deliver_as_##name) { \
        PyObject* object = sp[-1]; \
        PyObject* value = to_##name(object, DELIVERED()); \
        if (value == nullptr) [[unlikely]] \
            GOTO(raise); \
        sp[-1] = value; \
        DROP_AND_NEXT(object); \
    }

DELIVER_CONVERTED(length)
DELIVER_CONVERTED(bool)
DELIVER_CONVERTED(bool_by_length)
DELIVER_CONVERTED(hash)
DELIVER_CONVERTED(str)
DELIVER_CONVERTED(repr)
DELIVER_CONVERTED(int)
DELIVER_CONVERTED(index)
DELIVER_CONVERTED(float)
DELIVER_CONVERTED(float_by_index)
DELIVER_CONVERTED(complex)
DELIVER_CONVERTED(complex_by_float)
DELIVER_CONVERTED(complex_by_index)
DELIVER_CONVERTED(bytes)

// Truth of what is no bool may be up to another method in Python.
HANDLER(deliver_as_truth) {
    PyObject* result = DELIVERED();
    if (PyBool_Check(result)) {
        *sp++ = result;
        NEXT();
    }
    *sp++ = result;
    if (const Conversion conversion = find_conversion(Target::truth, result)) {
        const StartedCall started = start_conversion(ts, frame, result, conversion.method_name);
        if (conversion.delivery == Delivery::as_bool) {
            CONTINUE_CALL(started, as_bool);
        }
        CONTINUE_CALL(started, as_bool_by_length);
    }
    const int truth = PyObject_IsTrue(result);
    if (truth < 0)
        GOTO(raise);
    sp[-1] = new_bool(truth != 0);
    DROP_AND_NEXT(result);
}

// ---- Calls.

StartedCall start_conversion(PyThreadState* ts, const Frame* frame, PyObject* object,
                             PyObject* name) {
    PyObject* method = type_lookup(Py_TYPE(object), name);
    if (method != nullptr && PyFunction_Check(method))
        return start_call(ts, frame, method, object);
    const Ref bound = Ref::steal(_PyObject_LookupSpecial(object, name));
    if (!bound) {
        if (!_PyErr_Occurred(ts)) {
            _PyErr_SetObject(ts, PyExc_AttributeError, name);
        }
        return {};
    }
    return start_call(ts, frame, bound.get());
}

namespace {

/// Whether a function has a single parameter.
inline bool takes_self_only(const PyCodeObject* code) {
    constexpr int kinds = CO_OPTIMIZED | CO_VARARGS | CO_VARKEYWORDS;
    return code->co_argcount == 1 && (code->co_flags & kinds) == CO_OPTIMIZED &&
           code->co_kwonlyargcount == 0;
}

/// The frame of a method in Python; its arguments are borrowed.
Frame* push_method(PyThreadState* ts, PyObject* method, PyObject* self, PyObject* other = nullptr) {
    auto* function = reinterpret_cast<PyFunctionObject*>(Py_NewRef(method));
    if (other == nullptr && takes_self_only(reinterpret_cast<PyCodeObject*>(function->func_code)))
        [[likely]] {
        Frame* callee = push_frame(ts, function);
        if (callee != nullptr) {
            callee->localsplus[0] = Py_NewRef(self);
            std::fill(callee->localsplus + 1, callee->localsplus + callee->stacktop, nullptr);
        }
        return callee;
    }
    PyObject* const args[] = {Py_NewRef(self), Py_XNewRef(other)};
    return bind_and_push(ts, function, locals_for_call(function), args, other == nullptr ? 1 : 2,
                         nullptr);
}

}  // namespace

// On the stack are null, the builtin and the object. The object stays there alone.
HANDLER(call_conversion) {
    PyObject** base = sp - 3;
    PyObject* object = base[2];
    const Conversion conversion =
        find_conversion(direct_target(activation(ts)->redirect->function), object);
    PyObject* method = conversion ? type_lookup(Py_TYPE(object), conversion.method_name) : nullptr;
    if (method == nullptr || !is_inlinable(ts, method))
        GOTO(call_hidden);
    SAVE_IP();
    Frame* callee = push_method(ts, method, object);
    if (callee == nullptr)
        GOTO(raise);
    PyObject* builtin = base[1];
    base[0] = object;
    sp = base + 1;
    Py_DECREF(builtin);
    set_delivery(callee, conversion.delivery);
    ENTER_CALLEE(callee);
}

// On the stack are null, the builtin, the object and the class.
HANDLER(call_class_check) {
    PyObject** base = sp - 4;
    PyObject* checked = base[3];
    PyObject* name = activation(ts)->redirect->function == Hidden::isinstance_
                         ? &_Py_ID(__instancecheck__)
                         : &_Py_ID(__subclasscheck__);
    PyObject* method = type_lookup(Py_TYPE(checked), name);
    if (method == nullptr || !is_inlinable(ts, method))
        GOTO(call_hidden);
    SAVE_IP();
    Frame* callee = push_method(ts, method, checked, base[2]);
    if (callee == nullptr)
        GOTO(raise);
    set_delivery(callee, Delivery::as_truth);
    sp = base;
    Py_DECREF(base[1]);
    Py_DECREF(base[2]);
    Py_DECREF(checked);
    ENTER_CALLEE(callee);
}

/// Otherwise a union is no argument for isinstance().
static bool has_only_classes(PyObject* args) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++) {
        if (!PyType_Check(PyTuple_GET_ITEM(args, i)))
            return false;
    }
    return true;
}

static bool checks_in_python(PyObject* classes, PyObject* method_name, int depth) {
    if (PyType_CheckExact(classes) || depth == 0)
        return false;
    if (PyTuple_Check(classes)) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(classes); i++) {
            if (checks_in_python(PyTuple_GET_ITEM(classes, i), method_name, depth - 1))
                return true;
        }
        return false;
    }
    if (_PyUnion_Check(classes))
        return has_only_classes(_Py_union_args(classes)) &&
               checks_in_python(_Py_union_args(classes), method_name, depth - 1);
    return python_method(Py_TYPE(classes), method_name) != nullptr;
}

bool checks_in_python(PyObject* classes, PyObject* method_name) {
    constexpr int depth = 20;
    return checks_in_python(classes, method_name, depth);
}

}  // namespace stackless::eval
