// Binding the arguments of a call to the parameters of a Python function.
#include <algorithm>
#include <iterator>

#include "cpython/ref.hpp"
#include "eval/frames.hpp"

namespace stackless::eval {

namespace {

/// The parameters of one function, and the places in a new frame that they are to fill. A place
/// that is still null has no value yet.
class Binder {
public:
    Binder(PyThreadState* ts, PyFunctionObject* function, PyObject** places)
        : ts_(ts),
          function_(function),
          code_(reinterpret_cast<PyCodeObject*>(function->func_code)),
          places_(places) {}

    /// Steals all arguments. False with an exception set when they do not fit; what has been placed
    /// until then belongs to the frame.
    bool bind(PyObject* const* args, Py_ssize_t positional, PyObject* kwnames) {
        const Py_ssize_t placed = std::min<Py_ssize_t>(positional, code_->co_argcount);
        std::copy_n(args, placed, places_);
        bool fits = make_keyword_dict();
        fits = collect_rest(args + placed, positional - placed, fits) && fits;
        fits = bind_keywords(args + positional, kwnames, fits) && fits;
        if (!fits)
            return false;
        if (positional > code_->co_argcount && (code_->co_flags & CO_VARARGS) == 0) {
            report_too_many(positional);
            return false;
        }
        return fill_positional_defaults(positional) && fill_keyword_defaults();
    }

private:
    int parameter_count() const { return code_->co_argcount + code_->co_kwonlyargcount; }
    PyObject* parameter(int index) const {
        return PyTuple_GET_ITEM(code_->co_localsplusnames, index);
    }
    PyObject* qualname() const { return function_->func_qualname; }

    bool make_keyword_dict() {
        if ((code_->co_flags & CO_VARKEYWORDS) == 0)
            return true;
        keyword_dict_ = PyDict_New();
        places_[parameter_count() + ((code_->co_flags & CO_VARARGS) != 0 ? 1 : 0)] = keyword_dict_;
        return keyword_dict_ != nullptr;
    }

    /// Positional arguments beyond the parameters: into *args, or to be complained about later.
    bool collect_rest(PyObject* const* args, Py_ssize_t count, bool wanted) {
        if (wanted && (code_->co_flags & CO_VARARGS) != 0) {
            PyObject* rest = _PyTuple_FromArraySteal(args, count);
            places_[parameter_count()] = rest;
            return rest != nullptr;
        }
        for (Py_ssize_t i = 0; i < count; i++) {
            Py_DECREF(args[i]);
        }
        return true;
    }

    bool bind_keywords(PyObject* const* values, PyObject* kwnames, bool wanted) {
        const Py_ssize_t count = kwnames == nullptr ? 0 : PyTuple_GET_SIZE(kwnames);
        for (Py_ssize_t i = 0; i < count; i++) {
            Ref value = Ref::steal(values[i]);
            if (wanted) {
                wanted = bind_keyword(PyTuple_GET_ITEM(kwnames, i), std::move(value), kwnames);
            }
        }
        return wanted;
    }

    bool bind_keyword(PyObject* keyword, Ref value, PyObject* kwnames) {
        if (!PyUnicode_Check(keyword)) {
            _PyErr_Format(ts_, PyExc_TypeError, "%U() keywords must be strings", qualname());
            return false;
        }
        const int index = find_parameter(keyword);
        if (index == -2)
            return false;
        if (index >= 0) {
            if (places_[index] != nullptr) {
                _PyErr_Format(ts_, PyExc_TypeError, "%U() got multiple values for argument '%S'",
                              qualname(), keyword);
                return false;
            }
            places_[index] = value.release();
            return true;
        }
        if (keyword_dict_ != nullptr)
            return PyDict_SetItem(keyword_dict_, keyword, value.get()) == 0;
        if (!report_positional_only(kwnames)) {
            _PyErr_Format(ts_, PyExc_TypeError, "%U() got an unexpected keyword argument '%S'",
                          qualname(), keyword);
        }
        return false;
    }

    /// The number of the parameter that may be given by this keyword, -1 if there is none, -2 on
    /// failure.
    int find_parameter(PyObject* keyword) const {
        const int first = code_->co_posonlyargcount;
        const int last = parameter_count();
        // Names are interned on both sides nearly always.
        for (int i = first; i < last; i++) {
            if (parameter(i) == keyword)
                return i;
        }
        for (int i = first; i < last; i++) {
            const int equal = PyObject_RichCompareBool(keyword, parameter(i), Py_EQ);
            if (equal != 0)
                return equal > 0 ? i : -2;
        }
        return -1;
    }

