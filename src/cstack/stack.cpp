#include "cstack/stack.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <boost/context/detail/fcontext.hpp>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define STACKLESS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STACKLESS_ASAN 1
#endif
#endif

#ifdef STACKLESS_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace stackless::cstack {

namespace {

namespace boost_context = boost::context::detail;

/// What is not given back by trim().
constexpr size_t kept_by_trim = 32 * 1024;

size_t page_size() {
    static const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    return size;
}

void* as_pointer(uintptr_t address) {
    return reinterpret_cast<void*>(address);
}

/// A switch is told to both stacks: to the one that is left as its target, to the target as where it
/// comes from.
struct Switch {
    Stack* from;
    Stack* to;
};

}  // namespace

Stack* Stack::make(size_t size) {
    const size_t page = page_size();
    size = (size + page - 1) & ~(page - 1);
    void* memory = mmap(nullptr, size + page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED)
        return nullptr;
    const uintptr_t low = reinterpret_cast<uintptr_t>(memory) + page;
    Stack* stack = nullptr;
    if (mprotect(memory, page, PROT_NONE) == 0) {
        // A huge page would be committed for a few words.
        madvise(as_pointer(low), size, MADV_NOHUGEPAGE);
        stack = new (std::nothrow) Stack(Bounds{low, low + size});
    }
    if (stack == nullptr) {
        munmap(memory, size + page);
    }
    return stack;
}

Stack::~Stack() {
    if (is_mapped_) {
#ifdef STACKLESS_ASAN
        __asan_unpoison_memory_region(as_pointer(bounds_.low), size());
#endif
        munmap(as_pointer(bounds_.low - page_size()), size() + page_size());
    }
}

void Stack::trim() {
    if (size() > kept_by_trim) {
        madvise(as_pointer(bounds_.low), size() - kept_by_trim, MADV_DONTNEED);
    }
}

void Stack::prepare(Entry entry) {
#ifdef STACKLESS_ASAN
    // What ran here before has not returned from its functions.
    __asan_unpoison_memory_region(as_pointer(bounds_.low), size());
    fake_stack_ = nullptr;
#endif
    entry_ = entry;
    context_ = boost_context::make_fcontext(
        as_pointer(bounds_.high), size(), [](boost_context::transfer_t transfer) {
            const Switch done = *static_cast<Switch*>(transfer.data);
            arrived(done.to, transfer.fctx, done.from);
            done.to->entry_();
        });
}

void Stack::switch_from(Stack* from) {
    Switch wanted{from, this};
#ifdef STACKLESS_ASAN
    __sanitizer_start_switch_fiber(&from->fake_stack_, as_pointer(bounds_.low), size());
#endif
    const boost_context::transfer_t transfer = boost_context::jump_fcontext(context_, &wanted);
    const Switch back = *static_cast<Switch*>(transfer.data);
    arrived(from, transfer.fctx, back.from);
}

void Stack::arrived(Stack* on, void* left_context, Stack* left) {
    left->context_ = left_context;
#ifdef STACKLESS_ASAN
    __sanitizer_finish_switch_fiber(on->fake_stack_, nullptr, nullptr);
#endif
    set_running_bounds(on->bounds_);
}

}  // namespace stackless::cstack
