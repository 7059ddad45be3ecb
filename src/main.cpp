// The program `stackless`: the command line of python3.11 on top of our loop.
#include <climits>
#include <cstdlib>
#include <string>
#include <unistd.h>

#include "config.hpp"
#include "cpython/python.hpp"
#include "module/module.hpp"

namespace {

using namespace stackless;

/// The directory of the running program; empty if the system does not say.
std::string program_directory() {
    char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    if (length <= 0)
        return {};
    const std::string program(path, static_cast<size_t>(length));
    return program.substr(0, program.rfind('/'));
}

/// Where `import stackless` finds the Python part: the source tree while the program is where it was built,
/// otherwise beside the place that it was installed to.
std::string library_directory() {
    const std::string directory = program_directory();
    if (directory.empty())
        return STACKLESS_LIB_DIR_INSTALLED;
    return directory == STACKLESS_BUILD_DIR ? STACKLESS_LIB_DIR_BUILD
                                            : directory.substr(0, directory.rfind('/')) + "/lib/stackless";
}

/// False with an exception set.
bool extend_sys_path() {
    PyObject* path = PySys_GetObject("path");
    PyObject* entry = PyUnicode_DecodeFSDefault(library_directory().c_str());
    const bool done = entry != nullptr && path != nullptr && PyList_Check(path) && PyList_Append(path, entry) == 0;
    Py_XDECREF(entry);
    return done;
}

PyStatus initialize(int argc, char** argv) {
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    PyStatus status = PyConfig_SetBytesArgv(&config, argc, argv);
    if (!PyStatus_Exception(status)) {
        status = Py_InitializeFromConfig(&config);
    }
    PyConfig_Clear(&config);
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    if (PyImport_AppendInittab("_stackless", PyInit__stackless) != 0)
        return EXIT_FAILURE;
    const PyStatus status = initialize(argc, argv);
    if (PyStatus_IsExit(status))
        return status.exitcode;
    if (PyStatus_Exception(status)) {
        Py_ExitStatusException(status);
    }
    if (!extend_sys_path()) {
        PyErr_Print();
        return EXIT_FAILURE;
    }
    return Py_RunMain();
}
