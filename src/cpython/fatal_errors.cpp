// The linker leads calls of two functions of libpython here (--wrap, for calls from one of its object
// files to another): see docs/internals/replaced-functions.md.
#include "cpython/fatal_errors.hpp"

#include <cstdio>

#include "cpython/python.hpp"

namespace stackless {

namespace {

void no_report(int) {}

void (*fatal_error_report)(int fd) = no_report;

}  // namespace

void set_fatal_error_report(void (*report)(int fd)) {
    fatal_error_report = report;
}

}  // namespace stackless

extern "C" void __real__Py_DumpExtensionModules(int fd, PyInterpreterState* interpreter);
extern "C" void __real__PyFaulthandler_Fini();

// The last that faulthandler writes about a fatal signal. For tracebacks that a program asks for it does
// not call this.
extern "C" void __wrap__Py_DumpExtensionModules(int fd, PyInterpreterState* interpreter) {
    __real__Py_DumpExtensionModules(fd, interpreter);
    stackless::fatal_error_report(fd);
}

// Py_FatalError() calls it once it has written all that it knows; Py_FinalizeEx() calls it too.
extern "C" void __wrap__PyFaulthandler_Fini() {
    if (_PyRuntimeState_GetFinalizing(&_PyRuntime) == nullptr) {
        stackless::fatal_error_report(fileno(stderr));
    }
    __real__PyFaulthandler_Fini();
}
