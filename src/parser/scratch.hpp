// Where sequences are collected whose length is not known yet.
#pragma once

#include <cstdlib>
#include <cstring>

#include "parser/layouts.hpp"

namespace stackless::parser {

/// A stack of pointers.
class Scratch {
public:
    Scratch() = default;
    ~Scratch() {
        if (items_ != own_items_)
            PyMem_Free(items_);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    /// False with an exception set if there is no memory.
    bool push(void* item) {
        if (size_ == capacity_ && !grow())
            return false;
        items_[size_++] = item;
        return true;
    }
    Py_ssize_t size() const { return size_; }
    void shrink(Py_ssize_t size) { size_ = size; }
    void** items() { return items_; }

private:
    bool grow() {
        const size_t bytes = capacity_ * sizeof(void*);
        void** larger = static_cast<void**>(PyMem_Malloc(2 * bytes));
        if (!larger) {
            PyErr_NoMemory();
            return false;
        }
        std::memcpy(larger, items_, bytes);
        if (items_ != own_items_)
            PyMem_Free(items_);
        items_ = larger;
        capacity_ *= 2;
        return true;
    }

    static constexpr Py_ssize_t own_capacity = 128;
    void* own_items_[own_capacity];
    void** items_ = own_items_;
    Py_ssize_t size_ = 0;
    Py_ssize_t capacity_ = own_capacity;
};

/// The items of one sequence, on top of those of the rules that are not finished.
class Collector {
public:
    explicit Collector(Scratch& scratch) : scratch_(scratch), begin_(scratch.size()) {}
    ~Collector() { scratch_.shrink(begin_); }
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

    bool push(void* item) { return scratch_.push(item); }
    Py_ssize_t size() const { return scratch_.size() - begin_; }
    void* operator[](Py_ssize_t index) const { return scratch_.items()[begin_ + index]; }

    /// A sequence of these, in the arena; null with an exception set if there is no memory.
    template <typename Sequence>
    Sequence* take(PyArena* arena) const {
        return take<Sequence>(0, size(), arena);
    }
    template <typename Sequence>
    Sequence* take(Py_ssize_t from, Py_ssize_t to, PyArena* arena) const {
        // They are all alike.
        static_assert(sizeof(Sequence) == sizeof(asdl_generic_seq));
        asdl_generic_seq* sequence = _Py_asdl_generic_seq_new(to - from, arena);
        if (sequence && to > from)
            std::memcpy(sequence->typed_elements, scratch_.items() + begin_ + from,
                        (to - from) * sizeof(void*));
        return reinterpret_cast<Sequence*>(sequence);
    }
    /// The same, but null, which stands for an empty one, if there are none.
    template <typename Sequence>
    bool take_if_any(PyArena* arena, Sequence** sequence) const {
        *sequence = size() ? take<Sequence>(arena) : nullptr;
        return *sequence || !size();
    }

private:
    Scratch& scratch_;
    Py_ssize_t begin_;
};

}  // namespace stackless::parser
