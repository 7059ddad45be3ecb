#include "eval/modulo.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "cpython/ref.hpp"
#include "eval/conversions.hpp"
#include "eval/primitives.hpp"

namespace stackless::eval {

namespace {

/// The values on the right of the operator: those of a tuple, or the one that there is.
struct Values {
    PyObject* const* items;
    Py_ssize_t count;

    explicit Values(PyObject*& values)
        : items(PyTuple_Check(values) ? reinterpret_cast<PyTupleObject*>(values)->ob_item
                                      : &values),
          count(PyTuple_Check(values) ? PyTuple_GET_SIZE(values) : 1) {}
};

/// What is to be done with each value: 's', 'r', 'a', or '-' for nothing.
struct Plan {
    std::string kinds;
    bool is_wanted = false;
};

bool is_number(PyObject* value) {
    return (PyLong_CheckExact(value) && Py_ABS(Py_SIZE(value)) <= 2) || PyBool_Check(value) ||
           PyFloat_CheckExact(value);
}

/// Whether formatting the value in another way than as a string cannot fail.
bool is_safe(Py_UCS4 kind, PyObject* value) {
    if (kind == 'x' || kind == 'X' || kind == 'o')
        return is_number(value) && !PyFloat_CheckExact(value);
    if (kind == 'd' || kind == 'i' || kind == 'u')
        return is_number(value) &&
               !(PyFloat_CheckExact(value) && !std::isfinite(PyFloat_AS_DOUBLE(value)));
    return (kind < 128 && std::strchr("eEfFgG", static_cast<int>(kind)) != nullptr) &&
           is_number(value);
}

bool is_converted_in_python(Py_UCS4 kind, PyObject* value) {
    const Target target = kind == 's' ? Target::text : Target::representation;
    return find_conversion(target, value) || has_python_items(value);
}

/// Goes through a format, which is an exact str. False if C code is to do it all.
class Planner {
public:
    Planner(PyObject* format, const Values& values) : format_(format), values_(values) {}

    /// Writes the new format to `rewritten` as well, if that is not null.
    bool make(Plan* plan, PyObject* rewritten) {
        const Py_ssize_t length = PyUnicode_GET_LENGTH(format_);
        for (Py_ssize_t i = 0; i < length; i++) {
            if (PyUnicode_READ_CHAR(format_, i) != '%')
                continue;
            i = end_of_specifier(i + 1);
            if (i >= length)
                return false;
            const Py_UCS4 kind = PyUnicode_READ_CHAR(format_, i);
            if (kind == '%') {
                if (PyUnicode_READ_CHAR(format_, i - 1) != '%')
                    return false;
            } else if (!add(plan, kind)) {
                return false;
            } else if (rewritten != nullptr && plan->kinds.back() != '-') {
                PyUnicode_WriteChar(rewritten, i, 's');
            }
        }
        return next_ == values_.count;
    }

private:
    /// The place of the letter; flags, width and precision are before it.
    Py_ssize_t end_of_specifier(Py_ssize_t i) const {
        const Py_ssize_t length = PyUnicode_GET_LENGTH(format_);
        int digits = 0;
        while (i < length) {
            const Py_UCS4 c = PyUnicode_READ_CHAR(format_, i);
            if (c >= 128 || c == 0 ||
                std::strchr("0123456789.-+ #", static_cast<int>(c)) == nullptr)
                return i;
            // More digits than that might be too much.
            if (++digits > 6)
                return length;
            i++;
        }
        return length;
    }

    bool add(Plan* plan, Py_UCS4 kind) {
        if (next_ == values_.count)
            return false;
        PyObject* value = values_.items[next_++];
        if (kind != 's' && kind != 'r' && kind != 'a') {
            plan->kinds += '-';
            return is_safe(kind, value);
        }
        const bool is_wanted = is_converted_in_python(kind, value);
        plan->kinds += is_wanted ? static_cast<char>(kind) : '-';
        plan->is_wanted |= is_wanted;
        return true;
    }

    PyObject* format_;
    const Values& values_;
    Py_ssize_t next_ = 0;
};

/// plan_of_modulo(format, values): the new format, the kinds of conversions, and the values as a list.
PyObject* plan_of_modulo(PyObject*, PyObject* const* args, Py_ssize_t) {
    if (!check_argument(PyUnicode_Check(args[0]), args[0], "a str"))
        return nullptr;
    PyObject* right = args[1];
    const Values values(right);
    PyObject* format = args[0];
    // Writing needs a string that nobody else has.
    const Ref rewritten =
        Ref::steal(PyUnicode_New(PyUnicode_GET_LENGTH(format), PyUnicode_MAX_CHAR_VALUE(format)));
    if (!rewritten ||
        PyUnicode_CopyCharacters(rewritten.get(), 0, format, 0, PyUnicode_GET_LENGTH(format)) < 0)
        return nullptr;
    Plan plan;
    Planner(format, values).make(&plan, rewritten.get());
    const Ref tuple = Ref::steal(_PyTuple_FromArray(values.items, values.count));
    const Ref list = Ref::steal(tuple ? PySequence_List(tuple.get()) : nullptr);
    return list ? Py_BuildValue("OsO", rewritten.get(), plan.kinds.c_str(), list.get()) : nullptr;
}

/// exact_str(text): a str that is no instance of a subclass.
PyObject* exact_str(PyObject*, PyObject* const* args, Py_ssize_t) {
    return PyUnicode_FromObject(args[0]);
}

/// parse_format(format): the pieces of a format of str.format(), as _string has them.
PyObject* parse_format(PyObject*, PyObject* const* args, Py_ssize_t) {
    return formatter_parser(nullptr, args[0]);
}

/// split_field(name): the parts of a field's name.
PyObject* split_field(PyObject*, PyObject* const* args, Py_ssize_t) {
    return formatter_field_name_split(nullptr, args[0]);
}

}  // namespace

bool is_modulo_in_python(PyObject* format, PyObject* values) {
    if (PyUnicode_Check(values) || (PyTuple_Check(values) && !PyTuple_CheckExact(values)) ||
        PyDict_Check(values) || PyUnicode_READY(format) != 0)
        return false;
    const Values all(values);
    if (std::none_of(all.items, all.items + all.count, may_be_represented_in_python))
        return false;
    Plan plan;
    return Planner(format, all).make(&plan, nullptr) && plan.is_wanted;
}

PyMethodDef formatting_primitives[] = {
    {"plan_of_modulo", counted<plan_of_modulo, 2>(), METH_FASTCALL, nullptr},
    {"exact_str", counted<exact_str, 1>(), METH_FASTCALL, nullptr},
    {"parse_format", counted<parse_format, 1>(), METH_FASTCALL, nullptr},
    {"split_field", counted<split_field, 1>(), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless::eval
