// Native functions: see include/stackless/stackless_embed.h.
#include <cstring>
#include <string>

#include "cpython/arguments.hpp"
#include "cpython/ref.hpp"
#include "embed/completion.hpp"
#include "embed/native.hpp"
#include "embed/runtime.hpp"
#include "eval/switching.hpp"

namespace stackless {

namespace {

/// A function with what belongs to it: the state of a module of its own, which is the `self` of the function object.
/// So it is pickled by its name, as the functions of any module in C are.
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
    // Between the loop and what the function calls is C code; not so for what it lets the tasklet wait for.
    PyThreadState* ts = PyThreadState_Get();
    const bool soft = eval::take_soft_call(ts);
    const Native* native = native_of(self);
    PyObject* result = native->function(native->data, args, count);
    if (!is_awaiting(result))
        return result;
    if (soft) {
        eval::allow_soft_call(ts);
    }
    return wait_for(result);
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

/// The module of this name, borrowed, which is made if there is none. Submodules are attributes of their packages.
static PyObject* find_or_make_module(const std::string& name) {
    PyObject* module = PyImport_AddModule(name.c_str());
    const size_t dot = name.rfind('.');
    if (module == nullptr || dot == std::string::npos)
        return module;
    PyObject* package = find_or_make_module(name.substr(0, dot));
    if (package == nullptr || PyObject_SetAttrString(package, name.c_str() + dot + 1, module) < 0)
        return nullptr;
    return module;
}

bool add_to_module(const char* module, const char* name, PyObject* function) {
    PyObject* owner = find_or_make_module(module);
    return owner != nullptr && PyObject_SetAttrString(owner, name, function) == 0;
}

}  // namespace stackless

int stackless_define_function(stackless_runtime*, const char* module, const char* name,
                              stackless_function function, void (*drop)(void*), void* data,
                              const char* signature) {
    const stackless::Ref made =
        stackless::make_native_function(module, name, function, drop, data, signature);
    return made && stackless::add_to_module(module, name, made.get()) ? 0 : -1;
}
