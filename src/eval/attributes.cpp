#include "eval/attributes.hpp"

#include "cpython/ref.hpp"

namespace stackless::eval {

namespace {

Access failed() {
    return {Access::failed};
}

bool is_function(PyObject* object) {
    return object != nullptr && PyFunction_Check(object);
}

/// A property that is found for `owner`.
Access call_property(PyObject* descriptor, PyObject* owner) {
    PyObject* get = reinterpret_cast<Property*>(descriptor)->get;
    return get == nullptr ? Access{} : Access::to_call(get, owner);
}

/// A descriptor with a __get__ in Python.
Access call_get(PyObject* descriptor, PyObject* owner, PyTypeObject* type) {
    PyObject* get = type_lookup(Py_TYPE(descriptor), &_Py_ID(__get__));
    return get == nullptr
               ? Access{}
               : Access::to_call(get, descriptor, owner, reinterpret_cast<PyObject*>(type));
}

/// A descriptor that is_python_getter(), found for `owner`.
Access call_getter(PyObject* descriptor, PyObject* owner) {
    return Py_TYPE(descriptor)->tp_descr_get == property_descr_get
               ? call_property(descriptor, owner)
               : call_get(descriptor, owner, Py_TYPE(owner));
}

/// The value in the dictionary of an instance. By C if there is none, or if the dictionary has keys that are no
/// strings, whose comparison may run code.
Access find_in_dictionary(PyObject* owner, PyObject* name) {
    PyObject** place;
    if (PyType_HasFeature(Py_TYPE(owner), Py_TPFLAGS_MANAGED_DICT)) {
        if (PyDictValues* values = *_PyObject_ValuesPointer(owner)) {
            PyObject* value = _PyObject_GetInstanceAttribute(owner, values, name);
            return value != nullptr ? Access::of_value(value) : Access{};
        }
        place = _PyObject_ManagedDictPointer(owner);
    } else {
        place = _PyObject_DictPointer(owner);
    }
    if (place == nullptr || *place == nullptr)
        return {};
    auto* dict = reinterpret_cast<PyDictObject*>(*place);
    if (!DK_IS_UNICODE(dict->ma_keys))
        return {};
    PyObject* value = PyDict_GetItemWithError(*place, name);
    return value != nullptr ? Access::of_value(Py_NewRef(value)) : Access{};
}

bool has_odd_dictionary(PyObject* owner) {
    PyObject** place = _PyObject_DictPointer(owner);
    return place != nullptr && *place != nullptr &&
           !DK_IS_UNICODE(reinterpret_cast<PyDictObject*>(*place)->ma_keys);
}

Access find_generic(PyObject* owner, PyObject* name) {
    PyObject* descriptor = type_lookup(Py_TYPE(owner), name);
    if (descriptor == nullptr || !is_python_getter(descriptor))
        return {};
    if (!is_data_descriptor(descriptor)) {
        if (has_odd_dictionary(owner))
            return {};
        const Access own = find_in_dictionary(owner, name);
        if (own.kind == Access::value)
            return own;
    }
    return call_getter(descriptor, owner);
}

/// An attribute of a class: the metaclass's data descriptors come first, then what the class and its bases have, then
/// the metaclass's other attributes.
Access find_in_class(PyObject* owner, PyObject* name) {
    auto* type = reinterpret_cast<PyTypeObject*>(owner);
    if (!PyType_HasFeature(type, Py_TPFLAGS_READY))
        return {};
    PyObject* of_metaclass = type_lookup(Py_TYPE(owner), name);
    if (of_metaclass != nullptr && is_data_descriptor(of_metaclass))
        return is_python_getter(of_metaclass) ? call_getter(of_metaclass, owner) : Access{};
    PyObject* own = type_lookup(type, name);
    if (own != nullptr) {
        if (Py_TYPE(own)->tp_descr_get == slot_tp_descr_get)
            return call_get(own, Py_None, type);
        return is_itself_in_class(own) ? Access::of_value(Py_NewRef(own)) : Access{};
    }
    return of_metaclass != nullptr && is_python_getter(of_metaclass)
               ? call_getter(of_metaclass, owner)
               : Access{};
}

}  // namespace

PyObject* find_behind(const PyTypeObject* type, const PyTypeObject* object_type, PyObject* name) {
    PyObject* mro = object_type->tp_mro;
    const Py_ssize_t count = mro == nullptr ? 0 : PyTuple_GET_SIZE(mro);
    Py_ssize_t i = 0;
    while (i < count && PyTuple_GET_ITEM(mro, i) != reinterpret_cast<const PyObject*>(type)) {
        i++;
    }
    for (i++; i < count; i++) {
        auto* dict = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(mro, i))->tp_dict;
        // Odd keys might run code.
        if (dict == nullptr || !DK_IS_UNICODE(reinterpret_cast<PyDictObject*>(dict)->ma_keys))
            return nullptr;
        PyObject* found = PyDict_GetItemWithError(dict, name);
        if (found != nullptr)
            return found;
    }
    return nullptr;
}

