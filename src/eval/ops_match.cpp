// match statements (PEP 634).
#include "cpython/ref.hpp"
#include "eval/attributes.hpp"
#include "eval/conversions.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"
#include "eval/primitives.hpp"
#include "eval/special_methods.hpp"

namespace stackless::eval {

HANDLER(match_class_in_python);
HANDLER(match_keys_in_python);
HANDLER(ask_for_length);

namespace {

const char* class_name(PyObject* type) {
    return reinterpret_cast<PyTypeObject*>(type)->tp_name;
}

/// False with TypeError set if __match_args__ has something else than names.
bool is_attribute_name(PyObject* name) {
    if (PyUnicode_CheckExact(name))
        return true;
    PyErr_Format(PyExc_TypeError, "__match_args__ elements must be strings (got %s)",
                 Py_TYPE(name)->tp_name);
    return false;
}

/// Two patterns are for the same attribute.
void refuse_attribute(PyObject* type, PyObject* name) {
    PyErr_Format(PyExc_TypeError, "%s() got multiple sub-patterns for attribute %R",
                 class_name(type), name);
}

/// Remembers a key or the name of an attribute in a set; 0 if it was there before, -1 with an exception set.
int note_once(PyObject* seen, PyObject* key) {
    const int known = PySet_Contains(seen, key);
    return known > 0 ? 0 : known < 0 || PySet_Add(seen, key) != 0 ? -1 : 1;
}

bool note_key(PyObject* seen, PyObject* key) {
    const int noted = note_once(seen, key);
    if (noted == 0) {
        PyErr_Format(PyExc_ValueError, "mapping pattern checks duplicate key (%R)", key);
    }
    return noted > 0;
}

/// An attribute that a hidden function is about to read.
bool note_attribute(PyObject* type, PyObject* seen, PyObject* name) {
    const int noted = is_attribute_name(name) ? note_once(seen, name) : -1;
    if (noted == 0) {
        refuse_attribute(type, name);
    }
    return noted > 0;
}

/// The attributes that the positional patterns of a class pattern ask for, as a tuple; None if they match the subject
/// itself. `match_args` is the class's __match_args__, or null. Empty with an exception set.
Ref positional_names(PyObject* type, PyObject* match_args, Py_ssize_t count) {
    if (match_args != nullptr && !PyTuple_CheckExact(match_args)) {
        PyErr_Format(PyExc_TypeError, "%s.__match_args__ must be a tuple (got %s)",
                     class_name(type), Py_TYPE(match_args)->tp_name);
        return {};
    }
    // int(x), str(x) and the like: the subject itself is the one value.
    const bool matches_itself =
        match_args == nullptr &&
        PyType_HasFeature(reinterpret_cast<PyTypeObject*>(type), _Py_TPFLAGS_MATCH_SELF);
    Py_ssize_t allowed = matches_itself ? 1 : 0;
    if (match_args != nullptr) {
        allowed = PyTuple_GET_SIZE(match_args);
    }
    if (allowed < count) {
        PyErr_Format(PyExc_TypeError, "%s() accepts %zd positional sub-pattern%s (%zd given)",
                     class_name(type), allowed, allowed == 1 ? "" : "s", count);
        return {};
    }
    return matches_itself ? Ref::borrow(Py_None)
                          : Ref::steal(PyTuple_GetSlice(match_args, 0, count));
}

/// What has come of a pattern.
enum class Match : uint8_t {
    found,   // there are values
    failed,  // the subject does not match, or an exception is set
    python,  // nothing: code in Python would run
};

/// Collects the attributes that a class pattern asks for.
class ClassPattern {
public:
    ClassPattern(PyThreadState* ts, PyObject* subject, PyObject* type, PyObject* keywords)
        : ts_(ts), subject_(subject), type_(type), keywords_(keywords) {}

    Match match(Py_ssize_t positional) {
        if (!PyType_Check(type_)) {
            _PyErr_Format(ts_, PyExc_TypeError, "called match pattern must be a type");
            return Match::failed;
        }
        if (checks_in_python(type_, &_Py_ID(__instancecheck__)))
            return Match::python;
        if (PyObject_IsInstance(subject_, type_) <= 0)
            return Match::failed;
        values_ = Ref::steal(PyTuple_New(positional + PyTuple_GET_SIZE(keywords_)));
        if (!values_)
            return Match::failed;
        Match outcome = positional == 0 ? Match::found : find_names(positional);
        while (outcome == Match::found && asked_ < named_ + PyTuple_GET_SIZE(keywords_)) {
            outcome = add_attribute(name_at(asked_));
        }
        return outcome;
    }

