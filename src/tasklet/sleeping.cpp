// A thread that has nothing to run, and waits for others to wake a tasklet of its own.
#include "tasklet/callbacks.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

namespace {

/// A thread that has never used tasklets says nothing when it ends: so often is looked whether there is
/// still somebody to wait for.
constexpr int64_t longest_wait = 100'000'000;  // nanoseconds

/// What a thread state has while no tasklet runs. (What it had belongs to the one that was left.)
void forget_fields(PyThreadState* ts) {
    ThreadFields none{};
    none.restore(ts);
}

}  // namespace

/// Whether the idle tasklet waits in run(threadblock=True): if nobody can wake this thread any more, that
/// returns.
bool Scheduler::waits_in_run() const {
    const Tasklet* idle = idle_tasklet();
    return idle->place == Place::Runners && idle->waits_for_threads;
}

bool Scheduler::others_can_wake() const {
    for (const Scheduler* other = first_of_all(); other != nullptr; other = other->next_) {
        if (other != this && other->sleeps_ && other->waits_in_run())
            return true;
    }
    return others_are_awake();
}

bool Scheduler::others_are_awake() const {
    PyThreadState* ts = PyInterpreterState_ThreadHead(PyInterpreterState_Get());
    for (; ts != nullptr; ts = PyThreadState_Next(ts)) {
        const Scheduler* scheduler = ts == ts_ ? nullptr : find(ts);
        if (ts != ts_ && (scheduler == nullptr || !scheduler->sleeps_))
            return true;
    }
    return false;
}

void Scheduler::make_runnable_from_outside(Tasklet* tasklet) {
    make_runnable(tasklet);
    drop_left_behind();
    wake();
}

void Scheduler::wake() {
    if (sleeps_) {
        sleeps_ = false;
        PyThread_release_lock(wakeup_);
    }
}

/// Everybody sleeps: of the threads that wait in run(threadblock=True), those calls return.
void Scheduler::wake_waiting_runs() {
    for (Scheduler* other = first_of_all(); other != nullptr; other = other->next_) {
        if (other != this && other->waits_in_run()) {
            other->wake();
        }
    }
}

/// Nobody can wake this thread any more.
void Scheduler::give_up_waiting() {
    Tasklet* idle = idle_tasklet();
    if (idle->is_blocked()) {
        send_to_idle(make_deadlock_bomb());
    } else {
        make_runnable(idle);
    }
}

void Scheduler::wait_for_others(PyThreadState* ts) {
    if (wakeup_ == nullptr) {
        wakeup_ = PyThread_allocate_lock();
        if (wakeup_ == nullptr)
            return give_up_waiting();
        PyThread_acquire_lock(wakeup_, NOWAIT_LOCK);
    }
    const int64_t wait = watchdog.time_left(longest_wait);
    if (wait == 0)
        return make_runnable(watchdog.runner());
    if (waits_in_run() ? !others_are_awake() : !others_can_wake())
        return give_up_waiting();
    sleeps_ = true;
    if (!others_are_awake()) {
        wake_waiting_runs();
    }
    PyEval_SaveThread();
    const PyLockStatus status = PyThread_acquire_lock_timed(wakeup_, wait / 1000 + 1, 1);
    PyEval_RestoreThread(ts);
    if (sleeps_) {
        sleeps_ = false;
    } else if (status != PY_LOCK_ACQUIRED) {
        // Woken in the very moment that the wait ended for another reason.
        PyThread_acquire_lock(wakeup_, WAIT_LOCK);
    }
    const Closed closed(this);
    if (Py_MakePendingCalls() < 0) {
        send_to_idle(bomb_from_error());
    }
}

void Scheduler::sleep_until_runnable(PyThreadState* ts) {
    forget_fields(ts);
    // What was left behind may be what others wait for.
    drop_ended();
    drop_left_behind();
    while (current() == nullptr || !current()->can_be_resumed()) {
        if (current() == nullptr) {
            wait_for_others(ts);
        } else {
            runnable(current());
        }
    }
    announce_switch(this, nullptr, current());
}

}  // namespace stackless
