#include "cpython/start_up.hpp"

#include <sys/mman.h>

#include "cpython/python.hpp"

extern "C" {
extern char __data_start[];  // NOLINT(bugprone-reserved-identifier): the linker's names
extern char _end[];          // NOLINT(bugprone-reserved-identifier)
}

namespace stackless::cpython {

namespace {

constexpr uintptr_t page_size = 4096;

PyObjectArenaAllocator stock;

void populate(uintptr_t begin, uintptr_t end) {
    begin &= ~(page_size - 1);
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_WRITE);
}

/// Hands out the first arena populated, for a start fills it; those that follow as they come.
void* allocate_first_arena(void* context, size_t size) {
    void* arena = stock.alloc(context, size);
    if (arena)
        populate(reinterpret_cast<uintptr_t>(arena), reinterpret_cast<uintptr_t>(arena) + size);
    PyObject_SetArenaAllocator(&stock);
    return arena;
}

}  // namespace

void populate_memory() {
    populate(reinterpret_cast<uintptr_t>(__data_start), reinterpret_cast<uintptr_t>(_end));
    PyObject_GetArenaAllocator(&stock);
    PyObjectArenaAllocator first = stock;
    first.alloc = allocate_first_arena;
    PyObject_SetArenaAllocator(&first);
}

}  // namespace stackless::cpython
