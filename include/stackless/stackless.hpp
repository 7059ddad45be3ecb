// Embedding Stackless in a C++ program: the host owns the main loop, tasklets in Python are its actors.
//
//     stackless::Runtime runtime({.search_paths = {"scripts"}});
//     runtime.define("engine", "log", [](std::string text) { std::puts(text.c_str()); });
//     runtime.start(runtime.import("actors").attr("main"));
//     while (running)
//         runtime.run_for(2ms);
//
// A program that includes this needs C++20 and exceptions, and none of CPython's headers. All of it is inline, upon
// stackless_embed.h.
//
// Threads. A Runtime and all values belong to the thread that made it, but for Sender, Completion and Runtime::post().
// It holds the GIL, except within Runtime::Unlocked.
//
// Errors. An exception of Python comes out as stackless::Error. A C++ exception that leaves a native function is raised
// in Python: std::bad_alloc as MemoryError, std::invalid_argument as ValueError, std::out_of_range as IndexError,
// std::overflow_error as OverflowError, an Error as what it was, all others as RuntimeError. No C++ exception passes
// through the interpreter: one that leaves a callback of the runtime (on_error, on_output, post) is thrown when the
// interpreter returns to the host, by the call during which that has happened: run_for(), exec(), a call of a Value
// ... If there are several, the first one is. Misuse (of a Value that is empty, in another thread, after the end)
// throws std::logic_error.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>

#include "native.hpp"
#include "stackless_embed.h"
#include "tasklet.hpp"
#include "value.hpp"

