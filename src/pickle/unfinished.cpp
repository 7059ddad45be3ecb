#include "pickle/unfinished.hpp"

#include <utility>

namespace stackless::pickle {

bool wait_for(PyObject** slot, PyObject* tasklet, PyObject* state) {
    if (*slot == nullptr) {
        *slot = PyList_New(0);
    }
    const Ref entry = *slot != nullptr ? Ref::steal(PyTuple_Pack(2, tasklet, state)) : nullptr;
    return entry && PyList_Append(*slot, entry.get()) == 0;
}

bool finish_waiting(PyObject** slot) {
    const Ref waiting = Ref::steal(std::exchange(*slot, nullptr));
    for (Py_ssize_t i = 0; waiting && i < PyList_GET_SIZE(waiting.get()); i++) {
        PyObject* entry = PyList_GET_ITEM(waiting.get(), i);
        if (!restore_tasklet(PyTuple_GET_ITEM(entry, 0), PyTuple_GET_ITEM(entry, 1)))
            return false;
    }
    return true;
}

}  // namespace stackless::pickle
