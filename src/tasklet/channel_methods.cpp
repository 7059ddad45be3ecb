// Sending and receiving.
//
// Two tasklets that meet exchange a value, and one of them goes on at once: see `preference`. A
// tasklet that meets nobody is blocked, and the next one in the run queue goes on.
#include "cpython/arguments.hpp"
#include "eval/switching.hpp"
#include "tasklet/callbacks.hpp"
#include "tasklet/channel.hpp"
#include "tasklet/scheduler.hpp"
#include "tasklet/switch_handlers.hpp"

namespace stackless {

namespace {

/// One call of send() or receive().
class Action {
public:
    /// `value` (borrowed) is what is sent; null for receive().
    Action(Channel* channel, PyObject* value)
        : at_(SwitchPoint::begin()), channel_(channel), value_(value) {}

    /// The result of the call.
    PyObject* perform();
    PyObject* perform_announced();

private:
    bool sends() const { return value_ != nullptr; }
    bool finds_partner() const { return sends() ? channel_->balance < 0 : channel_->balance > 0; }
    /// Destructors, and callbacks while they let other threads run, may do everything.
    bool finds(Tasklet* partner) const {
        return finds_partner() && channel_->waiting.first() == partner;
    }

    bool announce();
    PyObject* meet(Tasklet* partner);
    PyObject* block();

    PyObject* go_on_here(Tasklet* partner);
    PyObject* go_on_in_partner(Tasklet* partner);
    PyObject* go_on_in_next(Tasklet* partner);
    PyObject* exchange(Tasklet* partner);
    void release_partner(Tasklet* partner);

    SwitchPoint at_;
    Channel* channel_;
    PyObject* value_;
};

PyObject* Action::perform() {
    if (!at_)
        return nullptr;
    at_.scheduler->current()->clear_tempval();
    if (callbacks.channel != nullptr && !announce()) [[unlikely]]
        return nullptr;
    return perform_announced();
}

PyObject* Action::perform_announced() {
    return finds_partner() ? meet(channel_->waiting.first()) : block();
}

/// Tells the channel callback, for which the value is the tasklet's tempval.
bool Action::announce() {
    Tasklet* current = at_.scheduler->current();
    current->put_tempval(value_);
    const bool may_go_on =
        announce_channel_action(at_.scheduler, channel_, sends(), !finds_partner());
    current->clear_tempval();
    return may_go_on;
}

// ---- Somebody waits

PyObject* Action::meet(Tasklet* partner) {
    // A program may have set the tempval of a tasklet that waits to receive.
    if (sends() && partner->tempval != nullptr) [[unlikely]] {
        partner->clear_tempval();
        if (!finds(partner))
            return perform_announced();
    }
    if (partner->scheduler != at_.scheduler) [[unlikely]]
        return go_on_here(partner);
    if (channel_->schedule_all)
        return go_on_in_next(partner);
    const bool prefers_partner = channel_->preference == (sends() ? -1 : 1);
    return prefers_partner ? go_on_in_partner(partner) : go_on_here(partner);
}

/// Takes the partner out of the channel. What it owned of the channel is left to the caller's own
/// reference.
void Action::release_partner(Tasklet* partner) {
    channel_->remove(partner);
    partner->channel = nullptr;
    Py_DECREF(channel_);
}

/// Hands the value over. The result is what the call returns (new reference): null stands for None.
PyObject* Action::exchange(Tasklet* partner) {
    if (!sends())
        return partner->take_tempval();
    partner->put_tempval(value_);
    return nullptr;
}

PyObject* Action::go_on_here(Tasklet* partner) {
    PyObject* result = exchange(partner);
    release_partner(partner);
    if (partner->scheduler == at_.scheduler) {
        at_.scheduler->run_queue.append(partner);
    } else {
        // It goes on in its own thread; without one, it is paused.
        const auto held = RefTo<Tasklet>::steal(partner);
        if (partner->scheduler->thread() != nullptr) {
            partner->scheduler->make_runnable_from_outside(partner);
        }
    }
    return result == nullptr ? Py_NewRef(Py_None) : explode_if_bomb(result);
}

PyObject* Action::go_on_in_partner(Tasklet* partner) {
    if (!at_.scheduler->may_switch())
        return nullptr;
    Tasklet* current = at_.scheduler->current();
    if (!at_.scheduler->prepare_to_leave(at_, partner))
        return nullptr;
    if (!finds(partner)) [[unlikely]]
        return perform_announced();
    return at_.scheduler->leave(at_, [&] {
        RunQueue& run_queue = at_.scheduler->run_queue;
        current->give_tempval(exchange(partner));
        release_partner(partner);
        run_queue.insert_after_head(partner);
        run_queue.turn_to(partner);
    });
}

PyObject* Action::go_on_in_next(Tasklet* partner) {
    if (!at_.scheduler->may_switch())
        return nullptr;
    Tasklet* current = at_.scheduler->current();
    Tasklet* next = at_.scheduler->successor();
    if (next == nullptr)
        return nullptr;
    // The partner may have been taken away: it gets to know of a tasklet that could not start.
    if (!finds(partner)) [[unlikely]]
        return perform_announced();
    if (next == current) {
        next = partner;
    }
    if (!at_.scheduler->prepare_to_leave(at_, next))
        return nullptr;
    if (!finds(partner)) [[unlikely]]
        return perform_announced();
    return at_.scheduler->leave(at_, [&] {
        current->give_tempval(exchange(partner));
        release_partner(partner);
        at_.scheduler->run_queue.append(partner);
        at_.scheduler->bring_to_head(next);
    });
}

// ---- Nobody waits

PyObject* Action::block() {
    Scheduler* scheduler = at_.scheduler;
    Tasklet* current = scheduler->current();
    if (current->block_trap) {
        PyErr_SetString(PyExc_RuntimeError,
                        "this tasklet does not like to be blocked: its block_trap is set, and no "
                        "partner waits");
        return nullptr;
    }
    if (channel_->closing) {
        PyErr_SetString(PyExc_ValueError, "send or receive on a closed channel: open() it first");
        return nullptr;
    }
    if (!scheduler->may_switch())
        return nullptr;
    Tasklet* next;
    if (!scheduler->successor_without_current(next))
        return nullptr;
    if (next == current) {
        PyErr_SetString(PyExc_RuntimeError, Scheduler::deadlock_message);
        return nullptr;
    }
    if (!scheduler->prepare_to_leave(at_, next))
        return nullptr;
    if (finds_partner()) [[unlikely]]
        return perform_announced();
    return scheduler->leave(at_, [&] {
        scheduler->run_queue.remove(current);
        channel_->append(current, sends() ? Place::Sending : Place::Receiving);
        current->put_tempval(value_);
        if (next != nullptr) {
            scheduler->bring_to_head(next);
        }
    });
}

}  // namespace

PyObject* channel_next(PyObject* self) {
    Channel* channel = as_channel(self);
    if (channel->closing && channel->balance <= 0)
        return nullptr;
    return Action(channel, nullptr).perform();
}

namespace {

PyObject* receive(PyObject* self, PyObject*) {
    return Action(as_channel(self), nullptr).perform();
}

PyObject* next(PyObject* self, PyObject*) {
    PyObject* value = channel_next(self);
    if (value == nullptr && !PyErr_Occurred()) {
        PyErr_SetNone(PyExc_StopIteration);
    }
    return value;
}

PyObject* send(PyObject* self, PyObject* value) {
    return Action(as_channel(self), value).perform();
}

/// `make` makes the exception that is sent.
template <class Make>
PyObject* send_made_exception(PyObject* self, Make make) {
    Ref exception = make();
    const Ref bomb = exception ? make_bomb(std::move(exception)) : nullptr;
    return bomb ? send(self, bomb.get()) : nullptr;
}

PyObject* send_exception(PyObject* self, PyObject* const* args, Py_ssize_t nargs) {
    return send_made_exception(
        self, [&] { return make_exception_from_call("send_exception", args, nargs); });
}

PyObject* send_throw(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
    static const char* const keywords[] = {"exc", "val", "tb", nullptr};
    static _PyArg_Parser parser = argument_parser("O|OO:send_throw", keywords);
    PyObject *exc, *val = nullptr, *tb = nullptr;
    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &exc, &val, &tb))
        return nullptr;
    return send_made_exception(self, [&] { return make_exception(exc, val, tb); });
}

