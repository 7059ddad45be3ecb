// Native functions: see include/stackless/stackless_embed.h.
#include <cstring>

#include "cpython/arguments.hpp"
#include "cpython/ref.hpp"
#include "embed/native.hpp"
#include "embed/runtime.hpp"
#include "eval/switching.hpp"

namespace stackless {

namespace {

/// A function with what belongs to it: the state of a module of its own, which is the `self` of the function object. So it is
/// pickled by its name, as the functions of any module in C are.
struct Native {
    stackless_function function;
    void (*drop)(void* data);
    void* data;
    PyMethodDef definition;
    char* text;  // the name, and behind it the docstring
};

Native* native_of(PyObject* self) {
    return static_cast<Native*>(PyModule_GetState(self));
}

void destroy(void* self) {
    const Native* native = native_of(static_cast<PyObject*>(self));
    if (native->drop != nullptr) {
        native->drop(native->data);
    }
    PyMem_Free(native->text);
}

PyModuleDef self_definition = {
    .m_base = PyModuleDef_HEAD_INIT, .m_name = "", .m_size = sizeof(Native), .m_free = destroy};

PyObject* call(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    const Native* native = native_of(self);
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
Ref make_self(const char* name, stackless_function function, void (*drop)(void*), void* data,
              const char* signature) {
    Ref self = Ref::steal(PyModule_Create(&self_definition));
    char* text = self ? make_text(name, signature) : nullptr;
    if (text == nullptr) {
        if (drop != nullptr) {
            drop(data);
        }
        return Ref::steal(PyErr_NoMemory());
    }
    Native* native = native_of(self.get());
    *native = {function, drop, data, {}, text};
    native->definition = {text, as_method(call), METH_FASTCALL | eval::METH_SWITCHES,
                          signature == nullptr ? nullptr : text + std::strlen(text) + 1};
    return self;
}

}  // namespace

Ref make_native_function(const char* module, const char* name, stackless_function function,
                         void (*drop)(void*), void* data, const char* signature) {
    const Ref self = make_self(name, function, drop, data, signature);
    const Ref module_name = Ref::steal(self ? PyUnicode_FromString(module) : nullptr);
    if (!module_name)
        return {};
    return Ref::steal(
        PyCFunction_NewEx(&native_of(self.get())->definition, self.get(), module_name.get()));
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
