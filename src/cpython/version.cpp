// The version string: sys.version, `stackless -VV` and the interactive banner show it.
#include <cstdio>

#include "config.hpp"
#include "cpython/python.hpp"

/// CPython's string, which platform.python_version() and others parse, with our name behind it.
extern "C" const char* Py_GetVersion() {
    static char version[250];
    if (version[0] == '\0') {
        std::snprintf(version, sizeof version, "%.80s (%.80s) %.40s [Stackless %s]", PY_VERSION,
                      Py_GetBuildInfo(), Py_GetCompiler(), STACKLESS_VERSION);
    }
    return version;
}
