#include "eval/json_calls.hpp"

#include <cstring>

#include "cpython/exposed.hpp"
#include "cpython/layouts.hpp"
#include "cpython/ref.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/primitives.hpp"

namespace stackless::eval {

namespace {

// _json may be an extension module: its types have no names here.
bool is_of_c_type(PyObject* object, const char* name) {
    return std::strcmp(Py_TYPE(object)->tp_name, name) == 0 &&
           Py_TYPE(object)->tp_dealloc != subtype_dealloc;
}

/// How deep values are looked into.
constexpr int deepest = 100;

/// What json makes of a value on its own.
enum class Kind : uint8_t { str, plain, list, dict, other };

Kind kind_of(PyObject* value) {
    if (PyUnicode_Check(value))
        return Kind::str;
    if (value == Py_None || PyLong_Check(value) || PyFloat_Check(value))
        return Kind::plain;
    if (PyList_Check(value) || PyTuple_Check(value))
        return Kind::list;
    return PyDict_Check(value) ? Kind::dict : Kind::other;
}

/// Whether there is something in the value that json has to call `default` for.
bool has_other(PyObject* value, int depth) {
    switch (kind_of(value)) {
    case Kind::str:
    case Kind::plain:
        return false;
    case Kind::other:
        return true;
    case Kind::list:
        for (Py_ssize_t i = 0; depth > 0 && i < PySequence_Fast_GET_SIZE(value); i++) {
            if (has_other(PySequence_Fast_GET_ITEM(value, i), depth - 1))
                return true;
        }
        return false;
    case Kind::dict:
        break;
    }
    PyObject* item;
    Py_ssize_t position = 0;
    while (depth > 0 && PyDict_Next(value, &position, nullptr, &item)) {
        if (has_other(item, depth - 1))
            return true;
    }
    return false;
}

bool has_hooks(PyThreadState* ts, const JsonScanner* scanner) {
    for (PyObject* hook : {scanner->object_hook, scanner->object_pairs_hook, scanner->parse_float,
                           scanner->parse_int, scanner->parse_constant}) {
        if (is_python_callable(ts, hook))
            return true;
    }
    return false;
}

/// What stands for a number or constant until its hook is called: the text with the number of the hook.
PyObject* new_mark(PyObject* text, long hook) {
    const Ref number = Ref::steal(PyLong_FromLong(hook));
    return number ? PySlice_New(Py_None, text, number.get()) : nullptr;
}
PyObject* mark_float(PyObject*, PyObject* text) {
    return new_mark(text, 0);
}
PyObject* mark_int(PyObject*, PyObject* text) {
    return new_mark(text, 1);
}
PyObject* mark_constant(PyObject*, PyObject* text) {
    return new_mark(text, 2);
}
PyMethodDef marking[] = {
    {"parse_float", mark_float, METH_O, nullptr},
    {"parse_int", mark_int, METH_O, nullptr},
    {"parse_constant", mark_constant, METH_O, nullptr},
};

/// Puts a function that leaves marks in the place of a hook, but for the usual ones, whose results are no marks.
bool replace_hook(PyObject** hook, PyMethodDef* function) {
    if (*hook == reinterpret_cast<PyObject*>(&PyFloat_Type) ||
        *hook == reinterpret_cast<PyObject*>(&PyLong_Type))
        return true;
    PyObject* replacement = PyCFunction_New(function, nullptr);
    if (replacement == nullptr)
        return false;
    Py_SETREF(*hook, replacement);
    return true;
}

/// json_marking_scanner(scanner): one that makes tuples of objects, and marks of what hooks are to parse.
PyObject* json_marking_scanner(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_argument(is_json_scanner(args[0]), args[0], "a scanner"))
        return nullptr;
    const auto* model = reinterpret_cast<JsonScanner*>(args[0]);
    PyTypeObject* type = Py_TYPE(args[0]);
    Ref made = Ref::steal(type->tp_alloc(type, 0));
    auto* scanner = reinterpret_cast<JsonScanner*>(made.get());
    if (!made)
        return nullptr;
    scanner->strict = model->strict;
    scanner->object_hook = Py_NewRef(Py_None);
    scanner->object_pairs_hook = Py_NewRef(reinterpret_cast<PyObject*>(&PyTuple_Type));
    scanner->parse_float = Py_NewRef(model->parse_float);
    scanner->parse_int = Py_NewRef(model->parse_int);
    scanner->parse_constant = Py_NewRef(model->parse_constant);
    scanner->memo = PyDict_New();
    return scanner->memo != nullptr && replace_hook(&scanner->parse_float, &marking[0]) &&
                   replace_hook(&scanner->parse_int, &marking[1]) &&
                   replace_hook(&scanner->parse_constant, &marking[2])
               ? made.release()
               : nullptr;
}

bool is_marked(PyObject* value) {
    return PyTuple_CheckExact(value) || PyList_CheckExact(value) || PySlice_Check(value);
}

/// json_marked_places(list): the indices of those values that may contain marks. The list may be of pairs.
PyObject* json_marked_places(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_argument(PyList_Check(args[0]), args[0], "a list"))
        return nullptr;
    Ref places = Ref::steal(PyList_New(0));
    for (Py_ssize_t i = 0; places && i < PyList_GET_SIZE(args[0]); i++) {
        if (!is_marked(PyList_GET_ITEM(args[0], i)))
            continue;
        const Ref place = Ref::steal(PyLong_FromSsize_t(i));
        if (!place || PyList_Append(places.get(), place.get()) != 0)
            return nullptr;
    }
    return places.release();
}

