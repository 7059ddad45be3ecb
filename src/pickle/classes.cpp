#include "pickle/classes.hpp"

#include <vector>

#include "eval/abc.hpp"
#include "pickle/causes.hpp"
#include "pickle/class_identity.hpp"
#include "pickle/enums.hpp"
#include "pickle/errors.hpp"
#include "pickle/fingerprint.hpp"
#include "pickle/namespaces.hpp"
#include "pickle/programs.hpp"
#include "pickle/reducers.hpp"
#include "pickle/references.hpp"
#include "pickle/unnamed_types.hpp"

namespace stackless::pickle {

namespace {

/// In the dictionary of a class that waits for its state.
constexpr const char* blank_mark = "__stackless_blank__";

// ---- By reference

Ref module_name(PyObject* object) {
    Ref name = Ref::steal(PyObject_GetAttr(object, &_Py_ID(__module__)));
    if (!name) {
        PyErr_Clear();
    }
    return name && PyUnicode_Check(name.get()) ? name : nullptr;
}

bool is_stock_global(PyObject* object, PyObject* module) {
    const Ref qualname = Ref::steal(PyObject_GetAttr(object, &_Py_ID(__qualname__)));
    if (!qualname) {
        PyErr_Clear();
    }
    return qualname && PyUnicode_Check(qualname.get()) && is_global(object, module, qualname.get());
}

/// Whether a class has been made by a class statement or type(), so that it can be made again.
bool is_made_in_python(PyTypeObject* type) {
    return PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) &&
           !PyType_HasFeature(type, Py_TPFLAGS_IMMUTABLETYPE) &&
           reinterpret_cast<PyHeapTypeObject*>(type)->ht_module == nullptr;
}

/// What `name_in()` finds. Null, without an exception, if that is nothing.
PyObject* reduce_by_other_name(PyObject* object, PyObject* module) {
    PyObject* name = module == nullptr ? nullptr : name_in(module, object);
    PyObject* get =
        name == nullptr ? nullptr : PyDict_GetItemString(PyEval_GetBuiltins(), "getattr");
    return get == nullptr ? nullptr : Py_BuildValue("O(OO)", get, module, name);
}

/// Types of the interpreter that no module has by their own names: the module types has some of them.
PyObject* reduce_builtin(PyObject* object) {
    const Ref types = Ref::steal(PyImport_ImportModule("types"));
    PyObject* reduced = types ? reduce_by_other_name(object, types.get()) : nullptr;
    if (reduced != nullptr || PyErr_Occurred())
        return reduced;
    return reduce_unnamed_type(reinterpret_cast<PyTypeObject*>(object));
}

// ---- Loading

/// Whether a class still waits for its state.
bool is_blank(PyTypeObject* type) {
    return PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) &&
           PyDict_GetItemString(type->tp_dict, blank_mark) != nullptr;
}

bool set_attribute(PyTypeObject* type, PyObject* name, PyObject* value) {
    return PyType_Type.tp_setattro(reinterpret_cast<PyObject*>(type), name, value) == 0;
}

bool mark_blank(PyTypeObject* type) {
    if (PyDict_SetItemString(type->tp_dict, blank_mark, Py_True) != 0)
        return false;
    PyType_Modified(type);
    return true;
}

bool is_abstract_type(PyTypeObject* metaclass) {
    const Ref module = Ref::steal(PyImport_ImportModule("abc"));
    const Ref base = module ? Ref::steal(PyObject_GetAttrString(module.get(), "ABCMeta")) : nullptr;
    if (!base) {
        PyErr_Clear();
    }
    return base && PyType_Check(base.get()) &&
           PyType_IsSubtype(metaclass, reinterpret_cast<PyTypeObject*>(base.get())) != 0;
}

/// What ABCMeta.__new__() does beyond type.__new__(): it finds the abstract methods.
bool init_abstract(PyTypeObject* type) {
    if (!is_abstract_type(Py_TYPE(type)))
        return true;
    const Ref module = Ref::steal(PyImport_ImportModule("_abc"));
    return module && Ref::steal(PyObject_CallMethod(module.get(), "_abc_init", "O", type));
}

bool register_classes(PyTypeObject* type, PyObject* classes) {
    for (Py_ssize_t i = 0; classes != Py_None && i < PyList_GET_SIZE(classes); i++) {
        PyObject* cls = PyList_GET_ITEM(classes, i);
        if (!PyType_Check(cls)) {
            unpickling_error("%s cannot be registered with a class", Py_TYPE(cls)->tp_name);
            return false;
        }
        if (!eval::add_to_abc_registry(reinterpret_cast<PyObject*>(type), cls))
            return false;
    }
    return true;
}

