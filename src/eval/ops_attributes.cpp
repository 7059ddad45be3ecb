// object.name: loading, storing, deleting, and the method half of a call.
#include "cpython/call_sites.hpp"
#include "cpython/layouts.hpp"
#include "eval/attributes.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

HANDLER(load_property);
HANDLER(load_class_attr);
HANDLER(load_field_of_class);
HANDLER(load_attr_in_python);
HANDLER(load_method_in_python);
HANDLER(load_method_by_c);
HANDLER(load_method_of_class);
HANDLER(getter_failed);
HANDLER(getattr_error);
HANDLER(store_property);
HANDLER(store_attr_in_python);
HANDLER(delete_attr_in_python);

namespace {

inline bool has_version(PyObject* object, uint16_t* version) {
    return Py_TYPE(object)->tp_version_tag == read_u32(version);
}

/// The value of a module's attribute by its cached place; null when the cache does not fit.
inline PyObject* cached_module_attribute(PyObject* module, _PyAttrCache* cache) {
    if (!PyModule_CheckExact(module))
        return nullptr;
    auto* dict =
        reinterpret_cast<PyDictObject*>(reinterpret_cast<PyModuleObject*>(module)->md_dict);
    if (dict->ma_keys->dk_version != read_u32(cache->version))
        return nullptr;
    return DK_UNICODE_ENTRIES(dict->ma_keys)[cache->index].me_value;
}

/// Where the dictionary of an instance holds `name`, if that is at the cached place; else null.
inline PyObject** hinted_entry(PyDictObject* dict, size_t hint, PyObject* name) {
    if (dict == nullptr || hint >= static_cast<size_t>(dict->ma_keys->dk_nentries))
        return nullptr;
    if (DK_IS_UNICODE(dict->ma_keys)) {
        PyDictUnicodeEntry* entry = DK_UNICODE_ENTRIES(dict->ma_keys) + hint;
        return entry->me_key == name ? &entry->me_value : nullptr;
    }
    PyDictKeyEntry* entry = DK_ENTRIES(dict->ma_keys) + hint;
    return entry->me_key == name ? &entry->me_value : nullptr;
}

inline PyDictObject* managed_dict(PyObject* object) {
    return reinterpret_cast<PyDictObject*>(*_PyObject_ManagedDictPointer(object));
}

}  // namespace

// Where code in Python may have to be called for the attribute, another handler goes on. It may ask for the name with
// awaited_name(); load_property finds the class's descriptor in oparg if the object reads attributes as most do.

HANDLER(load_attr_by_c) {
    PyObject* owner = sp[-1];
    PyObject* value = PyObject_GetAttr(owner, name(frame, oparg));
    if (value == nullptr)
        GOTO(raise);
    sp[-1] = value;
    SKIP_CACHE(LOAD_ATTR);
    DROP_AND_NEXT(owner);
}

OP(LOAD_ATTR) {
    SAVE_IP();
    PyObject* owner = sp[-1];
    const getattrofunc getattro = Py_TYPE(owner)->tp_getattro;
    if (getattro != PyObject_GenericGetAttr) {
        if (is_special_getattro(getattro))
            GOTO(load_property);
        GOTO(load_attr_by_c);
    }
    PyObject* attribute_name = name(frame, oparg);
    PyObject* found = type_lookup(Py_TYPE(owner), attribute_name);
    if (found != nullptr && is_python_getter(found)) {
        oparg = reinterpret_cast<intptr_t>(found);
        GOTO(load_property);
    }
    PyObject* value = read_generic(owner, attribute_name, found);
    if (value == nullptr) [[unlikely]] {
        if (!_PyErr_Occurred(ts))
            GOTO(load_attr_by_c);
        add_attribute_context(owner, attribute_name);
        GOTO(raise);
    }
    sp[-1] = value;
    SKIP_CACHE(LOAD_ATTR);
    DROP_AND_NEXT(owner);
}

// Reading an attribute in Python: the object stays on the stack meanwhile, because an AttributeError is to know it,
// or lets its __getattr__ be called.

