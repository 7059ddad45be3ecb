// Matches and scanners of regular expressions, and what the module struct compiles: stock pickle refuses them.
#include <vector>

#include "cpython/interpreter_end.hpp"
#include "cpython/layouts.hpp"
#include "pickle/errors.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

// Their types are in no module. The modules keep them.
PyTypeObject* pattern_type = nullptr;
PyTypeObject* match_type = nullptr;
PyTypeObject* scanner_type = nullptr;
PyTypeObject* struct_type = nullptr;
PyTypeObject* unpack_type = nullptr;

// Matches

PyObject* reduce_match(PyObject* object, Pickling&) {
    const auto* match = reinterpret_cast<MatchObject*>(object);
    const Py_ssize_t size = 2 * match->groups;
    const Ref marks = Ref::steal(PyTuple_New(size));
    for (Py_ssize_t i = 0; marks && i < size; ++i) {
        PyObject* mark = PyLong_FromSsize_t(match->marks[i]);
        if (mark == nullptr)
            return nullptr;
        PyTuple_SET_ITEM(marks.get(), i, mark);
    }
    if (!marks)
        return nullptr;
    return reduce_to("load_match",
                     Py_BuildValue("(OOnnnO)", match->pattern, match->string, match->pos,
                                   match->endpos, match->last_index, marks.get()));
}

bool check_string(const char* name, PyObject* string) {
    if (PyUnicode_Check(string) || PyObject_CheckBuffer(string))
        return true;
    unpickling_error("%s() needs a string, not %s", name, Py_TYPE(string)->tp_name);
    return false;
}

/// How many groups a pattern has, the whole match among them; negative with an exception set.
Py_ssize_t group_count(PyObject* pattern) {
    const Ref groups = Ref::steal(PyObject_GetAttrString(pattern, "groups"));
    return groups ? PyLong_AsSsize_t(groups.get()) + 1 : -1;
}

/// Fills in where the groups are. False with UnpicklingError set.
bool set_marks(MatchObject* match, PyObject* marks) {
    const Py_ssize_t size = 2 * match->groups;
    if (!PyTuple_CheckExact(marks) || PyTuple_GET_SIZE(marks) != size) {
        unpickling_error("a match of that pattern has %zd groups", match->groups);
        return false;
    }
    for (Py_ssize_t i = 0; i < size; i += 2) {
        const Py_ssize_t begin = to_number("load_match", PyTuple_GET_ITEM(marks, i), -1);
        const Py_ssize_t end =
            begin < -1 ? -2 : to_number("load_match", PyTuple_GET_ITEM(marks, i + 1), begin);
        if (begin < -1 || end < begin)
            return false;
        if ((begin < 0) != (end < 0)) {
            unpickling_error("a group begins if it ends");
            return false;
        }
        match->marks[i] = begin;
        match->marks[i + 1] = end;
    }
    return true;
}

/// Without its fields. Null with MemoryError set.
MatchObject* make_match(PyObject* pattern, PyObject* string, Py_ssize_t groups) {
    auto* match = reinterpret_cast<MatchObject*>(match_type->tp_alloc(match_type, 2 * groups));
    if (match != nullptr) {
        match->string = Py_NewRef(string);
        match->pattern = Py_NewRef(pattern);
        match->groups = groups;
    }
    return match;
}

// load_match(pattern, string, pos, endpos, last index, marks)
PyObject* load_match(PyObject*, PyObject* const* args, Py_ssize_t count) {
    constexpr auto name = "load_match";
    if (!check_count(name, count, 6) || !check_type(name, args[0], pattern_type) ||
        (!Py_IsNone(args[1]) && !check_string(name, args[1])))
        return nullptr;
    const Py_ssize_t groups = group_count(args[0]);
    if (groups < 0)
        return nullptr;
    const Py_ssize_t pos = to_number(name, args[2], 0);
    const Py_ssize_t endpos = pos >= 0 ? to_number(name, args[3], 0) : -1;
    const Py_ssize_t last_index = endpos >= 0 ? to_number(name, args[4], -1, groups - 1) : -2;
    if (last_index < -1)
        return nullptr;
    auto match = RefTo<MatchObject>::steal(make_match(args[0], args[1], groups));
    if (!match || !set_marks(match.get(), args[5]))
        return nullptr;
    match->pos = pos;
    match->endpos = endpos;
    match->last_index = last_index;
    return reinterpret_cast<PyObject*>(match.release());
}

// Patterns that re.Scanner has put together have no string which could be compiled again.

PyObject* reduce_pattern(PyObject* object, Pickling&) {
    const auto* pattern = reinterpret_cast<PatternObject*>(object);
    if (!Py_IsNone(pattern->pattern))
        return leave_to_stock();
    const Ref module = Ref::steal(PyImport_ImportModule("_sre"));
    const Ref compile =
        module ? Ref::steal(PyObject_GetAttrString(module.get(), "compile")) : nullptr;
    const Ref code = compile ? Ref::steal(PyList_New(pattern->code_size)) : nullptr;
    for (Py_ssize_t i = 0; code && i < pattern->code_size; ++i) {
        PyObject* word = PyLong_FromUnsignedLong(pattern->code[i]);
        if (word == nullptr)
            return nullptr;
        PyList_SET_ITEM(code.get(), i, word);
    }
    // Both are null where no group has a name.
    const Ref index = Ref::steal(pattern->group_index == nullptr ? PyDict_New()
                                                                 : Py_NewRef(pattern->group_index));
    const Ref names = Ref::steal(pattern->index_group == nullptr ? PyTuple_New(0)
                                                                 : Py_NewRef(pattern->index_group));
    return code && index && names
               ? Py_BuildValue("O(OiOnOO)", compile.get(), Py_None, pattern->flags, code.get(),
                               pattern->groups, index.get(), names.get())
               : nullptr;
}

// Scanners: Pattern.finditer() iterates with them.

PyObject* reduce_scanner(PyObject* object, Pickling&) {
    const auto* scanner = reinterpret_cast<PatternScanner*>(object);
    const Py_ssize_t start = scanner->start == nullptr
                                 ? -1
                                 : (scanner->start - scanner->beginning) / scanner->character_size;
    return reduce_to("load_scanner",
                     Py_BuildValue("(OOnnni)", scanner->pattern, scanner->string, scanner->pos,
                                   scanner->endpos, start, scanner->must_advance));
}

// load_scanner(pattern, string, pos, endpos, start, must advance)
PyObject* load_scanner(PyObject*, PyObject* const* args, Py_ssize_t count) {
    constexpr auto name = "load_scanner";
    if (!check_count(name, count, 6) || !check_type(name, args[0], pattern_type) ||
        !check_string(name, args[1]))
        return nullptr;
    auto made = RefTo<PatternScanner>::steal(reinterpret_cast<PatternScanner*>(
        PyObject_CallMethod(args[0], "scanner", "OOO", args[1], args[2], args[3])));
    if (!made) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError) &&
            !PyErr_ExceptionMatches(PyExc_OverflowError))
            return nullptr;
        PyErr_Clear();
        return unpickling_error("%s(): that pattern cannot search there", name);
    }
    const Py_ssize_t start = to_number(name, args[4], -1, made->endpos);
    const Py_ssize_t must_advance = start >= -1 ? to_number(name, args[5], 0, 1) : -1;
    if (must_advance < 0)
        return nullptr;
    if (start >= 0 && start < made->pos)
        return unpickling_error("%s() must not begin before its range", name);
    made->start = start < 0 ? nullptr : made->beginning + start * made->character_size;
    made->must_advance = static_cast<int>(must_advance);
    return reinterpret_cast<PyObject*>(made.release());
}

// struct

PyObject* reduce_struct(PyObject* object, Pickling&) {
    const Ref format = Ref::steal(PyObject_GetAttrString(object, "format"));
    return format ? Py_BuildValue("O(O)", struct_type, format.get()) : nullptr;
}

PyObject* reduce_unpack_iterator(PyObject* object, Pickling&) {
    const auto* iterator = reinterpret_cast<UnpackIterator*>(object);
    if (iterator->format == nullptr)
        return reduce_to("load_unpack_iterator", PyTuple_New(0));
    return reduce_to("load_unpack_iterator", Py_BuildValue("(OOn)", iterator->format,
                                                           iterator->buffer.obj, iterator->index));
}

/// Gives up what the iterator reads, as at its end.
void end_iterator(UnpackIterator* iterator) {
    PyBuffer_Release(&iterator->buffer);
    Py_CLEAR(iterator->format);
}

/// An exhausted one.
PyObject* make_ended_iterator() {
    const Ref format =
        Ref::steal(PyObject_CallFunction(reinterpret_cast<PyObject*>(struct_type), "s", "b"));
    PyObject* made = format ? PyObject_CallMethod(format.get(), "iter_unpack", "y", "") : nullptr;
    if (made != nullptr) {
        end_iterator(reinterpret_cast<UnpackIterator*>(made));
    }
    return made;
}