PyObject* close(PyObject* self, PyObject*) {
    as_channel(self)->closing = true;
    Py_RETURN_NONE;
}

PyObject* open(PyObject* self, PyObject*) {
    as_channel(self)->closing = false;
    Py_RETURN_NONE;
}

constexpr const char* send_doc =
    "send($self, value, /)\n--\n\n"
    "Hands a value to a tasklet that receives. If one waits, it goes on at once and the\n"
    "caller is put at the end of the run queue (unless preference or schedule_all say\n"
    "otherwise); else the caller is blocked.\n\n"
    "RuntimeError: the caller may not be blocked (it is the last runnable tasklet, or has its\n"
    "block_trap set), or tasklets cannot be switched here. ValueError: nobody waits, and the\n"
    "channel is closed.";
constexpr const char* receive_doc =
    "receive($self, /)\n--\n\n"
    "Returns the value that a tasklet sends. If one waits, the caller goes on at once and the\n"
    "sender is put at the end of the run queue (unless preference or schedule_all say\n"
    "otherwise); else the caller is blocked.\n\n"
    "Raises what is sent as an exception, and otherwise what send() raises.";
constexpr const char* next_doc =
    "__next__($self, /)\n--\n\n"
    "receive(), but StopIteration if the channel is closed and no sender waits.";
constexpr const char* send_exception_doc =
    "send_exception($self, exc_class, /, *args)\n--\n\n"
    "As send(), but the receiver has exc_class(*args) raised.\n\n"
    "TypeError: exc_class is no exception class. Otherwise what send() raises.";
constexpr const char* send_throw_doc =
    "send_throw($self, /, exc, val=None, tb=None)\n--\n\n"
    "As send(), but the receiver has an exception raised: an instance, or a class with a\n"
    "value. With a traceback, it goes on from there.\n\n"
    "TypeError: exc is no exception, or tb no traceback. Otherwise what send() raises.";
constexpr const char* close_doc =
    "close($self, /)\n--\n\n"
    "No tasklet can be blocked on the channel any more; those that wait can still be met.";
constexpr const char* open_doc =
    "open($self, /)\n--\n\nTakes close() back: tasklets can be blocked on the channel again.";

}  // namespace

PyMethodDef channel_methods[] = {
    {"send", send, METH_O | METH_SENDS, send_doc},
    {"receive", receive, METH_NOARGS | METH_RECEIVES, receive_doc},
    {"send_exception", as_method(send_exception), METH_FASTCALL | eval::METH_SWITCHES,
     send_exception_doc},
    {"send_throw", as_method(send_throw), METH_FASTCALL | METH_KEYWORDS | eval::METH_SWITCHES,
     send_throw_doc},
    {"__next__", next, METH_NOARGS | METH_COEXIST | eval::METH_SWITCHES, next_doc},
    {"close", close, METH_NOARGS, close_doc},
    {"open", open, METH_NOARGS, open_doc},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless
