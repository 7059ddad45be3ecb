// The scheduler of a thread: which of its tasklets runs, and which one next.
//
// A function that may switch goes through these steps:
//   1. SwitchPoint::begin()          who calls
//   2. may_leave()                   whether the running tasklet can be switched away from
//   3. successor() ... runnable()    which tasklet goes on
//   4. announce_switch()             tells the schedule callback
//   5. leave()                       changes the queues and goes on in the other tasklet
// Until step 5 everything may fail, run destructors or collect garbage, and nothing has been changed.
// From there on nothing of that can happen any more: the loop has not yet put the running frame in a
// state in which anything may look at it.
#pragma once

#include "cpython/python.hpp"
#include "cpython/ref.hpp"
#include "eval/switching.hpp"
#include "tasklet/queues.hpp"
#include "tasklet/tasklet.hpp"

namespace stackless {

class Scheduler;

/// The beginning of a function that may switch.
struct SwitchPoint {
    PyThreadState* ts;
    Scheduler* scheduler;  // null, with an exception set, if nothing may be done now
    bool soft;             // the loop itself called the function

    static SwitchPoint begin();
    explicit operator bool() const { return scheduler != nullptr; }
};

class Scheduler {
public:
    /// The scheduler of the calling thread; made on first use. Null with an exception set if that
    /// fails.
    static Scheduler* of_this_thread() {
        return this_thread_ != nullptr ? this_thread_ : make(PyThreadState_Get());
    }
    /// The scheduler of the thread with this id, or null.
    static Scheduler* of_thread(unsigned long thread_id);

    /// A tasklet holds the scheduler of its thread, which so outlives the thread.
    void hold() { holders_++; }
    void release();

    /// Null once the thread has ended.
    PyThreadState* thread() const { return ts_; }
    /// Where the thread has, or had, the outermost of the exceptions that it handles.
    _PyErr_StackItem* exception_base() const { return exception_base_; }
    Tasklet* main() const { return main_; }
    Tasklet* current() const { return run_queue.head(); }
    /// How many activations of the loop a tasklet has on the C stack, its first one not counted.
    int nesting_level(const Tasklet* tasklet) const;

    // ---- what a function may do now

    /// Where everything begins that switches or changes the state of tasklets. False with
    /// RuntimeError set while the scheduler is closed.
    [[nodiscard]] bool may_act();
    bool is_closed() const { return closed_ != 0; }
    /// False with RuntimeError set if the running tasklet cannot be switched away from.
    [[nodiscard]] bool may_leave(const SwitchPoint& at);
    /// Only the part of this that asks for the switch trap.
    [[nodiscard]] bool may_switch() const;

    // ---- who goes on

    // Tasklets that have not run get their first frame here, and that may fail: as a call of their
    // function may, or because an exception was thrown at them. Then these functions look further,
    // or, if the running tasklet is the one that gets to know of the failure, return null with the
    // exception set.

    /// The next tasklet in the run queue; the running one if it is the only one.
    Tasklet* successor() {
        Tasklet* next = current()->next;
        return next->can_be_resumed() ? next : find_successor();
    }
    /// The same for when the running tasklet will be taken out of the run queue: if that leaves it
    /// empty, the idle tasklet. Null, with the "deadlock" error set, if that is blocked.
    Tasklet* successor_without_current();
    /// `tasklet`, or the one that gets to know of its failure, or the running one if it has just
    /// ended silently.
    Tasklet* runnable(Tasklet* tasklet);
    /// The same for a tasklet that has not run, when an exception is thrown at it.
    Tasklet* fail_to_start(Tasklet* tasklet, Ref bomb);

    // ---- the queues

    /// Takes a tasklet out of the queue it is in, if it is in one. Returns a reference to it. One
    /// that waits in run() takes those with it that called run() after it: they are runnable then.
    RefTo<Tasklet> take_out(Tasklet* tasklet);
    /// Puts a tasklet at the end of the run queue. If it is in there already, it stays.
    void make_runnable(Tasklet* tasklet);
    /// Makes a tasklet the head of the run queue. If it is in there, the ring is turned, else it is
    /// put before the present head.
    void bring_to_head(Tasklet* tasklet);
    /// While it is being left: takes the running tasklet out of the run queue.
    void remove_current();

    // ---- switching

    /// Saves the running tasklet, calls `commit`, which must change the head of the run queue, and
    /// resumes that. The result is what the function that switches has to return.
    template <class Commit>
    PyObject* leave(const SwitchPoint& at, Commit commit);
    /// Keeps a reference until the switch that is under way is over: until the next may_act().
    void drop_later(Ref object) { left_behind_[left_behind_count_++] = std::move(object); }
    void drop_left_behind();

