// What a fatal error tells about tasklets: after the tracebacks of CPython's faulthandler or of
// Py_FatalError() come the C stack of the running tasklet and a line about each of the others. A
// process without tasklets reports as CPython does.
#pragma once

namespace stackless {

/// Writes this part of the report, for set_fatal_error_report(). The second time it does nothing.
void report_tasklets(int fd);

}  // namespace stackless
