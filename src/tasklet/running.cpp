#include "tasklet/running.hpp"

namespace stackless {

PyObject* run_tasklets(const SwitchPoint& at, const WatchdogOptions& options, bool threadblock) {
    Scheduler* scheduler = at.scheduler;
    Tasklet* current = scheduler->current();
    const bool sleeps = threadblock && scheduler->others_are_awake();
    if (current->next == current && !sleeps)
        Py_RETURN_NONE;
    if (!scheduler->may_switch())
        return nullptr;
    current->clear_tempval();
    Tasklet* next = scheduler->successor();
    if (next == nullptr)
        return nullptr;
    if (next == current) {
        if (!sleeps)
            Py_RETURN_NONE;
        next = nullptr;
    }
    if (!scheduler->prepare_to_leave(at, next))
        return nullptr;
    return scheduler->leave(at, [&] {
        scheduler->run_queue.remove(current);
        scheduler->runners.append(current, Place::Runners);
        current->waits_for_threads = threadblock;
        if (options.is_limited() && !scheduler->watchdog.is_on()) {
            scheduler->watchdog.start(at.ts, current, options);
        }
        if (next != nullptr) {
            scheduler->bring_to_head(next);
        }
    });
}

}  // namespace stackless
