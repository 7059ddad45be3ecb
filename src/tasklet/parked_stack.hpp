// What a tasklet that keeps its C stack leaves on it while others run.
//
// The main tasklet has the thread's own stack. The others run at the base of a stack of the pool, one
// after the other; one that is left with C code between its frames keeps the stack, and the others go on
// upon another one. Nothing on a C stack is ever moved.
#pragma once

#include "cpython/thread_fields.hpp"
#include "cstack/stack.hpp"

namespace stackless {

class Scheduler;
struct Tasklet;

/// Lies on the C stack itself. While it exists, the tasklet's `parked` points to it.
class ParkedStack {
public:
    /// For the running tasklet, which is about to be left. `called_by_loop`: in a function that its
    /// innermost frame calls without any other C code in between.
    ParkedStack(Scheduler* scheduler, PyThreadState* ts, bool called_by_loop);
    /// The tasklet goes on.
    ~ParkedStack();
    ParkedStack(const ParkedStack&) = delete;
    ParkedStack& operator=(const ParkedStack&) = delete;

    Tasklet* tasklet() const { return tasklet_; }
    cstack::Stack* stack() const { return stack_; }
    _PyCFrame* cframe() const { return fields_.cframe(); }
    bool called_by_loop() const { return called_by_loop_; }
    /// The one that was parked before it.
    ParkedStack* next() const { return next_; }

    /// Gives the tasklet up: it will never be resumed, and its stack never be used again.
    void abandon();

private:
    void unlink();

    Scheduler* scheduler_;
    PyThreadState* ts_;
    Tasklet* tasklet_;
    cstack::Stack* stack_;
    bool called_by_loop_;
    CStackFields fields_;
    ParkedStack* next_;
    ParkedStack* prev_ = nullptr;
};

/// Sets the RuntimeError "`what` while C code is active in it: ...", for a tasklet that is parked with
/// its stack.
void set_holds_stack_error(const Tasklet* tasklet, const char* what);

}  // namespace stackless
