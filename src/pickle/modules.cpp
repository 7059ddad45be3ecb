// Modules, and the globals of __main__.
#include "pickle/errors.hpp"
#include "pickle/reducers.hpp"
#include "pickle/references.hpp"

namespace stackless::pickle {

namespace {

// load_module(name)
PyObject* load_module(PyObject*, PyObject* name) {
    if (!PyUnicode_CheckExact(name))
        return unpickling_error("load_module() takes the name of a module");
    return import_for_pickle(name).release();
}

PyMethodDef functions[] = {
    {"load_module", load_module, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

PyObject* reduce_module(PyObject* object, Pickling&) {
    const Ref name = Ref::steal(PyModule_GetNameObject(object));
    if (!name)
        return nullptr;
    if (imported_module(name.get()).get() != object)
        return leave_to_stock();
    return Py_BuildValue("O(O)", loader("load_module"), name.get());
}

ReducerFamily module_reducers() {
    return {{}, functions};
}

}  // namespace stackless::pickle
