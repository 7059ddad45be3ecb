// Feeds mutated pickles to the interpreter (libFuzzer). What is done with them, and how they are mutated, is in Python:
// pickle_driver.py and pickle_mutator.py.
#include <cstdint>
#include <cstdlib>

#include "cpython/python.hpp"
#include "cpython/ref.hpp"
#include "module/preparation.hpp"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

using stackless::Ref;

PyObject* run_function = nullptr;
PyObject* mutate_function = nullptr;
PyObject* cross_function = nullptr;

[[noreturn]] void give_up() {
    PyErr_Print();
    std::abort();
}

/// A function of a module in Python, owned.
PyObject* find_function(const char* module_name, const char* name) {
    const Ref module = Ref::steal(PyImport_ImportModule(module_name));
    PyObject* function = module ? PyObject_GetAttrString(module.get(), name) : nullptr;
    if (function == nullptr) {
        give_up();
    }
    return function;
}

void start_python(char* program) {
    // The sanitizer has to see each object.
    setenv("PYTHONMALLOC", "malloc", 1);
    if (!stackless::prepare_process()) {
        std::abort();
    }
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.install_signal_handlers = 0;
    PyConfig_SetBytesString(&config, &config.program_name, program);
    const PyStatus status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) {
        Py_ExitStatusException(status);
    }
}

size_t copy_result(const Ref& bytes, uint8_t* data, size_t max_size) {
    char* text;
    Py_ssize_t length;
    if (!bytes || PyBytes_AsStringAndSize(bytes.get(), &text, &length) != 0) {
        give_up();
    }
    const size_t size =
        static_cast<size_t>(length) < max_size ? static_cast<size_t>(length) : max_size;
    __builtin_memcpy(data, text, size);
    return size;
}

Ref bytes_of(const uint8_t* data, size_t size) {
    return Ref::steal(PyBytes_FromStringAndSize(reinterpret_cast<const char*>(data),
                                                static_cast<Py_ssize_t>(size)));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    (void)argc;
    start_python((*argv)[0]);
    run_function = find_function("pickle_driver", "run");
    mutate_function = find_function("pickle_mutator", "mutate");
    cross_function = find_function("pickle_mutator", "cross");
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const Ref input = bytes_of(data, size);
    const Ref done = Ref::steal(PyObject_CallOneArg(run_function, input.get()));
    if (!done) {
        give_up();
    }
    return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
    if (seed % 16 == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    const Ref input = bytes_of(data, size);
    return copy_result(Ref::steal(PyObject_CallFunction(mutate_function, "OI", input.get(), seed)),
                       data, max_size);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* first, size_t first_size,
                                            const uint8_t* second, size_t second_size, uint8_t* out,
                                            size_t max_size, unsigned int seed) {
    const Ref one = bytes_of(first, first_size);
    const Ref other = bytes_of(second, second_size);
    return copy_result(
        Ref::steal(PyObject_CallFunction(cross_function, "OOI", one.get(), other.get(), seed)), out,
        max_size);
}
