// Objects of Python in C++: Value owns one, Error is an exception. Part of stackless.hpp.
#pragma once

#include <cstdint>
#include <exception>
#include <limits>
#include <map>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "detail/python.hpp"
#include "stackless_embed.h"

namespace stackless {
// The library has a namespace of this name, too.
inline namespace api {

class Value;

/// How a C++ type becomes an object and the other way round. Specialise it for types of your own:
///
///     template <> struct stackless::Converter<Point> {
///         static Value to_python(const Point& p) { return Value(std::pair(p.x, p.y)); }
///         static Point from_python(const Value& v) { ... }
///     };
///
/// Here: bool, integers, floating-point numbers, strings (UTF-8), Bytes, std::vector (list), std::pair and std::tuple
/// (tuple), std::map (dict), std::optional (None if empty), Value. Conversions throw Error: TypeError for the wrong
/// type, OverflowError for a number that does not fit.
template <class T, class Enable = void>
struct Converter;

/// Bytes, which Python keeps apart from text.
struct Bytes {
    std::string data;
};

namespace detail {
/// Throws std::logic_error if this thread cannot use objects of the runtime of that number.
void require(unsigned long number);
}  // namespace detail

/// A reference to an object, which it owns. An empty one refers to nothing; only default construction, moving from one,
/// and release() make it empty.
///
/// To be made, copied and used in the runtime's thread, while the runtime lives. What is asked of one that is empty,
/// or elsewhere, or later, throws std::logic_error; destroying it is right anywhere.
class Value {
public:
    Value() = default;
    Value(const Value& other) : object_(other.object_), runtime_(other.runtime_) {
        // That of a runtime that has ended is as dead as its copy.
        if (object_ != nullptr && runtime_ == stackless_number()) {
            detail::require(runtime_);
            Py_IncRef(object_);
        }
    }
    Value(Value&& other) noexcept
        : object_(std::exchange(other.object_, nullptr)), runtime_(other.runtime_) {}
    Value& operator=(Value other) noexcept {
        std::swap(object_, other.object_);
        std::swap(runtime_, other.runtime_);
        return *this;
    }
    ~Value() {
        if (object_ != nullptr) {
            stackless_drop_object(object_, runtime_);
        }
    }

    /// Any C++ value that has a Converter.
    template <class T>
        requires(!std::is_base_of_v<Value, std::remove_cvref_t<T>>)
    Value(T&& value) : Value(convert(std::forward<T>(value))) {}

    static Value none() { return borrow(&_Py_NoneStruct); }
    /// From the C API: takes over a reference (a null pointer: throws the exception that is set), or gets one of its
    /// own (a null pointer: is empty).
    static Value steal(stackless_object* object);
    static Value borrow(stackless_object* object) {
        Py_IncRef(object);
        return Value(object, stackless_number());
    }
    /// For the C API: borrowed, or given away.
    stackless_object* get() const { return object_; }
    [[nodiscard]] stackless_object* release() { return std::exchange(object_, nullptr); }
    /// The same as get(), but throws std::logic_error if it is empty or may not be used here and now.
    stackless_object* object() const {
        if (object_ == nullptr)
            throw std::logic_error("an empty Value refers to nothing that could be used");
        detail::require(runtime_);
        return object_;
    }
    /// The same for release().
    [[nodiscard]] stackless_object* release_object() {
        (void)object();
        return release();
    }

    bool is_empty() const { return object_ == nullptr; }
    /// Whether it is not empty and may be used here and now.
    bool is_usable() const { return object_ != nullptr && stackless_misuse(runtime_) == nullptr; }
    bool is_none() const { return object_ == &_Py_NoneStruct; }
    bool is(const Value& other) const { return object_ == other.object_; }

    /// As a C++ value. Throws Error (TypeError, OverflowError) if it is something else.
    template <class T>
    T as() const {
        (void)object();
        return Converter<T>::from_python(*this);
    }

    Value attr(const char* name) const;
    void set_attr(const char* name, const Value& value) const;
    Value item(const Value& key) const;
    void set_item(const Value& key, const Value& value) const;
    /// len(), str(), repr(), the name of the class.
    size_t size() const;
    std::string str() const;
    std::string repr() const;
    std::string type_name() const;
    bool is_true() const;
    bool equals(const Value& other) const;

    /// Calls it.
    template <class... Args>
    Value operator()(Args&&... args) const {
        return call(tuple(std::forward<Args>(args)...));
    }
    /// Calls it with a tuple of arguments, and perhaps a dict.
    Value call(const Value& args) const;
    Value call(const Value& args, const Value& kwargs) const;
    /// Calls a method.
    template <class... Args>
    Value invoke(const char* method, Args&&... args) const {
        return attr(method)(std::forward<Args>(args)...);
    }

    /// A tuple of these.
    template <class... Args>
    static Value tuple(Args&&... args);

private:
    Value(stackless_object* object, unsigned long runtime) : object_(object), runtime_(runtime) {}
    template <class T>
    static Value convert(T&& value) {
        detail::require(stackless_number());
        return Converter<std::decay_t<T>>::to_python(std::forward<T>(value));
    }

    stackless_object* object_ = nullptr;
    unsigned long runtime_ = 0;
};

/// An exception of Python. It has a copy of what is said of it, and the exception itself. It may outlive the runtime,
/// when it is what ends that; its value() may not be used then.
class Error : public std::exception {
public:
    /// Takes the one that is set.
    static Error fetch();
    /// Describes an instance.
    static Error describe(const Value& exception);

    /// The name of its class ("ValueError", "package.module.Name"), str(exception), and what Python would print.
    const std::string& type() const { return type_; }
    const std::string& message() const { return message_; }
    const std::string& traceback() const { return traceback_; }
    /// The exception instance.
    const Value& value() const { return value_; }
    /// "type: message"
    const char* what() const noexcept override { return what_.c_str(); }

    /// Makes it the exception that is set, for returning to Python: RuntimeError in its place if it is one of a runtime
    /// that has ended.
    void restore() const {
        if (value_.is_usable()) {
            PyErr_SetObject(Value::steal(PyObject_Type(value_.get())).get(), value_.get());
        } else {
            PyErr_SetString(PyExc_RuntimeError, what());
        }
    }

private:
    explicit Error(const stackless_error& error);

    Value value_;
    std::string type_;
    std::string message_;
    std::string traceback_;
    std::string what_;
};

// ---- How all this works

namespace detail {

inline void require(unsigned long number) {
    if (const char* misuse = stackless_misuse(number))
        throw std::logic_error(misuse);
}

inline void require_runtime() {
    if (stackless_number() == 0)
        throw std::logic_error("there is no Runtime");
    require(stackless_number());
}

/// The first C++ exception that has left a callback, until it is thrown again.
inline std::exception_ptr thrown_by_callback;

/// After a call of the interpreter: what a callback has thrown meanwhile is thrown by the host's outermost call.
inline void check_callbacks() {
    if (thrown_by_callback && stackless_is_called_back() == 0) {
        PyErr_Clear();
        std::rethrow_exception(std::exchange(thrown_by_callback, nullptr));
    }
}

[[noreturn]] inline void throw_error() {
    check_callbacks();
    throw Error::fetch();
}

[[noreturn]] inline void throw_error(_object* type, const std::string& message) {
    PyErr_SetString(type, message.c_str());
    throw_error();
}

inline void check(int status) {
    check_callbacks();
    if (status < 0)
        throw_error();
}

inline std::string text_of(_object* str) {
    ptrdiff_t size;
    const char* text = PyUnicode_AsUTF8AndSize(str, &size);
    if (text == nullptr) {
        PyErr_Clear();
        return "(text that is not UTF-8)";
    }
    return {text, static_cast<size_t>(size)};
}

/// What a C++ exception is in Python: sets it. To be called in a handler.
inline void set_python_error() noexcept {
    try {
        throw;
    } catch (const Error& error) {
        error.restore();
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
    } catch (const std::invalid_argument& error) {
        PyErr_SetString(PyExc_ValueError, error.what());
    } catch (const std::out_of_range& error) {
        PyErr_SetString(PyExc_IndexError, error.what());
    } catch (const std::overflow_error& error) {
        PyErr_SetString(PyExc_OverflowError, error.what());
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
    } catch (...) {
        PyErr_SetString(PyExc_RuntimeError, "a C++ exception that is no std::exception");
    }
}

/// Returns what `make` returns, as a new reference, or sets the exception that it throws.
template <class Make>
_object* guarded(Make make) noexcept {
    try {
        return Value(make()).release_object();
    } catch (...) {
        set_python_error();
        return nullptr;
    }
}

}  // namespace detail

inline Error::Error(const stackless_error& error)
    : value_(Value::borrow(error.exception)),
      type_(detail::text_of(error.type)),
      message_(detail::text_of(error.message)),
      traceback_(detail::text_of(error.traceback)),
      what_(type_ + ": " + message_) {
    for (_object* object : {error.exception, error.type, error.message, error.traceback}) {
        Py_DecRef(object);
    }
}

inline Error Error::fetch() {
    stackless_error error;
    stackless_fetch_error(&error);
    if (error.exception == nullptr) {
        PyErr_SetString(PyExc_RuntimeError, "a function failed and set no exception");
        stackless_fetch_error(&error);
    }
    return Error(error);
}

inline Error Error::describe(const Value& exception) {
    stackless_error error;
    stackless_describe_error(exception.get(), &error);
    return Error(error);
}

inline Value Value::steal(stackless_object* object) {
    if (object == nullptr)
        detail::throw_error();
    Value value(object, stackless_number());
    detail::check_callbacks();
    return value;
}

inline Value Value::attr(const char* name) const {
    return steal(PyObject_GetAttrString(object(), name));
}

inline void Value::set_attr(const char* name, const Value& value) const {
    detail::check(PyObject_SetAttrString(object(), name, value.object()));
}

inline Value Value::item(const Value& key) const {
    return steal(PyObject_GetItem(object(), key.object()));
}

inline void Value::set_item(const Value& key, const Value& value) const {
    detail::check(PyObject_SetItem(object(), key.object(), value.object()));
}

inline size_t Value::size() const {
    const ptrdiff_t size = PyObject_Size(object());
    detail::check(size < 0 ? -1 : 0);
    return static_cast<size_t>(size);
}

inline std::string Value::str() const {
    return steal(PyObject_Str(object())).as<std::string>();
}

inline std::string Value::repr() const {
    return steal(PyObject_Repr(object())).as<std::string>();
}

inline std::string Value::type_name() const {
    return steal(PyObject_Type(object())).attr("__name__").as<std::string>();
}

inline bool Value::is_true() const {
    const int truth = PyObject_IsTrue(object());
    detail::check(truth);
    return truth != 0;
}

inline bool Value::equals(const Value& other) const {
    constexpr int equal = 2;  // Py_EQ
    const int truth = PyObject_RichCompareBool(object(), other.object(), equal);
    detail::check(truth);
    return truth != 0;
}

inline Value Value::call(const Value& args) const {
    return steal(PyObject_Call(object(), args.object(), nullptr));
}

inline Value Value::call(const Value& args, const Value& kwargs) const {
    return steal(PyObject_Call(object(), args.object(), kwargs.object()));
}

template <class... Args>
Value Value::tuple(Args&&... args) {
    Value made = steal(PyTuple_New(sizeof...(Args)));
    ptrdiff_t index = 0;
    (detail::check(
         PyTuple_SetItem(made.object_, index++, Value(std::forward<Args>(args)).release_object())),
     ...);
    return made;
}

// ---- The converters

template <>
struct Converter<Value> {
    static Value to_python(Value value) { return value; }
    static Value from_python(const Value& value) { return value; }
};

template <>
struct Converter<std::nullptr_t> {
    static Value to_python(std::nullptr_t) { return Value::none(); }
};

template <>
struct Converter<bool> {
    static Value to_python(bool value) { return Value::steal(PyBool_FromLong(value)); }
    static bool from_python(const Value& value) { return value.is_true(); }
};

template <class T>
struct Converter<T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>>> {
    static Value to_python(T value) {
        if constexpr (std::is_signed_v<T>) {
            return Value::steal(PyLong_FromLongLong(value));
        } else {
            return Value::steal(PyLong_FromUnsignedLongLong(value));
        }
    }
    static T from_python(const Value& value) {
        const Value index = Value::steal(PyNumber_Index(value.get()));
        if constexpr (std::is_signed_v<T>) {
            return narrow(PyLong_AsLongLong(index.get()), value);
        } else {
            return narrow(PyLong_AsUnsignedLongLong(index.get()), value);
        }
    }

private:
    template <class Wide>
    static T narrow(Wide wide, const Value& value) {
        if (wide == static_cast<Wide>(-1) && PyErr_Occurred() != nullptr)
            detail::throw_error();
        if (wide < std::numeric_limits<T>::min() || wide > std::numeric_limits<T>::max())
            detail::throw_error(PyExc_OverflowError, value.str() + " does not fit the C++ integer");
        return static_cast<T>(wide);
    }
};

template <class T>
struct Converter<T, std::enable_if_t<std::is_floating_point_v<T>>> {
    static Value to_python(T value) { return Value::steal(PyFloat_FromDouble(value)); }
    static T from_python(const Value& value) {
        const double number = PyFloat_AsDouble(value.get());
        if (number == -1.0 && PyErr_Occurred() != nullptr)
            detail::throw_error();
        return static_cast<T>(number);
    }
};

template <>
struct Converter<std::string> {
    static Value to_python(std::string_view text) {
        return Value::steal(
            PyUnicode_FromStringAndSize(text.data(), static_cast<ptrdiff_t>(text.size())));
    }
    static std::string from_python(const Value& value) {
        ptrdiff_t size;
        const char* text = PyUnicode_AsUTF8AndSize(value.get(), &size);
        if (text != nullptr)
            return {text, static_cast<size_t>(size)};
        const Error error = Error::fetch();
        if (error.type() != "TypeError")
            throw error;
        detail::throw_error(PyExc_TypeError, "a str is needed, not " + value.type_name());
    }
};

template <>
struct Converter<std::string_view> {
    static Value to_python(std::string_view text) {
        return Converter<std::string>::to_python(text);
    }
};

template <>
struct Converter<const char*> {
    static Value to_python(const char* text) { return Converter<std::string>::to_python(text); }
};

template <>
struct Converter<char*> : Converter<const char*> {};

template <>
struct Converter<Bytes> {
    static Value to_python(const Bytes& bytes) {
        return Value::steal(PyBytes_FromStringAndSize(bytes.data.data(),
                                                      static_cast<ptrdiff_t>(bytes.data.size())));
    }
    static Bytes from_python(const Value& value) {
        char* data;
        ptrdiff_t size;
        detail::check(PyBytes_AsStringAndSize(value.get(), &data, &size));
        return {std::string(data, static_cast<size_t>(size))};
    }
};

template <class T>
struct Converter<std::optional<T>> {
    static Value to_python(const std::optional<T>& value) {
        return value ? Value(*value) : Value::none();
    }
    static std::optional<T> from_python(const Value& value) {
        if (value.is_none())
            return std::nullopt;
        return value.as<T>();
    }
};

namespace detail {

/// The items of anything that can be iterated over.
class Items {
public:
    explicit Items(const Value& iterable)
        : tuple_(Value::steal(PySequence_Tuple(iterable.get()))),
          size_(PyTuple_Size(tuple_.get())) {}
    ptrdiff_t size() const { return size_; }
    Value operator[](ptrdiff_t index) const {
        return Value::borrow(PyTuple_GetItem(tuple_.get(), index));
    }

private:
    Value tuple_;
    ptrdiff_t size_;
};

template <class Tuple, size_t... index>
Tuple tuple_from(const Value& value, std::index_sequence<index...>) {
    const Items items(value);
    if (items.size() != sizeof...(index))
        throw_error(PyExc_ValueError, std::to_string(sizeof...(index)) + " items are needed, not " +
                                          std::to_string(items.size()));
    return Tuple(items[index].template as<std::tuple_element_t<index, Tuple>>()...);
}

}  // namespace detail

template <class T>
struct Converter<std::vector<T>> {
    static Value to_python(const std::vector<T>& values) {
        Value list = Value::steal(PyList_New(static_cast<ptrdiff_t>(values.size())));
        ptrdiff_t index = 0;
        for (const T& value : values) {
            detail::check(PyList_SetItem(list.get(), index++, Value(value).release_object()));
        }
        return list;
    }
    static std::vector<T> from_python(const Value& value) {
        const detail::Items items(value);
        std::vector<T> values;
        values.reserve(static_cast<size_t>(items.size()));
        for (ptrdiff_t i = 0; i < items.size(); i++) {
            values.push_back(items[i].as<T>());
        }
        return values;
    }
};

template <class... T>
struct Converter<std::tuple<T...>> {
    static Value to_python(const std::tuple<T...>& values) {
        return std::apply([](const T&... value) { return Value::tuple(value...); }, values);
    }
    static std::tuple<T...> from_python(const Value& value) {
        return detail::tuple_from<std::tuple<T...>>(value, std::index_sequence_for<T...>());
    }
};

template <class First, class Second>
struct Converter<std::pair<First, Second>> {
    static Value to_python(const std::pair<First, Second>& values) {
        return Value::tuple(values.first, values.second);
    }
    static std::pair<First, Second> from_python(const Value& value) {
        return detail::tuple_from<std::pair<First, Second>>(value, std::make_index_sequence<2>());
    }
};

template <class Key, class T>
struct Converter<std::map<Key, T>> {
    static Value to_python(const std::map<Key, T>& values) {
        Value dict = Value::steal(PyDict_New());
        for (const auto& [key, value] : values) {
            dict.set_item(key, value);
        }
        return dict;
    }
    static std::map<Key, T> from_python(const Value& value) {
        std::map<Key, T> values;
        const detail::Items items(Value::steal(PyMapping_Items(value.get())));
        for (ptrdiff_t i = 0; i < items.size(); i++) {
            values.insert(items[i].as<std::pair<Key, T>>());
        }
        return values;
    }
};

}  // namespace api
}  // namespace stackless
