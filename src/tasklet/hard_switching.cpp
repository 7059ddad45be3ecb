// Switches between C stacks.
#include "cpython/garbage.hpp"
#include "cstack/pool.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

// ---- Parked stacks

ParkedStack::ParkedStack(Scheduler* scheduler, PyThreadState* ts, bool called_by_loop)
    : scheduler_(scheduler),
      ts_(ts),
      tasklet_(scheduler->current()),
      stack_(scheduler->running_stack_),
      called_by_loop_(called_by_loop),
      next_(scheduler->parked_stacks_) {
    fields_.save(ts);
    if (next_ != nullptr) {
        next_->prev_ = this;
    }
    scheduler->parked_stacks_ = this;
    tasklet_->parked = this;
    forget_finalization(tasklet_->object());
}

ParkedStack::~ParkedStack() {
    fields_.restore(ts_);
    unlink();
}

void ParkedStack::unlink() {
    (prev_ == nullptr ? scheduler_->parked_stacks_ : prev_->next_) = next_;
    if (next_ != nullptr) {
        next_->prev_ = prev_;
    }
    tasklet_->parked = nullptr;
}

void ParkedStack::abandon() {
    unlink();
    tasklet_->life = Life::Unbound;
    // The C code on the stack refers to the frames and to what they own: nothing of it is ever dropped.
    (void)tasklet_->fields.take_frames();
}

void set_holds_stack_error(const Tasklet* tasklet, const char* what) {
    const ParkedStack* parked = tasklet->parked;
    if (parked->called_by_loop() && tasklet->scheduler->nesting_level(tasklet) == 0) {
        PyErr_Format(PyExc_RuntimeError,
                     "%s that holds a C stack: it was switched away from while soft switching was "
                     "disabled",
                     what);
        return;
    }
    const Ref call =
        Ref::steal(parked->called_by_loop() ? eval::describe_c_caller(parked->cframe())
                                            : eval::describe_c_callee(tasklet->fields.frame()));
    if (call) {
        PyErr_Format(PyExc_RuntimeError, "%s while C code is active in it (%U): kill() it first",
                     what, call.get());
    }
}

// ---- Switching

bool Scheduler::ensure_idle_stack() {
    if (idle_stack_ != nullptr)
        return true;
    idle_stack_ = cstack::take();
    if (idle_stack_ == nullptr) {
        PyErr_Format(PyExc_MemoryError,
                     "no C stack for another tasklet: %ld are in use, of at most %ld of %zu bytes "
                     "(see stackless.cstack_options())",
                     cstack::count(), cstack::options().limit, cstack::options().size);
        return false;
    }
    idle_stack_->prepare(begin_on_stack);
    return true;
}

/// Of idle stacks one is kept as it is: going on there is cheaper than beginning anew.
void Scheduler::set_idle_stack(cstack::Stack* stack) {
    if (idle_stack_ != nullptr) {
        cstack::give_back(idle_stack_);
    }
    idle_stack_ = stack;
}

/// Goes on in the tasklet that is current now. Returns when the stack that runs is to go on.
void Scheduler::go_on_elsewhere() {
    const ParkedStack* parked = current()->parked;
    cstack::Stack* from = running_stack_;
    cstack::Stack* to = parked != nullptr ? parked->stack() : std::exchange(idle_stack_, nullptr);
    // Another thread may have woken the very tasklet that was left.
    if (to != from) {
        running_stack_ = to;
        to->switch_from(from);
    }
}

void Scheduler::begin_on_stack() {
    PyThreadState* ts = PyThreadState_Get();
    ts->trash_delete_nesting = 0;
    ts->recursion_headroom = 0;
    eval::run_base_loop(ts, arrive);
}

/// In a base loop: the tasklet that is current now goes on.
void Scheduler::arrive(PyThreadState* ts) {
    Scheduler* scheduler = of_this_thread();
    scheduler->resume_here(ts, scheduler->current());
    scheduler->finish_arrival(ts);
}

void Scheduler::finish_arrival(PyThreadState* ts) {
    eval::tracing_changed(ts);
    eval::drop_kept_values();
    drop_ended();
    drop_left_behind();
}

void Scheduler::leave_stack(PyThreadState* ts) {
    Scheduler* scheduler = of_this_thread();
    CStackFields fields;
    fields.save(ts);
    scheduler->set_idle_stack(scheduler->running_stack_);
    scheduler->go_on_elsewhere();
    fields.restore(ts);
    arrive(ts);
}

}  // namespace stackless
