// Which code a pickle goes on with: a hash of all that says what a code object does.
#pragma once

#include <cstdint>
#include <string_view>

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless::pickle {

/// A hash that is the same on each machine and in each process.
uint64_t stable_hash(std::string_view bytes);

/// The fingerprint of a code object: two that have the same do the same. It covers the bytecode, names, constants and
/// the code inside, but not the file and lines it comes from. That of a hidden function is that of its code as the
/// compiler made it. It is computed once. False with an exception set: TypeError for code with constants that no compiler
/// makes.
[[nodiscard]] bool fingerprint_of(PyCodeObject* code, uint64_t& fingerprint);

/// A fingerprint as an int, for pickles. Empty with an exception set.
Ref fingerprint_object(uint64_t fingerprint);
/// The reverse. False without an exception if the object is no such int.
[[nodiscard]] bool read_fingerprint(PyObject* object, uint64_t& fingerprint);

/// What fingerprint_object() makes of a code object's.
Ref fingerprint_object_of(PyCodeObject* code);

}  // namespace stackless::pickle
