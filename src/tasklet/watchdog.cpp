#include "tasklet/watchdog.hpp"

#include <algorithm>
#include <ctime>
#include <limits>

#include "eval/counting.hpp"
#include "tasklet/tasklet.hpp"

namespace stackless {

namespace {

/// With a deadline, the clock is looked at each time that so many instructions have run: some ten
/// microseconds of plain code.
constexpr int64_t clock_interval = 2000;
/// Where a tasklet cannot be interrupted, that is tried again after an eighth of its budget, or so many.
constexpr int64_t longest_postponement = 1000;
constexpr int64_t unlimited = std::numeric_limits<int64_t>::max() / 2;

int64_t now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

void Watchdog::start(PyThreadState* ts, Tasklet* runner, const WatchdogOptions& options) {
    runner_ = RefTo<Tasklet>::borrow(runner);
    options_ = options;
    deadline_ = options.nanoseconds == 0 ? 0 : now() + options.nanoseconds;
    wants_control_ = false;
    instructions_left_ = options.timeout == 0 ? unlimited : options.timeout;
    give_budget(ts, nullptr);
}

void Watchdog::stop(PyThreadState* ts) {
    wants_control_ = false;
    deadline_ = 0;
    instructions_left_ += eval::instructions_left();
    eval::stop_counting(ts);
    // Whoever goes on is in the run queue, so that this is not the last reference.
    runner_.reset();
}

void Watchdog::forget(const Tasklet* tasklet) {
    if (tasklet == runner_.get()) {
        wants_control_ = false;
        deadline_ = 0;
        runner_.reset();
    }
}

int64_t Watchdog::take_from_budget() {
    const int64_t part =
        deadline_ == 0 ? instructions_left_ : std::min(instructions_left_, clock_interval);
    instructions_left_ -= part;
    return part;
}

void Watchdog::give_budget(PyThreadState* ts, Frame* next) {
    eval::count_down(ts, take_from_budget(), next);
}

bool Watchdog::is_late() const {
    return deadline_ != 0 && now() >= deadline_;
}

void Watchdog::switching_to(PyThreadState* ts, Tasklet* next) {
    if (next == runner_.get())
        return stop(ts);
    if (wants_control_)
        return;
    if (options_.timeout == 0 || options_.total) {
        eval::count_switch(ts, deadline_ == 0);
    } else if (is_late()) {
        eval::count_down(ts, 1, nullptr);
    } else {
        instructions_left_ = options_.timeout;
        give_budget(ts, next->fields.frame());
    }
}

void Watchdog::runs_low(PyThreadState* ts) {
    if (is_late()) {
        instructions_left_ += eval::instructions_left();
        eval::count_down(ts, 1, nullptr);
    } else {
        eval::add_to_budget(take_from_budget());
    }
}

bool Watchdog::expires(PyThreadState* ts) {
    if (instructions_left_ > 0 && !is_late()) {
        give_budget(ts, ts->cframe->current_frame);
        return false;
    }
    if (!options_.soft)
        return true;
    wants_control_ = true;
    eval::stop_counting(ts);
    return false;
}

void Watchdog::try_again(PyThreadState* ts) {
    const int64_t part = options_.timeout == 0 ? longest_postponement : options_.timeout / 8;
    eval::count_down(ts, std::clamp<int64_t>(part, 1, longest_postponement),
                     ts->cframe->current_frame);
}

int64_t Watchdog::time_left(int64_t longest) const {
    return deadline_ == 0 ? longest : std::clamp<int64_t>(deadline_ - now(), 0, longest);
}

}  // namespace stackless