namespace {

/// The name of the attribute that the instruction gets, sets or deletes.
inline PyObject* awaited_name(Frame* frame) {
    const int opcode = _Py_OPCODE(*frame->prev_instr);
    if (opcode >= LOAD_NAMED_ATTR && opcode <= DELETE_NAMED_ATTR)
        return frame->localsplus[_Py_OPARG(*frame->prev_instr)];
    return name(frame, argument_at(frame, frame->prev_instr));
}

inline bool waits_for_method(Frame* frame) {
    return _PyOpcode_Deopt[_Py_OPCODE(*frame->prev_instr)] == LOAD_METHOD;
}

inline PyObject* bind_method(const Access& access) {
    return PyMethod_New(access.function, access.args[0]);
}

}  // namespace

/// Starts what reading has come to.
#define CALL_GETTER(access, expected) \
    do { \
        const Delivery delivery = \
            (access).kind == Access::call ? Delivery::expected : Delivery::hooked; \
        const StartedCall begun = (access).start(ts, frame); \
        if (begun.callee != nullptr) { \
            set_delivery(begun.callee, delivery); \
            ENTER_CALLEE(begun.callee); \
        } \
        if (begun.result == nullptr) { \
            oparg = static_cast<intptr_t>(delivery); \
            GOTO(getter_failed); \
        } \
        oparg = reinterpret_cast<intptr_t>(begun.result); \
        GOTO(deliver_##expected); \
    } while (0)

/// An attribute of a class that is what the class has.
HANDLER(load_class_attr) {
    PyObject* owner = sp[-1];
    PyObject* attribute_name = awaited_name(frame);
    PyObject* value =
        cached_class_attribute(reinterpret_cast<PyTypeObject*>(owner), attribute_name);
    if (value == nullptr)
        GOTO(load_field_of_class);
    sp[-1] = Py_NewRef(value);
    SKIP_CACHE(LOAD_ATTR);
    DROP_AND_NEXT(owner);
}

/// What C code computes for all classes: __name__ and the like.
HANDLER(load_field_of_class) {
    PyObject* owner = sp[-1];
    PyObject* attribute_name = awaited_name(frame);
    PyObject* const* found = known_lookup(Py_TYPE(owner), attribute_name);
    if (found == nullptr || *found == nullptr || !Py_IS_TYPE(*found, &PyGetSetDescr_Type))
        GOTO(load_attr_in_python);
    PyObject* value =
        PyGetSetDescr_Type.tp_descr_get(*found, owner, reinterpret_cast<PyObject*>(Py_TYPE(owner)));
    if (value == nullptr) {
        add_attribute_context(owner, attribute_name);
        GOTO(raise);
    }
    sp[-1] = value;
    SKIP_CACHE(LOAD_ATTR);
    DROP_AND_NEXT(owner);
}

/// The commonest case: a property whose getter is a function with one parameter.
HANDLER(load_property) {
    PyObject* owner = sp[-1];
    const getattrofunc getattro = Py_TYPE(owner)->tp_getattro;
    if (getattro == type_getattro)
        GOTO(load_class_attr);
    if (getattro != PyObject_GenericGetAttr)
        GOTO(load_attr_in_python);
    auto* property = reinterpret_cast<Property*>(oparg);
    if (Py_TYPE(property)->tp_descr_get != property_descr_get || property->get == nullptr ||
        !is_inlinable(ts, property->get))
        GOTO(load_attr_in_python);
    Frame* callee = push_exact(ts, reinterpret_cast<PyFunctionObject*>(property->get), owner);
    if (callee == nullptr)
        GOTO(load_attr_in_python);
    set_delivery(callee, Delivery::attribute);
    ENTER_CALLEE(callee);
}

HANDLER(load_attr_in_python) {
    PyObject* owner = sp[-1];
    PyObject* attribute_name = awaited_name(frame);
    const Access access = find_getter(owner, attribute_name);
    if (access.calls())
        CALL_GETTER(access, attribute);
    if (access.kind == Access::failed)
        GOTO(raise);
    PyObject* value = access.kind == Access::value    ? access.result
                      : access.kind == Access::method ? bind_method(access)
                                                      : PyObject_GetAttr(owner, attribute_name);
    if (value == nullptr)
        GOTO(raise);
    sp[-1] = value;
    Py_DECREF(owner);
    SKIP_CACHE(LOAD_ATTR);
    NEXT();
}

HANDLER(load_method_in_python) {
    PyObject* owner = sp[-1];
    const Access access = find_getter(owner, awaited_name(frame));
    if (access.calls())
        CALL_GETTER(access, method);
    if (access.kind == Access::failed)
        GOTO(raise);
    if (access.kind == Access::method) {
        sp[-1] = Py_NewRef(access.function);
        *sp++ = Py_NewRef(access.args[0]);
        SKIP_CACHE(LOAD_METHOD);
        DROP_AND_NEXT(owner);
    }
    if (access.kind == Access::by_c)
        GOTO(load_method_by_c);
    oparg = reinterpret_cast<intptr_t>(access.result);
    GOTO(deliver_method);
}

HANDLER(deliver_attribute) {
    PyObject* owner = sp[-1];
    sp[-1] = DELIVERED();
    SKIP_CACHE(LOAD_ATTR);
    DROP_AND_NEXT(owner);
}

HANDLER(deliver_method) {
    PyObject* owner = sp[-1];
    sp[-1] = nullptr;
    *sp++ = DELIVERED();
    SKIP_CACHE(LOAD_METHOD);
    DROP_AND_NEXT(owner);
}

HANDLER(deliver_hooked) {
    if (waits_for_method(frame))
        GOTO(deliver_method);
    GOTO(deliver_attribute);
}

/// What was called to read an attribute has raised. oparg is the Delivery that its result would have had.
HANDLER(getter_failed) {
    if (_PyErr_ExceptionMatches(ts, PyExc_AttributeError))
        GOTO(attribute_error);
    GOTO(raise);
}

HANDLER(attribute_error) {
    const auto delivery = static_cast<Delivery>(oparg);
    if (delivery == Delivery::getattr || delivery == Delivery::getattr_hooked)
        GOTO(getattr_error);
    PyObject* owner = sp[-1];
    const bool is_method = waits_for_method(frame);
    if (delivery == Delivery::hooked) {
        if (PyObject* hook = take_over_by_hook(owner)) {
            const Access access = Access::to_call(hook, owner, awaited_name(frame));
            const StartedCall begun = access.start(ts, frame);
            Py_DECREF(hook);
            if (begun.callee != nullptr) {
                set_delivery(begun.callee, is_method ? Delivery::method : Delivery::attribute);
                ENTER_CALLEE(begun.callee);
            }
            if (begun.result == nullptr)
                GOTO(raise);
            oparg = reinterpret_cast<intptr_t>(begun.result);
            GOTO(deliver_hooked);
        }
    }
    // Looking for a method, the interpreter calls descriptors itself, and PyObject_GetAttr() has no part in it.
    if (!is_method || Py_TYPE(owner)->tp_getattro != PyObject_GenericGetAttr) {
        add_attribute_context(owner, awaited_name(frame));
    }
    GOTO(raise);
}

ADAPTIVE_OP(LOAD_ATTR) {
    SAVE_IP();
    if (_Py_Specialize_LoadAttr(sp[-1], ip - 1, name(frame, oparg)) < 0)
        GOTO(raise);
    RUN_SPECIALIZED();
}

#define REPLACE_OWNER_AND_NEXT(owner, value) \
    sp[-1] = Py_NewRef(value); \
    SKIP_CACHE(LOAD_ATTR); \
    DROP_AND_NEXT(owner)

OP(LOAD_ATTR_INSTANCE_VALUE) {
    auto* cache = cache_at<_PyAttrCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->version));
    PyDictValues* values = *_PyObject_ValuesPointer(owner);
    MISS_IF(values == nullptr);
    PyObject* value = values->values[cache->index];
    MISS_IF(value == nullptr);
    REPLACE_OWNER_AND_NEXT(owner, value);
}

