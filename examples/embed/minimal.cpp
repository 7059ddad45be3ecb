// The smallest host: two actors in Python, a loop in C++ that gives them 2 ms a frame.
#include <cstdio>
#include <stackless/stackless.hpp>

using namespace std::chrono_literals;

int main() {
    stackless::Runtime runtime;
    runtime.define("engine", "say", [](std::string who, int step) {
        std::printf("%s takes step %d\n", who.c_str(), step);
    });
    runtime.exec(R"(
import engine, stackless

def actor(name, steps):
    for step in range(1, steps + 1):
        engine.say(name, step)
        stackless.schedule()
)");
    const stackless::Value actor = runtime.eval("actor");
    runtime.start(actor, "Ann", 2);
    runtime.start(actor, "Ben", 3);

    while (runtime.run_for(2ms).status != stackless::Status::idle) {
        // The rest of the frame: input, physics, drawing ...
    }
    std::puts("everybody has arrived");
}