namespace {

Access find_in_super(PyObject* owner, PyObject* name) {
    auto* super = reinterpret_cast<Super*>(owner);
    if (super->object_type == nullptr || name == &_Py_ID(__class__))
        return {};
    PyObject* found = find_behind(super->type, super->object_type, name);
    if (found == nullptr)
        return {};
    PyObject* object = super->object;
    const bool is_unbound = object == reinterpret_cast<PyObject*>(super->object_type);
    if (Py_TYPE(found)->tp_descr_get == slot_tp_descr_get)
        return call_get(found, is_unbound ? Py_None : object, super->object_type);
    if (Py_TYPE(found)->tp_descr_get == nullptr || (is_unbound && is_function(found)))
        return Access::of_value(Py_NewRef(found));
    if (is_unbound || object == nullptr)
        return {};
    if (Py_TYPE(found)->tp_descr_get == property_descr_get)
        return call_property(found, object);
    if (is_function(found))
        return {Access::method, 1, nullptr, found, {object}};
    return {};
}

/// The function `__getattr__` of a module. Borrowed, or null.
PyObject* module_hook(PyObject* module) {
    PyObject* dict = reinterpret_cast<PyModuleObject*>(module)->md_dict;
    return dict == nullptr ? nullptr : PyDict_GetItemWithError(dict, &_Py_ID(__getattr__));
}

Access call_if_set(PyObject* function, PyObject* name) {
    return function == nullptr ? Access{} : Access::to_call(function, name);
}

/// What a module has under a name that its class, mostly types.ModuleType, knows nothing of. Borrowed, or null.
PyObject* plain_global(PyObject* module, PyObject* name) {
    PyObject* dict = reinterpret_cast<PyModuleObject*>(module)->md_dict;
    return dict == nullptr || type_lookup(Py_TYPE(module), name) != nullptr
               ? nullptr
               : PyDict_GetItemWithError(dict, name);
}

Access find_in_module(PyObject* owner, PyObject* name) {
    if (PyObject* value = plain_global(owner, name))
        return Access::of_value(Py_NewRef(value));
    const Access generic = find_generic(owner, name);
    PyObject* hook = module_hook(owner);
    if (generic.kind != Access::by_c)
        return generic.kind == Access::call && hook != nullptr ? Access{} : generic;
    if (hook == nullptr)
        return {};
    PyObject* value = _PyObject_GenericGetAttrWithDict(owner, name, nullptr, 1);
    if (value != nullptr)
        return Access::of_value(value);
    return PyErr_Occurred() ? failed() : call_if_set(module_hook(owner), name);
}

/// As read_plainly(). libpython makes two exceptions before getattr() gives the default: this takes a tenth of the time.
bool read_global(PyObject* module, PyObject* name, PyObject*& value) {
    if (has_odd_dictionary(module))
        return false;
    value = Py_XNewRef(plain_global(module, name));
    return value != nullptr ||
           (type_lookup(Py_TYPE(module), name) == nullptr && module_hook(module) == nullptr);
}

/// The C function that an inherited __getattribute__ or __setattr__ stands for, else null.
template <class Function>
Function wrapped_function(PyObject* method) {
    return method != nullptr && Py_IS_TYPE(method, &PyWrapperDescr_Type)
               ? reinterpret_cast<Function>(
                     reinterpret_cast<PyWrapperDescrObject*>(method)->d_wrapped)
               : nullptr;
}

/// Lets C code read the attribute. Null without an exception if there is none.
PyObject* read_by_c(getattrofunc getattro, PyObject* owner, PyObject* name) {
    if (getattro == PyObject_GenericGetAttr)
        return _PyObject_GenericGetAttrWithDict(owner, name, nullptr, 1);
    PyObject* value = getattro(owner, name);
    if (value == nullptr && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
    }
    return value;
}

/// What a class's own __getattribute__, if it has one, makes of it.
Access find_before_hook(PyObject* getattribute, PyObject* owner, PyObject* name) {
    if (is_function(getattribute))
        return Access::to_call(getattribute, owner, name);
    const auto getattro = wrapped_function<getattrofunc>(getattribute);
    return getattro == nullptr ? Access{} : find_getter_of(getattro, owner, name);
}

/// Classes with a __getattr__ or a __getattribute__.
Access find_overridden(PyObject* owner, PyObject* name) {
    PyTypeObject* type = Py_TYPE(owner);
    PyObject* hook = type_lookup(type, &_Py_ID(__getattr__));
    PyObject* getattribute = type_lookup(type, &_Py_ID(__getattribute__));
    if (hook != nullptr && !is_function(hook))
        return {};
    const auto getattro = wrapped_function<getattrofunc>(getattribute);
    if (hook != nullptr && getattro == PyObject_GenericGetAttr &&
        type_lookup(type, name) == nullptr && !has_odd_dictionary(owner)) {
        const Access own = find_in_dictionary(owner, name);
        return own.kind == Access::value ? own : Access::to_call(hook, owner, name);
    }
    Access access = find_before_hook(getattribute, owner, name);
    if (hook == nullptr)
        return access;
    if (access.kind == Access::call) {
        access.kind = Access::call_or_hook;
    }
    if (access.kind != Access::by_c)
        return access;
    if (getattro == nullptr)
        return {};
    PyObject* value = read_by_c(getattro, owner, name);
    if (value != nullptr)
        return Access::of_value(value);
    if (PyErr_Occurred())
        return failed();
    // The C code may have run any other.
    hook = getattr_hook(owner);
    return hook == nullptr ? Access{} : Access::to_call(hook, owner, name);
}

/// Whether an instance has the attribute without any __getattr__.
bool is_found_plainly(PyObject* owner, PyObject* name) {
    PyObject* descriptor = type_lookup(Py_TYPE(owner), name);
    if (descriptor != nullptr)
        return !is_python_getter(descriptor);
    const Access own = find_in_dictionary(owner, name);
    Py_XDECREF(own.result);
    return own.kind == Access::value;
}

/// Whether an access calls something, for who does not want its value.
bool calls_and_no_more(const Access& access) {
    Py_XDECREF(access.result);
    return access.calls();
}

bool may_call_overridden(PyObject* owner, PyObject* name) {
    PyTypeObject* type = Py_TYPE(owner);
    return is_function(type_lookup(type, &_Py_ID(__getattribute__))) ||
           (is_function(type_lookup(type, &_Py_ID(__getattr__))) &&
            !is_found_plainly(owner, name)) ||
           (PyType_Check(owner) && calls_and_no_more(find_in_class(owner, name)));
}

Access call_property_setter(PyObject* descriptor, PyObject* owner, PyObject* value) {
    auto* property = reinterpret_cast<Property*>(descriptor);
    PyObject* function = value != nullptr ? property->set : property->del;
    if (function == nullptr)
        return {};
    return value != nullptr ? Access::to_call(function, owner, value)
                            : Access::to_call(function, owner);
}

/// What a descriptor that is_python_setter() makes of it.
Access call_setter(PyObject* descriptor, PyObject* owner, PyObject* value) {
    if (Py_TYPE(descriptor)->tp_descr_set == property_descr_set)
        return call_property_setter(descriptor, owner, value);
    PyObject* function =
        type_lookup(Py_TYPE(descriptor), value != nullptr ? &_Py_ID(__set__) : &_Py_ID(__delete__));
    if (!is_function(function))
        return {};
    return value != nullptr ? Access::to_call(function, descriptor, owner, value)
                            : Access::to_call(function, descriptor, owner);
}

Access find_generic_setter(PyObject* owner, PyObject* name, PyObject* value) {
    PyObject* descriptor = type_lookup(Py_TYPE(owner), name);
    return descriptor != nullptr && is_python_setter(descriptor)
               ? call_setter(descriptor, owner, value)
               : Access{};
}

Access find_overridden_setter(PyObject* owner, PyObject* name, PyObject* value) {
    PyObject* method =
        type_lookup(Py_TYPE(owner), value != nullptr ? &_Py_ID(__setattr__) : &_Py_ID(__delattr__));
    if (is_function(method))
        return value != nullptr ? Access::to_call(method, owner, name, value)
                                : Access::to_call(method, owner, name);
    const auto setattro = wrapped_function<setattrofunc>(method);
    return setattro == nullptr ? Access{} : find_setter_of(setattro, owner, name, value);
}

/// Whether object.__setattr__ and the like accept the object: not behind the back of a builtin type with a way of its
/// own.
bool is_allowed_to_set(PyObject* self, setattrofunc setattro) {
    PyTypeObject* type = Py_TYPE(self);
    while (type != nullptr && type->tp_setattro == slot_tp_setattro) {
        type = type->tp_base;
    }
    return type != nullptr && type->tp_setattro == setattro;
}

Access read_in_any_case(getattrofunc getattro, PyObject* self, PyObject* name) {
    const Access access = find_getter_of(getattro, self, name);
    if (access.kind != Access::by_c && access.kind != Access::method)
        return access;
    PyObject* value = getattro(self, name);
    return value != nullptr ? Access::of_value(value) : failed();
}

Access write_in_any_case(setattrofunc setattro, PyObject* self, PyObject* name, PyObject* value) {
    const Access access = find_setter_of(setattro, self, name, value);
    if (access.kind != Access::by_c)
        return access;
    return setattro(self, name, value) == 0 ? Access::of_value(Py_NewRef(Py_None)) : failed();
}

/// The slots are told from each other by the first letter: __getattribute__, __get__, __setattr__, __set__,
/// __delattr__, __delete__.
SlotCall find_slot_call(PyWrapperDescrObject* descriptor, PyObject* self, PyObject* const* values,
                        Py_ssize_t count) {
    const char letter = descriptor->d_base->name[2];
    void* slot = descriptor->d_wrapped;
    const bool sets = count == 2 && letter == 's';
    const bool deletes = count == 1 && letter == 'd';
    if (slot == reinterpret_cast<void*>(property_descr_set) && (sets || deletes))
        return {call_property_setter(self, values[0], sets ? values[1] : nullptr), true};
    if (count < 1 || count > 2)
        return {};
    if (slot == reinterpret_cast<void*>(property_descr_get) && values[0] != Py_None)
        return {call_property(self, values[0])};
    if (!PyUnicode_CheckExact(values[0]))
        return {};
    const auto getattro = reinterpret_cast<getattrofunc>(slot);
    if (getattro == PyObject_GenericGetAttr || is_special_getattro(getattro))
        return {count == 1 ? read_in_any_case(getattro, self, values[0]) : Access{}};
    const auto setattro = reinterpret_cast<setattrofunc>(slot);
    if ((setattro == PyObject_GenericSetAttr || is_special_setattro(setattro)) &&
        (sets || deletes) && is_allowed_to_set(self, setattro))
        return {write_in_any_case(setattro, self, values[0], sets ? values[1] : nullptr), true};
    return {};
}

}  // namespace

