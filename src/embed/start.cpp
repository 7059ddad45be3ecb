// The start of the runtime: see include/stackless/stackless_embed.h.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "cpython/path_configuration.hpp"
#include "cpython/ref.hpp"
#include "cstack/pool.hpp"
#include "embed/mailbox.hpp"
#include "embed/memory.hpp"
#include "embed/runtime.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

namespace {

constexpr stackless_options default_options{};

std::string narrow(const wchar_t* text) {
    char* encoded = text == nullptr ? nullptr : Py_EncodeLocale(text, nullptr);
    const std::string result = encoded == nullptr ? "" : encoded;
    PyMem_Free(encoded);
    return result;
}

/// Why the interpreter does not start. CPython says "failed to get the Python codec" where its library is not found.
std::string explain(const PyStatus& status) {
    const std::string reason = status.err_msg == nullptr ? "failed" : status.err_msg;
    const std::string library = narrow(_Py_GetStdlibDir());
    if (library.empty() || access((library + "/encodings/__init__.py").c_str(), R_OK) == 0)
        return reason;
    const char* home = Py_IgnoreEnvironmentFlag != 0 ? nullptr : std::getenv("PYTHONHOME");
    return "the standard library of Python " + std::to_string(PY_MAJOR_VERSION) + "." +
           std::to_string(PY_MINOR_VERSION) + " is not in " + library +
           (home == nullptr ? "; python3.11 has to be installed"
                            : std::string(", where PYTHONHOME=") + home + " says") +
           " (" + reason + ")";
}

/// The python that the library is of: what lies beside it is our standard library, too.
constexpr const char* python_program = "/usr/bin/python3.11";

PyStatus preinitialize(const stackless_options& options) {
    PyPreConfig config;
    if (options.isolated != 0) {
        PyPreConfig_InitIsolatedConfig(&config);
        config.utf8_mode = 1;
    } else {
        PyPreConfig_InitPythonConfig(&config);
    }
    return Py_PreInitialize(&config);
}

PyStatus set_up(PyConfig& config, const stackless_options& options) {
    // Otherwise CPython takes the standard library of whatever python3 is first in PATH.
    PyStatus status = PyConfig_SetBytesString(&config, &config.program_name, python_program);
    if (PyStatus_Exception(status))
        return status;
    config.parse_argv = 0;
    config.install_signal_handlers = options.signal_handlers;
    char empty[] = "";
    char* name = options.program_name == nullptr ? empty : const_cast<char*>(options.program_name);
    return PyConfig_SetBytesArgv(&config, 1, &name);
}

PyStatus initialize(const stackless_options& options) {
    PyConfig config;
    if (options.isolated != 0) {
        PyConfig_InitIsolatedConfig(&config);
    } else {
        PyConfig_InitPythonConfig(&config);
    }
    PyStatus status = set_up(config, options);
    if (!PyStatus_Exception(status)) {
        status = Py_InitializeFromConfig(&config);
    }
    PyConfig_Clear(&config);
    return status;
}

bool add_search_paths(const char* const* paths) {
    PyObject* all = PySys_GetObject("path");
    for (Py_ssize_t i = 0; paths != nullptr && paths[i] != nullptr; i++) {
        const Ref path = Ref::steal(PyUnicode_DecodeFSDefault(paths[i]));
        if (!path || all == nullptr || PyList_Insert(all, i, path.get()) < 0)
            return false;
    }
    return true;
}

bool set_c_stacks(const stackless_options& given) {
    cstack::Options options = cstack::options();
    if (given.c_stack_size != 0) {
        options.size = given.c_stack_size;
    }
    if (given.c_stack_maximum != 0) {
        options.limit = static_cast<long>(given.c_stack_maximum);
    }
    if (options.size < cstack::smallest_size || options.size > cstack::largest_size) {
        PyErr_Format(PyExc_ValueError,
                     "the size of a C stack must be from %zu to %zu bytes, not %zu",
                     cstack::smallest_size, cstack::largest_size, options.size);
        return false;
    }
    cstack::set_options(options);
    return true;
}

/// What the runtime needs beside the interpreter. False with an exception set.
bool set_up_tasklets(const stackless_options& options) {
    const Ref module = Ref::steal(PyImport_ImportModule("stackless"));
    Scheduler* scheduler = module ? Scheduler::of_this_thread() : nullptr;
    if (scheduler == nullptr || !add_search_paths(options.search_paths) || !set_c_stacks(options))
        return false;
    scheduler->keeps_failed = true;
    return true;
}

/// After a start that has failed half way: the interpreter is there, but without its library. Ends it, and forgets
/// where that was looked for, so that another start begins anew.
void end_half_started() {
    if (_PyRuntime.core_initialized != 0) {
        PyErr_Clear();
        _PyRuntime.initialized = 1;
        Py_FinalizeEx();
    }
    _PyPathConfig_ClearGlobal();
}

void tell(char* error, size_t size, const char* message) {
    if (error != nullptr && size != 0) {
        std::snprintf(error, size, "%s", message);
    }
}

void tell_exception(char* error, size_t size) {
    stackless_error description;
    stackless_fetch_error(&description);
    const char* message = PyUnicode_AsUTF8(description.message);
    tell(error, size, message == nullptr ? "the interpreter could not be prepared" : message);
    for (PyObject* object :
         {description.exception, description.type, description.message, description.traceback}) {
        Py_DECREF(object);
    }
}

}  // namespace

}  // namespace stackless

using stackless::mailbox;
using stackless::the_runtime;

stackless_runtime* stackless_start(const stackless_options* given, char* error, size_t error_size) {
    const stackless_options& options = given == nullptr ? stackless::default_options : *given;
    if (Py_IsInitialized() != 0) {
        stackless::tell(error, error_size, "an interpreter is running in this process already");
        return nullptr;
    }
    PyStatus status = stackless::preinitialize(options);
    if (!PyStatus_Exception(status)) {
        stackless::memory::begin_counting();
        status = stackless::initialize(options);
    }
    if (PyStatus_Exception(status)) {
        stackless::tell(error, error_size, stackless::explain(status).c_str());
        stackless::end_half_started();
        return nullptr;
    }
    mailbox.open();
    the_runtime.thread = PyThreadState_Get();
    the_runtime.generation = mailbox.generation();
    if (!stackless::set_up_tasklets(options)) {
        stackless::tell_exception(error, error_size);
        stackless_end(&the_runtime);
        return nullptr;
    }
    stackless::memory::set_limit(options.memory_limit);
    return &the_runtime;
}