OP(LOAD_ATTR_MODULE) {
    PyObject* owner = sp[-1];
    PyObject* value = cached_module_attribute(owner, cache_at<_PyAttrCache>(ip));
    MISS_IF(value == nullptr);
    REPLACE_OWNER_AND_NEXT(owner, value);
}

OP(LOAD_ATTR_WITH_HINT) {
    auto* cache = cache_at<_PyAttrCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->version));
    PyObject** entry = hinted_entry(managed_dict(owner), cache->index, name(frame, oparg));
    MISS_IF(entry == nullptr || *entry == nullptr);
    REPLACE_OWNER_AND_NEXT(owner, *entry);
}

OP(LOAD_ATTR_SLOT) {
    auto* cache = cache_at<_PyAttrCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->version));
    PyObject* value = *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(owner) + cache->index);
    MISS_IF(value == nullptr);
    REPLACE_OWNER_AND_NEXT(owner, value);
}

/// The same for setting an attribute, and deleting it.
#define WRITE_ELSEWHERE_IF_IN_PYTHON(owner, elsewhere) \
    do { \
        const setattrofunc setattro = Py_TYPE(owner)->tp_setattro; \
        if (setattro == PyObject_GenericSetAttr) { \
            PyObject* found = type_lookup(Py_TYPE(owner), name(frame, oparg)); \
            if (found != nullptr && is_python_setter(found)) { \
                oparg = reinterpret_cast<intptr_t>(found); \
                GOTO(elsewhere); \
            } \
        } else if (is_special_setattro(setattro)) { \
            GOTO(elsewhere); \
        } \
    } while (0)

