#include "tasklet/throwing.hpp"

#include <utility>

namespace stackless {

namespace {

PyObject* throw_pending(Tasklet* target, PyObject* bomb) {
    const auto held = RefTo<Tasklet>::borrow(target);
    make_runnable_anywhere(target);
    target->set_tempval(bomb);
    Scheduler::of_this_thread()->drop_left_behind();
    Py_RETURN_NONE;
}

/// Goes on in a tasklet that has an exception raised. The caller comes right after it.
PyObject* throw_now(const SwitchPoint& at, Tasklet* target, Ref bomb) {
    Tasklet* current = at.scheduler->current();
    if (target->life == Life::Ready && carries(bomb.get(), TaskletExit))
        return at.scheduler->may_switch() ? drop_tasklet(target) : nullptr;
    if (!at.scheduler->may_switch())
        return nullptr;
    Tasklet* next = target;
    if (target->life == Life::Ready) {
        next = at.scheduler->fail_to_start(target, std::exchange(bomb, nullptr));
    }
    if (next == nullptr)
        return nullptr;
    if (next == current)
        return at.scheduler->own_tempval();
    if (!at.scheduler->prepare_to_leave(at, next))
        return nullptr;
    return at.scheduler->leave(at, [&] {
        RunQueue& run_queue = at.scheduler->run_queue;
        run_queue.append(at.scheduler->take_out(next).release());
        run_queue.turn_to(next);
        if (bomb) {
            at.scheduler->drop_later(Ref::steal(next->take_tempval()));
            next->give_tempval(bomb.release());
        }
    });
}

}  // namespace

PyObject* drop_tasklet(Tasklet* tasklet) {
    const RefTo<Tasklet> held = tasklet->scheduler->take_out(tasklet);
    tasklet->unbind();
    tasklet->scheduler->drop_left_behind();
    Py_RETURN_NONE;
}

PyObject* throw_bomb(const SwitchPoint& at, Tasklet* target, Ref bomb, bool pending) {
    if (target == at.scheduler->current()) {
        explode(bomb.get());
        return nullptr;
    }
    if (!target->is_alive()) {
        if (carries(bomb.get(), TaskletExit))
            Py_RETURN_NONE;
        PyErr_SetString(PyExc_RuntimeError,
                        "the tasklet is dead: no exception can be thrown at it");
        return nullptr;
    }
    if (target->for_inspection && carries(bomb.get(), TaskletExit))
        return drop_tasklet(target);
    if (!can_run(target) || !has_thread(target))
        return nullptr;
    const bool is_elsewhere = target->scheduler != at.scheduler;
    if (is_elsewhere && target->is_current()) {
        PyErr_SetString(
            PyExc_RuntimeError,
            "the tasklet is running in another thread: no exception can be thrown at it "
            "there");
        return nullptr;
    }
    return pending || is_elsewhere ? throw_pending(target, bomb.get())
                                   : throw_now(at, target, std::move(bomb));
}

Ref make_exit_bomb() {
    Ref exit = make_exception(TaskletExit, nullptr, nullptr);
    return exit ? make_bomb(std::move(exit)) : nullptr;
}

namespace {

constexpr int most_kills = 10;

/// Whether the running tasklet can be left at once, wherever this is.
bool may_switch_now(const Scheduler* scheduler) {
    return scheduler == Scheduler::of_this_thread() && !scheduler->is_closed() &&
           scheduler->switch_trap == 0 && scheduler->thread()->async_exc == nullptr;
}

}  // namespace

bool kill_unreachable(Tasklet* tasklet) {
    Scheduler* scheduler = tasklet->scheduler;
    Ref bomb = tasklet->kills < most_kills ? make_exit_bomb() : nullptr;
    if (!bomb) {
        // It is kept, with its stack: getuncollectables() has it.
        Py_INCREF(tasklet);
        PyErr_Clear();
        return false;
    }
    tasklet->kills++;
    const SwitchPoint at{PyThreadState_Get(), scheduler, false};
    const bool pending = !may_switch_now(scheduler);
    const Ref done = Ref::steal(throw_bomb(at, tasklet, std::move(bomb), pending));
    if (!done) {
        PyErr_WriteUnraisable(tasklet->object());
    }
    return tasklet->parked == nullptr;
}

RefTo<Tasklet> Scheduler::find_killable() const {
    const ParkedStack* parked = parked_stacks_;
    while (parked != nullptr &&
           (parked->tasklet() == main_ || parked->tasklet()->kills == most_kills)) {
        parked = parked->next();
    }
    return RefTo<Tasklet>::borrow(parked == nullptr ? nullptr : parked->tasklet());
}

void Scheduler::kill_parked_stacks() {
    // A tasklet that is killed, or dropped, may let others run, which come and go.
    while (const RefTo<Tasklet> tasklet = find_killable()) {
        kill_unreachable(tasklet.get());
    }
}

}  // namespace stackless
