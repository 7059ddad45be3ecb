// The part of a crash report that is about tasklets, in a process whose memory is damaged. (The whole
// of such reports is tested in tests/python/test_crash_report.py.)
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "cpython/python.hpp"
#include "python_code.hpp"
#include "tasklet/crash_report.hpp"
#include "tasklet/tasklet.hpp"

namespace stackless::test {

namespace {

constexpr const char* three_tasklets = R"py(
import stackless

def pause():
    stackless.schedule_remove()

def wait(channel):
    channel.receive()

runnable = stackless.tasklet(pause)()
other = stackless.tasklet(pause)()
paused = stackless.tasklet(pause)()
paused.run()
channel = stackless.channel()
blocked = stackless.tasklet(wait)(channel)
blocked.run()
)py";

Tasklet* tasklet_of(const Ref& names, const char* name) {
    return as_tasklet(variable(names, name));
}

/// Lets the report be written to standard error after some damage, and the process end.
template <class Damage>
[[noreturn]] void report_after(Damage damage) {
    const Ref names = run(three_tasklets);
    damage(names);
    report_tasklets(STDERR_FILENO);
    _exit(0);
}

template <class T>
void point_nowhere(T*& pointer) {
    pointer = reinterpret_cast<T*>(0x100);
}

const auto ends_normally = testing::ExitedWithCode(0);

TEST(CrashReportDeathTest, Whole) {
    EXPECT_EXIT(
        report_after([](const Ref&) {}), ends_normally,
        "C stack of tasklet 0x[0-9a-f]+ .*:\n"
        "  #0 0x[0-9a-f]+ [^ ]+ \\(stackless_tests\\)\n"
        "(.*\n)*"
        "Other tasklets:\n"
        "(.*\n)*"
        "  0x[0-9a-f]+ receiving on channel 0x[0-9a-f]+: File \"test.py\", line 8 in wait\n");
}

TEST(CrashReportDeathTest, OnceOnly) {
    EXPECT_EXIT(
        {
            int ends[2];
            char byte;
            const Ref names = run(three_tasklets);
            report_tasklets(STDERR_FILENO);
            const bool has_pipe = pipe(ends) == 0;
            report_tasklets(ends[1]);
            close(ends[1]);
            _exit(has_pipe && read(ends[0], &byte, 1) == 0 ? 0 : 1);
        },
        ends_normally, "C stack of tasklet");
}

// Py_FatalError() writes the traceback of the exception then, and no other.
TEST(CrashReportDeathTest, FatalErrorWithAnException) {
    EXPECT_EXIT(
        {
            const Ref names = run(three_tasklets);
            PyRun_String("1 / 0", Py_eval_input, names.get(), names.get());
            Py_FatalError("reason");
        },
        testing::KilledBySignal(SIGABRT),
        "reason(.*\n)*ZeroDivisionError(.*\n)*C stack of tasklet(.*\n)*Other tasklets:");
}

TEST(CrashReportDeathTest, BrokenQueue) {
    EXPECT_EXIT(
        report_after([](const Ref& names) { point_nowhere(tasklet_of(names, "other")->next); }),
        ends_normally, "runnable(.*\n)*  0x[0-9a-f]+ receiving on channel");
}

TEST(CrashReportDeathTest, QueueThatEndsInACircle) {
    EXPECT_EXIT(report_after([](const Ref& names) {
                    Tasklet* tasklet = tasklet_of(names, "other");
                    tasklet->next = tasklet;
                }),
                ends_normally, "runnable(.*\n)*  \\.\\.\\.\n");
}

TEST(CrashReportDeathTest, BrokenFrame) {
    EXPECT_EXIT(report_after([](const Ref& names) {
                    point_nowhere(tasklet_of(names, "paused")->fields.frame()->f_code);
                }),
                ends_normally,
                "  0x[0-9a-f]+ receiving on channel .*\n  0x[0-9a-f]+ paused\n|"
                "  0x[0-9a-f]+ paused\n(.*\n)*  0x[0-9a-f]+ receiving on channel .*\n");
}

}  // namespace

}  // namespace stackless::test
