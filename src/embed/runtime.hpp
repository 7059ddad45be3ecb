// The one runtime of the process.
#pragma once

#include <atomic>

#include "cpython/python.hpp"
#include "stackless/stackless_embed.h"

struct stackless_runtime {
    /// The number of its mailbox. 0: none is running. Other threads ask for it.
    std::atomic<unsigned long> generation{0};
    PyThreadState* thread = nullptr;  // that has started it
    int callbacks_active = 0;         // of errors and of posted calls
    PyThreadState* released = nullptr;
    stackless_error_callback on_error = nullptr;
    void* on_error_data = nullptr;
    stackless_output_callback on_output = nullptr;
    void* on_output_data = nullptr;
};

namespace stackless {

extern stackless_runtime the_runtime;

/// While a callback of the host runs that no frame of Python shows.
class CallbackActive {
public:
    CallbackActive() { the_runtime.callbacks_active++; }
    ~CallbackActive() { the_runtime.callbacks_active--; }
    CallbackActive(const CallbackActive&) = delete;
    CallbackActive& operator=(const CallbackActive&) = delete;
};

/// Whether this is the runtime's thread, and it holds the GIL. False with an exception set, if it holds the GIL.
[[nodiscard]] bool is_runtimes_thread();

/// False with an exception set if the host has handed over no object: what should have made it may have failed.
[[nodiscard]] bool require_object(PyObject* object);

/// Gives the exception that is set to the error callback. `tasklet`, which it has left, may be null.
void report_error(PyObject* tasklet);

/// Before the interpreter ends: frees the C functions that stackless_callback() has made.
void remove_callbacks();

}  // namespace stackless
