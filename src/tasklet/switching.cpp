// Which tasklet goes on, and what happens when one ends.
#include "tasklet/callbacks.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

namespace {

/// A bomb for a main tasklet that nothing can wake any more.
Ref make_deadlock_bomb() {
    Ref error = Ref::steal(PyObject_CallFunction(
        PyExc_RuntimeError, "s", "Deadlock: the last runnable tasklet cannot be blocked."));
    Ref bomb = error ? make_bomb(std::move(error)) : nullptr;
    return bomb ? std::move(bomb) : bomb_from_error();
}

/// The arguments of the error handler. Null with MemoryError set if there is no memory.
Ref error_handler_arguments(PyObject* bomb) {
    PyObject* exception = reinterpret_cast<Bomb*>(bomb)->exception;
    const Ref traceback = Ref::steal(PyException_GetTraceback(exception));
    return Ref::steal(PyTuple_Pack(3, Py_TYPE(exception), exception,
                                   traceback ? traceback.get() : Py_None));
}

/// Lets a tasklet that an exception has left go on in the error handler. If there is none, or none for this
/// exception, false; so if the handler does not take its arguments: the exception from that replaces `bomb`.
bool enter_error_handler(PyThreadState* ts, Tasklet* tasklet, Ref& bomb) {
    const Ref handler = Ref::borrow(callbacks.error_handler);
    if (!handler || tasklet->handles_error || carries(bomb.get(), PyExc_SystemExit))
        return false;
    const Ref args = error_handler_arguments(bomb.get());
    if (!args || !tasklet->make_first_frame(ts, handler.get(), args.get(), nullptr)) {
        bomb = bomb_from_error();
        return false;
    }
    tasklet->handles_error = true;
    tasklet->life = Life::Ready;
    return true;
}

}  // namespace

/// The main tasklet is to raise the exception of `bomb`, and to go on first.
Tasklet* Scheduler::send_to_main(Ref bomb) {
    const RefTo<Tasklet> held = take_out(main_);
    main_->set_tempval(bomb.get());
    return main_;
}

Tasklet* Scheduler::idle_tasklet() {
    if (runners.last() != nullptr)
        return runners.last();
    return main_->is_blocked() ? send_to_main(make_deadlock_bomb()) : main_;
}

Tasklet* Scheduler::successor() {
    Tasklet* next = current()->next;
    while (next != current() && !next->can_be_resumed()) {
        Tasklet* heir = runnable(next);
        if (heir != current())
            return heir;
        next = current()->next;
    }
    return next;
}

Tasklet* Scheduler::successor_without_current() {
    Tasklet* next = successor();
    return next == current() ? idle_tasklet() : next;
}

Tasklet* Scheduler::runnable(Tasklet* tasklet) {
    if (tasklet->can_be_resumed())
        return tasklet;
    if (is_bomb(tasklet->tempval))
        return fail_to_start(tasklet, Ref::steal(tasklet->take_tempval()));
    if (!tasklet->start(ts_))
        return fail_to_start(tasklet, bomb_from_error());
    return tasklet;
}

/// An exception meets a tasklet that has not run. See runnable() for the result.
Tasklet* Scheduler::fail_to_start(Tasklet* tasklet, Ref bomb) {
    const bool silent = carries(bomb.get(), TaskletExit);
    if (!silent && enter_error_handler(ts_, tasklet, bomb))
        return tasklet;
    const RefTo<Tasklet> ended = take_out(tasklet);
    ended->unbind();
    if (silent)
        return current();
    if (current() != main_)
        return send_to_main(std::move(bomb));
    explode(bomb.get());
    return nullptr;
}

void Scheduler::chain_ended(PyThreadState* ts, PyObject* result) {
    Scheduler* scheduler = of_this_thread();
    scheduler->drop_left_behind();
    Ref bomb;
    if (result != nullptr) {
        Py_DECREF(result);
    } else {
        bomb = bomb_from_error();
        if (carries(bomb.get(), TaskletExit)) {
            bomb.reset();
        }
    }
    scheduler->end_current(ts, std::move(bomb));
}

void Scheduler::end_current(PyThreadState* ts, Ref bomb) {
    Tasklet* ended = current();
    const bool was_traced = is_traced(ts);
    if (bomb && enter_error_handler(ts, ended, bomb)) {
        
    }
}
