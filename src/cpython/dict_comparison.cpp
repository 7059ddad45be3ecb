// Comparing dicts: see docs/internals/replaced-functions.md.
#include "cpython/dict_comparison.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless {

namespace {

/// References are borrowed. There is no value where an entry has been deleted, or belongs to other instances only.
struct Entry {
    PyObject* key;
    PyObject* value;
    Py_hash_t hash;
};

/// One of the entries that have been used so far.
Entry entry_at(const PyDictObject* dict, Py_ssize_t index) {
    PyDictKeysObject* keys = dict->ma_keys;
    if (!DK_IS_UNICODE(keys)) {
        const PyDictKeyEntry& entry = DK_ENTRIES(keys)[index];
        return {entry.me_key, entry.me_value, entry.me_hash};
    }
    const PyDictUnicodeEntry& entry = DK_UNICODE_ENTRIES(keys)[index];
    if (entry.me_key == nullptr)
        return {nullptr, nullptr, -1};
    PyObject* value = dict->ma_values != nullptr ? dict->ma_values->values[index] : entry.me_value;
    return {entry.me_key, value, reinterpret_cast<PyASCIIObject*>(entry.me_key)->hash};
}

bool has_only_plain_keys(const PyDictObject* dict) {
    PyDictKeysObject* keys = dict->ma_keys;
    if (DK_IS_UNICODE(keys))
        return true;
    const std::span entries(DK_ENTRIES(keys), static_cast<size_t>(keys->dk_nentries));
    return std::ranges::all_of(entries, [](const PyDictKeyEntry& entry) {
        return entry.me_key == nullptr || PyLong_CheckExact(entry.me_key) ||
               PyUnicode_CheckExact(entry.me_key);
    });
}

/// Finds keys in a dict where another one has them, up to the first that is elsewhere. If all keys are ints and strings, none
/// can be equal to the one that is there.
class SamePlaces {
public:
    explicit SamePlaces(PyDictObject* dict)
        : dict_(dict), goes_on_(has_only_plain_keys(dict)), version_(dict->ma_version_tag) {}

    /// The value, borrowed, of a key that the other dict has at this index; null if it has to be looked up.
    PyObject* value_of(PyObject* key, Py_ssize_t index) {
        if (!goes_on_)
            return nullptr;
        // Comparing values may have changed the dict.
        if (dict_->ma_version_tag == version_ && index < dict_->ma_keys->dk_nentries) {
            const Entry own = entry_at(dict_, index);
            if (own.key == key && own.value != nullptr)
                return own.value;
        }
        goes_on_ = false;
        return nullptr;
    }

private:
    PyDictObject* dict_;
    bool goes_on_;
    uint64_t version_;
};

/// Whether a dict has an equal value for the key of this entry of another one. `found` is that value, borrowed, or null if
/// the key is to be looked up. -1 with an exception set.
int has_equal_value(PyDictObject* dict, const Entry& entry, PyObject* found) {
    if (entry.value == found)
        return 1;
    const Ref key = Ref::borrow(entry.key);
    const Ref value = Ref::borrow(entry.value);
    if (found == nullptr) {
        _Py_dict_lookup(dict, entry.key, entry.hash, &found);
        if (found == nullptr)
            return PyErr_Occurred() != nullptr ? -1 : 0;
    }
    const Ref other = Ref::borrow(found);
    return PyObject_RichCompareBool(entry.value, found, Py_EQ);
}

/// -1 with an exception set. What is called may change both dicts.
int are_equal(PyDictObject* left, PyDictObject* right) {
    if (left->ma_used != right->ma_used)
        return 0;
    SamePlaces places(right);
    for (Py_ssize_t i = 0; i < left->ma_keys->dk_nentries; i++) {
        const Entry entry = entry_at(left, i);
        if (entry.value == nullptr)
            continue;
        const int result = has_equal_value(right, entry, places.value_of(entry.key, i));
        if (result <= 0)
            return result;
    }
    return 1;
}

/// Whether the first key of both is the same object, so that the others may be as well.
bool begin_alike(const PyDictObject* left, const PyDictObject* right) {
    return left->ma_keys->dk_nentries > 0 && right->ma_keys->dk_nentries > 0 &&
           entry_at(left, 0).key == entry_at(right, 0).key;
}

richcmpfunc stock_compare;

PyObject* compare(PyObject* left, PyObject* right, int operation) {
    if ((operation != Py_EQ && operation != Py_NE) || !PyDict_Check(left) || !PyDict_Check(right))
        return stock_compare(left, right, operation);
    auto* left_dict = reinterpret_cast<PyDictObject*>(left);
    auto* right_dict = reinterpret_cast<PyDictObject*>(right);
    if (!begin_alike(left_dict, right_dict))
        return stock_compare(left, right, operation);
    const int result = are_equal(left_dict, right_dict);
    if (result < 0)
        return nullptr;
    return Py_NewRef(result == (operation == Py_EQ ? 1 : 0) ? Py_True : Py_False);
}

}  // namespace

void adapt_dict_comparison() {
    if (stock_compare == nullptr) {
        stock_compare = std::exchange(PyDict_Type.tp_richcompare, compare);
    }
}

}  // namespace stackless
