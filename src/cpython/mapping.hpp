// map(): how it calls builtin functions.
#pragma once

namespace stackless {

/// Lets map() call builtin functions and methods directly. To be called before Python is initialised; once is enough.
void adapt_mapping();

}  // namespace stackless
