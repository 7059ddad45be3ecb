// Which tasklet goes on, and what happens when one ends.
#include <utility>

#include "eval/breaker.hpp"
#include "tasklet/callbacks.hpp"
#include "tasklet/scheduler.hpp"
#include "tasklet/tracing.hpp"

namespace stackless {

namespace {

/// The arguments of the error handler. Null with MemoryError set if there is no memory.
Ref error_handler_arguments(PyObject* bomb) {
    PyObject* exception = reinterpret_cast<Bomb*>(bomb)->exception;
    const Ref traceback = Ref::steal(PyException_GetTraceback(exception));
    return Ref::steal(
        PyTuple_Pack(3, Py_TYPE(exception), exception, traceback ? traceback.get() : Py_None));
}

/// Lets a tasklet that an exception has left go on in the error handler, whose frame `make_frame`
/// makes. False if there is no handler for this exception. If the handler cannot be called, false
/// too, and the exception that says why takes the place of `bomb`.
template <class MakeFrame>
bool enter_error_handler(Tasklet* tasklet, Ref& bomb, MakeFrame make_frame) {
    const Ref handler = Ref::borrow(callbacks.error_handler);
    if (!handler || tasklet->handles_error || carries(bomb.get(), PyExc_SystemExit))
        return false;
    const Ref args = error_handler_arguments(bomb.get());
    if (!args || !make_frame(handler.get(), args.get())) {
        bomb = bomb_from_error();
        return false;
    }
    tasklet->handles_error = true;
    return true;
}

}  // namespace

/// A bomb for a main tasklet that nothing can wake any more.
Ref Scheduler::make_deadlock_bomb() {
    Ref error = Ref::steal(PyObject_CallFunction(PyExc_RuntimeError, "s", deadlock_message));
    Ref bomb = error ? make_bomb(std::move(error)) : nullptr;
    return bomb ? std::move(bomb) : bomb_from_error();
}

bool Scheduler::prepare_rare_fields(PyThreadState* ts) {
    const Closed closed(this);
    return current()->fields.prepare_rare_fields(ts);
}

Tasklet* Scheduler::idle_tasklet() const {
    return runners.last() != nullptr ? runners.last() : main_;
}

Tasklet* Scheduler::send_to_idle(const Ref& bomb) {
    const Closed closed(this);
    Tasklet* idle = idle_tasklet();
    run_queue.insert_after_head(take_out(idle).release());
    idle->set_tempval(bomb.get());
    return idle;
}

/// Returns what was noted before.
RefTo<Tasklet> Scheduler::note_failed(Tasklet* tasklet) {
    return keeps_failed ? std::exchange(failed, RefTo<Tasklet>::borrow(tasklet)) : nullptr;
}

Tasklet* Scheduler::find_successor() {
    Tasklet* next = current()->next;
    while (next != current() && !next->can_be_resumed()) {
        Tasklet* heir = runnable(next);
        if (heir != current())
            return heir;
        next = current()->next;
    }
    return next;
}

bool Scheduler::successor_without_current(Tasklet*& next) {
    next = successor();
    if (next == nullptr)
        return false;
    if (next != current())
        return true;
    next = idle_tasklet();
    if (waits_in_run() ? others_are_awake()
                       : (next->is_blocked() || next == current()) && others_can_wake()) {
        next = nullptr;
        return true;
    }
    if (next->is_blocked()) {
        PyErr_SetString(PyExc_RuntimeError, deadlock_message);
        return false;
    }
    return true;
}

Tasklet* Scheduler::runnable(Tasklet* tasklet) {
    if (tasklet->can_be_resumed())
        return tasklet;
    const Closed closed(this);
    if (is_bomb(tasklet->tempval))
        return fail_to_start(tasklet, Ref::steal(tasklet->take_tempval()));
    if (!tasklet->make_first_frame(this) || !begin_tracing(tasklet, ts_))
        return fail_to_start(tasklet, bomb_from_error());
    return tasklet;
}

Tasklet* Scheduler::fail_to_start(Tasklet* tasklet, Ref bomb) {
    const Closed closed(this);
    const bool silent = carries(bomb.get(), TaskletExit);
    tasklet->drop_frames();
    if (!silent && enter_error_handler(tasklet, bomb, [&](PyObject* handler, PyObject* args) {
            return tasklet->make_first_frame(this, handler, args, nullptr);
        }))
        return tasklet;
    const RefTo<Tasklet> ended = take_out(tasklet);
    ended->unbind();
    if (silent)
        return current();
    note_failed(ended.get());
    if (current() != idle_tasklet())
        return send_to_idle(bomb);
    explode(bomb.get());
    return nullptr;
}

void Scheduler::resume_at_start(PyThreadState* ts, Tasklet* tasklet) {
    if (!is_bomb(tasklet->tempval)) {
        eval::resume_at_start(ts);
        return;
    }
    // The schedule callback has set its tempval to an exception. Leaving the first frame counts it off,
    // though it has not been entered.
    ts->recursion_remaining--;
    explode_if_bomb(tasklet->take_tempval());
    eval::resume_with_error(ts);
}

void Scheduler::chain_ended(PyThreadState* ts, PyObject* result) {
    Scheduler* scheduler = of_this_thread();
    scheduler->drop_left_behind();
    if (result == nullptr) {
        // Already on its way: another exception for this tasklet comes too late.
        Py_CLEAR(ts->async_exc);
    } else if (eval::raise_async_exception(ts)) [[unlikely]] {
        Py_CLEAR(result);
    }
    Ref bomb;
    if (result != nullptr) {
        Py_DECREF(result);
    } else {
        bomb = bomb_from_error();
        if (carries(bomb.get(), TaskletExit)) {
            bomb.reset();
        }
    }
    const auto make_frame = [ts](PyObject* handler, PyObject* args) {
        ts->cframe->current_frame = eval::make_first_frame(ts, handler, args, nullptr);
        return ts->cframe->current_frame != nullptr;
    };
    if (bomb && enter_error_handler(scheduler->current(), bomb, make_frame)) {
        eval::resume_at_start(ts);
    } else {
        scheduler->end_current(ts, bomb);
    }
}

/// The last runnable tasklet ends: the idle one goes on, or null if it waits for other threads.
Tasklet* Scheduler::successor_of_last() {
    Tasklet* idle = idle_tasklet();
    if (waits_in_run() ? others_are_awake() : idle->is_blocked() && others_can_wake())
        return nullptr;
    return idle->is_blocked() ? send_to_idle(make_deadlock_bomb()) : idle;
}

void Scheduler::end_current(PyThreadState* ts, const Ref& bomb) {
    const bool was_traced = is_traced(ts);
    Tasklet* tasklet = current();
    tasklet->life = Life::Unbound;
    announce_switch(this, tasklet, nullptr);
    Tasklet* next = bomb ? send_to_idle(bomb) : successor();
    if (next == tasklet) {
        next = successor_of_last();
    }
    next = destination(next);
    announce_switch(this, nullptr, next);
    {
        const Closed closed(this);
        tasklet->fields.end_rare_fields(ts);
    }
    // The schedule callback may have taken it away from the idle tasklet.
    drop_later(bomb);
    tasklet->fields.save(ts);
    ended_ = take_out(tasklet);
    if (bomb) [[unlikely]] {
        drop_later(Ref::steal(reinterpret_cast<PyObject*>(note_failed(tasklet).release())));
    }
    if (next != nullptr) {
        bring_to_head(next);
    }
    look_at_head(ts);
    resume(ts, current());
    if (current()->parked == nullptr) {
        check_tracing(ts, was_traced);
        drop_ended();
        drop_left_behind();
    }
}

void Scheduler::drop_ended() {
    if (ended_) {
        const RefTo<Tasklet> ended = std::move(ended_);
        ended->unbind();
    }
}

}  // namespace stackless
