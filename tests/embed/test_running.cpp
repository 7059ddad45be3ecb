// Running tasklets within a budget.
#include <gtest/gtest.h>

#include <stackless/stackless.hpp>

using namespace std::chrono_literals;
using stackless::Status;
using stackless::Value;

namespace {

class Running : public testing::Test {
protected:
    stackless::Runtime runtime;

    void SetUp() override {
        runtime.exec(R"(
import stackless

log = []

def counts(name, to):
    for i in range(to):
        log.append((name, i))
        stackless.schedule()

def endless():
    while True:
        pass

def ticks(table, name):
    while True:
        table[name] += 1
        stackless.schedule()
)");
    }
    std::string log() { return runtime.eval("log").repr(); }
};

TEST_F(Running, EndsWhenNothingIsRunnable) {
    EXPECT_EQ(runtime.run().status, Status::idle);
    runtime.start(runtime.eval("counts"), "a", 2);
    runtime.start(runtime.eval("counts"), "b", 1);
    EXPECT_EQ(log(), "[]");
    EXPECT_EQ(runtime.run().status, Status::idle);
    EXPECT_EQ(log(), "[('a', 0), ('b', 0), ('a', 1)]");
}

TEST_F(Running, ABlockedTaskletIsIdle) {
    const stackless::Channel<int> channel;
    const auto tasklet = runtime.start(channel.value().attr("receive"));
    EXPECT_EQ(runtime.run_for(1s).status, Status::idle);
    EXPECT_TRUE(tasklet.blocked());
}

TEST_F(Running, AnEndlessTaskletEndsTheBudgetAndTheOthersGoOn) {
    runtime.exec("table = {'a': 0, 'b': 0}");
    runtime.start(runtime.eval("endless"));
    runtime.start(runtime.eval("ticks"), runtime.eval("table"), "a");
    runtime.start(runtime.eval("ticks"), runtime.eval("table"), "b");
    for (int frame = 0; frame < 6; frame++) {
        EXPECT_EQ(runtime.run_for(1ms).status, Status::budget);
    }
    EXPECT_GT(runtime.eval("table['a']").as<int>(), 1);
    EXPECT_GT(runtime.eval("table['b']").as<int>(), 1);
}

TEST_F(Running, InstructionsAreCountedForAllTogether) {
    runtime.exec("table = {'a': 0, 'b': 0}");
    runtime.start(runtime.eval("ticks"), runtime.eval("table"), "a");
    runtime.start(runtime.eval("ticks"), runtime.eval("table"), "b");
    EXPECT_EQ(runtime.run_instructions(1000).status, Status::budget);
    const int a = runtime.eval("table['a']").as<int>();
    EXPECT_GT(a, 10);
    EXPECT_LT(a, 200);
    // The same program does the same again.
    EXPECT_EQ(runtime.run_instructions(1000).status, Status::budget);
    EXPECT_NEAR(runtime.eval("table['a']").as<int>(), 2 * a, 2);
}

TEST_F(Running, AnExceptionDoesNotRenewTheBudget) {
    int errors = 0;
    runtime.on_error([&](const stackless::Tasklet&, const stackless::Error&) { errors++; });
    runtime.exec("def breeds():\n  stackless.tasklet(breeds)()\n  1 / 0\n");
    runtime.start(runtime.eval("breeds"));
    EXPECT_EQ(runtime.run_instructions(1000).status, Status::budget);
    EXPECT_GT(errors, 10);
    EXPECT_LT(errors, 500);
    EXPECT_EQ(runtime.run_for(1ms).status, Status::budget);
}

TEST_F(Running, AWatchdogReturnsTheRunaway) {
    runtime.start(runtime.eval("counts"), "a", 50);
    const auto endless = runtime.start(runtime.eval("endless"));
    const stackless::RunResult result = runtime.run_watchdog(10'000);
    ASSERT_EQ(result.status, Status::runaway);
    EXPECT_TRUE(result.runaway.value().is(endless.value()));
    EXPECT_FALSE(endless.scheduled());
    EXPECT_EQ(endless.where().substr(0, 15), "endless, line 1");
    result.runaway.kill();
    EXPECT_FALSE(endless.alive());
    EXPECT_EQ(runtime.run_watchdog(10'000).status, Status::idle);
    EXPECT_EQ(runtime.eval("len(log)").as<int>(), 50);
}

TEST_F(Running, AWatchdogKeepsATimeAsWell) {
    runtime.exec("table = {'a': 0}");
    runtime.start(runtime.eval("ticks"), runtime.eval("table"), "a");
    EXPECT_EQ(runtime.run_watchdog(1'000'000, 1ms).status, Status::budget);
}

TEST_F(Running, TaskletsAreCounted) {
    const auto before = runtime.statistics();
    EXPECT_EQ(before.tasklets, 1u);
    EXPECT_EQ(before.runnable, 1u);
    runtime.start(runtime.eval("counts"), "a", 3);
    runtime.start(runtime.eval("counts"), "b", 3);
    EXPECT_EQ(runtime.statistics().tasklets, 3u);
    EXPECT_EQ(runtime.statistics().runnable, 3u);
    runtime.run();
    const auto after = runtime.statistics();
    EXPECT_EQ(after.tasklets, 1u);
    // Into the first; each of the two goes on four times; and back from the last.
    EXPECT_EQ(after.switches - before.switches, 9u);
    EXPECT_GT(after.memory, 1'000'000u);
}

TEST_F(Running, ASnapshotGoesOnInAnotherRuntime) {
    runtime.start(runtime.eval("counts"), "a", 4);
    runtime.run_instructions(30);
    const std::string half = log();
    ASSERT_NE(half, "[]");
    const stackless::Bytes saved = runtime.snapshot(runtime.eval("log"));
    runtime.run();
    const std::string whole = log();
    ASSERT_NE(half, whole);
    runtime.exec("log = None");
    const Value extra = runtime.restore(saved);
    EXPECT_EQ(extra.repr(), half);
    runtime.exec("import __main__");
    runtime.import("__main__").set_attr("log", extra);
    runtime.run();
    EXPECT_EQ(log(), whole);
}

TEST(Snapshots, AreMadeAndRestoredByOneRuntimeAfterTheOther) {
    std::optional<stackless::Bytes> saved;
    for (int i = 1; i <= 3; i++) {
        stackless::Runtime runtime;
        runtime.exec(R"(
import stackless

def counts(log):
    while True:
        try:
            1 / 0
        except ZeroDivisionError as error:
            stackless.schedule_remove()
            log.append(error.__traceback__.tb_lineno)
)");
        Value world;
        if (saved) {
            world = runtime.restore(*saved);
        } else {
            const Value log = runtime.eval("[]");
            world = Value(std::tuple(log, runtime.start(runtime.eval("counts"), log)));
            runtime.run();
        }
        world.item(1).invoke("insert");
        runtime.run();
        EXPECT_EQ(world.item(0).size(), static_cast<size_t>(i));
        saved = runtime.snapshot(world);
    }
}

}  // namespace
