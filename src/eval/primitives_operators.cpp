// What the hidden functions of src/hidden/operators.py cannot say in Python.
#include "cpython/exposed.hpp"
#include "cpython/ref.hpp"
#include "eval/binary_operators.hpp"
#include "eval/primitives.hpp"

namespace stackless::eval {

namespace {

/// Appends (method, operand) to the attempts if the object has that special method.
bool add_attempt(PyObject* attempts, PyObject* object, PyObject* name, PyObject* operand) {
    const Ref method = Ref::steal(_PyObject_LookupSpecial(object, name));
    if (!method)
        return !PyErr_Occurred();
    const Ref attempt = Ref::steal(PyTuple_Pack(2, method.get(), operand));
    return attempt && PyList_Append(attempts, attempt.get()) == 0;
}

/// divmod_attempts(left, right): the methods that divmod() asks one after the other, each with its argument.
PyObject* divmod_attempts(PyObject*, PyObject* const* args, Py_ssize_t) {
    static const BinaryOperator divmod = {offsetof(PyNumberMethods, nb_divmod),
                                          reinterpret_cast<NumberSlot>(slot_nb_divmod),
                                          &_Py_ID(__divmod__), &_Py_ID(__rdivmod__), "divmod()"};
    PyObject* left = args[0];
    PyObject* right = args[1];
    const NumberSlot left_slot = divmod.slot_of(left);
    const NumberSlot right_slot = divmod.slot_of(right);
    const bool is_right_asked = Py_TYPE(left) != Py_TYPE(right) && right_slot != nullptr &&
                                (right_slot != left_slot || right_slot == divmod.python_slot);
    int is_right_first =
        is_right_asked && PyType_IsSubtype(Py_TYPE(right), Py_TYPE(left)) != 0 ? 1 : 0;
    if (is_right_first != 0 && left_slot == right_slot) {
        is_right_first = overrides_reflected(left, right, divmod.reflected);
        if (is_right_first < 0)
            return nullptr;
    }
    Ref attempts = Ref::steal(PyList_New(0));
    const auto ask_left = [&] {
        return left_slot == nullptr || add_attempt(attempts.get(), left, divmod.method, right);
    };
    const auto ask_right = [&] {
        return !is_right_asked || add_attempt(attempts.get(), right, divmod.reflected, left);
    };
    const bool done =
        attempts && (is_right_first != 0 ? ask_right() && ask_left() : ask_left() && ask_right());
    return done ? attempts.release() : nullptr;
}

/// Whether an int is a size. Else, an exception of the type says that what the int stands for is none.
bool fits(PyObject* number, PyObject* original, PyObject* type, Py_ssize_t* size) {
    if (!check_argument(PyLong_Check(number), number, "an int"))
        return false;
    *size = PyLong_AsSsize_t(number);
    if (*size != -1 || !PyErr_Occurred())
        return true;
    PyErr_Format(type, "cannot fit '%.200s' into an index-sized integer",
                 Py_TYPE(original)->tp_name);
    return false;
}

/// fitting_index(number, key): the number that the key of a sequence stands for.
PyObject* fitting_index(PyObject*, PyObject* const* args, Py_ssize_t) {
    Py_ssize_t index;
    return fits(args[0], args[1], PyExc_IndexError, &index) ? Py_NewRef(args[0]) : nullptr;
}

/// repeated(sequence, number, times, is_in_place): `sequence * times`, which stands for that number.
PyObject* repeated(PyObject*, PyObject* const* args, Py_ssize_t) {
    const ssizeargfunc function = repetition_of(args[0], args[3] == Py_True);
    Py_ssize_t count;
    return check_argument(function != nullptr, args[0], "a sequence") &&
                   fits(args[1], args[2], PyExc_OverflowError, &count)
               ? function(args[0], count)
               : nullptr;
}

}  // namespace

PyMethodDef operator_primitives[] = {
    {"divmod_attempts", counted<divmod_attempts, 2>(), METH_FASTCALL, nullptr},
    {"fitting_index", counted<fitting_index, 2>(), METH_FASTCALL, nullptr},
    {"repeated", counted<repeated, 4>(), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace stackless::eval
