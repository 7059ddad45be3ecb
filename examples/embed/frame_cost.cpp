// What actors cost in each frame, and how well a budget is kept. Frames in which the kernel has let another process run
// are left out, where nothing else is said.
//
//     embed_frame_cost            prints the tables of docs/embedding_costs.md
//     embed_frame_cost --budget   only the one about the budget
//     embed_frame_cost --check    a short run: whether every actor goes on beside an endless loop
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <stackless/stackless.hpp>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

namespace {

constexpr const char* scripts = R"(
import engine, stackless

def sleeper():
    engine.sleep()

# What an actor does in a frame: a step towards its target.
def active(x, y):
    while True:
        x += (100.0 - x) * 0.01
        y += (100.0 - y) * 0.01
        stackless.schedule_remove()

turns = []

def counts(number):
    while True:
        turns[number] += 1
        stackless.schedule()

def endless():
    while True:
        pass
)";

/// From small to large: the middle, and what only one in a hundred exceeds.
class Times {
public:
    void add(double time) { times_.push_back(time); }
    size_t size() const { return times_.size(); }
    /// 0 if there are none.
    double percentile(double part) {
        if (times_.empty())
            return 0;
        std::ranges::sort(times_);
        return times_[static_cast<size_t>(part * static_cast<double>(times_.size() - 1))];
    }

private:
    std::vector<double> times_;
};

/// How often the kernel has given the processor to somebody else.
long preemptions() {
    rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nivcsw;
}

/// How long something takes beyond its budget: each time, and when this thread had the processor all the time.
struct Frames {
    Times all;
    Times undisturbed;

    template <class F>
    void measure(F function, std::chrono::microseconds budget = 0us) {
        const long before = preemptions();
        const auto began = Clock::now();
        function();
        const double time = Microseconds(Clock::now() - began - budget).count();
        all.add(time);
        if (preemptions() == before) {
            undisturbed.add(time);
        }
    }
};

class Host {
public:
    Host() {
        runtime.define("engine", "sleep", [this] { return asleep_.emplace_back(); });
        runtime.exec(scripts);
    }
    void add_sleepers(int count) {
        const stackless::Value sleeper = runtime.eval("sleeper");
        for (int i = 0; i < count; i++) {
            runtime.start(sleeper);
        }
        runtime.run();
    }
    void add_active(int count) {
        const stackless::Value active = runtime.eval("active");
        for (int i = 0; i < count; i++) {
            active_.push_back(runtime.start(active, static_cast<double>(i), 0.0));
        }
        runtime.run();
    }
    /// All active actors get their turn.
    void frame() {
        for (const stackless::Tasklet& tasklet : active_) {
            tasklet.insert();
        }
        runtime.run_for(1s);
    }
    stackless::Runtime runtime;

private:
    std::vector<stackless::Completion<void>> asleep_;
    std::vector<stackless::Tasklet> active_;
};

void print_sleeping() {
    std::printf(
        "| sleeping actors | a frame, median | 99th percentile | bytes each "
        "|\n|---:|---:|---:|---:|\n");
    for (int count : {0, 100, 10'000, 100'000}) {
        Host host;
        const size_t before = host.runtime.statistics().memory;
        host.add_sleepers(count);
        const size_t bytes = host.runtime.statistics().memory - before;
        Frames frames;
        for (int i = 0; i < 2000; i++) {
            frames.measure([&] { host.runtime.run_for(2ms); });
        }
        // Memory comes in pieces of a megabyte.
        const std::string each =
            count < 10'000 ? "" : std::to_string(bytes / static_cast<size_t>(count));
        std::printf("| %d | %.1f µs | %.1f µs | %s |\n", count, frames.undisturbed.percentile(0.5),
                    frames.undisturbed.percentile(0.99), each.c_str());
    }
}

void print_active() {
    std::printf(
        "| active actors | a frame, median | 99th percentile | each |\n|---:|---:|---:|---:|\n");
    for (int count : {100, 1000, 10'000}) {
        Host host;
        host.add_active(count);
        Frames frames;
        for (int i = 0; i < 500; i++) {
            frames.measure([&] { host.frame(); });
        }
        std::printf("| %d | %.0f µs | %.0f µs | %.2f µs |\n", count,
                    frames.undisturbed.percentile(0.5), frames.undisturbed.percentile(0.99),
                    frames.undisturbed.percentile(0.5) / count);
    }
}

struct Kept {
    Frames runtime;
    Frames empty;
    long fewest_turns;
    long most_turns;
};

/// Actors of which one is an endless loop, beside an empty loop: in turns, so that both have the same machine.
Kept keep_budget(int actors, int frames, std::chrono::microseconds budget) {
    Host host;
    host.runtime.exec("turns[:] = [0] * " + std::to_string(actors));
    for (int i = 0; i < actors; i++) {
        if (i == actors / 2) {
            host.runtime.start(host.runtime.eval("endless"));
        } else {
            host.runtime.start(host.runtime.eval("counts"), i);
        }
    }
    Kept kept{};
    for (int i = 0; i < frames; i++) {
        kept.runtime.measure([&] { host.runtime.run_for(budget); }, budget);
        kept.empty.measure(
            [budget] {
                const auto began = Clock::now();
                while (Clock::now() - began < budget) {
                }
            },
            budget);
    }
    host.runtime.exec("del turns[len(turns) // 2]");
    kept.fewest_turns = host.runtime.eval("min(turns)").as<long>();
    kept.most_turns = host.runtime.eval("max(turns)").as<long>();
    return kept;
}

void print_kept_budget() {
    Kept kept = keep_budget(10'000, 1000, 2ms);
    std::printf(
        "| beyond 2 ms | frames | median | 99th percentile | 99.9th "
        "|\n|---|---:|---:|---:|---:|\n");
    const auto print = [](const char* name, Times& times) {
        std::printf("| %s | %zu | %.1f µs | %.1f µs | %.1f µs |\n", name, times.size(),
                    times.percentile(0.5), times.percentile(0.99), times.percentile(0.999));
    };
    print("`run_for()`", kept.runtime.all);
    print("an empty loop", kept.empty.all);
    print("`run_for()`, undisturbed", kept.runtime.undisturbed);
    print("an empty loop, undisturbed", kept.empty.undisturbed);
    const auto beyond = [](Times& runtime, Times& empty) {
        return runtime.percentile(0.99) - empty.percentile(0.99);
    };
    std::printf(
        "\nThe 99th percentile is %.1f µs more than an empty loop's, undisturbed %.1f µs.\n",
        beyond(kept.runtime.all, kept.empty.all),
        beyond(kept.runtime.undisturbed, kept.empty.undisturbed));
    std::printf("\nIn 1,000 frames, each of the others had from %ld to %ld turns.\n",
                kept.fewest_turns, kept.most_turns);
}

}  // namespace

int main(int count, char** arguments) {
    if (count == 2 && std::strcmp(arguments[1], "--check") == 0) {
        const Kept kept = keep_budget(200, 50, 2ms);
        std::puts(kept.fewest_turns > 0 ? "every actor goes on" : "an actor never had its turn");
        return kept.fewest_turns > 0 ? 0 : 1;
    }
    if (count > 1 && std::strcmp(arguments[1], "--budget") != 0) {
        std::fputs("usage: embed_frame_cost [--budget | --check]\n", stderr);
        return 2;
    }
    if (count == 1) {
        print_sleeping();
        std::puts("");
        print_active();
        std::puts("");
    }
    print_kept_budget();
}
