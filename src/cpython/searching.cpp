// Searching bytes in bytes and strings in strings, sixteen places at a time: see docs/internals/replaced-functions.md.
#include "cpython/searching.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <string_view>

#include "cpython/method_tables.hpp"
#include "cpython/python.hpp"
#include "cpython/texts.hpp"

namespace stackless {

namespace {

/// The vector instructions of any processor, as clang and gcc have them.
using Block = unsigned char __attribute__((vector_size(16)));

Block load_block(const char* place) {
    Block block;
    std::memcpy(&block, place, sizeof block);
    return block;
}

/// Finds where a text has a word of two bytes or more. Looks for its first and its last byte at once, and compares the
/// others only where both are.
class Search {
public:
    Search(std::string_view text, std::string_view word)
        : text_(text), word_(word), trials_left_(4 * text.size() / word.size() + 16) {}

    /// Calls `visit` with each position, from the left, that does not overlap with the one before, until it returns
    /// false. False if comparing has taken too much time, so that another algorithm is to be asked.
    template <class Visitor>
    bool run(Visitor visit) {
        const size_t last = word_.size() - 1;
        const size_t places = text_.size() - last;
        const Block first_byte = Block{} + static_cast<unsigned char>(word_.front());
        const Block last_byte = Block{} + static_cast<unsigned char>(word_.back());
        size_t at = 0;
        for (; at + sizeof(Block) <= places; at += sizeof(Block)) {
            const auto both = (load_block(text_.data() + at) == first_byte) &
                              (load_block(text_.data() + at + last) == last_byte);
            const auto halves = std::bit_cast<std::array<uint64_t, 2>>(both);
            if ((halves[0] | halves[1]) != 0 &&
                !(look_closer(at, halves[0], visit) && look_closer(at + 8, halves[1], visit)))
                return trials_left_ > 0;
        }
        for (; at < places; at++) {
            if (text_[at] == word_.front() && text_[at + last] == word_.back() &&
                !look_at(at, visit))
                return trials_left_ > 0;
        }
        return true;
    }

private:
    /// Each byte of `candidates` that is not zero stands for a position.
    template <class Visitor>
    bool look_closer(size_t at, uint64_t candidates, Visitor& visit) {
        while (candidates != 0) {
            const int bit = std::countr_zero(candidates) & ~7;
            if (!look_at(at + static_cast<size_t>(bit) / 8, visit))
                return false;
            candidates &= ~(uint64_t{0xff} << bit);
        }
        return true;
    }

    template <class Visitor>
    bool look_at(size_t position, Visitor& visit) {
        if (position < next_)
            return true;
        if (text_.compare(position + 1, word_.size() - 2, word_, 1, word_.size() - 2) != 0)
            return --trials_left_ > 0;
        next_ = position + word_.size();
        return visit(position);
    }