StartedCall Access::start(PyThreadState* ts, const Frame* frame) const {
    if (!calls())
        return {nullptr, result};
    if (is_inlinable(ts, function)) {
        auto* python = reinterpret_cast<PyFunctionObject*>(function);
        Frame* callee = count == 1   ? push_exact(ts, python, args[0])
                        : count == 2 ? push_exact(ts, python, args[0], args[1])
                                     : push_exact(ts, python, args[0], args[1], args[2]);
        if (callee != nullptr)
            return {callee};
    }
    // C code might drop them while they run.
    const Ref keep[] = {Ref::borrow(function), Ref::borrow(args[0]), Ref::borrow(args[1]),
                        Ref::borrow(args[2])};
    return start_call(ts, frame, function, Arguments{args, count, nullptr});
}

Access find_getter_of(getattrofunc getattro, PyObject* owner, PyObject* name) {
    if (getattro == PyObject_GenericGetAttr)
        return find_generic(owner, name);
    if (getattro == slot_tp_getattr_hook || getattro == slot_tp_getattro)
        return find_overridden(owner, name);
    if (getattro == type_getattro)
        return find_in_class(owner, name);
    if (getattro == super_getattro)
        return find_in_super(owner, name);
    if (getattro == module_getattro)
        return find_in_module(owner, name);
    return {};
}

