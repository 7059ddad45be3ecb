// C stacks, and switching between them.
//
// The thread's own stack, and any number of others: memory with a guard page below, of which the
// operating system provides what is touched. Switching is Boost.Context's.
#pragma once

#include <cstddef>

#include "cstack/limits.hpp"

namespace stackless::cstack {

class Stack {
public:
    /// What runs on a stack of its own: it must not return, but switch to another stack for good.
    using Entry = void (*)();

    /// Stands for the stack of a thread. It needs its bounds before anything switches.
    Stack() : bounds_() {}
    void adopt_bounds(const Bounds& bounds) { bounds_ = bounds; }
    /// A new stack of `size` bytes, its guard page not counted. Null if there is no memory.
    static Stack* make(size_t size);
    ~Stack();
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;

    /// Lets the next switch to this stack, on which nothing runs, call `entry`.
    void prepare(Entry entry);
    /// Goes on here, where this stack was suspended or prepared. Returns when somebody switches back
    /// to `from`, the stack that the caller runs on.
    void switch_from(Stack* from);
    /// Gives back the memory below the part that nearly everything on the stack needs. Nothing runs
    /// on it.
    void trim();

    const Bounds& bounds() const { return bounds_; }
    size_t size() const { return bounds_.high - bounds_.low; }
    /// Where the registers lie of what is suspended on the stack, for Boost.Context.
    void* context() const { return context_; }

    /// For whoever holds the stack.
    Stack* next = nullptr;

private:
    explicit Stack(const Bounds& bounds) : bounds_(bounds), is_mapped_(true) {}
    static void arrived(Stack* on, void* left_context, Stack* left);

    Bounds bounds_;
    void* context_ = nullptr;
    Entry entry_ = nullptr;
    void* fake_stack_ = nullptr;  // of the address sanitizer, while suspended
    bool is_mapped_ = false;
};

}  // namespace stackless::cstack