bool are_types(PyObject* tuple) {
    for (Py_ssize_t i = 0; PyTuple_CheckExact(tuple) && i < PyTuple_GET_SIZE(tuple); i++) {
        if (!PyType_Check(PyTuple_GET_ITEM(tuple, i)))
            return false;
    }
    return PyTuple_CheckExact(tuple);
}

/// Whether a dict has strings for keys.
bool has_names(PyObject* dict) {
    PyObject* name;
    Py_ssize_t position = 0;
    while (PyDict_CheckExact(dict) && PyDict_Next(dict, &position, &name, nullptr)) {
        if (!PyUnicode_CheckExact(name))
            return false;
    }
    return PyDict_CheckExact(dict);
}

/// The items that parts_of_class() puts together.
enum Argument : uint8_t {
    metaclass_argument,
    name_argument,
    bases_argument,
    prototype_argument,
    home_argument,
    fingerprint_argument,
    members_argument,
    argument_count,
};

bool are_arguments(PyObject* const* args, Py_ssize_t count) {
    uint64_t fingerprint;
    return count == argument_count && PyType_Check(args[metaclass_argument]) &&
           PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(args[metaclass_argument]),
                            &PyType_Type) != 0 &&
           PyUnicode_CheckExact(args[name_argument]) && are_types(args[bases_argument]) &&
           has_names(args[prototype_argument]) &&
           (args[home_argument] == Py_None || PyModule_Check(args[home_argument])) &&
           read_fingerprint(args[fingerprint_argument], fingerprint) &&
           (args[members_argument] == Py_None || has_names(args[members_argument]));
}

/// The class that this program has, if it is the one. Empty, without an exception, if it is not.
Ref own_class(PyObject* const* args) {
    PyObject* qualname = PyDict_GetItemWithError(args[prototype_argument], &_Py_ID(__qualname__));
    uint64_t fingerprint;
    if (args[home_argument] == Py_None || PyModule_GetDict(args[home_argument]) == nullptr ||
        !is_live(args[home_argument]) || qualname == nullptr || !PyUnicode_CheckExact(qualname) ||
        !read_fingerprint(args[fingerprint_argument], fingerprint))
        return {};
    return find_class(args[home_argument], qualname, fingerprint);
}

PyObject* do_nothing(PyObject*, PyObject*) {
    Py_RETURN_NONE;
}

PyMethodDef quiet_definition = {"__init_subclass__", do_nothing, METH_VARARGS, nullptr};

/// While there is one, the classes that some classes inherit from do not learn of new subclasses: __init_subclass__() has
/// been called when the class was made that is in the pickle, perhaps with arguments.
class QuietBases {
public:
    /// False with an exception set.
    [[nodiscard]] bool silence(PyObject* bases) {
        const Ref quiet = Ref::steal(PyCFunction_New(&quiet_definition, nullptr));
        for (Py_ssize_t i = 0; quiet && i < PyTuple_GET_SIZE(bases); i++) {
            PyObject* mro = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(bases, i))->tp_mro;
            for (Py_ssize_t j = 0; mro != nullptr && j < PyTuple_GET_SIZE(mro); j++) {
                if (!silence_one(PyTuple_GET_ITEM(mro, j), quiet.get()))
                    return false;
            }
        }
        return static_cast<bool>(quiet);
    }

    QuietBases() = default;
    ~QuietBases() {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        for (const Silenced& each : silenced_) {
            auto* base = reinterpret_cast<PyTypeObject*>(each.type.get());
            if (PyDict_SetItem(base->tp_dict, &_Py_ID(__init_subclass__), each.method.get()) != 0) {
                PyErr_WriteUnraisable(each.type.get());
            }
            PyType_Modified(base);
        }
        PyErr_Restore(type, value, traceback);
    }
    QuietBases(const QuietBases&) = delete;
    QuietBases& operator=(const QuietBases&) = delete;

private:
    struct Silenced {
        Ref type;
        Ref method;
    };

    bool silence_one(PyObject* type, PyObject* quiet) {
        auto* base = reinterpret_cast<PyTypeObject*>(type);
        PyObject* method = PyDict_GetItemWithError(base->tp_dict, &_Py_ID(__init_subclass__));
        if (method == nullptr || !PyType_HasFeature(base, Py_TPFLAGS_HEAPTYPE) ||
            PyCFunction_Check(method))
            return true;
        silenced_.push_back({Ref::borrow(type), Ref::borrow(method)});
        const bool done = PyDict_SetItem(base->tp_dict, &_Py_ID(__init_subclass__), quiet) == 0;
        PyType_Modified(base);
        return done;
    }

    std::vector<Silenced> silenced_;
};

