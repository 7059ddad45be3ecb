// Making dicts of pairs and of keys.
#pragma once

namespace stackless {

/// Lets dict() of a list, tuple or zip of pairs, and dict.fromkeys() of a list or tuple, insert without a call for each. To
/// be called before Python is initialised; once is enough.
void adapt_dict_construction();

}  // namespace stackless
