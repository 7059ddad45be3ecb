/* A host as one for Stackless Python is written. */
#include <Python.h>
#include <stdio.h>

#include "stackless_api.h"

int main(void) {
    PyTaskletObject* task;
    PyObject *function, *args, *result;
    Py_Initialize();
    PyRun_SimpleString("def greet(name): print('hello', name, flush=True)");
    function = PyObject_GetAttrString(PyImport_AddModule("__main__"), "greet");
    task = PyTasklet_New(NULL, function);
    args = Py_BuildValue("(s)", "world");
    if (task == NULL || PyTasklet_Setup(task, args, NULL) != 0)
        PyErr_Print();
    result = PyStackless_RunWatchdog(0);
    printf("%d tasklets are runnable\n", PyStackless_GetRunCount());
    Py_XDECREF(result);
    Py_XDECREF(args);
    Py_XDECREF(task);
    Py_XDECREF(function);
    return Py_FinalizeEx() < 0;
}
