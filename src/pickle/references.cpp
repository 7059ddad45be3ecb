#include "pickle/references.hpp"

#include <vector>

#include "cpython/layouts.hpp"
#include "pickle/causes.hpp"
#include "pickle/fingerprint.hpp"

namespace stackless::pickle {

namespace {

constexpr const char* locals = "<locals>";

/// The names that a qualified name consists of.
class Parts {
public:
    explicit Parts(PyObject* qualname) {
        if (PyUnicode_FindChar(qualname, '.', 0, PyUnicode_GET_LENGTH(qualname), 1) < 0) {
            parts_.push_back(Ref::borrow(qualname));
            return;
        }
        Py_ssize_t begin = 0;
        const Py_ssize_t length = PyUnicode_GET_LENGTH(qualname);
        while (begin <= length) {
            const Py_ssize_t dot = PyUnicode_FindChar(qualname, '.', begin, length, 1);
            const Py_ssize_t end = dot < 0 ? length : dot;
            PyObject* part = PyUnicode_Substring(qualname, begin, end);
            if (part == nullptr) {
                PyErr_Clear();
                parts_.clear();
                return;
            }
            // Types remember where they have found a name, by its address.
            PyUnicode_InternInPlace(&part);
            parts_.push_back(Ref::steal(part));
            begin = end + 1;
        }
    }

    size_t size() const { return parts_.size(); }
    PyObject* operator[](size_t i) const { return parts_[i].get(); }
    /// Where `<locals>` is first, else the size.
    size_t first_locals() const {
        size_t i = 0;
        while (i < size() && PyUnicode_CompareWithASCIIString(parts_[i].get(), locals) != 0) {
            i++;
        }
        return i;
    }

private:
    std::vector<Ref> parts_;
};

Ref without_exception(Ref found) {
    if (!found) {
        PyErr_Clear();
    }
    return found;
}

/// An attribute as it lies in the dictionary of a module or class. Empty without an exception if there is none.
Ref raw_attribute(PyObject* object, PyObject* name) {
    if (PyModule_Check(object)) {
        PyObject* found = PyDict_GetItemWithError(PyModule_GetDict(object), name);
        if (found != nullptr)
            return Ref::borrow(found);
    } else if (PyType_Check(object)) {
        PyObject* found = _PyType_Lookup(reinterpret_cast<PyTypeObject*>(object), name);
        if (found != nullptr)
            return Ref::borrow(found);
    }
    return without_exception(Ref::steal(PyObject_GetAttr(object, name)));
}

/// What the first `count` parts lead to.
Ref walk(PyObject* module, const Parts& parts, size_t count) {
    Ref found = Ref::borrow(module);
    for (size_t i = 0; found && i < count; i++) {
        found = raw_attribute(found.get(), parts[i]);
    }
    return count == 0 ? nullptr : found;
}

constexpr const char* lambda = "<lambda>";

// ---- Functions inside of what is wrapped around them

/// Looks for a function in an object and in what that is wrapped around.
class Search {
public:
    /// In what the first `count` parts lead to.
    Search(PyObject* module, const Parts& parts, size_t count) {
        if (count > 0 && PyUnicode_CompareWithASCIIString(parts[count - 1], lambda) == 0) {
            note_lambdas(count == 1 ? Ref::borrow(module) : walk(module, parts, count - 1));
        } else {
            note(walk(module, parts, count));
        }
    }

    /// The next function; null at the end. Borrowed from this.
    PyFunctionObject* next() {
        for (;;) {
            // Mostly the first one is it, so it is looked into as late as possible.
            if (position_ > 0) {
                look_into(Ref(objects_[position_ - 1]).get());
            }
            if (position_ == objects_.size())
                return nullptr;
            PyObject* object = objects_[position_++].get();
            if (PyFunction_Check(object))
                return reinterpret_cast<PyFunctionObject*>(object);
        }
    }

private:
    /// Who wraps more than that does it without end.
    static constexpr size_t most = 64;

    void note(Ref object) {
        if (!object || objects_.size() == most)
            return;
        for (const Ref& known : objects_) {
            if (known.get() == object.get())
                return;
        }
        objects_.push_back(std::move(object));
    }

    /// They may have any name in their module or class.
    void note_lambdas(const Ref& owner) {
        PyObject* dict = !owner                        ? nullptr
                         : PyModule_Check(owner.get()) ? PyModule_GetDict(owner.get())
                         : PyType_Check(owner.get())
                             ? reinterpret_cast<PyTypeObject*>(owner.get())->tp_dict
                             : nullptr;
        PyObject* value;
        Py_ssize_t position = 0;
        while (dict != nullptr && PyDict_Next(dict, &position, nullptr, &value) != 0) {
            if (PyFunction_Check(value) &&
                PyUnicode_CompareWithASCIIString(
                    reinterpret_cast<PyFunctionObject*>(value)->func_name, lambda) == 0) {
                note(Ref::borrow(value));
            }
        }
    }

    void look_into(PyObject* object) {
        if (PyFunction_Check(object)) {
            look_into_function(reinterpret_cast<PyFunctionObject*>(object));
        } else if (Py_IS_TYPE(object, &PyClassMethod_Type) ||
                   Py_IS_TYPE(object, &PyStaticMethod_Type)) {
            note(Ref::borrow(reinterpret_cast<MethodHolder*>(object)->callable));
        } else if (!PyType_Check(object) && !PyModule_Check(object)) {
            for (const char* name : {"__wrapped__", "__func__", "fget", "fset", "fdel", "func"}) {
                note(without_exception(Ref::steal(PyObject_GetAttrString(object, name))));
            }
        }
    }

