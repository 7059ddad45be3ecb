// The scheduler of a thread: which of its tasklets runs, and which one next.
//
// A function that may switch goes through these steps:
//   1. SwitchPoint::begin()          who calls
//   2. may_leave()                   whether the running tasklet can be switched away from
//   3. successor() ... runnable()    which tasklet goes on
//   4. prepare_to_leave()            gets what the switch needs, tells the schedule callback
//   5. leave()                       changes the queues and goes on in the other tasklet
//
// A switch is a soft one if the loop at the base of a C stack has called the function: the C stack is
// left to the next tasklet. The main tasklet, and one with C code between its frames, keep their C
// stack, see parked_stack.hpp.
// Until step 5 everything may fail, run destructors or collect garbage, and nothing has been changed.
// From there on nothing of that can happen any more: the loop has not yet put the running frame in a
// state in which anything may look at it.
#pragma once

#include "cpython/python.hpp"
#include "cpython/ref.hpp"
#include "cstack/stack.hpp"
#include "eval/breaker.hpp"
#include "eval/counting.hpp"
#include "eval/switching.hpp"
#include "tasklet/callbacks.hpp"
#include "tasklet/parked_stack.hpp"
#include "tasklet/queues.hpp"
#include "tasklet/tasklet.hpp"
#include "tasklet/watchdog.hpp"

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
        return this_thread_ != nullptr ? this_thread_ : find_or_make();
    }
    /// The same, but null without an exception if the thread has had no use for one.
    static Scheduler* if_used() { return this_thread_; }
    /// All schedulers whose thread lives, one after the other; null after the last.
    static Scheduler* first_of_all();
    Scheduler* next_of_all() const { return next_; }
    /// The scheduler of the thread with this id, or null.
    static Scheduler* of_thread(unsigned long thread_id);
    /// The same for another thread of the interpreter, made if there is none. Null with an exception set
    /// if that fails.
    static Scheduler* of_other_thread(PyThreadState* ts);

    /// A tasklet holds the scheduler of its thread, which so outlives the thread.
    void hold() { holders_++; }
    void release();

    /// Null once the thread has ended.
    PyThreadState* thread() const { return ts_; }
    /// Where the thread has, or had, the outermost of the exceptions that it handles.
    _PyErr_StackItem* exception_base() const { return exception_base_; }
    Tasklet* main() const { return main_; }
    /// Null while the thread sleeps, because it has nothing to run.
    Tasklet* current() const { return run_queue.head(); }
    /// How many activations of the loop a tasklet has on its C stack, the first one not counted.
    int nesting_level(const Tasklet* tasklet) const;
    /// The tasklets that were left with their C stacks, the last one first.
    ParkedStack* parked_stacks() const { return parked_stacks_; }
    long count_parked_stacks() const;
    /// The C stack that the running tasklet uses.
    cstack::Stack* running_stack() const { return running_stack_; }

    // ---- what a function may do now

    /// Where everything begins that switches or changes the state of tasklets. False with
    /// RuntimeError set while the scheduler is closed.
    [[nodiscard]] bool may_act();
    bool is_closed() const { return closed_ != 0; }
    /// False with RuntimeError set if the switch trap is set, or with an exception that the running tasklet
    /// is about to have raised.
    [[nodiscard]] bool may_switch() const;
    /// While it is false, all switches keep the C stack. For all threads.
    static inline bool soft_switching = true;

    /// For a soft call: whether leaving the running tasklet takes nothing but moving the usual fields. Nobody is to be
    /// asked or told, nothing to be waited for.
    bool may_leave_plainly(PyThreadState* ts) const {
        return !any_set(closed_, switch_trap, left_behind_count_, watchdog.runner(), ts->async_exc,
                        callbacks.watch_anything(), has_rare_fields(ts), !soft_switching,
                        current()->keeps_stack);
    }

    // ---- who goes on

    // Tasklets that have not run get their first frame here, and that may fail: as a call of their
    // function may, or because an exception was thrown at them. Then these functions look further,
    // or, if the running tasklet is the one that gets to know of the failure, return null with the
    // exception set.

    /// The next tasklet in the run queue; the running one if it is the only one. A watchdog that wants
    /// control gets it.
    Tasklet* successor() {
        if (eval::can_count && watchdog.wants_control()) [[unlikely]]
            return watchdog.runner();
        Tasklet* next = current()->next;
        return next->can_be_resumed() ? next : find_successor();
    }
    /// The same for when the running tasklet will be taken out of the run queue: if that leaves it
    /// empty, the idle tasklet, or null if that waits for other threads as well. False with the
    /// "deadlock" error set if nothing can go on.
    [[nodiscard]] bool successor_without_current(Tasklet*& next);
    /// Whether there is another thread that is not itself waiting for one.
    bool others_can_wake() const;
    /// The same for a thread that only waits in run(threadblock=True): then one that waits in the same way
    /// does not count.
    bool others_are_awake() const;
    /// `tasklet`, or the one that gets to know of its failure, or the running one if it has just
    /// ended silently.
    Tasklet* runnable(Tasklet* tasklet);
    /// The same for a tasklet that has not run, when an exception is thrown at it.
    Tasklet* fail_to_start(Tasklet* tasklet, Ref bomb);

    /// What a call returns that has not led to a switch: one may have set the tempval as its result.
    PyObject* own_tempval() { return explode_if_bomb(current()->take_tempval()); }

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

    /// Gets what a switch to `next` (null: to whatever other threads wake) needs, and tells the schedule
    /// callback. False with an exception set if the switch cannot take place.
    [[nodiscard]] bool prepare_to_leave(const SwitchPoint& at, Tasklet* next) {
        return (leaves_softly(at) && !callbacks.watch_switches()) || prepare_rare_leave(at, next);
    }
    /// Saves the running tasklet, calls `commit`, which must change the head of the run queue to `next`
    /// of prepare_to_leave() (or leave the queue empty), and resumes that. The result is what the function
    /// that switches has to return.
    template <class Commit>
    PyObject* leave(const SwitchPoint& at, Commit commit);
    /// In the middle of a switch, when the queues have been changed: waits until there is somebody to go on, and tells
    /// whoever keeps count.
    void look_at_head(PyThreadState* ts);
    /// Keeps a reference until the switch that is under way is over: until the next may_act().
    void drop_later(Ref object) { left_behind_[left_behind_count_++] = std::move(object); }
    void drop_left_behind();

    /// See eval::Hooks.
    static void chain_ended(PyThreadState* ts, PyObject* result);
    static void leave_stack(PyThreadState* ts);
    static eval::Interruption budget_spent(PyThreadState* ts);
    static void budget_runs_low(PyThreadState* ts);
    static bool keeps_gil(PyThreadState* ts);

    /// Puts a tasklet into the run queue at the doing of another thread, and wakes this one.
    void make_runnable_from_outside(Tasklet* tasklet);

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

    /// Kills the tasklets that hold C stacks, and drops those that are still runnable: when the
    /// interpreter or the thread ends.
    void end_tasklets();

    static constexpr const char* deadlock_message =
        "Deadlock: the last runnable tasklet cannot be blocked.";
    /// What pickle_flags of a new scheduler is. Set by the program.
    static inline int default_pickle_flags = 0;

    RunQueue run_queue;
    /// The tasklets waiting in run(); the last one has called it last.
    WaitingLine runners{};
    Watchdog watchdog;
    int switch_trap = 0;
    /// How many switches there were.
    uint64_t switches = 0;
    /// Whether `failed` is kept: the tasklet that an exception has left last, for an embedding program that is
    /// told of the exception by run().
    bool keeps_failed = false;
    RefTo<Tasklet> failed;
    int pickle_flags;

