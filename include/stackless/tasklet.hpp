// Tasklets and channels in C++. Part of stackless.hpp.
#pragma once

#include "value.hpp"

namespace stackless {
// The library has a namespace of this name, too.
inline namespace api {

namespace detail {

/// A value of which `class_name` in the module stackless is the class. Throws Error (TypeError) for another one.
inline Value checked(const Value& value, const char* class_name) {
    const Value type = Value::steal(PyImport_ImportModule("stackless")).attr(class_name);
    const int is_one = PyObject_IsInstance(value.object(), type.get());
    check(is_one);
    if (is_one == 0)
        throw_error(PyExc_TypeError,
                    std::string("a ") + class_name + " is needed, not " + value.type_name());
    return value;
}

}  // namespace detail

/// A tasklet. To be used in the runtime's thread.
class Tasklet {
public:
    /// None.
    Tasklet() = default;
    explicit Tasklet(const Value& value) : value_(detail::checked(value, "tasklet")) {}
    const Value& value() const { return value_; }
    explicit operator bool() const { return !value_.is_empty(); }

    /// Has its arguments and has not ended; waits at a channel; is in the run queue or waits.
    bool alive() const { return value_.attr("alive").is_true(); }
    bool blocked() const { return value_.attr("blocked").is_true(); }
    bool scheduled() const { return value_.attr("scheduled").is_true(); }

    /// Puts it at the end of the run queue; takes it out.
    void insert() const { value_.invoke("insert"); }
    void remove() const { value_.invoke("remove"); }
    /// Ends it at once: its `finally` blocks run. It lives on if it catches TaskletExit.
    void kill() const { value_.invoke("kill"); }
    /// Has an exception, an instance, raised in it when its turn comes.
    void raise(const Value& exception) const {
        value_.invoke("throw", exception, nullptr, nullptr, true);
    }
    /// The innermost function that it runs, and the line there: "patrol, line 12". Empty if it has none.
    std::string where() const {
        const Value frame = value_.attr("frame");
        if (frame.is_none())
            return "";
        return frame.attr("f_code").attr("co_name").as<std::string>() + ", line " +
               frame.attr("f_lineno").str();
    }

private:
    Value value_;
};

template <>
struct Converter<Tasklet> {
    static Value to_python(const Tasklet& tasklet) { return tasklet.value(); }
    static Tasklet from_python(const Value& value) { return Tasklet(value); }
};

/// Sends values of a C++ type to a channel, from any thread and without the GIL. Copies are senders to the same one.
template <class T>
class Sender {
public:
    Sender(const Sender& other)
        : sender_(other.sender_ == nullptr ? nullptr : stackless_share_sender(other.sender_)) {}
    Sender(Sender&& other) noexcept : sender_(std::exchange(other.sender_, nullptr)) {}
    Sender& operator=(Sender other) noexcept {
        std::swap(sender_, other.sender_);
        return *this;
    }
    ~Sender() {
        if (sender_ != nullptr) {
            stackless_drop_sender(sender_);
        }
    }

    /// Does not wait: a receiver gets the value in the next run of the runtime, where it is converted. False if the
    /// runtime has ended.
    bool post(T value) const {
        if (sender_ == nullptr)
            throw std::logic_error("this Sender has been moved elsewhere");
        auto* message = new T(std::move(value));
        return stackless_post(sender_, make, drop, message) == 0;
    }

private:
    template <class>
    friend class Channel;
    explicit Sender(stackless_sender* sender) : sender_(sender) {}

    static _object* make(void* data) {
        return detail::guarded([data] { return Value(std::move(*static_cast<T*>(data))); });
    }
    static void drop(void* data) { delete static_cast<T*>(data); }

    stackless_sender* sender_;
};

/// A channel for values of a C++ type. To be used in the runtime's thread, except for its senders.
template <class T = Value>
class Channel {
public:
    /// A new one.
    Channel() : Channel(make_new()) {}
    explicit Channel(const Value& value) : value_(detail::checked(value, "channel")) {}
    const Value& value() const { return value_; }

    /// For other threads, and for the runtime's own: nobody waits.
    Sender<T> sender() const {
        detail::require_runtime();
        stackless_sender* sender = stackless_new_sender(stackless_current(), value_.object());
        if (sender == nullptr)
            detail::throw_error();
        return Sender<T>(sender);
    }
    /// The same as sender().post().
    void post(T value) const { sender().post(std::move(value)); }

    /// What a tasklet waits to send, if one does.
    std::optional<T> try_receive() const {
        if (balance() <= 0)
            return std::nullopt;
        return value_.invoke("receive").template as<T>();
    }

    /// How many tasklets wait to send, or minus how many wait to receive.
    int balance() const { return value_.attr("balance").as<int>(); }
    /// No tasklet can be blocked on it any more.
    void close() const { value_.invoke("close"); }

private:
    static Value make_new() {
        detail::require_runtime();
        return Value::steal(PyImport_ImportModule("stackless")).invoke("channel");
    }

    Value value_;
};

template <class T>
struct Converter<Channel<T>> {
    static Value to_python(const Channel<T>& channel) { return channel.value(); }
    static Channel<T> from_python(const Value& value) { return Channel<T>(value); }
};

}  // namespace api
}  // namespace stackless
