// Making bytes of memoryviews.
#pragma once

namespace stackless {

/// Lets bytes() of a memoryview copy its memory without a tuple of arguments and a buffer. To be called before Python is
/// initialised; once is enough.
void adapt_bytes_construction();

}  // namespace stackless
