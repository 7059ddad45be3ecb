// What the hidden functions that iterate, sort and fill containers cannot do in Python.
#include <algorithm>
#include <utility>

#include "cpython/exposed.hpp"
#include "cpython/interpreter_end.hpp"
#include "cpython/layouts.hpp"
#include "cpython/ref.hpp"
#include "cpython/sorting.hpp"
#include "eval/errors.hpp"
#include "eval/primitives.hpp"
#include "eval/redirects.hpp"
#include "eval/special_methods.hpp"

namespace stackless::eval {

namespace {

/// type_name(object): as exceptions call it.
PyObject* type_name(PyObject*, PyObject* object) {
    return PyUnicode_FromFormat("%.200s", Py_TYPE(object)->tp_name);
}

PyObject* is_iterated_in_python_(PyObject*, PyObject* object) {
    return PyBool_FromLong(is_iterated_in_python(PyThreadState_Get(), object));
}

// ---- The length that list() and others ask for before they begin.

bool has_python_length(PyTypeObject* type) {
    const PySequenceMethods* sequence = type->tp_as_sequence;
    return sequence != nullptr && sequence->sq_length == slot_sq_length;
}

/// The sequence that an iterator counts through, borrowed, or null.
PyObject* sequence_of(PyObject* iterator) {
    if (!Py_IS_TYPE(iterator, &PySeqIter_Type) && !Py_IS_TYPE(iterator, &PyReversed_Type))
        return nullptr;
    PyObject* sequence = reinterpret_cast<IndexIterator*>(iterator)->sequence;
    return sequence != nullptr && has_python_length(Py_TYPE(sequence)) ? sequence : nullptr;
}

/// sequence_to_count(object): whose length is that of the object; None if it has none.
PyObject* sequence_to_count(PyObject*, PyObject* object) {
    PyObject* sequence = sequence_of(object);
    if (sequence == nullptr) {
        sequence = _PyObject_HasLen(object) ? object : Py_None;
    }
    return Py_NewRef(sequence);
}

/// Whether a length is to be asked of code in Python.
PyObject* has_python_hint(PyObject*, PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    const bool has_hint =
        PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) &&
        (has_python_length(type) || type_lookup(type, &_Py_ID(__length_hint__)) != nullptr);
    return PyBool_FromLong(has_hint || sequence_of(object) != nullptr);
}

PyObject* check_length_hint(PyObject*, PyObject* hint) {
    if (!PyLong_Check(hint))
        return PyErr_Format(PyExc_TypeError, "__length_hint__ must be an integer, not %.100s",
                            Py_TYPE(hint)->tp_name);
    const Py_ssize_t length = PyLong_AsSsize_t(hint);
    if (length < 0 && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "__length_hint__() should return >= 0");
    }
    return PyErr_Occurred() ? nullptr : Py_NewRef(Py_None);
}

// ---- Containers

/// freeze_set(values): a new set becomes a frozenset, which has the same structure.
PyObject* freeze_set(PyObject*, PyObject* values) {
    if (!check_argument(PySet_CheckExact(values), values, "a set"))
        return nullptr;
    Py_SET_TYPE(values, &PyFrozenSet_Type);
    Py_RETURN_NONE;
}

bool inherits_from_dict(PyTypeObject* type, PyObject* name) {
    return type_lookup(type, name) == PyDict_GetItemWithError(PyDict_Type.tp_dict, name);
}

/// is_plain_counter(counts): whether it is a dictionary that does not know better than dict how to get and set items.
PyObject* is_plain_counter(PyObject*, PyObject* counts) {
    const Ref name = Ref::steal(PyUnicode_InternFromString("get"));
    if (!name)
        return nullptr;
    return PyBool_FromLong(PyDict_Check(counts) &&
                           inherits_from_dict(Py_TYPE(counts), name.get()) &&
                           inherits_from_dict(Py_TYPE(counts), &_Py_ID(__setitem__)));
}

/// raise_keywords_error(function, mapping, error): what f(**mapping) makes of the error.
PyObject* raise_keywords_error(PyObject*, PyObject* const* args, Py_ssize_t) {
    PyObject* error = args[2];
    if (!check_argument(PyExceptionInstance_Check(error), error, "an exception"))
        return nullptr;
    PyErr_Restore(Py_NewRef(reinterpret_cast<PyObject*>(Py_TYPE(error))), Py_NewRef(error),
                  PyException_GetTraceback(error));
    set_star_kwargs_error(PyThreadState_Get(), args[0], args[1]);
    return nullptr;
}

