// match statements (PEP 634).
#include "cpython/ref.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

namespace {

/// Remembers a key or an attribute name; false with `type` raised when it came before.
bool note_once(PyThreadState* ts, Ref* seen, PyObject* key, PyObject* type, const char* format,
               const char* subject) {
    if (!*seen) {
        *seen = Ref::steal(PySet_New(nullptr));
        if (!*seen)
            return false;
    }
    const int known = PySet_Contains(seen->get(), key);
    if (known > 0) {
        if (subject != nullptr) {
            _PyErr_Format(ts, type, format, subject, key);
        } else {
            _PyErr_Format(ts, type, format, key);
        }
    }
    return known == 0 && PySet_Add(seen->get(), key) == 0;
}

/// The values of a mapping's keys as a tuple, or None if one is missing; null with an exception
/// set.
Ref match_keys(PyThreadState* ts, PyObject* map, PyObject* keys) {
    const Py_ssize_t count = PyTuple_GET_SIZE(keys);
    if (count == 0)
        return Ref::steal(PyTuple_New(0));
    // get() rather than [key]: a defaultdict must not make entries up.
    PyObject* found = nullptr;
    const int unbound = _PyObject_GetMethod(map, &_Py_ID(get), &found);
    Ref get = Ref::steal(found);
    Ref absent = Ref::steal(
        get ? _PyObject_CallNoArgs(reinterpret_cast<PyObject*>(&PyBaseObject_Type)) : nullptr);
    Ref values = Ref::steal(absent ? PyTuple_New(count) : nullptr);
    if (!values)
        return {};
    Ref seen;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject* key = PyTuple_GET_ITEM(keys, i);
        if (!note_once(ts, &seen, key, PyExc_ValueError,
                       "mapping pattern checks duplicate key (%R)", nullptr))
            return {};
        PyObject* args[] = {map, key, absent.get()};
        PyObject** first = unbound != 0 ? args : args + 1;
        Ref value = Ref::steal(
            PyObject_Vectorcall(get.get(), first, static_cast<size_t>(args + 3 - first), nullptr));
        if (!value)
            return {};
        if (value.get() == absent.get())
            return Ref::borrow(Py_None);
        PyTuple_SET_ITEM(values.get(), i, value.release());
    }
    return values;
}

/// Collects the attributes that a class pattern asks for.
class ClassPattern {
public:
    ClassPattern(PyThreadState* ts, PyObject* subject, PyObject* type)
        : ts_(ts), subject_(subject), type_(type) {}

    /// The attributes as a tuple; null with or without an exception set if the pattern does not
    /// match.
    Ref match(Py_ssize_t positional, PyObject* keywords) {
        if (!PyType_Check(type_)) {
            _PyErr_Format(ts_, PyExc_TypeError, "called match pattern must be a type");
            return {};
        }
        if (PyObject_IsInstance(subject_, type_) <= 0)
            return {};
        attributes_ = Ref::steal(PyList_New(0));
        if (!attributes_ || (positional != 0 && !add_positional(positional)))
            return {};
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keywords); i++) {
            if (!add_attribute(PyTuple_GET_ITEM(keywords, i)))
                return {};
        }
        return Ref::steal(PyList_AsTuple(attributes_.get()));
    }

