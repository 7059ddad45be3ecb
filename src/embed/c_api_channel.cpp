// PyChannel_...: see include/stackless/stackless_api.h.
#include "cpython/python.hpp"
#include "embed/methods.hpp"
#include "stackless/stackless_api.h"
#include "tasklet/channel.hpp"

using stackless::as_status;
using stackless::Channel;
using stackless::channel_methods;
using stackless::channel_type;
using stackless::Method;
using stackless::receive_method;
using stackless::Ref;
using stackless::send_method;
using stackless::Unwinding;

namespace {

PyObject* object(PyChannelObject* self) {
    return reinterpret_cast<PyObject*>(self);
}

Channel* channel(PyChannelObject* self) {
    return reinterpret_cast<Channel*>(self);
}

}  // namespace

PyChannelObject* PyChannel_New(PyTypeObject* type) {
    if (type == nullptr) {
        type = &channel_type;
    }
    if (stackless::ready_scheduler() == nullptr)
        return nullptr;
    if (!PyType_IsSubtype(type, &channel_type)) {
        PyErr_Format(PyExc_TypeError, "PyChannel_New() needs a subclass of channel, not %s",
                     type->tp_name);
        return nullptr;
    }
    const Ref no_args = Ref::steal(PyTuple_New(0));
    if (!no_args)
        return nullptr;
    return reinterpret_cast<PyChannelObject*>(channel_type.tp_new(type, no_args.get(), nullptr));
}

int PyChannel_Send(PyChannelObject* self, PyObject* arg) {
    return as_status(send_method()(Unwinding::no, object(self), arg));
}

int PyChannel_Send_nr(PyChannelObject* self, PyObject* arg) {
    return as_status(send_method()(Unwinding::yes, object(self), arg));
}

PyObject* PyChannel_Receive(PyChannelObject* self) {
    return receive_method()(Unwinding::no, object(self));
}

PyObject* PyChannel_Receive_nr(PyChannelObject* self) {
    return receive_method()(Unwinding::yes, object(self));
}

int PyChannel_SendException(PyChannelObject* self, PyObject* klass, PyObject* value) {
    static const Method method(channel_methods, "send_exception");
    const Ref all = stackless::class_and_arguments(klass, value);
    if (!all)
        return -1;
    return as_status(method.call(Unwinding::no, object(self), _PyTuple_ITEMS(all.get()),
                                 PyTuple_GET_SIZE(all.get())));
}

int PyChannel_SendThrow(PyChannelObject* self, PyObject* exc, PyObject* val, PyObject* tb) {
    static const Method method(channel_methods, "send_throw");
    return as_status(method(Unwinding::no, object(self), exc, val == nullptr ? Py_None : val, tb));
}

PyObject* PyChannel_GetQueue(PyChannelObject* self) {
    stackless::Tasklet* first = channel(self)->waiting.first();
    return Py_NewRef(first == nullptr ? Py_None : first->object());
}

void PyChannel_Close(PyChannelObject* self) {
    channel(self)->closing = true;
}

void PyChannel_Open(PyChannelObject* self) {
    channel(self)->closing = false;
}

int PyChannel_GetClosing(PyChannelObject* self) {
    return channel(self)->closing;
}

int PyChannel_GetClosed(PyChannelObject* self) {
    return channel(self)->closing && channel(self)->balance == 0;
}

int PyChannel_GetPreference(PyChannelObject* self) {
    return channel(self)->preference;
}

void PyChannel_SetPreference(PyChannelObject* self, int val) {
    channel(self)->preference = static_cast<int8_t>(val > 0 ? 1 : val < 0 ? -1 : 0);
}

int PyChannel_GetScheduleAll(PyChannelObject* self) {
    return channel(self)->schedule_all;
}

void PyChannel_SetScheduleAll(PyChannelObject* self, int val) {
    channel(self)->schedule_all = val != 0;
}

int PyChannel_GetBalance(PyChannelObject* self) {
    return static_cast<int>(channel(self)->balance);
}
