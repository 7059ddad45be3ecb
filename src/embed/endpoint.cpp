#include "embed/endpoint.hpp"

#include <new>

#include "tasklet/exceptions.hpp"

namespace stackless {

Endpoint* Endpoint::first = nullptr;

Endpoint::Endpoint(PyObject* channel)
    : generation_(mailbox.generation()), channel_(Py_NewRef(channel)), next_(first) {
    if (first != nullptr) {
        first->prev_ = this;
    }
    first = this;
}

Endpoint* Endpoint::make(PyObject* channel) {
    if (!mailbox.require_open())
        return nullptr;
    auto* made = new (std::nothrow) Endpoint(channel);
    if (made == nullptr) {
        PyErr_NoMemory();
    }
    return made;
}

/// The end of an endpoint that a thread without the GIL has dropped last.
class Endpoint::Burial : public Errand {
public:
    explicit Burial(Endpoint* endpoint) : endpoint_(endpoint) {}
    void run() override {
        endpoint_->release_objects();
        delete endpoint_;
    }
    // The runtime has released the objects when it ended.
    void give_up(bool) override { delete endpoint_; }

private:
    Endpoint* endpoint_;
};

void Endpoint::drop() {
    if (--holders_ != 0)
        return;
    if (auto* burial = new (std::nothrow) Burial(this)) {
        mailbox.put(burial, generation_);
    }
}

void Endpoint::unlink() {
    (prev_ == nullptr ? first : prev_->next_) = next_;
    if (next_ != nullptr) {
        next_->prev_ = prev_;
    }
}

void Endpoint::release_objects() {
    if (channel_ == nullptr)
        return;
    unlink();
    Py_CLEAR(channel_);
    Py_CLEAR(early_result);
}

void Endpoint::release_all() {
    while (first != nullptr) {
        first->release_objects();
    }
}

PyObject* Delivery::make_value() {
    PyObject* value = make_(data_);
    if (value != nullptr)
        return value;
    if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_SystemError, "a message has no value, and no exception is set");
    }
    return bomb_from_error().release();
}

void Delivery::finish() {
    if (drop_ != nullptr) {
        drop_(data_);
    }
    endpoint_->drop();
}

void Delivery::give_up(bool) {
    finish();
}

}  // namespace stackless
