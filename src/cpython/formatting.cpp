#include "cpython/formatting.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "cpython/exposed.hpp"
#include "cpython/ints.hpp"
#include "cpython/method_tables.hpp"
#include "cpython/ref.hpp"
#include "cpython/texts.hpp"

namespace stackless {

namespace {

enum class Alignment : char { usual, left, right };

/// How a value is to be written: what is behind a %, or the colon of a field.
struct Specifier {
    Alignment alignment = Alignment::usual;
    bool has_zeros = false;
    int width = 0;
    int precision = -1;
    char kind = '\0';  // as str() writes it
};

/// A text that is put together on the C stack, before it is known how long it gets. It ends where there is no room.
class ShortText {
public:
    bool add(std::string_view letters) {
        if (letters.size() > room())
            return false;
        end_ = std::copy(letters.begin(), letters.end(), end_);
        return true;
    }

    /// A number or text, made as wide as it is to be.
    bool add(std::string_view letters, const Specifier& how) {
        const auto width = static_cast<size_t>(how.width);
        if (width <= letters.size())
            return add(letters);
        if (width > room())
            return false;
        const size_t count = width - letters.size();
        if (how.alignment == Alignment::left) {
            add(letters);
            end_ = std::fill_n(end_, count, ' ');
            return true;
        }
        if (how.has_zeros && letters.front() == '-') {
            *end_++ = '-';
            letters.remove_prefix(1);
        }
        end_ = std::fill_n(end_, count, how.has_zeros ? '0' : ' ');
        return add(letters);
    }

    /// Adds a value, made as wide as it is to be.
    bool add(PyObject* value, const Specifier& how) {
        if (end_ == begin_) {
            first_ = value;
        }
        return add(letters_of(value), how);
    }

    /// The value that was added, if it was a single one; null with MemoryError set.
    [[nodiscard]] PyObject* make() const {
        if (first_ != nullptr && PyUnicode_GET_LENGTH(first_) == end_ - begin_)
            return Py_NewRef(first_);
        return text_of({begin_, static_cast<const char*>(end_)});
    }

private:
    [[nodiscard]] size_t room() const { return static_cast<size_t>(std::end(begin_) - end_); }

