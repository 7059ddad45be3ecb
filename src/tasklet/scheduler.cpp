// The scheduler's life with its thread, and what functions ask it before they switch.
#include "tasklet/scheduler.hpp"

#include <new>

#include "cpython/call_sites.hpp"
#include "cpython/data_stack.hpp"
#include "tasklet/callbacks.hpp"
#include "tasklet/channel.hpp"

namespace stackless {

namespace {

// All schedulers whose thread lives. Guarded by the GIL; each enters and leaves the list itself.
Scheduler* all_schedulers = nullptr;

constexpr const char* capsule_name = "stackless.scheduler";

/// The call into C that keeps the running tasklet from being switched away from: the one that its
/// innermost frame is in, or, if the loop called the function itself, the one that has started this
/// run of the loop.
Ref describe_c_call(const SwitchPoint& at) {
    PyFrameObject* frame = at.soft ? nullptr : PyThreadState_GetFrame(at.ts);
    const Ref held = Ref::steal(reinterpret_cast<PyObject*>(frame));
    return Ref::steal(frame != nullptr ? describe_call_site(frame->f_frame)
                                       : eval::describe_c_caller(at.ts));
}

}  // namespace

Scheduler::Scheduler(PyThreadState* ts)
    : pickle_flags(default_pickle_flags),
      ts_(ts),
      exception_base_(&ts->exc_state),
      next_(std::exchange(all_schedulers, this)) {}

Scheduler* Scheduler::make(PyThreadState* ts) {
    PyObject* thread_dict = PyThreadState_GetDict();
    if (ts->interp != PyInterpreterState_Main() || thread_dict == nullptr) {
        PyErr_SetString(PyExc_RuntimeError, "tasklets can be used in the main interpreter only");
        return nullptr;
    }
    if (!ensure_thread_chunk(ts))
        return nullptr;
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
    if (!main || PyDict_SetItemString(thread_dict, capsule_name, capsule.get()) < 0)
        return nullptr;
    main->life = Life::Started;
    scheduler->main_ = main.get();
    Py_INCREF(scheduler->main_);
    scheduler->run_queue.append(main.release());
    this_thread_ = scheduler;
    announce_switch(scheduler, nullptr, scheduler->main_);
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
    drop_tasklets();
    for (Scheduler** link = &all_schedulers; *link != nullptr; link = &(*link)->next_) {
        if (*link == this) {
            *link = next_;
            break;
        }
    }
    // After a fork, the thread that is left ends the others.
    if (this_thread_ == this) {
        this_thread_ = nullptr;
    }
    ts_ = nullptr;
    if (const auto main = RefTo<Tasklet>::steal(std::exchange(main_, nullptr))) {
        const RefTo<Tasklet> from_queue = take_out(main.get());
        main->life = Life::Unbound;
    }
    release();
}

void Scheduler::release() {
    if (--holders_ == 0) {
        delete this;
    }
}

void Scheduler::drop_tasklets() {
    drop_left_behind();
    while (Tasklet* runner = runners.last()) {
        const RefTo<Tasklet> dropped = take_out(runner);
    }
    while (run_queue.size() > 1) {
        const RefTo<Tasklet> dropped = take_out(current()->next);
    }
}

void Scheduler::drop_left_behind() {
    while (left_behind_count_ > 0) {
        const Ref dropped = std::move(left_behind_[--left_behind_count_]);
    }
}

Scheduler* Scheduler::of_thread(unsigned long thread_id) {
    Scheduler* scheduler = all_schedulers;
    while (scheduler != nullptr && scheduler->ts_->thread_id != thread_id) {
        scheduler = scheduler->next_;
    }
    return scheduler;
}

int Scheduler::nesting_level(const Tasklet* tasklet) const {
    if (ts_ == nullptr || (tasklet != current() && tasklet != main_))
        return 0;
    if (current() == main_)
        return eval::loop_depth(ts_) - 1;
    int above_base = 0;
    for (_PyCFrame* cframe = ts_->cframe; cframe != base_; cframe = cframe->previous) {
        above_base++;
    }
    return tasklet == main_ ? eval::loop_depth(ts_) - above_base - 1 : above_base;
}

// ---- What a function may do now

SwitchPoint SwitchPoint::begin() {
    PyThreadState* ts = PyThreadState_Get();
    const bool soft = eval::take_soft_call(ts);
    Scheduler* scheduler = Scheduler::of_this_thread();
    if (scheduler != nullptr && !scheduler->may_act()) {
        scheduler = nullptr;
    }
    return {ts, scheduler, soft};
}

bool Scheduler::may_act() {
    if (closed_ != 0) [[unlikely]] {
        PyErr_SetString(PyExc_RuntimeError,
                        "in a callback of the scheduler, or in the middle of a switch, tasklets "
                        "cannot be switched or "
                        "changed and channels cannot be used: let a new tasklet do it");
        return false;
    }
    if (left_behind_count_ != 0) [[unlikely]] {
        drop_left_behind();
    }
    return true;
}

bool Scheduler::may_switch() const {
    if (switch_trap != 0) [[unlikely]] {
        PyErr_SetString(PyExc_RuntimeError,
                        "switch_trap: no tasklet switches are allowed until "
                        "stackless.switch_trap(-1) is called");
        return false;
    }
    return true;
}

bool Scheduler::may_leave(const SwitchPoint& at) {
    if (!may_switch())
        return false;
    if (current() == main_ || (at.soft && at.ts->cframe == base_)) [[likely]]
        return true;
    if (const Ref call = describe_c_call(at)) {
        PyErr_Format(PyExc_RuntimeError, "cannot switch tasklets: C code is active (%U)",
                     call.get());
    }
    return false;
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

bool belongs_to_this_thread(const Tasklet* tasklet) {
    Scheduler* scheduler = Scheduler::of_this_thread();
    if (scheduler == nullptr)
        return false;
    if (tasklet->scheduler == scheduler)
        return true;
    PyErr_SetString(PyExc_RuntimeError,
                    tasklet->scheduler->thread() == nullptr
                        ? "the thread of the tasklet has ended: bind_thread() moves it to this one"
                        : "the tasklet belongs to another thread, which alone can do this yet");
    return false;
}

}  // namespace stackless
