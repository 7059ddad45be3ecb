#pragma once

#include "cpython/python.hpp"

namespace stackless::eval {

/// Does what the eval breaker asks for. False with an exception set when a signal handler or a
/// pending call raised, or another thread has sent an exception.
bool service_breaker_requests(PyThreadState* ts);

}  // namespace stackless::eval
