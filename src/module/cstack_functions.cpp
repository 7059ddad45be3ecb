// The functions of the module that concern C stacks, and what may be said about them when the program
// is started.
#include <cstdlib>

#include "cpython/arguments.hpp"
#include "cpython/ref.hpp"
#include "cstack/pool.hpp"
#include "module/functions.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

namespace {

PyObject* enable_softswitch(PyObject*, PyObject* flag) {
    const bool old = Scheduler::soft_switching;
    if (flag != Py_None) {
        const int enable = PyObject_IsTrue(flag);
        if (enable < 0)
            return nullptr;
        Scheduler::soft_switching = enable != 0;
    }
    return PyBool_FromLong(old);
}

/// Sets an option from an argument, if there is one. False with an exception set.
bool parse_option(PyObject* argument, const char* name, size_t lowest, size_t& option) {
    if (argument == nullptr || argument == Py_None)
        return true;
    const size_t value = PyLong_AsSize_t(argument);
    if (value == static_cast<size_t>(-1) && PyErr_Occurred() &&
        !PyErr_ExceptionMatches(PyExc_OverflowError))
        return false;
    PyErr_Clear();
    if (value < lowest || value > cstack::largest_size) {
        PyErr_Format(PyExc_ValueError, "the %s must be a number from %zu to %zu, not %S", name,
                     lowest, cstack::largest_size, argument);
        return false;
    }
    option = value;
    return true;
}

PyObject* cstack_options(PyObject*, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
    static const char* const keywords[] = {"size", "limit", nullptr};
    static _PyArg_Parser parser = argument_parser("|OO:cstack_options", keywords);
    PyObject *size_argument = nullptr, *limit_argument = nullptr;
    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &size_argument,
                                      &limit_argument))
        return nullptr;
    const cstack::Options old = cstack::options();
    size_t size = old.size;
    auto limit = static_cast<size_t>(old.limit);
    if (!parse_option(size_argument, "size of a C stack", cstack::smallest_size, size) ||
        !parse_option(limit_argument, "limit of C stacks", 1, limit))
        return nullptr;
    cstack::set_options({.size = size, .limit = static_cast<long>(limit)});
    return Py_BuildValue("(nl)", static_cast<Py_ssize_t>(old.size), old.limit);
}

PyObject* getuncollectables(PyObject*, PyObject*) {
    const Scheduler* scheduler = Scheduler::of_this_thread();
    Ref tasklets = Ref::steal(scheduler == nullptr ? nullptr : PyList_New(0));
    if (!tasklets)
        return nullptr;
    for (const ParkedStack* parked = scheduler->parked_stacks(); parked != nullptr;
         parked = parked->next()) {
        if (!parked->tasklet()->is_main() &&
            PyList_Append(tasklets.get(), parked->tasklet()->object()) < 0)
            return nullptr;
    }
    return tasklets.release();
}

constexpr const char* variable = "STACKLESS_CSTACK";

bool set_from_text(const char* text, const char* where) {
    cstack::Options options = cstack::options();
    if (!cstack::parse_options(text, options)) {
        PyErr_Format(
            PyExc_ValueError,
            "%s must be SIZE or SIZE,LIMIT (as in 512K,1000): the bytes of a C stack, from "
            "256K to 1G, and how many there may be; not '%s'",
            where, text);
        return false;
    }
    cstack::set_options(options);
    return true;
}

}  // namespace

bool read_cstack_options() {
    PyObject* options = PySys_GetObject("_xoptions");
    PyObject* option =
        options == nullptr ? nullptr : PyDict_GetItemString(options, "stackless-cstack");
    if (option != nullptr) {
        const char* text = PyUnicode_Check(option) ? PyUnicode_AsUTF8(option) : "";
        return text != nullptr && set_from_text(text, "-X stackless-cstack");
    }
    const char* text = Py_IgnoreEnvironmentFlag != 0 ? nullptr : std::getenv(variable);
    return text == nullptr || *text == '\0' || set_from_text(text, variable);
}

PyMethodDef cstack_functions[] = {
    {"enable_softswitch", enable_softswitch, METH_O,
     "enable_softswitch($module, flag, /)\n--\n\n"
     "Whether tasklets are switched without switching the C stack, where that is possible: in\n"
     "all threads. Returns the old flag; None asks for it."},
    {"cstack_options", as_method(cstack_options), METH_FASTCALL | METH_KEYWORDS,
     "cstack_options($module, /, size=None, limit=None)\n--\n\n"
     "Sets the size, in bytes, of the C stacks made from now on, and how many there may be at\n"
     "most, those of threads not counted. Returns the old (size, limit). The program may be\n"
     "started with -X stackless-cstack=SIZE,LIMIT or STACKLESS_CSTACK=SIZE,LIMIT as well.\n\n"
     "A tasklet needs a C stack where C code stands between its Python functions when it is\n"
     "switched away from. Where there is no further one, the switch raises MemoryError.\n\n"
     "ValueError: the size is below 262144, or the limit below 1."},
    {"getuncollectables", getuncollectables, METH_NOARGS,
     "getuncollectables($module, /)\n--\n\n"
     "The tasklets of this thread that hold C stacks, but for main and the running one, as a\n"
     "list. stackless.uncollectables is the same. As Stackless Python 3.8."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless
