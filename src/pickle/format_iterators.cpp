// What the functions of the module _string return: str.format() goes on with it.
#include "cpython/layouts.hpp"
#include "pickle/causes.hpp"
#include "pickle/errors.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

Ref make_iterator(PyObject* string) {
    const Ref module = Ref::steal(PyImport_ImportModule("_string"));
    return module ? Ref::steal(PyObject_CallMethod(module.get(), "formatter_parser", "O", string))
                  : nullptr;
}

PyObject* reduce_iterator(PyObject* object, Pickling&) {
    const auto* iterator = reinterpret_cast<FormatIterator*>(object);
    return reduce_to("load_formatter", Py_BuildValue("(On)", iterator->string, iterator->start));
}

// load_formatter(format, position)
PyObject* load_formatter(PyObject*, PyObject* const* args, Py_ssize_t count) {
    constexpr auto name = "load_formatter";
    if (!check_count(name, count, 2) || !check_type(name, args[0], &PyUnicode_Type))
        return nullptr;
    const Py_ssize_t start = to_number(name, args[1], 0, PyUnicode_GET_LENGTH(args[0]));
    Ref made = start >= 0 ? make_iterator(args[0]) : nullptr;
    if (made) {
        reinterpret_cast<FormatIterator*>(made.get())->start = start;
    }
    return made.release();
}

// The attributes and items in a field: "[1]" and ".real" of "{0[1].real}".

Ref make_field_iterator(PyObject* string) {
    const Ref module = Ref::steal(PyImport_ImportModule("_string"));
    const Ref both = module ? Ref::steal(PyObject_CallMethod(
                                  module.get(), "formatter_field_name_split", "O", string))
                            : nullptr;
    return both ? Ref::borrow(PyTuple_GET_ITEM(both.get(), 1)) : nullptr;
}

PyObject* reduce_field_iterator(PyObject* object, Pickling&) {
    const auto* iterator = reinterpret_cast<FieldNameIterator*>(object);
    return reduce_to("load_field_names", Py_BuildValue("(On)", iterator->string, iterator->index));
}

// load_field_names(field, position)
PyObject* load_field_names(PyObject*, PyObject* const* args, Py_ssize_t count) {
    constexpr auto name = "load_field_names";
    if (!check_count(name, count, 2) || !check_type(name, args[0], &PyUnicode_Type))
        return nullptr;
    const Py_ssize_t index = to_number(name, args[1], 0, PyUnicode_GET_LENGTH(args[0]));
    if (index < 0)
        return nullptr;
    Ref made = make_field_iterator(args[0]);
    if (made) {
        reinterpret_cast<FieldNameIterator*>(made.get())->index = index;
    } else if (PyErr_ExceptionMatches(PyExc_ValueError)) {
        caused_unpickling_error("%s(): that is no field", name);
    }
    return made.release();
}

PyMethodDef functions[] = {
    {"load_formatter", as_method(load_formatter), METH_FASTCALL,
     "load_formatter($module, format, position, /)\n--\n\n"
     "Makes what _string.formatter_parser() returns for a pickle, in the middle of the format.\n\n"
     "pickle.UnpicklingError: that is no str, or not in it."},
    {"load_field_names", as_method(load_field_names), METH_FASTCALL,
     "load_field_names($module, field, position, /)\n--\n\n"
     "Makes the iterator of _string.formatter_field_name_split() for a pickle, in the middle of "
     "the field.\n\n"
     "pickle.UnpicklingError: that is no field, or not in it."},
    {}};

}  // namespace

ReducerFamily format_iterator_reducers() {
    static Reducer reducers[2];
    const Ref nothing = Ref::steal(PyUnicode_New(0, 0));
    const Ref iterator = nothing ? make_iterator(nothing.get()) : nullptr;
    const Ref field_iterator = iterator ? make_field_iterator(nothing.get()) : nullptr;
    if (!field_iterator)
        return {};
    reducers[0] = {Py_TYPE(iterator.get()), reduce_iterator};
    reducers[1] = {Py_TYPE(field_iterator.get()), reduce_field_iterator};
    return {reducers, functions};
}

}  // namespace stackless::pickle
