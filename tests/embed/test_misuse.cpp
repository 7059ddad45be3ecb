// Hosts that do what they should not: they get an error, and the runtime goes on.
#include <gtest/gtest.h>

#include <stackless/stackless.hpp>
#include <thread>

using stackless::Channel;
using stackless::Completion;
using stackless::Error;
using stackless::Status;
using stackless::Tasklet;
using stackless::Value;

namespace {

class Misuse : public testing::Test {
protected:
    stackless::Runtime runtime;
    std::vector<std::string> errors;

    void SetUp() override {
        runtime.on_error(
            [this](const Tasklet&, const Error& error) { errors.push_back(error.what()); });
        runtime.exec("import stackless\nlog = []\n");
    }
    void TearDown() override { EXPECT_EQ(runtime.eval("1 + 1").as<int>(), 2); }
    std::string error_of(const std::string& expression) {
        try {
            return "no error: " + runtime.eval(expression).repr();
        } catch (const Error& error) {
            return error.what();
        }
    }
    void end() {
        if (stackless_end(runtime.get()) < 0)
            throw Error::fetch();
    }
    std::string log() { return runtime.eval("log").repr(); }
};

// ---- Values

TEST_F(Misuse, AnEmptyValueHasNothing) {
    const Value empty;
    EXPECT_THROW(empty.attr("x"), std::logic_error);
    EXPECT_THROW(empty.set_attr("x", 1), std::logic_error);
    EXPECT_THROW(empty.item(0), std::logic_error);
    EXPECT_THROW(empty.repr(), std::logic_error);
    EXPECT_THROW(empty.is_true(), std::logic_error);
    EXPECT_THROW(empty(), std::logic_error);
    EXPECT_THROW(empty.as<std::string>(), std::logic_error);
    EXPECT_THROW(Value(1).equals(empty), std::logic_error);
    EXPECT_THROW(runtime.eval("repr")(empty), std::logic_error);
    EXPECT_THROW(Value(std::vector<Value>{empty}), std::logic_error);
    EXPECT_THROW(Value(std::map<int, Value>{{1, empty}}), std::logic_error);
    EXPECT_THROW(runtime.start(empty), std::logic_error);
    EXPECT_THROW(Tasklet().kill(), std::logic_error);
    EXPECT_THROW(Tasklet{empty}, std::logic_error);
    EXPECT_THROW(Channel<int>{empty}, std::logic_error);
    EXPECT_THROW(Completion<int>::restore(empty), std::logic_error);
    using Callback = void();
    EXPECT_THROW(runtime.callback<Callback>(empty), std::logic_error);
    runtime.define("host", "nothing", [] { return Value(); });
    runtime.exec("import host");
    EXPECT_EQ(error_of("host.nothing()"),
              "RuntimeError: an empty Value refers to nothing that could be used");
}

TEST_F(Misuse, AnotherThreadCannotUseThem) {
    const Value list = runtime.eval("log");
    const Channel<int> channel;
    std::thread([&] {
        EXPECT_THROW(list.size(), std::logic_error);
        EXPECT_THROW(list.invoke("append", 1), std::logic_error);
        EXPECT_THROW(Value(5), std::logic_error);
        EXPECT_THROW(const Value copy = list, std::logic_error);
        EXPECT_THROW(Channel<int>(), std::logic_error);
        EXPECT_THROW(channel.sender(), std::logic_error);
        EXPECT_THROW(channel.post(1), std::logic_error);
        EXPECT_THROW(Completion<int>(), std::logic_error);
        EXPECT_THROW(runtime.run(), std::logic_error);
        EXPECT_THROW(runtime.exec("log.append(2)"), std::logic_error);
        EXPECT_THROW(runtime.define("host", "f", [] {}), std::logic_error);
        EXPECT_THROW(stackless::Runtime(), std::runtime_error);
        EXPECT_EQ(stackless_end(runtime.get()), -1);
    }).join();
    EXPECT_EQ(log(), "[]");
}

TEST_F(Misuse, AThreadOfPythonCannotRunTasklets) {
    runtime.define("host", "run", [this] { runtime.run(); });
    runtime.define("host", "end", [this] { end(); });
    runtime.exec(R"(
import host, threading
def tries(f):
    try: f()
    except Exception as error: log.append(type(error).__name__)
for f in host.run, host.end:
    thread = threading.Thread(target=tries, args=(f,))
    thread.start()
    thread.join()
)");
    EXPECT_EQ(log(), "['RuntimeError', 'RuntimeError']");
}

TEST_F(Misuse, AValueMayBeDroppedAnywhere) {
    runtime.exec("class Noted:\n  def __del__(self): log.append('dropped')\n");
    Value last = runtime.eval("Noted()");
    std::thread([moved = std::move(last)] {}).join();
    EXPECT_EQ(log(), "[]");
    runtime.run();
    EXPECT_EQ(log(), "['dropped']");
}

// ---- Before and after

TEST(WithoutARuntime, NothingCanBeMade) {
    EXPECT_THROW(Value(1.5), std::logic_error);
    EXPECT_THROW(Completion<int>(), std::logic_error);
    EXPECT_THROW(Channel<int>(), std::logic_error);
    EXPECT_EQ(stackless_current(), nullptr);
    EXPECT_EQ(stackless_number(), 0u);
}

TEST(WithoutARuntime, WhatIsLeftOfOneCannotBeUsed) {
    std::optional<stackless::Runtime> runtime(std::in_place);
    const Value list = runtime->eval("[1, 2]");
    const Tasklet tasklet = runtime->start(runtime->eval("lambda: None"));
    const Channel<int> channel;
    const auto sender = channel.sender();
    const Completion<int> completion;
    std::vector<Value> many(100, list);
    for (int i = 0; i < 2; i++) {
        // Without a runtime, and in the next one.
        if (i == 0) {
            runtime.reset();
        } else {
            runtime.emplace();
        }
        EXPECT_THROW(list.size(), std::logic_error);
        EXPECT_THROW(tasklet.kill(), std::logic_error);
        EXPECT_THROW(channel.balance(), std::logic_error);
        EXPECT_THROW(channel.sender(), std::logic_error);
        EXPECT_THROW(completion.save(), std::exception);
        EXPECT_FALSE(completion.complete(1));
        EXPECT_FALSE(sender.post(1));
        const Value copy = many.back();
        many.pop_back();
    }
    EXPECT_EQ(runtime->eval("1 + 1").as<int>(), 2);
}

TEST(WithoutARuntime, WhatIsMovedFromSaysSo) {
    const stackless::Runtime runtime;
    Completion<int> completion;
    const Completion<int> other = std::move(completion);
    EXPECT_THROW(completion.complete(1), std::logic_error);
    const Completion<int> copy = completion;
    auto sender = Channel<int>().sender();
    const auto moved = std::move(sender);
    EXPECT_THROW(sender.post(1), std::logic_error);
}

TEST(TheEnd, MayCallTheHost) {
    int calls = 0;
    std::vector<std::string> seen;
    {
        stackless::Runtime runtime;
        runtime.define("host", "load", [&] {
            calls++;
            return Completion<int>();
        });
        runtime.define("host", "saw", [&](std::string text) { seen.push_back(text); });
        runtime.define("host", "callback", [&](const Value& f) {
            calls++;
            runtime.callback<void()>(f);
        });
        runtime.define("host", "run", [&] { runtime.run(); });
        runtime.define("host", "call", [](const Value& function) { function(); });
        runtime.exec(R"(
import atexit, host, stackless
def tries(f, *args):
    try: f(*args)
    except Exception as error: host.saw(type(error).__name__)
    else: host.saw('done')
def waits():
    try: host.call(stackless.channel().receive)
    finally:
        tries(host.load)
        tries(host.callback, print)
        tries(host.run)
atexit.register(tries, host.load)
)");
        runtime.start(runtime.eval("waits"));
        runtime.run();
    }
    EXPECT_EQ(calls, 3);
    EXPECT_EQ(seen, (std::vector<std::string>{"RuntimeError", "RuntimeError", "RuntimeError"}));
    const stackless::Runtime next;
}

TEST(TheEnd, MayComeWhileThreadsPost) {
    for (int i = 0; i < 10; i++) {
        std::vector<std::thread> threads;
        std::atomic<bool> has_ended = false;
        std::atomic<int> posted = 0;
        {
            stackless::Runtime runtime;
            const Channel<std::string> channel;
            const Completion<std::string> completion;
            for (int thread = 0; thread < 3; thread++) {
                threads.emplace_back(
                    [&, sender = channel.sender(), completion, raw = runtime.get()] {
                        while (!has_ended) {
                            posted += sender.post("a message");
                            completion.complete("a result");
                            const auto another = sender;
                            stackless_post_call(raw, [](void*) {}, nullptr, nullptr);
                            std::this_thread::yield();
                        }
                    });
            }
            while (posted < 10) {
                runtime.run_instructions(1000);
            }
        }
        has_ended = true;
        for (std::thread& thread : threads) {
            thread.join();
        }
    }
}

TEST(TheEndDeathTest, WithinACallbackItIsRefused) {
    EXPECT_DEATH(
        {
            std::optional<stackless::Runtime> runtime(std::in_place);
            runtime->define("host", "end", [&] { runtime.reset(); });
            runtime->exec("import host; host.end()");
        },
        "a Runtime was destroyed within a callback");
}

TEST_F(Misuse, TheCApiRefusesToEndInsideOfARun) {
    runtime.define("host", "end", [this] { end(); });
    runtime.exec("import host");
    const char* refused =
        "RuntimeError: the runtime cannot be ended within a callback or a native function";
    EXPECT_EQ(error_of("host.end()"), refused);
    runtime.start(runtime.eval("host.end"));
    runtime.run();
    EXPECT_EQ(errors, (std::vector<std::string>{refused}));
    runtime.post([this] { EXPECT_EQ(stackless_end(runtime.get()), -1); });
    runtime.run();
    PyErr_Clear();
}

TEST(WithoutARuntime, AnErrorOfAnEndedOneIsRaisedInTheNext) {
    std::optional<stackless::Runtime> runtime(std::in_place);
    std::exception_ptr kept;
    try {
        runtime->exec("{}['key']");
    } catch (const Error&) {
        kept = std::current_exception();
    }
    runtime.reset();
    runtime.emplace();
    runtime->define("host", "fail", [&] { std::rethrow_exception(kept); });
    try {
        runtime->exec("import host; host.fail()");
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "RuntimeError: KeyError: 'key'");
    }
}

