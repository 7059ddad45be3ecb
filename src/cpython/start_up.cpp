#include "cpython/start_up.hpp"

#include <malloc.h>
#include <sys/mman.h>

#include <array>
#include <cstring>

#include "cpython/garbage.hpp"

extern "C" {
extern char __data_start[];  // NOLINT(bugprone-reserved-identifier): the linker's names
extern char _edata[];        // NOLINT(bugprone-reserved-identifier)
extern char _end[];          // NOLINT(bugprone-reserved-identifier)
}

namespace stackless::cpython {

namespace {

constexpr uintptr_t page_size = 4096;
constexpr uintptr_t huge_page_size = 2 << 20;

uintptr_t round_down(uintptr_t address, uintptr_t size) {
    return address & ~(size - 1);
}

uintptr_t round_up(uintptr_t address, uintptr_t size) {
    return round_down(address + size - 1, size);
}

uintptr_t address_of(const void* pointer) {
    return reinterpret_cast<uintptr_t>(pointer);
}

void* pointer_to(uintptr_t address) {
    return reinterpret_cast<void*>(address);
}

void populate(uintptr_t begin, uintptr_t end) {
    begin = round_down(begin, page_size);
    madvise(pointer_to(begin), end - begin, MADV_POPULATE_WRITE);
}

/// Memory that may become a huge page when it is touched. 0 if there is none.
uintptr_t map_huge_page() {
    void* mapped = mmap(nullptr, 2 * huge_page_size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        return 0;
    const uintptr_t begin = address_of(mapped);
    const uintptr_t page = round_up(begin, huge_page_size);
    if (page != begin) {
        munmap(mapped, page - begin);
    }
    munmap(pointer_to(page + huge_page_size), begin + huge_page_size - page);
    madvise(pointer_to(page), huge_page_size, MADV_HUGEPAGE);
    return page;
}

// ---- The program's data

/// Takes these addresses if nothing is there yet.
bool reserve(uintptr_t begin, uintptr_t end) {
    if (begin == end)
        return true;
    void* wanted = pointer_to(begin);
    void* given = mmap(wanted, end - begin, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (given == wanted)
        return true;
    if (given != MAP_FAILED) {
        munmap(given, end - begin);
    }
    return false;
}

/// Copies what has been written to, which little of the memory that begins with zeros has.
bool copy_written_pages(uintptr_t begin, uintptr_t end, uintptr_t target) {
    std::array<unsigned char, huge_page_size / page_size> written;
    if (mincore(pointer_to(begin), end - begin, written.data()) != 0)
        return false;
    for (uintptr_t offset = 0; offset < end - begin; offset += page_size) {
        if ((written[offset / page_size] & 1) != 0) {
            std::memcpy(pointer_to(target + offset), pointer_to(begin + offset), page_size);
        }
    }
    return true;
}

/// Moves the data to a huge page, at the address where they are. False if they have to stay as they are: the linker has
/// not given them a huge page of addresses of their own, or the heap begins there, as it does in a debugger.
bool move_data_to_huge_page() {
    const uintptr_t begin = round_down(address_of(__data_start), page_size);
    const uintptr_t zeros = round_down(address_of(_edata), page_size);
    const uintptr_t end = round_up(address_of(_end), page_size);
    const uintptr_t place = round_down(begin, huge_page_size);
    if (end - place > huge_page_size || !reserve(place, begin) ||
        !reserve(end, place + huge_page_size))
        return false;
    const uintptr_t page = map_huge_page();
    if (page == 0)
        return false;
    const uintptr_t copy = page + (begin - place);
    populate(copy, copy + (zeros - begin));
    std::memcpy(pointer_to(copy), pointer_to(begin), zeros - begin);
    if (copy_written_pages(zeros, end, copy + (zeros - begin)) &&
        mremap(pointer_to(page), huge_page_size, huge_page_size, MREMAP_MAYMOVE | MREMAP_FIXED,
               pointer_to(place)) != MAP_FAILED)
        return true;
    munmap(pointer_to(page), huge_page_size);
    return false;
}

// ---- Arenas of CPython's allocator

PyObjectArenaAllocator stock;
/// What is left of the huge page.
uintptr_t next_arena;
uintptr_t end_of_arenas;
/// Arenas that have been freed, with their pages: a program whose memory grows and shrinks gains 2 %. CPython allocates them
/// with the GIL held. (Chunks of a thread's frames come from here too.)
constexpr size_t arena_size = 1 << 20;
std::array<void*, 16> kept_arenas;
size_t kept_count;

/// Takes an arena from those that have been freed, from the huge page, or from the system as CPython does.
void* allocate_arena(void* context, size_t size) {
    if (size == arena_size && kept_count != 0)
        return kept_arenas[--kept_count];
    if (end_of_arenas - next_arena < size)
        return stock.alloc(context, size);
    const uintptr_t arena = next_arena;
    next_arena += size;
    populate(arena, next_arena);
    return pointer_to(arena);
}

void free_arena(void* context, void* arena, size_t size) {
    if (size != arena_size || kept_count == kept_arenas.size()) {
        stock.free(context, arena, size);
    } else {
        kept_arenas[kept_count++] = arena;
    }
}

void prepare_arenas() {
    next_arena = map_huge_page();
    end_of_arenas = next_arena == 0 ? 0 : next_arena + huge_page_size;
    PyObject_GetArenaAllocator(&stock);
    PyObjectArenaAllocator keeping = {stock.ctx, allocate_arena, free_arena};
    PyObject_SetArenaAllocator(&keeping);
}

// ---- malloc()

/// Where malloc() ends up by itself in a program that has freed a large block. Until then it gives memory back as soon
/// as it is free, which costs a page fault for each page of the next list, dictionary or syntax tree. Programs with large
/// lists and dictionaries gain 3 to 9 %, compiling a large source 15 %.
void keep_freed_blocks() {
    constexpr int largest_kept_block = 32 << 20;
    mallopt(M_MMAP_THRESHOLD, largest_kept_block);
    mallopt(M_TRIM_THRESHOLD, 2 * largest_kept_block);
}

// ---- The garbage collector

/// The main interpreter's.
_gc_runtime_state& collector() {
    return _PyRuntime._main_interpreter.gc;
}

/// Appends all objects of a generation to another one's.
void merge(gc_generation& from, gc_generation& into) {
    PyGC_Head* source = &from.head;
    PyGC_Head* target = &into.head;
    PyGC_Head* first = _PyGCHead_NEXT(source);
    if (first == source)
        return;
    PyGC_Head* last = _PyGCHead_PREV(source);
    PyGC_Head* before = _PyGCHead_PREV(target);
    _PyGCHead_SET_NEXT(before, first);
    _PyGCHead_SET_PREV(first, before);
    _PyGCHead_SET_NEXT(last, target);
    _PyGCHead_SET_PREV(target, last);
    _PyGCHead_SET_NEXT(source, source);
    _PyGCHead_SET_PREV(source, source);
}

}  // namespace

void prepare_memory() {
    if (!move_data_to_huge_page()) {
        populate(address_of(__data_start), address_of(_edata));
    }
    prepare_arenas();
    keep_freed_blocks();
}

void put_off_collections() {
#ifndef Py_DEBUG  // with it, Python asserts that nothing has been counted before it is initialised
    constexpr int more_than_a_start_makes = 200'000;
    collector().generations[0].count = -more_than_a_start_makes;
#endif
}

void age_objects() {
    gc_generation* generations = collector().generations;
    for (int i = 0; i < NUM_GENERATIONS - 1; i++) {
        merge(generations[i], generations[NUM_GENERATIONS - 1]);
        generations[i].count = 0;
    }
}

}  // namespace stackless::cpython