    static constexpr size_t most = 480;
    char begin_[most];
    char* end_ = begin_;
    PyObject* first_ = nullptr;
};

/// Whether the value is of a type that this knows.
inline bool is_simple(PyObject* value) {
    return is_ascii_text(value) || PyLong_CheckExact(value) || PyFloat_CheckExact(value) ||
           value == Py_None;
}

bool add_int(ShortText* text, PyObject* number, const Specifier& how) {
    char digits[most_letters_of_medium_int];
    char* end = std::end(digits);
    char* begin = write_decimal(medium_value(number), end);
    return text->add({begin, end}, how);
}

/// Adds a float as PyOS_double_to_string() writes it.
bool add_float(ShortText* text, double number, const Specifier& how, char code, int precision,
               int flags) {
    char* letters = PyOS_double_to_string(number, code, precision, flags, nullptr);
    if (letters == nullptr) {
        PyErr_Clear();
        return false;
    }
    const bool is_added = text->add(letters, how);
    PyMem_Free(letters);
    return is_added;
}

/// Adds str(value); false if that is not known, or there is no room.
bool add_value(ShortText* text, PyObject* value, const Specifier& how) {
    if (is_ascii_text(value))
        return text->add(value, how);
    if (PyLong_CheckExact(value))
        return is_medium_int(value) && add_int(text, value, how);
    if (PyFloat_CheckExact(value))
        return add_float(text, PyFloat_AS_DOUBLE(value), how, 'r', 0, Py_DTSF_ADD_DOT_0);
    return value == Py_None && text->add("None", how);
}

/// Adds repr(value), likewise.
bool add_representation(ShortText* text, PyObject* value) {
    if (!PyUnicode_CheckExact(value))
        return add_value(text, value, Specifier());
    if (!is_ascii_text(value))
        return false;
    const std::string_view letters = letters_of(value);
    const auto is_special = [](char letter) {
        return letter < ' ' || letter > '~' || letter == '\'' || letter == '\\';
    };
    return std::none_of(letters.begin(), letters.end(), is_special) && text->add("'") &&
           text->add(letters) && text->add("'");
}

bool add_as_specified(ShortText* text, PyObject* value, const Specifier& how) {
    constexpr int usual_precision = 6;
    switch (how.kind) {
    case '\0':
        return !how.has_zeros && how.precision < 0 && add_value(text, value, how);
    case 'r':
        return how.width == 0 && how.precision < 0 && add_representation(text, value);
    case 'd':
        return how.precision < 0 && PyLong_CheckExact(value) && is_medium_int(value) &&
               add_int(text, value, how);
    case 'f':
        return !how.has_zeros && PyFloat_CheckExact(value) &&
               add_float(text, PyFloat_AS_DOUBLE(value), how, 'f',
                         how.precision < 0 ? usual_precision : how.precision, 0);
    default:
        return false;
    }
}

/// Takes what is at the beginning of the rest of a format off it.
bool take(std::string_view* rest, char letter) {
    if (!rest->starts_with(letter))
        return false;
    rest->remove_prefix(1);
    return true;
}

/// A number of up to two digits; `otherwise` if there is none.
int take_number(std::string_view* rest, int otherwise) {
    constexpr size_t most_digits = 2;
    size_t count = 0;
    int number = 0;
    while (count < std::min(most_digits, rest->size()) && (*rest)[count] >= '0' &&
           (*rest)[count] <= '9') {
        number = number * 10 + ((*rest)[count++] - '0');
    }
    rest->remove_prefix(count);
    return count != 0 ? number : otherwise;
}

/// Zeros, width and precision.
void take_measures(std::string_view* rest, Specifier* how) {
    how->has_zeros = take(rest, '0') && how->alignment != Alignment::left;
    how->width = take_number(rest, 0);
    if (take(rest, '.')) {
        how->precision = take_number(rest, 0);
    }
}

/// What follows a %. False if it is more than this knows.
bool take_specifier(std::string_view* rest, Specifier* how) {
    how->alignment = take(rest, '-') ? Alignment::left : Alignment::right;
    take_measures(rest, how);
    if (rest->empty())
        return false;
    how->kind = rest->front() == 's' ? '\0' : rest->front();
    rest->remove_prefix(1);
    return true;
}

/// Adds a value as the specification at the beginning of the rest of a format says. False if that is more than this knows.
bool add_by_specification(ShortText* text, PyObject* value, std::string_view* rest) {
    Specifier how;
    how.alignment = take(rest, '<')   ? Alignment::left
                    : take(rest, '>') ? Alignment::right
                                      : Alignment::usual;
    const bool is_aligned = how.alignment != Alignment::usual;
    if (is_aligned && rest->starts_with('0'))
        return false;
    take_measures(rest, &how);
    if (take(rest, 'd')) {
        how.kind = 'd';
    } else if (take(rest, 'f')) {
        how.kind = 'f';
    } else if (take(rest, 's') && !PyUnicode_CheckExact(value)) {
        return false;
    }
    if (value == Py_None)
        return false;
    if (!is_aligned) {
        how.alignment = PyUnicode_CheckExact(value) ? Alignment::left : Alignment::right;
    }
    return add_as_specified(text, value, how);
}

/// Moves the letters of a format before the first special one to a text. False if there is no room.
template <class IsSpecial>
bool move_letters(ShortText* text, std::string_view* rest, IsSpecial is_special) {
    const auto count =
        static_cast<size_t>(std::find_if(rest->begin(), rest->end(), is_special) - rest->begin());
    if (!text->add(rest->substr(0, count)))
        return false;
    rest->remove_prefix(count);
    return true;
}

}  // namespace

PyObject* format_by_modulo_at_once(PyObject* format, PyObject* values) {
    const bool are_many = PyTuple_CheckExact(values);
    PyObject* const* next = are_many ? _PyTuple_ITEMS(values) : &values;
    PyObject* const* end = next + (are_many ? PyTuple_GET_SIZE(values) : 1);
    if (!is_ascii_text(format) || next == end || (!are_many && !is_simple(values)))
        return nullptr;
    ShortText text;
    std::string_view rest = letters_of(format);
    while (move_letters(&text, &rest, [](char letter) { return letter == '%'; })) {
        if (rest.empty())
            return next == end ? text.make() : nullptr;
        rest.remove_prefix(1);
        if (take(&rest, '%')) {
            if (!text.add("%"))
                return nullptr;
            continue;
        }
        Specifier how;
        if (!take_specifier(&rest, &how) || next == end || !add_as_specified(&text, *next++, how))
            return nullptr;
    }
    return nullptr;
}

PyObject* format_at_once(PyObject* value, PyObject* specification) {
    if (!is_ascii_text(specification))
        return nullptr;
    ShortText text;
    std::string_view rest = letters_of(specification);
    return !rest.empty() && add_by_specification(&text, value, &rest) && rest.empty() ? text.make()
                                                                                      : nullptr;
}

namespace {

/// The fields of a format that have names, or are numbered one way or the other.
class Fields {
public:
    /// The values of the names, a tuple or null, come behind the others.
    Fields(PyObject* const* values, Py_ssize_t count, PyObject* names)
        : values_(values), count_(count), names_(names) {}