// ---- Running inside of a run

TEST_F(Misuse, CallbacksAndNativeFunctionsMayRunTasklets) {
    runtime.define("host", "run", [this] { runtime.run_for(std::chrono::milliseconds(1)); });
    runtime.exec(
        "import host\n"
        "def actor(name):\n  log.append(name); host.run(); log.append(name)\n");
    runtime.start(runtime.eval("actor"), "a");
    runtime.start(runtime.eval("actor"), "b");
    int depth = 0;
    bool posted = false;
    runtime.on_error([&](const Tasklet&, const Error&) {
        if (depth++ < 3) {
            runtime.start(runtime.eval("lambda: 1 / 0"));
            runtime.run();
        }
    });
    runtime.start(runtime.eval("lambda: 1 / 0"));
    runtime.on_output([&](stackless::Stream, std::string_view) { runtime.run(); });
    runtime.start(runtime.eval("lambda: print('x')"));
    runtime.post([&] { runtime.post([&] { posted = true; }), runtime.run(); });
    for (int i = 0; i < 100 && runtime.run().status != Status::idle; i++) {
    }
    EXPECT_EQ(depth, 4);
    EXPECT_TRUE(posted);
    EXPECT_EQ(runtime.eval("sorted(log)").repr(), "['a', 'a', 'b', 'b']");
}

