// Functions of the host in Python.
#include <gtest/gtest.h>

#include <stackless/stackless.hpp>

using namespace std::chrono_literals;
using stackless::Completion;
using stackless::Error;
using stackless::Status;
using stackless::Tasklet;
using stackless::Value;

extern "C" {
static int add(int a, float b, const char* text) {
    return a + static_cast<int>(b) +
           (text == nullptr ? 0 : static_cast<int>(std::string(text).size()));
}
static bool is_even(uint64_t number) {
    return number % 2 == 0;
}
static double half(double number) {
    return number / 2;
}
static float tenth(float number) {
    return number / 10;
}
static int8_t counter = 0;
static void count() {
    counter++;
}
static const char* greeting(bool polite) {
    return polite ? "good day" : nullptr;
}
static void* same(void* pointer) {
    return pointer;
}
static int64_t negative(int64_t number) {
    return -number;
}
static stackless_object* same_object(stackless_object* object) {
    Py_IncRef(object);
    return object;
}
static stackless_object* fail_in_c() {
    PyErr_SetString(PyExc_ValueError, "from C");
    return nullptr;
}
}

namespace {

int twice(int number) {
    return 2 * number;
}

class Native : public testing::Test {
protected:
    stackless::Runtime runtime;
    std::vector<std::string> errors;