Access find_getter(PyObject* owner, PyObject* name) {
    return find_getter_of(Py_TYPE(owner)->tp_getattro, owner, name);
}

Access find_setter_of(setattrofunc setattro, PyObject* owner, PyObject* name, PyObject* value) {
    if (setattro == PyObject_GenericSetAttr)
        return find_generic_setter(owner, name, value);
    if (setattro == slot_tp_setattro)
        return find_overridden_setter(owner, name, value);
    if (setattro == type_setattro && PyType_Check(owner) &&
        !PyType_HasFeature(reinterpret_cast<PyTypeObject*>(owner), Py_TPFLAGS_IMMUTABLETYPE))
        return find_generic_setter(owner, name, value);
    return {};
}

Access find_setter(PyObject* owner, PyObject* name, PyObject* value) {
    return find_setter_of(Py_TYPE(owner)->tp_setattro, owner, name, value);
}

PyObject* read_generic(PyObject* owner, PyObject* name, PyObject* found) {
    const Ref keep = Ref::borrow(found);
    const descrgetfunc get = found == nullptr ? nullptr : Py_TYPE(found)->tp_descr_get;
    if (get != nullptr && is_data_descriptor(found))
        return get(found, owner, reinterpret_cast<PyObject*>(Py_TYPE(owner)));
    const Access own = find_in_dictionary(owner, name);
    if (own.kind == Access::value)
        return own.result;
    if (found == nullptr || has_odd_dictionary(owner))
        return nullptr;
    return get == nullptr ? Py_NewRef(found)
                          : get(found, owner, reinterpret_cast<PyObject*>(Py_TYPE(owner)));
}

