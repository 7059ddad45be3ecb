// Exceptions.
//
// In a computation they keep their traceback, cause and context, and need no __init__() that takes their `args`. A
// chain of exceptions may be long: the first of it that the pickler meets writes the links of all others.
#include <algorithm>

#include "pickle/errors.hpp"
#include "pickle/values.hpp"

namespace stackless::pickle {

namespace {

PyBaseExceptionObject* as_exception(PyObject* object) {
    return reinterpret_cast<PyBaseExceptionObject*>(object);
}

bool is_builtin(const PyTypeObject* type) {
    return !PyType_HasFeature(const_cast<PyTypeObject*>(type), Py_TPFLAGS_HEAPTYPE);
}

/// The nearest base class that C has.
PyTypeObject* builtin_base(PyTypeObject* type) {
    while (!is_builtin(type)) {
        type = type->tp_base;
    }
    return type;
}

/// Whether a class has a method from a builtin class.
bool has_builtin_method(PyTypeObject* type, PyObject* name) {
    PyObject* method = _PyType_Lookup(type, name);
    return method != nullptr && Py_IS_TYPE(method, &PyMethodDescr_Type) &&
           is_builtin(reinterpret_cast<PyDescrObject*>(method)->d_type);
}

/// Whether a class says itself how its instances are pickled. Negative with an exception set.
int has_own_way(PyTypeObject* type, const Pickling& pickling) {
    if (!has_builtin_method(type, &_Py_ID(__reduce__)) ||
        !has_builtin_method(type, &_Py_ID(__reduce_ex__)) ||
        !has_builtin_method(type, &_Py_ID(__setstate__)))
        return 1;
    return is_dispatched(type, pickling);
}

// What builtin classes have in their structures, beside of args and what all exceptions have.

bool is_carried(const PyMemberDef& member) {
    return (member.flags & READONLY) == 0 && (member.type == T_OBJECT || member.type == T_PYSSIZET);
}

/// Calls `visit(member)` until it is false, which is then returned.
template <class Visit>
bool visit_members(PyTypeObject* type, Visit visit) {
    auto* base = reinterpret_cast<PyTypeObject*>(PyExc_BaseException);
    for (type = builtin_base(type); type != base; type = type->tp_base) {
        // Subclasses may share the table.
        if (type->tp_members == nullptr || type->tp_members == type->tp_base->tp_members)
            continue;
        for (PyMemberDef* member = type->tp_members; member->name != nullptr; ++member) {
            if (is_carried(*member) && !visit(member))
                return false;
        }
    }
    return true;
}

bool is_null(PyObject* object, const PyMemberDef* member) {
    return member->type == T_OBJECT &&
           *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + member->offset) ==
               nullptr;
}

/// A dict of the members that have a value, or None if there are none. Empty with an exception set.
Ref members_of(PyObject* object) {
    Ref members;
    const bool is_done = visit_members(Py_TYPE(object), [&](PyMemberDef* member) {
        if (is_null(object, member))
            return true;
        if (!members) {
            members = Ref::steal(PyDict_New());
        }
        const Ref value = Ref::steal(PyMember_GetOne(reinterpret_cast<char*>(object), member));
        return members && value &&
               PyDict_SetItemString(members.get(), member->name, value.get()) == 0;
    });
    if (!is_done)
        return {};
    return members ? members : Ref::borrow(Py_None);
}

/// False with an exception set.
bool set_member(PyObject* exception, PyObject* name, PyObject* value) {
    PyMemberDef* found = nullptr;
    visit_members(Py_TYPE(exception), [&](PyMemberDef* member) {
        if (PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, member->name) == 0) {
            found = member;
        }
        return found == nullptr;
    });
    if (found == nullptr) {
        unpickling_error("%s has no %R", Py_TYPE(exception)->tp_name, name);
        return false;
    }
    return PyMember_SetOne(reinterpret_cast<char*>(exception), found, value) == 0;
}