/// The place of an iterator of zip_longest(), null with an exception set if there is none.
PyObject** longest_place(PyObject* object, PyObject* index) {
    if (!check_argument(PyObject_TypeCheck(object, &ziplongest_type), object, "a zip_longest()"))
        return nullptr;
    auto* iterators =
        reinterpret_cast<PyTupleObject*>(reinterpret_cast<LongestZipIterator*>(object)->iterators);
    const Py_ssize_t i = PyLong_CheckExact(index) ? PyLong_AsSsize_t(index) : -1;
    if (!check_argument(i >= 0 && i < Py_SIZE(iterators), index, "the number of an iterator"))
        return nullptr;
    return &iterators->ob_item[i];
}

/// longest_iterator(zip_longest, index): None if it has ended.
PyObject* longest_iterator(PyObject*, PyObject* const* args, Py_ssize_t) {
    PyObject** place = longest_place(args[0], args[1]);
    if (place == nullptr)
        return nullptr;
    PyObject* item = *place;
    return Py_NewRef(item != nullptr ? item : Py_None);
}

/// end_longest_iterator(zip_longest, index)
PyObject* end_longest_iterator(PyObject*, PyObject* const* args, Py_ssize_t) {
    PyObject** place = longest_place(args[0], args[1]);
    if (place == nullptr)
        return nullptr;
    Py_CLEAR(*place);
    Py_RETURN_NONE;
}

// ---- itertools

/// new_grouper(groups): the group that begins with the value read last.
PyObject* new_grouper(PyObject*, PyObject* object) {
    auto* groups = reinterpret_cast<GroupbyIterator*>(object);
    if (!check_argument(PyObject_TypeCheck(object, &groupby_type), object, "a groupby()") ||
        !check_argument(groups->key != nullptr, object, "a groupby() that has begun"))
        return nullptr;
    Py_XSETREF(groups->target_key, Py_NewRef(groups->key));
    auto* grouper = PyObject_GC_New(Grouper, &_grouper_type);
    if (grouper == nullptr)
        return nullptr;
    grouper->parent = Py_NewRef(object);
    grouper->target_key = Py_NewRef(groups->target_key);
    groups->last_grouper = grouper;
    PyObject_GC_Track(grouper);
    return reinterpret_cast<PyObject*>(grouper);
}

/// tee_block(iterator): the block that its next value is to be added to.
PyObject* tee_block(PyObject*, PyObject* object) {
    if (!check_argument(Py_IS_TYPE(object, &tee_type), object, "an iterator of tee()"))
        return nullptr;
    auto* iterator = reinterpret_cast<TeeIterator*>(object);
    TeeBlock* block = iterator->block;
    if (iterator->index >= TeeBlock::capacity) {
        if (block->next == nullptr) {
            block->next = PyObject_CallFunction(reinterpret_cast<PyObject*>(&teedataobject_type),
                                                "O[]O", block->iterator, Py_None);
            if (block->next == nullptr)
                return nullptr;
        }
        iterator->index = 0;
        iterator->block = reinterpret_cast<TeeBlock*>(Py_NewRef(block->next));
        Py_DECREF(block);
        block = iterator->block;
    }
    return Py_NewRef(reinterpret_cast<PyObject*>(block));
}

/// add_to_tee(iterator, block, value): the value, which is kept for the others.
PyObject* add_to_tee(PyObject*, PyObject* const* args, Py_ssize_t) {
    auto* block = reinterpret_cast<TeeBlock*>(args[1]);
    if (!check_argument(Py_IS_TYPE(args[0], &tee_type), args[0], "an iterator of tee()") ||
        !check_argument(
            Py_IS_TYPE(args[1], &teedataobject_type) && block->filled < TeeBlock::capacity, args[1],
            "a block of tee() with room left"))
        return nullptr;
    block->values[block->filled++] = Py_NewRef(args[2]);
    reinterpret_cast<TeeIterator*>(args[0])->index++;
    return Py_NewRef(args[2]);
}

// ---- Sorting

