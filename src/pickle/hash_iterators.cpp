// Iterators of dicts, sets and deques.
//
// Stock pickle turns those of dicts and sets into iterators of a list of what is left. In a computation they go on
// with the same dict or set, and notice when it changes its size.
#include <algorithm>
#include <vector>

#include "cpython/exposed.hpp"
#include "cpython/interpreter_end.hpp"
#include "pickle/errors.hpp"
#include "pickle/resumed_iterator.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

// Dicts. They keep their order, but after loading there are no gaps left by deleted entries.

struct DictKind {
    const char* name;  // part of the format
    PyTypeObject* type;
    PyTypeObject* view_type;
    bool is_reversed;
};

const DictKind dict_kinds[] = {
    {"keys", &PyDictIterKey_Type, &PyDictKeys_Type, false},
    {"values", &PyDictIterValue_Type, &PyDictValues_Type, false},
    {"items", &PyDictIterItem_Type, &PyDictItems_Type, false},
    {"reversed_keys", &PyDictRevIterKey_Type, &PyDictKeys_Type, true},
    {"reversed_values", &PyDictRevIterValue_Type, &PyDictValues_Type, true},
    {"reversed_items", &PyDictRevIterItem_Type, &PyDictItems_Type, true},
};

PyObject* value_at(PyDictKeysObject* keys, Py_ssize_t index) {
    return DK_IS_UNICODE(keys) ? DK_UNICODE_ENTRIES(keys)[index].me_value
                               : DK_ENTRIES(keys)[index].me_value;
}

/// How many entries there are before a position.
Py_ssize_t count_entries(const PyDictObject* dict, Py_ssize_t position) {
    if (dict->ma_values != nullptr)  // without gaps
        return std::min(position, dict->ma_used);
    const Py_ssize_t end = std::min(position, dict->ma_keys->dk_nentries);
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0; i < end; ++i) {
        count += value_at(dict->ma_keys, i) != nullptr;
    }
    return count;
}

PyObject* reduce_dict_iterator(PyObject* object, Pickling& pickling) {
    if (!pickling.has_computation())
        return leave_to_stock();
    const DictKind* kind = std::ranges::find(dict_kinds, Py_TYPE(object), &DictKind::type);
    const auto* iterator = reinterpret_cast<DictIterator*>(object);
    if (iterator->dict == nullptr)
        return reduce_to("load_dict_iterator", Py_BuildValue("(s)", kind->name));
    // The position of a reversed one is that of an entry which is still to come. In a dict that has changed, it means
    // nothing any more.
    const Py_ssize_t before =
        std::min(count_entries(iterator->dict, iterator->position + kind->is_reversed),
                 std::max(iterator->used, Py_ssize_t{0}));
    return reduce_to("load_dict_iterator", Py_BuildValue("(sOnnn)", kind->name, iterator->dict,
                                                         before, iterator->used, iterator->length));
}

/// An exhausted iterator. Null with MemoryError set.
PyObject* make_dict_iterator(const DictKind& kind) {
    const Ref empty = Ref::steal(PyDict_New());
    const Ref view = empty ? Ref::steal(_PyDictView_New(empty.get(), kind.view_type)) : nullptr;
    if (!view)
        return nullptr;
    PyObject* made = kind.is_reversed ? PyObject_CallMethod(view.get(), "__reversed__", nullptr)
                                      : PyObject_GetIter(view.get());
    if (made != nullptr) {
        Py_CLEAR(reinterpret_cast<DictIterator*>(made)->dict);
    }
    return made;
}

const DictKind* dict_kind_named(PyObject* name) {
    for (const DictKind& kind : dict_kinds) {
        if (PyUnicode_CheckExact(name) && PyUnicode_CompareWithASCIIString(name, kind.name) == 0)
            return &kind;
    }
    unpickling_error("dicts have no iterator %R", name);
    return nullptr;
}

/// Sets the position and what goes with it. False with UnpicklingError set.
bool place(DictIterator* iterator, const DictKind& kind, PyObject* const* args) {
    constexpr auto name = "load_dict_iterator";
    const Py_ssize_t used = to_number(name, args[3], -1);
    const Py_ssize_t length = used >= -1 ? to_number(name, args[4], 0) : -1;
    // Those that go down do not look where the entries end. The size is compared first.
    const Py_ssize_t before =
        length >= 0 ? to_number(name, args[2], 0, std::max(used, Py_ssize_t{0})) : -1;
    if (before < 0)
        return false;
    iterator->used = used;
    iterator->length = length;
    iterator->position = before - kind.is_reversed;
    return true;
}