TEST_F(Misuse, ATaskletIsKilledWhileItRunsTheOthers) {
    runtime.define("host", "run", [this] { runtime.run(); });
    runtime.exec(
        "import host\n"
        "def actor():\n"
        "  try: host.run()\n"
        "  except stackless.TaskletExit: log.append('killed'); raise\n");
    const Tasklet actor = runtime.start(runtime.eval("actor"));
    runtime.start(runtime.eval("lambda victim: victim.kill()"), actor);
    runtime.run();
    EXPECT_EQ(log(), "['killed']");
    EXPECT_FALSE(actor.alive());
    EXPECT_TRUE(errors.empty());
}

TEST_F(Misuse, EverythingThrows) {
    runtime.on_error([](const Tasklet&, const Error&) { throw std::bad_alloc(); });
    runtime.on_output([](stackless::Stream, std::string_view) { throw 5; });
    runtime.define("host", "f", []() -> int { throw std::runtime_error("f"); });
    runtime.define("host", "later", [] {
        Completion<std::vector<Value>> completion;
        completion.complete({Value()});
        return completion;
    });
    runtime.exec(
        "import host\n"
        "def actor():\n"
        "  for f in host.f, host.later, print:\n"
        "    try: f()\n"
        "    except Exception as error: log.append(str(error))\n"
        "  host.f()\n");
    for (int i = 0; i < 3; i++) {
        runtime.start(runtime.eval("actor"));
        runtime.post([] { throw std::logic_error("posted"); });
    }
    int thrown = 0;
    for (int i = 0; i < 5; i++) {
        try {
            runtime.run();
        } catch (...) {
            thrown++;
        }
    }
    EXPECT_GT(thrown, 0);
    EXPECT_LT(thrown, 3);
    EXPECT_EQ(runtime.eval("len(log)").as<int>(), 6) << log();
    runtime.on_output(nullptr);
}

