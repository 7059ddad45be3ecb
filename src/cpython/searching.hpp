// Searching bytes in bytes, and strings in strings.
#pragma once

namespace stackless {

/// Lets bytes.replace(), and str.find() in Latin-1, look at sixteen places at a time. To be called before Python is
/// initialised; once is enough. find(), count() and `in` of bytes and bytearrays do so anyway.
void adapt_searching();

}  // namespace stackless
