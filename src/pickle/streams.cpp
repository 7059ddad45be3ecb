// The standard streams: those of the process that loads the pickle take their place. Other files cannot be pickled.
#include "pickle/errors.hpp"
#include "pickle/reducers.hpp"

namespace stackless::pickle {

namespace {

constexpr const char* names[] = {"stdin",     "stdout",     "stderr",
                                 "__stdin__", "__stdout__", "__stderr__"};

PyObject* reduce_stream(PyObject* object, Pickling& pickling) {
    for (const char* name : names) {
        if (pickling.has_computation() && PySys_GetObject(name) == object)
            return Py_BuildValue("O(s)", loader("load_stream"), name);
    }
    return pickling.has_computation() ? reduce_as_stock(object, pickling) : leave_to_stock();
}

PyObject* load_stream(PyObject*, PyObject* name) {
    for (const char* known : names) {
        if (PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, known) == 0) {
            PyObject* stream = PySys_GetObject(known);
            return Py_NewRef(stream == nullptr ? Py_None : stream);
        }
    }
    return unpickling_error("there is no standard stream %R", name);
}

PyMethodDef functions[] = {
    {"load_stream", load_stream, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

ReducerFamily stream_reducers() {
    static Reducer reducers[1];
    const Ref module = Ref::steal(PyImport_ImportModule("_io"));
    const Ref type =
        module ? Ref::steal(PyObject_GetAttrString(module.get(), "TextIOWrapper")) : nullptr;
    if (!type)
        return {};
    reducers[0] = {reinterpret_cast<PyTypeObject*>(type.get()), reduce_stream};
    return {reducers, functions};
}

}  // namespace stackless::pickle
