#include "eval/redirects.hpp"

#include <cstring>
#include <iterator>

#include "cpython/exposed.hpp"

namespace stackless::eval {

namespace {

constexpr const RedirectFamily* families[] = {
    &attribute_redirects, &call_redirects,      &iteration_redirects,  &operator_redirects,
    &generator_redirects, &asyncio_redirects,   &conversion_redirects, &library_redirects,
    &consumer_redirects,  &itertools_redirects,
};

constinit TypeTable<TypeRedirect> type_table;

PyMethodDef* find_method(PyMethodDef* methods, const char* name) {
    while (methods->ml_name != nullptr && std::strcmp(methods->ml_name, name) != 0) {
        methods++;
    }
    if (methods->ml_name == nullptr) {
        Py_FatalError("a method that is to be redirected does not exist");
    }
    return methods;
}

/// A class method is redirected for the class that it was written for, and not for those that inherit it.
bool is_inherited_class_method(PyObject* callable) {
    if (!Py_IS_TYPE(callable, &PyCFunction_Type) ||
        (PyCFunction_GET_FLAGS(callable) & METH_CLASS) == 0)
        return false;
    const PyMethodDef* wanted = reinterpret_cast<PyCFunctionObject*>(callable)->m_ml;
    auto* type = reinterpret_cast<PyTypeObject*>(PyCFunction_GET_SELF(callable));
    for (const PyMethodDef* own = type->tp_methods; own != nullptr && own->ml_name != nullptr;
         own++) {
        if (own == wanted)
            return false;
    }
    return true;
}

const Redirect* of_function(PyThreadState* ts, PyObject* callable, const Arguments& arguments) {
    const int flags = Py_IS_TYPE(callable, &PyCFunction_Type)
                          ? PyCFunction_GET_FLAGS(callable)
                          : reinterpret_cast<PyMethodDescrObject*>(callable)->d_method->ml_flags;
    if ((flags & METH_REDIRECTED) == 0 || bound_self(callable) != nullptr)
        return nullptr;
    const Redirect* redirect = redirects_by_number[flags >> METH_REDIRECT_SHIFT];
    return redirect->wanted(ts, arguments) && !is_inherited_class_method(callable) ? redirect
                                                                                   : nullptr;
}

/// Two families may have redirects of the same class.
const Redirect* of_type(PyThreadState* ts, PyObject* callable, const Arguments& arguments) {
    const TypeRedirect* entry = type_table.find_where(
        reinterpret_cast<PyTypeObject*>(callable),
        [&](const TypeRedirect* candidate) { return candidate->redirect.wanted(ts, arguments); });
    return entry == nullptr ? nullptr : &entry->redirect;
}

}  // namespace

constinit TypeTable<Step> step_table;
constinit const Redirect* redirects_by_number[512] = {};

void install_redirects() {
    int number = 0;
    for (const RedirectFamily* family : families) {
        for (const FunctionRedirect& entry : family->functions) {
            PyMethodDef* method = find_method(entry.methods, entry.name);
            if ((method->ml_flags & METH_REDIRECTED) != 0) {
                Py_FatalError("a method is redirected twice");
            }
            redirects_by_number[number] = &entry.redirect;
            method->ml_flags |= METH_REDIRECTED | number << METH_REDIRECT_SHIFT;
            if (entry.attention == Attention::heap_types) {
                method->ml_flags |= METH_REDIRECTED_FOR_HEAP_TYPES;
            } else if (entry.attention == Attention::odd_values) {
                method->ml_flags |= METH_REDIRECTED_FOR_ODD_VALUES;
            }
            number++;
        }
        for (const TypeRedirect& entry : family->types) {
            entry.type->tp_flags |= TYPE_REDIRECTED;
            if (entry.attention == Attention::odd_values) {
                entry.type->tp_flags |= TYPE_REDIRECTED_FOR_ODD_VALUES;
            }
            type_table.add(&entry);
        }
        for (const Step& step : family->steps) {
            step.type->tp_flags |= TYPE_STEPPED;
            step_table.add(&step);
        }
    }
}

const Redirect* redirect_of(PyThreadState* ts, PyObject* callable, const Arguments& arguments) {
    // A profiler wants to see the C function.
    if (ts->c_profilefunc != nullptr)
        return nullptr;
    return PyType_Check(callable) ? of_type(ts, callable, arguments)
                                  : of_function(ts, callable, arguments);
}

const Redirect* redirect_of_bound(PyThreadState* ts, PyObject* method, const Arguments& arguments) {
    const int flags = PyCFunction_GET_FLAGS(method);
    if (ts->c_profilefunc != nullptr || (flags & METH_REDIRECTED) == 0)
        return nullptr;
    const Redirect* redirect = redirects_by_number[flags >> METH_REDIRECT_SHIFT];
    return redirect->wanted(ts, arguments) ? redirect : nullptr;
}

}  // namespace stackless::eval
