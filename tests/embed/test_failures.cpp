// What goes wrong in a script stays inside.
#include <gtest/gtest.h>

#include <stackless/stackless.hpp>

using namespace std::chrono_literals;
using stackless::Error;
using stackless::Status;
using stackless::Tasklet;
using stackless::Value;

namespace {

class Failures : public testing::Test {
protected:
    stackless::Runtime runtime;
    std::vector<std::string> errors;

    void SetUp() override {
        runtime.on_error(
            [this](const Tasklet&, const Error& error) { errors.push_back(error.type()); });
        runtime.exec("import stackless, sys");
    }
    void start(const std::string& body) {
        runtime.exec("def actor():\n" + body + "\n");
        runtime.start(runtime.eval("actor"));
    }
    /// Whether the runtime still works.
    void expect_health() {
        errors.clear();
        runtime.exec("done = []");
        start("  stackless.schedule()\n  done.append(1)");
        EXPECT_EQ(runtime.run().status, Status::idle);
        EXPECT_EQ(runtime.eval("done").repr(), "[1]");
        EXPECT_TRUE(errors.empty());
    }
};

TEST_F(Failures, AnExceptionGoesToTheCallbackWithItsTasklet) {
    Value failed;
    runtime.on_error([&](const Tasklet& tasklet, const Error& error) {
        failed = tasklet.value();
        EXPECT_FALSE(tasklet.alive());
        errors.push_back(error.what());
    });
    runtime.exec("def fails():\n  stackless.schedule()\n  raise ValueError('no')\n");
    const Tasklet first = runtime.start(runtime.eval("fails"));
    start("  for i in range(5): stackless.schedule()");
    EXPECT_EQ(runtime.run().status, Status::idle);
    EXPECT_EQ(errors, (std::vector<std::string>{"ValueError: no"}));
    EXPECT_TRUE(failed.is(first.value()));
    failed = {};
    expect_health();
}

TEST_F(Failures, OneThatCannotEvenStartToo) {
    Value failed;
    runtime.on_error([&](const Tasklet& tasklet, const Error& error) {
        failed = tasklet.value();
        errors.push_back(error.type());
    });
    const Tasklet tasklet = runtime.start(runtime.eval("lambda needed: None"));
    runtime.run();
    EXPECT_EQ(errors, (std::vector<std::string>{"TypeError"}));
    EXPECT_TRUE(failed.is(tasklet.value()));
    failed = {};
}

TEST_F(Failures, ExitDoesNotEndTheHost) {
    start("  sys.exit(3)");
    start("  raise SystemExit");
    start("  quit()");
    EXPECT_EQ(runtime.run().status, Status::idle);
    EXPECT_EQ(errors, (std::vector<std::string>(3, "SystemExit")));
    expect_health();
}

TEST_F(Failures, MemoryErrorIsRaisedInTheActor) {
    runtime.set_memory_limit(runtime.statistics().memory + 20'000'000);
    runtime.exec("caught = []");
    start("  try: bytearray(50_000_000)\n  except MemoryError: caught.append('large')");
    start("  hoard = []\n  while True: hoard.append(object())");
    start("  hoard = {}\n  while True: hoard[len(hoard)] = str(len(hoard))");
    start("  caught.append(len(bytearray(1_000_000)))");
    EXPECT_EQ(runtime.run().status, Status::idle);
    EXPECT_EQ(errors, (std::vector<std::string>(2, "MemoryError")));
    EXPECT_EQ(runtime.eval("caught").repr(), "['large', 1000000]");
    EXPECT_LT(runtime.statistics().memory, runtime.statistics().memory_limit);
    expect_health();
}

TEST_F(Failures, RecursionIsRaisedInTheActor) {
    start("  def down(n): return down(n + 1)\n  down(0)");
    start("  def down(n): return sorted([n], key=down)\n  down(0)");
    start("  x = []\n  for i in range(100000): x = [x]\n  repr(x)");
    EXPECT_EQ(runtime.run().status, Status::idle);
    EXPECT_EQ(errors, (std::vector<std::string>(3, "RecursionError")));
    expect_health();
}

TEST_F(Failures, AKilledActorRunsItsFinallyBlocks) {
    runtime.exec(
        "cleaned = []\nchannel = stackless.channel()\n"
        "def waits(name):\n"
        "  try: channel.receive()\n"
        "  finally:\n    cleaned.append(name); stackless.schedule(); cleaned.append(name)\n"
        "def nested(name): return sorted([1], key=lambda _: waits(name))\n");
    const Tasklet soft = runtime.start(runtime.eval("waits"), "soft");
    const Tasklet hard = runtime.start(runtime.eval("nested"), "hard");
    runtime.run();
    soft.kill();
    hard.kill();
    runtime.run();
    EXPECT_EQ(runtime.eval("sorted(cleaned)").repr(), "['hard', 'hard', 'soft', 'soft']");
    EXPECT_FALSE(soft.alive());
    EXPECT_FALSE(hard.alive());
    EXPECT_TRUE(errors.empty());
    expect_health();
}

TEST_F(Failures, AnActorThatIsNeverKilledIsDroppedAtTheEnd) {
    runtime.exec("channel = stackless.channel()\nalive = []\n");
    runtime.start(runtime.eval("lambda: alive.append(channel.receive())"));
    runtime.start(runtime.eval("lambda: sorted([1], key=lambda _: channel.receive())"));
    start("  while True: stackless.schedule()");
    EXPECT_EQ(runtime.run_for(1ms).status, Status::budget);
}

TEST_F(Failures, WithoutACallbackATracebackIsWritten) {
    std::string output;
    runtime.on_output([&](stackless::Stream stream, std::string_view text) {
        EXPECT_EQ(stream, stackless::Stream::standard_error);
        output += text;
    });
    runtime.on_error(nullptr);
    start("  1 / 0");
    runtime.run();
    EXPECT_NE(output.find("ZeroDivisionError: division by zero"), std::string::npos) << output;
}

TEST_F(Failures, OutputGoesToTheCallback) {
    std::string text;
    runtime.on_output([&](stackless::Stream, std::string_view part) { text += part; });
    runtime.exec("print('Grüße', 1); print('\\ud800', file=sys.stderr)");
    EXPECT_EQ(text, "Grüße 1\n\\ud800\n");
    runtime.on_output(nullptr);
    runtime.exec("assert sys.stdout is sys.__stdout__");
}

TEST_F(Failures, ACppExceptionInACallbackComesOutOfTheRun) {
    runtime.on_error(
        [](const Tasklet&, const Error&) { throw std::runtime_error("from on_error"); });
    runtime.exec("log = []");
    start("  1 / 0");
    start("  log.append('goes on')");
    EXPECT_THROW(runtime.run(), std::runtime_error);
    EXPECT_EQ(runtime.eval("log").repr(), "['goes on']");
    runtime.post([] { throw std::logic_error("from post"); });
    EXPECT_THROW(runtime.run(), std::logic_error);
    EXPECT_EQ(runtime.run().status, Status::idle);
}

TEST_F(Failures, ACppExceptionInTheOutputComesOutOfTheCallThatHasWritten) {
    struct DiskFull {};
    runtime.on_output([](stackless::Stream, std::string_view) { throw DiskFull(); });
    EXPECT_THROW(runtime.exec("print('exec')\ndone = 1"), DiskFull);
    EXPECT_EQ(runtime.eval("done").as<int>(), 1) << "the statements are executed nevertheless";
    EXPECT_THROW(runtime.eval("print('eval')"), DiskFull);
    EXPECT_THROW(runtime.eval("print")("a call"), DiskFull);
    EXPECT_THROW(runtime.exec("print('before an error'); 1 / 0"), DiskFull);
    runtime.exec(
        "class Talks:\n  def __getattr__(self, name): print(name)\n"
        "  def __repr__(self): print('repr'); return ''\n");
    const Value talks = runtime.eval("Talks()");
    EXPECT_THROW(talks.attr("x"), DiskFull);
    EXPECT_THROW(talks.repr(), DiskFull);
    start("  print('in a tasklet')\n  global done\n  done = 2");
    EXPECT_THROW(runtime.run(), DiskFull);
    EXPECT_EQ(runtime.eval("done").as<int>(), 2);
    EXPECT_TRUE(errors.empty());
    expect_health();
}

TEST_F(Failures, ItPassesNativeFunctionsOnItsWayOut) {
    runtime.on_output([](stackless::Stream, std::string_view) { throw std::logic_error("full"); });
    int reached = 0;
    runtime.define("host", "call", [&](const Value& function) {
        function();
        reached++;
    });
    runtime.exec("import host");
    EXPECT_THROW(runtime.exec("host.call(lambda: print(1))"), std::logic_error);
    runtime.start(runtime.eval("host.call"), runtime.eval("lambda: print(1)"));
    EXPECT_THROW(runtime.run(), std::logic_error);
    EXPECT_EQ(reached, 2);
    EXPECT_TRUE(errors.empty());
}

TEST_F(Failures, OutputAtTheEndMayThrowToo) {
    runtime.on_output([](stackless::Stream, std::string_view) { throw std::logic_error("late"); });
    start("  try: stackless.channel().receive()\n  finally: print('never mind')");
    runtime.run();
    runtime.exec("import atexit; atexit.register(print, 'bye')");
}

TEST_F(Failures, CallbacksMayBeReplacedByThemselves) {
    runtime.on_error([this, large = std::string(100, 'x')](const Tasklet&, const Error&) {
        runtime.on_error(nullptr);
        runtime.on_output([this](stackless::Stream, std::string_view text) {
            runtime.on_output(nullptr);
            errors.emplace_back(text);
        });
        errors.push_back(large);
    });
    start("  1 / 0");
    start("  print('hello')");
    runtime.run();
    EXPECT_EQ(errors.front(), std::string(100, 'x'));
    EXPECT_EQ(errors.at(1), "hello");
}

TEST_F(Failures, RunningInACallbackOfTheSchedulerIsRefused) {
    runtime.define("host", "run", [this] { runtime.run(); });
    runtime.exec(
        "import host\n"
        "def callback(prev, next):\n"
        "  try: host.run()\n"
        "  except RuntimeError as error: seen.append(type(error).__name__)\n"
        "seen = []\n"
        "stackless.set_schedule_callback(callback)\n");
    start("  pass");
    runtime.run();
    runtime.exec("stackless.set_schedule_callback(None)");
    EXPECT_EQ(runtime.eval("set(seen)").repr(), "{'RuntimeError'}");
    expect_health();
}

TEST(Starting, AnErrorThatEndsTheRuntimeCanBeCaughtBehindIt) {
    try {
        stackless::Runtime runtime;
        runtime.exec("x = [1]\nx[7]");
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "IndexError: list index out of range");
        const Error copy = error;
        EXPECT_EQ(copy.type(), "IndexError");
    }
    const stackless::Runtime another;
}

