// Iterators of sequences, and those of builtins and itertools that are about other iterators.
//
// Stock pickle makes them anew by calling iter() and the like, which runs code of the program on objects that may not
// be complete yet, and which limits positions to the size that a container has at that moment. In a computation they
// get the same fields again instead.
#include <algorithm>
#include <vector>

#include "cpython/exposed.hpp"
#include "pickle/errors.hpp"
#include "pickle/object_fields.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

struct IteratorKind {
    const char* name;  // part of the format
    PyTypeObject* type;
    /// Makes one that is exhausted, and that load_iterator() or set_iterator_state() fills in.
    PyObject* (*make_blank)(PyTypeObject* type);
    std::span<const Field> fields;  // the first tells whether it is a blank
    /// Checks how the values go together, and sets fields that follow from them. May be null.
    bool (*prepare)(PyObject* blank, const FieldValues& values);
    /// What it has produced already may lead back to it, so that its fields are its state.
    bool is_stateful;
    bool stock_can = true;
    PyObject* name_object = nullptr;  // owned
};

// Blanks.

PyObject* empty_tuple() {
    return PyTuple_New(0);
}

PyObject* call_with_nothing(PyTypeObject* type) {
    return PyObject_CallNoArgs(reinterpret_cast<PyObject*>(type));
}

/// type(())
PyObject* call_with_empty(PyTypeObject* type) {
    const Ref empty = Ref::steal(empty_tuple());
    return empty ? PyObject_CallOneArg(reinterpret_cast<PyObject*>(type), empty.get()) : nullptr;
}

/// type(None, ())
PyObject* call_with_function(PyTypeObject* type) {
    return PyObject_CallFunction(reinterpret_cast<PyObject*>(type), "O()", Py_None);
}

/// type((), ()), or islice((), 0)
PyObject* call_with_two_empty(PyTypeObject* type) {
    return PyObject_CallFunction(reinterpret_cast<PyObject*>(type), "()()");
}

PyObject* call_with_stop(PyTypeObject* type) {
    return PyObject_CallFunction(reinterpret_cast<PyObject*>(type), "()i", 0);
}

/// Takes from a new iterator what it iterates over. Null as it is.
PyObject* exhaust(PyObject* iterator) {
    if (iterator != nullptr) {
        Py_CLEAR(reinterpret_cast<IndexIterator*>(iterator)->sequence);
    }
    return iterator;
}

PyObject* make_index_iterator(PyTypeObject* type) {
    const Ref empty = Ref::steal(empty_tuple());
    if (!empty)
        return nullptr;
    if (type == &PySeqIter_Type)
        return exhaust(PySeqIter_New(empty.get()));
    return exhaust(type == &PyTupleIter_Type ? PyTuple_Type.tp_iter(empty.get())
                                             : call_with_empty(type));
}

// ListIterator has the same fields.
PyObject* make_list_iterator(PyTypeObject* type) {
    const Ref empty = Ref::steal(PyList_New(0));
    if (!empty)
        return nullptr;
    return exhaust(type == &PyListIter_Type
                       ? PyList_Type.tp_iter(empty.get())
                       : PyObject_CallMethod(empty.get(), "__reversed__", nullptr));
}

PyObject* make_callable_iterator(PyTypeObject*) {
    PyObject* made = PyCallIter_New(Py_None, Py_None);
    if (made != nullptr) {
        auto* iterator = reinterpret_cast<CallableIterator*>(made);
        Py_CLEAR(iterator->function);
        Py_CLEAR(iterator->sentinel);
    }
    return made;
}

// Fields.

constexpr Field sequence_fields[] = {{offsetof(IndexIterator, sequence), FieldKind::sequence},
                                     {offsetof(IndexIterator, index), FieldKind::count}};
constexpr Field reversed_fields[] = {{offsetof(IndexIterator, sequence), FieldKind::sequence},
                                     {offsetof(IndexIterator, index), FieldKind::position}};
constexpr Field list_fields[] = {{offsetof(ListIterator, list), FieldKind::list},
                                 {offsetof(ListIterator, index), FieldKind::count}};
constexpr Field reversed_list_fields[] = {{offsetof(ListIterator, list), FieldKind::list},
                                          {offsetof(ListIterator, index), FieldKind::position}};
constexpr Field tuple_fields[] = {{offsetof(TupleIterator, tuple), FieldKind::tuple},
                                  {offsetof(TupleIterator, index), FieldKind::count}};
