#include "pickle/named_objects.hpp"

#include "pickle/causes.hpp"
#include "pickle/errors.hpp"
#include "pickle/namespaces.hpp"
#include "pickle/programs.hpp"
#include "pickle/reducers.hpp"
#include "pickle/references.hpp"

namespace stackless::pickle {

PyObject* reduce_named(PyObject* object, PyObject* name, Pickling& pickling) {
    Ref own_name = Ref::steal(name);
    PyObject* found = nullptr;
    if (_PyObject_LookupAttr(object, &_Py_ID(__module__), &found) < 0)
        return nullptr;
    const Ref module_name = Ref::steal(found);
    PyObject** dict = _PyObject_GetDictPtr(object);
    if (!module_name || !PyUnicode_Check(module_name.get()) || dict == nullptr || *dict == nullptr)
        return own_name.release();
    const bool by_value = travels_by_value(module_name.get(), pickling);
    const bool is_found = is_global(object, module_name.get(), own_name.get());
    if (is_found && !by_value)
        return own_name.release();
    const Ref module = is_found ? imported_module(module_name.get()) : nullptr;
    // One that is inside of a function has no place to be looked for.
    const Ref space = module && PyModule_Check(module.get())
                          ? namespace_of(PyModule_GetDict(module.get()), pickling)
                          : Ref::borrow(Py_None);
    return space ? Py_BuildValue("O(OOO)O", loader("load_named"), Py_TYPE(object), space.get(),
                                 own_name.get(), *dict)
                 : nullptr;
}

// load_named(class, module, name): what the module of this program has by that name, else a new object.
PyObject* load_named(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 3 || !PyType_Check(args[0]) || (args[1] != Py_None && !PyModule_Check(args[1])) ||
        !PyUnicode_CheckExact(args[2]))
        return unpickling_error("load_named() takes a class, a module, and a name");
    if (PyModule_Check(args[1]) && PyModule_GetDict(args[1]) != nullptr && is_live(args[1])) {
        Ref found = find_raw(args[1], args[2]);
        if (found && Py_IS_TYPE(found.get(), reinterpret_cast<PyTypeObject*>(args[0])))
            return found.release();
    }
    PyObject* made = PyObject_CallMethod(args[0], "__new__", "O", args[0]);
    if (made == nullptr && PyErr_ExceptionMatches(PyExc_Exception)) {
        caused_unpickling_error("%U cannot be made", args[2]);
    }
    return made;
}

}  // namespace stackless::pickle
