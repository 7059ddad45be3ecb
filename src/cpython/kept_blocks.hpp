// Small blocks of memory that are kept for the next objects that the garbage collector knows, for the attributes of
// instances and for the items of lists: a call of the allocator and one to free the block cost a tenth of what it takes
// to make and destroy an instance (`Pair(1, 2)`: 13 %).
#pragma once

#include <cstdint>

#include "cpython/ints.hpp"

namespace stackless {

/// Blocks of one allocator, by size. They are linked through their first word. The GIL guards them.
template <void* (*allocate)(size_t), void (*release)(void*)>
class KeptBlocks {
public:
    /// A block, which must be given back with the same size or a smaller one. Null if there is no memory.
    void* take(size_t size) {
        void* block = take_kept(size);
        return block != nullptr ? block : allocate(size);
    }

    /// The same out of those that are kept; null if there is none of that size.
    void* take_kept(size_t size) {
        const size_t list = (size - 1) / unit;
        if (list >= lists || !may_reuse_objects()) [[unlikely]]
            return nullptr;
        Block* block = first_[list];
        if (block != nullptr) {
            first_[list] = block->next;
            count_[list]--;
        }
        return block;
    }

    void give_back(void* memory, size_t size) {
        const size_t list = size / unit - 1;
        if (list >= lists || count_[list] >= most || !may_reuse_objects()) [[unlikely]]
            return release(memory);
        auto* block = static_cast<Block*>(memory);
        block->next = first_[list];
        first_[list] = block;
        count_[list]++;
    }

private:
    struct Block {
        Block* next;
    };
    // A block of a size that is no multiple of it serves for smaller ones.
    static constexpr size_t unit = sizeof(void*);
    static constexpr size_t lists = 32;  // up to 256 bytes
    static constexpr uint8_t most = 64;
    Block* first_[lists] = {};
    uint8_t count_[lists] = {};
};

/// For objects, with what goes before them.
inline constinit KeptBlocks<PyObject_Malloc, PyObject_Free> object_blocks;
/// For the attributes of instances and the items of lists.
inline constinit KeptBlocks<PyMem_Malloc, PyMem_Free> memory_blocks;

}  // namespace stackless
