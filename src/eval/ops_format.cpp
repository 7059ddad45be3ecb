// f-strings, and the operator % of str.
#include "cpython/call_sites.hpp"
#include "cpython/formatting.hpp"
#include "cpython/ref.hpp"
#include "cpython/type_lookup.hpp"
#include "eval/conversions.hpp"
#include "eval/handler.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/modulo.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

HANDLER(format_object);
HANDLER(format_converted);

namespace {

inline bool has_spec(intptr_t oparg) {
    return (oparg & FVS_MASK) == FVS_HAVE_SPEC;
}

/// What !s, !r and !a make by C code.
PyObject* convert(PyObject* value, intptr_t oparg) {
    switch (oparg & FVC_MASK) {
    case FVC_STR:
        return PyObject_Str(value);
    case FVC_REPR:
        return PyObject_Repr(value);
    case FVC_ASCII:
        return PyObject_ASCII(value);
    default:
        return Py_NewRef(value);
    }
}

/// What format() makes by C code; `spec` may be null.
PyObject* format(PyObject* value, PyObject* spec) {
    if (spec == nullptr && PyUnicode_CheckExact(value))
        return Py_NewRef(value);
    PyObject* text = spec != nullptr ? format_at_once(value, spec) : nullptr;
    return text != nullptr || PyErr_Occurred() != nullptr ? text : PyObject_Format(value, spec);
}

StartedCall start_container_repr(PyThreadState* ts, const Frame* frame, PyObject* container) {
    return {push_hidden_frame(ts, frame, Hidden::container_repr, {Py_NewRef(container)})};
}

}  // namespace

OP(FORMAT_VALUE) {
    SAVE_IP();
    PyObject** place = has_spec(oparg) ? sp - 2 : sp - 1;
    if (may_be_represented_in_python(*place)) [[unlikely]]
        GOTO(format_object);
    PyObject* spec = has_spec(oparg) ? *--sp : nullptr;
    PyObject* value = convert(sp[-1], oparg);
    PyObject* text = nullptr;
    if (value != nullptr) {
        text = format(value, spec);
        Py_DECREF(value);
    }
    Py_XDECREF(spec);
    if (text == nullptr)
        GOTO(raise);
    PyObject* old = sp[-1];
    sp[-1] = text;
    Py_DECREF(old);
    NEXT();
}

// An instance of a class in Python, or a container: first the conversion that is asked for.
HANDLER(format_object) {
    if ((oparg & FVC_MASK) == FVC_NONE)
        GOTO(format_converted);
    PyObject** place = has_spec(oparg) ? sp - 2 : sp - 1;
    PyObject* object = *place;
    const Target target = (oparg & FVC_MASK) == FVC_STR ? Target::text : Target::representation;
    if (const Conversion conversion = find_conversion(target, object)) {
        CONTINUE_CALL(start_conversion(ts, frame, object, conversion.method_name), converted);
    }
    if (has_python_items(object)) {
        CONTINUE_CALL(start_container_repr(ts, frame, object), converted);
    }
    PyObject* text = convert(object, oparg);
    if (text == nullptr)
        GOTO(raise);
    *place = text;
    Py_DECREF(object);
    GOTO(format_converted);
}

HANDLER(deliver_converted) {
    PyObject* result = DELIVERED();
    oparg = argument_at(frame, ip - 1);
    PyObject** place = has_spec(oparg) ? sp - 2 : sp - 1;
    const int conversion = oparg & FVC_MASK;
    PyObject* text = finish_conversion(conversion == FVC_STR ? Delivery::as_str : Delivery::as_repr,
                                       *place, result);
    if (text != nullptr && conversion == FVC_ASCII) {
        text = escape_non_ascii(text);
    }
    if (text == nullptr)
        GOTO(raise);
    PyObject* object = *place;
    *place = text;
    Py_DECREF(object);
    GOTO(format_converted);
}

