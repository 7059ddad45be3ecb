// Descriptors of C types, what they are bound to, and super().
#include "cpython/layouts.hpp"
#include "pickle/errors.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

// Stock pickle asks getattr(), which gives what the descriptor gives if the metaclass has one of that name, and
// what a subclass has overridden.

bool is_descriptor(PyObject* object) {
    const PyTypeObject* type = Py_TYPE(object);
    return type == &PyGetSetDescr_Type || type == &PyMemberDescr_Type ||
           type == &PyClassMethodDescr_Type || type == &PyWrapperDescr_Type ||
           type == &PyMethodDescr_Type;
}

PyObject* reduce_descriptor(PyObject* object, Pickling& pickling) {
    if (!pickling.has_computation())
        return leave_to_stock();
    const auto* descriptor = reinterpret_cast<PyDescrObject*>(object);
    return reduce_to("load_descriptor", PyTuple_Pack(2, descriptor->d_type, descriptor->d_name));
}

// load_descriptor(type, name)
PyObject* load_descriptor(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("load_descriptor", count, 2) ||
        !check_type("load_descriptor", args[0], &PyType_Type) ||
        !check_type("load_descriptor", args[1], &PyUnicode_Type))
        return nullptr;
    const auto* type = reinterpret_cast<PyTypeObject*>(args[0]);
    PyObject* found =
        type->tp_dict == nullptr ? nullptr : PyDict_GetItemWithError(type->tp_dict, args[1]);
    if (found == nullptr || !is_descriptor(found)) {
        return PyErr_Occurred()
                   ? nullptr
                   : unpickling_error("%s has no descriptor %R", type->tp_name, args[1]);
    }
    return Py_NewRef(found);
}

PyObject* reduce_method_wrapper(PyObject* object, Pickling& pickling) {
    if (!pickling.has_computation())
        return leave_to_stock();
    const auto* wrapper = reinterpret_cast<MethodWrapper*>(object);
    const PyDescrObject& descriptor = wrapper->descriptor->d_common;
    return reduce_to("load_method_wrapper",
                     PyTuple_Pack(3, descriptor.d_type, descriptor.d_name, wrapper->self));
}

// load_method_wrapper(type, name, object)
PyObject* load_method_wrapper(PyObject* module, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("load_method_wrapper", count, 3))
        return nullptr;
    const Ref descriptor = Ref::steal(load_descriptor(module, args, 2));
    if (!descriptor)
        return nullptr;
    if (!Py_IS_TYPE(descriptor.get(), &PyWrapperDescr_Type) ||
        !PyObject_TypeCheck(args[2], reinterpret_cast<PyTypeObject*>(args[0])))
        return unpickling_error("%s has no method %R", Py_TYPE(args[2])->tp_name, args[1]);
    return PyWrapper_New(descriptor.get(), args[2]);
}

// Methods of builtin types, which a class has overridden: super() gives them.

/// The descriptor that has made a method of an object. Borrowed, null if it is not found.
PyObject* descriptor_of(const PyCFunctionObject* method) {
    PyObject* mro = Py_TYPE(method->m_self)->tp_mro;
    for (Py_ssize_t i = 0; mro != nullptr && i < PyTuple_GET_SIZE(mro); ++i) {
        const auto* type = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(mro, i));
        PyObject* found = PyDict_GetItemString(type->tp_dict, method->m_ml->ml_name);
        if (found != nullptr && Py_IS_TYPE(found, &PyMethodDescr_Type) &&
            reinterpret_cast<PyMethodDescrObject*>(found)->d_method == method->m_ml)
            return found;
    }
    return nullptr;
}

// load_inherited_method(type, name, object)
PyObject* load_inherited_method(PyObject* module, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("load_inherited_method", count, 3))
        return nullptr;
    const Ref descriptor = Ref::steal(load_descriptor(module, args, 2));
    if (!descriptor)
        return nullptr;
    if (!Py_IS_TYPE(descriptor.get(), &PyMethodDescr_Type) ||
        !PyObject_TypeCheck(args[2], reinterpret_cast<PyTypeObject*>(args[0])))
        return unpickling_error("%s has no method %R", Py_TYPE(args[2])->tp_name, args[1]);
    return PyMethodDescr_Type.tp_descr_get(descriptor.get(), args[2],
                                           reinterpret_cast<PyObject*>(Py_TYPE(args[2])));
}

