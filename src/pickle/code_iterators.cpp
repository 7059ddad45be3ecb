// The iterators of co_positions() and co_lines(), by how many values they have produced.
#include <array>

#include "cpython/layouts.hpp"
#include "pickle/errors.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

PyTypeObject* positions_type = nullptr;
PyTypeObject* lines_type = nullptr;

/// A new iterator of that type over all of the code. Empty with an exception set.
Ref iterate(PyObject* code, const PyTypeObject* type) {
    return Ref::steal(
        PyObject_CallMethod(code, type == positions_type ? "co_positions" : "co_lines", nullptr));
}

/// Whether there was another value. False, with an exception set or without, if not.
bool skip_one(const Ref& iterator) {
    return static_cast<bool>(Ref::steal(Py_TYPE(iterator.get())->tp_iternext(iterator.get())));
}

bool stand_together(const Ref& one, PyObject* other) {
    const auto* first = reinterpret_cast<CodeIterator*>(one.get());
    const auto* second = reinterpret_cast<CodeIterator*>(other);
    return first->range.ar_start == second->range.ar_start &&
           first->range.ar_end == second->range.ar_end &&
           (!Py_IS_TYPE(other, positions_type) ||
            reinterpret_cast<CodePositions*>(one.get())->offset ==
                reinterpret_cast<CodePositions*>(other)->offset);
}

PyObject* reduce_code_iterator(PyObject* object, Pickling&) {
    auto* code = reinterpret_cast<PyObject*>(reinterpret_cast<CodeIterator*>(object)->code);
    const Ref fresh = iterate(code, Py_TYPE(object));
    if (!fresh)
        return nullptr;
    Py_ssize_t produced = 0;
    while (!stand_together(fresh, object) && skip_one(fresh)) {
        produced++;
    }
    if (PyErr_Occurred())
        return nullptr;
    const bool has_positions = Py_IS_TYPE(object, positions_type);
    return reduce_to(has_positions ? "load_code_positions" : "load_code_lines",
                     Py_BuildValue("(On)", code, produced));
}

PyObject* load(const char* name, const PyTypeObject* type, PyObject* const* args,
               Py_ssize_t count) {
    if (!check_count(name, count, 2) || !check_type(name, args[0], &PyCode_Type))
        return nullptr;
    const Py_ssize_t produced = to_number(name, args[1], 0);
    Ref made = produced >= 0 ? iterate(args[0], type) : nullptr;
    for (Py_ssize_t i = 0; made && i < produced && skip_one(made); i++) {
    }
    return PyErr_Occurred() ? nullptr : made.release();
}

// load_code_positions(code, number)
PyObject* load_code_positions(PyObject*, PyObject* const* args, Py_ssize_t count) {
    return load("load_code_positions", positions_type, args, count);
}

// load_code_lines(code, number)
PyObject* load_code_lines(PyObject*, PyObject* const* args, Py_ssize_t count) {
    return load("load_code_lines", lines_type, args, count);
}

PyMethodDef functions[] = {
    {"load_code_positions", as_method(load_code_positions), METH_FASTCALL,
     "load_code_positions($module, code, number, /)\n--\n\n"
     "Makes what code.co_positions() returns, after so many values, for a pickle.\n\n"
     "pickle.UnpicklingError: the arguments are of other types."},
    {"load_code_lines", as_method(load_code_lines), METH_FASTCALL,
     "load_code_lines($module, code, number, /)\n--\n\n"
     "Makes what code.co_lines() returns, after so many values, for a pickle.\n\n"
     "pickle.UnpicklingError: the arguments are of other types."},
    {}};

/// The type of what a method of some code returns (borrowed: it is static). Null with an exception set.
PyTypeObject* type_of(const Ref& code, const char* method) {
    const Ref iterator = Ref::steal(PyObject_CallMethod(code.get(), method, nullptr));
    return iterator ? Py_TYPE(iterator.get()) : nullptr;
}

}  // namespace

ReducerFamily code_iterator_reducers() {
    static std::array<Reducer, 2> reducers;
    const Ref code = Ref::steal(reinterpret_cast<PyObject*>(PyCode_NewEmpty("", "", 1)));
    positions_type = code ? type_of(code, "co_positions") : nullptr;
    lines_type = positions_type != nullptr ? type_of(code, "co_lines") : nullptr;
    if (lines_type == nullptr)
        return {};
    reducers = {{{positions_type, reduce_code_iterator}, {lines_type, reduce_code_iterator}}};
    return {reducers, functions};
}

}  // namespace stackless::pickle
