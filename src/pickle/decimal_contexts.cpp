// What decimal.localcontext() returns: `with` has it on the stack, and stock pickle refuses it.
#include <cstring>

#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "pickle/causes.hpp"
#include "pickle/errors.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

// load_decimal_manager(local context, context of before)
PyObject* load_decimal_manager(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("load_decimal_manager", count, 2))
        return nullptr;
    const Ref module = Ref::steal(PyImport_ImportModule("_decimal"));
    const Ref type = module ? Ref::steal(PyObject_GetAttrString(module.get(), "Context")) : nullptr;
    if (!type)
        return nullptr;
    for (PyObject* context : {args[0], args[1]}) {
        if (PyObject_IsInstance(context, type.get()) != 1)
            return unpickling_error("load_decimal_manager() needs contexts of decimal, not %s",
                                    Py_TYPE(context)->tp_name);
    }
    Ref made = Ref::steal(PyObject_CallMethod(module.get(), "localcontext", "O", args[0]));
    if (made) {
        auto* manager = reinterpret_cast<DecimalContextManager*>(made.get());
        // localcontext() has made a copy, and the context of now is another one.
        Py_SETREF(manager->local, Py_NewRef(args[0]));
        Py_SETREF(manager->global, Py_NewRef(args[1]));
    } else if (PyErr_ExceptionMatches(PyExc_Exception)) {
        caused_unpickling_error("load_decimal_manager() cannot make one");
    }
    return made.release();
}

PyMethodDef functions[] = {{"load_decimal_manager", as_method(load_decimal_manager), METH_FASTCALL,
                            "load_decimal_manager($module, local, global, /)\n--\n\n"
                            "Makes what decimal.localcontext() returns, for a pickle.\n\n"
                            "pickle.UnpicklingError: these are no contexts of decimal."},
                           {}};

}  // namespace

PyObject* reduce_decimal_manager(PyObject* object, Pickling&) {
    // The module may be one that nobody has imported.
    if (std::strcmp(Py_TYPE(object)->tp_name, "decimal.ContextManager") != 0 ||
        Py_TYPE(object)->tp_dealloc == subtype_dealloc)
        return nullptr;
    const auto* manager = reinterpret_cast<DecimalContextManager*>(object);
    return reduce_to("load_decimal_manager", PyTuple_Pack(2, manager->local, manager->global));
}

ReducerFamily decimal_reducers() {
    return {{}, functions};
}

}  // namespace stackless::pickle
