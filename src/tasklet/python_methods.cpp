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

/// Copies a function from the class of the same name in the source.
bool copy_method(PyObject* globals, PyTypeObject* type, const char* class_name,
                 const char* method_name) {
    PyObject* class_in_source = PyDict_GetItemString(globals, class_name);
    const Ref method = Ref::steal(PyObject_GetAttrString(class_in_source, method_name));
    if (!method || PyDict_SetItemString(type->tp_dict, method_name, method.get()) < 0)
        return false;
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
    return done && copy_method(globals.get(), &channel_type, "channel", "send_sequence") &&
           copy_method(globals.get(), &tasklet_type, "tasklet", "context_run");
}

}  // namespace stackless
