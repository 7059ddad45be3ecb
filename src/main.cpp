// The program `stackless`: the command line of python3.11 on top of our loop.
#include <cstdlib>

#include "cpython/python.hpp"
#include "cpython/start_up.hpp"
#include "module/preparation.hpp"

int main(int argc, char** argv) {
    stackless::cpython::populate_memory();
    if (!stackless::prepare_process())
        return EXIT_FAILURE;
    return Py_BytesMain(argc, argv);
}
