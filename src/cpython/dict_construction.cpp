// dict(pairs) and dict.fromkeys(keys): see docs/internals/replaced-functions.md.
#include "cpython/dict_construction.hpp"

#include <cstring>
#include <utility>

#include "cpython/first_probe.hpp"
#include "cpython/method_tables.hpp"
#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless {

namespace {

template <typename Word>
bool have_same_word(const char* left, const char* right) {
    Word left_word;
    Word right_word;
    std::memcpy(&left_word, left, sizeof(Word));
    std::memcpy(&right_word, right, sizeof(Word));
    return left_word == right_word;
}

/// Short ones without a call: at most two words, which may overlap.
bool are_same(const char* left, const char* right, size_t size) {
    const auto have_same_words = [=]<typename Word>(Word) {
        const size_t last = size - sizeof(Word);
        return have_same_word<Word>(left, right) && have_same_word<Word>(left + last, right + last);
    };
    if (size > 2 * sizeof(uint64_t))
        return std::memcmp(left, right, size) == 0;
    if (size >= sizeof(uint64_t))
        return have_same_words(uint64_t{});
    if (size >= sizeof(uint32_t))
        return have_same_words(uint32_t{});
    if (size >= sizeof(uint16_t))
        return have_same_words(uint16_t{});
    return size == 0 || *left == *right;
}

/// Of strings that have a hash.
bool are_equal_strings(PyObject* left, PyObject* right) {
    const Py_ssize_t length = PyUnicode_GET_LENGTH(left);
    const auto kind = PyUnicode_KIND(left);
    return length == PyUnicode_GET_LENGTH(right) && kind == PyUnicode_KIND(right) &&
           are_same(static_cast<const char*>(PyUnicode_DATA(left)),
                    static_cast<const char*>(PyUnicode_DATA(right)),
                    static_cast<size_t>(length) * kind);
}

/// The garbage collector need not look at a dict of what it does not track.
bool may_be_tracked(PyObject* object) {
    return PyType_IS_GC(Py_TYPE(object)) &&
           (!PyTuple_CheckExact(object) || _PyObject_GC_IS_TRACKED(object));
}

/// Strings are inserted into a dict of strings. While it is being made, nothing is deleted from it.
class StringInsertion {
public:
    explicit StringInsertion(PyObject* dict) : dict_(reinterpret_cast<PyDictObject*>(dict)) {}

    /// dict[key] = value, as PyDict_SetItem() does it; -1 with an exception set.
    int set(PyObject* key, PyObject* value) {
        if (PyUnicode_CheckExact(key)) {
            const Py_hash_t known = reinterpret_cast<PyASCIIObject*>(key)->hash;
            const Py_hash_t hash = known != -1 ? known : PyObject_Hash(key);
            if (hash != -1 && set_string(key, hash, value))
                return 0;
        }
        return PyDict_SetItem(reinterpret_cast<PyObject*>(dict_), key, value);
    }

private:
    /// False if somebody else has to do it, and nothing has changed.
    bool set_string(PyObject* key, Py_hash_t hash, PyObject* value) {
        PyDictKeysObject* keys = dict_->ma_keys;
        if (keys->dk_kind != DICT_KEYS_UNICODE || !has_short_indices(keys))
            return false;
        auto perturbation = static_cast<size_t>(hash);
        for (size_t place = perturbation & place_mask(keys);;) {
            const Py_ssize_t index = index_at(keys, place);
            if (index < 0)
                return index == DKIX_EMPTY && insert(place, key, value);
            PyDictUnicodeEntry& entry = DK_UNICODE_ENTRIES(keys)[index];
            if (entry.me_key == key ||
                (reinterpret_cast<PyASCIIObject*>(entry.me_key)->hash == hash &&
                 are_equal_strings(entry.me_key, key))) {
                replace(entry, value);
                return true;
            }
            perturbation >>= 5;
            place = (place * 5 + perturbation + 1) & place_mask(keys);
        }
    }

    bool insert(size_t place, PyObject* key, PyObject* value) {
        PyDictKeysObject* keys = dict_->ma_keys;
        if (keys->dk_usable <= 0)
            return false;
        const Py_ssize_t index = keys->dk_nentries++;
        keys->dk_usable--;
        keys->dk_version = 0;
        if (keys->dk_log2_size < 8) {
            reinterpret_cast<int8_t*>(keys->dk_indices)[place] = static_cast<int8_t>(index);
        } else {
            reinterpret_cast<int16_t*>(keys->dk_indices)[place] = static_cast<int16_t>(index);
        }
        DK_UNICODE_ENTRIES(keys)[index] = {Py_NewRef(key), Py_NewRef(value)};
        dict_->ma_used++;
        dict_->ma_version_tag = DICT_NEXT_VERSION();
        track_for(value);
        return true;
    }

    void replace(PyDictUnicodeEntry& entry, PyObject* value) {
        track_for(value);
        if (entry.me_value == value)
            return;
        dict_->ma_version_tag = DICT_NEXT_VERSION();
        Py_DECREF(std::exchange(entry.me_value, Py_NewRef(value)));
    }