/// needs_json_default(encoder, value)
PyObject* needs_json_default(PyObject*, PyObject* const* args, Py_ssize_t) {
    return new_bool(has_other(args[1], deepest));
}

/// json_kind(value)
PyObject* json_kind(PyObject*, PyObject* const* args, Py_ssize_t) {
    static constexpr const char* names[] = {"str", "plain", "list", "dict", "other"};
    return PyUnicode_InternFromString(names[static_cast<int>(kind_of(args[0]))]);
}

/// elements_of(sequence): those of a list or tuple, whatever its class says, as a list.
PyObject* elements_of(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_argument(PyList_Check(args[0]) || PyTuple_Check(args[0]), args[0], "a sequence"))
        return nullptr;
    const Ref elements = Ref::steal(
        _PyTuple_FromArray(PySequence_Fast_ITEMS(args[0]), PySequence_Fast_GET_SIZE(args[0])));
    return elements ? PySequence_List(elements.get()) : nullptr;
}

/// address_of(object): what _json takes for its identity.
PyObject* address_of(PyObject*, PyObject* const* args, Py_ssize_t) {
    return PyLong_FromVoidPtr(args[0]);
}

/// call_in_c(callable, argument ...)
PyObject* call_in_c(PyObject*, PyObject* const* args, Py_ssize_t count) {
    return PyObject_Vectorcall(args[0], args + 1, static_cast<size_t>(count - 1), nullptr);
}

}  // namespace

bool is_json_scanner(PyObject* object) {
    return is_of_c_type(object, "_json.Scanner");
}

bool is_json_encoder(PyObject* object) {
    return is_of_c_type(object, "_json.Encoder");
}

bool is_json_callable(PyObject* callable) {
    const PyTypeObject* type = Py_TYPE(callable);
    return PyType_HasFeature(Py_TYPE(callable), Py_TPFLAGS_HEAPTYPE) && type->tp_name[0] == '_' &&
           (is_json_scanner(callable) || is_json_encoder(callable));
}

Frame* push_json_call(PyThreadState* ts, const Frame* frame, PyObject* callable,
                      const Arguments& arguments) {
    if (!arguments.are_plain(2, 2))
        return nullptr;
    Hidden function;
    if (is_json_scanner(callable)) {
        if (!has_hooks(ts, reinterpret_cast<JsonScanner*>(callable)) ||
            !PyUnicode_Check(arguments.at(0)))
            return nullptr;
        function = Hidden::json_scan;
    } else {
        if (!has_other(arguments.at(0), deepest))
            return nullptr;
        function = Hidden::json_encode;
    }
    return push_hidden_frame(
        ts, frame, function,
        {Py_NewRef(callable), Py_NewRef(arguments.at(0)), Py_NewRef(arguments.at(1))});
}

PyMethodDef json_primitives[] = {
    {"json_marking_scanner", counted<json_marking_scanner, 1>(), METH_FASTCALL, nullptr},
    {"json_marked_places", counted<json_marked_places, 1>(), METH_FASTCALL, nullptr},
    {"needs_json_default", counted<needs_json_default, 2>(), METH_FASTCALL, nullptr},
    {"json_kind", counted<json_kind, 1>(), METH_FASTCALL, nullptr},
    {"elements_of", counted<elements_of, 1>(), METH_FASTCALL, nullptr},
    {"address_of", counted<address_of, 1>(), METH_FASTCALL, nullptr},
    {"call_in_c", counted<call_in_c, 1, 9>(), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless::eval