// Links: what an exception refers to.

bool has_links(PyObject* exception) {
    const auto* self = as_exception(exception);
    return self->traceback != nullptr || self->cause != nullptr || self->context != nullptr ||
           self->suppress_context;
}

/// (traceback, cause, context, suppresses context)
Ref links_of(PyObject* exception) {
    const auto* self = as_exception(exception);
    return Ref::steal(PyTuple_Pack(4, or_none(self->traceback), or_none(self->cause),
                                   or_none(self->context),
                                   self->suppress_context ? Py_True : Py_False));
}

/// Those of an exception and of all that it leads to, unless they are written already.
///
/// What is written is in Pickling::linked_exceptions: (exception,), and for the one with whose state they are written
/// also the two lists. If its args lead back to it, the pickler asks for it once more, and keeps one of the two answers.
class Chain {
public:
    /// False with an exception set.
    bool collect(PyObject* first, Pickling& pickling) {
        if (!find_known(first, pickling))
            return false;
        if (exceptions_)
            return true;
        exceptions_ = Ref::steal(PyList_New(0));
        links_ = Ref::steal(PyList_New(0));
        if (!exceptions_ || !links_)
            return false;
        const Ref owner = Ref::steal(PyTuple_Pack(3, first, exceptions_.get(), links_.get()));
        if (!owner || !add(first, owner.get(), pickling))
            return false;
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(exceptions_.get()); ++i) {
            const auto* exception = as_exception(PyList_GET_ITEM(exceptions_.get(), i));
            if (!add(exception->cause, nullptr, pickling) ||
                !add(exception->context, nullptr, pickling))
                return false;
        }
        return true;
    }

    bool is_empty() const { return PyList_GET_SIZE(exceptions_.get()) == 0; }
    PyObject* exceptions() const { return exceptions_.get(); }
    PyObject* links() const { return links_.get(); }

private:
    /// Takes what has been collected before for the same exception. False with an exception set.
    bool find_known(PyObject* exception, Pickling& pickling) {
        if (pickling.linked_exceptions == nullptr)
            return true;
        const Ref key = Ref::steal(PyLong_FromVoidPtr(exception));
        PyObject* known =
            key ? PyDict_GetItemWithError(pickling.linked_exceptions, key.get()) : nullptr;
        if (known != nullptr && PyTuple_GET_SIZE(known) == 3) {
            exceptions_ = Ref::borrow(PyTuple_GET_ITEM(known, 1));
            links_ = Ref::borrow(PyTuple_GET_ITEM(known, 2));
        }
        return !PyErr_Occurred();
    }

    /// `entry`: what is noted about it; null: that it is written with another one.
    bool add(PyObject* exception, PyObject* entry, Pickling& pickling) {
        if (exception == nullptr || !has_links(exception))
            return true;
        if (pickling.linked_exceptions == nullptr) {
            pickling.linked_exceptions = PyDict_New();
        }
        if (pickling.linked_exceptions == nullptr)
            return false;
        const Ref key = Ref::steal(PyLong_FromVoidPtr(exception));
        const int is_known = key ? PyDict_Contains(pickling.linked_exceptions, key.get()) : -1;
        if (is_known != 0)
            return is_known > 0;
        const Ref value =
            entry == nullptr ? Ref::steal(PyTuple_Pack(1, exception)) : Ref::borrow(entry);
        const Ref links = value ? links_of(exception) : nullptr;
        return links && PyDict_SetItem(pickling.linked_exceptions, key.get(), value.get()) == 0 &&
               PyList_Append(exceptions_.get(), exception) == 0 &&
               PyList_Append(links_.get(), links.get()) == 0;
    }

    Ref exceptions_;
    Ref links_;
};

/// The state of an exception: `own` is what it had without links, or None.
PyObject* make_state(PyObject* own, const Chain& chain) {
    return chain.is_empty() ? PyTuple_Pack(1, own)
                            : PyTuple_Pack(3, own, chain.exceptions(), chain.links());
}