    void look_into_function(const PyFunctionObject* function) {
        if (function->func_dict != nullptr) {
            note(Ref::borrow(PyDict_GetItemString(function->func_dict, "__wrapped__")));
        }
        for (Py_ssize_t i = 0;
             function->func_closure != nullptr && i < PyTuple_GET_SIZE(function->func_closure);
             i++) {
            PyObject* content = PyCell_GET(PyTuple_GET_ITEM(function->func_closure, i));
            if (content != nullptr && PyCallable_Check(content) && !PyType_Check(content)) {
                note(Ref::borrow(content));
            }
        }
    }

    std::vector<Ref> objects_;
    size_t position_ = 0;
};

bool has_fingerprint(PyCodeObject* code, uint64_t fingerprint) {
    uint64_t own;
    if (fingerprint_of(code, own))
        return own == fingerprint;
    PyErr_Clear();
    return false;
}

PyCodeObject* code_of(const PyFunctionObject* function) {
    return reinterpret_cast<PyCodeObject*>(function->func_code);
}

// ---- Code inside of code

/// Looks for code inside of `code` by the parts from `begin` on. Borrowed, null if there is none.
PyCodeObject* find_inside(PyCodeObject* code, const Parts& parts, size_t begin,
                          uint64_t fingerprint, bool& differs) {
    // In the code of a class, there is no such part before the names of its methods.
    while (begin < parts.size() && PyUnicode_CompareWithASCIIString(parts[begin], locals) == 0) {
        begin++;
    }
    if (begin == parts.size()) {
        const bool found = has_fingerprint(code, fingerprint);
        differs = differs || !found;
        return found ? code : nullptr;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject* constant = PyTuple_GET_ITEM(code->co_consts, i);
        auto* inner = reinterpret_cast<PyCodeObject*>(constant);
        if (!PyCode_Check(constant) || !_PyUnicode_EQ(inner->co_name, parts[begin]))
            continue;
        if (PyCodeObject* found = find_inside(inner, parts, begin + 1, fingerprint, differs))
            return found;
    }
    return nullptr;
}

}  // namespace

Ref imported_module(PyObject* name) {
    PyObject* modules = PyInterpreterState_Get()->modules;
    PyObject* found = nullptr;
    if (modules != nullptr && PyDict_CheckExact(modules)) {
        found = PyDict_GetItemWithError(modules, name);
        Py_XINCREF(found);
    } else if (modules != nullptr) {
        found = PyObject_GetItem(modules, name);
    }
    if (found == nullptr) {
        PyErr_Clear();
    }
    return Ref::steal(found);
}

Ref import_for_pickle(PyObject* name) {
    Ref module = imported_module(name);
    if (!module || module.get() == Py_None) {
        module = Ref::steal(PyImport_Import(name));
        if (module) {
            // That of a package's module is the package.
            module = imported_module(name);
        }
    }
    if (!module && (!PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_Exception))) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ImportError, "it is not in sys.modules");
        }
        caused_unpickling_error("the module %U cannot be imported", name);
    }
    return module;
}

bool is_global(PyObject* object, PyObject* module_name, PyObject* qualname) {
    Ref found = imported_module(module_name);
    const Parts parts(qualname);
    if (parts.first_locals() != parts.size())
        return false;
    for (size_t i = 0; found && i < parts.size(); i++) {
        found = without_exception(Ref::steal(PyObject_GetAttr(found.get(), parts[i])));
    }
    return found.get() == object;
}

Ref find_raw(PyObject* module, PyObject* qualname) {
    const Parts parts(qualname);
    return walk(module, parts, parts.size());
}

PyObject* name_in(PyObject* module, PyObject* object) {
    PyObject *name, *value;
    Py_ssize_t position = 0;
    while (PyModule_Check(module) && PyModule_GetDict(module) != nullptr &&
           PyDict_Next(PyModule_GetDict(module), &position, &name, &value)) {
        if (value == object && PyUnicode_CheckExact(name))
            return name;
    }
    return nullptr;
}

RefTo<PyFunctionObject> find_function(PyObject* module, PyObject* qualname, uint64_t fingerprint,
                                      bool& differs) {
    differs = false;
    const Parts parts(qualname);
    Search search(module, parts, parts.size());
    while (PyFunctionObject* function = search.next()) {
        if (has_fingerprint(code_of(function), fingerprint))
            return RefTo<PyFunctionObject>::borrow(function);
        differs = true;
    }
    return {};
}

RefTo<PyCodeObject> find_code(PyObject* module, PyObject* qualname, uint64_t fingerprint,
                              bool& differs) {
    differs = false;
    const Parts parts(qualname);
    const size_t outer = parts.first_locals();
    Search search(module, parts, outer);
    while (PyFunctionObject* function = search.next()) {
        PyCodeObject* found = find_inside(code_of(function), parts, outer, fingerprint, differs);
        if (found != nullptr)
            return RefTo<PyCodeObject>::borrow(found);
    }
    return {};
}

}  // namespace stackless::pickle