constexpr Field callable_fields[] = {{offsetof(CallableIterator, function), FieldKind::optional},
                                     {offsetof(CallableIterator, sentinel), FieldKind::optional}};
constexpr Field enumerate_fields[] = {
    {offsetof(EnumerateIterator, iterator), FieldKind::iterator},
    {offsetof(EnumerateIterator, index), FieldKind::count},
    {offsetof(EnumerateIterator, long_index), FieldKind::optional}};
constexpr Field zip_fields[] = {{offsetof(ZipIterator, iterators), FieldKind::iterators},
                                {offsetof(ZipIterator, strict), FieldKind::flag}};
constexpr Field map_fields[] = {{offsetof(MapIterator, iterators), FieldKind::iterators},
                                {offsetof(MapIterator, function), FieldKind::object}};
constexpr Field function_fields[] = {{offsetof(FunctionIterator, iterator), FieldKind::iterator},
                                     {offsetof(FunctionIterator, function), FieldKind::object}};
constexpr Field while_fields[] = {{offsetof(WhileIterator, iterator), FieldKind::iterator},
                                  {offsetof(WhileIterator, function), FieldKind::object},
                                  {offsetof(WhileIterator, is_decided), FieldKind::long_flag}};
constexpr Field chain_fields[] = {{offsetof(ChainIterator, source), FieldKind::optional_iterator},
                                  {offsetof(ChainIterator, active), FieldKind::optional_iterator}};
constexpr Field slice_fields[] = {{offsetof(SliceIterator, iterator), FieldKind::optional_iterator},
                                  {offsetof(SliceIterator, next), FieldKind::count},
                                  {offsetof(SliceIterator, stop), FieldKind::position},
                                  {offsetof(SliceIterator, step), FieldKind::count},
                                  {offsetof(SliceIterator, count), FieldKind::count}};
constexpr Field accumulate_fields[] = {
    {offsetof(AccumulateIterator, iterator), FieldKind::iterator},
    {offsetof(AccumulateIterator, function), FieldKind::optional},
    {offsetof(AccumulateIterator, total), FieldKind::optional},
    {offsetof(AccumulateIterator, initial), FieldKind::object}};
constexpr Field pairwise_fields[] = {
    {offsetof(PairwiseIterator, iterator), FieldKind::optional_iterator},
    {offsetof(PairwiseIterator, old), FieldKind::optional}};
constexpr Field compress_fields[] = {{offsetof(CompressIterator, data), FieldKind::iterator},
                                     {offsetof(CompressIterator, selectors), FieldKind::iterator}};
constexpr Field cycle_fields[] = {{offsetof(CycleIterator, iterator), FieldKind::optional_iterator},
                                  {offsetof(CycleIterator, saved), FieldKind::own_list},
                                  {offsetof(CycleIterator, index), FieldKind::count},
                                  {offsetof(CycleIterator, is_saved), FieldKind::flag}};
constexpr Field longest_zip_fields[] = {
    {offsetof(LongestZipIterator, iterators), FieldKind::sparse_iterators},
    {offsetof(LongestZipIterator, fill), FieldKind::object}};
constexpr Field groupby_fields[] = {{offsetof(GroupbyIterator, iterator), FieldKind::iterator},
                                    {offsetof(GroupbyIterator, function), FieldKind::object},
                                    {offsetof(GroupbyIterator, target_key), FieldKind::optional},
                                    {offsetof(GroupbyIterator, key), FieldKind::optional},
                                    {offsetof(GroupbyIterator, value), FieldKind::optional}};

// How values go together.

bool fail(const char* reason) {
    unpickling_error("%s", reason);
    return false;
}

bool prepare_callable(PyObject*, const FieldValues& values) {
    return (values.object(0) == nullptr) == (values.object(1) == nullptr) ||
           fail("iter(function, sentinel) has both or none");
}

bool prepare_enumerate(PyObject*, const FieldValues& values) {
    PyObject* index = values.object(2);
    return index == nullptr || PyLong_CheckExact(index) || fail("enumerate() counts in int");
}

/// A tuple for results. Empty with MemoryError set.
PyObject* make_result(PyObject* iterators) {
    const Py_ssize_t size = PyTuple_GET_SIZE(iterators);
    PyObject* result = PyTuple_New(size);
    for (Py_ssize_t i = 0; result != nullptr && i < size; ++i) {
        PyTuple_SET_ITEM(result, i, Py_NewRef(Py_None));
    }
    return result;
}