// The two ways

/// What stock pickle would write, with the links.
PyObject* reduce_in_own_way(PyObject* object, const Chain& chain, Pickling& pickling) {
    Ref reduced = Ref::steal(reduce_as_stock(object, pickling));
    if (!reduced || !PyTuple_Check(reduced.get()) || chain.is_empty())
        return reduced.release();
    const Py_ssize_t size = PyTuple_GET_SIZE(reduced.get());
    PyObject* items[6] = {Py_None, Py_None, Py_None, Py_None, Py_None, Py_None};
    if (size < 2 || size > 6)  // for the pickler to complain about
        return reduced.release();
    std::copy_n(&PyTuple_GET_ITEM(reduced.get(), 0), size, items);
    if (!Py_IsNone(items[5]))
        return reduced.release();
    const Ref state = Ref::steal(make_state(items[2], chain));
    PyObject* setter = state ? loader("set_exception_links") : nullptr;
    return setter == nullptr
               ? nullptr
               : PyTuple_Pack(6, items[0], items[1], state.get(), items[3], items[4], setter);
}

/// What __new__() of its builtin base takes.
Ref construction_args(PyObject* object) {
    if (!PyObject_TypeCheck(object, reinterpret_cast<PyTypeObject*>(PyExc_BaseExceptionGroup)))
        return Ref::borrow(as_exception(object)->args);
    const auto* group = reinterpret_cast<PyBaseExceptionGroupObject*>(object);
    return Ref::steal(PyTuple_Pack(2, group->msg, group->excs));
}

/// (args or None, dict or None, members or None); None if there is nothing.
Ref own_state(PyObject* object, const Ref& args) {
    const auto* self = as_exception(object);
    PyObject* own_args = args.get() == self->args ? Py_None : self->args;
    PyObject* dict =
        self->dict != nullptr && PyDict_GET_SIZE(self->dict) > 0 ? self->dict : Py_None;
    const Ref members = members_of(object);
    if (!members)
        return {};
    if (Py_IsNone(own_args) && Py_IsNone(dict) && Py_IsNone(members.get()))
        return Ref::borrow(Py_None);
    return Ref::steal(PyTuple_Pack(3, own_args, dict, members.get()));
}

/// What stands for a class. Stock pickle gives some builtin ones the names of others in protocol 2.
Ref reference_to(PyTypeObject* type) {
    PyObject* builtins = PyEval_GetBuiltins();
    if (is_builtin(type) &&
        PyDict_GetItemString(builtins, type->tp_name) == reinterpret_cast<PyObject*>(type))
        return Ref::steal(PyUnicode_InternFromString(type->tp_name));
    return Ref::borrow(reinterpret_cast<PyObject*>(type));
}

PyObject* reduce_by_fields(PyObject* object, const Chain& chain) {
    const Ref args = construction_args(object);
    const Ref own = args ? own_state(object, args) : nullptr;
    const Ref type = own ? reference_to(Py_TYPE(object)) : nullptr;
    if (!type)
        return nullptr;
    PyObject* load_args = PyTuple_Pack(2, type.get(), args.get());
    if (Py_IsNone(own.get()) && chain.is_empty())
        return reduce_to("load_exception", load_args);
    return reduce_to("load_exception", load_args, make_state(own.get(), chain),
                     "set_exception_state");
}

// Loaders

// load_exception(class, args)
PyObject* load_exception(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_count("load_exception", count, 2))
        return nullptr;
    PyObject* found = PyUnicode_CheckExact(args[0])
                          ? PyDict_GetItemWithError(PyEval_GetBuiltins(), args[0])
                          : args[0];
    if (found == nullptr || !PyExceptionClass_Check(found) || !PyTuple_CheckExact(args[1]))
        return unpickling_error("load_exception() needs a class of exceptions and a tuple");
    auto* type = reinterpret_cast<PyTypeObject*>(found);
    PyTypeObject* base = builtin_base(type);
    Ref made = Ref::steal(base->tp_new(type, args[1], nullptr));
    if (!made) {
        PyErr_Clear();
        return unpickling_error("a %s is not made from %R", type->tp_name, args[1]);
    }
    // A class derived from it may have other `args`. What they do not tell is in the state.
    if (base->tp_init(made.get(), args[1], nullptr) != 0) {
        PyErr_Clear();
    }
    return made.release();
}

