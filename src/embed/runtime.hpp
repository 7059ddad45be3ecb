// The one runtime of the process.
#pragma once

#include "cpython/python.hpp"
#include "stackless/stackless_embed.h"

struct stackless_runtime {
    bool is_running = false;
    unsigned long generation = 0;  // of its mailbox
    PyThreadState* released = nullptr;
    stackless_error_callback on_error = nullptr;
    void* on_error_data = nullptr;
    stackless_output_callback on_output = nullptr;
    void* on_output_data = nullptr;
};

namespace stackless {

extern stackless_runtime the_runtime;

/// Gives the exception that is set to the error callback. `tasklet`, which it has left, may be null.
void report_error(PyObject* tasklet);

/// Before the interpreter ends: frees the C functions that stackless_callback() has made.
void remove_callbacks();

}  // namespace stackless
