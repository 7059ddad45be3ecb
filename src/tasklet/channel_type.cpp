// The class `channel` and its attributes. Its methods are in channel_methods.cpp.
#include "tasklet/channel.hpp"

#include "eval/switching.hpp"

namespace stackless {

namespace {

PyObject* channel_new(PyTypeObject* type, PyObject*, PyObject*) {
    Channel* channel = as_channel(type->tp_alloc(type, 0));
    if (channel == nullptr)
        return nullptr;
    channel->preference = -1;
    return channel->object();
}

int channel_traverse(PyObject* self, visitproc visit, void* arg) {
    for (Tasklet* tasklet = as_channel(self)->waiting.first(); tasklet != nullptr;
         tasklet = tasklet->next) {
        Py_VISIT(tasklet);
    }
    Py_VISIT(as_channel(self)->restoring);
    return 0;
}

int channel_clear(PyObject* self) {
    Channel* channel = as_channel(self);
    while (Tasklet* tasklet = channel->waiting.first()) {
        channel->remove(tasklet);
        Py_CLEAR(tasklet->channel);
        Py_DECREF(tasklet);
    }
    Py_CLEAR(channel->restoring);
    return 0;
}

// Nobody waits on a channel that is deallocated: they would keep it alive.
void channel_dealloc(PyObject* self) {
    PyObject_GC_UnTrack(self);
    if (as_channel(self)->weakrefs != nullptr) {
        PyObject_ClearWeakRefs(self);
    }
    Py_CLEAR(as_channel(self)->restoring);
    Py_TYPE(self)->tp_free(self);
}

// ---- Attributes

PyObject* get_balance(PyObject* self, void*) {
    return PyLong_FromSsize_t(as_channel(self)->balance);
}

PyObject* get_queue(PyObject* self, void*) {
    Tasklet* first = as_channel(self)->waiting.first();
    return Py_NewRef(first == nullptr ? Py_None : first->object());
}

PyObject* get_closing(PyObject* self, void*) {
    return PyBool_FromLong(as_channel(self)->closing);
}

PyObject* get_closed(PyObject* self, void*) {
    const Channel* channel = as_channel(self);
    return PyBool_FromLong(channel->closing && channel->balance == 0);
}

PyObject* get_preference(PyObject* self, void*) {
    return PyLong_FromLong(as_channel(self)->preference);
}

int set_preference(PyObject* self, PyObject* value, void*) {
    if (value == nullptr || !PyLong_Check(value)) {
        PyErr_SetString(
            PyExc_TypeError,
            "preference must be set to an integer: -1 (receiver), 1 (sender) or 0 (neither)");
        return -1;
    }
    as_channel(self)->preference = static_cast<int8_t>(_PyLong_Sign(value));
    return 0;
}

PyObject* get_schedule_all(PyObject* self, void*) {
    return PyLong_FromLong(as_channel(self)->schedule_all);
}

int set_schedule_all(PyObject* self, PyObject* value, void*) {
    if (value == nullptr || !PyLong_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "schedule_all must be set to a bool or integer");
        return -1;
    }
    as_channel(self)->schedule_all = _PyLong_Sign(value) != 0;
    return 0;
}

PyGetSetDef channel_attributes[] = {
    {"balance", get_balance, nullptr,
     "How many tasklets wait to send (> 0), or minus how many wait to receive (< 0).", nullptr},
    {"queue", get_queue, nullptr, "The first of the tasklets blocked on the channel, or None.",
     nullptr},
    {"closing", get_closing, nullptr, "True when close() was called, and open() not after it.",
     nullptr},
    {"closed", get_closed, nullptr, "True when close() was called and no tasklet waits any more.",
     nullptr},
    {"preference", get_preference, set_preference,
     "Who goes on at once when two tasklets have met: -1 the receiver (the default), 1 the\n"
     "sender, 0 the one whose call made them meet. The other one goes to the end of the run\n"
     "queue.",
     nullptr},
    {"schedule_all", get_schedule_all, set_schedule_all,
     "If true, neither goes on at once when two tasklets have met: both go to the end of the\n"
     "run queue. Overrides preference.",
     nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

constexpr const char* channel_doc =
    "channel()\n--\n\n"
    "A meeting point of tasklets: send() waits for a tasklet that calls receive(), and the\n"
    "other way round; then a value is handed over. An iteration over a channel receives\n"
    "values until StopIteration is sent as an exception, or the channel is closed and no\n"
    "sender waits.";

}  // namespace

PyTypeObject channel_type = [] {
    PyTypeObject type{};
    type.ob_base.ob_base.ob_refcnt = 1;
    type.tp_name = "stackless.channel";
    type.tp_basicsize = sizeof(Channel);
    type.tp_doc = channel_doc;
    type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE;
    type.tp_new = channel_new;
    type.tp_dealloc = channel_dealloc;
    type.tp_traverse = channel_traverse;
    type.tp_clear = channel_clear;
    type.tp_weaklistoffset = offsetof(Channel, weakrefs);
    type.tp_iter = PyObject_SelfIter;
    type.tp_iternext = channel_next;
    type.tp_methods = channel_methods;
    type.tp_getset = channel_attributes;
    return type;
}();

}  // namespace stackless
