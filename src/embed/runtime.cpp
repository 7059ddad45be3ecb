// Start and end of the runtime: see include/stackless/stackless_embed.h.
#include "embed/runtime.hpp"

#include <cstdio>

#include "cpython/ref.hpp"
#include "cstack/pool.hpp"
#include "embed/endpoint.hpp"
#include "embed/mailbox.hpp"
#include "embed/memory.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

stackless_runtime the_runtime;

namespace {

constexpr stackless_options default_options{};

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
        stackless::tell(error, error_size, status.err_msg == nullptr ? "failed" : status.err_msg);
        return nullptr;
    }
    mailbox.open();
    the_runtime = {.is_running = true, .generation = mailbox.generation()};
    if (!stackless::set_up_tasklets(options)) {
        stackless::tell_exception(error, error_size);
        stackless_end(&the_runtime);
        return nullptr;
    }
    stackless::memory::set_limit(options.memory_limit);
    return &the_runtime;
}

int stackless_end(stackless_runtime* runtime) {
    stackless::memory::set_limit(0);
    if (stackless::Scheduler* scheduler = stackless::Scheduler::if_used()) {
        scheduler->keeps_failed = false;
        scheduler->failed.reset();
    }
    // First the objects: what is given up from then on has none.
    stackless::Endpoint::release_all();
    mailbox.close();
    stackless::remove_callbacks();
    const int status = Py_FinalizeEx();
    *runtime = {};
    return status;
}

stackless_runtime* stackless_current() {
    return the_runtime.is_running ? &the_runtime : nullptr;
}

unsigned long stackless_number() {
    return the_runtime.is_running ? the_runtime.generation : 0;
}

void stackless_release(stackless_runtime* runtime) {
    runtime->released = PyEval_SaveThread();
}

void stackless_acquire(stackless_runtime* runtime) {
    PyEval_RestoreThread(runtime->released);
    runtime->released = nullptr;
}

void stackless_set_memory_limit(stackless_runtime*, size_t bytes) {
    stackless::memory::set_limit(bytes);
}

void stackless_get_statistics(stackless_runtime*, stackless_statistics* statistics) {
    const stackless::Scheduler* scheduler = stackless::Scheduler::if_used();
    *statistics = {
        .tasklets = static_cast<size_t>(stackless::Tasklet::count),
        .runnable = static_cast<size_t>(scheduler->run_queue.size()),
        .switches = scheduler->switches,
        .c_stacks = static_cast<size_t>(stackless::cstack::count()),
        .memory = stackless::memory::used(),
        .memory_limit = stackless::memory::limit(),
    };
}
