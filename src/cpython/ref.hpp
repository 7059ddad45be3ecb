// An owning reference to a Python object.
#pragma once

#include <utility>

#include "cpython/python.hpp"

namespace stackless {

/// Owns one reference to an object, or none. `T` is PyObject or a struct that begins with one.
template <class T = PyObject>
class RefTo {
public:
    RefTo() noexcept = default;
    RefTo(std::nullptr_t) noexcept {}
    RefTo(const RefTo& other) noexcept : object_(other.object_) { Py_XINCREF(object_); }
    RefTo(RefTo&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    ~RefTo() { Py_XDECREF(object_); }

    RefTo& operator=(RefTo other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }

    /// Takes over a reference that the caller owns (a "new reference", or null).
    static RefTo steal(T* object) noexcept {
        RefTo ref;
        ref.object_ = object;
        return ref;
    }
    /// Takes a reference of its own to an object that somebody else keeps alive (or null).
    static RefTo borrow(T* object) noexcept {
        Py_XINCREF(object);
        return steal(object);
    }

    T* get() const noexcept { return object_; }
    T* operator->() const noexcept { return object_; }
    explicit operator bool() const noexcept { return object_ != nullptr; }

    /// Gives the reference to the caller.
    [[nodiscard]] T* release() noexcept { return std::exchange(object_, nullptr); }
    /// Drops the reference. The member is empty before any destructor in Python runs.
    void reset() noexcept { RefTo().swap(*this); }
    void swap(RefTo& other) noexcept { std::swap(object_, other.object_); }

private:
    T* object_ = nullptr;
};

using Ref = RefTo<PyObject>;

}  // namespace stackless
