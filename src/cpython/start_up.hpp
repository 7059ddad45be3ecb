// What makes the program start sooner.
#pragma once

namespace stackless::cpython {

/// Lets the kernel map in one go the memory that every start touches page by page: the data of the program (types,
/// frozen modules), and the first arena of CPython's allocator. To be called before Python is initialised.
///
/// Of 780 page faults 250 are left, and a start gains 4 %. Before Linux 5.14, which cannot do it, nothing changes.
void populate_memory();

}  // namespace stackless::cpython
