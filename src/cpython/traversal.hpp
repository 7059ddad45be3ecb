// How the garbage collector sees what the most common objects refer to.
#pragma once

namespace stackless {

/// Makes collections faster. To be called before Python is initialised; once is enough.
void adapt_traversal();

}  // namespace stackless