    /// The value of the field that begins the rest of a format, behind its brace; null if it is more than this knows.
    PyObject* take_value(std::string_view* rest) {
        const size_t length = std::min(rest->find_first_of("}:"), rest->size());
        const std::string_view field = rest->substr(0, length);
        if (length != 0 && !(field.front() >= '0' && field.front() <= '9')) {
            rest->remove_prefix(length);
            return value_of(field);
        }
        const int number = take_number(rest, -1);
        const bool is_numbered = number >= 0;
        if (is_numbered ? next_ > 0 : has_numbers_)
            return nullptr;
        has_numbers_ = is_numbered;
        const Py_ssize_t place = is_numbered ? number : next_++;
        return place < count_ ? values_[place] : nullptr;
    }

private:
    [[nodiscard]] PyObject* value_of(std::string_view name) const {
        const Py_ssize_t names = names_ != nullptr ? PyTuple_GET_SIZE(names_) : 0;
        for (Py_ssize_t i = 0; i < names; i++) {
            PyObject* each = PyTuple_GET_ITEM(names_, i);
            if (is_ascii_text(each) && letters_of(each) == name)
                return values_[count_ + i];
        }
        return nullptr;
    }

    PyObject* const* values_;
    Py_ssize_t count_;
    PyObject* names_;
    Py_ssize_t next_ = 0;
    bool has_numbers_ = false;
};

PyObject* fill_at_once(PyObject* format, Fields fields) {
    if (!is_ascii_text(format))
        return nullptr;
    ShortText text;
    std::string_view rest = letters_of(format);
    while (move_letters(&text, &rest, [](char letter) { return letter == '{' || letter == '}'; })) {
        if (rest.empty())
            return text.make();
        const char brace = rest.front();
        rest.remove_prefix(1);
        if (take(&rest, brace)) {
            if (!text.add({&brace, 1}))
                return nullptr;
            continue;
        }
        PyObject* value = brace == '{' ? fields.take_value(&rest) : nullptr;
        if (value == nullptr)
            return nullptr;
        const bool is_added = take(&rest, ':') && !rest.starts_with('}')
                                  ? add_by_specification(&text, value, &rest)
                                  : add_value(&text, value, Specifier());
        if (!is_added || !take(&rest, '}'))
            return nullptr;
    }
    return nullptr;
}

PyCFunctionWithKeywords stock_format;

PyObject* format(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* kwnames) {
    const bool has_values = count != 0 || kwnames != nullptr;
    PyObject* text = has_values ? fill_at_once(self, Fields(args, count, kwnames)) : nullptr;
    if (text != nullptr || PyErr_Occurred() != nullptr)
        return text;
    const Ref positional = Ref::steal(_PyTuple_FromArray(args, count));
    const Ref named =
        Ref::steal(kwnames != nullptr ? _PyStack_AsDict(args + count, kwnames) : nullptr);
    if (!positional || (kwnames != nullptr && !named))
        return nullptr;
    return stock_format(self, positional.get(), named.get());
}

}  // namespace

void adapt_formatting() {
    if (stock_format != nullptr)
        return;
    PyMethodDef* method = find_method(unicode_methods, "format");
    const auto place = reinterpret_cast<void**>(&method->ml_meth);
    stock_format = reinterpret_cast<PyCFunctionWithKeywords>(
        std::exchange(*place, reinterpret_cast<void*>(format)));
    method->ml_flags = (method->ml_flags & ~METH_VARARGS) | METH_FASTCALL;
}

}  // namespace stackless
