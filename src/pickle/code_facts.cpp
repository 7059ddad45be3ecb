#include "pickle/code_facts.hpp"

#include <optional>

#include "cpython/interpreter_end.hpp"

namespace stackless::pickle {

namespace {

/// Called when the code object is destroyed.
void free_facts(void* memory) {
    auto* facts = static_cast<CodeFacts*>(memory);
    Py_XDECREF(facts->module);
    Py_XDECREF(facts->global_names);
    if (facts->free_stack_map != nullptr) {
        facts->free_stack_map(facts->stack_map);
    }
    PyMem_Free(facts);
}

/// Where code objects keep it: their places for such things are given out by the interpreter.
Py_ssize_t extra_index() {
    static OfInterpreter<std::optional<Py_ssize_t>> index;
    if (!*index) {
        *index = _PyEval_RequestCodeExtraIndex(free_facts);
    }
    return **index;
}

}  // namespace

CodeFacts* facts_of(PyCodeObject* code) {
    auto* object = reinterpret_cast<PyObject*>(code);
    const Py_ssize_t index = extra_index();
    void* known = nullptr;
    if (index < 0) {
        PyErr_NoMemory();
        return nullptr;
    }
    if (_PyCode_GetExtra(object, index, &known) != 0 || known != nullptr)
        return static_cast<CodeFacts*>(known);
    auto* made = static_cast<CodeFacts*>(PyMem_Calloc(1, sizeof(CodeFacts)));
    if (made == nullptr || _PyCode_SetExtra(object, index, made) != 0) {
        PyMem_Free(made);
        PyErr_NoMemory();
        return nullptr;
    }
    return made;
}

}  // namespace stackless::pickle
