// The data stacks of tasklets, as far as a switch has to know them; see data_stack.cpp.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// Where datastack_top and datastack_limit of a tasklet point that has no chunk: there is no room, and
/// they are not null, as a thread's are before its first frame.
extern PyObject* no_tasklet_chunk[1];

inline void set_empty_tasklet_stack(PyThreadState* ts) {
    ts->datastack_chunk = nullptr;
    ts->datastack_top = no_tasklet_chunk;
    ts->datastack_limit = no_tasklet_chunk;
}

/// Room for a frame of `size` words where the current chunk has not enough. Null, without an exception, if there is no memory.
Frame* take_room_in_another_chunk(PyThreadState* ts, size_t size);

/// Makes sure that a thread has its first chunk, which stays until it ends: from then on, no chunk
/// means a tasklet that has not run. False with MemoryError set.
[[nodiscard]] bool ensure_thread_chunk(PyThreadState* ts);

}  // namespace stackless