    /// True (with the exception set) if some keywords name positional-only parameters.
    bool report_positional_only(PyObject* kwnames) {
        Ref names = Ref::steal(PyList_New(0));
        if (!names)
            return true;
        for (int i = 0; i < code_->co_posonlyargcount; i++) {
            for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(kwnames); k++) {
                const int equal =
                    PyObject_RichCompareBool(parameter(i), PyTuple_GET_ITEM(kwnames, k), Py_EQ);
                if (equal < 0 || (equal > 0 && PyList_Append(names.get(), parameter(i)) != 0))
                    return true;
            }
        }
        if (PyList_GET_SIZE(names.get()) == 0)
            return false;
        Ref comma = Ref::steal(PyUnicode_FromString(", "));
        Ref joined = Ref::steal(comma ? PyUnicode_Join(comma.get(), names.get()) : nullptr);
        if (joined) {
            _PyErr_Format(
                ts_, PyExc_TypeError,
                "%U() got some positional-only arguments passed as keyword arguments: '%U'",
                qualname(), joined.get());
        }
        return true;
    }

    void report_too_many(Py_ssize_t given) {
        int keyword_only_given = 0;
        for (int i = code_->co_argcount; i < parameter_count(); i++) {
            keyword_only_given += places_[i] != nullptr ? 1 : 0;
        }
        const Py_ssize_t defaults =
            function_->func_defaults == nullptr ? 0 : PyTuple_GET_SIZE(function_->func_defaults);
        const int most = code_->co_argcount;
        Ref takes = Ref::steal(
            defaults == 0 ? PyUnicode_FromFormat("%d", most)
                          : PyUnicode_FromFormat("from %zd to %d",
                                                 static_cast<Py_ssize_t>(most) - defaults, most));
        Ref extra = Ref::steal(
            keyword_only_given == 0
                ? PyUnicode_FromString("")
                : PyUnicode_FromFormat(" positional argument%s (and %d keyword-only argument%s)",
                                       given != 1 ? "s" : "", keyword_only_given,
                                       keyword_only_given != 1 ? "s" : ""));
        if (!takes || !extra)
            return;
        const bool plural = defaults > 0 ? true : most != 1;
        _PyErr_Format(ts_, PyExc_TypeError,
                      "%U() takes %U positional argument%s but %zd%U %s given", qualname(),
                      takes.get(), plural ? "s" : "", given, extra.get(),
                      given == 1 && keyword_only_given == 0 ? "was" : "were");
    }

    bool fill_positional_defaults(Py_ssize_t positional) {
        const int count = code_->co_argcount;
        if (positional >= count)
            return true;
        PyObject* defaults = function_->func_defaults;
        const int default_count =
            defaults == nullptr ? 0 : static_cast<int>(PyTuple_GET_SIZE(defaults));
        const int required = count - default_count;
        const int first_missing = static_cast<int>(positional);
        for (int i = first_missing; i < required; i++) {
            if (places_[i] == nullptr) {
                report_missing("positional", first_missing, required);
                return false;
            }
        }
        for (int i = std::max(first_missing, required); i < count; i++) {
            if (places_[i] == nullptr) {
                places_[i] = Py_NewRef(PyTuple_GET_ITEM(defaults, i - required));
            }
        }
        return true;
    }

    bool fill_keyword_defaults() {
        bool missing = false;
        for (int i = code_->co_argcount; i < parameter_count(); i++) {
            if (places_[i] != nullptr)
                continue;
            PyObject* value = nullptr;
            if (function_->func_kwdefaults != nullptr) {
                value = PyDict_GetItemWithError(function_->func_kwdefaults, parameter(i));
                if (value == nullptr && _PyErr_Occurred(ts_))
                    return false;
            }
            places_[i] = Py_XNewRef(value);
            missing = missing || value == nullptr;
        }
        if (missing) {
            report_missing("keyword-only", code_->co_argcount, parameter_count());
        }
        return !missing;
    }

    void report_missing(const char* kind, int first, int last) {
        Ref names = Ref::steal(PyList_New(0));
        for (int i = first; names && i < last; i++) {
            if (places_[i] != nullptr)
                continue;
            Ref quoted = Ref::steal(PyObject_Repr(parameter(i)));
            if (!quoted || PyList_Append(names.get(), quoted.get()) != 0)
                return;
        }
        Ref list = names ? enumerate_names(names.get()) : Ref();
        if (!list)
            return;
        const Py_ssize_t count = PyList_GET_SIZE(names.get());
        _PyErr_Format(ts_, PyExc_TypeError, "%U() missing %zd required %s argument%s: %U",
                      qualname(), count, kind, count == 1 ? "" : "s", list.get());
    }

