#include "tasklet/crash_report.hpp"

#include <atomic>

#include "cpython/broken_process.hpp"
#include "cstack/backtrace.hpp"
#include "cstack/fault_guard.hpp"
#include "cstack/native_functions.hpp"
#include "cstack/symbols.hpp"
#include "tasklet/channel.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

namespace {

// As with CPython's own tracebacks, the beginning tells enough.
constexpr int most_functions = 100;
constexpr int most_tasklets = 1000;
constexpr int most_schedulers = 1000;
constexpr int most_queued = 100000;

/// Writes to a file descriptor without buffers.
class Output {
public:
    explicit Output(int fd) : fd_(fd) {}

    Output& operator<<(std::string_view text) {
        _Py_write_noraise(fd_, text.data(), text.size());
        return *this;
    }
    Output& operator<<(const char* text) { return *this << std::string_view(text); }
    Output& operator<<(int number) {
        _Py_DumpDecimal(fd_, static_cast<size_t>(number));
        return *this;
    }
    Output& operator<<(PyObject* text) {
        _Py_DumpASCII(fd_, text);
        return *this;
    }
    Output& hexadecimal(uintptr_t number, int digits = 1) {
        *this << "0x";
        _Py_DumpHexadecimal(fd_, number, digits);
        return *this;
    }
    /// As in the repr() of the object.
    Output& operator<<(const void* address) {
        return hexadecimal(reinterpret_cast<uintptr_t>(address));
    }

private:
    int fd_;
};

constexpr int address_digits = 2 * sizeof(uintptr_t);

// ---- The C stack

void write_symbol(Output& out, const cstack::Symbol& symbol) {
    char name[200];
    if (symbol.function.empty()) {
        out << "??";
    } else {
        out << std::string_view(name, cstack::demangle_simple(symbol.function, name, sizeof name));
    }
    if (symbol.file.empty())
        return;
    out << " (" << symbol.file;
    if (symbol.function.empty()) {
        out << "+";
        out.hexadecimal(symbol.offset);
    }
    out << ")";
}

void write_function(Output& out, const cstack::NativeFrame& frame, int number) {
    const cstack::Symbol symbol = cstack::find_symbol(frame.address());
    out << "  #" << number << " ";
    out.hexadecimal(frame.ip, address_digits) << " ";
    write_symbol(out, symbol);
    out << "\n";
}

/// Where the stack begins to be of interest: at what a signal has interrupted, or outside of the
/// functions that write the report.
cstack::NativeFrame find_first_frame() {
    cstack::NativeFrame first{};
    int count = 0;
    cstack::walk_own_stack([&](const cstack::NativeFrame& frame) {
        const bool is_of_report =
            first.ip == 0 && cstack::is_own_function(cstack::find_symbol(frame.address()).function);
        if (frame.interrupted || (first.ip == 0 && !is_of_report)) {
            first = frame;
        }
        return !frame.interrupted && ++count < most_functions;
    });
    return first;
}

void write_c_stack(Output& out, const Scheduler* scheduler) {
    out << "\nC stack of ";
    if (scheduler != nullptr) {
        out << "tasklet " << static_cast<const void*>(scheduler->current());
    } else {
        out << "the current thread";
    }
    out << " (most recent call first):\n";
    const cstack::NativeFrame first = find_first_frame();
    int number = -1;
    cstack::walk_own_stack([&](const cstack::NativeFrame& frame) {
        if (number < 0 && (frame.ip != first.ip || frame.sp != first.sp))
            return true;
        if (++number == most_functions) {
            out << "  ...\n";
            return false;
        }
        write_function(out, frame, number);
        return true;
    });
}

// ---- The tasklets

/// Writes a line for each tasklet that it is shown, but for the one that the report begins with.
class TaskletLines {
public:
    TaskletLines(Output& out, const Scheduler* own) : out_(out), own_(own) {}

    /// False once there have been enough.
    bool write(Tasklet* tasklet);

private:
    void write_state(const Tasklet* tasklet);
    void write_thread(const Scheduler* scheduler);
    void write_location(const Tasklet* tasklet);
    void write_active_function(const Tasklet* tasklet);

