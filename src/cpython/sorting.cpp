#include "cpython/sorting.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <memory>
#include <utility>

#include "cpython/exposed.hpp"
#include "cpython/ints.hpp"
#include "cpython/method_tables.hpp"
#include "cpython/ref.hpp"
#include "cpython/texts.hpp"

namespace stackless {

namespace {

constexpr int digit_bits = 8;
constexpr int most_digits = 64 / digit_bits;

struct Record {
    uint64_t key;
    PyObject* value;
};

struct Release {
    void operator()(Record* records) const { PyMem_Free(records); }
};

// Each kind of keys as numbers that are in the same order. False for a key that is of another kind.

bool int_as_number(PyObject* key, uint64_t& number) {
    if (!PyLong_CheckExact(key) || !is_medium_int(key))
        return false;
    number = static_cast<uint64_t>(medium_value(key)) ^ uint64_t { 1 } << 63;
    return true;
}

bool float_as_number(PyObject* key, uint64_t& number) {
    if (!PyFloat_CheckExact(key) || std::isnan(PyFloat_AS_DOUBLE(key)))
        return false;
    // Zero has no sign here.
    const auto bits = std::bit_cast<int64_t>(PyFloat_AS_DOUBLE(key) + 0.0);
    number = static_cast<uint64_t>(bits) ^ (static_cast<uint64_t>(bits >> 63) | uint64_t{1} << 63);
    return true;
}

bool string_as_number(PyObject* key, uint64_t& number) {
    if (!PyUnicode_CheckExact(key) || !PyUnicode_IS_READY(key) ||
        PyUnicode_KIND(key) != PyUnicode_1BYTE_KIND || PyUnicode_GET_LENGTH(key) > 8)
        return false;
    const auto length = static_cast<size_t>(PyUnicode_GET_LENGTH(key));
    const Py_UCS1* letters = PyUnicode_1BYTE_DATA(key);
    number = 0;
    for (size_t i = 0; i < length; i++) {
        // Behind the end of a string are zeros.
        if (letters[i] == 0)
            return false;
        number |= uint64_t{letters[i]} << (56 - 8 * i);
    }
    return true;
}

template <bool (*as_number)(PyObject*, uint64_t&)>
bool read_keys(Record* records, PyObject* const* keys, Py_ssize_t count) {
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!as_number(keys[i], records[i].key))
            return false;
    }
    return true;
}

using ReadKeys = bool(Record*, PyObject* const*, Py_ssize_t);

/// For keys of the class of this one; null if there is none.
ReadKeys* find_reader(PyObject* key) {
    const PyTypeObject* type = Py_TYPE(key);
    if (type == &PyLong_Type)
        return read_keys<int_as_number>;
    if (type == &PyFloat_Type)
        return read_keys<float_as_number>;
    return type == &PyUnicode_Type ? read_keys<string_as_number> : nullptr;
}

/// Whether they are in order, or the reverse of it, but for a few places: merging such runs takes less time.
bool are_in_runs(const Record* records, Py_ssize_t count) {
    constexpr Py_ssize_t shortest_run = 16;
    Py_ssize_t ascents = 0;
    Py_ssize_t descents = 0;
    for (Py_ssize_t i = 1; i < count; i++) {
        ascents += records[i - 1].key < records[i].key ? 1 : 0;
        descents += records[i - 1].key > records[i].key ? 1 : 0;
    }
    return std::min(ascents, descents) < count / shortest_run;
}

/// Whether going through the records so many times takes less time than comparing them. Figures are measured.
bool is_worth_while(Py_ssize_t count, int rounds) {
    const Py_ssize_t comparing = 3 * count * std::bit_width(static_cast<size_t>(count));
    return rounds * (2 * count + 200) < comparing;
}

