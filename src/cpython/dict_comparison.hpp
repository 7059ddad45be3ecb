// Comparing dicts.
#pragma once

namespace stackless {

/// Lets `==` and `!=` of dicts find equal keys where they are, if the dicts have them in the same order, without looking them up.
/// To be called before Python is initialised; once is enough.
void adapt_dict_comparison();

}  // namespace stackless
