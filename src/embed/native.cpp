// Native functions: see include/stackless/stackless_embed.h.
#include <cstring>

#include "cpython/arguments.hpp"
#include "cpython/ref.hpp"
#include "embed/native.hpp"
#include "embed/runtime.hpp"
#include "eval/switching.hpp"

namespace stackless {

namespace {

/// A function with what belongs to it. A capsule owns it, which is the `self` of the function object.
struct Native {
    stackless_function function;
    void (*drop)(void* data);
    void* data;
    PyMethodDef definition;
    char* text;  // the name, and behind it the docstring
};

constexpr const char* capsule_name = "stackless.native";

void destroy(Native* native) {
    if (native->drop != nullptr) {
        native->drop(native->data);
    }
    PyMem_Free(native->text);
    PyMem_Free(native);
}

void destroy_capsule(PyObject* capsule) {
    destroy(static_cast<Native*>(PyCapsule_GetPointer(capsule, capsule_name)));
}

PyObject* call(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    const auto* native = static_cast<Native*>(PyCapsule_GetPointer(self, capsule_name));
    return native->function(native->data, args, count);
}

char* make_text(const char* name, const char* signature) {
    const size_t name_size = std::strlen(name) + 1;
    const size_t signature_size = signature == nullptr ? 0 : std::strlen(signature) + 1;
    auto* text = static_cast<char*>(PyMem_Malloc(name_size + signature_size));
    if (text == nullptr)
        return nullptr;
    std::memcpy(text, name, name_size);
    if (signature_size != 0) {
        std::memcpy(text + name_size, signature, signature_size);
    }
    return text;
}

/// Takes over `data` in any case.
Ref make_capsule(const char* name, stackless_function function, void (*drop)(void*), void* data,
                 const char* signature) {
    auto* native = static_cast<Native*>(PyMem_Malloc(sizeof(Native)));
    char* text = native == nullptr ? nullptr : make_text(name, signature);
    if (text == nullptr) {
        PyMem_Free(native);
        if (drop != nullptr) {
            drop(data);
        }
        PyErr_NoMemory();
        return {};
    }
    *native = {function, drop, data, {}, text};
    native->definition = {text, as_method(call), METH_FASTCALL | eval::METH_SWITCHES,
                          signature == nullptr ? nullptr : text + std::strlen(text) + 1};
    Ref capsule = Ref::steal(PyCapsule_New(native, capsule_name, destroy_capsule));
    if (!capsule) {
        destroy(native);
    }
    return capsule;
}

}  // namespace

Ref make_native_function(const char* module, const char* name, stackless_function function,
                         void (*drop)(void*), void* data, const char* signature) {
    const Ref capsule = make_capsule(name, function, drop, data, signature);
    const Ref module_name = Ref::steal(capsule ? PyUnicode_FromString(module) : nullptr);
    if (!module_name)
        return {};
    auto* native = static_cast<Native*>(PyCapsule_GetPointer(capsule.get(), capsule_name));
    return Ref::steal(PyCFunction_NewEx(&native->definition, capsule.get(), module_name.get()));
}

bool add_to_module(const char* module, const char* name, PyObject* function) {
    // Submodules are found through their packages.
    const char* dot = std::strrchr(module, '.');
    PyObject* owner = PyImport_AddModule(module);
    if (owner == nullptr)
        return false;
    if (dot != nullptr) {
        const Ref package =
            Ref::steal(PyUnicode_FromStringAndSize(module, static_cast<Py_ssize_t>(dot - module)));
        PyObject* parent = package ? PyImport_AddModuleObject(package.get()) : nullptr;
        if (parent == nullptr || PyObject_SetAttrString(parent, dot + 1, owner) < 0)
            return false;
    }
    return PyObject_SetAttrString(owner, name, function) == 0;
}

}  // namespace stackless

int stackless_define_function(stackless_runtime*, const char* module, const char* name,
                              stackless_function function, void (*drop)(void*), void* data,
                              const char* signature) {
    const stackless::Ref made =
        stackless::make_native_function(module, name, function, drop, data, signature);
    return made && stackless::add_to_module(module, name, made.get()) ? 0 : -1;
}
