// Native functions that take their time: see include/stackless/stackless_embed.h.
//
// A completion is a channel that only one tasklet receives from, and the host sends to: so it waits, and is killed, as
// at any channel.
#include <new>
#include <utility>

#include "cpython/ref.hpp"
#include "embed/completion.hpp"
#include "embed/endpoint.hpp"
#include "embed/methods.hpp"
#include "embed/runtime.hpp"
#include "tasklet/channel.hpp"

namespace stackless {

namespace {

/// The value of a completion on its way to the tasklet that waits.
class Result : public Delivery {
public:
    using Delivery::Delivery;
    void run() override {
        if (!std::exchange(endpoint()->is_done, true)) {
            deliver(Ref::steal(make_value()));
        }
        finish();
    }

private:
    void deliver(Ref value) {
        PyObject* channel = endpoint()->channel();
        if (!endpoint()->is_awaited) {
            endpoint()->early_result = value.release();
        } else if (as_channel(channel)->balance < 0) {
            const Ref sent = Ref::steal(send_method()(Unwinding::no, channel, value.get()));
            if (!sent) {
                report_error(nullptr);
            }
        }
    }
};

// What stackless_await() returns is the address of the endpoint, of which it holds a share, and made odd: so it is told
// from any object.
constexpr uintptr_t awaiting_bit = 1;

PyObject* make_awaiting(Endpoint* endpoint) {
    endpoint->share();
    return reinterpret_cast<PyObject*>(reinterpret_cast<uintptr_t>(endpoint) | awaiting_bit);
}

}  // namespace

bool is_awaiting(PyObject* result) {
    return (reinterpret_cast<uintptr_t>(result) & awaiting_bit) != 0;
}

PyObject* wait_for(PyObject* awaiting) {
    auto* awaited =
        reinterpret_cast<Endpoint*>(reinterpret_cast<uintptr_t>(awaiting) & ~awaiting_bit);
    PyObject* result = receive_method()(Unwinding::yes, awaited->channel());
    awaited->drop();
    return result;
}

}  // namespace stackless

using stackless::Endpoint;
using stackless::Ref;

static Endpoint* endpoint(stackless_completion* completion) {
    return reinterpret_cast<Endpoint*>(completion);
}

stackless_completion* stackless_new_completion(stackless_runtime*) {
    const Ref channel =
        Ref::steal(PyObject_CallNoArgs(reinterpret_cast<PyObject*>(&stackless::channel_type)));
    if (!channel)
        return nullptr;
    // The host that sends goes on.
    stackless::as_channel(channel.get())->preference = 1;
    return reinterpret_cast<stackless_completion*>(Endpoint::make(channel.get()));
}

stackless_completion* stackless_share_completion(stackless_completion* completion) {
    endpoint(completion)->share();
    return completion;
}

void stackless_drop_completion(stackless_completion* completion) {
    endpoint(completion)->drop();
}

stackless_object* stackless_await(stackless_completion* completion) {
    Endpoint* awaited = endpoint(completion);
    if (std::exchange(awaited->is_awaited, true)) {
        PyErr_SetString(PyExc_RuntimeError, "a completion can be awaited only once");
        return nullptr;
    }
    if (PyObject* early = std::exchange(awaited->early_result, nullptr))
        return stackless::explode_if_bomb(early);
    return stackless::make_awaiting(awaited);
}

int stackless_complete(stackless_completion* completion, stackless_make make, void (*drop)(void*),
                       void* data) {
    auto* result = new (std::nothrow) stackless::Result(endpoint(completion), make, drop, data);
    if (result != nullptr)
        return stackless::mailbox.put(result, endpoint(completion)->generation()) ? 0 : -1;
    if (drop != nullptr) {
        drop(data);
    }
    return -1;
}

stackless_object* stackless_save_completion(stackless_completion* completion) {
    PyObject* channel = endpoint(completion)->channel();
    if (channel != nullptr)
        return Py_NewRef(channel);
    if (Py_IsInitialized() != 0) {
        PyErr_SetString(PyExc_RuntimeError, "the runtime of this completion has ended");
    }
    return nullptr;
}

stackless_completion* stackless_restore_completion(stackless_runtime*, stackless_object* object) {
    if (!stackless::require_object(object))
        return nullptr;
    if (!PyObject_TypeCheck(object, &stackless::channel_type)) {
        PyErr_Format(PyExc_TypeError,
                     "what a completion was saved as is a channel, not an object of type '%s'",
                     Py_TYPE(object)->tp_name);
        return nullptr;
    }
    Endpoint* restored = Endpoint::make(object);
    if (restored != nullptr) {
        restored->is_awaited = true;
    }
    return reinterpret_cast<stackless_completion*>(restored);
}