// load_dict_iterator(kind, dict, entries before it, used, length), or load_dict_iterator(kind): an exhausted one.
PyObject* load_dict_iterator(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 1 && !check_count("load_dict_iterator", count, 5))
        return nullptr;
    const DictKind* kind = dict_kind_named(args[0]);
    if (kind == nullptr || (count > 1 && !check_type("load_dict_iterator", args[1], &PyDict_Type)))
        return nullptr;
    Ref made = Ref::steal(make_dict_iterator(*kind));
    if (!made || count == 1)
        return made.release();
    auto* iterator = reinterpret_cast<DictIterator*>(made.get());
    if (!place(iterator, *kind, args))
        return nullptr;
    iterator->dict = reinterpret_cast<PyDictObject*>(Py_NewRef(args[1]));
    return made.release();
}

// Sets

/// What a set iterator has still to give, in a tuple. Empty with MemoryError set.
Ref rest_of_set(const SetIterator* iterator) {
    const Ref rest = Ref::steal(PyList_New(0));
    auto* set = reinterpret_cast<PyObject*>(iterator->set);
    Py_ssize_t position = iterator->position;
    PyObject* key = nullptr;
    Py_hash_t hash = 0;
    while (rest && _PySet_NextEntry(set, &position, &key, &hash)) {
        if (PyList_Append(rest.get(), key) != 0)
            return {};
    }
    return rest ? Ref::steal(PyList_AsTuple(rest.get())) : nullptr;
}

/// `rest`: what is left to give, a tuple, or None if that is all.
PyObject* reduce_to_set_iterator(PyObject* set, Py_ssize_t size, PyObject* rest) {
    return reduce_to("load_set_iterator", Py_BuildValue("(OnO)", set, size, rest));
}

PyObject* reduce_set_iterator(PyObject* object, Pickling& pickling) {
    if (!pickling.has_computation())
        return leave_to_stock();
    const auto* iterator = reinterpret_cast<SetIterator*>(object);
    auto* set = reinterpret_cast<PyObject*>(iterator->set);
    if (set == nullptr)
        return reduce_to("load_set_iterator", PyTuple_New(0));
    if (iterator->position == 0)
        return reduce_to_set_iterator(set, iterator->used, Py_None);
    const Ref rest = rest_of_set(iterator);
    return rest ? reduce_to_set_iterator(set, iterator->used, rest.get()) : nullptr;
}

/// One that is at its beginning, or exhausted without a set.
PyObject* make_set_iterator(PyObject* set, Py_ssize_t used) {
    const Ref empty = Ref::steal(PySet_New(nullptr));
    PyObject* made = empty ? PySet_Type.tp_iter(empty.get()) : nullptr;
    if (made != nullptr) {
        auto* iterator = reinterpret_cast<SetIterator*>(made);
        iterator->used = used;
        iterator->length = std::max(used, Py_ssize_t{0});
        Py_XINCREF(set);
        Py_XSETREF(iterator->set, reinterpret_cast<PySetObject*>(set));
    }
    return made;
}

// load_set_iterator(set, size, rest), or load_set_iterator(): an exhausted one.
PyObject* load_set_iterator(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count == 0)
        return make_set_iterator(nullptr, 0);
    if (!check_count("load_set_iterator", count, 3))
        return nullptr;
    const Py_ssize_t size = to_number("load_set_iterator", args[1], -1);
    if (size < -1)
        return nullptr;
    if (!PyAnySet_Check(args[0]) || (!PyTuple_CheckExact(args[2]) && !Py_IsNone(args[2])))
        return unpickling_error("load_set_iterator() needs a set and what is left of it");
    if (Py_IsNone(args[2]))
        return make_set_iterator(args[0], size);
    const Ref rest = Ref::steal(PyTuple_Type.tp_iter(args[2]));
    return rest ? make_resumed_iterator(args[0], rest.get(), ResumedIterator::set, size, 0)
                : nullptr;
}

// OrderedDict and deque

PyObject* reduce_to_resumed(PyObject* container, int kind, Py_ssize_t size, Py_ssize_t passed) {
    if (container == nullptr)  // exhausted
        return reduce_to("load_set_iterator", PyTuple_New(0));
    return reduce_to("load_resumed_iterator",
                     Py_BuildValue("(Oinn)", container, kind, size, passed));
}

Py_ssize_t passed_nodes(const OrderedDictIterator* iterator) {
    const bool is_reversed = iterator->kind & OrderedDictIterator::reversed;
    const OrderedDictNode* node = is_reversed ? iterator->dict->last : iterator->dict->first;
    Py_ssize_t passed = 0;
    for (; node != nullptr && node->key != iterator->current; ++passed) {
        node = is_reversed ? node->previous : node->next;
    }
    return passed;
}

PyObject* reduce_odict_iterator(PyObject* object, Pickling& pickling) {
    if (!pickling.has_computation())
        return leave_to_stock();
    const auto* iterator = reinterpret_cast<OrderedDictIterator*>(object);
    OrderedDictObject* dict = iterator->current == nullptr ? nullptr : iterator->dict;
    const bool is_same = dict != nullptr && dict->state == iterator->state;
    return reduce_to_resumed(reinterpret_cast<PyObject*>(dict), iterator->kind,
                             is_same ? iterator->size : ResumedIterator::has_changed,
                             is_same ? passed_nodes(iterator) : 0);
}