PyObject* as_flag(PyObject*, PyObject* value) {
    const int flag = _PyLong_AsInt(value);
    return flag == -1 && PyErr_Occurred() ? nullptr : PyBool_FromLong(flag);
}

/// What a list looks like that is being sorted. If anybody changes it, `allocated` changes.
constexpr Py_ssize_t being_sorted = -1;

bool check_list(PyObject* object) {
    return check_argument(PyList_Check(object), object, "a list");
}

/// take_items(list): a new list with its items; the list looks empty.
PyObject* take_items(PyObject*, PyObject* object) {
    if (!check_list(object))
        return nullptr;
    PyObject* result = PyList_New(0);
    if (result == nullptr)
        return nullptr;
    auto* from = reinterpret_cast<PyListObject*>(object);
    auto* to = reinterpret_cast<PyListObject*>(result);
    to->ob_item = std::exchange(from->ob_item, nullptr);
    to->allocated = std::exchange(from->allocated, being_sorted);
    Py_SET_SIZE(to, Py_SIZE(from));
    Py_SET_SIZE(from, 0);
    return result;
}

/// give_items(list, items): puts them back, in the place of what somebody else has put there. Tells whether
/// somebody has.
PyObject* give_items(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_list(args[0]) || !check_list(args[1]) ||
        !check_argument(args[0] != args[1], args[1], "another list"))
        return nullptr;
    auto* to = reinterpret_cast<PyListObject*>(args[0]);
    auto* from = reinterpret_cast<PyListObject*>(args[1]);
    const bool is_modified = to->allocated != being_sorted;
    PyObject** items = std::exchange(to->ob_item, std::exchange(from->ob_item, nullptr));
    const Py_ssize_t size = Py_SIZE(to);
    to->allocated = std::exchange(from->allocated, 0);
    Py_SET_SIZE(to, Py_SIZE(from));
    Py_SET_SIZE(from, 0);
    for (Py_ssize_t i = size; i > 0; i--) {
        Py_XDECREF(items[i - 1]);
    }
    PyMem_Free(items);
    return PyBool_FromLong(is_modified);
}

/// Whether sorting keys is likely to call methods in Python.
bool compare_in_python(PyObject* keys) {
    PyObject* const* items = PySequence_Fast_ITEMS(keys);
    return needs_frames(PyThreadState_Get()) &&
           std::any_of(items, items + PyList_GET_SIZE(keys), compares_in_python);
}

/// What list.sort() calls as its key: gives one of the keys after the other. A class of its own, because calling a
/// builtin function takes three times as long.
struct KeySource {
    PyObject_HEAD vectorcallfunc vectorcall;
    PyObject* const* next;  // borrowed
};

PyObject* next_key(PyObject* self, PyObject* const*, size_t, PyObject*) {
    return Py_NewRef(*reinterpret_cast<KeySource*>(self)->next++);
}

PyTypeObject key_source_type = {
    .ob_base = PyVarObject_HEAD_INIT(nullptr, 0).tp_name = "stackless.key_source",
    .tp_basicsize = sizeof(KeySource),
    .tp_vectorcall_offset = offsetof(KeySource, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
};

/// sort_by_keys(values, keys, reverse): keys that are the values themselves stand for none. False, and nothing is done, if the
/// keys are to be compared in Python.
PyObject* sort_by_keys(PyObject*, PyObject* const* args, Py_ssize_t) {
    const bool has_keys = PyList_CheckExact(args[0]) && PyList_CheckExact(args[1]) &&
                          PyList_GET_SIZE(args[0]) == PyList_GET_SIZE(args[1]);
    if (!check_argument(has_keys, args[1], "a list of keys"))
        return nullptr;
    if (!check_argument(PyBool_Check(args[2]), args[2], "a bool"))
        return nullptr;
    if (compare_in_python(args[1]))
        Py_RETURN_FALSE;
    const bool is_reverse = args[2] == Py_True;
    if (sort_by_digits(PySequence_Fast_ITEMS(args[0]), PySequence_Fast_ITEMS(args[1]),
                       PyList_GET_SIZE(args[0]), is_reverse))
        Py_RETURN_TRUE;
    PyObject* key = Py_None;
    // It lives as long as the call: nothing else gets hold of it.
    KeySource source = {{1, &key_source_type}, next_key, PySequence_Fast_ITEMS(args[1])};
    if (args[1] != args[0]) {
        if (!ready_type(&key_source_type))
            return nullptr;
        key = reinterpret_cast<PyObject*>(&source);
    }
    const Ref none = Ref::steal(
        list_sort_impl(reinterpret_cast<PyListObject*>(args[0]), key, is_reverse ? 1 : 0));
    return none ? Py_NewRef(Py_True) : nullptr;
}

struct NamedType {
    const char* name;
    PyTypeObject* type;
};

constexpr NamedType exposed_types[] = {
    {"accumulate", &accumulate_type},
    {"chain", &chain_type},
    {"combinations", &combinations_type},
    {"combinations_with_replacement", &cwr_type},
    {"compress", &compress_type},
    {"cycle", &cycle_type},
    {"defaultdict", &defdict_type},
    {"deque", &deque_type},
    {"dropwhile", &dropwhile_type},
    {"filterfalse", &filterfalse_type},
    {"generator", &PyGen_Type},
    {"groupby", &groupby_type},
    {"islice", &islice_type},
    {"pairwise", &pairwise_type},
    {"permutations", &permutations_type},
    {"product", &product_type},
    {"starmap", &starmap_type},
    {"takewhile", &takewhile_type},
    {"zip_longest", &ziplongest_type},
};

}  // namespace

