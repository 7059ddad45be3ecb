// The bounds of the C stack that a thread runs on.
#include <gtest/gtest.h>
#include <pthread.h>

#include <thread>

#include "cstack/limits.hpp"

namespace stackless::cstack {

namespace {

/// As the C library finds them.
Bounds reported_bounds() {
    pthread_attr_t attributes;
    pthread_getattr_np(pthread_self(), &attributes);
    void* low = nullptr;
    size_t size = 0;
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
    const auto begin = reinterpret_cast<uintptr_t>(low);
    return {begin, begin + size};
}

constexpr uintptr_t page = 4096;

TEST(Limits, MainThreadStackEndsWhereTheCLibrarySays) {
    const Bounds bounds = thread_bounds();
    const Bounds reported = reported_bounds();
    // The C library leaves out what the kernel has put above the first frame, all but what is in the same page.
    EXPECT_GT(bounds.high + page, reported.high);
    EXPECT_GE(bounds.low + page, reported.low);
    EXPECT_LT(bounds.low, reported.low + page);
}

TEST(Limits, OtherThreadsHaveTheirOwnBounds) {
    Bounds bounds{};
    Bounds reported{};
    std::thread([&] {
        bounds = thread_bounds();
        reported = reported_bounds();
    }).join();
    EXPECT_EQ(bounds.low, reported.low);
    EXPECT_EQ(bounds.high, reported.high);
    EXPECT_NE(bounds.high, thread_bounds().high);
}

}  // namespace

}  // namespace stackless::cstack
