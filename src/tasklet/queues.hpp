// The queues of tasklets. They are linked through the tasklets themselves, so nothing is allocated.
// A queue owns a reference to each of its tasklets: putting one in steals a reference, taking it
// out gives it back.
#pragma once

#include "tasklet/tasklet.hpp"

namespace stackless {

/// The runnable tasklets of a thread: a ring with the running tasklet at its head. The next one to
/// run comes after it, so the last one in the ring is before it.
class RunQueue {
public:
    Tasklet* head() const { return head_; }
    int size() const { return size_; }

    void append(Tasklet* tasklet) {
        if (head_ == nullptr) {
            head_ = tasklet->next = tasklet->prev = tasklet;
        } else {
            link(tasklet, head_->prev, head_);
        }
        added(tasklet);
    }

    void insert_after_head(Tasklet* tasklet) {
        if (head_ == nullptr) {
            append(tasklet);
            return;
        }
        link(tasklet, head_, head_->next);
        added(tasklet);
    }

    /// If it is the head, the next one becomes the head.
    void remove(Tasklet* tasklet) {
        if (tasklet->next == tasklet) {
            head_ = nullptr;
        } else {
            tasklet->prev->next = tasklet->next;
            tasklet->next->prev = tasklet->prev;
            if (head_ == tasklet) {
                head_ = tasklet->next;
            }
        }
        tasklet->next = tasklet->prev = nullptr;
        tasklet->place = Place::Nowhere;
        size_--;
    }

    /// Turns the ring until `tasklet`, which is in it, is at the head.
    void turn_to(Tasklet* tasklet) { head_ = tasklet; }

private:
    static void link(Tasklet* tasklet, Tasklet* prev, Tasklet* next) {
        tasklet->prev = prev;
        tasklet->next = next;
        // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a ring has no end
        prev->next = tasklet;
        next->prev = tasklet;
    }
    void added(Tasklet* tasklet) {
        tasklet->place = Place::RunQueue;
        size_++;
    }

    Tasklet* head_ = nullptr;
    int size_ = 0;
};

/// A line of tasklets that wait: those blocked on a channel, those that called run().
class WaitingLine {
public:
    Tasklet* first() const { return first_; }
    Tasklet* last() const { return last_; }

    void append(Tasklet* tasklet, Place place) {
        tasklet->place = place;
        tasklet->prev = last_;
        (last_ == nullptr ? first_ : last_->next) = tasklet;
        last_ = tasklet;
    }

    void remove(Tasklet* tasklet) {
        (tasklet->prev == nullptr ? first_ : tasklet->prev->next) = tasklet->next;
        (tasklet->next == nullptr ? last_ : tasklet->next->prev) = tasklet->prev;
        tasklet->next = tasklet->prev = nullptr;
        tasklet->place = Place::Nowhere;
    }

private:
    Tasklet* first_ = nullptr;
    Tasklet* last_ = nullptr;
};

}  // namespace stackless