    void SetUp() override {
        runtime.on_error(
            [this](const Tasklet&, const Error& error) { errors.push_back(error.what()); });
        runtime.exec("import stackless");
    }
    std::string error_of(const std::string& expression) {
        try {
            return "no error: " + runtime.eval(expression).repr();
        } catch (const Error& error) {
            return error.what();
        }
    }
    template <class F>
    void define_c(const char* name, const char* signature, F* function) {
        ASSERT_EQ(stackless_define(runtime.get(), "c", name, signature,
                                   reinterpret_cast<void (*)()>(function)),
                  0);
    }
};

TEST_F(Native, CppFunctionsConvertTheirArguments) {
    int calls = 0;
    runtime.define("engine", "spawn", [&](std::string name, std::vector<float> place) {
        calls++;
        return name + " at " + std::to_string(place.size());
    });
    runtime.define("engine", "twice", twice);
    runtime.define("engine", "nothing", [] {});
    runtime.define("engine.deep", "length", [](std::string_view text) { return text.size(); });
    runtime.exec("import engine, engine.deep");
    EXPECT_EQ(runtime.eval("engine.spawn('orc', [1, 2])").as<std::string>(), "orc at 2");
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(runtime.eval("engine.twice(21)").as<int>(), 42);
    EXPECT_TRUE(runtime.eval("engine.nothing()").is_none());
    EXPECT_EQ(runtime.eval("engine.deep.length('Grüße')").as<int>(), 7);
    EXPECT_EQ(error_of("engine.twice()"),
              "TypeError: a native function takes 1 arguments (0 given)");
    EXPECT_EQ(error_of("engine.twice('x')").substr(0, 9), "TypeError");
    EXPECT_EQ(error_of("engine.deep.length(3)").substr(0, 9), "TypeError");
    EXPECT_EQ(error_of("engine.twice(2**40)").substr(0, 13), "OverflowError");
}

TEST_F(Native, CppExceptionsAreRaisedInPython) {
    runtime.define("bad", "run_time", [] { throw std::runtime_error("a"); });
    runtime.define("bad", "invalid", [] { throw std::invalid_argument("b"); });
    runtime.define("bad", "range", [] { throw std::out_of_range("c"); });
    runtime.define("bad", "memory", [] { throw std::bad_alloc(); });
    runtime.define("bad", "odd", [] { throw 3; });
    runtime.define("bad", "python", [this] { runtime.exec("raise KeyError('k')"); });
    runtime.exec("import bad");
    EXPECT_EQ(error_of("bad.run_time()"), "RuntimeError: a");
    EXPECT_EQ(error_of("bad.invalid()"), "ValueError: b");
    EXPECT_EQ(error_of("bad.range()"), "IndexError: c");
    EXPECT_EQ(error_of("bad.memory()").substr(0, 11), "MemoryError");
    EXPECT_EQ(error_of("bad.odd()"), "RuntimeError: a C++ exception that is no std::exception");
    EXPECT_EQ(error_of("bad.python()"), "KeyError: 'k'");
}

TEST_F(Native, FunctionsAreDroppedWithTheirState) {
    auto state = std::make_shared<int>(1);
    runtime.define("engine", "f", [state] { return *state; });
    EXPECT_EQ(state.use_count(), 2);
    runtime.exec("import engine\ndel engine.f");
    EXPECT_EQ(state.use_count(), 1);
}

TEST_F(Native, PlainCFunctionsAreCalledByTheirSignature) {
    define_c("add", "i(ifs)", add);
    define_c("is_even", "b(U)", is_even);
    define_c("half", "d(d)", half);
    define_c("tenth", "f(f)", tenth);
    define_c("count", "v()", count);
    define_c("greeting", "s(b)", greeting);
    define_c("same", "p(v)", same);
    define_c("negative", "I(I)", negative);
    define_c("same_object", "o(o)", same_object);
    define_c("fail", "o()", fail_in_c);
    runtime.exec("import c");
    EXPECT_EQ(runtime.eval("c.add(1, 2.5, 'four')").as<int>(), 7);
    EXPECT_EQ(runtime.eval("c.add(-1, 0, None)").as<int>(), -1);
    EXPECT_EQ(runtime.eval("c.is_even(2**64 - 1), c.is_even(2)").repr(), "(False, True)");
    EXPECT_EQ(runtime.eval("c.half(3)").repr(), "1.5");
    EXPECT_NEAR(runtime.eval("c.tenth(5)").as<double>(), 0.5, 1e-6);
    EXPECT_TRUE(runtime.eval("c.count()").is_none());
    EXPECT_EQ(counter, 1);
    EXPECT_EQ(runtime.eval("c.greeting(1), c.greeting(0)").repr(), "('good day', None)");
    EXPECT_EQ(runtime.eval("c.same(4096), c.same(None)").repr(), "(4096, None)");
    EXPECT_EQ(runtime.eval("c.negative(-2**63 + 1)").repr(), "9223372036854775807");
    EXPECT_TRUE(runtime.eval("(lambda x: c.same_object(x) is x)([])").is_true());
    EXPECT_EQ(error_of("c.fail()"), "ValueError: from C");
}

TEST_F(Native, WrongArgumentsForCAreRefused) {
    define_c("add", "i(ifs)", add);
    define_c("is_even", "b(U)", is_even);
    define_c("tenth", "f(f)", tenth);
    define_c("same", "p(p)", same);
    runtime.exec("import c");
    EXPECT_EQ(error_of("c.add(1, 2)").substr(0, 9), "TypeError");
    EXPECT_EQ(error_of("c.add('1', 2, '')").substr(0, 9), "TypeError");
    EXPECT_EQ(error_of("c.add(2**31, 2, '')").substr(0, 13), "OverflowError");
    EXPECT_EQ(error_of("c.add(1, 2, b'')").substr(0, 9), "TypeError");
    EXPECT_EQ(error_of("c.add(1, 2, 'a\\0b')").substr(0, 10), "ValueError");
    EXPECT_EQ(error_of("c.is_even(-1)").substr(0, 13), "OverflowError");
    EXPECT_EQ(error_of("c.tenth(1e300)").substr(0, 13), "OverflowError");
    EXPECT_EQ(error_of("c.same('x')").substr(0, 9), "TypeError");
}

TEST_F(Native, SignaturesThatMakeNoSenseAreRefused) {
    const std::string too_many = "v(" + std::string(33, 'i') + ")";
    for (const char* signature : {"", "i", "i(", "x()", "i(y)", "i()i", "(i)", too_many.c_str()}) {
        EXPECT_EQ(stackless_define(runtime.get(), "c", "f", signature,
                                   reinterpret_cast<void (*)()>(count)),
                  -1)
            << signature;
        EXPECT_EQ(Error::fetch().type(), "ValueError");
    }
}

TEST_F(Native, ACallbackStartsATasklet) {
    runtime.exec(
        "log = []\ndef on_hit(strength, who, user):\n"
        "  stackless.schedule()\n  log.append((strength, who, user))\n");
    using OnHit = void(int, const char*, void*);
    OnHit* on_hit = runtime.callback<OnHit>(runtime.eval("on_hit"));
    {
        std::string who = "orc";
        on_hit(-3, who.c_str(), nullptr);
        who = "changed";
    }
    on_hit(4, nullptr, reinterpret_cast<void*>(16));
    EXPECT_EQ(runtime.eval("log").repr(), "[]");
    runtime.run();
    EXPECT_EQ(runtime.eval("log").repr(), "[(-3, 'orc', None), (4, None, 16)]");
    on_hit(5, "last", nullptr);
    runtime.free_callback(on_hit);
    runtime.run();
    EXPECT_EQ(runtime.eval("log[2:]").repr(), "[(5, 'last', None)]");
}

TEST_F(Native, ACallbackPassesNumbersOfAllKinds) {
    runtime.exec("log = []");
    using Numbers = void(bool, uint32_t, int64_t, uint64_t, float, double);
    auto* numbers = runtime.callback<Numbers>(runtime.eval("lambda *args: log.append(args)"));
    numbers(true, 4'000'000'000u, -5, UINT64_MAX, 0.5f, 2.25);
    runtime.run();
    EXPECT_EQ(runtime.eval("log").repr(),
              "[(True, 4000000000, -5, 18446744073709551615, 0.5, 2.25)]");
}

TEST_F(Native, CallbacksHaveNoResultAndNeedACallable) {
    EXPECT_EQ(stackless_callback(runtime.get(), runtime.eval("print").get(), "i(i)"), nullptr);
    EXPECT_EQ(Error::fetch().type(), "ValueError");
    EXPECT_EQ(stackless_callback(runtime.get(), Value(3).get(), "v(i)"), nullptr);
    EXPECT_EQ(Error::fetch().type(), "TypeError");
}

TEST_F(Native, AFunctionIsPickledByItsName) {
    runtime.define("engine", "twice", [](int number) { return 2 * number; });
    EXPECT_EQ(runtime
                  .eval("__import__('pickle').loads(__import__('pickle').dumps(__import__('engine')"
                        ".twice))")
                  .repr(),
              "<built-in function twice>");
}

TEST_F(Native, ATaskletThatIsAboutToCallOneIsSaved) {
    runtime.define("engine", "twice", [](int number) { return 2 * number; });
    runtime.exec(
        "import engine\n"
        "def doubles(log):\n"
        "  for number in range(3): log.append(engine.twice(number))\n");
    const Value log = runtime.eval("[]");
    runtime.start(runtime.eval("doubles"), log);
    std::vector<Value> logs{log};
    while (runtime.run_instructions(1).status == Status::budget) {
        logs.push_back(runtime.restore(runtime.snapshot(logs.back())));
        const Value tasklets = runtime.import("stackless").attr("current").attr("next");
        tasklets.invoke("kill");
    }
    EXPECT_GT(logs.size(), 20u);
    EXPECT_EQ(logs.back().repr(), "[0, 2, 4]");
}

TEST_F(Native, WhatAFunctionCallsMaySwitch) {
    const stackless::Channel<Value> channel;
    runtime.define("host", "receive", [&] { return channel.value().invoke("receive"); });
    runtime.define("host", "send",
                   [&](const Value& value) { channel.value().invoke("send", value); });
    runtime.define("host", "kill", [](const Tasklet& tasklet) { tasklet.kill(); });
    runtime.define("host", "schedule",
                   [this] { return runtime.import("stackless").invoke("schedule", "back"); });
    runtime.define("host", "run", [](const Tasklet& tasklet) { tasklet.value().invoke("run"); });
    runtime.exec(
        "import host\nlog = []\n"
        "def receives(): log.append(('received', host.receive()))\n"
        "def sends(): log.append(('sent', host.send(5)))\n"
        "def kills(victim): log.append(('killed', host.kill(victim)))\n"
        "def schedules(): log.append(host.schedule())\n"
        "def runs(other): log.append(host.run(other))\n"
        "def victim():\n"
        "  try: stackless.schedule_remove()\n"
        "  finally: stackless.schedule(); log.append('finally')\n"
        "other = stackless.tasklet(victim)()\n"
        "for f in receives, sends, schedules: stackless.tasklet(f)()\n"
        "stackless.tasklet(kills)(other)\n"
        "stackless.tasklet(runs)(stackless.tasklet(schedules)())\n");
    EXPECT_EQ(runtime.run().status, Status::idle);
    EXPECT_EQ(runtime.eval("sorted(map(str, log))").repr(),
              "[\"('killed', None)\", \"('received', 5)\", \"('sent', None)\", 'None', 'back', "
              "'back', 'finally']");
    EXPECT_TRUE(errors.empty());
}

class Completions : public Native {
protected:
    std::vector<Completion<std::string>> waiting;

    void SetUp() override {
        Native::SetUp();
        runtime.define("assets", "load", [this](std::string) {
            Completion<std::string> done;
            waiting.push_back(done);
            return done;
        });
        runtime.exec(
            "import assets\nlog = []\n"
            "def actor(name):\n"
            "  try: log.append(assets.load(name))\n"
            "  except Exception as error: log.append(error)\n"
            "  finally: log.append('end of ' + name)\n");
    }
    Tasklet start(const char* name) {
        const Tasklet tasklet = runtime.start(runtime.eval("actor"), name);
        EXPECT_EQ(runtime.run().status, Status::idle);
        return tasklet;
    }
    std::string log() { return runtime.eval("log").repr(); }
};

TEST_F(Completions, ATaskletWaitsWithoutACStack) {
    const Tasklet tasklet = start("tree");
    ASSERT_EQ(waiting.size(), 1u);
    EXPECT_TRUE(tasklet.alive());
    EXPECT_TRUE(tasklet.value().attr("cstate").is_none());
    EXPECT_TRUE(tasklet.value().attr("restorable").is_true());
    EXPECT_EQ(log(), "[]");
    EXPECT_TRUE(waiting[0].complete("a tree"));
    EXPECT_EQ(log(), "[]");
    EXPECT_EQ(runtime.run().status, Status::idle);
    EXPECT_EQ(log(), "['a tree', 'end of tree']");
}

TEST_F(Completions, AnErrorIsRaisedAtTheCall) {
    start("tree");
    waiting[0].fail("no such file");
    runtime.run();
    EXPECT_EQ(log(), "[RuntimeError('no such file'), 'end of tree']");
    start("bush");
    waiting[1].fail(std::make_exception_ptr(std::invalid_argument("bad name")));
    runtime.run();
    EXPECT_EQ(runtime.eval("log[2:]").repr(), "[ValueError('bad name'), 'end of bush']");
}

TEST_F(Completions, OnlyTheFirstResultCounts) {
    start("tree");
    waiting[0].complete("first");
    waiting[0].complete("second");
    waiting[0].fail("third");
    runtime.run();
    EXPECT_EQ(log(), "['first', 'end of tree']");
    EXPECT_TRUE(errors.empty());
}

TEST_F(Completions, AKilledTaskletIsNotCompleted) {
    const Tasklet tasklet = start("tree");
    tasklet.kill();
    EXPECT_FALSE(tasklet.alive());
    waiting[0].complete("late");
    EXPECT_EQ(runtime.run().status, Status::idle);
    EXPECT_EQ(log(), "['end of tree']");
    EXPECT_TRUE(errors.empty());
}

TEST_F(Completions, AResultMayComeBeforeTheTaskletWaits) {
    runtime.define("assets", "cached", [this] {
        Completion<int> done;
        done.complete(5);
        // As a run inside of the function does.
        runtime.run();
        return done;
    });
    runtime.start(runtime.eval("lambda: log.append(assets.cached())"));
    runtime.run();
    EXPECT_EQ(log(), "[5]");
}

TEST_F(Completions, OneWithoutAResultReturnsNone) {
    std::optional<Completion<void>> pause;
    runtime.define("engine", "pause", [&] {
        pause.emplace();
        return *pause;
    });
    runtime.exec("import engine");
    runtime.start(runtime.eval("lambda: log.append(engine.pause())"));
    runtime.run();
    EXPECT_EQ(log(), "[]");
    pause->complete();
    runtime.run();
    EXPECT_EQ(log(), "[None]");
    pause.reset();
}

TEST_F(Completions, OutsideOfATaskletThereIsNobodyToWaitFor) {
    EXPECT_EQ(error_of("assets.load('x')").substr(0, 22), "RuntimeError: Deadlock");
}

TEST_F(Completions, WithCCodeInBetweenTheTaskletKeepsItsStack) {
    const Tasklet tasklet =
        runtime.start(runtime.eval("lambda: log.extend(sorted(['b'], key=assets.load))"));
    runtime.run();
    EXPECT_FALSE(tasklet.value().attr("cstate").is_none());
    waiting[0].complete("x");
    runtime.run();
    EXPECT_EQ(log(), "['b']");
}

TEST_F(Completions, GoesOnAfterASnapshot) {
    runtime.exec("def waits(log): log.append(assets.load('tree'))\n");
    runtime.start(runtime.eval("waits"), runtime.eval("log"));
    runtime.run();
    const stackless::Bytes saved = runtime.snapshot(std::tuple(runtime.eval("log"), waiting));
    waiting[0].complete("the first");
    runtime.run();
    EXPECT_EQ(log(), "['the first']");

    const Value extra = runtime.restore(saved);
    const auto restored = extra.item(1).as<std::vector<Completion<std::string>>>();
    ASSERT_EQ(restored.size(), 1u);
    restored[0].complete("the second");
    restored[0].complete("only the first result counts");
    EXPECT_EQ(runtime.run().status, Status::idle);
    EXPECT_EQ(extra.item(0).repr(), "['the second']");
    EXPECT_EQ(log(), "['the first']");
}

TEST_F(Completions, OneWithoutAResultGoesOnAfterASnapshot) {
    std::optional<Completion<void>> pause;
    runtime.define("engine", "pause", [&] { return pause.emplace(); });
    runtime.exec(
        "import engine\n"
        "def waits(log): log.append(engine.pause())\n");
    runtime.start(runtime.eval("waits"), runtime.eval("log"));
    runtime.run();
    const stackless::Bytes saved = runtime.snapshot(std::tuple(runtime.eval("log"), *pause));
    const Value extra = runtime.restore(saved);
    extra.item(1).as<Completion<void>>().complete();
    runtime.run();
    EXPECT_EQ(extra.item(0).repr(), "[None]");
    EXPECT_EQ(log(), "[]");
    pause.reset();
}

TEST_F(Completions, AreNotRestoredFromAnythingElse) {
    try {
        Completion<int>::restore(Value(3));
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.type(), "TypeError");
        EXPECT_EQ(error.message(),
                  "what a completion was saved as is a channel, not an object of type 'int'");
    }
}

TEST(CompletionAfterTheEnd, IsHarmless) {
    std::optional<Completion<std::string>> left;
    std::optional<stackless::Sender<int>> sender;
    {
        stackless::Runtime runtime;
        runtime.define("assets", "load", [&left] { return left.emplace(); });
        runtime.start(runtime.import("assets").attr("load"));
        runtime.run();
        sender = stackless::Channel<int>().sender();
        left->complete("never delivered");
    }
    EXPECT_FALSE(left->complete("late"));
    EXPECT_FALSE(sender->post(1));
    {
        const stackless::Runtime other;
        EXPECT_FALSE(left->complete("for the other one?"));
        EXPECT_FALSE(sender->post(1));
        left.reset();
    }
}

}  // namespace
