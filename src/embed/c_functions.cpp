// Plain C functions, called by a description of their types: stackless_define().
#include <new>

#include "embed/native.hpp"
#include "embed/signature.hpp"

namespace stackless {

namespace {

struct CFunction {
    Signature signature;
    void (*function)();
    const char* name;  // within the function object
};

PyObject* call(void* data, PyObject* const* args, ptrdiff_t count) {
    auto* native = static_cast<CFunction*>(data);
    Signature& signature = native->signature;
    if (count != signature.count()) {
        PyErr_Format(PyExc_TypeError, "a native function takes %d arguments (%zd given)",
                     signature.count(), count);
        return nullptr;
    }
    CValue values[Signature::most_arguments];
    void* places[Signature::most_arguments];
    for (int i = 0; i < count; i++) {
        if (!to_c(args[i], signature.arguments()[i], values[i]))
            return nullptr;
        places[i] = &values[i];
    }
    CValue result{};
    ffi_call(signature.interface(), native->function, &result, places);
    return result_to_python(signature.result(), result);
}

void drop(void* data) {
    delete static_cast<CFunction*>(data);
}

}  // namespace

}  // namespace stackless

int stackless_define(stackless_runtime* runtime, const char* module, const char* name,
                     const char* signature, void (*function)()) {
    if (function == nullptr) {
        PyErr_Format(PyExc_ValueError, "the function for %s.%s is NULL", module, name);
        return -1;
    }
    auto* native = new (std::nothrow) stackless::CFunction{{}, function, name};
    if (native == nullptr) {
        PyErr_NoMemory();
        return -1;
    }
    if (!native->signature.parse(signature)) {
        stackless::drop(native);
        return -1;
    }
    return stackless_define_function(runtime, module, name, stackless::call, stackless::drop,
                                     native, nullptr);
}
