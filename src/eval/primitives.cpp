#include "eval/primitives.hpp"

#include "cpython/ref.hpp"
#include "eval/abc.hpp"
#include "eval/json_calls.hpp"
#include "eval/modulo.hpp"

namespace stackless::eval {

namespace {

/// special(object, name): the special method of the object's type, bound to the object; None if there is none.
PyObject* special(PyObject*, PyObject* const* args, Py_ssize_t) {
    PyObject* method = _PyObject_LookupSpecial(args[0], args[1]);
    return method != nullptr || PyErr_Occurred() ? method : Py_NewRef(Py_None);
}

PyMethodDef primitives[] = {
    {"special", fast_method(special), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyMethodDef* const all_primitives[] = {
    primitives,
    abc_primitives,
    asyncio_primitives,
    call_primitives,
    conversion_primitives,
    execution_primitives,
    formatting_primitives,
    generator_primitives,
    import_primitives,
    iteration_primitives,
    json_primitives,
    operator_primitives,
};

}  // namespace

PyMethodDef* find_primitive(PyObject* name) {
    for (PyMethodDef* family : all_primitives) {
        for (PyMethodDef* primitive = family; primitive->ml_name != nullptr; primitive++) {
            if (PyUnicode_CompareWithASCIIString(name, primitive->ml_name) == 0)
                return primitive;
        }
    }
    return nullptr;
}

}  // namespace stackless::eval
