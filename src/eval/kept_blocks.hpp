// Small blocks of memory that are kept for the next instances of classes in Python, and the items of lists: a call of the
// allocator and one to free the block cost a tenth of what it takes to make and destroy an instance (`Pair(1, 2)`: 13 %).
#pragma once

#include <cstdint>

#include "cpython/ints.hpp"

namespace stackless::eval {

/// Blocks of one allocator, by size. They are linked through their first word. The GIL guards them.
template <void* (*allocate)(size_t), void (*release)(void*)>
class KeptBlocks {
public:
    /// A block, which must be given back with the same size or a smaller one. Null if there is no memory.
    void* take(size_t size) {
        const size_t list = (size - 1) / unit;
        if (list < lists && may_reuse_objects()) [[likely]] {
            if (Block* block = first_[list]) {
                first_[list] = block->next;
                count_[list]--;
                return block;
            }
        }
        return allocate(size);
    }

    void give_back(void* memory, size_t size) {
        const size_t list = (size - 1) / unit;
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
    // All sizes are multiples of it, and other allocators than CPython's give no more than is asked for.
    static constexpr size_t unit = sizeof(void*);
    static constexpr size_t lists = 32;  // up to 256 bytes
    static constexpr uint8_t most = 64;
    Block* first_[lists] = {};
    uint8_t count_[lists] = {};
};

/// For the attributes of instances and the items of lists.
inline constinit KeptBlocks<PyMem_Malloc, PyMem_Free> memory_blocks;

}  // namespace stackless::eval