OP(STORE_ATTR) {
    SAVE_IP();
    PyObject* owner = sp[-1];
    PyObject* value = sp[-2];
    WRITE_ELSEWHERE_IF_IN_PYTHON(owner, store_property);
    const int failed = PyObject_SetAttr(owner, name(frame, oparg), value);
    sp -= 2;
    Py_DECREF(value);
    Py_DECREF(owner);
    if (failed != 0)
        GOTO(raise);
    SKIP_CACHE(STORE_ATTR);
    NEXT();
}

/// The commonest case: a property whose setter is a function with two parameters.
HANDLER(store_property) {
    PyObject* owner = sp[-1];
    PyObject* value = sp[-2];
    if (Py_TYPE(owner)->tp_setattro != PyObject_GenericSetAttr)
        GOTO(store_attr_in_python);
    auto* property = reinterpret_cast<Property*>(oparg);
    if (Py_TYPE(property)->tp_descr_set != property_descr_set || property->set == nullptr ||
        !is_inlinable(ts, property->set))
        GOTO(store_attr_in_python);
    Frame* callee =
        push_exact(ts, reinterpret_cast<PyFunctionObject*>(property->set), owner, value);
    if (callee == nullptr)
        GOTO(store_attr_in_python);
    // The frame has references of its own.
    (void)drop_was_last(owner);
    (void)drop_was_last(value);
    sp -= 2;
    SKIP_CACHE(STORE_ATTR);
    set_delivery(callee, Delivery::nothing);
    ENTER_CALLEE(callee);
}

HANDLER(store_attr_in_python) {
    PyObject* owner = sp[-1];
    PyObject* value = sp[-2];
    PyObject* attribute_name = awaited_name(frame);
    const Access access = find_setter(owner, attribute_name, value);
    StartedCall started;
    if (access.calls()) {
        started = access.start(ts, frame);
    } else if (PyObject_SetAttr(owner, attribute_name, value) == 0) {
        started.result = Py_NewRef(Py_None);
    }
    sp -= 2;
    Py_DECREF(value);
    Py_DECREF(owner);
    if (started.callee != nullptr || started.result != nullptr) {
        SKIP_CACHE(STORE_ATTR);
    }
    CONTINUE_CALL(started, nothing);
}

ADAPTIVE_OP(STORE_ATTR) {
    SAVE_IP();
    if (_Py_Specialize_StoreAttr(sp[-1], ip - 1, name(frame, oparg)) < 0)
        GOTO(raise);
    RUN_SPECIALIZED();
}

OP(STORE_ATTR_INSTANCE_VALUE) {
    auto* cache = cache_at<_PyAttrCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->version));
    PyDictValues* values = *_PyObject_ValuesPointer(owner);
    MISS_IF(values == nullptr);
    PyObject* old = values->values[cache->index];
    values->values[cache->index] = sp[-2];
    sp -= 2;
    const int index = cache->index;
    SKIP_CACHE(STORE_ATTR);
    if (old == nullptr) {
        _PyDictValues_AddToInsertionOrder(values, index);
        DROP_AND_NEXT(owner);
    }
    DROP_TWO_AND_NEXT(old, owner);
}