PyMethodDef iteration_primitives[] = {
    {"type_name", type_name, METH_O, nullptr},
    {"is_iterated_in_python", is_iterated_in_python_, METH_O, nullptr},
    {"sequence_to_count", sequence_to_count, METH_O, nullptr},
    {"has_python_hint", has_python_hint, METH_O, nullptr},
    {"check_length_hint", check_length_hint, METH_O, nullptr},
    {"is_plain_counter", is_plain_counter, METH_O, nullptr},
    {"freeze_set", freeze_set, METH_O, nullptr},
    {"raise_keywords_error", counted<raise_keywords_error, 3>(), METH_FASTCALL, nullptr},
    {"longest_iterator", counted<longest_iterator, 2>(), METH_FASTCALL, nullptr},
    {"end_longest_iterator", counted<end_longest_iterator, 2>(), METH_FASTCALL, nullptr},
    {"new_grouper", new_grouper, METH_O, nullptr},
    {"tee_block", tee_block, METH_O, nullptr},
    {"add_to_tee", counted<add_to_tee, 3>(), METH_FASTCALL, nullptr},
    {"as_flag", as_flag, METH_O, nullptr},
    {"take_items", take_items, METH_O, nullptr},
    {"give_items", counted<give_items, 2>(), METH_FASTCALL, nullptr},
    {"sort_by_keys", counted<sort_by_keys, 3>(), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

namespace {

/// A list that is being sorted.
void mark_sorted_list(PyThreadState* ts, const Frame* frame) {
    // The parameters and variables of sort_list() in src/hidden/sorting.py.
    constexpr int target = 0;
    constexpr int values = 3;
    if (frame->f_func != hidden_function(ts, Hidden::sort_list) ||
        frame->localsplus[values] == nullptr)
        return;
    auto* list = reinterpret_cast<PyListObject*>(frame->localsplus[target]);
    if (list != nullptr && PyList_Check(list) && list->ob_item == nullptr) {
        list->allocated = being_sorted;
    }
}

/// What iterators of tee() share, while it takes the next value.
void mark_tee_block(const Frame* frame) {
    // The variable of tee_next() in src/hidden/itertools.py.
    constexpr int variable = 1;
    if (PyUnicode_CompareWithASCIIString(frame->f_code->co_name, "tee_next") != 0)
        return;
    PyObject* block = frame->localsplus[variable];
    if (block != nullptr && Py_IS_TYPE(block, &teedataobject_type)) {
        reinterpret_cast<TeeBlock*>(block)->is_running = 1;
    }
}

}  // namespace

void mark_again(PyThreadState* ts, const Frame* frame) {
    expect_copied_repr(frame);
    mark_tee_block(frame);
    mark_sorted_list(ts, frame);
}

PyObject* find_exposed_type(PyObject* name) {
    for (const NamedType& known : exposed_types) {
        if (PyUnicode_CompareWithASCIIString(name, known.name) == 0)
            return reinterpret_cast<PyObject*>(known.type);
    }
    return nullptr;
}

}  // namespace stackless::eval
