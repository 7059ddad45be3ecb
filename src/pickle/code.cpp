// Code objects, functions, cells.
#include "pickle/reducers.hpp"

namespace stackless::pickle {

namespace {

PyObject* leave(PyObject*, Pickling&) {
    return leave_to_stock();
}

constexpr Reducer reducers[] = {{&PyFunction_Type, leave}};

}  // namespace

ReducerFamily code_reducers() {
    return {reducers, nullptr};
}

}  // namespace stackless::pickle
