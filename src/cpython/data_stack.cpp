// The memory that frames live in. CPython gives each thread chunks of 16 KiB, mapped one by one; a
// tasklet would pin one of them. These functions take the place of CPython's: a thread's own frames
// live in chunks as before, a tasklet's in chunks that are as small as its frames.
#include "cpython/data_stack.hpp"

#include <algorithm>
#include <utility>

namespace stackless {

namespace {

/// Sizes of chunks in bytes. Those of threads are multiples of the first, and freed as CPython
/// frees them when the thread ends; those of tasklets never are, which tells the two apart.
constexpr size_t thread_chunk = 16 * 1024;
constexpr size_t header = offsetof(_PyStackChunk, data);
/// Chunks of a tasklet that has many: room for several frames each.
constexpr size_t larger_chunk = 2 * 1024;
constexpr int exact_chunks = 4;

bool belongs_to_thread(const _PyStackChunk* chunk) {
    return chunk->size % thread_chunk == 0;
}

bool grows_thread_stack(const PyThreadState* ts) {
    return ts->datastack_chunk != nullptr ? belongs_to_thread(ts->datastack_chunk)
                                          : ts->datastack_top == nullptr;
}

bool has_many_chunks(const _PyStackChunk* chunk) {
    int count = 0;
    while (chunk != nullptr && count < exact_chunks) {
        chunk = chunk->previous;
        count++;
    }
    return count == exact_chunks;
}

size_t tasklet_chunk_size(const _PyStackChunk* last, size_t needed) {
    size_t size = has_many_chunks(last) ? std::max(needed, larger_chunk) : needed;
    size = (size + 15) & ~size_t{15};
    return size % thread_chunk == 0 ? size + 16 : size;
}

/// The chunks of tasklets that were given back last, an exact one and a larger one, if nobody has them: a tasklet that
/// calls in a loop finds its chunk again, and takes up to 10 % less time. Under the GIL.
_PyStackChunk* spare_chunks[2] = {};

_PyStackChunk*& spare_for(size_t size) {
    return spare_chunks[size >= larger_chunk];
}

/// Chunks hardly larger than needed: what a tasklet has stays in use while it waits.
bool fits(const _PyStackChunk* chunk, size_t size) {
    return chunk->size >= size && chunk->size <= size + size / 4;
}

void* allocate_tasklet_chunk(size_t& size) {
    _PyStackChunk*& spare = spare_for(size);
    if (spare != nullptr && fits(spare, size)) {
        size = spare->size;
        return std::exchange(spare, nullptr);
    }
    return PyObject_Malloc(size);
}

void free_tasklet_chunk(_PyStackChunk* chunk) {
    if (_PyStackChunk* replaced = std::exchange(spare_for(chunk->size), chunk)) {
        PyObject_Free(replaced);
    }
}

_PyStackChunk* allocate_chunk(PyThreadState* ts, size_t needed) {
    size_t size;
    void* memory;
    if (grows_thread_stack(ts)) {
        size = thread_chunk;
        // Room for a few such frames, so that a loop of calls does not map memory each time.
        while (size < needed * 2) {
            size *= 2;
        }
        memory = _PyObject_VirtualAlloc(size);
    } else {
        size = tasklet_chunk_size(ts->datastack_chunk, needed);
        memory = allocate_tasklet_chunk(size);
    }
    auto* chunk = static_cast<_PyStackChunk*>(memory);
    if (chunk != nullptr) {
        chunk->previous = ts->datastack_chunk;
        chunk->size = size;
        chunk->top = 0;
    }
    return chunk;
}

void free_chunk(_PyStackChunk* chunk) {
    if (belongs_to_thread(chunk)) {
        _PyObject_VirtualFree(chunk, chunk->size);
    } else {
        free_tasklet_chunk(chunk);
    }
}

PyObject** end_of(_PyStackChunk* chunk) {
    return reinterpret_cast<PyObject**>(reinterpret_cast<char*>(chunk) + chunk->size);
}

}  // namespace

PyObject* no_tasklet_chunk[1];

bool ensure_thread_chunk(PyThreadState* ts) {
    if (ts->datastack_chunk != nullptr)
        return true;
    Frame* room = _PyThreadState_BumpFramePointer(ts, 1);
    if (room == nullptr)
        return false;
    _PyThreadState_PopFrame(ts, room);
    return true;
}

[[gnu::noinline]] Frame* take_room_in_another_chunk(PyThreadState* ts, size_t size) {
    _PyStackChunk* current = ts->datastack_chunk;
    if (current != nullptr &&
        static_cast<size_t>(ts->datastack_limit - ts->datastack_top) >= size) {
        auto* frame = reinterpret_cast<Frame*>(ts->datastack_top);
        ts->datastack_top += size;
        return frame;
    }
    _PyStackChunk* chunk = allocate_chunk(ts, header + (size + 1) * sizeof(PyObject*));
    if (chunk == nullptr)
        return nullptr;
    if (current != nullptr) {
        current->top = static_cast<size_t>(ts->datastack_top - &current->data[0]);
    }
    // The first chunk of a thread stays until the thread ends: its first word is left out, so that
    // no frame begins where the chunk does.
    PyObject** base = &chunk->data[0];
    if (current == nullptr && belongs_to_thread(chunk)) {
        base++;
    }
    ts->datastack_chunk = chunk;
    ts->datastack_top = base + size;
    ts->datastack_limit = end_of(chunk);
    return reinterpret_cast<Frame*>(base);
}

}  // namespace stackless

/// Room for `size` words where the current chunk has not enough. Null with MemoryError set.
extern "C" _PyInterpreterFrame* _PyThreadState_BumpFramePointerSlow(PyThreadState* ts,
                                                                    size_t size) {
    _PyInterpreterFrame* frame = stackless::take_room_in_another_chunk(ts, size);
    if (frame == nullptr) {
        PyErr_NoMemory();
    }
    return frame;
}

/// Gives back the room of the topmost frame, with its chunk if it was the first in it.
extern "C" void _PyThreadState_PopFrame(PyThreadState* ts, _PyInterpreterFrame* frame) {
    using namespace stackless;
    auto** base = reinterpret_cast<PyObject**>(frame);
    _PyStackChunk* chunk = ts->datastack_chunk;
    if (base != &chunk->data[0]) {
        ts->datastack_top = base;
        return;
    }
    _PyStackChunk* previous = chunk->previous;
    if (previous == nullptr) {
        set_empty_tasklet_stack(ts);
    } else {
        ts->datastack_chunk = previous;
        ts->datastack_top = &previous->data[previous->top];
        ts->datastack_limit = end_of(previous);
    }
    free_chunk(chunk);
}
