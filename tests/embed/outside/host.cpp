// Uses the C++ API, and loads an extension module.
#include <iostream>
#include <stackless/stackless.hpp>

static void run() {
    stackless::Runtime runtime;
    runtime.exec("import stackless, numpy, sqlite3, ctypes\n"
                 "def work(): stackless.schedule(); print(numpy.arange(5).sum(), flush=True)\n");
    runtime.start(runtime.eval("work"));
    runtime.run();
    std::cout << "stackless from " << runtime.import("stackless").attr("__file__").as<std::string>()
              << std::endl;
}

int main() {
    try {
        run();
    } catch (const std::exception& error) {
        std::cout << error.what() << std::endl;
        return 1;
    }
}
