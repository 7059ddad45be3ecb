// Modules, and the globals of __main__.
#include "pickle/reducers.hpp"

namespace stackless::pickle {

ReducerFamily module_reducers() {
    return {};
}

}  // namespace stackless::pickle