namespace stackless {
// The library has a namespace of this name, too.
inline namespace api {

struct Options {
    /// Directories in front of sys.path, UTF-8.
    std::vector<std::string> search_paths{};
    /// Environment variables (PYTHONPATH ...) and the user's site-packages are ignored.
    bool isolated = false;
    /// Ctrl-C raises KeyboardInterrupt, and SIGPIPE is ignored, as in the program python.
    bool signal_handlers = false;
    /// The most memory in bytes that objects may take; beyond it, MemoryError is raised. 0: no limit.
    size_t memory_limit = 0;
    /// The size in bytes of the C stacks that tasklets use while C code is active in them, and how many there may be.
    /// 0: the defaults of stackless.cstack_options().
    size_t c_stack_size = 0;
    size_t c_stack_maximum = 0;
    /// sys.argv[0]
    std::string program_name{};
};

enum class Status {
    idle,    // no tasklet is runnable: all have ended, or wait
    budget,  // the budget is used up; the tasklet that was interrupted is at the end of the run queue
    runaway,  // one tasklet has used up what run_watchdog() allows
};

struct RunResult {
    Status status;
    /// With Status::runaway: the tasklet, which has been taken out of the run queue.
    Tasklet runaway{};
};

enum class Stream { standard_output = 1, standard_error = 2 };

using Statistics = stackless_statistics;

/// The interpreter. There is one at a time in a process; it ends with this object.
class Runtime {
public:
    /// Throws std::runtime_error if it cannot start.
    explicit Runtime(const Options& options = {}) {
        std::vector<const char*> paths;
        for (const std::string& path : options.search_paths) {
            paths.push_back(path.c_str());
        }
        paths.push_back(nullptr);
        const stackless_options given{
            .search_paths = paths.data(),
            .isolated = options.isolated,
            .signal_handlers = options.signal_handlers,
            .memory_limit = options.memory_limit,
            .c_stack_size = options.c_stack_size,
            .c_stack_maximum = options.c_stack_maximum,
            .program_name = options.program_name.c_str(),
        };
        char error[500];
        runtime_ = stackless_start(&given, error, sizeof error);
        if (runtime_ == nullptr)
            throw std::runtime_error(std::string("the runtime does not start: ") + error);
    }
    /// Kills the tasklets in which C code is active, and drops the others. Values that are left cannot be used any
    /// more. Ends the program if it is destroyed within a callback or a native function, or in another thread.
    ~Runtime() {
        on_post(nullptr);
        on_error(nullptr);
        tasklet_class_ = {};
        stackless_end(runtime_);
        if (stackless_current() == runtime_) {
            std::fputs("a Runtime was destroyed within a callback or in another thread\n", stderr);
            std::terminate();
        }
        detail::thrown_by_callback = nullptr;
    }
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    // ---- Code

    Value import(const char* module) {
        detail::require_runtime();
        return Value::steal(PyImport_ImportModule(module));
    }
    /// Runs statements in the module __main__. `file` is for tracebacks.
    void exec(const std::string& code, const char* file = "<host>") {
        run_code("exec", code, file);
    }
    /// The value of an expression there.
    Value eval(const std::string& code, const char* file = "<host>") {
        return run_code("eval", code, file);
    }

    // ---- Running tasklets

    /// A new tasklet that calls something, at the end of the run queue.
    template <class... Args>
    Tasklet start(const Value& callable, Args&&... args) {
        if (tasklet_class_.is_empty()) {
            tasklet_class_ = import("stackless").attr("tasklet");
        }
        return Tasklet(tasklet_class_(callable)(std::forward<Args>(args)...));
    }

    /// Delivers what was posted and runs the tasklets until none is runnable.
    RunResult run() { return run(stackless_budget{0, 0, 0}); }
    /// The same for so long at most. The time is looked at each 2,000 instructions.
    RunResult run_for(std::chrono::nanoseconds time) {
        return run(stackless_budget{std::max<int64_t>(time.count(), 1), 0, 0});
    }
    /// The same for so many bytecode instructions, of all tasklets together. More than 256 are estimated by the length
    /// of the code that runs: the same program takes the same number each time.
    RunResult run_instructions(int64_t count) {
        return run(stackless_budget{0, std::max<int64_t>(count, 1), 0});
    }
    /// The same, but a tasklet that executes so many instructions without a switch is taken out of the run queue and
    /// returned; and for so long at most (0: no limit).
    RunResult run_watchdog(int64_t count_each, std::chrono::nanoseconds time = {}) {
        return run(stackless_budget{time.count(), 0, std::max<int64_t>(count_each, 1)});
    }

    // ---- Callbacks. Without one, exceptions are written to sys.stderr, and output goes to the process's own.

    /// For each exception that leaves a tasklet, SystemExit too. The tasklet, which has ended, is empty where it is not
    /// known.
    void on_error(std::function<void(const Tasklet&, const Error&)> callback) {
        error_callback_ = shared(std::move(callback));
        stackless_on_error(runtime_, error_callback_ ? call_error_callback : nullptr, this);
    }
    /// For what is written to sys.stdout and sys.stderr, UTF-8.
    void on_output(std::function<void(Stream, std::string_view)> callback) {
        detail::require_runtime();
        output_callback_ = shared(std::move(callback));
        detail::check(
            stackless_on_output(runtime_, output_callback_ ? call_output_callback : nullptr, this));
    }

    // ---- Other threads

    /// From any thread, without the GIL: has something called in the runtime's thread, in its next run. False without
    /// memory. The Runtime has to exist.
    bool post(std::function<void()> call) {
        return stackless_post_call(runtime_, call_posted, drop_posted,
                                   new Posted{std::move(call)}) == 0;
    }
    /// Called from whatever thread has posted something, to wake a host that sleeps. It must not post, nor throw: that
    /// ends the program.
    void on_post(std::function<void()> callback) {
        // Nobody may call the old one while it is replaced.
        stackless_on_post(runtime_, nullptr, nullptr);
        post_callback_ = std::move(callback);
        if (post_callback_) {
            stackless_on_post(
                runtime_,
                [](void* data) noexcept { static_cast<Runtime*>(data)->post_callback_(); }, this);
        }
    }

    /// While it exists, the GIL is free for Python's own threads. No value may be touched.
    class Unlocked {
    public:
        explicit Unlocked(Runtime& runtime) : runtime_(runtime.runtime_) {
            stackless_release(runtime_);
        }
        ~Unlocked() { stackless_acquire(runtime_); }
        Unlocked(const Unlocked&) = delete;
        Unlocked& operator=(const Unlocked&) = delete;

    private:
        stackless_runtime* runtime_;
    };

    // ---- Native functions

    /// Makes a C++ function one of a module, which is made if there is none. Arguments and result are converted; one
    /// that returns a Completion lets its tasklet wait. `signature` is for the docstring: "spawn(name, x, y)".
    template <class F>
    void define(const char* module, const char* name, F function, const char* signature = nullptr) {
        using Native = detail::NativeFunction<F>;
        detail::require_runtime();
        detail::check(stackless_define_function(runtime_, module, name, Native::call, Native::drop,
                                                new Native(std::move(function)), signature));
    }
    /// A C function that starts a tasklet, which calls `callable`: callback<void(int, void*)>(f). May be called from
    /// any thread. It is good until free_callback(), or the end of the runtime.
    template <class Signature>
    Signature* callback(const Value& callable) {
        const std::string letters = detail::CallbackType<Signature>::letters();
        auto* function = stackless_callback(runtime_, callable.object(), letters.c_str());
        if (function == nullptr)
            detail::throw_error();
        return reinterpret_cast<Signature*>(function);
    }
    template <class Signature>
    void free_callback(Signature* function) {
        stackless_free_callback(reinterpret_cast<void (*)()>(function));
    }

    // ---- Snapshots: see stackless.snapshot() and stackless.restore().

    /// All tasklets of this thread but the main one, and `extra`, as bytes; or written to a file.
    Bytes snapshot(const Value& extra = Value::none()) {
        const Value file = import("io").invoke("BytesIO");
        import("stackless").invoke("snapshot", file, extra);
        return file.invoke("getvalue").as<Bytes>();
    }
    void snapshot_to(const std::string& path, const Value& extra = Value::none()) {
        import("stackless").invoke("snapshot", path, extra);
    }
    /// Brings them back, beside those that are there. Returns `extra`. Only what is trusted may be restored.
    Value restore(const Bytes& snapshot) {
        return import("stackless")
            .invoke("restore", import("io").invoke("BytesIO", snapshot))
            .attr("extra");
    }
    Value restore_from(const std::string& path) {
        return import("stackless").invoke("restore", path).attr("extra");
    }

    // ---- Memory

    Statistics statistics() const {
        Statistics statistics;
        stackless_get_statistics(runtime_, &statistics);
        return statistics;
    }
    void set_memory_limit(size_t bytes) { stackless_set_memory_limit(runtime_, bytes); }

    /// For the C API.
    stackless_runtime* get() const { return runtime_; }

private:
    struct Posted {
        std::function<void()> call;
    };

    template <class F>
    static std::shared_ptr<F> shared(F callback) {
        return callback ? std::make_shared<F>(std::move(callback)) : nullptr;
    }

    Value run_code(const char* mode, const std::string& code, const char* file) {
        const Value builtins = import("builtins");
        const Value main = Value::borrow(PyImport_AddModule("__main__"));
        return builtins.invoke(mode, builtins.invoke("compile", code, file, mode),
                               main.attr("__dict__"));
    }

    RunResult run(const stackless_budget& budget) {
        detail::require_runtime();
        stackless_object* taken_out = nullptr;
        const stackless_status status = stackless_run(runtime_, &budget, &taken_out);
        const Value runaway = taken_out == nullptr ? Value() : Value::steal(taken_out);
        detail::check_callbacks();
        if (status == STACKLESS_FAILED)
            detail::throw_error();
        if (runaway.is_empty())
            return {static_cast<Status>(status), Tasklet()};
        return {Status::runaway, Tasklet(runaway)};
    }

    /// Runs a callback, and keeps the first exception that one throws until the host's call is over.
    template <class F>
    static void guard(F callback) noexcept {
        try {
            callback();
        } catch (...) {
            if (!detail::thrown_by_callback) {
                detail::thrown_by_callback = std::current_exception();
            }
        }
    }

    // The callbacks are held while they run: they may be replaced by themselves.
    static void call_error_callback(void* data, _object* tasklet, _object* exception) {
        guard([&] {
            const auto callback = static_cast<Runtime*>(data)->error_callback_;
            (*callback)(tasklet == nullptr ? Tasklet() : Tasklet(Value::borrow(tasklet)),
                        Error::describe(Value::borrow(exception)));
        });
    }
    static void call_output_callback(void* data, int stream, const char* text, size_t size) {
        guard([&] {
            const auto callback = static_cast<Runtime*>(data)->output_callback_;
            (*callback)(static_cast<Stream>(stream), std::string_view(text, size));
        });
    }
    static void call_posted(void* data) { guard(static_cast<Posted*>(data)->call); }
    static void drop_posted(void* data) { delete static_cast<Posted*>(data); }

    stackless_runtime* runtime_;
    std::shared_ptr<std::function<void(const Tasklet&, const Error&)>> error_callback_;
    std::shared_ptr<std::function<void(Stream, std::string_view)>> output_callback_;
    std::function<void()> post_callback_;
    Value tasklet_class_;
};

}  // namespace api
}  // namespace stackless
