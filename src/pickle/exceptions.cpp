// Exceptions.
#include "pickle/reducers.hpp"

namespace stackless::pickle {

PyObject* reduce_exception(PyObject* object, Pickling&) {
    (void)object;
    return leave_to_stock();
}

}  // namespace stackless::pickle
