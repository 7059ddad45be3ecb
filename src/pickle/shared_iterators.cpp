// Iterators that share what they have read: the groups of groupby(), and what tee() makes.
#include "cpython/exposed.hpp"
#include "pickle/errors.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

// Groups.

PyObject* reduce_group(PyObject* object, Pickling& pickling) {
    if (!pickling.has_computation())
        return leave_to_stock();
    auto* group = reinterpret_cast<Grouper*>(object);
    const auto* parent = reinterpret_cast<GroupbyIterator*>(group->parent);
    PyObject* is_current = parent->last_grouper == group ? Py_True : Py_False;
    return reduce_to("load_group", PyTuple_Pack(3, group->parent, group->target_key, is_current));
}

// load_group(groupby, key, is_current)
PyObject* load_group(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("load_group", count, 3) || !check_type("load_group", args[0], &groupby_type))
        return nullptr;
    auto* parent = reinterpret_cast<GroupbyIterator*>(args[0]);
    const void* current = parent->last_grouper;
    PyObject* group = PyObject_CallFunctionObjArgs(reinterpret_cast<PyObject*>(&_grouper_type),
                                                   args[0], args[1], nullptr);
    if (!Py_IsTrue(args[2])) {
        parent->last_grouper = current;
    }
    return group;
}

// tee()

/// An iterator that has nothing.
Ref make_spent_iterator() {
    const Ref empty = Ref::steal(PyTuple_New(0));
    return empty ? Ref::steal(PyTuple_Type.tp_iter(empty.get())) : nullptr;
}

PyObject* reduce_tee(PyObject* object, Pickling& pickling) {
    if (!pickling.has_computation())
        return leave_to_stock();
    const auto* tee = reinterpret_cast<TeeIterator*>(object);
    return reduce_to("load_tee", Py_BuildValue("(Oi)", tee->block, tee->index));
}

// load_tee(block, index)
PyObject* load_tee(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("load_tee", count, 2) || !check_type("load_tee", args[0], &teedataobject_type))
        return nullptr;
    auto* block = reinterpret_cast<TeeBlock*>(args[0]);
    const Py_ssize_t index = to_number("load_tee", args[1], 0, block->filled);
    const Ref spent = index >= 0 ? make_spent_iterator() : nullptr;
    PyObject* made =
        spent ? PyObject_CallOneArg(reinterpret_cast<PyObject*>(&tee_type), spent.get()) : nullptr;
    if (made != nullptr) {
        auto* tee = reinterpret_cast<TeeIterator*>(made);
        Py_INCREF(block);
        Py_SETREF(tee->block, block);
        tee->index = static_cast<int>(index);
    }
    return made;
}

PyObject* reduce_tee_block(PyObject* object, Pickling& pickling) {
    if (!pickling.has_computation())
        return leave_to_stock();
    auto* block = reinterpret_cast<TeeBlock*>(object);
    const Ref values = Ref::steal(_PyTuple_FromArray(block->values, block->filled));
    if (!values)
        return nullptr;
    PyObject* next = block->next == nullptr ? Py_None : block->next;
    return reduce_to("load_tee_block", Py_BuildValue("(i)", block->filled),
                     PyTuple_Pack(3, block->iterator, values.get(), next), "set_tee_block_state");
}

// load_tee_block(filled): has None for each value.
PyObject* load_tee_block(PyObject*, PyObject* argument) {
    const Py_ssize_t filled = to_number("load_tee_block", argument, 0, TeeBlock::capacity);
    const Ref spent = filled >= 0 ? make_spent_iterator() : nullptr;
    const Ref values = spent ? Ref::steal(PyList_New(filled)) : nullptr;
    for (Py_ssize_t i = 0; values && i < filled; ++i) {
        PyList_SET_ITEM(values.get(), i, Py_NewRef(Py_None));
    }
    if (!values)
        return nullptr;
    return PyObject_CallFunctionObjArgs(reinterpret_cast<PyObject*>(&teedataobject_type),
                                        spent.get(), values.get(), Py_None, nullptr);
}