private:
    explicit Scheduler(PyThreadState* ts);
    ~Scheduler() = default;
    static void set_closed_error();
    static void set_trap_error();
    static Scheduler* find_or_make();
    static Scheduler* make(PyThreadState* ts);
    static Scheduler* find(const PyThreadState* ts);
    static void thread_ends(PyObject* capsule);
    void end_thread();
    void drop_queued();

    /// A watchdog that wants control gets it at each switch, whichever tasklet is switched to.
    Tasklet* destination(Tasklet* next) const {
        return watchdog.wants_control() ? watchdog.runner() : next;
    }
    bool leaves_softly(const SwitchPoint& at) const {
        return at.soft && soft_switching && eval::runs_base_loop(at.ts) && !current()->keeps_stack;
    }
    template <class Commit>
    void leave_softly(PyThreadState* ts, Commit& commit);
    [[nodiscard]] bool prepare_rare_leave(const SwitchPoint& at, Tasklet* next);
    template <class Commit>
    [[gnu::noinline]] PyObject* leave_with_stack(const SwitchPoint& at, Commit& commit);
    void obey_watchdog();
    void resume(PyThreadState* ts, Tasklet* tasklet);
    void resume_here(PyThreadState* ts, Tasklet* tasklet);
    static void resume_at_start(PyThreadState* ts, Tasklet* tasklet);
    void resume_interrupted(PyThreadState* ts, Tasklet* tasklet);

    eval::Interruption interrupt(PyThreadState* ts);
    bool may_interrupt(const Tasklet* tasklet) const;

    void sleep_until_runnable(PyThreadState* ts);
    void wait_for_others(PyThreadState* ts);
    void give_up_waiting();
    bool waits_in_run() const;
    void wake_waiting_runs();
    void wake();

    [[nodiscard]] bool ensure_idle_stack();
    void set_idle_stack(cstack::Stack* stack);
    void go_on_elsewhere();
    static void begin_on_stack();
    static void arrive(PyThreadState* ts);
    void finish_arrival(PyThreadState* ts);
    RefTo<Tasklet> find_killable() const;
    void kill_parked_stacks();
    void drop_runnable();

    Tasklet* find_successor();
    /// The one that goes on when no tasklet is runnable, and that gets to know of exceptions: the
    /// one that called run() last, else the main tasklet.
    Tasklet* idle_tasklet() const;
    /// Lets that go on first, and raise the exception of `bomb`.
    Tasklet* send_to_idle(const Ref& bomb);
    RefTo<Tasklet> note_failed(Tasklet* tasklet);
    /// Ends the running tasklet, whose frames are gone; `bomb` is the exception that has left it,
    /// or null.
    void end_current(PyThreadState* ts, const Ref& bomb);
    void drop_ended();
    Tasklet* successor_of_last();
    static Ref make_deadlock_bomb();
    [[nodiscard]] bool prepare_rare_fields(PyThreadState* ts);
    void check_tracing(PyThreadState* ts, bool was_traced);

    PyThreadState* ts_;
    _PyErr_StackItem* exception_base_;
    Tasklet* main_ = nullptr;
    /// The one whose frames are gone, until the next one goes on.
    RefTo<Tasklet> ended_;
    cstack::Stack thread_stack_;
    cstack::Stack* running_stack_ = &thread_stack_;
    /// A stack in whose base loop nothing runs, or null.
    cstack::Stack* idle_stack_ = nullptr;
    ParkedStack* parked_stacks_ = nullptr;
    friend ParkedStack;
    /// A switch leaves behind at most: the tasklet that it leaves, the channels that its target and
    /// the main tasklet were blocked on, the value that its target was sending, and one that an
    /// interrupted one has no use for.
    Ref left_behind_[8];
    int left_behind_count_ = 0;
    int closed_ = 0;
    /// Released to wake the thread, when it sleeps. Made on first use.
    PyThread_type_lock wakeup_ = nullptr;
    bool sleeps_ = false;
    long holders_ = 1;
    Scheduler* next_;  // in the list of all schedulers

    static inline constinit thread_local Scheduler* this_thread_ = nullptr;
};

