#include "pickle/errors.hpp"
#include "pickle/reducers.hpp"
#include "pickle/tasklets.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless::pickle {

namespace {

// The state is a tuple: (preference, flags, queue, added).
//
// queue  a list of the tasklets that wait, the first one first; None if nobody does
// added  what a subclass has added; None for most
constexpr Py_ssize_t item_count = 4;
enum Item : uint8_t { preference_item, flags_item, queue_item, added_item };

enum Flag : uint8_t { schedule_all_flag = 1, closing_flag = 2, all_flags = 3 };

Ref queue_of(const Channel* channel) {
    if (channel->waiting.first() == nullptr)
        return Ref::borrow(Py_None);
    Ref queue = Ref::steal(PyList_New(0));
    for (Tasklet* tasklet = channel->waiting.first(); queue && tasklet != nullptr;
         tasklet = tasklet->next) {
        if (PyList_Append(queue.get(), tasklet->object()) != 0)
            return {};
    }
    return queue;
}

Ref state_of(Channel* channel) {
    const Ref queue = queue_of(channel);
    const Ref added = queue ? added_state(channel->object(), &channel_type) : nullptr;
    if (!added)
        return {};
    const long flags =
        (channel->schedule_all ? schedule_all_flag : 0) | (channel->closing ? closing_flag : 0);
    return Ref::steal(Py_BuildValue("ilOO", static_cast<int>(channel->preference), flags,
                                    queue.get(), added.get()));
}

/// Whether a tasklet has its state, and may be put into the queue of a channel.
bool is_complete(const Tasklet* tasklet) {
    return tasklet->life == Life::Started && !tasklet->interrupted &&
           tasklet->place == Place::Nowhere && tasklet->scheduler->thread() != nullptr &&
           !tasklet->is_main();
}

bool check_queue(PyObject* queue) {
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(queue); i++) {
        PyObject* tasklet = PyList_GET_ITEM(queue, i);
        if (PyObject_TypeCheck(tasklet, &tasklet_type))
            continue;
        unpickling_error("%s cannot wait at a channel", Py_TYPE(tasklet)->tp_name);
        return false;
    }
    return true;
}

}  // namespace

bool fill_queue(Channel* channel) {
    PyObject* queue = channel->restoring;
    if (queue == nullptr || channel->waiting.first() != nullptr)
        return true;
    const Py_ssize_t count = PyList_GET_SIZE(queue);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!is_complete(as_tasklet(PyList_GET_ITEM(queue, i))))
            return true;
    }
    const Ref held = Ref::steal(std::exchange(channel->restoring, nullptr));
    const bool sends = count != 0 && as_tasklet(PyList_GET_ITEM(queue, 0))->waits_to_send;
    for (Py_ssize_t i = 0; i < count; i++) {
        Tasklet* tasklet = as_tasklet(PyList_GET_ITEM(queue, i));
        // In a queue that no channel has made, one may stand twice, or on the wrong side.
        if (tasklet->place != Place::Nowhere || tasklet->waits_to_send != sends) {
            unpickling_error("the tasklets at a channel cannot wait like that");
            return false;
        }
        Py_INCREF(tasklet);
        channel->append(tasklet, sends ? Place::Sending : Place::Receiving);
    }
    return true;
}

PyObject* reduce_channel(PyObject* object, Pickling& pickling) {
    pickling.note_computation(object);
    return reduce_to_state(object, state_of(as_channel(object)));
}

PyObject* set_channel_state(PyObject* self, PyObject* state) {
    Channel* channel = as_channel(self);
    if (!PyTuple_CheckExact(state) || PyTuple_GET_SIZE(state) != item_count)
        return unpickling_error("the state of a channel is a tuple of %zd items, not %R",
                                item_count, state);
    PyObject* const* items = reinterpret_cast<PyTupleObject*>(state)->ob_item;
    const long preference =
        PyLong_CheckExact(items[preference_item]) ? PyLong_AsLong(items[preference_item]) : 2;
    const long flags = PyLong_CheckExact(items[flags_item]) ? PyLong_AsLong(items[flags_item]) : -1;
    PyObject* queue = items[queue_item];
    if (preference < -1 || preference > 1 || flags < 0 || flags > all_flags ||
        (queue != Py_None && !PyList_CheckExact(queue))) {
        return unpickling_error("a channel cannot have the state %R", state);
    }
    if (channel->waiting.first() != nullptr || channel->restoring != nullptr) {
        PyErr_SetString(PyExc_RuntimeError,
                        "tasklets wait at the channel: only a new one can be given a state");
        return nullptr;
    }
    if ((queue != Py_None && !check_queue(queue)) || !set_added_state(self, items[added_item]))
        return nullptr;
    channel->preference = static_cast<int8_t>(preference);
    channel->schedule_all = (flags & schedule_all_flag) != 0;
    channel->closing = (flags & closing_flag) != 0;
    if (queue != Py_None) {
        // A list that nobody else has.
        channel->restoring = PyList_GetSlice(queue, 0, PyList_GET_SIZE(queue));
        if (channel->restoring == nullptr || !fill_queue(channel))
            return nullptr;
    }
    return Py_NewRef(self);
}

}  // namespace stackless::pickle
