// Interrupting tasklets.
#include <string_view>

#include "eval/breaker.hpp"
#include "eval/counting.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

bool Scheduler::keeps_gil(PyThreadState*) {
    const Scheduler* scheduler = this_thread_;
    return scheduler != nullptr && scheduler->current() != nullptr && scheduler->current()->atomic;
}

eval::Interruption Scheduler::budget_spent(PyThreadState* ts) {
    Scheduler* scheduler = of_this_thread();
    if (!scheduler->watchdog.is_on()) {
        // The tasklet that it was for has been bound to something else.
        eval::stop_counting(ts);
        return eval::Interruption::None;
    }
    return scheduler->watchdog.expires(ts) ? scheduler->interrupt(ts) : eval::Interruption::None;
}

void Scheduler::budget_runs_low(PyThreadState* ts) {
    if (this_thread_ != nullptr && this_thread_->watchdog.is_on()) {
        this_thread_->watchdog.runs_low(ts);
    }
}

namespace {

/// Whether the running frame is importlib's own code. It holds locks and open files, for which others wait, and which no
/// pickle can carry.
bool is_in_importlib(const PyThreadState* ts) {
    constexpr std::string_view beginning = "<frozen importlib";
    const Frame* frame = ts->cframe->current_frame;
    const char* file = frame != nullptr ? PyUnicode_AsUTF8(frame->f_code->co_filename) : nullptr;
    if (file == nullptr) {
        PyErr_Clear();
    }
    return file != nullptr && std::string_view(file).starts_with(beginning);
}

}  // namespace

bool Scheduler::may_interrupt(const Tasklet* tasklet) const {
    return tasklet != nullptr && !tasklet->atomic && ts_->async_exc == nullptr && !is_closed() &&
           switch_trap == 0 && !is_in_importlib(ts_) &&
           (watchdog.ignores_nesting() || tasklet->ignore_nesting || nesting_level(tasklet) == 0);
}

namespace {

/// A tasklet can be interrupted between any two instructions, but have an exception raised only where
/// the program can expect one.
void raise_soon(PyThreadState* ts, PyObject* bomb) {
    eval::raise_soon(ts, Py_NewRef(reinterpret_cast<Bomb*>(bomb)->exception));
}

}  // namespace

/// Takes the running tasklet out of the run queue, and gives it to the one that called run().
eval::Interruption Scheduler::interrupt(PyThreadState* ts) {
    const SwitchPoint at{ts, this, true};
    Tasklet* victim = current();
    Tasklet* runner = watchdog.runner();
    if (!may_interrupt(victim) || !prepare_to_leave(at, runner) ||
        (has_rare_fields(ts) && !prepare_rare_fields(ts))) {
        PyErr_Clear();
        watchdog.try_again(ts);
        return eval::Interruption::None;
    }
    const auto commit = [&] {
        drop_later(Ref::steal(runner->take_tempval()));
        runner->put_tempval(victim->object());
        remove_current();
        bring_to_head(runner);
    };
    if (leaves_softly(at)) {
        victim->interrupted = true;
        leave_softly(ts, commit);
        return eval::Interruption::Switched;
    }
    const Ref resumed = Ref::steal(leave_with_stack(at, commit));
    if (!resumed) {
        raise_soon(ts, bomb_from_error().get());
    }
    return eval::Interruption::None;
}

void Scheduler::resume_interrupted(PyThreadState* ts, Tasklet* tasklet) {
    tasklet->interrupted = false;
    Ref value = Ref::steal(tasklet->take_tempval());
    if (is_bomb(value.get())) {
        raise_soon(ts, value.get());
    }
    drop_later(std::move(value));
    eval::resume_interrupted(ts);
}

/// In the middle of a switch: lets a watchdog have control that wants it.
void Scheduler::obey_watchdog() {
    Tasklet* wanted = destination(current());
    // It may have come to want it in the schedule callback, when the C stack had been taken care of that
    // the switch needs. Then it waits for the next switch.
    if (wanted->parked != nullptr || current()->parked == nullptr || idle_stack_ != nullptr) {
        bring_to_head(wanted);
    }
}

}  // namespace stackless