/// False with RuntimeError set if a tasklet belongs to another thread.
[[nodiscard]] bool belongs_to_this_thread(const Tasklet* tasklet);
/// False with RuntimeError set if the thread of a tasklet has ended.
[[nodiscard]] bool has_thread(const Tasklet* tasklet);
/// Puts a tasklet at the end of the run queue of its thread.
void make_runnable_anywhere(Tasklet* tasklet);

inline SwitchPoint SwitchPoint::begin() {
    PyThreadState* ts = PyThreadState_Get();
    const bool soft = eval::take_soft_call(ts);
    Scheduler* scheduler = Scheduler::of_this_thread();
    if (scheduler != nullptr && !scheduler->may_act()) [[unlikely]] {
        scheduler = nullptr;
    }
    return {ts, scheduler, soft};
}

inline bool Scheduler::may_act() {
    if (closed_ != 0 || current() == nullptr) [[unlikely]] {
        set_closed_error();
        return false;
    }
    if (left_behind_count_ != 0) [[unlikely]] {
        drop_left_behind();
    }
    return true;
}

inline bool Scheduler::may_switch() const {
    if (eval::raise_async_exception(ts_)) [[unlikely]]
        return false;
    if (switch_trap != 0) [[unlikely]] {
        set_trap_error();
        return false;
    }
    return true;
}

