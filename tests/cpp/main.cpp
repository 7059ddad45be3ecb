// Runs the tests in an initialised interpreter.
#include <gtest/gtest.h>

#include <cstdlib>

#include "cpython/python.hpp"
#include "module/preparation.hpp"

namespace {

PyStatus initialize(int argc, char** argv) {
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.parse_argv = 0;  // the options are GoogleTest's
    PyStatus status = PyConfig_SetBytesArgv(&config, argc, argv);
    if (!PyStatus_Exception(status)) {
        status = Py_InitializeFromConfig(&config);
    }
    PyConfig_Clear(&config);
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    if (!stackless::prepare_process())
        return EXIT_FAILURE;
    const PyStatus status = initialize(argc, argv);
    if (PyStatus_Exception(status)) {
        Py_ExitStatusException(status);
    }
    const int failed = RUN_ALL_TESTS();
    return Py_FinalizeEx() < 0 ? EXIT_FAILURE : failed;
}
