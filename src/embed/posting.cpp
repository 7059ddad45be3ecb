// Messages from other threads: see include/stackless/stackless_embed.h.
#include <new>

#include "cpython/ref.hpp"
#include "embed/endpoint.hpp"
#include "embed/runtime.hpp"
#include "tasklet/channel.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

namespace {

/// Sends a message in a tasklet of its own.
class Message : public Delivery {
public:
    using Delivery::Delivery;
    void run() override {
        if (!start_sender(Ref::steal(make_value()))) {
            report_error(nullptr);
        }
        finish();
    }

private:
    bool start_sender(const Ref& value) {
        const Ref send = Ref::steal(PyObject_GetAttrString(endpoint()->channel(), "send"));
        const Ref args = Ref::steal(send ? PyTuple_Pack(1, value.get()) : nullptr);
        Scheduler* scheduler = args ? Scheduler::of_this_thread() : nullptr;
        if (scheduler == nullptr)
            return false;
        const auto sender = new_tasklet(&tasklet_type, scheduler);
        return sender && bind_tasklet(sender.get(), send.get(), args.get(), nullptr) &&
               (scheduler->make_runnable(sender.get()), true);
    }
};

class Call : public Errand {
public:
    Call(void (*call)(void*), void (*drop)(void*), void* data)
        : call_(call), drop_(drop), data_(data) {}
    void run() override {
        {
            const CallbackActive active;
            call_(data_);
        }
        give_up(true);
    }
    void give_up(bool) override {
        if (drop_ != nullptr) {
            drop_(data_);
        }
    }

private:
    void (*call_)(void*);
    void (*drop_)(void*);
    void* data_;
};

}  // namespace

}  // namespace stackless

using stackless::mailbox;

static stackless::Endpoint* endpoint(stackless_sender* sender) {
    return reinterpret_cast<stackless::Endpoint*>(sender);
}

stackless_sender* stackless_new_sender(stackless_runtime*, stackless_object* channel) {
    if (!stackless::require_object(channel))
        return nullptr;
    if (!PyObject_TypeCheck(channel, &stackless::channel_type)) {
        PyErr_Format(PyExc_TypeError, "messages can be posted to a channel, not to %s",
                     Py_TYPE(channel)->tp_name);
        return nullptr;
    }
    return reinterpret_cast<stackless_sender*>(stackless::Endpoint::make(channel));
}

stackless_sender* stackless_share_sender(stackless_sender* sender) {
    endpoint(sender)->share();
    return sender;
}

void stackless_drop_sender(stackless_sender* sender) {
    endpoint(sender)->drop();
}

int stackless_post(stackless_sender* sender, stackless_make make, void (*drop)(void*), void* data) {
    auto* message = new (std::nothrow) stackless::Message(endpoint(sender), make, drop, data);
    if (message != nullptr)
        return mailbox.put(message, endpoint(sender)->generation()) ? 0 : -1;
    if (drop != nullptr) {
        drop(data);
    }
    return -1;
}

int stackless_post_call(stackless_runtime* runtime, void (*call)(void*), void (*drop)(void*),
                        void* data) {
    auto* errand = new (std::nothrow) stackless::Call(call, drop, data);
    if (errand != nullptr)
        return mailbox.put(errand, runtime->generation) ? 0 : -1;
    if (drop != nullptr) {
        drop(data);
    }
    return -1;
}

void stackless_on_post(stackless_runtime*, void (*callback)(void*), void* data) {
    mailbox.set_bell(callback, data);
}
