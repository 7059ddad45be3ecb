#include "pickle/reducers.hpp"

#include <unordered_map>

#include "cpython/interpreter_end.hpp"
#include "pickle/constants.hpp"
#include "pickle/enums.hpp"
#include "pickle/named_objects.hpp"
#include "pickle/paths.hpp"
#include "pickle/tasklets.hpp"

namespace stackless::pickle {

namespace {

/// The reducers of all families, by type. Types that are in it live as long as the interpreter.
std::unordered_map<PyTypeObject*, Reduce>& reducers_by_type() {
    static OfInterpreter<std::unordered_map<PyTypeObject*, Reduce>> reducers;
    return *reducers;
}

PyObject* function_module = nullptr;  // _stackless, borrowed

/// copyreg.dispatch_table (borrowed), looked up once, as the stock picklers do. Null with an exception set.
PyObject* common_table() {
    static OfInterpreter<PyObject*> table;
    if (*table == nullptr) {
        const Ref copyreg = Ref::steal(PyImport_ImportModule("copyreg"));
        *table = keep_for_interpreter(Ref::steal(
            copyreg ? PyObject_GetAttrString(copyreg.get(), "dispatch_table") : nullptr));
    }
    return *table;
}

/// The entry for a type in the pickler's own dispatch table, or that of copyreg. Empty without an exception if it has
/// none.
Ref dispatched(PyTypeObject* type, const Pickling& pickling) {
    PyObject* table = nullptr;
    if (pickling.pickler != nullptr &&
        _PyObject_LookupAttr(pickling.pickler, &_Py_ID(dispatch_table), &table) < 0)
        return {};
    const Ref own = table != nullptr ? Ref::steal(table) : Ref::borrow(common_table());
    if (!own)
        return {};
    Ref entry = Ref::steal(PyObject_GetItem(own.get(), reinterpret_cast<PyObject*>(type)));
    if (!entry && PyErr_ExceptionMatches(PyExc_KeyError)) {
        PyErr_Clear();
    }
    return entry;
}

PyObject* leave_simple(PyObject*, Pickling&) {
    return leave_to_stock();
}

/// What the stock picklers know themselves. The one in Python asks us first.
void leave_simple_types() {
    for (PyTypeObject* type :
         {Py_TYPE(Py_None), &PyBool_Type, &PyLong_Type, &PyFloat_Type, &PyUnicode_Type,
          &PyBytes_Type, &PyByteArray_Type, &PyTuple_Type, &PyList_Type, &PyDict_Type, &PySet_Type,
          &PyFrozenSet_Type, &PyPickleBuffer_Type}) {
        reducers_by_type()[type] = leave_simple;
    }
}

bool add_family(const ReducerFamily& family) {
    if (PyErr_Occurred())
        return false;
    for (const Reducer& reducer : family.reducers) {
        reducers_by_type()[reducer.type] = reducer.reduce;
    }
    return family.functions == nullptr ||
           PyModule_AddFunctions(function_module, family.functions) == 0;
}

// reducible_types(): a list of the types that have a reducer here, for the module copy. Those that only stand for
// something in a pickle are no complete types before they are needed; nobody ever copies them.
PyObject* reducible_types(PyObject*, PyObject*) {
    Ref types = Ref::steal(PyList_New(0));
    for (const auto& [type, reduce_object] : reducers_by_type()) {
        const bool can_be_copied =
            reduce_object != leave_simple && (type->tp_flags & Py_TPFLAGS_READY) != 0;
        if (types && can_be_copied &&
            PyList_Append(types.get(), reinterpret_cast<PyObject*>(type)) != 0)
            return nullptr;
    }
    return types.release();
}

PyMethodDef functions[] = {
    {"reducible_types", reducible_types, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

PyObject* reduce_as_stock(PyObject* object, Pickling& pickling) {
    const Ref function = dispatched(Py_TYPE(object), pickling);
    if (!function && PyErr_Occurred())
        return nullptr;
    PyObject* reduced = function
                            ? PyObject_CallOneArg(function.get(), object)
                            : PyObject_CallMethod(object, "__reduce_ex__", "i", pickling.protocol);
    if (reduced == nullptr && PyErr_ExceptionMatches(PyExc_TypeError)) {
        add_path(object, pickling);
    }
    return reduced;
}

int is_dispatched(PyTypeObject* type, const Pickling& pickling) {
    if (dispatched(type, pickling))
        return 1;
    return PyErr_Occurred() ? -1 : 0;
}

PyObject* reduce(PyObject* object, Pickling& pickling) {
    PyTypeObject* type = Py_TYPE(object);
    const auto& reducers = reducers_by_type();
    if (const auto found = reducers.find(type); found != reducers.end())
        return found->second(object, pickling);
    if (PyType_Check(object))
        return reduce_class(object, pickling);
    if (PyModule_Check(object))
        return reduce_module(object, pickling);
    if (!pickling.has_computation())
        return leave_to_stock();
    if (PyExceptionInstance_Check(object))
        return reduce_exception(object, pickling);
    for (const Reduce special : {reduce_constant, reduce_derived, reduce_unfinished_member,
                                 reduce_json_object, reduce_decimal_manager}) {
        PyObject* reduced = special(object, pickling);
        if (reduced != nullptr || PyErr_Occurred())
            return reduced;
    }
    PyObject* reduced = reduce_as_stock(object, pickling);
    return reduced != nullptr && PyUnicode_Check(reduced) ? reduce_named(object, reduced, pickling)
                                                          : reduced;
}

bool keep_functions_in(PyObject* module) {
    function_module = module;
    return add_tasklet_methods();
}

bool collect_reducers() {
    static OfInterpreter<bool> known;
    bool& is_done = *known;
    if (is_done)
        return true;
    leave_simple_types();
    is_done = true;
    for (const auto& family :
         {code_reducers, module_reducers, value_reducers, frame_reducers, module_dict_reducers,
          import_reducers, stream_reducers, derived_reducers, json_reducers, decimal_reducers,
          lock_reducers, tasklet_reducers}) {
        is_done = is_done && add_family(family());
    }
    is_done = is_done && PyModule_AddFunctions(function_module, functions) == 0;
    return is_done;
}

PyObject* loader(const char* name) {
    // By the address of the literal: a dictionary would want a string.
    static OfInterpreter<std::unordered_map<const char*, PyObject*>> known;
    if (const auto entry = known->find(name); entry != known->end())
        return entry->second;
    PyObject* found = collect_reducers()
                          ? PyDict_GetItemString(PyModule_GetDict(function_module), name)
                          : nullptr;
    if (found == nullptr && PyErr_Occurred())
        return nullptr;
    if (found == nullptr) {
        PyErr_Format(PyExc_SystemError, "the module _stackless has no function %s()", name);
        return nullptr;
    }
    return (*known)[name] = found;
}

}  // namespace stackless::pickle
