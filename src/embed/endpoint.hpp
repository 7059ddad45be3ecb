// The end of a channel that other threads hold: they own it together, and never touch the channel itself.
#pragma once

#include <atomic>

#include "cpython/python.hpp"
#include "embed/mailbox.hpp"

namespace stackless {

class Endpoint {
public:
    /// A new one with one holder, which owns a reference to the channel; with the GIL. Null with an exception set.
    static Endpoint* make(PyObject* channel);
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;

    // From any thread.
    void share() { holders_++; }
    void drop();
    unsigned long generation() const { return generation_; }

    // In the runtime's thread, with the GIL.
    PyObject* channel() const { return channel_; }

    /// Whether a value has been given to a completion; whether its tasklet waits, or has waited.
    bool is_done = false;
    bool is_awaited = false;
    /// What it was given before that.
    PyObject* early_result = nullptr;

    /// Before the interpreter ends: no endpoint refers to an object any more.
    static void release_all();

private:
    class Burial;

    explicit Endpoint(PyObject* channel);
    ~Endpoint() = default;
    void release_objects();
    void unlink();

    std::atomic<long> holders_{1};
    unsigned long generation_;
    PyObject* channel_;
    Endpoint* next_;
    Endpoint* prev_ = nullptr;

    static Endpoint* first;  // all that refer to objects
};

/// Delivers what a stackless_make makes.
class Delivery : public Errand {
public:
    Delivery(Endpoint* endpoint, stackless_make make, void (*drop)(void*), void* data)
        : endpoint_(endpoint), make_(make), drop_(drop), data_(data) {
        endpoint->share();
    }

    void give_up(bool) override;

protected:
    /// The value, or a bomb with the exception that took its place. Never null.
    PyObject* make_value();
    void finish();
    Endpoint* endpoint() const { return endpoint_; }

private:
    Endpoint* endpoint_;
    stackless_make make_;
    void (*drop_)(void*);
    void* data_;
};

}  // namespace stackless
