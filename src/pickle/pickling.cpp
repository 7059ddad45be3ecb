#include "pickle/pickling.hpp"

#include <utility>

#include "pickle/hook.hpp"
#include "pickle/reducers.hpp"

namespace stackless::pickle {

namespace {

// What was asked last. It may be one of a pickler that is done; then it is as good as any.
thread_local Pickling* current = nullptr;
// What the runs that begin now are trials for, or null.
thread_local Pickling* tried_for = nullptr;

int pickling_traverse(PyObject* self, visitproc visit, void* arg) {
    auto* pickling = reinterpret_cast<Pickling*>(self);
    Py_VISIT(pickling->pickler);
    Py_VISIT(pickling->computations);
    Py_VISIT(pickling->namespaces);
    Py_VISIT(pickling->linked_exceptions);
    return 0;
}

int pickling_clear(PyObject* self) {
    auto* pickling = reinterpret_cast<Pickling*>(self);
    Py_CLEAR(pickling->pickler);
    Py_CLEAR(pickling->computations);
    Py_CLEAR(pickling->namespaces);
    Py_CLEAR(pickling->linked_exceptions);
    return 0;
}

void pickling_dealloc(PyObject* self) {
    PyObject_GC_UnTrack(self);
    if (current == reinterpret_cast<Pickling*>(self)) {
        current = nullptr;
    }
    pickling_clear(self);
    Py_TYPE(self)->tp_free(self);
}

PyObject* call(PyObject* self, PyObject* const* args, size_t flags, PyObject* kwnames) {
    if (PyVectorcall_NARGS(flags) != 1 || kwnames != nullptr) {
        PyErr_SetString(PyExc_TypeError, "reducer_override() takes one argument");
        return nullptr;
    }
    current = reinterpret_cast<Pickling*>(self);
    return reduce(args[0], *current);
}

}  // namespace

PyTypeObject pickling_type = [] {
    PyTypeObject type{};
    type.ob_base.ob_base.ob_refcnt = 1;
    type.tp_name = "_stackless.reducer";
    type.tp_doc = "Reduces the objects that a pickler asks for, see Pickler.reducer_override().";
    type.tp_basicsize = sizeof(Pickling);
    type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                    Py_TPFLAGS_DISALLOW_INSTANTIATION;
    type.tp_vectorcall_offset = offsetof(Pickling, vectorcall);
    type.tp_call = PyVectorcall_Call;
    type.tp_dealloc = pickling_dealloc;
    type.tp_traverse = pickling_traverse;
    type.tp_clear = pickling_clear;
    return type;
}();

RefTo<Pickling> new_pickling(PyObject* pickler, int protocol) {
    auto made = RefTo<Pickling>::steal(
        reinterpret_cast<Pickling*>(pickling_type.tp_alloc(&pickling_type, 0)));
    if (made) {
        made->vectorcall = call;
        Py_XINCREF(pickler);
        made->pickler = pickler;
        made->protocol = protocol;
    }
    if (made && tried_for != nullptr) {
        made->is_trial = true;
        made->within_program = tried_for->within_program;
        made->computations =
            tried_for->computations == nullptr ? nullptr : PySequence_List(tried_for->computations);
        if (PyErr_Occurred())
            return {};
    }
    return made;
}

Trial::Trial(Pickling& pickling) : outer_(std::exchange(tried_for, &pickling)), current_(current) {}

Trial::~Trial() {
    tried_for = outer_;
    current = current_;
}

void Pickling::note_computation(PyObject* object) {
    // Without a pickler, nobody would ever drop it.
    if (pickler == nullptr)
        return;
    if (computations == nullptr) {
        computations = PyList_New(0);
    }
    if (computations == nullptr || PyList_Append(computations, object) != 0) {
        // It is missing in messages, that is all.
        PyErr_Clear();
    }
}

Pickling* current_pickling() {
    // Of no pickler: there is one for all threads, and nothing is noted in it.
    static Pickling* of_none = nullptr;
    if (current != nullptr)
        return current;
    if (of_none == nullptr) {
        of_none = new_pickling(nullptr, default_protocol).release();
    }
    return of_none;
}

}  // namespace stackless::pickle