    /// The attributes as a tuple, after a match.
    PyObject* release_values() { return values_.release(); }

private:
    Match find_names(Py_ssize_t count) {
        const Ref attribute = Ref::steal(PyUnicode_InternFromString("__match_args__"));
        if (!attribute)
            return Match::failed;
        if (!PyType_CheckExact(type_) && may_call_getter(type_, attribute.get()))
            return Match::python;
        PyObject* found = nullptr;
        if (_PyObject_LookupAttr(type_, attribute.get(), &found) < 0)
            return Match::failed;
        const Ref match_args = Ref::steal(found);
        names_ = positional_names(type_, found, count);
        if (!names_)
            return Match::failed;
        if (names_.get() == Py_None) {
            add(Py_NewRef(subject_));
        } else {
            named_ = count;
        }
        return Match::found;
    }

    PyObject* name_at(Py_ssize_t index) const {
        return index < named_ ? PyTuple_GET_ITEM(names_.get(), index)
                              : PyTuple_GET_ITEM(keywords_, index - named_);
    }

    /// There are few: comparing them takes less time than a set of them.
    bool was_asked_for(PyObject* name) const {
        for (Py_ssize_t i = 0; i < asked_; i++) {
            if (_PyUnicode_EQ(name_at(i), name) != 0)
                return true;
        }
        return false;
    }

    Match add_attribute(PyObject* name) {
        if (!is_attribute_name(name))
            return Match::failed;
        if (was_asked_for(name)) {
            refuse_attribute(type_, name);
            return Match::failed;
        }
        asked_++;
        if (may_call_getter(subject_, name))
            return Match::python;
        // A subject without the attribute does not match.
        PyObject* value;
        if (_PyObject_LookupAttr(subject_, name, &value) <= 0)
            return Match::failed;
        add(value);
        return Match::found;
    }

    void add(PyObject* value) { PyTuple_SET_ITEM(values_.get(), added_++, value); }

