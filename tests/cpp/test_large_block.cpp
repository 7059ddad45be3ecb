// PyMem_Realloc() and PyMem_Free() keep a block of 1 to 4 KiB for the next one who wants so much.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "cpython/ints.hpp"
#include "cpython/python.hpp"
#include "python_code.hpp"

namespace stackless::test {

namespace {

constexpr size_t size = 1124;

void* new_block(size_t wanted = size) {
    void* block = PyMem_Realloc(nullptr, wanted);
    std::memset(block, 1, wanted);
    return block;
}

TEST(LargeBlock, IsKeptForTheNext) {
    if (!may_reuse_objects())
        GTEST_SKIP() << "a debug build frees memory at once";
    void* first = new_block(3000);
    PyMem_Free(first);
    void* other = std::malloc(3000);
    EXPECT_NE(first, other);
    void* second = new_block(1100);
    EXPECT_EQ(first, second);
    PyMem_Free(second);
    std::free(other);
}

TEST(LargeBlock, TwoAreTwo) {
    void* first = new_block();
    void* second = new_block();
    EXPECT_NE(first, second);
    PyMem_Free(first);
    PyMem_Free(second);
}

TEST(LargeBlock, KeepsItsContentWhenItGrows) {
    auto* block = static_cast<char*>(new_block());
    for (const size_t wanted :
         {size_t{1200}, size_t{2000}, size_t{4000}, size_t{100'000}, size_t{64}}) {
        block = static_cast<char*>(PyMem_Realloc(block, wanted));
        ASSERT_NE(block, nullptr);
        EXPECT_EQ(block[0], 1);
        EXPECT_EQ(block[63], 1);
    }
    PyMem_Free(block);
    void* next = new_block();
    EXPECT_NE(next, nullptr);
    PyMem_Free(next);
}

TEST(LargeBlock, IsGivenBackWhileMemoryIsTraced) {
    ASSERT_TRUE(run("import tracemalloc; tracemalloc.start()"));
    void* block = new_block(3333);
    PyMem_Free(block);
    const Ref names =
        run("import tracemalloc\n"
            "sizes = [trace.size for trace in tracemalloc.take_snapshot().traces]\n"
            "tracemalloc.stop()\n"
            "is_there = 3333 in sizes");
    ASSERT_TRUE(names);
    EXPECT_EQ(variable(names, "is_there"), Py_False);
}

TEST(LargeBlock, NothingIsFreed) {
    PyMem_Free(nullptr);
    void* small = PyMem_Realloc(nullptr, 10);
    EXPECT_NE(small, nullptr);
    PyMem_Free(small);
}

}  // namespace

}  // namespace stackless::test
