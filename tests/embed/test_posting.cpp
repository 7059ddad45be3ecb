// Messages from other threads.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stackless/stackless.hpp>
#include <thread>

using stackless::Channel;
using stackless::Status;
using stackless::Tasklet;

namespace {

class Posting : public testing::Test {
protected:
    stackless::Runtime runtime;

    void SetUp() override {
        runtime.exec(
            "import stackless\nlog = []\n"
            "def receiver(channel):\n"
            "  for value in channel: log.append(value)\n");
    }
    std::string log() { return runtime.eval("log").repr(); }
};

TEST_F(Posting, AWaitingReceiverGetsTheMessage) {
    const Channel<std::string> channel;
    runtime.start(runtime.eval("receiver"), channel);
    runtime.run();
    std::thread([sender = channel.sender()] { sender.post("hello"); }).join();
    EXPECT_EQ(log(), "[]");
    EXPECT_EQ(runtime.run().status, Status::idle);
    EXPECT_EQ(log(), "['hello']");
}

TEST_F(Posting, MessagesWaitForAReceiverInTheirOrder) {
    const Channel<int> channel;
    for (int i = 0; i < 5; i++) {
        channel.post(i);
    }
    EXPECT_EQ(runtime.run().status, Status::idle);
    EXPECT_EQ(channel.balance(), 5);
    EXPECT_EQ(channel.try_receive(), 0);
    runtime.start(runtime.eval("receiver"), channel);
    runtime.run();
    EXPECT_EQ(log(), "[1, 2, 3, 4]");
    EXPECT_EQ(channel.try_receive(), std::nullopt);
}

TEST_F(Posting, ManyThreadsPostWhileTaskletsRun) {
    constexpr int threads = 4, messages = 500;
    const Channel<std::pair<int, int>> channel;
    runtime.start(runtime.eval("receiver"), channel);
    runtime.exec("def busy():\n  while len(log) < 2000: stackless.schedule()\n");
    runtime.start(runtime.eval("busy"));
    std::vector<std::thread> posters;
    for (int thread = 0; thread < threads; thread++) {
        posters.emplace_back([thread, sender = channel.sender()] {
            for (int i = 0; i < messages; i++) {
                sender.post({thread, i});
            }
        });
    }
    while (runtime.run_for(std::chrono::milliseconds(1)).status != Status::idle) {
    }
    for (std::thread& poster : posters) {
        poster.join();
    }
    runtime.run();
    EXPECT_EQ(runtime.eval("len(log)").as<int>(), threads * messages);
    EXPECT_TRUE(runtime
                    .eval("all([i for t, i in log if t == thread] == list(range(500))"
                          " for thread in range(4))")
                    .is_true());
}

TEST_F(Posting, AMessageThatCannotBeConvertedIsRaisedAtTheReceiver) {
    const Channel<std::string> channel;
    runtime.exec(
        "def careful(channel):\n"
        "  try: channel.receive()\n"
        "  except UnicodeDecodeError: log.append('bad text')\n");
    runtime.start(runtime.eval("careful"), channel);
    channel.post("\xff");
    runtime.run();
    EXPECT_EQ(log(), "['bad text']");
}

TEST_F(Posting, AMessageToAClosedChannelIsAnError) {
    std::string seen;
    runtime.on_error([&](const Tasklet&, const stackless::Error& error) { seen = error.type(); });
    const Channel<int> channel;
    channel.close();
    channel.post(1);
    runtime.run();
    EXPECT_EQ(seen, "ValueError");
}

TEST_F(Posting, FunctionsAreCalledInTheRuntimesThread) {
    std::thread::id where;
    std::thread([&] { runtime.post([&] { where = std::this_thread::get_id(); }); }).join();
    EXPECT_EQ(where, std::thread::id());
    runtime.run();
    EXPECT_EQ(where, std::this_thread::get_id());
}

TEST_F(Posting, ACompletionComesFromAnotherThread) {
    std::vector<std::thread> workers;
    runtime.define("assets", "load", [&](int number) {
        stackless::Completion<int> done;
        workers.emplace_back([done, number] { done.complete(number * number); });
        return done;
    });
    runtime.exec("import assets\ndef actor(n): log.append((n, assets.load(n)))\n");
    for (int i = 0; i < 20; i++) {
        runtime.start(runtime.eval("actor"), i);
    }
    while (runtime.eval("len(log)").as<int>() < 20) {
        runtime.run();
    }
    for (std::thread& worker : workers) {
        worker.join();
    }
    EXPECT_TRUE(runtime.eval("sorted(log) == [(n, n * n) for n in range(20)]").is_true());
}

TEST_F(Posting, AHostThatSleepsIsWoken) {
    std::mutex mutex;
    std::condition_variable wake;
    bool posted = false;
    runtime.on_post([&] {
        const std::lock_guard lock(mutex);
        posted = true;
        wake.notify_one();
    });
    const Channel<int> channel;
    runtime.start(runtime.eval("receiver"), channel);
    std::thread poster([sender = channel.sender()] { sender.post(7); });
    {
        std::unique_lock lock(mutex);
        wake.wait(lock, [&] { return posted; });
    }
    poster.join();
    runtime.run();
    EXPECT_EQ(log(), "[7]");
    runtime.on_post(nullptr);
}

TEST_F(Posting, ThreadsOfPythonRunWhileTheHostHasLetGo) {
    runtime.exec(
        "import threading\nthread = threading.Thread(target=log.append, args=(1,))\n"
        "thread.start()\n");
    while (!runtime.eval("log == [1]").is_true()) {
        const stackless::Runtime::Unlocked unlocked(runtime);
        std::this_thread::yield();
    }
    runtime.exec("thread.join()");
}

TEST_F(Posting, SendersOutliveTheirChannelObject) {
    std::optional<stackless::Sender<int>> sender;
    {
        const Channel<int> channel;
        sender = channel.sender();
    }
    sender->post(1);
    runtime.run();
    std::thread([moved = std::move(*sender)] { moved.post(2); }).join();
    sender.reset();
    runtime.run();
}

}  // namespace
