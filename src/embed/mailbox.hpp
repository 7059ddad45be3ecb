// What other threads want of the runtime's thread: a queue that they fill without the GIL.
#pragma once

#include <mutex>

#include "stackless/stackless_embed.h"

namespace stackless {

/// Something to be done in the runtime's thread.
class Errand {
public:
    Errand() = default;
    Errand(const Errand&) = delete;
    Errand& operator=(const Errand&) = delete;
    virtual ~Errand() = default;
    /// Does it, with the GIL. Errors go to the error callback.
    virtual void run() = 0;
    /// In place of run(), when the runtime ends; or, without the GIL, when it has ended.
    virtual void give_up(bool with_gil) = 0;

private:
    friend class Mailbox;
    Errand* next_ = nullptr;
};

class Mailbox {
public:
    /// Takes over the errand, from any thread; it was allocated with new. If the mailbox is closed or another one
    /// has been opened since `generation`, gives it up at once and returns false.
    bool put(Errand* errand, unsigned long generation);

    /// Runs and deletes what is in it.
    void run_all();
    bool is_empty();

    /// False with RuntimeError set before the runtime has started and when it ends: nothing may be made then that waits
    /// for messages. May be asked from the runtime's thread only.
    [[nodiscard]] bool require_open() const;

    void open();
    /// Gives up what is in it.
    void close();
    /// Changes with each opening. May be asked from the runtime's thread only.
    unsigned long generation() const { return generation_; }

    void set_bell(void (*ring)(void*), void* data);

private:
    Errand* take_all();

    std::mutex mutex_;
    Errand* first_ = nullptr;
    Errand* last_ = nullptr;
    bool is_open_ = false;
    unsigned long generation_ = 0;
    void (*ring_)(void*) = nullptr;
    void* ring_data_ = nullptr;
};

extern Mailbox mailbox;

}  // namespace stackless