bool is_blank_block(PyObject* object) {
    if (!Py_IS_TYPE(object, &teedataobject_type))
        return false;
    const auto* block = reinterpret_cast<TeeBlock*>(object);
    // A frame that is at work on it may have been put together before it got its state.
    return is_spent_iterator(block->iterator) && block->next == nullptr;
}

bool check_block_state(const TeeBlock* block, PyObject* state) {
    if (!PyTuple_CheckExact(state) || PyTuple_GET_SIZE(state) != 3) {
        unpickling_error("set_tee_block_state() needs three values");
        return false;
    }
    PyObject* values = PyTuple_GET_ITEM(state, 1);
    PyObject* next = PyTuple_GET_ITEM(state, 2);
    const bool is_valid = PyIter_Check(PyTuple_GET_ITEM(state, 0)) && PyTuple_CheckExact(values) &&
                          PyTuple_GET_SIZE(values) == block->filled &&
                          (Py_IsNone(next) || (block->filled == TeeBlock::capacity &&
                                               Py_IS_TYPE(next, &teedataobject_type)));
    if (!is_valid) {
        unpickling_error("set_tee_block_state(): the values do not go together");
    }
    return is_valid;
}

// set_tee_block_state(block, (iterator, values, next))
PyObject* set_tee_block_state(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("set_tee_block_state", count, 2))
        return nullptr;
    if (!is_blank_block(args[0]))
        return unpickling_error("set_tee_block_state() needs a new block of tee(), not %s",
                                Py_TYPE(args[0])->tp_name);
    auto* block = reinterpret_cast<TeeBlock*>(args[0]);
    if (!check_block_state(block, args[1]))
        return nullptr;
    PyObject* values = PyTuple_GET_ITEM(args[1], 1);
    PyObject* next = PyTuple_GET_ITEM(args[1], 2);
    for (int i = 0; i < block->filled; ++i) {
        Py_SETREF(block->values[i], Py_NewRef(PyTuple_GET_ITEM(values, i)));
    }
    block->next = Py_IsNone(next) ? nullptr : Py_NewRef(next);
    Py_SETREF(block->iterator, Py_NewRef(PyTuple_GET_ITEM(args[1], 0)));
    Py_RETURN_NONE;
}

const Reducer reducers[] = {{&_grouper_type, reduce_group},
                            {&tee_type, reduce_tee},
                            {&teedataobject_type, reduce_tee_block}};

PyMethodDef functions[] = {
    {"load_group", as_method(load_group), METH_FASTCALL,
     "load_group($module, groupby, key, is_current, /)\n--\n\n"
     "Makes a group of itertools.groupby() for a pickle. Only the current one has more values.\n\n"
     "pickle.UnpicklingError: the first argument is no groupby."},
    {"load_tee", as_method(load_tee), METH_FASTCALL,
     "load_tee($module, block, index, /)\n--\n\n"
     "Makes an iterator of itertools.tee() for a pickle.\n\n"
     "pickle.UnpicklingError: that is no block, or it has no such index."},
    {"load_tee_block", load_tee_block, METH_O,
     "load_tee_block($module, filled, /)\n--\n\n"
     "Makes what iterators of itertools.tee() share, with None for each value until it gets its "
     "state.\n\n"
     "pickle.UnpicklingError: it cannot hold so many."},
    {"set_tee_block_state", as_method(set_tee_block_state), METH_FASTCALL,
     "set_tee_block_state($module, block, state, /)\n--\n\n"
     "Gives what load_tee_block() has made its iterator, values, and the next block or None.\n\n"
     "pickle.UnpicklingError: it is not new, or the values do not go together."},
    {}};

}  // namespace

ReducerFamily shared_iterator_reducers() {
    return {reducers, functions};
}

}  // namespace stackless::pickle
