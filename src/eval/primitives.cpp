#include "eval/primitives.hpp"

#include "cpython/ref.hpp"
#include "eval/abc.hpp"
#include "eval/json_calls.hpp"
#include "eval/modulo.hpp"

namespace stackless::eval {

namespace {

/// special(object, name): the special method of the object's type, bound to the object; None if there is none.
PyObject* special(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_argument(PyUnicode_CheckExact(args[1]), args[1], "a name"))
        return nullptr;
    PyObject* method = _PyObject_LookupSpecial(args[0], args[1]);
    return method != nullptr || PyErr_Occurred() ? method : Py_NewRef(Py_None);
}

PyMethodDef primitives[] = {
    {"special", counted<special, 2>(), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyMethodDef* const all_primitives[] = {
    primitives,           abc_primitives,        asyncio_primitives,
    call_primitives,      conversion_primitives, formatting_primitives,
    generator_primitives, import_primitives,     iteration_primitives,
    json_primitives,      match_primitives,      name_primitives,
    operator_primitives,
};

StarterDefinition* const all_starters[] = {call_starters, execution_starters};

PyObject* refuse_to_start(PyObject*, PyObject*) {
    PyErr_SetString(PyExc_TypeError, "only the loop can call that");
    return nullptr;
}

}  // namespace

StarterDefinition starter_definition(const char* name, Starter start, Py_ssize_t count) {
    return {{name, refuse_to_start, METH_VARARGS | METH_STARTS, nullptr}, start, count};
}

StartedCall run_starter(PyThreadState* ts, const Frame* frame, PyObject* function,
                        const Arguments& arguments) {
    const auto* definition = reinterpret_cast<const StarterDefinition*>(
        reinterpret_cast<PyCFunctionObject*>(function)->m_ml);
    return check_count(arguments.total(), definition->count, definition->count) &&
                   arguments.kwnames == nullptr
               ? definition->start(ts, frame, arguments.values)
               : StartedCall{};
}

bool check_count(Py_ssize_t count, Py_ssize_t least, Py_ssize_t most) {
    if (count >= least && count <= most) [[likely]]
        return true;
    PyErr_Format(PyExc_TypeError, "a primitive takes at least %zd arguments, at most %zd, not %zd",
                 least, most, count);
    return false;
}

PyMethodDef* find_primitive(PyObject* name) {
    for (PyMethodDef* family : all_primitives) {
        for (PyMethodDef* primitive = family; primitive->ml_name != nullptr; primitive++) {
            if (PyUnicode_CompareWithASCIIString(name, primitive->ml_name) == 0)
                return primitive;
        }
    }
    for (StarterDefinition* family : all_starters) {
        for (StarterDefinition* starter = family; starter->start != nullptr; starter++) {
            if (PyUnicode_CompareWithASCIIString(name, starter->method.ml_name) == 0)
                return &starter->method;
        }
    }
    return nullptr;
}

}  // namespace stackless::eval