// super()

PyObject* reduce_super(PyObject* object, Pickling&) {
    const auto* self = reinterpret_cast<Super*>(object);
    return reduce_to("load_super", self->object == nullptr
                                       ? PyTuple_Pack(1, self->type)
                                       : PyTuple_Pack(2, self->type, self->object));
}

// load_super(type[, object])
PyObject* load_super(PyObject*, PyObject* const* args, Py_ssize_t count) {
    constexpr auto name = "load_super";
    if ((count != 1 && !check_count(name, count, 2)) || !check_type(name, args[0], &PyType_Type))
        return nullptr;
    PyObject* made = PyObject_Vectorcall(reinterpret_cast<PyObject*>(&PySuper_Type), args,
                                         static_cast<size_t>(count), nullptr);
    if (made == nullptr && PyErr_ExceptionMatches(PyExc_TypeError))
        return unpickling_error("%s(): %s is no %s", name, Py_TYPE(args[1])->tp_name,
                                reinterpret_cast<PyTypeObject*>(args[0])->tp_name);
    return made;
}

const Reducer reducers[] = {{&PyGetSetDescr_Type, reduce_descriptor},
                            {&PyMemberDescr_Type, reduce_descriptor},
                            {&PyClassMethodDescr_Type, reduce_descriptor},
                            {&_PyMethodWrapper_Type, reduce_method_wrapper},
                            {&PySuper_Type, reduce_super}};

PyMethodDef functions[] = {
    {"load_descriptor", as_method(load_descriptor), METH_FASTCALL,
     "load_descriptor($module, type, name, /)\n--\n\n"
     "A descriptor of a class, for a pickle.\n\n"
     "pickle.UnpicklingError: it has none of that name."},
    {"load_method_wrapper", as_method(load_method_wrapper), METH_FASTCALL,
     "load_method_wrapper($module, type, name, object, /)\n--\n\n"
     "A special method of a type in C as a method of an object, for a pickle.\n\n"
     "pickle.UnpicklingError: there is no such method."},
    {"load_inherited_method", as_method(load_inherited_method), METH_FASTCALL,
     "load_inherited_method($module, type, name, object, /)\n--\n\n"
     "A method of a type in C as a method of an object whose class has another one, for a "
     "pickle.\n\n"
     "pickle.UnpicklingError: there is no such method."},
    {"load_super", as_method(load_super), METH_FASTCALL,
     "load_super($module, type, object=..., /)\n--\n\n"
     "Makes a super() for a pickle.\n\n"
     "pickle.UnpicklingError: the object is not of that type."},
    {}};

}  // namespace

PyObject* reduce_inherited_method(PyObject* object) {
    const auto* method = reinterpret_cast<PyCFunctionObject*>(object);
    if (method->m_self == nullptr || PyType_Check(method->m_self) ||
        PyModule_Check(method->m_self) ||
        !PyType_HasFeature(Py_TYPE(method->m_self), Py_TPFLAGS_HEAPTYPE))
        return nullptr;
    const Ref name = Ref::steal(PyUnicode_InternFromString(method->m_ml->ml_name));
    PyObject* own = name ? _PyType_Lookup(Py_TYPE(method->m_self), name.get()) : nullptr;
    PyObject* found = name ? descriptor_of(method) : nullptr;
    if (found == nullptr || found == own)
        return nullptr;
    return reduce_to("load_inherited_method",
                     PyTuple_Pack(3, reinterpret_cast<PyDescrObject*>(found)->d_type, name.get(),
                                  method->m_self));
}

ReducerFamily descriptor_reducers() {
    return {reducers, functions};
}

}  // namespace stackless::pickle
