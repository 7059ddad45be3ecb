#include "embed/mailbox.hpp"

#include <utility>

#include "cpython/python.hpp"

namespace stackless {

Mailbox mailbox;

bool Mailbox::put(Errand* errand, unsigned long generation) {
    {
        const std::lock_guard lock(mutex_);
        if (is_open_ && generation == generation_) {
            (last_ == nullptr ? first_ : last_->next_) = errand;
            last_ = errand;
            if (ring_ != nullptr) {
                ring_(ring_data_);
            }
            return true;
        }
    }
    errand->give_up(false);
    delete errand;
    return false;
}

Errand* Mailbox::take_all() {
    const std::lock_guard lock(mutex_);
    last_ = nullptr;
    return std::exchange(first_, nullptr);
}

bool Mailbox::is_empty() {
    const std::lock_guard lock(mutex_);
    return first_ == nullptr;
}

void Mailbox::run_all() {
    // What is put into it meanwhile waits for the next time, or this might never end.
    Errand* errand = take_all();
    while (errand != nullptr) {
        Errand* next = errand->next_;
        errand->run();
        delete std::exchange(errand, next);
    }
}

bool Mailbox::require_open() const {
    if (!is_open_) {
        PyErr_SetString(PyExc_RuntimeError, "there is no runtime, or it is about to end");
    }
    return is_open_;
}

void Mailbox::open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    generation_++;
}

void Mailbox::close() {
    {
        const std::lock_guard lock(mutex_);
        is_open_ = false;
        ring_ = nullptr;
    }
    Errand* errand = take_all();
    while (errand != nullptr) {
        Errand* next = errand->next_;
        errand->give_up(true);
        delete std::exchange(errand, next);
    }
}

void Mailbox::set_bell(void (*ring)(void*), void* data) {
    const std::lock_guard lock(mutex_);
    ring_ = ring;
    ring_data_ = data;
}

}  // namespace stackless
