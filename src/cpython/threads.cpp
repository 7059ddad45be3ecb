#include "cpython/threads.hpp"

namespace stackless {

bool parse_thread_id(PyObject* argument, unsigned long& thread_id) {
    thread_id = PyThread_get_thread_ident();
    if (argument == nullptr)
        return true;
    int overflow;
    const long signed_id = PyLong_AsLongAndOverflow(argument, &overflow);
    if (signed_id == -1 && overflow == 0)
        return !PyErr_Occurred();
    thread_id = PyLong_AsUnsignedLong(argument);
    return !PyErr_Occurred();
}

PyThreadState* find_thread(unsigned long thread_id) {
    PyThreadState* ts = PyInterpreterState_ThreadHead(PyInterpreterState_Get());
    while (ts != nullptr && ts->thread_id != thread_id) {
        ts = PyThreadState_Next(ts);
    }
    return ts;
}

}  // namespace stackless