OP(STORE_ATTR_WITH_HINT) {
    auto* cache = cache_at<_PyAttrCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->version));
    PyDictObject* dict = managed_dict(owner);
    PyObject** entry = hinted_entry(dict, cache->index, name(frame, oparg));
    MISS_IF(entry == nullptr || *entry == nullptr);
    PyObject* value = sp[-2];
    PyObject* old = *entry;
    *entry = value;
    sp -= 2;
    if (!_PyObject_GC_IS_TRACKED(reinterpret_cast<PyObject*>(dict)) &&
        _PyObject_GC_MAY_BE_TRACKED(value)) {
        _PyObject_GC_TRACK(reinterpret_cast<PyObject*>(dict));
    }
    dict->ma_version_tag = ++_pydict_global_version;
    SKIP_CACHE(STORE_ATTR);
    DROP_TWO_AND_NEXT(old, owner);
}

OP(STORE_ATTR_SLOT) {
    auto* cache = cache_at<_PyAttrCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->version));
    auto** slot = reinterpret_cast<PyObject**>(reinterpret_cast<char*>(owner) + cache->index);
    PyObject* old = *slot;
    *slot = sp[-2];
    sp -= 2;
    SKIP_CACHE(STORE_ATTR);
    if (old == nullptr)
        DROP_AND_NEXT(owner);
    DROP_TWO_AND_NEXT(old, owner);
}

OP(DELETE_ATTR) {
    SAVE_IP();
    PyObject* owner = sp[-1];
    WRITE_ELSEWHERE_IF_IN_PYTHON(owner, delete_attr_in_python);
    sp--;
    const int failed = PyObject_SetAttr(owner, name(frame, oparg), nullptr);
    Py_DECREF(owner);
    if (failed != 0)
        GOTO(raise);
    NEXT();
}

HANDLER(delete_attr_in_python) {
    PyObject* owner = sp[-1];
    PyObject* attribute_name = awaited_name(frame);
    const Access access = find_setter(owner, attribute_name, nullptr);
    StartedCall started;
    if (access.calls()) {
        started = access.start(ts, frame);
    } else if (PyObject_SetAttr(owner, attribute_name, nullptr) == 0) {
        started.result = Py_NewRef(Py_None);
    }
    sp--;
    Py_DECREF(owner);
    CONTINUE_CALL(started, nothing);
}

// In hidden functions: a local variable holds the name.

namespace {

/// Whether the variable holds one. A frame out of a pickle may have anything there.
inline bool check_name(PyThreadState* ts, PyObject* variable) {
    if (variable != nullptr && PyUnicode_Check(variable)) [[likely]]
        return true;
    _PyErr_SetString(ts, PyExc_TypeError, "attribute name must be string");
    return false;
}

}  // namespace

#define CHECK_NAME() \
    if (!check_name(ts, frame->localsplus[oparg])) [[unlikely]] \
    GOTO(raise)

OP(LOAD_NAMED_ATTR) {
    SAVE_IP();
    CHECK_NAME();
    GOTO(load_attr_in_python);
}

OP(STORE_NAMED_ATTR) {
    SAVE_IP();
    CHECK_NAME();
    GOTO(store_attr_in_python);
}

OP(DELETE_NAMED_ATTR) {
    SAVE_IP();
    CHECK_NAME();
    GOTO(delete_attr_in_python);
}

// LOAD_METHOD leaves the unbound method and its object for the call, or null and any other
// callable.

OP(LOAD_METHOD) {
    SAVE_IP();
    PyObject* owner = sp[-1];
    const getattrofunc getattro = Py_TYPE(owner)->tp_getattro;
    if (getattro == type_getattro)
        GOTO(load_method_of_class);
    if (getattro != PyObject_GenericGetAttr) {
        if (is_special_getattro(getattro))
            GOTO(load_method_in_python);
        GOTO(load_method_by_c);
    }
    PyObject* found = type_lookup(Py_TYPE(owner), name(frame, oparg));
    if (found != nullptr && is_python_getter(found))
        GOTO(load_method_in_python);
    GOTO(load_method_by_c);
}

/// What a classmethod or staticmethod holds; null before its __init__ has run.
static inline PyObject* held_callable(PyObject* method) {
    return reinterpret_cast<MethodHolder*>(method)->callable;
}

