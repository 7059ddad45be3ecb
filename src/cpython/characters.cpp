// What kind of letter a Latin-1 character is, by one look into a table. libpython's own calls between its object files go this way
// (--wrap): see docs/internals/replaced-functions.md.
#include <array>
#include <string_view>

#include "cpython/python.hpp"

extern "C" {
int __real__PyUnicode_IsAlpha(Py_UCS4 character);
int __real__PyUnicode_IsDecimalDigit(Py_UCS4 character);
int __real__PyUnicode_IsDigit(Py_UCS4 character);
int __real__PyUnicode_IsNumeric(Py_UCS4 character);
}

namespace {

using Table = std::array<bool, 256>;

/// True for the characters of each range, which are given by their first and last ones.
constexpr Table table_of(std::u32string_view ranges) {
    Table table{};
    for (size_t i = 0; i < ranges.size(); i += 2) {
        for (char32_t character = ranges[i]; character <= ranges[i + 1]; character++) {
            table[character] = true;
        }
    }
    return table;
}

constexpr Table letters = table_of(U"AZazªªµµººÀÖØöøÿ");
constexpr Table decimal_digits = table_of(U"09");
constexpr Table digits = table_of(U"09²³¹¹");
constexpr Table numerics = table_of(U"09²³¹¹¼¾");

}  // namespace

extern "C" {

int __wrap__PyUnicode_IsAlpha(Py_UCS4 character) {
    return character < letters.size() ? letters[character] : __real__PyUnicode_IsAlpha(character);
}

int __wrap__PyUnicode_IsDecimalDigit(Py_UCS4 character) {
    return character < decimal_digits.size() ? decimal_digits[character]
                                             : __real__PyUnicode_IsDecimalDigit(character);
}

int __wrap__PyUnicode_IsDigit(Py_UCS4 character) {
    return character < digits.size() ? digits[character] : __real__PyUnicode_IsDigit(character);
}

int __wrap__PyUnicode_IsNumeric(Py_UCS4 character) {
    return character < numerics.size() ? numerics[character]
                                       : __real__PyUnicode_IsNumeric(character);
}

}  // extern "C"
