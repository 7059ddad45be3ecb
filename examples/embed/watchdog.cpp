// A host that interrupts runaway scripts: one that executes 100,000 instructions without a switch is shown, and ended.
#include <cstdio>
#include <stackless/stackless.hpp>

int main() {
    // What the host writes comes before what the scripts write after it.
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    stackless::Runtime runtime;
    runtime.on_error([](const stackless::Tasklet&, const stackless::Error& error) {
        std::printf("a script has failed: %s\n", error.what());
    });
    runtime.exec(R"(
import stackless

def honest(name):
    for i in range(3):
        print(name, "works", flush=True)
        stackless.schedule()

def endless():
    try:
        while True:
            pass
    finally:
        print("endless cleans up", flush=True)

def broken():
    return 1 / 0
)");
    runtime.start(runtime.eval("honest"), "Ann");
    runtime.start(runtime.eval("endless"));
    runtime.start(runtime.eval("broken"));
    runtime.start(runtime.eval("honest"), "Ben");

    for (;;) {
        const stackless::RunResult result = runtime.run_watchdog(100'000);
        if (result.status == stackless::Status::idle)
            break;
        std::printf("a script runs away: %s\n", result.runaway.where().c_str());
        result.runaway.kill();
    }
    std::puts("all scripts have ended");
}
