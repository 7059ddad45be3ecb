// C functions that start tasklets: stackless_callback().
#include <cstdlib>
#include <cstring>
#include <new>

#include "cpython/ref.hpp"
#include "embed/mailbox.hpp"
#include "embed/runtime.hpp"
#include "embed/signature.hpp"
#include "tasklet/scheduler.hpp"

namespace stackless {

namespace {

/// A closure of libffi, in memory of its own kind. They are in a list, in the runtime's thread.
struct Callback {
    ffi_closure closure;  // has to be the first
    Signature signature;
    PyObject* callable;
    unsigned long generation;
    void (*code)();
    bool is_removed = false;  // once the errand that does so is on its way
    Callback* next;
};

Callback* first_callback = nullptr;

/// One call of such a function. It takes copies of the arguments along.
class Call : public Errand {
public:
    Call(const Callback* callback, void** args) : callback_(callback) {
        for (int i = 0; i < count(); i++) {
            copy(type(i), args[i], values_[i]);
        }
    }

    void run() override {
        if (!start_tasklet()) {
            report_error(nullptr);
        }
        give_up(true);
    }
    void give_up(bool with_gil) override {
        for (int i = 0; i < count(); i++) {
            if (type(i) == 's') {
                std::free(const_cast<char*>(values_[i].as_string));
            } else if (type(i) == 'o' && with_gil) {
                Py_XDECREF(values_[i].as_object);
            }
        }
    }

private:
    int count() const { return callback_->signature.count(); }
    char type(int i) const { return callback_->signature.arguments()[i]; }

    static void copy(char type, const void* from, CValue& to) {
        to = {};
        const size_t size = type == 'b'                           ? sizeof to.as_bool
                            : std::strchr("iuf", type) != nullptr ? sizeof to.as_int
                                                                  : sizeof to.as_pointer;
        std::memcpy(&to, from, size);
        if (type == 's' && to.as_string != nullptr) {
            to.as_string = strdup(to.as_string);
        } else if (type == 'o') {
            Py_XINCREF(to.as_object);
        }
    }

    Ref make_arguments() {
        Ref args = Ref::steal(PyTuple_New(count()));
        for (int i = 0; args && i < count(); i++) {
            PyObject* value = to_python(type(i), values_[i]);
            if (value == nullptr)
                return {};
            PyTuple_SET_ITEM(args.get(), i, value);
        }
        return args;
    }

    bool start_tasklet() {
        const Ref args = make_arguments();
        Scheduler* scheduler = args ? Scheduler::of_this_thread() : nullptr;
        const auto tasklet = scheduler != nullptr ? new_tasklet(&tasklet_type, scheduler) : nullptr;
        if (!tasklet || !bind_tasklet(tasklet.get(), callback_->callable, args.get(), nullptr))
            return false;
        scheduler->make_runnable(tasklet.get());
        return true;
    }

    const Callback* callback_;  // lives longer: it is removed by an errand, which comes after this
    CValue values_[Signature::most_arguments];
};

void called(ffi_cif*, void*, void** args, void* data) {
    const auto* callback = static_cast<Callback*>(data);
    if (auto* call = new (std::nothrow) Call(callback, args)) {
        mailbox.put(call, callback->generation);
    }
}

void remove(Callback* callback) {
    Callback** place = &first_callback;
    while (*place != callback) {
        place = &(*place)->next;
    }
    *place = callback->next;
    Py_XDECREF(callback->callable);
    ffi_closure_free(callback);
}

/// Removes a callback after all the calls of it that are on their way.
class Removal : public Errand {
public:
    explicit Removal(Callback* callback) : callback_(callback) {}
    void run() override { remove(callback_); }
    void give_up(bool with_gil) override {
        if (with_gil) {
            remove(callback_);
        }
    }

private:
    Callback* callback_;
};

}  // namespace

void remove_callbacks() {
    while (first_callback != nullptr) {
        remove(first_callback);
    }
}

}  // namespace stackless

using stackless::Callback;
using stackless::first_callback;

void (*stackless_callback(stackless_runtime* runtime, stackless_object* callable,
                          const char* signature))() {
    if (!stackless::require_object(callable))
        return nullptr;
    if (PyCallable_Check(callable) == 0) {
        PyErr_Format(PyExc_TypeError, "a callback needs something callable, not %s",
                     Py_TYPE(callable)->tp_name);
        return nullptr;
    }
    if (!stackless::mailbox.require_open())
        return nullptr;
    void* code;
    void* memory = ffi_closure_alloc(sizeof(Callback), &code);
    if (memory == nullptr) {
        PyErr_NoMemory();
        return nullptr;
    }
    auto* callback = new (memory) Callback{};
    if (!callback->signature.parse(signature)) {
        ffi_closure_free(memory);
        return nullptr;
    }
    if (callback->signature.result() != 'v' ||
        ffi_prep_closure_loc(&callback->closure, callback->signature.interface(), stackless::called,
                             callback, code) != FFI_OK) {
        ffi_closure_free(memory);
        PyErr_Format(
            PyExc_ValueError,
            "the result of a callback has to be v (void), not as in \"%s\": it only starts "
            "a tasklet",
            signature);
        return nullptr;
    }
    callback->callable = Py_NewRef(callable);
    callback->generation = runtime->generation;
    callback->code = reinterpret_cast<void (*)()>(code);
    callback->next = first_callback;
    first_callback = callback;
    return callback->code;
}

void stackless_free_callback(void (*function)()) {
    for (Callback* callback = first_callback; callback != nullptr; callback = callback->next) {
        if (callback->code == function && !callback->is_removed) {
            auto* removal = new (std::nothrow) stackless::Removal(callback);
            if (removal != nullptr) {
                callback->is_removed = true;
                stackless::mailbox.put(removal, callback->generation);
            }
            return;
        }
    }
}
