// Tasklets, channels, bombs.
#include "pickle/reducers.hpp"

namespace stackless::pickle {

ReducerFamily tasklet_reducers() {
    return {};
}

}  // namespace stackless::pickle
