// The calls of getattr(), setattr() and delattr() that run code in Python. ip is at the next instruction already.
#include "eval/attributes.hpp"
#include "eval/handler.hpp"

namespace stackless::eval {

HANDLER(getattr_error);

// While it is called, the stack of getattr() is: object, name, default. The last one is null if there is none.

HANDLER(call_getattr) {
    SAVE_IP();
    PyObject** const base = sp - oparg - 2;
    sp = keep_arguments(sp, oparg);
    if (sp - base == 2) {
        *sp++ = nullptr;
    }
    const Access access = find_getter(base[0], base[1]);
    if (access.kind == Access::failed)
        GOTO(raise);
    StartedCall started = access.start(ts, frame);
    if (access.kind == Access::by_c || access.kind == Access::method) {
        started.result = PyObject_GetAttr(base[0], base[1]);
    }
    const Delivery delivery =
        access.kind == Access::call_or_hook ? Delivery::getattr_hooked : Delivery::getattr;
    if (started.callee != nullptr) {
        set_delivery(started.callee, delivery);
        ENTER_CALLEE(started.callee);
    }
    if (started.result == nullptr) {
        oparg = static_cast<intptr_t>(delivery);
        if (_PyErr_ExceptionMatches(ts, PyExc_AttributeError))
            GOTO(getattr_error);
        GOTO(raise);
    }
    oparg = reinterpret_cast<intptr_t>(started.result);
    GOTO(deliver_getattr);
}

HANDLER(deliver_getattr) {
    PyObject* fallback = *--sp;
    PyObject* attribute_name = *--sp;
    PyObject* owner = sp[-1];
    sp[-1] = DELIVERED();
    Py_XDECREF(fallback);
    Py_DECREF(attribute_name);
    Py_DECREF(owner);
    NEXT();
}

HANDLER(deliver_getattr_hooked) {
    GOTO(deliver_getattr);
}

/// An AttributeError is set; oparg is the Delivery that the result would have had.
HANDLER(getattr_error) {
    PyObject* owner = sp[-3];
    PyObject* attribute_name = sp[-2];
    if (static_cast<Delivery>(oparg) == Delivery::getattr_hooked) {
        if (PyObject* hook = take_over_by_hook(owner)) {
            const StartedCall begun = start_call(ts, frame, hook, owner, attribute_name);
            Py_DECREF(hook);
            if (begun.callee != nullptr) {
                set_delivery(begun.callee, Delivery::getattr);
                ENTER_CALLEE(begun.callee);
            }
            oparg = reinterpret_cast<intptr_t>(begun.result);
            if (begun.result != nullptr)
                GOTO(deliver_getattr);
            if (!_PyErr_ExceptionMatches(ts, PyExc_AttributeError))
                GOTO(raise);
        }
    }
    if (sp[-1] == nullptr) {
        add_attribute_context(owner, attribute_name);
        GOTO(raise);
    }
    _PyErr_Clear(ts);
    oparg = reinterpret_cast<intptr_t>(Py_NewRef(sp[-1]));
    GOTO(deliver_getattr);
}

// What these return is None, whatever the function in Python returns: it takes the place of the arguments before the
// function is entered.

HANDLER(call_setattr) {
    SAVE_IP();
    PyObject** const base = sp - oparg - 2;
    sp = keep_arguments(sp, oparg);
    const Access access = find_setter(base[0], base[1], base[2]);
    StartedCall started;
    if (access.calls()) {
        started = access.start(ts, frame);
    } else if (PyObject_SetAttr(base[0], base[1], base[2]) == 0) {
        started.result = Py_NewRef(Py_None);
    }
    PyObject* const values[] = {base[0], base[1], base[2]};
    base[0] = Py_NewRef(Py_None);
    sp = base + 1;
    for (PyObject* value : values) {
        Py_DECREF(value);
    }
    CONTINUE_CALL(started, nothing);
}

HANDLER(call_delattr) {
    SAVE_IP();
    PyObject** const base = sp - oparg - 2;
    sp = keep_arguments(sp, oparg);
    const Access access = find_setter(base[0], base[1], nullptr);
    StartedCall started;
    if (access.calls()) {
        started = access.start(ts, frame);
    } else if (PyObject_SetAttr(base[0], base[1], nullptr) == 0) {
        started.result = Py_NewRef(Py_None);
    }
    PyObject* const values[] = {base[0], base[1]};
    base[0] = Py_NewRef(Py_None);
    sp = base + 1;
    for (PyObject* value : values) {
        Py_DECREF(value);
    }
    CONTINUE_CALL(started, nothing);
}

}  // namespace stackless::eval
