#include "cpython/splitting.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "cpython/exposed.hpp"
#include "cpython/kept_blocks.hpp"
#include "cpython/method_tables.hpp"
#include "cpython/ref.hpp"
#include "cpython/texts.hpp"

namespace stackless {

namespace {

using Letter = const Py_UCS1*;

// Eight letters of ASCII are looked at together: words are short, and where each ends the processor could not predict.

using Eight = uint64_t;
static_assert(std::endian::native == std::endian::little);  // the first letter is the lowest

constexpr Eight each(Py_UCS1 value) {
    return value * 0x0101010101010101U;
}

/// Sets the highest bit of each letter that is between two others, and only that.
constexpr Eight are_between(Eight letters, Py_UCS1 first, Py_UCS1 last) {
    return (letters + each(0x80 - first)) & ~(letters + each(0x7f - last)) & each(0x80);
}

struct Spaces {
    static constexpr Eight among(Eight letters) {
        return are_between(letters, '\t', '\r') | are_between(letters, 0x1c, ' ');
    }
};

struct LineEnds {
    static constexpr Eight among(Eight letters) {
        return are_between(letters, '\n', '\r') | are_between(letters, 0x1c, 0x1e);
    }
};

struct Separators {
    Py_UCS1 separator;
    [[nodiscard]] Eight among(Eight letters) const {
        return are_between(letters ^ each(separator), 0, 0);
    }
};

inline Eight load(Letter letters) {
    Eight eight;
    std::memcpy(&eight, letters, sizeof eight);
    return eight;
}

/// The first letter that is one of those that are wanted; the end if none is. At least eight bytes belong to the object
/// before the end.
template <class Wanted>
inline Letter find(Letter begin, Letter end, Wanted wanted) {
    constexpr Py_ssize_t width = sizeof(Eight);
    for (; end - begin >= width; begin += width) {
        const Eight found = wanted.among(load(begin));
        if (found != 0)
            return begin + std::countr_zero(found) / 8;
    }
    if (begin == end)
        return end;
    const auto surplus = static_cast<int>(width - (end - begin));
    const int place = std::countr_zero(wanted.among(load(end - width) >> 8 * surplus)) / 8;
    return std::min(begin + place, end);
}

inline Letter skip_spaces(Letter begin, Letter end) {
    while (begin != end && _Py_ascii_whitespace[*begin] != 0) {
        begin++;
    }
    return begin;
}

/// Collects parts of a text.
class Parts {
public:
    explicit Parts(PyObject* text)
        : begin(PyUnicode_1BYTE_DATA(text)),
          end(begin + PyUnicode_GET_LENGTH(text)),
          text_(text),
          list_(RefTo<PyListObject>::steal(reinterpret_cast<PyListObject*>(PyList_New(0)))) {
        if (list_) {
            make_room();
        }
    }

    const Letter begin;
    const Letter end;

    /// False if there is no memory; nothing is to be added any more then.
    bool add(Letter first, Letter last) {
        if (!list_)
            return false;
        const bool is_all = first == begin && last == end;
        PyObject* part = is_all ? Py_NewRef(text_)
                                : text_of({reinterpret_cast<const char*>(first),
                                           static_cast<size_t>(last - first)});
        if (part != nullptr && _PyList_AppendTakeRef(list_.get(), part) == 0)
            return true;
        list_.reset();
        return false;
    }
    /// The list of the parts; null with MemoryError set if one could not be added.
    PyObject* release() { return reinterpret_cast<PyObject*>(list_.release()); }

private:
    /// As libpython does, for as many parts as most lines have.
    void make_room() {
        constexpr Py_ssize_t expected = 12;
        list_->ob_item = static_cast<PyObject**>(memory_blocks.take(expected * sizeof(PyObject*)));
        list_->allocated = list_->ob_item != nullptr ? expected : 0;
    }

    PyObject* text_;
    RefTo<PyListObject> list_;
};

PyObject* split_at_spaces(PyObject* text) {
    Parts parts(text);
    Letter word = skip_spaces(parts.begin, parts.end);
    while (word != parts.end) {
        const Letter space = find(word, parts.end, Spaces());
        if (!parts.add(word, space))
            break;
        word = skip_spaces(space, parts.end);
    }
    return parts.release();
}

PyObject* split_at(PyObject* text, Py_UCS1 separator) {
    Parts parts(text);
    Letter part = parts.begin;
    Letter next = find(part, parts.end, Separators{separator});
    while (next != parts.end && parts.add(part, next)) {
        part = next + 1;
        next = find(part, parts.end, Separators{separator});
    }
    parts.add(part, next);
    return parts.release();
}

PyObject* split_at_line_ends(PyObject* text, bool keeps_ends) {
    Parts parts(text);
    Letter line = parts.begin;
    while (line != parts.end) {
        const Letter line_end = find(line, parts.end, LineEnds());
        Letter next = line_end;
        if (next != parts.end) {
            next++;
            if (*line_end == '\r' && next != parts.end && *next == '\n') {
                next++;
            }
        }
        if (!parts.add(line, keeps_ends ? next : line_end))
            break;
        line = next;
    }
    return parts.release();
}

_PyCFunctionFastWithKeywords stock_split;
_PyCFunctionFastWithKeywords stock_splitlines;

PyObject* split(PyObject* text, PyObject* const* args, Py_ssize_t count, PyObject* kwnames) {
    if (is_ascii_text(text) && kwnames == nullptr) {
        if (count == 0)
            return split_at_spaces(text);
        if (count == 1 && is_ascii_text(args[0]) && PyUnicode_GET_LENGTH(args[0]) == 1)
            return split_at(text, *PyUnicode_1BYTE_DATA(args[0]));
    }
    return stock_split(text, args, count, kwnames);
}

PyObject* splitlines(PyObject* text, PyObject* const* args, Py_ssize_t count, PyObject* kwnames) {
    if (is_ascii_text(text) && kwnames == nullptr &&
        (count == 0 || (count == 1 && PyBool_Check(args[0]))))
        return split_at_line_ends(text, count == 1 && args[0] == Py_True);
    return stock_splitlines(text, args, count, kwnames);
}

}  // namespace

void adapt_splitting() {
    replace_method(unicode_methods, "split", split, stock_split);
    replace_method(unicode_methods, "splitlines", splitlines, stock_splitlines);
}

}  // namespace stackless