namespace {

/// Whether objects of the type are formatted as object() is, which is by their __str__.
inline bool formats_as_object(PyTypeObject* type) {
    return type_lookup(type, &_Py_ID(__format__)) ==
           type_lookup(&PyBaseObject_Type, &_Py_ID(__format__));
}

/// Whether formatting the value, with a specification or null, is to be left to C code.
inline bool formats_in_c(PyObject* value) {
    PyTypeObject* type = Py_TYPE(value);
    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE))
        return true;
    PyObject* method = type_lookup(type, &_Py_ID(__format__));
    return method == nullptr || Py_IS_TYPE(method, &PyMethodDescr_Type);
}

StartedCall start_format(PyThreadState* ts, const Frame* frame, PyObject* value, PyObject* spec) {
    PyObject* method = type_lookup(Py_TYPE(value), &_Py_ID(__format__));
    if (PyFunction_Check(method))
        return start_call(ts, frame, method, value, spec);
    const Ref bound = Ref::steal(_PyObject_LookupSpecial(value, &_Py_ID(__format__)));
    return bound ? start_call(ts, frame, bound.get(), spec) : StartedCall{};
}

}  // namespace

// The value, converted if that was asked for, and perhaps the specification are on the stack.
HANDLER(format_converted) {
    PyObject* spec = has_spec(oparg) ? sp[-1] : nullptr;
    PyObject** place = spec != nullptr ? sp - 2 : sp - 1;
    PyObject* value = *place;
    const bool is_plain = spec == nullptr || PyUnicode_GetLength(spec) == 0;
    if (is_plain && formats_as_object(Py_TYPE(value))) {
        if (const Conversion conversion = find_conversion(Target::text, value)) {
            CONTINUE_CALL(start_conversion(ts, frame, value, conversion.method_name),
                          formatted_str);
        }
        if (has_python_items(value)) {
            CONTINUE_CALL(start_container_repr(ts, frame, value), formatted_str);
        }
    }
    if (!formats_in_c(value)) {
        CONTINUE_CALL(start_format(ts, frame, value, spec != nullptr ? spec : &_Py_STR(empty)),
                      formatted);
    }
    PyObject* text = format(value, spec);
    if (text == nullptr)
        GOTO(raise);
    sp = place;
    *sp++ = text;
    Py_XDECREF(spec);
    DROP_AND_NEXT(value);
}

// `format % values` with a str on the left.
HANDLER(format_by_modulo) {
    PyObject* format = sp[-2];
    PyObject* values = sp[-1];
    PyObject* text = format_by_modulo_at_once(format, values);
    if (text == nullptr && _PyErr_Occurred(ts))
        GOTO(raise);
    if (text == nullptr && is_modulo_in_python(format, values)) {
        sp -= 2;
        Frame* callee = push_hidden_frame(ts, frame, Hidden::modulo, {format, values});
        if (callee == nullptr)
            GOTO(raise);
        SKIP_CACHE(BINARY_OP);
        ENTER_CALLEE(callee);
    }
    if (text == nullptr) {
        text = PyNumber_Remainder(format, values);
        if (text == nullptr)
            GOTO(raise);
    }
    sp--;
    sp[-1] = text;
    SKIP_CACHE(BINARY_OP);
    DROP_TWO_AND_NEXT(format, values);
}

HANDLER(deliver_formatted_str) {
    PyObject* text = finish_conversion(Delivery::as_str, nullptr, DELIVERED());
    if (text == nullptr)
        GOTO(raise);
    oparg = reinterpret_cast<intptr_t>(text);
    GOTO(deliver_formatted);
}

HANDLER(deliver_formatted) {
    PyObject* text = DELIVERED();
    if (!PyUnicode_Check(text)) {
        _PyErr_Format(ts, PyExc_TypeError, "__format__ must return a str, not %.200s",
                      Py_TYPE(text)->tp_name);
        Py_DECREF(text);
        GOTO(raise);
    }
    PyObject* spec = has_spec(argument_at(frame, ip - 1)) ? *--sp : nullptr;
    PyObject* value = sp[-1];
    sp[-1] = text;
    Py_XDECREF(spec);
    DROP_AND_NEXT(value);
}

}  // namespace stackless::eval