// ---- Native functions and callbacks

TEST_F(Misuse, NativeFunctionsOfAllKindsRefuseWrongArguments) {
    runtime.define(
        "host.a.b", "f",
        [](int, double, std::string, std::vector<int>, std::map<std::string, int>,
           std::optional<bool>, stackless::Bytes, std::pair<int, int>, Tasklet, Channel<int>) {});
    runtime.exec(
        "import host.a.b\nf = host.a.b.f\n"
        "good = [1, 2.0, 's', [3], {'k': 4}, None, b'b', (5, 6), stackless.tasklet(), "
        "stackless.channel()]\n"
        "f(*good)\n"
        "class Evil:\n"
        "  def __index__(self): raise OSError\n"
        "  __float__ = __len__ = __iter__ = items = __bool__ = __index__\n"
        "wrong = [None, 1, 2.5, 's', [None], {1: 'x'}, b'', (1,), (1, 2, 3), 2**100, Evil(),\n"
        "         '\\ud800', float('nan'), object, f, stackless.current]\n"
        "def check():\n"
        "  for place in range(len(good)):\n"
        "    for value in wrong:\n"
        "      args = good[:place] + [value] + good[place + 1:]\n"
        "      try: f(*args)\n"
        "      except (TypeError, ValueError, OverflowError, OSError, AttributeError): "
        "log.append(place)\n"
        "  for args in [], good[1:], good * 2, [Evil()] * 10:\n"
        "    try: f(*args)\n"
        "    except (TypeError, OSError): log.append('count')\n"
        "  try: f(*good, key=1)\n"
        "  except TypeError: log.append('keyword')\n"
        "check()\n");
    EXPECT_EQ(runtime.eval("log.count('count'), log.count('keyword')").repr(), "(4, 1)");
    EXPECT_GT(runtime.eval("len(log)").as<int>(), 100);
}

TEST_F(Misuse, ACallbackIsFreedOnce) {
    auto* callback = runtime.callback<void(int)>(runtime.eval("log.append"));
    std::thread([&] {
        for (int i = 0; i < 3; i++) {
            callback(i);
        }
    }).join();
    runtime.free_callback(callback);
    runtime.free_callback(callback);
    runtime.free_callback<void()>(nullptr);
    runtime.run();
    EXPECT_EQ(log(), "[0, 1, 2]");
    runtime.free_callback(callback);
    runtime.run();
}

