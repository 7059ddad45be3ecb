// Sorting by numbers and short strings without comparing them.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// Sorts `count` values by their keys as list.sort() does, if that is quicker than comparing, for which the keys have to be
/// many ints of up to 60 bits, floats or strings of up to 8 Latin-1 characters, all of one class, and in no order yet.
/// A thousand take a third to a sixth of the time, ten thousand a tenth. `keys` may be the values. False, and nothing
/// has changed, if it is not.
[[nodiscard]] bool sort_by_digits(PyObject** values, PyObject* const* keys, Py_ssize_t count,
                                  bool reverse);

/// Lets list.sort(), and so sorted(), sort like that where they are given no key function. To be called before
/// Python is initialised; once is enough.
void adapt_sorting();

}  // namespace stackless