private:
    const char* class_name() const { return reinterpret_cast<PyTypeObject*>(type_)->tp_name; }

    bool add_positional(Py_ssize_t count) {
        Ref attribute = Ref::steal(PyUnicode_InternFromString("__match_args__"));
        PyObject* found = nullptr;
        if (!attribute || _PyObject_LookupAttr(type_, attribute.get(), &found) < 0)
            return false;
        Ref names = Ref::steal(found);
        bool matches_itself = false;
        if (!names) {
            names = Ref::steal(PyTuple_New(0));
            // int(x), str(x) and the like: the subject itself is the one value.
            matches_itself =
                PyType_HasFeature(reinterpret_cast<PyTypeObject*>(type_), _Py_TPFLAGS_MATCH_SELF);
        } else if (!PyTuple_CheckExact(names.get())) {
            _PyErr_Format(ts_, PyExc_TypeError, "%s.__match_args__ must be a tuple (got %s)",
                          class_name(), Py_TYPE(names.get())->tp_name);
            return false;
        }
        if (!names)
            return false;
        const Py_ssize_t allowed = matches_itself ? 1 : PyTuple_GET_SIZE(names.get());
        if (allowed < count) {
            _PyErr_Format(ts_, PyExc_TypeError,
                          "%s() accepts %zd positional sub-pattern%s (%zd given)", class_name(),
                          allowed, allowed == 1 ? "" : "s", count);
            return false;
        }
        if (matches_itself)
            return PyList_Append(attributes_.get(), subject_) == 0;
        for (Py_ssize_t i = 0; i < count; i++) {
            PyObject* name = PyTuple_GET_ITEM(names.get(), i);
            if (!PyUnicode_CheckExact(name)) {
                _PyErr_Format(ts_, PyExc_TypeError,
                              "__match_args__ elements must be strings (got %s)",
                              Py_TYPE(name)->tp_name);
                return false;
            }
            if (!add_attribute(name))
                return false;
        }
        return true;
    }

    bool add_attribute(PyObject* name) {
        if (!note_once(ts_, &seen_, name, PyExc_TypeError,
                       "%s() got multiple sub-patterns for attribute %R", class_name()))
            return false;
        Ref value = Ref::steal(PyObject_GetAttr(subject_, name));
        if (!value) {
            // A subject without the attribute does not match.
            if (_PyErr_ExceptionMatches(ts_, PyExc_AttributeError)) {
                _PyErr_Clear(ts_);
            }
            return false;
        }
        return PyList_Append(attributes_.get(), value.get()) == 0;
    }

    PyThreadState* ts_;
    PyObject* subject_;
    PyObject* type_;
    Ref attributes_;
    Ref seen_;
};

/// Matches the class pattern on the stack, `subject class keywords`, which the result replaces.
bool match_class(PyThreadState* ts, PyObject** sp, int positional) {
    Ref keywords = Ref::steal(sp[-1]);
    Ref type = Ref::steal(sp[-2]);
    Ref subject = Ref::steal(sp[-3]);
    sp[-3] = nullptr;
    Ref attributes = ClassPattern(ts, subject.get(), type.get()).match(positional, keywords.get());
    if (!attributes && _PyErr_Occurred(ts))
        return false;
    sp[-3] = attributes ? attributes.release() : Py_NewRef(Py_None);
    return true;
}

}  // namespace

OP(MATCH_CLASS) {
    SAVE_IP();
    const bool done = match_class(ts, sp, oparg);
    sp -= 2;
    if (!done)
        GOTO(raise);
    NEXT();
}

OP(MATCH_MAPPING) {
    *sp = new_bool(PyType_HasFeature(Py_TYPE(sp[-1]), Py_TPFLAGS_MAPPING) != 0);
    sp++;
    NEXT();
}

OP(MATCH_SEQUENCE) {
    *sp = new_bool(PyType_HasFeature(Py_TYPE(sp[-1]), Py_TPFLAGS_SEQUENCE) != 0);
    sp++;
    NEXT();
}

OP(MATCH_KEYS) {
    SAVE_IP();
    PyObject* values = match_keys(ts, sp[-2], sp[-1]).release();
    if (values == nullptr)
        GOTO(raise);
    *sp++ = values;
    NEXT();
}

OP(GET_LEN) {
    SAVE_IP();
    const Py_ssize_t length = PyObject_Length(sp[-1]);
    PyObject* result = length < 0 ? nullptr : PyLong_FromSsize_t(length);
    if (result == nullptr)
        GOTO(raise);
    *sp++ = result;
    NEXT();
}

}  // namespace stackless::eval
