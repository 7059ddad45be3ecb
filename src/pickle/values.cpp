// Iterators, views, contexts, weak references.
#include "pickle/reducers.hpp"

namespace stackless::pickle {

ReducerFamily value_reducers() {
    return {};
}

}  // namespace stackless::pickle