    std::string_view text_;
    std::string_view word_;
    size_t trials_left_;
    size_t next_ = 0;  // position that does not overlap
};

/// Whether a search is worth its beginning, and there is more than a byte to look for.
bool is_searched_here(std::string_view text, std::string_view word) {
    constexpr size_t shortest_text = 64;
    return word.size() >= 2 && text.size() >= shortest_text && word.size() <= text.size();
}

std::string_view view_of(PyObject* bytes) {
    return {PyBytes_AS_STRING(bytes), static_cast<size_t>(PyBytes_GET_SIZE(bytes))};
}

/// The position of a word, or -1; nothing if somebody else is to search.
std::optional<Py_ssize_t> find(std::string_view text, std::string_view word) {
    if (!is_searched_here(text, word))
        return std::nullopt;
    Py_ssize_t found = -1;
    const bool done = Search(text, word).run([&](size_t position) {
        found = static_cast<Py_ssize_t>(position);
        return false;
    });
    return done ? std::optional(found) : std::nullopt;
}

std::optional<Py_ssize_t> find(std::string_view text, PyObject* word) {
    return PyBytes_CheckExact(word) ? find(text, view_of(word)) : std::nullopt;
}

std::optional<Py_ssize_t> count(std::string_view text, std::string_view word) {
    if (!is_searched_here(text, word))
        return std::nullopt;
    Py_ssize_t number = 0;
    const bool done = Search(text, word).run([&](size_t) {
        number++;
        return true;
    });
    return done ? std::optional(number) : std::nullopt;
}

_PyCFunctionFast stock_replace;

/// Null without an exception if the result would be too long.
PyObject* replace_all(PyObject* self, std::string_view old, std::string_view replacement,
                      Py_ssize_t number) {
    const std::string_view text = view_of(self);
    const auto growth = static_cast<Py_ssize_t>(replacement.size() - old.size());
    Py_ssize_t size;
    if (__builtin_mul_overflow(number, growth, &size) ||
        __builtin_add_overflow(size, PyBytes_GET_SIZE(self), &size))
        return nullptr;
    PyObject* result = PyBytes_FromStringAndSize(nullptr, size);
    if (result == nullptr)
        return nullptr;
    char* end = PyBytes_AS_STRING(result);
    size_t begin = 0;
    const auto copy_until = [&](size_t position) {
        std::memcpy(end, text.data() + begin, position - begin);
        end += position - begin;
    };
    Search(text, old).run([&](size_t position) {
        copy_until(position);
        std::memcpy(end, replacement.data(), replacement.size());
        end += replacement.size();
        begin = position + old.size();
        return true;
    });
    copy_until(text.size());
    return result;
}

PyObject* replace(PyObject* self, PyObject* const* args, Py_ssize_t arg_count) {
    if (arg_count == 2 && PyBytes_CheckExact(self) && PyBytes_CheckExact(args[0]) &&
        PyBytes_CheckExact(args[1])) {
        const std::optional<Py_ssize_t> number = count(view_of(self), view_of(args[0]));
        if (number == 0)
            return Py_NewRef(self);
        if (number.has_value()) {
            PyObject* result = replace_all(self, view_of(args[0]), view_of(args[1]), *number);
            if (result != nullptr || PyErr_Occurred() != nullptr)
                return result;
        }
    }
    return stock_replace(self, args, arg_count);
}

bool has_bytes_for_letters(PyObject* object) {
    return PyUnicode_Check(object) && PyUnicode_IS_READY(object) &&
           PyUnicode_KIND(object) == PyUnicode_1BYTE_KIND;
}

PyCFunction stock_find;

PyObject* find_in_string(PyObject* self, PyObject* args) {
    if (PyTuple_GET_SIZE(args) == 1 && has_bytes_for_letters(self) &&
        has_bytes_for_letters(PyTuple_GET_ITEM(args, 0))) {
        const auto found = find(letters_of(self), letters_of(PyTuple_GET_ITEM(args, 0)));
        if (found.has_value())
            return PyLong_FromSsize_t(*found);
    }
    return stock_find(self, args);
}

}  // namespace

void adapt_searching() {
    replace_method(PyUnicode_Type.tp_methods, "find", find_in_string, stock_find);
    replace_method(PyBytes_Type.tp_methods, "replace", replace, stock_replace);
}

}  // namespace stackless

extern "C" {

PyObject* __real__Py_bytes_find(const char* text, Py_ssize_t size, PyObject* args);
PyObject* __real__Py_bytes_count(const char* text, Py_ssize_t size, PyObject* args);
int __real__Py_bytes_contains(const char* text, Py_ssize_t size, PyObject* word);

PyObject* __wrap__Py_bytes_find(const char* text, Py_ssize_t size, PyObject* args) {
    if (PyTuple_GET_SIZE(args) == 1) {
        const auto found =
            stackless::find({text, static_cast<size_t>(size)}, PyTuple_GET_ITEM(args, 0));
        if (found.has_value())
            return PyLong_FromSsize_t(*found);
    }
    return __real__Py_bytes_find(text, size, args);
}

PyObject* __wrap__Py_bytes_count(const char* text, Py_ssize_t size, PyObject* args) {
    if (PyTuple_GET_SIZE(args) == 1 && PyBytes_CheckExact(PyTuple_GET_ITEM(args, 0))) {
        const auto number = stackless::count({text, static_cast<size_t>(size)},
                                             stackless::view_of(PyTuple_GET_ITEM(args, 0)));
        if (number.has_value())
            return PyLong_FromSsize_t(*number);
    }
    return __real__Py_bytes_count(text, size, args);
}

int __wrap__Py_bytes_contains(const char* text, Py_ssize_t size, PyObject* word) {
    const auto found = stackless::find({text, static_cast<size_t>(size)}, word);
    return found.has_value() ? *found >= 0 : __real__Py_bytes_contains(text, size, word);
}

}  // extern "C"