bool read_plainly(PyObject* owner, PyObject* name, PyObject*& value) {
    const getattrofunc getattro = Py_TYPE(owner)->tp_getattro;
    if (getattro == type_getattro) {
        const Access access = find_in_class(owner, name);
        value = access.result;
        return access.kind == Access::value;
    }
    if (getattro == module_getattro)
        return read_global(owner, name, value);
    if (getattro != PyObject_GenericGetAttr || has_odd_dictionary(owner))
        return false;
    PyObject* found = type_lookup(Py_TYPE(owner), name);
    if (found != nullptr && is_python_getter(found))
        return false;
    value = read_generic(owner, name, found);
    return true;
}

SlotCall find_slot_call(PyObject* callable, const Arguments& arguments) {
    if (arguments.kwnames != nullptr)
        return {};
    PyObject* const* values = arguments.values;
    Py_ssize_t count = arguments.positional;
    if (Py_IS_TYPE(callable, &_PyMethodWrapper_Type)) {
        auto* wrapper = reinterpret_cast<MethodWrapper*>(callable);
        return find_slot_call(wrapper->descriptor, wrapper->self, values, count);
    }
    auto* descriptor = reinterpret_cast<PyWrapperDescrObject*>(callable);
    if (count == 0 || !PyObject_TypeCheck(values[0], descriptor->d_common.d_type))
        return {};
    return find_slot_call(descriptor, values[0], values + 1, count - 1);
}

bool may_call_unusual_getter(PyObject* owner, PyObject* name) {
    const getattrofunc getattro = Py_TYPE(owner)->tp_getattro;
    if (getattro == slot_tp_getattr_hook || getattro == slot_tp_getattro)
        return may_call_overridden(owner, name);
    if (getattro == module_getattro)
        return module_hook(owner) != nullptr && !is_found_plainly(owner, name);
    return calls_and_no_more(find_getter_of(getattro, owner, name));
}

PyObject* getattr_hook(PyObject* owner) {
    PyObject* hook = type_lookup(Py_TYPE(owner), &_Py_ID(__getattr__));
    return is_function(hook) ? hook : nullptr;
}

PyObject* take_over_by_hook(PyObject* owner) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    // With an exception set, a lookup does not find its way.
    PyObject* hook = getattr_hook(owner);
    if (hook == nullptr) {
        PyErr_Restore(type, value, traceback);
        return nullptr;
    }
    Py_INCREF(hook);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return hook;
}

void add_attribute_context(PyObject* owner, PyObject* name) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (PyErr_GivenExceptionMatches(value, PyExc_AttributeError)) {
        auto* error = reinterpret_cast<PyAttributeErrorObject*>(value);
        if (error->name == nullptr && error->obj == nullptr &&
            (PyObject_SetAttr(value, &_Py_ID(name), name) != 0 ||
             PyObject_SetAttr(value, &_Py_ID(obj), owner) != 0)) {
            Py_XDECREF(type);
            Py_XDECREF(value);
            Py_XDECREF(traceback);
            return;
        }
    }
    PyErr_Restore(type, value, traceback);
}

}  // namespace stackless::eval
