// Frames of tasklets live in chunks that are as small as they are, and that are given back with them.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "cpython/data_stack.hpp"
#include "cpython/python.hpp"
#include "cpython/thread_fields.hpp"
#include "python_code.hpp"
#include "tasklet/tasklet.hpp"

namespace stackless::test {

namespace {

constexpr size_t thread_chunk = 16 * 1024;

/// Bytes that the chunks of the thread's data stack have in all.
size_t total_size(const PyThreadState* ts) {
    size_t size = 0;
    for (_PyStackChunk* chunk = ts->datastack_chunk; chunk != nullptr; chunk = chunk->previous) {
        size += chunk->size;
    }
    return size;
}

/// The thread with the data stack of a tasklet that has not run.
class DataStackOfATasklet : public testing::Test {
protected:
    DataStackOfATasklet() {
        EXPECT_TRUE(ensure_thread_chunk(ts_));
        fields_.exchange_data_stack(ts_);
    }
    ~DataStackOfATasklet() override { fields_.exchange_data_stack(ts_); }

    Frame* push(size_t words) { return _PyThreadState_BumpFramePointer(ts_, words); }
    void pop(Frame* frame) { _PyThreadState_PopFrame(ts_, frame); }

    PyThreadState* ts_ = PyThreadState_Get();

private:
    ThreadFields fields_{};
};

TEST_F(DataStackOfATasklet, HoldsNothingAtFirst) {
    EXPECT_EQ(ts_->datastack_chunk, nullptr);
}

TEST_F(DataStackOfATasklet, FirstFramesHaveNoSpareRoom) {
    constexpr size_t words = 20;
    Frame* first = push(words);
    Frame* second = push(words);
    ASSERT_TRUE(first != nullptr && second != nullptr);
    EXPECT_LT(total_size(ts_), 2 * words * sizeof(PyObject*) + 100);
    pop(second);
    pop(first);
}

TEST_F(DataStackOfATasklet, ManyFramesShareChunks) {
    constexpr size_t words = 20;
    std::vector<Frame*> frames;
    for (int i = 0; i < 200; i++) {
        frames.push_back(push(words));
        ASSERT_NE(frames.back(), nullptr);
    }
    int chunks = 0;
    for (_PyStackChunk* chunk = ts_->datastack_chunk; chunk != nullptr; chunk = chunk->previous) {
        chunks++;
    }
    EXPECT_LT(chunks, 50);
    while (!frames.empty()) {
        pop(frames.back());
        frames.pop_back();
    }
}

TEST_F(DataStackOfATasklet, GivesItsMemoryBack) {
    const Py_ssize_t before = _Py_GetAllocatedBlocks();
    std::vector<Frame*> frames;
    for (size_t words = 12; words < 400; words += 7) {
        frames.push_back(push(words));
    }
    while (!frames.empty()) {
        pop(frames.back());
        frames.pop_back();
    }
    EXPECT_EQ(ts_->datastack_chunk, nullptr);
    EXPECT_EQ(_Py_GetAllocatedBlocks(), before);
}

TEST_F(DataStackOfATasklet, FramesDoNotOverlap) {
    std::vector<std::pair<Frame*, size_t>> frames;
    for (size_t words = 12; words < 100; words += 5) {
        Frame* frame = push(words);
        auto** begin = reinterpret_cast<PyObject**>(frame);
        std::fill(begin, begin + words, reinterpret_cast<PyObject*>(words));
        frames.emplace_back(frame, words);
    }
    for (; !frames.empty(); frames.pop_back()) {
        auto [frame, words] = frames.back();
        auto** begin = reinterpret_cast<PyObject**>(frame);
        for (size_t i = 0; i < words; i++) {
            ASSERT_EQ(begin[i], reinterpret_cast<PyObject*>(words));
        }
        pop(frame);
    }
}

// What tells the two kinds of chunks apart is their size.
TEST_F(DataStackOfATasklet, LargeFramesAreNotTakenForAThreads) {
    for (size_t bytes = thread_chunk - 64; bytes <= thread_chunk; bytes += sizeof(PyObject*)) {
        Frame* frame = push(bytes / sizeof(PyObject*));
        ASSERT_NE(frame, nullptr);
        EXPECT_NE(ts_->datastack_chunk->size % thread_chunk, 0u);
        pop(frame);
        EXPECT_EQ(ts_->datastack_chunk, nullptr);
    }
}

TEST(DataStackOfAThread, ConsistsOfLargeChunks) {
    PyThreadState* ts = PyThreadState_Get();
    Frame* frame = _PyThreadState_BumpFramePointer(ts, 2 * thread_chunk / sizeof(PyObject*));
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(ts->datastack_chunk->size % thread_chunk, 0u);
    const size_t with_frame = total_size(ts);
    _PyThreadState_PopFrame(ts, frame);
    EXPECT_LT(total_size(ts), with_frame);
}

TEST(DataStackOfATaskletInPython, IsAsLargeAsItsCalls) {
    const Ref names = run(R"py(
import stackless

def outer(channel):
    return inner(channel)

def inner(channel):
    return channel.receive()

channel = stackless.channel()
tasklet = stackless.tasklet(outer)(channel)
stackless.run()
)py");
    ASSERT_TRUE(names);
    PyThreadState* ts = PyThreadState_Get();
    auto* tasklet = as_tasklet(variable(names, "tasklet"));
    ASSERT_TRUE(tasklet->is_blocked());
    tasklet->fields.exchange_data_stack(ts);
    const size_t size = total_size(ts);
    tasklet->fields.exchange_data_stack(ts);
    EXPECT_GT(size, 0u);
    EXPECT_LT(size, 400u);
}

}  // namespace

}  // namespace stackless::test
