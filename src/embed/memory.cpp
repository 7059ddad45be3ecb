#include "embed/memory.hpp"

#include <malloc.h>
#include <atomic>
#include <cstdlib>
#include <string_view>

#include "cpython/python.hpp"

namespace stackless::memory {

namespace {

// Blocks are allocated without the GIL as well.
std::atomic<ptrdiff_t> bytes{0};
std::atomic<size_t> most{0};
std::atomic<size_t> reserve{0};

constexpr size_t reserve_size = size_t{1} << 20;

bool fits(size_t size) {
    const size_t limit = most.load(std::memory_order_relaxed);
    return limit == 0 || used() + size <= limit + reserve.load(std::memory_order_relaxed);
}

void add(ptrdiff_t size) {
    bytes.fetch_add(size, std::memory_order_relaxed);
}

ptrdiff_t size_of(void* block) {
    return static_cast<ptrdiff_t>(malloc_usable_size(block));
}

/// As CPython's own: a block of no bytes is one nevertheless.
size_t at_least_one(size_t size) {
    return size == 0 ? 1 : size;
}

void* counted(void* block) {
    if (block != nullptr) {
        add(size_of(block));
    }
    return block;
}

void* allocate(void*, size_t size) {
    return fits(size) ? counted(std::malloc(at_least_one(size))) : nullptr;
}

void* allocate_zeroed(void*, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total) || !fits(total))
        return nullptr;
    return counted(std::calloc(1, at_least_one(total)));
}

void* reallocate(void* context, void* block, size_t size) {
    if (block == nullptr)
        return allocate(context, size);
    const ptrdiff_t old_size = size_of(block);
    // What becomes smaller always fits.
    if (size > static_cast<size_t>(old_size) && !fits(size - static_cast<size_t>(old_size)))
        return nullptr;
    void* moved = std::realloc(block, at_least_one(size));
    if (moved != nullptr) {
        add(size_of(moved) - old_size);
    }
    return moved;
}

void release(void*, void* block) {
    if (block != nullptr) {
        add(-size_of(block));
        std::free(block);
    }
}

PyMemAllocatorEx counting_allocator{nullptr, allocate, allocate_zeroed, reallocate, release};

PyObjectArenaAllocator arenas{};

void* allocate_arena(void*, size_t size) {
    void* arena = fits(size) ? arenas.alloc(arenas.ctx, size) : nullptr;
    if (arena != nullptr) {
        add(static_cast<ptrdiff_t>(size));
    }
    return arena;
}

void release_arena(void*, void* arena, size_t size) {
    add(-static_cast<ptrdiff_t>(size));
    arenas.free(arenas.ctx, arena, size);
}

void count_arenas() {
    if (arenas.alloc != nullptr)
        return;
    PyObject_GetArenaAllocator(&arenas);
    PyObjectArenaAllocator counting{nullptr, allocate_arena, release_arena};
    PyObject_SetArenaAllocator(&counting);
}

}  // namespace

void begin_counting() {
    const char* current = _PyMem_GetCurrentAllocatorName();
    if (current == nullptr)
        return;  // counted already
    const std::string_view name(current);
    count_arenas();
    if (name.starts_with("malloc")) {
        PyMem_SetAllocator(PYMEM_DOMAIN_OBJ, &counting_allocator);
        PyMem_SetAllocator(PYMEM_DOMAIN_MEM, &counting_allocator);
    }
    if (name.ends_with("_debug")) {
        // They come in front of ours, as they were in front of the one before.
        PyMem_SetupDebugHooks();
    }
    // Not in front of this one: a debug build changes what is behind them each time it needs an allocator of its own.
    PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &counting_allocator);
}

size_t used() {
    const ptrdiff_t now = bytes.load(std::memory_order_relaxed);
    // What has been allocated before the counting began is freed too.
    return now < 0 ? 0 : static_cast<size_t>(now);
}

void set_limit(size_t limit) {
    most = limit;
}

size_t limit() {
    return most;
}

Reserve::Reserve() {
    reserve += reserve_size;
}

Reserve::~Reserve() {
    reserve -= reserve_size;
}

}  // namespace stackless::memory