bool is_optional(PyObject* object, bool (*check)(PyObject*)) {
    return Py_IsNone(object) || check(object);
}

PyObject* or_null(PyObject* object) {
    return Py_IsNone(object) ? nullptr : Py_NewRef(object);
}

/// Sets what links_of() has written. False with UnpicklingError set.
bool set_links(PyObject* exception, PyObject* links) {
    const auto is_exception = [](PyObject* o) -> bool { return PyExceptionInstance_Check(o); };
    const auto is_traceback = [](PyObject* o) -> bool { return PyTraceBack_Check(o); };
    if (!is_exception(exception) || !PyTuple_CheckExact(links) || PyTuple_GET_SIZE(links) != 4 ||
        !is_optional(PyTuple_GET_ITEM(links, 0), is_traceback) ||
        !is_optional(PyTuple_GET_ITEM(links, 1), is_exception) ||
        !is_optional(PyTuple_GET_ITEM(links, 2), is_exception)) {
        unpickling_error("that cannot be the traceback, cause and context of an exception");
        return false;
    }
    auto* self = as_exception(exception);
    Py_XSETREF(self->traceback, or_null(PyTuple_GET_ITEM(links, 0)));
    PyException_SetCause(exception, or_null(PyTuple_GET_ITEM(links, 1)));
    PyException_SetContext(exception, or_null(PyTuple_GET_ITEM(links, 2)));
    self->suppress_context = Py_IsTrue(PyTuple_GET_ITEM(links, 3));
    return true;
}

/// Checks a state of make_state(), and sets the links in it. False with UnpicklingError set.
bool set_chain(PyObject* state) {
    PyObject* exceptions = PyTuple_GET_ITEM(state, 1);
    PyObject* links = PyTuple_GET_ITEM(state, 2);
    if (!PyList_CheckExact(exceptions) || !PyList_CheckExact(links) ||
        PyList_GET_SIZE(exceptions) != PyList_GET_SIZE(links)) {
        unpickling_error("a chain of exceptions needs as many links");
        return false;
    }
    // What goes away with old links may be code that changes the lists.
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(exceptions) && i < PyList_GET_SIZE(links); ++i) {
        const Ref exception = Ref::borrow(PyList_GET_ITEM(exceptions, i));
        const Ref link = Ref::borrow(PyList_GET_ITEM(links, i));
        if (!set_links(exception.get(), link.get()))
            return false;
    }
    return true;
}

/// Whether the arguments are an exception and a state of make_state(). False with UnpicklingError set.
bool check_state(const char* name, PyObject* const* args, Py_ssize_t count) {
    if (!check_count(name, count, 2))
        return false;
    const bool is_valid = PyExceptionInstance_Check(args[0]) && PyTuple_CheckExact(args[1]) &&
                          (PyTuple_GET_SIZE(args[1]) == 1 || PyTuple_GET_SIZE(args[1]) == 3);
    if (!is_valid) {
        unpickling_error("%s() needs an exception and its state", name);
    }
    return is_valid;
}

PyObject* finish(PyObject* state) {
    if (PyTuple_GET_SIZE(state) == 3 && !set_chain(state))
        return nullptr;
    Py_RETURN_NONE;
}

bool set_members(PyObject* exception, PyObject* members) {
    Py_ssize_t position = 0;
    PyObject* name = nullptr;
    PyObject* value = nullptr;
    const Ref copy = Ref::steal(PyDict_Copy(members));
    while (copy && PyDict_Next(copy.get(), &position, &name, &value)) {
        if (!set_member(exception, name, value))
            return false;
    }
    return static_cast<bool>(copy);
}

