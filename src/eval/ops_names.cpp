// Names looked up in dictionaries: globals, builtins, and the namespaces of modules and classes.
#include <initializer_list>

#include "eval/errors.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"
#include "eval/special_methods.hpp"

namespace stackless::eval {

HANDLER(load_name_in_python);
HANDLER(load_global_in_python);
HANDLER(load_class_variable_in_python);
HANDLER(store_name_in_mapping);
HANDLER(delete_name_in_python);
HANDLER(set_up_annotations_in_python);

namespace {

/// Whether looking a name up in a namespace that is no plain dict runs code in Python. Subclasses of dict look up as
/// dicts do, if nothing else is said.
bool looks_up_in_python(PyObject* space) {
    PyTypeObject* type = Py_TYPE(space);
    if (PyDict_Check(space) && type_lookup(type, &_Py_ID(__missing__)) != nullptr)
        return true;
    const PyMappingMethods* slots = type->tp_as_mapping;
    return slots != nullptr && slots->mp_subscript == slot_mp_subscript &&
           !(PyDict_Check(space) && type_lookup(type, &_Py_ID(__getitem__)) ==
                                        type_lookup(&PyDict_Type, &_Py_ID(__getitem__)));
}

inline bool may_look_up_in_python(PyObject* space) {
    return !PyDict_CheckExact(space) && looks_up_in_python(space);
}

inline bool loads_names_in_python(const Frame* frame) {
    return frame->f_locals != nullptr &&
           (may_look_up_in_python(frame->f_locals) || may_look_up_in_python(frame->f_builtins));
}

/// The special method in Python that a namespace has for setting or deleting names, or null. Borrowed.
PyObject* python_setter(PyObject* space, PyObject* method_name) {
    return is_of_heap_type(space) &&
                   Py_TYPE(space)->tp_as_mapping->mp_ass_subscript == slot_mp_ass_subscript
               ? type_lookup(Py_TYPE(space), method_name)
               : nullptr;
}

/// A global or builtin, as a new reference; null with NameError (or what a lookup raised) set.
PyObject* load_global(PyThreadState* ts, Frame* frame, PyObject* name) {
    PyObject* globals = frame->f_globals;
    PyObject* builtins = frame->f_builtins;
    if (PyDict_CheckExact(globals) && PyDict_CheckExact(builtins)) {
        PyObject* value = _PyDict_LoadGlobal(reinterpret_cast<PyDictObject*>(globals),
                                             reinterpret_cast<PyDictObject*>(builtins), name);
        if (value == nullptr && !_PyErr_Occurred(ts)) {
            set_name_error(ts, name);
        }
        Py_XINCREF(value);
        return value;
    }
    // Slow path: exec() with a subclass of dict, or other mappings as builtins.
    PyObject* value = nullptr;
    for (PyObject* space : {globals, builtins}) {
        value = PyObject_GetItem(space, name);
        if (value != nullptr || !_PyErr_ExceptionMatches(ts, PyExc_KeyError))
            return value;
        _PyErr_Clear(ts);
    }
    set_name_error(ts, name);
    return nullptr;
}

/// A name of a module or class body: locals first, then globals and builtins.
PyObject* load_name(PyThreadState* ts, Frame* frame, PyObject* name) {
    PyObject* locals = frame->f_locals;
    if (locals == nullptr) {
        _PyErr_Format(ts, PyExc_SystemError, "no locals when loading %R", name);
        return nullptr;
    }
    PyObject* value = nullptr;
    if (!lookup_in_namespace(ts, locals, name, &value))
        return nullptr;
    if (value != nullptr)
        return value;
    value = PyDict_GetItemWithError(frame->f_globals, name);
    if (value != nullptr)
        return Py_NewRef(value);
    if (_PyErr_Occurred(ts))
        return nullptr;
    if (!lookup_in_namespace(ts, frame->f_builtins, name, &value))
        return nullptr;
    if (value == nullptr) {
        set_name_error(ts, name);
    }
    return value;
}

bool has_no_namespace(PyThreadState* ts, Frame* frame, const char* format, PyObject* name) {
    if (frame->f_locals != nullptr)
        return false;
    _PyErr_Format(ts, PyExc_SystemError, format, name);
    return true;
}

}  // namespace

OP(LOAD_NAME) {
    SAVE_IP();
    if (loads_names_in_python(frame)) [[unlikely]]
        GOTO(load_name_in_python);
    PyObject* value = load_name(ts, frame, name(frame, oparg));
    if (value == nullptr)
        GOTO(raise);
    *sp++ = value;
    NEXT();
}

HANDLER(load_name_in_python) {
    CONTINUE_CALL(start_hidden(ts, frame, Hidden::load_name, name(frame, oparg), frame->f_locals,
                               frame->f_globals, frame->f_builtins),
                  value);
}

OP(STORE_NAME) {
    SAVE_IP();
    PyObject* locals = frame->f_locals;
    if (locals == nullptr || !PyDict_CheckExact(locals)) [[unlikely]]
        GOTO(store_name_in_mapping);
    PyObject* value = *--sp;
    const int failed = PyDict_SetItem(locals, name(frame, oparg), value);
    Py_DECREF(value);
    if (failed != 0)
        GOTO(raise);
    NEXT();
}

HANDLER(store_name_in_mapping) {
    PyObject* locals = frame->f_locals;
    PyObject* key = name(frame, oparg);
    if (has_no_namespace(ts, frame, "no locals found when storing %R", key))
        GOTO(raise);
    PyObject* method = python_setter(locals, &_Py_ID(__setitem__));
    PyObject* value = *--sp;
    if (method != nullptr) {
        const StartedCall started = start_special_method(ts, frame, method, locals, key, value);
        Py_DECREF(value);
        CONTINUE_CALL(started, nothing);
    }
    const int failed = PyObject_SetItem(locals, key, value);
    Py_DECREF(value);
    if (failed != 0)
        GOTO(raise);
    NEXT();
}

OP(DELETE_NAME) {
    SAVE_IP();
    PyObject* key = name(frame, oparg);
    if (has_no_namespace(ts, frame, "no locals when deleting %R", key))
        GOTO(raise);
    if (python_setter(frame->f_locals, &_Py_ID(__delitem__)) != nullptr)
        GOTO(delete_name_in_python);
    if (PyObject_DelItem(frame->f_locals, key) != 0) {
        set_name_error(ts, key);
        GOTO(raise);
    }
    NEXT();
}

HANDLER(delete_name_in_python) {
    CONTINUE_CALL(start_hidden(ts, frame, Hidden::delete_name, name(frame, oparg), frame->f_locals),
                  nothing);
}

OP(STORE_GLOBAL) {
    SAVE_IP();
    PyObject* value = *--sp;
    const int failed = PyDict_SetItem(frame->f_globals, name(frame, oparg), value);
    Py_DECREF(value);
    if (failed != 0)
        GOTO(raise);
    NEXT();
}

OP(DELETE_GLOBAL) {
    SAVE_IP();
    PyObject* key = name(frame, oparg);
    if (PyDict_DelItem(frame->f_globals, key) != 0) {
        if (_PyErr_ExceptionMatches(ts, PyExc_KeyError)) {
            set_name_error(ts, key);
        }
        GOTO(raise);
    }
    NEXT();
}

OP(LOAD_GLOBAL) {
    SAVE_IP();
    if (may_look_up_in_python(frame->f_globals) || may_look_up_in_python(frame->f_builtins))
        [[unlikely]]
        GOTO(load_global_in_python);
    if ((oparg & 1) != 0) {
        *sp++ = nullptr;
    }
    PyObject* value = load_global(ts, frame, name(frame, oparg >> 1));
    if (value == nullptr)
        GOTO(raise);
    *sp++ = value;
    SKIP_CACHE(LOAD_GLOBAL);
    NEXT();
}

HANDLER(load_global_in_python) {
    CONTINUE_CALL(start_hidden(ts, frame, Hidden::load_global, name(frame, oparg >> 1),
                               frame->f_globals, frame->f_builtins),
                  global);
}

HANDLER(deliver_global) {
    if ((_Py_OPARG(*frame->prev_instr) & 1) != 0) {
        *sp++ = nullptr;
    }
    *sp++ = DELIVERED();
    SKIP_CACHE(LOAD_GLOBAL);
    NEXT();
}

ADAPTIVE_OP(LOAD_GLOBAL) {
    SAVE_IP();
    if (_Py_Specialize_LoadGlobal(frame->f_globals, frame->f_builtins, ip - 1,
                                  name(frame, oparg >> 1)) < 0)
        GOTO(raise);
    RUN_SPECIALIZED();
}

OP(LOAD_GLOBAL_MODULE) {
    auto* cache = cache_at<_PyLoadGlobalCache>(ip);
    auto* globals = reinterpret_cast<PyDictObject*>(frame->f_globals);
    MISS_IF(!PyDict_CheckExact(globals));
    MISS_IF(globals->ma_keys->dk_version != read_u32(cache->module_keys_version));
    PyObject* value = DK_UNICODE_ENTRIES(globals->ma_keys)[cache->index].me_value;
    MISS_IF(value == nullptr);
    sp[0] = nullptr;
    sp += oparg & 1;
    *sp++ = Py_NewRef(value);
    SKIP_CACHE(LOAD_GLOBAL);
    NEXT();
}

OP(LOAD_GLOBAL_BUILTIN) {
    auto* cache = cache_at<_PyLoadGlobalCache>(ip);
    auto* globals = reinterpret_cast<PyDictObject*>(frame->f_globals);
    auto* builtins = reinterpret_cast<PyDictObject*>(frame->f_builtins);
    MISS_IF(!PyDict_CheckExact(globals) || !PyDict_CheckExact(builtins));
    MISS_IF(globals->ma_keys->dk_version != read_u32(cache->module_keys_version));
    MISS_IF(builtins->ma_keys->dk_version != cache->builtin_keys_version);
    PyObject* value = DK_UNICODE_ENTRIES(builtins->ma_keys)[cache->index].me_value;
    MISS_IF(value == nullptr);
    sp[0] = nullptr;
    sp += oparg & 1;
    *sp++ = Py_NewRef(value);
    SKIP_CACHE(LOAD_GLOBAL);
    NEXT();
}

OP(LOAD_BUILD_CLASS) {
    SAVE_IP();
    PyObject* function = nullptr;
    if (!lookup_in_namespace(ts, frame->f_builtins, &_Py_ID(__build_class__), &function))
        GOTO(raise);
    if (function == nullptr) {
        _PyErr_SetString(ts, PyExc_NameError, "__build_class__ not found");
        GOTO(raise);
    }
    *sp++ = function;
    NEXT();
}

OP(LOAD_ASSERTION_ERROR) {
    *sp++ = Py_NewRef(PyExc_AssertionError);
    NEXT();
}

OP(SETUP_ANNOTATIONS) {
    SAVE_IP();
    if (frame->f_locals == nullptr) {
        _PyErr_Format(ts, PyExc_SystemError, "no locals found when setting up annotations");
        GOTO(raise);
    }
    if (!PyDict_CheckExact(frame->f_locals))
        GOTO(set_up_annotations_in_python);
    PyObject* annotations = nullptr;
    if (!lookup_in_namespace(ts, frame->f_locals, &_Py_ID(__annotations__), &annotations))
        GOTO(raise);
    if (annotations == nullptr) {
        annotations = PyDict_New();
        if (annotations == nullptr ||
            PyDict_SetItem(frame->f_locals, &_Py_ID(__annotations__), annotations) != 0) {
            Py_XDECREF(annotations);
            GOTO(raise);
        }
    }
    Py_DECREF(annotations);
    NEXT();
}

HANDLER(set_up_annotations_in_python) {
    CONTINUE_CALL(start_hidden(ts, frame, Hidden::set_up_annotations, frame->f_locals), nothing);
}

OP(LOAD_CLASSDEREF) {
    // In a class body, a name of the enclosing function may be shadowed by the class's own.
    SAVE_IP();
    if (may_look_up_in_python(frame->f_locals))
        GOTO(load_class_variable_in_python);
    PyObject* value = nullptr;
    PyObject* name = PyTuple_GET_ITEM(frame->f_code->co_localsplusnames, oparg);
    if (!lookup_in_namespace(ts, frame->f_locals, name, &value))
        GOTO(raise);
    if (value == nullptr) {
        value = PyCell_GET(frame->localsplus[oparg]);
        if (value == nullptr) {
            set_unbound_cell_error(ts, frame->f_code, static_cast<int>(oparg));
            GOTO(raise);
        }
        Py_INCREF(value);
    }
    *sp++ = value;
    NEXT();
}

HANDLER(load_class_variable_in_python) {
    PyObject* name = PyTuple_GET_ITEM(frame->f_code->co_localsplusnames, oparg);
    CONTINUE_CALL(start_hidden(ts, frame, Hidden::load_class_variable, name, frame->f_locals,
                               frame->localsplus[oparg]),
                  value);
}

}  // namespace stackless::eval