PyObject* reduce_deque_iterator(PyObject* object, Pickling& pickling) {
    if (!pickling.has_computation())
        return leave_to_stock();
    const auto* iterator = reinterpret_cast<DequeIterator*>(object);
    const Py_ssize_t size = Py_SIZE(iterator->deque);
    const int direction = Py_IS_TYPE(object, &dequereviter_type) ? ResumedIterator::reversed : 0;
    const bool is_same = iterator->deque->state == iterator->state;
    if (iterator->left == 0)
        return reduce_to_resumed(nullptr, 0, 0, 0);
    return reduce_to_resumed(
        reinterpret_cast<PyObject*>(iterator->deque), ResumedIterator::deque | direction,
        is_same ? size : ResumedIterator::has_changed, is_same ? size - iterator->left : 0);
}

PyObject* reduce_resumed_iterator(PyObject* object, Pickling& pickling) {
    auto* self = reinterpret_cast<ResumedIterator*>(object);
    if (self->inner == nullptr || self->container == nullptr)
        return reduce_to_resumed(self->container, self->kind, self->size, self->passed);
    if (self->kind != ResumedIterator::set)
        return reduce(self->inner, pickling);
    const auto* inner = reinterpret_cast<TupleIterator*>(self->inner);
    auto* all = reinterpret_cast<PyObject*>(inner->tuple);
    const Ref rest = Ref::steal(all == nullptr ? PyTuple_New(0)
                                               : PyTuple_GetSlice(all, inner->index, Py_SIZE(all)));
    return rest ? reduce_to_set_iterator(self->container, self->size, rest.get()) : nullptr;
}

bool is_kind_of(int kind, PyObject* container) {
    constexpr int contents = ResumedIterator::keys | ResumedIterator::values;
    if (kind & ResumedIterator::deque)
        return (kind & contents) == 0 && PyObject_TypeCheck(container, &deque_type);
    return (kind & contents) != 0 && PyODict_Check(container);
}

// load_resumed_iterator(container, kind, size, passed)
PyObject* load_resumed_iterator(PyObject*, PyObject* const* args, Py_ssize_t count) {
    constexpr auto name = "load_resumed_iterator";
    if (!check_count(name, count, 4))
        return nullptr;
    const Py_ssize_t kind = to_number(name, args[1], 0, 15);
    const Py_ssize_t size = kind >= 0 ? to_number(name, args[2], -1) : -2;
    const Py_ssize_t passed =
        size >= -1 ? to_number(name, args[3], 0, std::max(size, Py_ssize_t{0})) : -1;
    if (passed < 0)
        return nullptr;
    if (!is_kind_of(static_cast<int>(kind), args[0]))
        return unpickling_error("%s has no such iterator", Py_TYPE(args[0])->tp_name);
    return make_resumed_iterator(args[0], nullptr, static_cast<int>(kind), size, passed);
}

std::vector<Reducer> make_reducers() {
    std::vector<Reducer> reducers;
    for (const DictKind& kind : dict_kinds) {
        reducers.push_back({kind.type, reduce_dict_iterator});
    }
    reducers.push_back({&PySetIter_Type, reduce_set_iterator});
    reducers.push_back({&PyODictIter_Type, reduce_odict_iterator});
    reducers.push_back({&dequeiter_type, reduce_deque_iterator});
    reducers.push_back({&dequereviter_type, reduce_deque_iterator});
    reducers.push_back({&resumed_iterator_type, reduce_resumed_iterator});
    return reducers;
}

PyMethodDef functions[] = {
    {"load_dict_iterator", as_method(load_dict_iterator), METH_FASTCALL,
     "load_dict_iterator($module, kind, dict, before, used, length, /)\n--\n\n"
     "Makes an iterator for a pickle that has `before` entries of the dict before it, and `length` "
     "still to give. With the kind only: an exhausted one.\n\n"
     "pickle.UnpicklingError: there is no such kind, or no such place."},
    {"load_set_iterator", as_method(load_set_iterator), METH_FASTCALL,
     "load_set_iterator($module, set, size, rest, /)\n--\n\n"
     "Makes an iterator for a pickle that gives what is in the tuple `rest` (None: all) as long as "
     "the set keeps its size. Without arguments: an exhausted one.\n\n"
     "pickle.UnpicklingError: the arguments are of other types."},
    {"load_resumed_iterator", as_method(load_resumed_iterator), METH_FASTCALL,
     "load_resumed_iterator($module, container, kind, size, passed, /)\n--\n\n"
     "Makes an iterator for a pickle that goes on in an OrderedDict or a deque behind `passed` "
     "items.\n\n"
     "pickle.UnpicklingError: there is no such kind, or no such place."},
    {}};

}  // namespace

ReducerFamily hash_iterator_reducers() {
    static std::vector<Reducer> reducers = make_reducers();
    if (!ready_type(&resumed_iterator_type))
        return {};
    return {reducers, functions};
}

}  // namespace stackless::pickle