TEST(Starting, AnErrorMayBeCaughtWhileTheNextRuntimeRuns) {
    std::optional<stackless::Runtime> runtime(std::in_place);
    try {
        runtime->exec("raise KeyError(tuple(range(1000)))");
        FAIL();
    } catch (const Error& error) {
        runtime.reset();
        runtime.emplace();
        EXPECT_EQ(error.type(), "KeyError");
    }
    EXPECT_EQ(runtime->eval("len(tuple(range(1000)))").as<int>(), 1000);
}

TEST(Starting, CallbacksMayHoldValues) {
    stackless::Runtime runtime;
    runtime.on_error([list = runtime.eval("[]")](const Tasklet&, const Error& error) {
        list.invoke("append", error.value());
    });
    runtime.start(runtime.eval("lambda: 1 / 0"));
    runtime.run();
}

TEST(Starting, ASecondRuntimeIsRefused) {
    const stackless::Runtime runtime;
    EXPECT_THROW(stackless::Runtime(), std::runtime_error);
}

TEST(Starting, OptionsAreKept) {
    stackless::Runtime runtime({.search_paths = {"/somewhere", "/else"},
                                .isolated = true,
                                .c_stack_size = 512 * 1024,
                                .c_stack_maximum = 77,
                                .program_name = "game"});
    runtime.exec("import sys, stackless");
    EXPECT_EQ(runtime.eval("sys.path[:2]").repr(), "['/somewhere', '/else']");
    EXPECT_EQ(runtime.eval("sys.flags.isolated").as<int>(), 1);
    EXPECT_EQ(runtime.eval("sys.argv").repr(), "['game']");
    EXPECT_EQ(runtime.eval("stackless.cstack_options()").repr(), "(524288, 77)");
}

TEST(Starting, WithoutTheStandardLibraryAnErrorSaysSo) {
    for (int i = 0; i < 3; i++) {
        setenv("PYTHONHOME", "/nowhere", 1);
        try {
            stackless::Runtime();
            ADD_FAILURE() << "it has started";
        } catch (const std::runtime_error& error) {
            EXPECT_NE(std::string(error.what())
                          .find("the standard library of Python 3.11 is not in "
                                "/nowhere/lib/python3.11, where PYTHONHOME=/nowhere says"),
                      std::string::npos)
                << error.what();
        }
        EXPECT_EQ(stackless_current(), nullptr);
        unsetenv("PYTHONHOME");
        stackless::Runtime runtime;
        EXPECT_EQ(runtime.eval("sorted([2, 1])").repr(), "[1, 2]");
    }
}

TEST(Starting, WrongOptionsAreRefusedAndLeaveNothingRunning) {
    EXPECT_THROW(stackless::Runtime({.c_stack_size = 1}), std::runtime_error);
    const stackless::Runtime runtime;
}

}  // namespace