    void track_for(PyObject* value) {
        if (!_PyObject_GC_IS_TRACKED(dict_) && may_be_tracked(value)) {
            _PyObject_GC_TRACK(dict_);
        }
    }

    PyDictObject* dict_;
};

/// Inserts what is no tuple or list of two. `number` is that of the element. -1 with an exception set.
int set_from_element(StringInsertion& insertion, PyObject* element, Py_ssize_t number) {
    const Ref sequence = Ref::steal(PySequence_Fast(element, ""));
    if (!sequence) {
        if (PyErr_ExceptionMatches(PyExc_TypeError) != 0) {
            PyErr_Format(PyExc_TypeError,
                         "cannot convert dictionary update sequence element #%zd to a sequence",
                         number);
        }
        return -1;
    }
    const Py_ssize_t size = PySequence_Fast_GET_SIZE(sequence.get());
    if (size != 2) {
        PyErr_Format(PyExc_ValueError,
                     "dictionary update sequence element #%zd has length %zd; 2 is required",
                     number, size);
        return -1;
    }
    const Ref key = Ref::borrow(PySequence_Fast_GET_ITEM(sequence.get(), 0));
    const Ref value = Ref::borrow(PySequence_Fast_GET_ITEM(sequence.get(), 1));
    return insertion.set(key.get(), value.get());
}

/// The items of a list or tuple one after the other, as its iterator gives them while it changes; `act` is given each with its
/// number, until it returns something else than 0, which is returned.
template <typename Act>
int for_each_item(PyObject* sequence, Act act) {
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(sequence); i++) {
        PyObject* item = Py_NewRef(PySequence_Fast_GET_ITEM(sequence, i));
        const int result = act(item, i);
        Py_DECREF(item);
        if (result != 0)
            return result;
    }
    return 0;
}

template <typename Act>
int for_each_value(PyObject* iterator, Act act) {
    const iternextfunc next = Py_TYPE(iterator)->tp_iternext;
    for (Py_ssize_t i = 0; PyObject* value = next(iterator); i++) {
        const int result = act(value, i);
        Py_DECREF(value);
        if (result != 0)
            return result;
    }
    if (PyErr_Occurred() == nullptr)
        return 0;
    if (PyErr_ExceptionMatches(PyExc_StopIteration) == 0)
        return -1;
    PyErr_Clear();
    return 0;
}

int set_pairs(PyObject* dict, PyObject* pairs) {
    StringInsertion insertion(dict);
    const auto set_pair = [&](PyObject* pair, Py_ssize_t number) {
        if (PyTuple_CheckExact(pair) && PyTuple_GET_SIZE(pair) == 2)
            return insertion.set(PyTuple_GET_ITEM(pair, 0), PyTuple_GET_ITEM(pair, 1));
        return set_from_element(insertion, pair, number);
    };
    return Py_TYPE(pairs) == &PyZip_Type ? for_each_value(pairs, set_pair)
                                         : for_each_item(pairs, set_pair);
}

bool is_list_or_tuple(PyObject* object) {
    return PyList_CheckExact(object) || PyTuple_CheckExact(object);
}

vectorcallfunc stock_call;

PyObject* call_dict(PyObject* type, PyObject* const* args, size_t flagged_count,
                    PyObject* kwnames) {
    const bool is_plain = type == reinterpret_cast<PyObject*>(&PyDict_Type) &&
                          PyVectorcall_NARGS(flagged_count) == 1 && kwnames == nullptr;
    if (!is_plain || !(is_list_or_tuple(args[0]) || Py_TYPE(args[0]) == &PyZip_Type))
        return stock_call(type, args, flagged_count, kwnames);
    Ref dict = Ref::steal(PyDict_New());
    return dict && set_pairs(dict.get(), args[0]) == 0 ? dict.release() : nullptr;
}

_PyCFunctionFast stock_fromkeys;

PyObject* fromkeys(PyObject* type, PyObject* const* args, Py_ssize_t count) {
    if (type != reinterpret_cast<PyObject*>(&PyDict_Type) || (count != 1 && count != 2) ||
        !is_list_or_tuple(args[0]))
        return stock_fromkeys(type, args, count);
    Ref dict = Ref::steal(PyDict_New());
    if (!dict)
        return nullptr;
    StringInsertion insertion(dict.get());
    PyObject* value = count == 2 ? args[1] : Py_None;
    const int result = for_each_item(
        args[0], [&](PyObject* key, Py_ssize_t) { return insertion.set(key, value); });
    return result == 0 ? dict.release() : nullptr;
}

}  // namespace

void adapt_dict_construction() {
    if (stock_call == nullptr) {
        stock_call = std::exchange(PyDict_Type.tp_vectorcall, call_dict);
    }
    replace_method(PyDict_Type.tp_methods, "fromkeys", fromkeys, stock_fromkeys);
}

}  // namespace stackless
