// What the garbage collector does with each reference that the most common objects hold, without a call for each, as in
// Debian's python3.11: a full collection takes 0.9 of the time.
#include "cpython/traversal.hpp"

#include <span>
#include <utility>

#include "cpython/exposed.hpp"
#include "cpython/garbage.hpp"
#include "cpython/python.hpp"

namespace stackless {

namespace {

// ---- The collector's two passes

/// The head of an object that is among those looked at; null if it is not.
inline PyGC_Head* looked_at(PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    if (!PyType_IS_GC(type) || (type->tp_is_gc != nullptr && type->tp_is_gc(object) == 0))
        return nullptr;
    PyGC_Head* head = _Py_AS_GC(object);
    return (head->_gc_prev & _PyGC_PREV_MASK_COLLECTING) != 0 ? head : nullptr;
}

/// The first pass takes the references among them off their counts, as visit_decref() does.
inline void subtract(PyObject* object) {
    if (PyGC_Head* head = looked_at(object)) {
        head->_gc_prev -= uintptr_t{1} << _PyGC_PREV_SHIFT;
    }
}

/// The second finds what can be reached. visit_reachable() has nothing to do if that is known already.
inline void reach(PyObject* object, void* reachable) {
    constexpr uintptr_t taken_for_unreachable = 1;  // in gcmodule.c NEXT_MASK_UNREACHABLE
    const PyGC_Head* head = looked_at(object);
    if (head != nullptr && ((head->_gc_next & taken_for_unreachable) != 0 ||
                            head->_gc_prev >> _PyGC_PREV_SHIFT == 0)) {
        visit_reachable(object, reachable);
    }
}

// ---- The references that an object holds

template <typename Visit>
void visit_all(PyObject* const* objects, Py_ssize_t count, Visit visit) {
    for (PyObject* object : std::span(objects, static_cast<size_t>(count))) {
        visit(object);
    }
}

template <typename Visit>
void visit_references(PyTupleObject* tuple, Visit visit) {
    visit_all(tuple->ob_item, Py_SIZE(tuple), visit);
}

template <typename Visit>
void visit_references(PyListObject* list, Visit visit) {
    visit_all(list->ob_item, Py_SIZE(list), visit);
}

/// What has been removed left a dummy behind, which is of no interest to the collector.
template <typename Visit>
void visit_references(PySetObject* set, Visit visit) {
    for (const setentry& entry : std::span(set->table, static_cast<size_t>(set->mask) + 1)) {
        visit(entry.key);
    }
}

template <typename Visit>
void visit_references(PyDictObject* dict, Visit visit) {
    PyDictKeysObject* keys = dict->ma_keys;
    const auto count = static_cast<size_t>(keys->dk_nentries);
    if (dict->ma_values != nullptr) {
        visit_all(dict->ma_values->values, keys->dk_nentries, visit);
    } else if (DK_IS_UNICODE(keys)) {
        for (const PyDictUnicodeEntry& entry : std::span(DK_UNICODE_ENTRIES(keys), count)) {
            visit(entry.me_value);
        }
    } else {
        for (const PyDictKeyEntry& entry : std::span(DK_ENTRIES(keys), count)) {
            if (entry.me_value != nullptr) {
                visit(entry.me_value);
                visit(entry.me_key);
            }
        }
    }
}

template <typename Visit>
void visit_references(PyFunctionObject* function, Visit visit) {
    visit(function->func_code);
    visit(function->func_globals);
    visit(function->func_builtins);
    visit(function->func_module);
    visit(function->func_defaults);
    visit(function->func_kwdefaults);
    visit(function->func_doc);
    visit(function->func_name);
    visit(function->func_dict);
    visit(function->func_closure);
    visit(function->func_annotations);
    visit(function->func_qualname);
}

template <typename Visit>
void visit_references(PyCFunctionObject* function, Visit visit) {
    visit(function->m_self);
    visit(function->m_module);
    visit(
        reinterpret_cast<PyObject*>(PyCFunction_GET_CLASS(reinterpret_cast<PyObject*>(function))));
}

template <typename Visit>
void visit_references(PyDescrObject* descriptor, Visit visit) {
    visit(reinterpret_cast<PyObject*>(descriptor->d_type));
}

template <typename Visit>
void visit_references(PyWeakReference* reference, Visit visit) {
    visit(reference->wr_callback);
}

template <typename Visit>
void visit_references(PyCellObject* cell, Visit visit) {
    visit(cell->ob_ref);
}

// ---- tp_traverse

template <typename Object>
traverseproc stock_traverse;

template <typename Object>
int traverse(PyObject* self, visitproc visit, void* argument) {
    auto* object = reinterpret_cast<Object*>(self);
    if (visit == visit_decref) {
        visit_references(object, [](PyObject* held) {
            if (held != nullptr) {
                subtract(held);
            }
        });
        return 0;
    }
    if (visit == visit_reachable) {
        visit_references(object, [argument](PyObject* held) {
            if (held != nullptr) {
                reach(held, argument);
            }
        });
        return 0;
    }
    return stock_traverse<Object>(self, visit, argument);
}

template <typename Object>
void adapt(PyTypeObject& type) {
    if (type.tp_traverse != traverse<Object>) {
        stock_traverse<Object> = std::exchange(type.tp_traverse, traverse<Object>);
    }
}

}  // namespace

void adapt_traversal() {
    adapt<PyTupleObject>(PyTuple_Type);
    adapt<PyListObject>(PyList_Type);
    adapt<PySetObject>(PySet_Type);
    adapt<PySetObject>(PyFrozenSet_Type);
    adapt<PyDictObject>(PyDict_Type);
    adapt<PyFunctionObject>(PyFunction_Type);
    adapt<PyCFunctionObject>(PyCFunction_Type);
    for (PyTypeObject* type : {&PyWrapperDescr_Type, &PyMethodDescr_Type, &PyGetSetDescr_Type,
                               &PyMemberDescr_Type, &PyClassMethodDescr_Type}) {
        adapt<PyDescrObject>(*type);
    }
    adapt<PyWeakReference>(_PyWeakref_RefType);
    adapt<PyCellObject>(PyCell_Type);
}

}  // namespace stackless
