// The watchdog of run(timeout=...) and run(seconds=...).
#pragma once

#include <cstdint>

#include "cpython/python.hpp"
#include "cpython/ref.hpp"

namespace stackless {

struct Tasklet;

/// What run() was called with.
struct WatchdogOptions {
    int64_t timeout = 0;          // instructions that a tasklet may run on for; 0 for no limit
    int64_t nanoseconds = 0;      // for the whole call; 0 for no limit
    bool soft = false;            // wait for the next switch instead of interrupting a tasklet
    bool ignore_nesting = false;  // interrupt also where C code is active
    bool total = false;           // `timeout` is for the whole call

    bool is_limited() const { return timeout != 0 || nanoseconds != 0; }
};

class Watchdog {
public:
    bool is_on() const { return static_cast<bool>(runner_); }
    /// The tasklet that waits in the call of run(), and that gets the interrupted one.
    Tasklet* runner() const { return runner_.get(); }
    /// A soft one has had enough: the next switch goes to runner().
    bool wants_control() const { return wants_control_; }
    bool ignores_nesting() const { return options_.ignore_nesting; }

    void start(PyThreadState* ts, Tasklet* runner, const WatchdogOptions& options);
    void stop(PyThreadState* ts);
    /// A tasklet does not wait in run() any more, but is not resumed there either.
    void forget(const Tasklet* tasklet);
    /// To be called at each switch while it is on; it is off when the runner goes on.
    void switching_to(PyThreadState* ts, Tasklet* next);
    /// The budget of instructions is used up. True if a tasklet is to be interrupted now; otherwise it
    /// has got a new budget, or may go on until it switches.
    bool expires(PyThreadState* ts);
    /// The part of the budget that is being counted may not be enough for the code that comes: adds
    /// another one, if there is one, or has the budget used up if it is too late.
    void runs_low(PyThreadState* ts);
    /// A tasklet that is to be interrupted cannot be just now: asks again soon.
    void try_again(PyThreadState* ts);

    /// The nanoseconds until run(seconds=...) has to return, at most `longest`.
    int64_t time_left(int64_t longest) const;
    /// The instructions that were left of the budget when the last run() with a limit returned.
    int64_t instructions_left_at_end() const { return instructions_left_; }

private:
    int64_t take_from_budget();
    void give_budget(PyThreadState* ts, Frame* next);
    bool is_late() const;

    RefTo<Tasklet> runner_;
    WatchdogOptions options_;
    int64_t deadline_ = 0;           // of the monotonic clock; 0 without one
    int64_t instructions_left_ = 0;  // of the tasklet's budget, those being counted not included
    bool wants_control_ = false;
};

}  // namespace stackless
