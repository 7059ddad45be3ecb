#include "pickle/resumed_iterator.hpp"

#include "cpython/exposed.hpp"
#include "pickle/reducers.hpp"

namespace stackless::pickle {

namespace {

Py_ssize_t size_of(const ResumedIterator* self) {
    if (self->kind == ResumedIterator::set)
        return PySet_GET_SIZE(self->container);
    if ((self->kind & ResumedIterator::deque) != 0)
        return Py_SIZE(self->container);
    return PyDict_GET_SIZE(self->container);
}

const char* complaint_of(int kind) {
    if (kind == ResumedIterator::set)
        return "Set changed size during iteration";
    return kind & ResumedIterator::deque ? "deque mutated during iteration"
                                         : "OrderedDict mutated during iteration";
}

/// False with RuntimeError set if the container has another size now, from then on for good.
bool check_size(ResumedIterator* self) {
    if (self->size == size_of(self))
        return true;
    self->size = ResumedIterator::has_changed;
    PyErr_SetString(PyExc_RuntimeError, complaint_of(self->kind));
    return false;
}

/// An iterator of the container, at its beginning.
Ref begin(const ResumedIterator* self) {
    PyObject* container = self->container;
    const bool is_reversed = self->kind & ResumedIterator::reversed;
    if (self->kind & ResumedIterator::deque) {
        auto* type = is_reversed ? &dequereviter_type : &dequeiter_type;
        return Ref::steal(PyObject_CallOneArg(reinterpret_cast<PyObject*>(type), container));
    }
    const bool has_keys = self->kind & ResumedIterator::keys;
    PyTypeObject* view_type = !has_keys                              ? &PyODictValues_Type
                              : self->kind & ResumedIterator::values ? &PyODictItems_Type
                                                                     : &PyODictKeys_Type;
    const Ref view = Ref::steal(_PyDictView_New(container, view_type));
    if (!view)
        return {};
    return Ref::steal(is_reversed ? PyObject_CallMethod(view.get(), "__reversed__", nullptr)
                                  : PyObject_GetIter(view.get()));
}

/// Goes to where the iterator was. False with an exception set.
bool find_place(ResumedIterator* self) {
    Ref iterator = begin(self);
    for (Py_ssize_t i = 0; iterator && i < self->passed; ++i) {
        const Ref item = Ref::steal(PyIter_Next(iterator.get()));
        if (!item) {
            if (PyErr_Occurred())
                return false;
            break;
        }
    }
    self->inner = iterator.release();
    return self->inner != nullptr;
}

PyObject* resumed_next(PyObject* object) {
    auto* self = reinterpret_cast<ResumedIterator*>(object);
    if (self->container == nullptr)
        return nullptr;
    const bool has_begun = self->inner != nullptr;
    if ((self->kind == ResumedIterator::set || !has_begun) && !check_size(self))
        return nullptr;
    if (!has_begun && !find_place(self))
        return nullptr;
    const Ref inner = Ref::borrow(self->inner);
    PyObject* item = PyIter_Next(inner.get());
    if (item == nullptr && !PyErr_Occurred()) {
        Py_CLEAR(self->container);
        Py_CLEAR(self->inner);
    }
    return item;
}

PyObject* length_hint(PyObject* object, PyObject*) {
    auto* self = reinterpret_cast<ResumedIterator*>(object);
    Py_ssize_t length = 0;
    if (self->container != nullptr && size_of(self) == self->size) {
        length = self->inner != nullptr ? PyObject_LengthHint(self->inner, 0)
                                        : self->size - self->passed;
    }
    return length < 0 && PyErr_Occurred() ? nullptr : PyLong_FromSsize_t(length);
}

PyObject* reduce_method(PyObject* object, PyObject*) {
    Pickling* pickling = current_pickling();
    return pickling == nullptr ? nullptr : reduce(object, *pickling);
}

int resumed_traverse(PyObject* object, visitproc visit, void* arg) {
    auto* self = reinterpret_cast<ResumedIterator*>(object);
    Py_VISIT(self->container);
    Py_VISIT(self->inner);
    return 0;
}

int resumed_clear(PyObject* object) {
    auto* self = reinterpret_cast<ResumedIterator*>(object);
    Py_CLEAR(self->container);
    Py_CLEAR(self->inner);
    return 0;
}

void resumed_dealloc(PyObject* object) {
    PyObject_GC_UnTrack(object);
    resumed_clear(object);
    Py_TYPE(object)->tp_free(object);
}

PyMethodDef methods[] = {
    {"__length_hint__", length_hint, METH_NOARGS,
     "__length_hint__($self, /)\n--\n\nHow many items are left."},
    {"__reduce__", reduce_method, METH_NOARGS, "__reduce__($self, /)\n--\n\nWhat pickle writes."},
    {}};

}  // namespace

PyTypeObject resumed_iterator_type = [] {
    PyTypeObject type{};
    type.ob_base.ob_base.ob_refcnt = 1;
    type.tp_name = "_stackless.resumed_iterator";
    type.tp_doc = "Iterates on over a set, an OrderedDict or a deque that has been unpickled.";
    type.tp_basicsize = sizeof(ResumedIterator);
    type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION;
    type.tp_dealloc = resumed_dealloc;
    type.tp_traverse = resumed_traverse;
    type.tp_clear = resumed_clear;
    type.tp_iter = PyObject_SelfIter;
    type.tp_iternext = resumed_next;
    type.tp_methods = methods;
    return type;
}();

PyObject* make_resumed_iterator(PyObject* container, PyObject* inner, int kind, Py_ssize_t size,
                                Py_ssize_t passed) {
    PyObject* made = resumed_iterator_type.tp_alloc(&resumed_iterator_type, 0);
    if (made != nullptr) {
        auto* self = reinterpret_cast<ResumedIterator*>(made);
        self->container = Py_NewRef(container);
        self->inner = Py_XNewRef(inner);
        self->kind = kind;
        self->size = size;
        self->passed = passed;
    }
    return made;
}

}  // namespace stackless::pickle
