// Code objects, functions, cells.
#include "pickle/reducers.hpp"

namespace stackless::pickle {

ReducerFamily code_reducers() {
    return {};
}

}  // namespace stackless::pickle
