// Builtins that call back: where their arguments may run code in Python, a hidden function takes their place.
//
// Each family of them has a file of its own, redirects_*.cpp, with its tables.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cpython/exposed.hpp"
#include "cpython/scalars.hpp"
#include "cpython/texts.hpp"
#include "eval/handler.hpp"
#include "eval/stages.hpp"
#include "eval/switching.hpp"
#include "hidden_code.hpp"

namespace stackless::eval {

/// The arguments of a call as a vectorcall has them, borrowed. Methods have `self` first.
struct Arguments {
    PyObject* const* values;
    Py_ssize_t positional;
    PyObject* kwnames;  // a tuple, or null

    Py_ssize_t keywords() const { return kwnames == nullptr ? 0 : PyTuple_GET_SIZE(kwnames); }
    Py_ssize_t total() const { return positional + keywords(); }
    /// The positional argument, or null.
    PyObject* at(Py_ssize_t index) const { return index < positional ? values[index] : nullptr; }
    /// Whether there are so many positional arguments, and no others.
    bool are_plain(Py_ssize_t least, Py_ssize_t most) const {
        return kwnames == nullptr && positional >= least && positional <= most;
    }
    /// Whether no argument has a name, or just one, and that is its name.
    bool have_only_keyword(std::string_view name) const {
        return keywords() == 0 ||
               (keywords() == 1 && is_spelled(PyTuple_GET_ITEM(kwnames, 0), name));
    }
};

/// The hidden function for a builtin function, method or class, which has the same parameters.
struct Redirect {
    /// Whether the call is one for the hidden function: the arguments fit its parameters, and the C function
    /// might run code in Python. A guess: the C function always works too, it just keeps its C stack. It must not
    /// run any code in Python itself, nor set an exception.
    bool (*wanted)(PyThreadState* ts, const Arguments& arguments);
    Hidden function;
    /// What call instructions go to instead, if it is not null: it finds its positional arguments on top of the
    /// stack, `oparg` of them, and leaves the result in their place.
    Handler handler = nullptr;
    /// What a specialised call of a function goes to before `wanted` is asked, if it is not null. Where it cannot do it all by
    /// itself, it goes on to call_builtin_fast or call_builtin_o, or to CALL.
    Handler at_once = nullptr;
};

/// What arguments a redirect may be wanted for. Others are spared the question.
enum class Attention : uint8_t {
    any,
    heap_types,  // if the class of the first or the last argument is no static type
    odd_values,  // if an argument is not is_plain_value()
};

struct FunctionRedirect {
    PyMethodDef* methods;  // of a module or a type
    const char* name;
    Redirect redirect;
    Attention attention = Attention::any;
};

struct TypeRedirect {
    PyTypeObject* type;
    Redirect redirect;
    Attention attention = Attention::any;
};

/// For the iterators of a builtin type, the hidden function that gives the next value or raises StopIteration. Its
/// parameter is the iterator.
struct Step {
    PyTypeObject* type;
    /// Whether the next value might come from code in Python. A guess, too.
    bool (*wanted)(PyThreadState* ts, PyObject* iterator);
    Hidden function;
    /// How FOR_ITER takes a value without the hidden function, or null.
    const Stage* stage = nullptr;
};

struct RedirectFamily {
    std::span<const FunctionRedirect> functions;
    std::span<const TypeRedirect> types;
    std::span<const Step> steps;
};
extern const RedirectFamily attribute_redirects;
extern const RedirectFamily call_redirects;
extern const RedirectFamily iteration_redirects;
extern const RedirectFamily operator_redirects;
extern const RedirectFamily generator_redirects;
extern const RedirectFamily asyncio_redirects;
extern const RedirectFamily conversion_redirects;
extern const RedirectFamily library_redirects;
extern const RedirectFamily consumer_redirects;
extern const RedirectFamily itertools_redirects;

/// In PyMethodDef::ml_flags: the number of the redirect is in the upper bits. CPython ignores all these.
inline constexpr int METH_REDIRECTED = 0x20000;
/// FunctionRedirect::attention.
inline constexpr int METH_REDIRECTED_FOR_HEAP_TYPES = 0x80000;
inline constexpr int METH_REDIRECTED_FOR_ODD_VALUES = 0x100000;
inline constexpr int METH_REDIRECT_SHIFT = 21;
/// In PyTypeObject::tp_flags, unused in CPython 3.11: calls of the class may be redirected.
inline constexpr unsigned long TYPE_REDIRECTED = 1UL << 1;
/// The same: TypeRedirect::attention is odd_values.
inline constexpr unsigned long TYPE_REDIRECTED_FOR_ODD_VALUES = 1UL << 3;
/// The same: a hidden function may step iterators of the type.
inline constexpr unsigned long TYPE_STEPPED = 1UL << 2;

/// Marks the builtins. To be called once, before the interpreter is initialised.
void install_redirects();

/// What METH_REDIRECT_SHIFT gives the number of.
extern const Redirect* redirects_by_number[];

/// redirect_of() for a function of a module that is marked.
inline const Redirect* redirect_of_marked(PyThreadState* ts, PyObject* function,
                                          const Arguments& arguments) {
    const Redirect* redirect =
        redirects_by_number[PyCFunction_GET_FLAGS(function) >> METH_REDIRECT_SHIFT];
    return ts->c_profilefunc == nullptr && redirect->wanted(ts, arguments) ? redirect : nullptr;
}

/// The redirect that a call of a builtin function, method (with `self` among the arguments, not bound to it) or class
/// takes, or null.
const Redirect* redirect_of(PyThreadState* ts, PyObject* callable, const Arguments& arguments);

/// Whether a builtin function, and no bound method, is one of a module: only those know their module.
inline bool is_of_module(PyObject* function) {
    return reinterpret_cast<PyCFunctionObject*>(function)->m_module != nullptr;
}

/// The `self` of a bound method of a builtin type; null if it is something else, a function of a module say.
inline PyObject* bound_self(PyObject* callable) {
    if (!Py_IS_TYPE(callable, &PyCFunction_Type) || is_of_module(callable) ||
        (PyCFunction_GET_FLAGS(callable) & (METH_CLASS | METH_STATIC)) != 0)
        return nullptr;
    return PyCFunction_GET_SELF(callable);
}
/// The redirect that a call of such a method takes, or null. `self` comes first in the arguments.
const Redirect* redirect_of_bound(PyThreadState* ts, PyObject* method, const Arguments& arguments);

/// Whether redirect_of() is worth a call.
inline bool may_be_redirected(PyObject* callable) {
    PyTypeObject* type = Py_TYPE(callable);
    if (type == &PyCFunction_Type)
        return (PyCFunction_GET_FLAGS(callable) & METH_REDIRECTED) != 0;
    if (type == &PyMethodDescr_Type)
        return (reinterpret_cast<PyMethodDescrObject*>(callable)->d_method->ml_flags &
                METH_REDIRECTED) != 0;
    return PyType_Check(callable) &&
           (reinterpret_cast<PyTypeObject*>(callable)->tp_flags & TYPE_REDIRECTED) != 0;
}

/// Whether going through a value runs no code in Python, nor does comparing or adding what is in a list or tuple: the first
/// item stands for them all.
inline bool is_plain_value(PyObject* object) {
    if (PyList_CheckExact(object) || PyTuple_CheckExact(object))
        return PySequence_Fast_GET_SIZE(object) == 0 || is_scalar(PySequence_Fast_ITEMS(object)[0]);
    return is_scalar(object) || PyDict_CheckExact(object) || PyAnySet_CheckExact(object);
}

/// Finds what belongs to a type by the type's address.
template <class Entry>
class TypeTable {
public:
    void add(const Entry* entry) {
        size_t place = hash(entry->type);
        while (entries_[place] != nullptr) {
            place = (place + 1) % size;
        }
        entries_[place] = entry;
    }
    const Entry* find(const PyTypeObject* type) const {
        return find_where(type, [](const Entry*) { return true; });
    }
    /// The first entry of the type that is wanted.
    template <class Wanted>
    const Entry* find_where(const PyTypeObject* type, Wanted is_wanted) const {
        for (size_t place = hash(type); entries_[place] != nullptr; place = (place + 1) % size) {
            if (entries_[place]->type == type && is_wanted(entries_[place]))
                return entries_[place];
        }
        return nullptr;
    }

private:
    static constexpr size_t size = 256;  // far more than there are
    static size_t hash(const PyTypeObject* type) {
        return (reinterpret_cast<uintptr_t>(type) >> 5) % size;
    }
    const Entry* entries_[size] = {};
};

extern TypeTable<Step> step_table;

/// What the type of an iterator with TYPE_STEPPED says about stepping it.
inline const Step* step_of(PyTypeObject* type) {
    return step_table.find(type);
}
/// The same if that is wanted this time, else null.
inline const Step* wanted_step(PyThreadState* ts, PyObject* iterator) {
    const Step* step = step_of(Py_TYPE(iterator));
    return step->wanted(ts, iterator) ? step : nullptr;
}

/// Whether taking the next value of an iterator might run code in Python.
inline bool may_call_back(PyThreadState* ts, PyObject* iterator) {
    PyTypeObject* type = Py_TYPE(iterator);
    if (PyType_HasFeature(type, TYPE_STEPPED))
        return wanted_step(ts, iterator) != nullptr;
    return type == &PyGen_Type || type->tp_iternext == slot_tp_iternext;
}

/// The same of any of a tuple of iterators, some of which may be null.
bool any_calls_back(PyThreadState* ts, PyObject* iterators);

/// Whether iterating over an object, iter() included, might run code in Python.
bool is_iterated_in_python(PyThreadState* ts, PyObject* iterable);

/// Whether taking the keys and values of a mapping might.
bool is_python_mapping(PyObject* mapping);

/// Whether it matters that nothing nests here: the running tasklet can be switched without its C stack. The main
/// tasklet never can. Hidden functions that are much slower than the C function are wanted only where it matters.
inline bool needs_frames(PyThreadState* ts) {
    return runs_base_loop(ts);
}

/// Whether calling it might run code in Python.
bool is_python_callable(PyThreadState* ts, PyObject* callable);

}  // namespace stackless::eval
