// str.split() and str.splitlines() of ASCII text: see docs/internals/replaced-functions.md.
#pragma once

namespace stackless {

/// Replaces both methods of str. To be called before Python is initialised; once is enough.
void adapt_splitting();

}  // namespace stackless
