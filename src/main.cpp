// The program `stackless`: the command line of python3.11 on top of our loop.
#include <cstdlib>

#include "cpython/python.hpp"
#include "cpython/start_up.hpp"
#include "module/preparation.hpp"

namespace {

PyStatus initialize(const PyPreConfig& preliminary, PyConfig& config, int argc, char** argv) {
    PyStatus status = Py_PreInitializeFromBytesArgs(&preliminary, argc, argv);
    if (PyStatus_Exception(status))
        return status;
    status = PyConfig_SetBytesArgv(&config, argc, argv);
    return PyStatus_Exception(status) ? status : Py_InitializeFromConfig(&config);
}

/// The first half of Py_BytesMain(). Ends the process if it fails, or if all has been done, as for --version.
void initialize(int argc, char** argv) {
    PyPreConfig preliminary;
    PyConfig config;
    PyPreConfig_InitPythonConfig(&preliminary);
    PyConfig_InitPythonConfig(&config);
    const PyStatus status = initialize(preliminary, config, argc, argv);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) {
        Py_ExitStatusException(status);
    }
}

}  // namespace

int main(int argc, char** argv) {
    stackless::cpython::prepare_memory();
    stackless::cpython::put_off_collections();
    if (!stackless::prepare_process())
        return EXIT_FAILURE;
    initialize(argc, argv);
    stackless::cpython::age_objects();
    return Py_RunMain();
}