TEST_F(Misuse, WhatACallbackStartsMayFail) {
    auto* callback = runtime.callback<void(const char*, stackless_object*)>(
        runtime.eval("lambda text: log.append(text)"));
    callback("one argument too many", nullptr);
    callback("\xff is no UTF-8", nullptr);
    runtime.run();
    EXPECT_EQ(errors.size(), 2u);
    EXPECT_EQ(log(), "[]");
}

TEST_F(Misuse, TheCApiRefusesWhatIsMissing) {
    const auto refused = [] {
        const std::string type = Error::fetch().type();
        return type;
    };
    stackless_runtime* raw = runtime.get();
    EXPECT_EQ(stackless_callback(raw, nullptr, "v()"), nullptr);
    EXPECT_EQ(refused(), "SystemError");
    EXPECT_EQ(stackless_callback(raw, runtime.eval("print").get(), nullptr), nullptr);
    EXPECT_EQ(refused(), "ValueError");
    EXPECT_EQ(stackless_new_sender(raw, nullptr), nullptr);
    EXPECT_EQ(refused(), "SystemError");
    EXPECT_EQ(stackless_new_sender(raw, Value(1).get()), nullptr);
    EXPECT_EQ(refused(), "TypeError");
    EXPECT_EQ(stackless_restore_completion(raw, nullptr), nullptr);
    EXPECT_EQ(refused(), "SystemError");
    EXPECT_EQ(stackless_define(raw, "m", "f", "v()", nullptr), -1);
    EXPECT_EQ(refused(), "ValueError");
    EXPECT_EQ(stackless_define(raw, "m", "f", nullptr, nullptr), -1);
    EXPECT_EQ(refused(), "ValueError");
    EXPECT_EQ(stackless_define(raw, "m", "not utf-8 \xff", "v()", [] {}), -1);
    EXPECT_EQ(refused(), "UnicodeDecodeError");
    EXPECT_EQ(Value::steal(runtime.eval("1").release()).as<int>(), 1);
    EXPECT_THROW(Value::steal(nullptr), Error);
}

TEST_F(Misuse, BudgetsBelowNothingAreLeast) {
    runtime.exec("def endless():\n  while True: pass\n");
    runtime.start(runtime.eval("endless"));
    EXPECT_EQ(runtime.run_for(std::chrono::seconds(-1)).status, Status::budget);
    EXPECT_EQ(runtime.run_instructions(-1).status, Status::budget);
    EXPECT_EQ(runtime.run_watchdog(-1).status, Status::runaway);
    for (const stackless_budget budget :
         {stackless_budget{0, 10, 10}, stackless_budget{0, -10, 0}, stackless_budget{-10, 0, 1000},
          stackless_budget{1000000, 100, 1000}, stackless_budget{1, 0, -3}}) {
        runtime.start(runtime.eval("endless"));
        EXPECT_NE(stackless_run(runtime.get(), &budget, nullptr), STACKLESS_IDLE);
        PyErr_Clear();
    }
}

// ---- Snapshots

TEST_F(Misuse, GarbageIsNotRestored) {
    runtime.start(runtime.eval("lambda: stackless.schedule()"));
    const std::string good = runtime.snapshot(runtime.eval("[1, 2, 3]")).data;
    std::vector<std::string> bad{"", "x", std::string(1000, '\0'), std::string(1000, '\xff')};
    for (size_t length = 0; length < good.size(); length += 7) {
        bad.push_back(good.substr(0, length));
    }
    for (const std::string& bytes : bad) {
        EXPECT_THROW(runtime.restore({bytes}), Error) << bytes.size();
    }
    EXPECT_THROW(runtime.restore_from("/nowhere/at/all"), Error);
    EXPECT_THROW(runtime.snapshot_to("/nowhere/at/all"), Error);
    EXPECT_EQ(runtime.run().status, Status::idle);
    EXPECT_EQ(runtime.restore({good}).repr(), "[1, 2, 3]");
    EXPECT_EQ(runtime.run().status, Status::idle);
}

}  // namespace
