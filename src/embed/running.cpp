// stackless_run(): see include/stackless/stackless_embed.h.
#include "tasklet/running.hpp"

#include <ctime>

#include "embed/mailbox.hpp"
#include "embed/methods.hpp"
#include "embed/runtime.hpp"
#include "eval/switching.hpp"

namespace stackless {

namespace {

int64_t now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

/// One call of stackless_run().
class Run {
public:
    Run(Scheduler* scheduler, const stackless_budget& budget)
        : scheduler_(scheduler),
          budget_(budget),
          deadline_(budget.nanoseconds != 0 ? now() + budget.nanoseconds : 0),
          instructions_left_(budget.instructions) {}

    stackless_status perform(stackless_object** runaway);

private:
    bool is_spent() const {
        return (deadline_ != 0 && now() >= deadline_) ||
               (budget_.instructions != 0 && instructions_left_ <= 0);
    }
    WatchdogOptions options() const;
    stackless_status interrupted(const Ref& tasklet, stackless_object** runaway);

    Scheduler* scheduler_;
    stackless_budget budget_;
    int64_t deadline_;
    int64_t instructions_left_;
};

WatchdogOptions Run::options() const {
    WatchdogOptions options;
    if (deadline_ != 0) {
        options.nanoseconds = std::max<int64_t>(deadline_ - now(), 1);
    }
    options.total = budget_.instructions != 0;
    // What has been used up already is a budget, too: for one instruction.
    options.timeout = options.total ? instructions_left_ : budget_.instructions_each;
    if (options.timeout < 0) {
        options.timeout = 1;
    }
    return options;
}

stackless_status Run::perform(stackless_object** runaway) {
    for (;;) {
        mailbox.run_all();
        const SwitchPoint at{PyThreadState_Get(), scheduler_, false};
        if (!scheduler_->may_act() || !scheduler_->may_switch())
            return STACKLESS_FAILED;
        const Ref result = Ref::steal(run_tasklets(at, options(), false));
        instructions_left_ = scheduler_->watchdog.instructions_left_at_end();
        if (!result) {
            const RefTo<Tasklet> failed = std::move(scheduler_->failed);
            // A tasklet that runs the others has been killed meanwhile, for instance.
            if (!failed && scheduler_->current() != scheduler_->main())
                return STACKLESS_FAILED;
            report_error(failed ? failed->object() : nullptr);
        } else if (PyObject_TypeCheck(result.get(), &tasklet_type)) {
            return interrupted(result, runaway);
        } else if (mailbox.is_empty()) {
            return STACKLESS_IDLE;
        }
        if (is_spent())
            return STACKLESS_BUDGET;
    }
}

stackless_status Run::interrupted(const Ref& tasklet, stackless_object** runaway) {
    if (budget_.instructions_each == 0 || is_spent()) {
        scheduler_->make_runnable(as_tasklet(tasklet.get()));
        return STACKLESS_BUDGET;
    }
    if (runaway != nullptr) {
        *runaway = Py_NewRef(tasklet.get());
    }
    return STACKLESS_RUNAWAY;
}

}  // namespace

}  // namespace stackless

stackless_status stackless_run(stackless_runtime*, const stackless_budget* budget,
                               stackless_object** runaway) {
    if (runaway != nullptr) {
        *runaway = nullptr;
    }
    stackless::Scheduler* scheduler =
        stackless::is_runtimes_thread() ? stackless::ready_scheduler() : nullptr;
    if (scheduler == nullptr)
        return STACKLESS_FAILED;
    stackless::eval::take_soft_call(PyThreadState_Get());
    return stackless::Run(scheduler, budget == nullptr ? stackless_budget{} : *budget)
        .perform(runaway);
}