// Methods of classes are called without a bound method, as those of instances are: they take half the time.
HANDLER(load_method_of_class) {
    PyObject* owner = sp[-1];
    PyObject* found =
        cached_class_entry(reinterpret_cast<PyTypeObject*>(owner), name(frame, oparg));
    if (found == nullptr)
        GOTO(load_method_in_python);
    if (Py_IS_TYPE(found, &PyClassMethod_Type)) {
        PyObject* function = held_callable(found);
        if (function == nullptr || !PyFunction_Check(function))
            GOTO(load_method_in_python);
        sp[-1] = Py_NewRef(function);
        *sp++ = owner;
        SKIP_CACHE(LOAD_METHOD);
        NEXT();
    }
    PyObject* callable = Py_IS_TYPE(found, &PyStaticMethod_Type) ? held_callable(found)
                         : is_itself_in_class(found)             ? found
                                                                 : nullptr;
    if (callable == nullptr)
        GOTO(load_method_in_python);
    sp[-1] = nullptr;
    *sp++ = Py_NewRef(callable);
    SKIP_CACHE(LOAD_METHOD);
    DROP_AND_NEXT(owner);
}

HANDLER(load_method_by_c) {
    PyObject* owner = sp[-1];
    PyObject* method = nullptr;
    const int unbound = _PyObject_GetMethod(owner, awaited_name(frame), &method);
    if (method == nullptr)
        GOTO(raise);
    if (unbound != 0) {
        sp[-1] = method;
        *sp++ = owner;
    } else {
        sp[-1] = nullptr;
        *sp++ = method;
        Py_DECREF(owner);
    }
    SKIP_CACHE(LOAD_METHOD);
    NEXT();
}

ADAPTIVE_OP(LOAD_METHOD) {
    SAVE_IP();
    if (_Py_Specialize_LoadMethod(sp[-1], ip - 1, name(frame, oparg)) < 0)
        GOTO(raise);
    RUN_SPECIALIZED();
}

#define PUSH_METHOD_AND_NEXT(cache, owner) \
    sp[-1] = Py_NewRef(read_obj((cache)->descr)); \
    *sp++ = owner; \
    SKIP_CACHE(LOAD_METHOD); \
    NEXT()

OP(LOAD_METHOD_WITH_VALUES) {
    auto* cache = cache_at<_PyLoadMethodCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->type_version));
    MISS_IF(managed_dict(owner) != nullptr);
    auto* type = reinterpret_cast<PyHeapTypeObject*>(Py_TYPE(owner));
    MISS_IF(type->ht_cached_keys->dk_version != read_u32(cache->keys_version));
    PUSH_METHOD_AND_NEXT(cache, owner);
}

OP(LOAD_METHOD_WITH_DICT) {
    auto* cache = cache_at<_PyLoadMethodCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->type_version));
    const auto offset = static_cast<int16_t>(cache->dict_offset);
    auto* dict = *reinterpret_cast<PyDictObject**>(reinterpret_cast<char*>(owner) + offset);
    MISS_IF(dict == nullptr || dict->ma_keys->dk_version != read_u32(cache->keys_version));
    PUSH_METHOD_AND_NEXT(cache, owner);
}

OP(LOAD_METHOD_NO_DICT) {
    auto* cache = cache_at<_PyLoadMethodCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!has_version(owner, cache->type_version));
    PUSH_METHOD_AND_NEXT(cache, owner);
}

OP(LOAD_METHOD_MODULE) {
    PyObject* owner = sp[-1];
    PyObject* function = cached_module_attribute(owner, cache_at<_PyAttrCache>(ip));
    MISS_IF(function == nullptr);
    sp[-1] = nullptr;
    *sp++ = Py_NewRef(function);
    SKIP_CACHE(LOAD_METHOD);
    DROP_AND_NEXT(owner);
}

OP(LOAD_METHOD_CLASS) {
    auto* cache = cache_at<_PyLoadMethodCache>(ip);
    PyObject* owner = sp[-1];
    MISS_IF(!PyType_Check(owner));
    MISS_IF(reinterpret_cast<PyTypeObject*>(owner)->tp_version_tag !=
            read_u32(cache->type_version));
    sp[-1] = nullptr;
    *sp++ = Py_NewRef(read_obj(cache->descr));
    SKIP_CACHE(LOAD_METHOD);
    DROP_AND_NEXT(owner);
}

}  // namespace stackless::eval