    /// "'a'", "'a' and 'b'", "'a', 'b', and 'c'"
    static Ref enumerate_names(PyObject* names) {
        const Py_ssize_t count = PyList_GET_SIZE(names);
        if (count == 1)
            return Ref::borrow(PyList_GET_ITEM(names, 0));
        PyObject* last = PyList_GET_ITEM(names, count - 1);
        Ref before = Ref::steal(PyList_GetSlice(names, 0, count - 1));
        Ref comma = Ref::steal(PyUnicode_FromString(", "));
        if (!before || !comma)
            return {};
        Ref joined = Ref::steal(PyUnicode_Join(comma.get(), before.get()));
        if (!joined)
            return {};
        return Ref::steal(
            PyUnicode_FromFormat(count == 2 ? "%U and %U" : "%U, and %U", joined.get(), last));
    }

    PyThreadState* ts_;
    PyFunctionObject* function_;
    PyCodeObject* code_;
    PyObject** places_;
    PyObject* keyword_dict_ = nullptr;
};

}  // namespace

Frame* bind_and_push(PyThreadState* ts, PyFunctionObject* func, PyObject* locals,
                     PyObject* const* args, Py_ssize_t positional, PyObject* kwnames) {
    const auto* code = reinterpret_cast<PyCodeObject*>(func->func_code);
    Frame* frame = push_frame(ts, func, locals);
    if (frame == nullptr) {
        const Py_ssize_t total = positional + (kwnames == nullptr ? 0 : PyTuple_GET_SIZE(kwnames));
        for (Py_ssize_t i = 0; i < total; i++) {
            Py_DECREF(args[i]);
        }
        Py_XDECREF(locals);
        return nullptr;
    }
    if (kwnames == nullptr && takes_positional(func, positional)) {
        move_arguments(frame, args, positional, code->co_nlocalsplus);
        add_defaults(frame, func, positional);
        return frame;
    }
    std::fill_n(frame->localsplus, code->co_nlocalsplus, nullptr);
    if (Binder(ts, func, frame->localsplus).bind(args, positional, kwnames))
        return frame;
    clear_thread_frame(ts, frame);
    return nullptr;
}

VectorArguments::VectorArguments(PyThreadState* ts, PyObject* args, PyObject* kwargs,
                                 PyObject* self)
    : positional_(PyTuple_GET_SIZE(args) + (self != nullptr ? 1 : 0)) {
    const Py_ssize_t keywords = kwargs == nullptr ? 0 : PyDict_GET_SIZE(kwargs);
    const Py_ssize_t total = positional_ + keywords;
    if (keywords != 0) {
        kwnames_ = PyTuple_New(keywords);
        if (kwnames_ == nullptr)
            return;
    }
    PyObject** values = few_;
    if (total > static_cast<Py_ssize_t>(std::size(few_))) {
        values = PyMem_New(PyObject*, total);
        if (values == nullptr) {
            PyErr_NoMemory();
            return;
        }
    }
    values_ = values;
    if (self != nullptr) {
        values[count_++] = Py_NewRef(self);
    }
    for (Py_ssize_t i = 0; count_ < positional_; i++) {
        values[count_++] = Py_NewRef(PyTuple_GET_ITEM(args, i));
    }
    bool all_strings = true;
    Py_ssize_t position = 0;
    PyObject *key, *value;
    while (count_ < total && PyDict_Next(kwargs, &position, &key, &value)) {
        all_strings = all_strings && PyUnicode_Check(key);
        PyTuple_SET_ITEM(kwnames_, count_ - positional_, Py_NewRef(key));
        values[count_++] = Py_NewRef(value);
    }
    if (!all_strings) {
        _PyErr_SetString(ts, PyExc_TypeError, "keywords must be strings");
        drop_values();
    }
}

VectorArguments::~VectorArguments() {
    drop_values();
}

void VectorArguments::drop_values() {
    for (Py_ssize_t i = 0; i < count_; i++) {
        Py_DECREF(values_[i]);
    }
    count_ = 0;
    if (values_ != few_) {
        PyMem_Free(values_);
    }
    values_ = nullptr;
    Py_CLEAR(kwnames_);
}

Frame* bind_mapping_and_push(PyThreadState* ts, PyFunctionObject* func, PyObject* locals,
                             PyObject* args, PyObject* kwargs, PyObject* self) {
    VectorArguments all(ts, args, kwargs, self);
    if (!all) {
        Py_DECREF(func);
        Py_XDECREF(locals);
        return nullptr;
    }
    Frame* frame = bind_and_push(ts, func, locals, all.values(), all.positional(), all.kwnames());
    all.release();
    return frame;
}

}  // namespace stackless::eval
