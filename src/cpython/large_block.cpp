// One block of 1 to 4 KiB that is kept for the next one who wants so much. `re` takes such a block for each match that it looks for,
// in re.findall() and re.sub() too, and frees it: malloc() keeps only smaller ones at hand, and takes a quarter of the
// time. libpython's own calls between its object files go this way (--wrap): see docs/internals/replaced-functions.md.
#include <cstddef>
#include <utility>

#include "cpython/ints.hpp"

extern "C" {
void* __real_PyMem_Realloc(void* memory, size_t size);
void __real_PyMem_Free(void* memory);
}

namespace {

/// Larger than what malloc() itself keeps by size.
constexpr size_t least = 1032;
constexpr size_t most = 4096;

struct Block {
    void* memory = nullptr;
    size_t size = 0;
};

// The GIL guards them.
Block kept;
/// The last block that was given out. It is told by its address when it comes back. Only libpython's own files free what their
/// PyMem_Realloc() has made, so that it always does come back here.
Block lent;

bool may_be_kept(size_t size) {
    return size > least && size <= most && stackless::may_reuse_objects();
}

void* lend(size_t size) {
    if (kept.size >= size) {
        lent = std::exchange(kept, {});
        return lent.memory;
    }
    void* memory = __real_PyMem_Realloc(nullptr, size);
    lent = {memory, memory == nullptr ? 0 : size};
    return memory;
}

void* resize_lent(size_t size) {
    if (size > least && size <= lent.size)
        return lent.memory;
    void* memory = __real_PyMem_Realloc(lent.memory, size);
    if (memory != nullptr) {
        lent = may_be_kept(size) ? Block{memory, size} : Block{};
    }
    return memory;
}

void take_back() {
    Block block = std::exchange(lent, {});
    if (may_be_kept(block.size)) {
        std::swap(block, kept);
    }
    __real_PyMem_Free(block.memory);
}

}  // namespace

extern "C" {

void* __wrap_PyMem_Realloc(void* memory, size_t size) {
    if (memory == nullptr && may_be_kept(size)) [[unlikely]]
        return lend(size);
    if (memory != nullptr && memory == lent.memory) [[unlikely]]
        return resize_lent(size);
    return __real_PyMem_Realloc(memory, size);
}

void __wrap_PyMem_Free(void* memory) {
    if (memory != nullptr && memory == lent.memory) [[unlikely]]
        return take_back();
    __real_PyMem_Free(memory);
}

}  // extern "C"
