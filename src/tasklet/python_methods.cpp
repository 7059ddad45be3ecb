#include "tasklet/python_methods.hpp"

#include "cpython/python.hpp"
#include "cpython/ref.hpp"
#include "tasklet/channel.hpp"
#include "tasklet/contexts.hpp"
#include "tasklet/tasklet.hpp"

namespace stackless {

namespace {

constexpr const char* source = R"(
class channel:
    def send_sequence(self, seq, /):
        """Sends each item of an iterable, as send() does. Returns how many there were.

        Raises what the iterable raises, and what send() raises.
        """
        count = 0
        for item in seq:
            send(self, item)
            count += 1
        return count

    def __copy__(self):
        """A channel with the same settings, which nobody waits at."""
        from stackless import _copying
        return _copying.copy_channel(self)

    def __deepcopy__(self, memo, /):
        """A channel with copies of all that wait at it, but for main tasklets."""
        from stackless import _copying
        return _copying.deepcopy_tasklet(self, memo)

class tasklet:
    def context_run(self, callable, /, *args, **kwargs):
        """Calls callable(*args, **kwargs) in the contextvars context of the tasklet.

        As Stackless Python 3.8.
        """
        outer = exchange_context(context_of(self))
        try:
            return callable(*args, **kwargs)
        finally:
            exchange_context(outer)

    def __copy__(self):
        """A paused tasklet that stands where this one does, with frames of its own and the same values in them."""
        from stackless import _copying
        return _copying.copy_tasklet(self)

    def __deepcopy__(self, memo, /):
        """A tasklet that stands where this one does, with copies of all that its frames hold."""
        from stackless import _copying
        return _copying.deepcopy_tasklet(self, memo)
)";

PyObject* call_exchange_context(PyObject*, PyObject* context) {
    if (context != Py_None && !PyContext_CheckExact(context)) {
        PyErr_SetString(PyExc_TypeError, "exchange_context() needs a context or None");
        return nullptr;
    }
    PyObject* old =
        exchange_context(PyThreadState_Get(), context == Py_None ? nullptr : Py_NewRef(context));
    return old == nullptr ? Py_NewRef(Py_None) : old;
}

PyObject* call_context_of(PyObject*, PyObject* tasklet) {
    if (!PyObject_TypeCheck(tasklet, &tasklet_type)) {
        PyErr_Format(PyExc_TypeError, "context_run() needs a tasklet, not %s",
                     Py_TYPE(tasklet)->tp_name);
        return nullptr;
    }
    return context_of(as_tasklet(tasklet)).release();
}

PyMethodDef exchange_context_definition = {"exchange_context", call_exchange_context, METH_O,
                                           nullptr};
PyMethodDef context_of_definition = {"context_of", call_context_of, METH_O, nullptr};

/// The names that the source uses. Null with an exception set if that fails.
Ref make_globals() {
    return Ref::steal(
        Py_BuildValue("{s:s, s:O, s:O, s:N, s:N}",                                 //
                      "__name__", "stackless",                                     //
                      "__builtins__", PyInterpreterState_Get()->builtins,          //
                      "send", PyDict_GetItemString(channel_type.tp_dict, "send"),  //
                      "exchange_context", PyCFunction_New(&exchange_context_definition, nullptr),
                      "context_of", PyCFunction_New(&context_of_definition, nullptr)));
}

/// Copies the functions from the class of the same name in the source.
bool copy_methods(PyObject* globals, PyTypeObject* type, const char* class_name) {
    const auto* source_class =
        reinterpret_cast<PyTypeObject*>(PyDict_GetItemString(globals, class_name));
    PyObject *name, *method;
    Py_ssize_t position = 0;
    while (PyDict_Next(source_class->tp_dict, &position, &name, &method)) {
        if (PyFunction_Check(method) && PyDict_SetItem(type->tp_dict, name, method) < 0)
            return false;
    }
    PyType_Modified(type);
    return true;
}

}  // namespace

bool add_python_methods() {
    const Ref globals = make_globals();
    const Ref code =
        globals ? Ref::steal(Py_CompileString(source, "<stackless>", Py_file_input)) : nullptr;
    const Ref done =
        code ? Ref::steal(PyEval_EvalCode(code.get(), globals.get(), globals.get())) : nullptr;
    return done && copy_methods(globals.get(), &channel_type, "channel") &&
           copy_methods(globals.get(), &tasklet_type, "tasklet");
}

}  // namespace stackless