PyObject* create_quietly(PyTypeObject* metaclass, PyObject* const* args, PyObject* prototype) {
    const Ref arguments =
        Ref::steal(PyTuple_Pack(3, args[name_argument], args[bases_argument], prototype));
    QuietBases bases;
    if (!arguments || !bases.silence(args[bases_argument]))
        return nullptr;
    return PyType_Type.tp_new(metaclass, arguments.get(), nullptr);
}

Ref create(PyObject* const* args) {
    auto* metaclass = reinterpret_cast<PyTypeObject*>(args[metaclass_argument]);
    // type.__new__() may take things out.
    const Ref prototype = Ref::steal(PyDict_Copy(args[prototype_argument]));
    if (!prototype)
        return {};
    const bool is_enum = args[members_argument] != Py_None && is_enum_type(metaclass);
    return Ref::steal(is_enum ? make_enum(metaclass, args[name_argument], args[bases_argument],
                                          prototype.get(), args[members_argument])
                              : create_quietly(metaclass, args, prototype.get()));
}

bool set_dictionary(PyTypeObject* type, PyObject* dict) {
    PyObject *name, *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(dict, &position, &name, &value)) {
        const Ref kept_name = Ref::borrow(name);
        const Ref kept = Ref::borrow(value);
        if (!set_attribute(type, name, value))
            return false;
    }
    return true;
}

}  // namespace

PyObject* reduce_class(PyObject* object, Pickling& pickling) {
    auto* type = reinterpret_cast<PyTypeObject*>(object);
    const Ref module = module_name(object);
    const bool by_value =
        module && pickling.has_computation() && travels_by_value(module.get(), pickling);
    if (module && !by_value && is_stock_global(object, module.get()))
        return leave_to_stock();
    if (module && !by_value) {
        const Ref home = imported_module(module.get());
        PyObject* reduced = reduce_by_other_name(object, home.get());
        if (reduced != nullptr || PyErr_Occurred())
            return reduced;
    }
    if (!is_made_in_python(type))
        return PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) ? leave_to_stock()
                                                            : reduce_builtin(object);
    if (!pickling.has_computation()) {
        pickling.note_computation(object);
    }
    const ClassParts parts = parts_of_class(type, pickling);
    return parts.args && parts.state
               ? PyTuple_Pack(6, loader("load_class"), parts.args.get(), parts.state.get(), Py_None,
                              Py_None, loader("set_class_state"))
               : nullptr;
}

// load_class(metaclass, name, bases, prototype, home, fingerprint, members)
PyObject* load_class(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!are_arguments(args, count))
        return unpickling_error("load_class() takes what a class is made of");
    if (Ref own = own_class(args))
        return own.release();
    Ref made = create(args);
    if (!made) {
        if (PyErr_ExceptionMatches(PyExc_Exception)) {
            caused_unpickling_error("the class %U cannot be made", args[name_argument]);
        }
        return nullptr;
    }
    if (!PyType_Check(made.get()) ||
        !PyType_HasFeature(reinterpret_cast<PyTypeObject*>(made.get()), Py_TPFLAGS_HEAPTYPE))
        return unpickling_error("the class %U is not a class", args[name_argument]);
    auto* type = reinterpret_cast<PyTypeObject*>(made.get());
    return mark_blank(type) && init_abstract(type) ? made.release() : nullptr;
}

// set_class_state(class, (dictionary, registered classes, what members of an enumeration have))
PyObject* set_class_state(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (count != 2 || !PyType_Check(args[0]) || !PyTuple_CheckExact(args[1]) ||
        PyTuple_GET_SIZE(args[1]) != 3)
        return unpickling_error("set_class_state() takes a class and its state");
    auto* type = reinterpret_cast<PyTypeObject*>(args[0]);
    PyObject* const* items = reinterpret_cast<PyTupleObject*>(args[1])->ob_item;
    if (!has_names(items[0]) || (items[1] != Py_None && !PyList_CheckExact(items[1])) ||
        (items[2] != Py_None && !has_names(items[2])))
        return unpickling_error("the state of a class is not one that a class can have");
    // One that the program had already stays as it is.
    if (!is_blank(type))
        Py_RETURN_NONE;
    if (PyDict_DelItemString(type->tp_dict, blank_mark) != 0)
        return nullptr;
    PyType_Modified(type);
    const bool done = set_dictionary(type, items[0]) && init_abstract(type) &&
                      register_classes(type, items[1]) &&
                      (items[2] == Py_None || set_enum_extras(type, items[2]));
    if (done)
        Py_RETURN_NONE;
    if (PyErr_ExceptionMatches(PyExc_Exception)) {
        caused_unpickling_error("the class %s cannot get its attributes", type->tp_name);
    }
    return nullptr;
}

}  // namespace stackless::pickle
