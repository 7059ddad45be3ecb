// C++ functions as functions of Python. Part of stackless.hpp.
#pragma once

#include <functional>

#include "value.hpp"

namespace stackless {
// The library has a namespace of this name, too.
inline namespace api {

/// What a tasklet waits for: a native function that returns a Completion lets its tasklet wait, without a C stack,
/// until somebody has called complete() or fail(). Copies are the same one.
///
///     runtime.define("assets", "load", [&](std::string path) {
///         stackless::Completion<Bytes> done;
///         loader.start(path, [done](Bytes bytes) { done.complete(bytes); });  // in another thread
///         return done;
///     });
template <class T>
class Completion {
public:
    /// In the runtime's thread.
    Completion() : completion_(make_new()) {
        if (completion_ == nullptr)
            detail::throw_error();
    }
    Completion(const Completion& other)
        : completion_(other.completion_ == nullptr
                          ? nullptr
                          : stackless_share_completion(other.completion_)) {}
    Completion(Completion&& other) noexcept
        : completion_(std::exchange(other.completion_, nullptr)) {}
    Completion& operator=(Completion other) noexcept {
        std::swap(completion_, other.completion_);
        return *this;
    }
    ~Completion() {
        if (completion_ != nullptr) {
            stackless_drop_completion(completion_);
        }
    }

    /// From any thread: the tasklet goes on with this result, in the next run of the runtime. Only the first result
    /// counts; it is dropped if the tasklet has been killed. False if the runtime has ended.
    bool complete(T value) const {
        return give([value = std::move(value)] { return Value(value); });
    }
    /// The same with RuntimeError(message), or what a C++ exception is in Python.
    bool fail(std::string message) const {
        return fail(std::make_exception_ptr(std::runtime_error(std::move(message))));
    }
    bool fail(std::exception_ptr error) const {
        return give([error]() -> Value { std::rethrow_exception(error); });
    }

    /// What a stackless_function has to return, which is no object.
    stackless_object* await() const {
        check();
        detail::require_runtime();
        return stackless_await(completion_);
    }

    /// What the tasklet waits at, and a completion for the tasklet that has come back from a snapshot with that: it is
    /// saved in `extra` as any value, alone, in a std::vector or a std::map, and got back by as<Completion<T>>().
    Value save() const {
        check();
        detail::require_runtime();
        return Value::steal(stackless_save_completion(completion_));
    }
    static Completion restore(const Value& saved) {
        stackless_completion* restored =
            stackless_restore_completion(stackless_current(), saved.object());
        if (restored == nullptr)
            detail::throw_error();
        return Completion(restored);
    }

protected:
    explicit Completion(stackless_completion* restored) : completion_(restored) {}

private:
    using Make = std::function<Value()>;

    static stackless_completion* make_new() {
        detail::require_runtime();
        return stackless_new_completion(stackless_current());
    }

    void check() const {
        if (completion_ == nullptr)
            throw std::logic_error("this Completion has been moved elsewhere");
    }

    bool give(Make make) const {
        check();
        return stackless_complete(completion_, call, drop, new Make(std::move(make))) == 0;
    }
    static _object* call(void* data) {
        return detail::guarded([data] { return (*static_cast<Make*>(data))(); });
    }
    static void drop(void* data) { delete static_cast<Make*>(data); }

    stackless_completion* completion_;
};

/// One that only says that it is over: the call returns None.
template <>
class Completion<void> : public Completion<std::nullptr_t> {
public:
    Completion() = default;
    bool complete() const { return Completion<std::nullptr_t>::complete(nullptr); }
    static Completion restore(const Value& saved) {
        return Completion(Completion<std::nullptr_t>::restore(saved));
    }

private:
    explicit Completion(Completion<std::nullptr_t> restored)
        : Completion<std::nullptr_t>(std::move(restored)) {}
};

template <class T>
struct Converter<Completion<T>> {
    static Value to_python(const Completion<T>& completion) { return completion.save(); }
    static Completion<T> from_python(const Value& value) { return Completion<T>::restore(value); }
};

namespace detail {

template <class F>
struct Function : Function<decltype(&F::operator())> {};
template <class R, class... A>
struct Function<R(A...)> {
    using Result = R;
    using Arguments = std::tuple<std::decay_t<A>...>;
};
template <class R, class... A>
struct Function<R (*)(A...)> : Function<R(A...)> {};
template <class C, class R, class... A>
struct Function<R (C::*)(A...)> : Function<R(A...)> {};
template <class C, class R, class... A>
struct Function<R (C::*)(A...) const> : Function<R(A...)> {};
template <class R, class... A>
struct Function<R (*)(A...) noexcept> : Function<R(A...)> {};
template <class C, class R, class... A>
struct Function<R (C::*)(A...) const noexcept> : Function<R(A...)> {};

template <class T>
inline constexpr bool is_completion = false;
template <class T>
inline constexpr bool is_completion<Completion<T>> = true;

/// string_view and const char* refer to the object's own text, which lives during the call.
template <class T>
T argument(_object* object) {
    if constexpr (std::is_same_v<T, std::string_view> || std::is_same_v<T, const char*>) {
        ptrdiff_t size;
        const char* text = PyUnicode_AsUTF8AndSize(object, &size);
        if (text == nullptr)
            throw_error();
        if constexpr (std::is_same_v<T, const char*>) {
            return text;
        } else {
            return {text, static_cast<size_t>(size)};
        }
    } else {
        return Value::borrow(object).as<T>();
    }
}

/// A C++ callable, as a stackless_function.
template <class F>
class NativeFunction {
public:
    explicit NativeFunction(F function) : function_(std::move(function)) {}

    static _object* call(void* data, _object* const* args, ptrdiff_t count) noexcept {
        try {
            if (count != size)
                throw_error(PyExc_TypeError, "a native function takes " + std::to_string(size) +
                                                 " arguments (" + std::to_string(count) +
                                                 " given)");
            return static_cast<NativeFunction*>(data)->apply(args,
                                                             std::make_index_sequence<size>());
        } catch (...) {
            set_python_error();
            return nullptr;
        }
    }
    static void drop(void* data) { delete static_cast<NativeFunction*>(data); }

private:
    using Signature = Function<std::remove_pointer_t<F>>;
    using Result = typename Signature::Result;
    using Arguments = typename Signature::Arguments;
    static constexpr ptrdiff_t size = std::tuple_size_v<Arguments>;

    template <size_t... index>
    _object* apply(_object* const* args, std::index_sequence<index...>) {
        (void)args;
        if constexpr (std::is_void_v<Result>) {
            function_(argument<std::tuple_element_t<index, Arguments>>(args[index])...);
            return Value::none().release();
        } else if constexpr (is_completion<Result>) {
            return function_(argument<std::tuple_element_t<index, Arguments>>(args[index])...)
                .await();
        } else {
            return Value(
                       function_(argument<std::tuple_element_t<index, Arguments>>(args[index])...))
                .release_object();
        }
    }

    F function_;
};

/// The letter of a type for stackless_callback().
template <class T>
constexpr char letter() {
    if constexpr (std::is_void_v<T>) {
        return 'v';
    } else if constexpr (std::is_same_v<T, bool>) {
        return 'b';
    } else if constexpr (std::is_same_v<T, const char*>) {
        return 's';
    } else if constexpr (std::is_same_v<T, stackless_object*>) {
        return 'o';
    } else if constexpr (std::is_pointer_v<T>) {
        return 'p';
    } else if constexpr (std::is_same_v<T, float>) {
        return 'f';
    } else if constexpr (std::is_same_v<T, double>) {
        return 'd';
    } else {
        static_assert(std::is_integral_v<T> && (sizeof(T) == 4 || sizeof(T) == 8),
                      "a callback cannot have an argument of this type");
        return "uIUi"[sizeof(T) == 8 ? (std::is_signed_v<T> ? 1 : 2)
                                     : (std::is_signed_v<T> ? 3 : 0)];
    }
}

template <class Signature>
struct CallbackType;
template <class... A>
struct CallbackType<void(A...)> {
    static std::string letters() { return {'v', '(', letter<A>()..., ')'}; }
};

}  // namespace detail

}  // namespace api
}  // namespace stackless
