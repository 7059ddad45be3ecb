// One runtime after another.
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <stackless/stackless.hpp>

namespace {

/// Uses a little of everything.
void use_runtime() {
    stackless::Runtime runtime;
    runtime.define("engine", "twice", [](int number) { return 2 * number; });
    runtime.exec(R"(
import engine, pickle, re, stackless
class Actor:
    def run(self):
        for i in range(engine.twice(2)):
            stackless.schedule()
class Named(stackless.tasklet):
    pass
channel = stackless.channel()
def nested():
    sorted([2, 1], key=lambda x: stackless.schedule() and x)
)");
    runtime.start(runtime.eval("Actor().run"));
    runtime.start(runtime.eval("nested"));
    runtime.start(runtime.eval("lambda: sorted([1], key=lambda x: channel.receive())"));
    runtime.exec("Named(Actor().run)()");
    runtime.start(runtime.eval("lambda: 1 / 0"));
    runtime.on_error([](const stackless::Tasklet&, const stackless::Error&) {});
    EXPECT_EQ(runtime.run().status, stackless::Status::idle);
    stackless::Channel<int>().post(1);
    runtime.exec(
        "half = stackless.tasklet(Actor().run)()\nhalf.run()\n"
        "copy = pickle.loads(pickle.dumps(half))\ncopy.insert()\n");
    runtime.run();
    EXPECT_TRUE(runtime.eval("not copy.alive").is_true());
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

struct Memory {
    long blocks;    // bytes that malloc() has handed out
    long resident;  // bytes of the process
};

Memory measure() {
    const auto handed_out = mallinfo2();
    long size, resident;
    std::ifstream("/proc/self/statm") >> size >> resident;
    return {static_cast<long>(handed_out.uordblks + handed_out.hblkhd),
            resident * sysconf(_SC_PAGESIZE)};
}

TEST(Lifecycle, WeakDictionariesArePickledInEachRuntime) {
    for (int i = 0; i < 3; i++) {
        stackless::Runtime runtime;
        runtime.exec(
            "import pickle, stackless, weakref\n"
            "copy = pickle.loads(pickle.dumps(weakref.WeakValueDictionary()))\n");
        EXPECT_TRUE(runtime.eval("type(copy) is weakref.WeakValueDictionary").is_true());
    }
}

TEST(Lifecycle, AThousandRuntimesDoNotGrow) {
    if (is_sanitized)
        GTEST_SKIP() << "the allocator of a sanitizer keeps what is freed";
    constexpr int warm_up = 100, count = 1000;
    for (int i = 0; i < warm_up; i++) {
        use_runtime();
    }
    const Memory before = measure();
    for (int i = warm_up; i < count; i++) {
        use_runtime();
    }
    const Memory after = measure();
    // No object is as small: one that is left each time would be far more.
    EXPECT_LT(after.blocks - before.blocks, (count - warm_up) * 16);
    // Arenas come in pieces of a megabyte.
    EXPECT_LT(after.resident - before.resident, 4'000'000);
}

TEST(Lifecycle, LibrariesWorkInEachRuntime) {
    for (int i = 0; i < 3; i++) {
        stackless::Runtime runtime;
        runtime.exec(R"(
import asyncio, collections.abc, ctypes, decimal, functools, itertools, json, re, sqlite3
async def twice(x):
    await asyncio.sleep(0)
    return 2 * x
async def main():
    return await asyncio.gather(twice(1), twice(2))
assert asyncio.run(main()) == [2, 4]
assert isinstance([], collections.abc.Sequence)
assert json.loads(json.dumps({'a': [1, decimal.Decimal(2).__int__()]})) == {'a': [1, 2]}
assert re.sub('a', lambda m: 'b', 'aXa') == 'bXb'
assert list(itertools.accumulate(map(lambda x: x, [1, 2]))) == [1, 3]
assert sorted([3, 1], key=functools.cmp_to_key(lambda a, b: a - b)) == [1, 3]
)");
    }
}

TEST(Lifecycle, MemoryIsCountedInEachRuntime) {
    size_t first = 0;
    for (int i = 0; i < 3; i++) {
        stackless::Runtime runtime;
        const size_t memory = runtime.statistics().memory;
        EXPECT_GT(memory, 1'000'000u);
        first = i == 0 ? memory : first;
        EXPECT_LT(memory, first + first / 2);
    }
}

TEST(Lifecycle, ALimitIsOfOneRuntimeOnly) {
    {
        stackless::Runtime runtime({.memory_limit = 50'000'000});
        EXPECT_THROW(runtime.exec("bytearray(100_000_000)"), stackless::Error);
    }
    stackless::Runtime runtime;
    runtime.exec("bytearray(100_000_000)");
}

}  // namespace
