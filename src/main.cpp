// The program `stackless`: the command line of python3.11 on top of our loop.
#include <cstdlib>

#include "cpython/python.hpp"
#include "cpython/start_up.hpp"
#include "eval/generators.hpp"
#include "eval/redirects.hpp"
#include "module/module.hpp"
#include "module/package.hpp"

int main(int argc, char** argv) {
    stackless::cpython::populate_memory();
    if (PyImport_AppendInittab("_stackless", PyInit__stackless) != 0 ||
        PyImport_AppendInittab("stackless", PyInit_stackless) != 0)
        return EXIT_FAILURE;
    stackless::eval::install_redirects();
    stackless::eval::adapt_generators();
    return Py_BytesMain(argc, argv);
}
