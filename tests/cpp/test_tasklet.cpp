// What a tasklet counts for stackless.ps().
#include <gtest/gtest.h>

#include <ctime>

#include "tasklet/tasklet.hpp"

namespace stackless {

namespace {

TEST(Tasklet, CountOfSwitchesStaysAtItsLargestValue) {
    Tasklet tasklet{};
    tasklet.count_switch();
    EXPECT_EQ(tasklet.switches, 1U);
    tasklet.switches = UINT32_MAX - 1;
    tasklet.count_switch();
    EXPECT_EQ(tasklet.switches, UINT32_MAX);
    tasklet.count_switch();
    EXPECT_EQ(tasklet.switches, UINT32_MAX);
}

TEST(Tasklet, AgeIsTheTimeSinceItWasMade) {
    Tasklet tasklet{};
    const time_t before = time(nullptr);
    tasklet.made_at = static_cast<uint32_t>(before - 100);
    EXPECT_GE(tasklet.age(), 100);
    EXPECT_LE(tasklet.age(), 100 + (time(nullptr) - before));
}

TEST(Tasklet, AgeIsZeroIfTheClockHasBeenSetBack) {
    Tasklet tasklet{};
    tasklet.made_at = static_cast<uint32_t>(time(nullptr) + 1000);
    EXPECT_EQ(tasklet.age(), 0);
}

}  // namespace

}  // namespace stackless
