#include "cstack/fault_guard.hpp"

#include <csetjmp>
#include <csignal>
#include <utility>

namespace stackless::cstack {

namespace {

/// Where the innermost guard of this thread goes on after a fault; null outside of any.
constinit thread_local sigjmp_buf* escape = nullptr;

void give_up(int signal_number) {
    // Whatever goes wrong on the way there must not lead back here.
    if (sigjmp_buf* place = std::exchange(escape, nullptr)) {
        siglongjmp(*place, 1);
    }
    // The fault of another thread: it comes again, and ends the process.
    std::signal(signal_number, SIG_DFL);
}

/// Handles the signals of a fault as long as it exists.
class FaultHandlers {
public:
    FaultHandlers() {
        struct sigaction action{};
        action.sa_handler = give_up;
        // It may be the stack that is broken or full.
        action.sa_flags = SA_NODEFER | SA_ONSTACK;
        sigaction(SIGSEGV, &action, &old_segv_);
        sigaction(SIGBUS, &action, &old_bus_);
    }
    ~FaultHandlers() {
        sigaction(SIGSEGV, &old_segv_, nullptr);
        sigaction(SIGBUS, &old_bus_, nullptr);
    }
    FaultHandlers(const FaultHandlers&) = delete;
    FaultHandlers& operator=(const FaultHandlers&) = delete;

private:
    struct sigaction old_segv_;
    struct sigaction old_bus_;
};

/// Apart from the rest, because of what a jump does to the variables of the function it leads to.
[[gnu::noinline]] bool returns(void (*work)(void*), void* argument) {
    sigjmp_buf here;
    if (sigsetjmp(here, 1) != 0)
        return false;
    escape = &here;
    work(argument);
    return true;
}

}  // namespace

bool survives(void (*work)(void*), void* argument) {
    const FaultHandlers handlers;
    sigjmp_buf* const outer = escape;
    const bool survived = returns(work, argument);
    escape = outer;
    return survived;
}

}  // namespace stackless::cstack
