// schedule(), send() and receive() as handlers of the loop.
//
// Nearly all switches are of one kind: the loop has called one of these three in a tasklet that can be left softly,
// nobody watches, and the tasklet that goes on waits in such a call too. The handlers see to those, and nothing else: in
// half the time that they take by way of the functions, to which all other cases are left.
#include "tasklet/switch_handlers.hpp"

#include "eval/activation.hpp"
#include "tasklet/channel.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

using namespace eval;

namespace {

/// Who goes on, and the result of the call that it waits in (owned).
struct Destination {
    Tasklet* tasklet = nullptr;  // null: not a case for a handler, and nothing has been changed
    PyObject* value = nullptr;
};

/// The scheduler, if the running tasklet may be left by a handler; else null.
inline Scheduler* plain_scheduler(PyThreadState* ts) {
    Scheduler* scheduler = Scheduler::if_used();
    const bool is_plain = scheduler != nullptr && activation(ts)->entry_frame == nullptr &&
                          scheduler->may_leave_plainly(ts);
    return is_plain ? scheduler : nullptr;
}

/// Whether a tasklet only needs its usual fields to go on in the call that it waits in.
inline bool resumes_plainly(const Tasklet* tasklet) {
    return tasklet->life == Life::Started && tasklet->parked == nullptr && !tasklet->interrupted &&
           !tasklet->fields.has_rare() && !is_bomb(tasklet->tempval);
}

/// The running tasklet waits on the channel, with what it sends (reference stolen, unless nothing is changed), or null.
inline Destination block(Scheduler* scheduler, Channel* channel, PyObject* value) {
    Tasklet* current = scheduler->current();
    Tasklet* next = current->next;
    if (next == current || current->block_trap || channel->closing || !resumes_plainly(next))
        [[unlikely]]
        return {};
    scheduler->run_queue.remove(current);
    channel->append(current, value != nullptr ? Place::Sending : Place::Receiving);
    current->give_tempval(value);
    return {next, next->take_tempval()};
}

/// The running tasklet meets one that waits on the channel.
inline Destination meet(Scheduler* scheduler, Channel* channel, PyObject* value) {
    const bool sends = value != nullptr;
    Tasklet* current = scheduler->current();
    Tasklet* partner = channel->waiting.first();
    if (channel->schedule_all || partner->scheduler != scheduler || !resumes_plainly(partner) ||
        (sends && (partner->tempval != nullptr || is_bomb(value)))) [[unlikely]]
        return {};
    channel->remove(partner);
    partner->channel = nullptr;
    (void)drop_was_last(channel->object());
    if (channel->preference == (sends ? -1 : 1)) {
        scheduler->run_queue.insert_after_head(partner);
        scheduler->run_queue.turn_to(partner);
        if (sends)
            return {partner, value};
        current->give_tempval(partner->take_tempval());
        return {partner, Py_NewRef(Py_None)};
    }
    scheduler->run_queue.append(partner);
    if (!sends)
        return {current, partner->take_tempval()};
    partner->give_tempval(value);
    return {current, Py_NewRef(Py_None)};
}

}  // namespace

/// Leaves the running tasklet, whose call's values are gone from the stack, and goes on in another one.
#define GO_ON_IN(scheduler, left, destination) \
    do { \
        _PyFrame_SetStackPointer(frame, sp); \
        (left)->fields.save_usual(ts); \
        (scheduler)->look_at_head(ts); \
        frame = (destination).tasklet->fields.frame(); \
        (destination).tasklet->fields.restore_usual(ts); \
        sp = _PyFrame_GetStackPointer(frame); \
        frame->stacktop = -1; \
        *sp++ = (destination).value; \
        ip = frame->prev_instr + 1; \
        NEXT(); \
    } while (0)

namespace {

HANDLER(schedule) {
    Scheduler* scheduler = plain_scheduler(ts);
    PyObject* callable = sp[-1];
    if (scheduler == nullptr || oparg != 0 || sp[-2] != nullptr || Py_REFCNT(callable) == 1)
        [[unlikely]]
        GOTO(call_switching);
    Tasklet* current = scheduler->current();
    Tasklet* next = current->next;
    if (next == current || current->tempval != nullptr || !resumes_plainly(next)) [[unlikely]]
        GOTO(call_switching);
    SAVE_IP();
    (void)drop_was_last(callable);
    sp -= 2;
    current->tempval = current->object();
    scheduler->run_queue.turn_to(next);
    const Destination destination{next, next->take_tempval()};
    GO_ON_IN(scheduler, current, destination);
}

/// send() or receive(), with a bound method on the stack or with method and channel.
template <bool sends>
HANDLER(act_on_channel) {
    constexpr intptr_t count = sends ? 1 : 0;
    Scheduler* scheduler = plain_scheduler(ts);
    if (scheduler == nullptr || oparg != count || scheduler->current()->tempval != nullptr)
        [[unlikely]]
        GOTO(call_switching);
    PyObject** base = sp - count - 2;
    const bool is_bound = base[0] == nullptr;
    PyObject* self = is_bound ? reinterpret_cast<PyCFunctionObject*>(base[1])->m_self : base[1];
    Channel* channel = as_channel(self);
    const bool finds_partner = sends ? channel->balance < 0 : channel->balance > 0;
    // Nothing must be deallocated here: neither the bound method, nor the channel that a partner lets go.
    if (Py_REFCNT(base[1]) <= (is_bound ? 1 : finds_partner ? 2 : 0)) [[unlikely]]
        GOTO(call_switching);
    Tasklet* current = scheduler->current();
    PyObject* value = sends ? sp[-1] : nullptr;
    const Destination destination =
        finds_partner ? meet(scheduler, channel, value) : block(scheduler, channel, value);
    if (destination.tasklet == nullptr) [[unlikely]]
        GOTO(call_switching);
    SAVE_IP();
    (void)drop_was_last(base[1]);
    if (!is_bound) {
        (void)drop_was_last(base[0]);
    }
    sp = base;
    if (destination.tasklet == current) {
        *sp++ = destination.value;
        NEXT_AFTER_C_CALL();
    }
    GO_ON_IN(scheduler, current, destination);
}

/// The same as receive() for a `for` over a channel, which is on top of the stack and stays there.
HANDLER(receive_next) {
    Scheduler* scheduler = plain_scheduler(ts);
    Channel* channel = as_channel(sp[-1]);
    if (scheduler == nullptr || scheduler->current()->tempval != nullptr || channel->closing)
        [[unlikely]]
        GOTO(call_switching_iternext);
    Tasklet* current = scheduler->current();
    const Destination destination = channel->balance > 0 ? meet(scheduler, channel, nullptr)
                                                         : block(scheduler, channel, nullptr);
    if (destination.tasklet == nullptr) [[unlikely]]
        GOTO(call_switching_iternext);
    SAVE_IP();
    if (destination.tasklet == current) {
        *sp++ = destination.value;
        NEXT();
    }
    GO_ON_IN(scheduler, current, destination);
}

}  // namespace

void install_switch_handlers() {
    switch_handlers[1] = schedule;
    switch_handlers[2] = act_on_channel<true>;
    switch_handlers[3] = act_on_channel<false>;
    set_switching_iternext(channel_next, receive_next);
}

}  // namespace stackless