    PyThreadState* ts_;
    PyObject* subject_;
    PyObject* type_;
    PyObject* keywords_;
    Ref names_;             // of the positional patterns
    Py_ssize_t named_ = 0;  // how many of those are attributes
    Py_ssize_t asked_ = 0;
    Ref values_;
    Py_ssize_t added_ = 0;
};

/// Matches the class pattern on the stack, `subject class keywords`. The result is a tuple, or None; null with an
/// exception set, or if code in Python would run.
Match match_class(PyThreadState* ts, PyObject** sp, Py_ssize_t positional, PyObject** result) {
    ClassPattern pattern(ts, sp[-3], sp[-2], sp[-1]);
    const Match match = pattern.match(positional);
    *result = nullptr;
    if (match == Match::found) {
        *result = pattern.release_values();
    } else if (match == Match::failed && !_PyErr_Occurred(ts)) {
        *result = Py_NewRef(Py_None);
    }
    return match;
}

/// Whether a mapping's get() is no method of a builtin type.
bool has_python_get(PyObject* map) {
    if (!is_of_heap_type(map))
        return false;
    PyObject* get = type_lookup(Py_TYPE(map), &_Py_ID(get));
    return get == nullptr || !Py_IS_TYPE(get, &PyMethodDescr_Type);
}

/// The values of a mapping's keys as a tuple, or None if one is missing; null with an exception
/// set.
Ref match_keys(PyObject* map, PyObject* keys) {
    const Py_ssize_t count = PyTuple_GET_SIZE(keys);
    if (count == 0)
        return Ref::steal(PyTuple_New(0));
    // get() rather than [key]: a defaultdict must not make entries up.
    PyObject* found = nullptr;
    const int unbound = _PyObject_GetMethod(map, &_Py_ID(get), &found);
    const Ref get = Ref::steal(found);
    const Ref absent = Ref::steal(
        get ? _PyObject_CallNoArgs(reinterpret_cast<PyObject*>(&PyBaseObject_Type)) : nullptr);
    Ref values = Ref::steal(absent ? PyTuple_New(count) : nullptr);
    const Ref seen = Ref::steal(values ? PySet_New(nullptr) : nullptr);
    if (!seen)
        return {};
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject* key = PyTuple_GET_ITEM(keys, i);
        if (!note_key(seen.get(), key))
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

}  // namespace

// On the stack are the subject, the class and the names of keyword patterns, which the values replace, or None.
OP(MATCH_CLASS) {
    SAVE_IP();
    PyObject* result;
    if (match_class(ts, sp, oparg, &result) == Match::python)
        GOTO(match_class_in_python);
    for (int i = 0; i < 3; i++) {
        Py_DECREF(*--sp);
    }
    if (result == nullptr)
        GOTO(raise);
    *sp++ = result;
    NEXT();
}

HANDLER(match_class_in_python) {
    PyObject* positional = PyLong_FromSsize_t(oparg);
    if (positional == nullptr)
        GOTO(raise);
    const StartedCall started =
        start_hidden(ts, frame, Hidden::match_class, sp[-3], sp[-2], positional, sp[-1]);
    Py_DECREF(positional);
    for (int i = 0; i < 3; i++) {
        Py_DECREF(*--sp);
    }
    CONTINUE_CALL(started, value);
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
    if (has_python_get(sp[-2]) && PyTuple_GET_SIZE(sp[-1]) != 0)
        GOTO(match_keys_in_python);
    PyObject* values = match_keys(sp[-2], sp[-1]).release();
    if (values == nullptr)
        GOTO(raise);
    *sp++ = values;
    NEXT();
}

HANDLER(match_keys_in_python) {
    CONTINUE_CALL(start_hidden(ts, frame, Hidden::match_keys, sp[-2], sp[-1]), value);
}

OP(GET_LEN) {
    SAVE_IP();
    if (find_conversion(Target::length, sp[-1]))
        GOTO(ask_for_length);
    const Py_ssize_t length = PyObject_Length(sp[-1]);
    PyObject* result = length < 0 ? nullptr : PyLong_FromSsize_t(length);
    if (result == nullptr)
        GOTO(raise);
    *sp++ = result;
    NEXT();
}

// The subject is pushed once more, for the length to take its place.
HANDLER(ask_for_length) {
    PyObject* subject = sp[-1];
    const StartedCall started = start_conversion(ts, frame, subject, &_Py_ID(__len__));
    *sp++ = Py_NewRef(subject);
    CONTINUE_CALL(started, as_length);
}

/// For the hidden functions of src/hidden/matching.py.
static PyObject* note_attribute_of_pattern(PyObject*, PyObject* const* args, Py_ssize_t) {
    return check_argument(PyType_Check(args[0]), args[0], "a class") &&
                   check_argument(PySet_CheckExact(args[1]), args[1], "a set") &&
                   note_attribute(args[0], args[1], args[2])
               ? Py_NewRef(Py_None)
               : nullptr;
}

static PyObject* note_key_of_pattern(PyObject*, PyObject* const* args, Py_ssize_t) {
    return check_argument(PySet_CheckExact(args[0]), args[0], "a set") && note_key(args[0], args[1])
               ? Py_NewRef(Py_None)
               : nullptr;
}

static PyObject* positional_names_of_pattern(PyObject*, PyObject* const* args, Py_ssize_t) {
    const Py_ssize_t count = PyLong_CheckExact(args[2]) ? PyLong_AsSsize_t(args[2]) : -1;
    PyObject* missing = hidden_missing(PyThreadState_Get());
    if (missing == nullptr || !check_argument(PyType_Check(args[0]), args[0], "a class") ||
        !check_argument(count > 0, args[2], "a number of patterns"))
        return nullptr;
    return positional_names(args[0], args[1] == missing ? nullptr : args[1], count).release();
}

PyMethodDef match_primitives[] = {
    {"note_attribute", counted<note_attribute_of_pattern, 3>(), METH_FASTCALL, nullptr},
    {"note_key", counted<note_key_of_pattern, 2>(), METH_FASTCALL, nullptr},
    {"positional_names", counted<positional_names_of_pattern, 3>(), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless::eval
