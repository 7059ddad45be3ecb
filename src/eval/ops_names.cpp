// Names looked up in dictionaries: globals, builtins, and the namespaces of modules and classes.
#include <initializer_list>

#include "eval/errors.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

namespace {

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

int set_in_namespace(PyObject* space, PyObject* name, PyObject* value) {
    return PyDict_CheckExact(space) ? PyDict_SetItem(space, name, value)
                                    : PyObject_SetItem(space, name, value);
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
    PyObject* value = load_name(ts, frame, name(frame, oparg));
    if (value == nullptr)
        GOTO(raise);
    *sp++ = value;
    NEXT();
}

OP(STORE_NAME) {
    SAVE_IP();
    PyObject* value = *--sp;
    int failed = -1;
    if (!has_no_namespace(ts, frame, "no locals found when storing %R", name(frame, oparg))) {
        failed = set_in_namespace(frame->f_locals, name(frame, oparg), value);
    }
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
    if (PyObject_DelItem(frame->f_locals, key) != 0) {
        if (_PyErr_ExceptionMatches(ts, PyExc_KeyError)) {
            set_name_error(ts, key);
        }
        GOTO(raise);
    }
    NEXT();
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

OP(LOAD_GLOBAL_ADAPTIVE) {
    RUN_GENERAL_UNLESS_DUE(LOAD_GLOBAL);
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
    PyObject* annotations = nullptr;
    if (!lookup_in_namespace(ts, frame->f_locals, &_Py_ID(__annotations__), &annotations))
        GOTO(raise);
    if (annotations == nullptr) {
        annotations = PyDict_New();
        if (annotations == nullptr ||
            set_in_namespace(frame->f_locals, &_Py_ID(__annotations__), annotations) != 0) {
            Py_XDECREF(annotations);
            GOTO(raise);
        }
    }
    Py_DECREF(annotations);
    NEXT();
}

}  // namespace stackless::eval