    /// The outermost frame of the running tasklet has been left: an eval::ChainEnded.
    static void chain_ended(PyThreadState* ts, PyObject* result);

    /// While it exists, functions that switch or act on tasklets raise RuntimeError: in callbacks,
    /// and in destructors that run while the tasklet that goes on is being chosen.
    class Closed {
    public:
        explicit Closed(Scheduler* scheduler) : scheduler_(scheduler) { scheduler_->closed_++; }
        ~Closed() { scheduler_->closed_--; }
        Closed(const Closed&) = delete;
        Closed& operator=(const Closed&) = delete;

    private:
        Scheduler* scheduler_;
    };

    /// Drops the tasklets that are still runnable, when the interpreter ends.
    void drop_tasklets();

    static constexpr const char* deadlock_message =
        "Deadlock: the last runnable tasklet cannot be blocked.";
    /// What pickle_flags of a new scheduler is. Set by the program.
    static inline int default_pickle_flags = 0;

    RunQueue run_queue;
    /// The tasklets waiting in run(); the last one has called it last.
    WaitingLine runners{};
    int switch_trap = 0;
    int pickle_flags;

private:
    explicit Scheduler(PyThreadState* ts);
    ~Scheduler() = default;
    static Scheduler* make(PyThreadState* ts);
    static void thread_ends(PyObject* capsule);
    void end_thread();

    template <class Commit>
    void leave_softly(PyThreadState* ts, Commit& commit);
    void resume(PyThreadState* ts, Tasklet* tasklet);

    Tasklet* find_successor();
    /// The one that goes on when no tasklet is runnable, and that gets to know of exceptions: the
    /// one that called run() last, else the main tasklet.
    Tasklet* idle_tasklet() const;
    /// Lets that go on first, and raise the exception of `bomb`.
    Tasklet* send_to_idle(const Ref& bomb);
    /// Ends the running tasklet, whose frames are gone; `bomb` is the exception that has left it,
    /// or null.
    void end_current(PyThreadState* ts, Ref bomb);
    void check_tracing(PyThreadState* ts, bool was_traced);

    PyThreadState* ts_;
    _PyErr_StackItem* exception_base_;
    Tasklet* main_ = nullptr;
    /// The activation of the loop in which the main tasklet is parked, while others run: they run
    /// in it too.
    _PyCFrame* base_ = nullptr;
    /// A switch leaves behind at most: the tasklet that it leaves, the channels that its target and
    /// the main tasklet were blocked on, and the value that its target was sending.
    Ref left_behind_[4];
    int left_behind_count_ = 0;
    int closed_ = 0;
    long holders_ = 1;
    Scheduler* next_;  // in the list of all schedulers

    static inline constinit thread_local Scheduler* this_thread_ = nullptr;
};

/// False with RuntimeError set if a tasklet belongs to another thread.
[[nodiscard]] bool belongs_to_this_thread(const Tasklet* tasklet);

template <class Commit>
void Scheduler::leave_softly(PyThreadState* ts, Commit& commit) {
    Tasklet* left = current();
    if (left == main_) {
        base_ = ts->cframe;
    }
    const bool was_traced = is_traced(ts);
    left->fields.save(ts);
    commit();
    resume(ts, current());
    check_tracing(ts, was_traced);
}

template <class Commit>
PyObject* Scheduler::leave(const SwitchPoint& at, Commit commit) {
    if (!current()->fields.reserve(at.ts))
        return nullptr;
    if (at.soft) {
        leave_softly(at.ts, commit);
        return eval::unwind_token();
    }
    const auto prepare = [](PyThreadState* ts, void* commit_argument) {
        Scheduler* scheduler = of_this_thread();
        scheduler->leave_softly(ts, *static_cast<Commit*>(commit_argument));
        return true;
    };
    return eval::switch_in_nested_loop(at.ts, prepare, &commit);
}

inline void Scheduler::resume(PyThreadState* ts, Tasklet* tasklet) {
    tasklet->fields.restore(ts);
    if (tasklet->life != Life::Started) [[unlikely]] {
        tasklet->life = Life::Started;
        eval::resume_at_start(ts);
        return;
    }
    PyObject* value = explode_if_bomb(tasklet->take_tempval());
    if (value == nullptr) {
        eval::resume_with_error(ts);
    } else {
        eval::resume_with_value(ts, value);
    }
}

inline void Scheduler::check_tracing(PyThreadState* ts, bool was_traced) {
    if (was_traced || is_traced(ts)) [[unlikely]] {
        eval::tracing_changed(ts);
    }
}

inline bool Tasklet::is_current() const {
    return scheduler->thread() != nullptr && scheduler->current() == this;
}

inline bool Tasklet::is_main() const {
    return scheduler->main() == this;
}

}  // namespace stackless