/// Moves a new iterator to `index`. False with UnpicklingError set if no value is there.
bool move_to(UnpackIterator* iterator, PyObject* index) {
    constexpr auto name = "load_unpack_iterator";
    const Py_ssize_t place = to_number(name, index, 0, iterator->buffer.len);
    const Ref size =
        place >= 0 ? Ref::steal(PyObject_GetAttrString(iterator->format, "size")) : nullptr;
    if (!size)
        return false;
    if (place % PyLong_AsSsize_t(size.get()) != 0) {
        unpickling_error("%s(): there is no value at %zd", name, place);
        return false;
    }
    iterator->index = place;
    return true;
}

// load_unpack_iterator(struct, buffer, index), or load_unpack_iterator(): an exhausted one.
PyObject* load_unpack_iterator(PyObject*, PyObject* const* args, Py_ssize_t count) {
    constexpr auto name = "load_unpack_iterator";
    if (count == 0)
        return make_ended_iterator();
    if (!check_count(name, count, 3) || !check_type(name, args[0], struct_type) ||
        !check_string(name, args[1]))
        return nullptr;
    const Ref made = Ref::steal(PyObject_CallMethod(args[0], "iter_unpack", "O", args[1]));
    if (!made) {
        PyErr_Clear();
        return unpickling_error("%s(): the buffer does not hold such values", name);
    }
    const bool is_there = Py_IS_TYPE(made.get(), unpack_type) &&
                          move_to(reinterpret_cast<UnpackIterator*>(made.get()), args[2]);
    return is_there ? Py_NewRef(made.get()) : nullptr;
}

/// Remembers the type of an object (stolen, may be null). False with an exception set.
bool note_type(PyTypeObject** type, PyObject* object) {
    if (object == nullptr)
        return false;
    *type = Py_TYPE(object);
    Py_DECREF(object);
    return keep_for_interpreter(Ref::borrow(reinterpret_cast<PyObject*>(*type))) != nullptr;
}

bool find_types() {
    const Ref re = Ref::steal(PyImport_ImportModule("re"));
    const Ref pattern =
        re ? Ref::steal(PyObject_CallMethod(re.get(), "compile", "s", "")) : nullptr;
    const Ref module = pattern ? Ref::steal(PyImport_ImportModule("_struct")) : nullptr;
    const Ref format =
        module ? Ref::steal(PyObject_CallMethod(module.get(), "Struct", "s", "b")) : nullptr;
    return format && note_type(&pattern_type, Py_NewRef(pattern.get())) &&
           note_type(&struct_type, Py_NewRef(format.get())) &&
           note_type(&match_type, PyObject_CallMethod(pattern.get(), "match", "s", "")) &&
           note_type(&scanner_type, PyObject_CallMethod(pattern.get(), "scanner", "s", "")) &&
           note_type(&unpack_type, PyObject_CallMethod(format.get(), "iter_unpack", "y", ""));
}

PyMethodDef functions[] = {
    {"load_match", as_method(load_match), METH_FASTCALL,
     "load_match($module, pattern, string, pos, endpos, lastindex, marks, /)\n--\n\n"
     "Makes a re.Match for a pickle. `marks` is a tuple of where its groups begin and end.\n\n"
     "pickle.UnpicklingError: the pattern has no such match."},
    {"load_scanner", as_method(load_scanner), METH_FASTCALL,
     "load_scanner($module, pattern, string, pos, endpos, start, must_advance, /)\n--\n\n"
     "Makes what Pattern.finditer() searches with, for a pickle, which goes on at `start` (-1: it "
     "is "
     "done).\n\n"
     "pickle.UnpicklingError: there is no such place."},
    {"load_unpack_iterator", as_method(load_unpack_iterator), METH_FASTCALL,
     "load_unpack_iterator($module, struct, buffer, index, /)\n--\n\n"
     "Makes what Struct.iter_unpack() returns, for a pickle. Without arguments: an exhausted "
     "one.\n\n"
     "pickle.UnpicklingError: there is no such place."},
    {}};

}  // namespace

ReducerFamily pattern_reducers() {
    static std::vector<Reducer> reducers;
    if (!find_types())
        return {};
    reducers = {{pattern_type, reduce_pattern},
                {match_type, reduce_match},
                {scanner_type, reduce_scanner},
                {struct_type, reduce_struct},
                {unpack_type, reduce_unpack_iterator}};
    return {reducers, functions};
}

}  // namespace stackless::pickle