    Output& out_;
    const Scheduler* own_;
    int count_ = 0;
};

bool TaskletLines::write(Tasklet* tasklet) {
    const bool is_first_one = own_ != nullptr && tasklet == own_->current();
    if (is_first_one || !tasklet->is_alive())
        return true;
    if (count_ == 0) {
        out_ << "\nOther tasklets:\n";
    }
    if (count_++ == most_tasklets) {
        out_ << "  ...\n";
        return false;
    }
    out_ << "  " << static_cast<const void*>(tasklet) << " ";
    cstack::survives([&] {
        write_state(tasklet);
        write_thread(tasklet->scheduler);
        write_location(tasklet);
        write_active_function(tasklet);
    });
    out_ << "\n";
    return true;
}

void TaskletLines::write_state(const Tasklet* tasklet) {
    switch (tasklet->place) {
    case Place::Nowhere:
        out_ << "paused";
        return;
    case Place::RunQueue:
        out_ << (tasklet->is_current() ? "running" : "runnable");
        return;
    case Place::Sending:
        out_ << "sending on channel " << static_cast<const void*>(tasklet->channel);
        return;
    case Place::Receiving:
        out_ << "receiving on channel " << static_cast<const void*>(tasklet->channel);
        return;
    case Place::Runners:
        out_ << "waiting in run()";
        return;
    }
    out_ << "in an unknown state";
}

void TaskletLines::write_thread(const Scheduler* scheduler) {
    if (scheduler == own_)
        return;
    const PyThreadState* ts = scheduler->thread();
    if (ts == nullptr) {
        out_ << ", its thread has ended";
    } else {
        out_ << ", thread ";
        out_.hexadecimal(ts->thread_id, address_digits);
    }
}

void TaskletLines::write_location(const Tasklet* tasklet) {
    PythonLocation location;
    bool found;
    if (tasklet->life == Life::Ready && tasklet->function != nullptr) {
        out_ << ", not started";
        found = find_location(tasklet->function, location);
    } else if (tasklet->is_current()) {
        found = find_location(tasklet->scheduler->thread()->cframe->current_frame, location);
    } else {
        found = find_location(tasklet->fields.frame(), location);
    }
    if (found) {
        out_ << ": File \"" << location.file << "\", line " << location.line << " in "
             << location.function;
    }
}

/// The C function that a tasklet keeps its C stack for.
void TaskletLines::write_active_function(const Tasklet* tasklet) {
    const ParkedStack* parked = tasklet->parked;
    if (parked == nullptr)
        return;
    const cstack::Symbol symbol = cstack::find_suspended_function(parked->stack()->context());
    if (!symbol.file.empty()) {
        out_ << ", with C code active: ";
        write_symbol(out_, symbol);
    }
}

/// The tasklets of a thread that are runnable, or wait in run(), in their order.
void write_queues(TaskletLines& lines, const Scheduler* scheduler) {
    Tasklet* const head = scheduler->current();
    Tasklet* tasklet = head;
    for (int i = 0; i < most_queued && tasklet != nullptr; i++) {
        if (!lines.write(tasklet))
            return;
        tasklet = tasklet->next;
        if (tasklet == head)
            break;
    }
    tasklet = scheduler->runners.last();
    for (int i = 0; i < most_queued && tasklet != nullptr; i++) {
        if (!lines.write(tasklet))
            return;
        tasklet = tasklet->prev;
    }
}

/// All others: no queue of a scheduler leads to them.
void write_waiting(TaskletLines& lines) {
    const auto visit = [](PyObject* object, void* argument) {
        Tasklet* tasklet = as_tasklet(object);
        if (tasklet->place == Place::RunQueue || tasklet->place == Place::Runners)
            return true;
        return static_cast<TaskletLines*>(argument)->write(tasklet);
    };
    visit_instances(&tasklet_type, visit, &lines);
}

}  // namespace

void report_tasklets(int fd) {
    static std::atomic<bool> has_begun = false;
    const Scheduler* scheduler = Scheduler::first_of_all();
    if (scheduler == nullptr || has_begun.exchange(true))
        return;
    Output out(fd);
    const Scheduler* own = Scheduler::if_used();
    if (!cstack::survives([&] { write_c_stack(out, own); })) {
        out << "  (the stack is broken here)\n";
    }
    TaskletLines lines(out, own);
    cstack::survives([&] {
        for (int i = 0; i < most_schedulers && scheduler != nullptr; i++) {
            write_queues(lines, scheduler);
            scheduler = scheduler->next_of_all();
        }
    });
    cstack::survives([&] { write_waiting(lines); });
}

}  // namespace stackless