template <class Zip>
bool prepare_result(Zip* zip, PyObject* iterators) {
    PyObject* result = make_result(iterators);
    if (result == nullptr)
        return false;
    Py_XSETREF(zip->result, result);
    zip->size = PyTuple_GET_SIZE(iterators);
    return true;
}

bool prepare_zip(PyObject* blank, const FieldValues& values) {
    return prepare_result(reinterpret_cast<ZipIterator*>(blank), values.object(0));
}

bool prepare_longest_zip(PyObject* blank, const FieldValues& values) {
    auto* zip = reinterpret_cast<LongestZipIterator*>(blank);
    PyObject* iterators = values.object(0);
    if (!prepare_result(zip, iterators))
        return false;
    PyObject** items = &PyTuple_GET_ITEM(iterators, 0);
    zip->active = zip->size - std::count(items, items + zip->size, nullptr);
    return true;
}

bool prepare_map(PyObject*, const FieldValues& values) {
    return PyTuple_GET_SIZE(values.object(0)) > 0 || fail("map() needs an iterator");
}

bool prepare_slice(PyObject*, const FieldValues& values) {
    return values.number(3) > 0 || fail("islice() needs a step");
}

bool prepare_cycle(PyObject*, const FieldValues& values) {
    const Py_ssize_t index = values.number(2);
    return index == 0 || index < PyList_GET_SIZE(values.object(1)) ||
           fail("cycle() is beyond its end");
}

bool prepare_groupby(PyObject*, const FieldValues& values) {
    return (values.object(3) == nullptr) == (values.object(4) == nullptr) ||
           fail("groupby() has a key with each value");
}

IteratorKind kinds[] = {
    {"list", &PyListIter_Type, make_list_iterator, list_fields, nullptr, false},
    {"reversed_list", &PyListRevIter_Type, make_list_iterator, reversed_list_fields, nullptr,
     false},
    {"tuple", &PyTupleIter_Type, make_index_iterator, tuple_fields, nullptr, false},
    {"sequence", &PySeqIter_Type, make_index_iterator, sequence_fields, nullptr, false},
    {"reversed", &PyReversed_Type, make_index_iterator, reversed_fields, nullptr, false},
    {"callable", &PyCallIter_Type, make_callable_iterator, callable_fields, prepare_callable,
     false},
    {"enumerate", &PyEnum_Type, call_with_empty, enumerate_fields, prepare_enumerate, false},
    {"zip", &PyZip_Type, call_with_nothing, zip_fields, prepare_zip, false},
    {"map", &PyMap_Type, call_with_function, map_fields, prepare_map, false},
    {"filter", &PyFilter_Type, call_with_function, function_fields, nullptr, false},
    {"filterfalse", &filterfalse_type, call_with_function, function_fields, nullptr, false},
    {"starmap", &starmap_type, call_with_function, function_fields, nullptr, false},
    {"takewhile", &takewhile_type, call_with_function, while_fields, nullptr, false},
    {"dropwhile", &dropwhile_type, call_with_function, while_fields, nullptr, false},
    {"islice", &islice_type, call_with_stop, slice_fields, prepare_slice, false},
    {"compress", &compress_type, call_with_two_empty, compress_fields, nullptr, false},
    {"zip_longest", &ziplongest_type, call_with_nothing, longest_zip_fields, prepare_longest_zip,
     false},
    {"chain", &chain_type, call_with_nothing, chain_fields, nullptr, true},
    {"accumulate", &accumulate_type, call_with_empty, accumulate_fields, nullptr, true},
    {"pairwise", &pairwise_type, call_with_empty, pairwise_fields, nullptr, true, false},
    {"cycle", &cycle_type, call_with_empty, cycle_fields, prepare_cycle, true},
    {"groupby", &groupby_type, call_with_empty, groupby_fields, prepare_groupby, true},
};

/// Null if there is none.
const IteratorKind* kind_of(PyTypeObject* type) {
    const auto* found = std::ranges::find(kinds, type, &IteratorKind::type);
    return found == std::end(kinds) ? nullptr : found;
}

