// Classes.
#include "pickle/reducers.hpp"

namespace stackless::pickle {

PyObject* reduce_class(PyObject*, Pickling&) {
    return leave_to_stock();
}

}  // namespace stackless::pickle
