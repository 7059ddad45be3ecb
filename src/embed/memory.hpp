// How much memory the interpreter takes, and a limit for it.
//
// Small objects come from CPython's arenas, all else from malloc(): so the arenas and the larger blocks are
// counted, and allocating a small object costs nothing more.
#pragma once

#include <cstddef>

namespace stackless::memory {

/// To be called between Py_PreInitialize() and the start of the interpreter.
void begin_counting();

/// The bytes that the interpreter has of the system.
size_t used();

/// From now on, an allocation that would take more bytes than this fails; 0 for no limit.
void set_limit(size_t bytes);
size_t limit();

/// While it exists, there is a little more memory: for telling what has happened.
class Reserve {
public:
    Reserve();
    ~Reserve();
    Reserve(const Reserve&) = delete;
    Reserve& operator=(const Reserve&) = delete;
};

}  // namespace stackless::memory
