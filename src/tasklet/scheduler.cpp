// The scheduler's life with its thread, and what functions ask it before they switch.
#include "tasklet/scheduler.hpp"

#include <algorithm>
#include <new>

#include "cpython/data_stack.hpp"
#include "tasklet/callbacks.hpp"
#include "tasklet/channel.hpp"

namespace stackless {

namespace {

// All schedulers whose thread lives. Guarded by the GIL; each enters and leaves the list itself.
Scheduler* all_schedulers = nullptr;

constexpr const char* capsule_name = "stackless.scheduler";

}  // namespace

Scheduler::Scheduler(PyThreadState* ts)
    : pickle_flags(default_pickle_flags),
      ts_(ts),
      exception_base_(&ts->exc_state),
      next_(std::exchange(all_schedulers, this)) {}

Scheduler* Scheduler::find_or_make() {
    PyThreadState* ts = PyThreadState_Get();
    Scheduler* scheduler = find(ts);
    if (scheduler == nullptr) {
        scheduler = make(ts);
    }
    if (scheduler == nullptr || !ensure_thread_chunk(ts))
        return nullptr;
    scheduler->thread_stack_.adopt_bounds(cstack::thread_bounds());
    this_thread_ = scheduler;
    announce_switch(scheduler, nullptr, scheduler->main_);
    return scheduler;
}

Scheduler* Scheduler::of_other_thread(PyThreadState* ts) {
    Scheduler* scheduler = find(ts);
    return scheduler != nullptr ? scheduler : make(ts);
}

Scheduler* Scheduler::make(PyThreadState* ts) {
    if (ts->dict == nullptr) {
        ts->dict = PyDict_New();
    }
    if (ts->interp != PyInterpreterState_Main() || ts->dict == nullptr) {
        PyErr_SetString(PyExc_RuntimeError, "tasklets can be used in the main interpreter only");
        return nullptr;
    }
    auto* scheduler = new (std::nothrow) Scheduler(ts);
    if (scheduler == nullptr) {
        PyErr_NoMemory();
        return nullptr;
    }
    // The thread state drops its dictionary, and the capsule with it, when the thread ends.
    Ref capsule = Ref::steal(PyCapsule_New(scheduler, capsule_name, thread_ends));
    if (!capsule) {
        scheduler->end_thread();
        return nullptr;
    }
    RefTo<Tasklet> main = new_tasklet(&tasklet_type, scheduler);
    if (!main || PyDict_SetItemString(ts->dict, capsule_name, capsule.get()) < 0)
        return nullptr;
    main->life = Life::Started;
    scheduler->main_ = main.get();
    Py_INCREF(scheduler->main_);
    scheduler->run_queue.append(main.release());
    return scheduler;
}

void Scheduler::thread_ends(PyObject* capsule) {
    auto* scheduler = static_cast<Scheduler*>(PyCapsule_GetPointer(capsule, capsule_name));
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    scheduler->end_thread();
    PyErr_Restore(type, value, traceback);
}

void Scheduler::end_thread() {
    // After a fork, the thread that is left ends the others, whose tasklets it cannot run.
    if (this_thread_ == this) {
        kill_parked_stacks();
        watchdog.stop(ts_);
        this_thread_ = nullptr;
    }
    drop_left_behind();
    for (Scheduler** link = &all_schedulers; *link != nullptr; link = &(*link)->next_) {
        if (*link == this) {
            *link = next_;
            break;
        }
    }
    while (parked_stacks_ != nullptr) {
        parked_stacks_->abandon();
    }
    set_idle_stack(nullptr);
    // What ran at the time of a fork is gone.
    if (current() != nullptr) {
        current()->life = Life::Unbound;
    }
    ts_ = nullptr;
    if (const auto main = RefTo<Tasklet>::steal(std::exchange(main_, nullptr))) {
        const RefTo<Tasklet> from_queue = take_out(main.get());
        main->life = Life::Unbound;
    }
    drop_queued();
    // Those that sleep may have waited for this one.
    for (Scheduler* other = all_schedulers; other != nullptr; other = other->next_) {
        other->wake();
    }
    release();
}

void Scheduler::release() {
    if (--holders_ == 0) {
        if (wakeup_ != nullptr) {
            PyThread_free_lock(wakeup_);
        }
        delete this;
    }
}

void Scheduler::end_tasklets() {
    kill_parked_stacks();
    drop_runnable();
}

void Scheduler::drop_runnable() {
    drop_left_behind();
    while (Tasklet* runner = runners.last()) {
        const RefTo<Tasklet> dropped = take_out(runner);
    }
    while (run_queue.size() > 1) {
        const RefTo<Tasklet> dropped = take_out(current()->next);
    }
}

/// Takes all tasklets out of the queues of a thread that has ended: they are paused then.
void Scheduler::drop_queued() {
    while (Tasklet* queued = runners.last() != nullptr ? runners.last() : current()) {
        const RefTo<Tasklet> dropped = take_out(queued);
    }
}

void Scheduler::drop_left_behind() {
    while (left_behind_count_ > 0) {
        const Ref dropped = std::move(left_behind_[--left_behind_count_]);
    }
}

Scheduler* Scheduler::first_of_all() {
    return all_schedulers;
}

Scheduler* Scheduler::of_thread(unsigned long thread_id) {
    Scheduler* scheduler = all_schedulers;
    while (scheduler != nullptr && scheduler->ts_->thread_id != thread_id) {
        scheduler = scheduler->next_;
    }
    return scheduler;
}

Scheduler* Scheduler::find(const PyThreadState* ts) {
    Scheduler* scheduler = all_schedulers;
    while (scheduler != nullptr && scheduler->ts_ != ts) {
        scheduler = scheduler->next_;
    }
    return scheduler;
}

int Scheduler::nesting_level(const Tasklet* tasklet) const {
    if (ts_ == nullptr)
        return 0;
    const _PyCFrame* innermost = nullptr;
    if (tasklet->parked != nullptr) {
        innermost = tasklet->parked->cframe();
    } else if (tasklet == current()) {
        innermost = ts_->cframe;
    }
    return innermost == nullptr ? 0 : std::max(eval::loop_depth(ts_, innermost) - 1, 0);
}

// ---- What a function may do now

void Scheduler::set_closed_error() {
    PyErr_SetString(PyExc_RuntimeError,
                    "in a callback of the scheduler, or in the middle of a switch, tasklets cannot "
                    "be switched or changed and channels cannot be used: let a new tasklet do it");
}

void Scheduler::set_trap_error() {
    PyErr_SetString(PyExc_RuntimeError,
                    "switch_trap: no tasklet switches are allowed until "
                    "stackless.switch_trap(-1) is called");
}

bool Scheduler::prepare_rare_leave(const SwitchPoint& at, Tasklet* next) {
    next = destination(next);
    if (!leaves_softly(at) && (next == nullptr || next->parked == nullptr) && !ensure_idle_stack())
        return false;
    announce_switch(this, current(), next);
    return true;
}

// ---- The queues

RefTo<Tasklet> Scheduler::take_out(Tasklet* tasklet) {
    switch (tasklet->place) {
    case Place::Nowhere:
        return RefTo<Tasklet>::borrow(tasklet);
    case Place::RunQueue:
        run_queue.remove(tasklet);
        break;
    case Place::Sending:
    case Place::Receiving:
        tasklet->channel->remove(tasklet);
        drop_later(Ref::steal(std::exchange(tasklet->channel, nullptr)->object()));
        break;
    case Place::Runners:
        while (runners.last() != tasklet) {
            Tasklet* later = runners.last();
            runners.remove(later);
            run_queue.append(later);
        }
        runners.remove(tasklet);
        break;
    }
    return RefTo<Tasklet>::steal(tasklet);
}

void Scheduler::make_runnable(Tasklet* tasklet) {
    if (tasklet->place != Place::RunQueue) {
        run_queue.append(take_out(tasklet).release());
    }
}

void Scheduler::bring_to_head(Tasklet* tasklet) {
    make_runnable(tasklet);
    run_queue.turn_to(tasklet);
}

void Scheduler::remove_current() {
    const RefTo<Tasklet> removed = take_out(current());
    if (Py_REFCNT(removed.get()) == 1) {
        drop_later(Ref::borrow(removed->object()));
    }
}

bool has_thread(const Tasklet* tasklet) {
    if (tasklet->scheduler->thread() != nullptr)
        return true;
    PyErr_SetString(PyExc_RuntimeError,
                    "the thread of the tasklet has ended: bind_thread() moves it to this one");
    return false;
}

bool belongs_to_this_thread(const Tasklet* tasklet) {
    Scheduler* scheduler = Scheduler::of_this_thread();
    if (scheduler == nullptr || !has_thread(tasklet))
        return false;
    if (tasklet->scheduler == scheduler)
        return true;
    PyErr_SetString(PyExc_RuntimeError,
                    "the tasklet belongs to another thread, which alone can do this: bind_thread() "
                    "moves it to this one");
    return false;
}

void make_runnable_anywhere(Tasklet* tasklet) {
    Scheduler* scheduler = tasklet->scheduler;
    if (scheduler->thread() == PyThreadState_Get()) {
        scheduler->make_runnable(tasklet);
    } else {
        scheduler->make_runnable_from_outside(tasklet);
    }
}

}  // namespace stackless
