// What makes the program start sooner.
#pragma once

namespace stackless::cpython {

/// Moves the data of the program (types, frozen modules) and the first arenas of CPython's allocator to huge pages, where
/// the system has them: every start touches most of them, and would wait for 600 small pages one by one. Elsewhere
/// lets the kernel map what it can in one go. A start gains 5 %, an isolated one 8 %. Lets malloc() keep up to 64 MiB that
/// have been freed, and CPython's allocator 16 MiB, for what comes next. To be called before Python is initialised.
void prepare_memory();

/// Keeps the garbage collector from looking for garbage while Python is initialised: it would find next to none. To be
/// called before. A start gains 2 %.
void put_off_collections();

/// Takes the objects that there are now for old ones, as those collections would have done. To be called after
/// Python has been initialised.
void age_objects();

}  // namespace stackless::cpython
