// Frames, tracebacks, generators.
#include "pickle/reducers.hpp"

namespace stackless::pickle {

ReducerFamily frame_reducers() {
    return {};
}

}  // namespace stackless::pickle
