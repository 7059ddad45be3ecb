#include "eval/hidden_frames.hpp"

#include <climits>

#include "cpython/ref.hpp"
#include "eval/frames.hpp"

namespace stackless::eval {

namespace {

struct HiddenFunction {
    const char* name;
    int stack_size;
    Py_ssize_t length;
    unsigned char bytecode[4];
};

constexpr HiddenFunction functions[] = {
    {"<tasklet>", 4, 4, {CALL_FUNCTION_EX, 1, RETURN_VALUE, 0}},
    {"<switch>", 1, 4, {NOP, 0, RETURN_VALUE, 0}},
};

Ref make_code(const HiddenFunction& function) {
    Ref bytecode = Ref::steal(
        PyBytes_FromStringAndSize(reinterpret_cast<const char*>(function.bytecode), function.length));
    Ref empty_bytes = Ref::steal(PyBytes_FromStringAndSize(nullptr, 0));
    Ref empty_tuple = Ref::steal(PyTuple_New(0));
    Ref name = Ref::steal(PyUnicode_InternFromString(function.name));
    if (!bytecode || !empty_bytes || !empty_tuple || !name)
        return {};
    PyObject* none = empty_tuple.get();
    PyCodeObject* code = PyCode_New(0, 0, 0, function.stack_size, CO_OPTIMIZED | CO_NEWLOCALS, bytecode.get(), none,
                                    none, none, none, none, name.get(), name.get(), name.get(), 1,
                                    empty_bytes.get(), empty_bytes.get());
    if (code != nullptr) {
        // A frame that has not reached this place yet counts as incomplete, and is left out everywhere.
        code->_co_firsttraceable = INT_MAX / 4;
    }
    return Ref::steal(reinterpret_cast<PyObject*>(code));
}

Ref make_function(const HiddenFunction& function) {
    Ref code = make_code(function);
    Ref globals = Ref::steal(code ? PyDict_New() : nullptr);
    return Ref::steal(globals ? PyFunction_New(code.get(), globals.get()) : nullptr);
}

/// The function behind hidden frames of a kind, kept in the interpreter's dictionary. A new reference.
Ref function_for(PyThreadState* ts, HiddenCode what) {
    const HiddenFunction& function = functions[static_cast<int>(what)];
    PyObject* store = PyInterpreterState_GetDict(ts->interp);
    Ref key = Ref::steal(PyUnicode_FromFormat("stackless.%s", function.name));
    if (store == nullptr || !key)
        return {};
    PyObject* known = PyDict_GetItemWithError(store, key.get());
    if (known != nullptr || PyErr_Occurred())
        return Ref::borrow(known);
    Ref made = make_function(function);
    if (!made || PyDict_SetItem(store, key.get(), made.get()) != 0)
        return {};
    return made;
}

}  // namespace

Frame* push_hidden_frame(PyThreadState* ts, HiddenCode what) {
    Ref function = function_for(ts, what);
    if (!function)
        return nullptr;
    return push_frame(ts, reinterpret_cast<PyFunctionObject*>(function.release()));
}

}  // namespace stackless::eval
