#include "cpython/broken_process.hpp"

namespace stackless {

namespace {

// What is broken may lead in circles.
constexpr int most_frames = 10000;
constexpr int most_base_classes = 100;
constexpr long most_objects = 100000000;

bool is_instance(const PyObject* object, const PyTypeObject* type) {
    return object != nullptr && object->ob_type == type;
}

/// The place of an instruction; the beginning of the code if there is no such instruction.
bool find_code_location(PyObject* object, const Instr* at, PythonLocation& location) {
    auto* code = reinterpret_cast<PyCodeObject*>(object);
    if (!is_instance(object, &PyCode_Type) || !is_instance(code->co_filename, &PyUnicode_Type) ||
        !is_instance(code->co_name, &PyUnicode_Type))
        return false;
    const auto offset = at - _PyCode_CODE(code);
    const bool inside = offset >= 0 && offset < Py_SIZE(code);
    location = {code->co_filename, code->co_name, code->co_firstlineno};
    if (inside && is_instance(code->co_linetable, &PyBytes_Type)) {
        location.line = PyCode_Addr2Line(code, static_cast<int>(offset * sizeof(Instr)));
    }
    return true;
}

/// Tells instances of a class. Remembers its answers, as most objects are of a few classes.
class ClassTest {
public:
    explicit ClassTest(const PyTypeObject* wanted) : wanted_(wanted) {}

    bool operator()(const PyTypeObject* type) {
        const PyTypeObject*& known_other = others_[reinterpret_cast<uintptr_t>(type) / 64 % known];
        if (type == known_other)
            return false;
        if (is_derived(type))
            return true;
        known_other = type;
        return false;
    }

private:
    bool is_derived(const PyTypeObject* type) const {
        for (int i = 0; i < most_base_classes && type != wanted_; i++) {
            if (type == nullptr)
                return false;
            type = type->tp_base;
        }
        return type == wanted_;
    }

    static constexpr size_t known = 64;
    const PyTypeObject* wanted_;
    const PyTypeObject* others_[known] = {};
};

/// What stands at the beginning of each object in a list of the garbage collector.
struct TrackedObject {
    PyGC_Head head;
    PyObject object;
};

}  // namespace

bool find_location(const Frame* frame, PythonLocation& location) {
    for (int i = 0; i < most_frames && frame != nullptr; i++) {
        if (frame->f_code == nullptr)
            return false;
        if (!_PyFrame_IsIncomplete(const_cast<Frame*>(frame))) {
            auto* code = reinterpret_cast<PyObject*>(frame->f_code);
            return find_code_location(code, frame->prev_instr, location);
        }
        frame = frame->previous;
    }
    return false;
}

bool find_location(const PyObject* function, PythonLocation& location) {
    const PyObject* callable = function;
    if (is_instance(function, &PyMethod_Type)) {
        callable = reinterpret_cast<const PyMethodObject*>(function)->im_func;
    }
    if (!is_instance(callable, &PyFunction_Type))
        return false;
    const auto* python_function = reinterpret_cast<const PyFunctionObject*>(callable);
    return find_code_location(python_function->func_code, nullptr, location);
}

void visit_instances(PyTypeObject* type, bool (*visit)(PyObject*, void*), void* argument) {
    struct _gc_runtime_state& state = _PyInterpreterState_Main()->gc;
    PyGC_Head* const lists[] = {&state.generations[0].head, &state.generations[1].head,
                                &state.generations[2].head, &state.permanent_generation.head};
    ClassTest is_wanted(type);
    long left = most_objects;
    for (PyGC_Head* list : lists) {
        uintptr_t next = list->_gc_next;
        while (next != reinterpret_cast<uintptr_t>(list) && left-- > 0) {
            auto* place = reinterpret_cast<TrackedObject*>(next);
            if (is_wanted(place->object.ob_type) && !visit(&place->object, argument))
                return;
            // The collector uses the lowest bit while it works.
            next = place->head._gc_next & ~uintptr_t{1};
        }
    }
}

}  // namespace stackless