/// Sets what own_state() has written. False with an exception set.
bool set_own_state(PyObject* exception, PyObject* own) {
    const auto is_dict = [](PyObject* object) -> bool { return PyDict_CheckExact(object); };
    const auto is_tuple = [](PyObject* object) -> bool { return PyTuple_CheckExact(object); };
    if (!PyTuple_CheckExact(own) || PyTuple_GET_SIZE(own) != 3 ||
        !is_optional(PyTuple_GET_ITEM(own, 0), is_tuple) ||
        !is_optional(PyTuple_GET_ITEM(own, 1), is_dict) ||
        !is_optional(PyTuple_GET_ITEM(own, 2), is_dict)) {
        unpickling_error("that cannot be the state of a %s", Py_TYPE(exception)->tp_name);
        return false;
    }
    PyObject* args = PyTuple_GET_ITEM(own, 0);
    PyObject* dict = PyTuple_GET_ITEM(own, 1);
    PyObject* members = PyTuple_GET_ITEM(own, 2);
    auto* self = as_exception(exception);
    if (!Py_IsNone(args)) {
        Py_XSETREF(self->args, Py_NewRef(args));
    }
    if (!Py_IsNone(dict)) {
        if (self->dict == nullptr) {
            self->dict = PyDict_New();
        }
        if (self->dict == nullptr || PyDict_Update(self->dict, dict) != 0)
            return false;
    }
    return Py_IsNone(members) || set_members(exception, members);
}

// set_exception_state(exception, state)
PyObject* set_exception_state(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_state("set_exception_state", args, count))
        return nullptr;
    PyObject* own = PyTuple_GET_ITEM(args[1], 0);
    if (!Py_IsNone(own) && !set_own_state(args[0], own))
        return nullptr;
    return finish(args[1]);
}

// set_exception_links(exception, state)
PyObject* set_exception_links(PyObject*, PyObject* const* args, Py_ssize_t count) {
    if (!check_state("set_exception_links", args, count))
        return nullptr;
    PyObject* own = PyTuple_GET_ITEM(args[1], 0);
    if (!Py_IsNone(own)) {
        const Ref result = Ref::steal(PyObject_CallMethod(args[0], "__setstate__", "(O)", own));
        if (!result)
            return nullptr;
    }
    return finish(args[1]);
}

PyMethodDef functions[] = {
    {"load_exception", as_method(load_exception), METH_FASTCALL,
     "load_exception($module, type, args, /)\n--\n\n"
     "Makes an exception for a pickle, without its own __new__() and __init__(). A builtin class "
     "may be "
     "given by its name.\n\n"
     "pickle.UnpicklingError: that is no class of exceptions, or it is not made from such args."},
    {"set_exception_state", as_method(set_exception_state), METH_FASTCALL,
     "set_exception_state($module, exception, state, /)\n--\n\n"
     "Gives what load_exception() has made its fields, and the exceptions of a chain their "
     "traceback, "
     "cause and context.\n\n"
     "pickle.UnpicklingError: it has no such state."},
    {"set_exception_links", as_method(set_exception_links), METH_FASTCALL,
     "set_exception_links($module, exception, state, /)\n--\n\n"
     "The same for an exception whose class says how it is pickled.\n\n"
     "pickle.UnpicklingError: it has no such state."},
    {}};

}  // namespace

PyObject* reduce_exception(PyObject* object, Pickling& pickling) {
    const int own_way = has_own_way(Py_TYPE(object), pickling);
    Chain chain;
    if (own_way < 0 || !chain.collect(object, pickling))
        return nullptr;
    return own_way ? reduce_in_own_way(object, chain, pickling) : reduce_by_fields(object, chain);
}

ReducerFamily exception_reducers() {
    return {{}, functions};
}

}  // namespace stackless::pickle