/// Whether the iterator has nothing to iterate over, so that its fields may be set.
bool is_blank(PyObject* iterator, const IteratorKind& kind) {
    PyObject* first =
        *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(iterator) + kind.fields[0].offset);
    if (first == nullptr || is_spent_iterator(first))
        return true;
    if (!PyTuple_CheckExact(first) || kind.type == &PyTupleIter_Type)
        return false;
    PyObject** items = &PyTuple_GET_ITEM(first, 0);
    return std::all_of(items, items + PyTuple_GET_SIZE(first),
                       [](PyObject* item) { return item != nullptr && is_spent_iterator(item); });
}

bool fill(PyObject* blank, const IteratorKind& kind, PyObject* fields) {
    FieldValues values;
    if (!values.read(kind.fields, fields))
        return false;
    if (kind.prepare != nullptr && !kind.prepare(blank, values))
        return false;
    values.write(blank);
    return true;
}

const IteratorKind* kind_named(PyObject* name) {
    for (const IteratorKind& kind : kinds) {
        if (kind.name_object == name ||
            (PyUnicode_CheckExact(name) && PyUnicode_CompareWithASCIIString(name, kind.name) == 0))
            return &kind;
    }
    unpickling_error("there is no iterator %R", name);
    return nullptr;
}

// load_iterator(kind, *fields)
PyObject* load_iterator(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count == 0)
        return unpickling_error("load_iterator() needs to know of which kind");
    const IteratorKind* kind = kind_named(args[0]);
    Ref iterator = kind != nullptr ? Ref::steal(kind->make_blank(kind->type)) : nullptr;
    if (!iterator || count == 1)
        return iterator.release();
    const Ref fields = Ref::steal(_PyTuple_FromArray(args + 1, count - 1));
    return fields && fill(iterator.get(), *kind, fields.get()) ? iterator.release() : nullptr;
}

// set_iterator_state(iterator, fields)
PyObject* set_iterator_state(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("set_iterator_state", count, 2))
        return nullptr;
    const IteratorKind* kind = kind_of(Py_TYPE(args[0]));
    if (kind == nullptr || !is_blank(args[0], *kind))
        return unpickling_error("set_iterator_state() needs a new iterator, not %s",
                                Py_TYPE(args[0])->tp_name);
    if (!fill(args[0], *kind, args[1]))
        return nullptr;
    Py_RETURN_NONE;
}

/// (kind, *fields)
PyObject* loader_args(const IteratorKind& kind, const Ref& fields) {
    const Py_ssize_t size = PyTuple_GET_SIZE(fields.get());
    PyObject* args = PyTuple_New(size + 1);
    if (args == nullptr)
        return nullptr;
    PyTuple_SET_ITEM(args, 0, Py_NewRef(kind.name_object));
    for (Py_ssize_t i = 0; i < size; ++i) {
        PyTuple_SET_ITEM(args, i + 1, Py_NewRef(PyTuple_GET_ITEM(fields.get(), i)));
    }
    return args;
}

PyObject* reduce_iterator(PyObject* iterator, Pickling& pickling) {
    const IteratorKind* kind = kind_of(Py_TYPE(iterator));
    if (kind->stock_can && !pickling.has_computation())
        return leave_to_stock();
    Ref fields = read_fields(iterator, kind->fields);
    if (!fields)
        return nullptr;
    if (!kind->is_stateful)
        return reduce_to("load_iterator", loader_args(*kind, fields));
    return reduce_to("load_iterator", PyTuple_Pack(1, kind->name_object), fields.release(),
                     "set_iterator_state");
}

PyMethodDef functions[] = {
    {"load_iterator", as_method(load_iterator), METH_FASTCALL,
     "load_iterator($module, kind, /, *fields)\n--\n\n"
     "Makes an iterator for a pickle. Without fields, it is exhausted until it gets its state.\n\n"
     "pickle.UnpicklingError: there is no such kind, or it has other fields."},
    {"set_iterator_state", as_method(set_iterator_state), METH_FASTCALL,
     "set_iterator_state($module, iterator, fields, /)\n--\n\n"
     "Gives an iterator that load_iterator() has made the fields that it had when it was "
     "pickled.\n\n"
     "pickle.UnpicklingError: it is not new, or has other fields."},
    {}};

}  // namespace

ReducerFamily iterator_reducers() {
    static std::vector<Reducer> reducers;
    reducers.clear();
    for (IteratorKind& kind : kinds) {
        kind.name_object = PyUnicode_InternFromString(kind.name);
        reducers.push_back({kind.type, reduce_iterator});
    }
    return {reducers, functions};
}

}  // namespace stackless::pickle