template <class Commit>
void Scheduler::leave_softly(PyThreadState* ts, Commit& commit) {
    const bool was_traced = is_traced(ts);
    current()->fields.save(ts);
    commit();
    look_at_head(ts);
    resume(ts, current());
    check_tracing(ts, was_traced);
}

template <class Commit>
PyObject* Scheduler::leave_with_stack(const SwitchPoint& at, Commit& commit) {
    PyThreadState* ts = at.ts;
    Tasklet* left = current();
    left->fields.save(ts);
    {
        const ParkedStack parked(this, ts, at.soft);
        commit();
        look_at_head(ts);
        go_on_elsewhere();
    }
    left->fields.restore(ts);
    Ref value = Ref::steal(left->take_tempval());
    finish_arrival(ts);
    return explode_if_bomb(value.release());
}

template <class Commit>
PyObject* Scheduler::leave(const SwitchPoint& at, Commit commit) {
    if (has_rare_fields(at.ts) && !prepare_rare_fields(at.ts)) [[unlikely]]
        return nullptr;
    if (!leaves_softly(at)) [[unlikely]]
        return leave_with_stack(at, commit);
    leave_softly(at.ts, commit);
    return eval::unwind_token();
}

inline void Scheduler::look_at_head(PyThreadState* ts) {
    switches++;
    if (current() == nullptr) [[unlikely]] {
        sleep_until_runnable(ts);
    }
    if (eval::can_count && watchdog.is_on()) [[unlikely]] {
        obey_watchdog();
        watchdog.switching_to(ts, current());
    }
    current()->count_switch();
}

inline void Scheduler::resume(PyThreadState* ts, Tasklet* tasklet) {
    if (tasklet->parked != nullptr) [[unlikely]] {
        eval::resume_elsewhere(ts);
    } else {
        resume_here(ts, tasklet);
    }
}

[[gnu::always_inline]] inline void Scheduler::resume_here(PyThreadState* ts, Tasklet* tasklet) {
    tasklet->fields.restore(ts);
    if (tasklet->life != Life::Started) [[unlikely]] {
        tasklet->life = Life::Started;
        resume_at_start(ts, tasklet);
        return;
    }
    if (tasklet->interrupted) [[unlikely]] {
        resume_interrupted(ts, tasklet);
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