/// Distributes the records by one digit. Those that have the same keep their order.
void distribute(const Record* from, Record* to, Py_ssize_t count, int shift) {
    std::array<uint32_t, 1U << digit_bits> places{};
    const auto digit_of = [shift](const Record& record) {
        return static_cast<uint8_t>(record.key >> shift);
    };
    for (Py_ssize_t i = 0; i < count; i++) {
        places[digit_of(from[i])]++;
    }
    uint32_t sum = 0;
    for (uint32_t& place : places) {
        sum += std::exchange(place, sum);
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        to[places[digit_of(from[i])]++] = from[i];
    }
}

}  // namespace

bool sort_by_digits(PyObject** values, PyObject* const* keys, Py_ssize_t count, bool reverse) {
    constexpr Py_ssize_t fewest = 64;
    constexpr Py_ssize_t most = 1 << 20;  // of which each takes 32 bytes meanwhile
    if (count < fewest || count > most)
        return false;
    ReadKeys* read = find_reader(keys[0]);
    std::array<Record, 16> first_ones;
    if (read == nullptr || !read(first_ones.data(), keys, first_ones.size()) ||
        are_in_runs(first_ones.data(), first_ones.size()))
        return false;
    const std::unique_ptr<Record, Release> memory(PyMem_New(Record, 2 * count));
    Record* records = memory.get();
    if (records == nullptr || !read(records, keys, count) || are_in_runs(records, count))
        return false;
    const uint64_t turned = reverse ? ~uint64_t{0} : 0;
    uint64_t differences = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        differences |= records[i].key ^ records[0].key;
    }
    std::array<int, most_digits> shifts;
    int rounds = 0;
    for (int shift = 0; shift < 64; shift += digit_bits) {
        if (static_cast<uint8_t>(differences >> shift) != 0) {
            shifts[rounds++] = shift;
        }
    }
    if (!is_worth_while(count, rounds))
        return false;
    for (Py_ssize_t i = 0; i < count; i++) {
        records[i].key ^= turned;
        records[i].value = values[i];
    }
    Record* sorted = records + count;
    for (int i = 0; i < rounds; i++) {
        distribute(records, sorted, count, shifts[i]);
        std::swap(records, sorted);
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        values[i] = records[i].value;
    }
    return true;
}

namespace {

_PyCFunctionFastWithKeywords stock_sort;

/// Whether the arguments are just reverse=True.
bool are_reverse(PyObject* const* args, Py_ssize_t count, PyObject* kwnames) {
    return count == 0 && kwnames != nullptr && PyTuple_GET_SIZE(kwnames) == 1 &&
           args[0] == Py_True && is_spelled(PyTuple_GET_ITEM(kwnames, 0), "reverse");
}

PyObject* sort_list(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* kwnames) {
    auto* list = reinterpret_cast<PyListObject*>(self);
    const bool is_plain = count == 0 && kwnames == nullptr;
    if (!is_plain && !are_reverse(args, count, kwnames))
        return stock_sort(self, args, count, kwnames);
    if (sort_by_digits(list->ob_item, list->ob_item, Py_SIZE(list), !is_plain))
        Py_RETURN_NONE;
    return list_sort_impl(list, Py_None, static_cast<int>(!is_plain));
}

_PyCFunctionFastWithKeywords stock_sorted;

/// sorted() without a bound method of the list: a few items take 0.7 of the time.
PyObject* sorted(PyObject* module, PyObject* const* args, Py_ssize_t count, PyObject* kwnames) {
    if (count != 1)
        return stock_sorted(module, args, count, kwnames);
    Ref list = Ref::steal(PySequence_List(args[0]));
    if (!list)
        return nullptr;
    const Ref none = Ref::steal(sort_list(list.get(), args + 1, 0, kwnames));
    return none ? list.release() : nullptr;
}

}  // namespace

void adapt_sorting() {
    replace_method(list_methods, "sort", sort_list, stock_sort);
    replace_method(builtin_methods, "sorted", sorted, stock_sorted);
}

}  // namespace stackless
