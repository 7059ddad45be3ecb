// What else is written about a fatal error: after faulthandler's tracebacks for a signal, and after
// those of Py_FatalError().
#pragma once

namespace stackless {

/// The function writes to a file descriptor. It must be one that a signal handler may call.
void set_fatal_error_report(void (*report)(int fd));

}  // namespace stackless
