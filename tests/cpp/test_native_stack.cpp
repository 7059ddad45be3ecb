// Walking C stacks and naming the functions on them.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/context/detail/fcontext.hpp>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "cpython/python.hpp"
#include "cstack/backtrace.hpp"
#include "cstack/fault_guard.hpp"
#include "cstack/symbols.hpp"

namespace context = boost::context::detail;
using namespace stackless::cstack;

namespace {

using Names = std::vector<std::string>;

/// The functions of a stack; the walk goes no further than `last`.
struct NamedFunctions {
    Names names;
    const char* last = nullptr;

    bool operator()(const NativeFrame& frame) {
        names.emplace_back(find_symbol(frame.address()).function);
        return last == nullptr || names.back() != last;
    }
};

Names named_own_stack(const char* last) {
    NamedFunctions functions{.last = last};
    walk_own_stack(functions);
    return functions.names;
}

Names named_suspended_stack(context::fcontext_t suspended) {
    NamedFunctions functions;
    walk_suspended_stack(suspended, functions);
    return functions.names;
}

/// The place of a name, which has to be there after the place `from`.
size_t place_of(const Names& names, const char* name, size_t from = 0) {
    const auto found = std::find(names.begin() + static_cast<ptrdiff_t>(from), names.end(), name);
    EXPECT_NE(found, names.end()) << name;
    return static_cast<size_t>(found - names.begin());
}

// The walked functions are C functions, so that their names are as here; each does something after its
// call, so that it stays on the stack.
int after_call = 0;

}  // namespace

extern "C" {

[[gnu::noinline]] void own_inner(Names* names) {
    *names = named_own_stack("own_outer");
    after_call++;
}

[[gnu::noinline]] void own_outer(Names* names) {
    own_inner(names);
    after_call++;
}

/// Leaves its stack until it is resumed, with registers that its callers want back.
[[gnu::noinline]] void suspended_inner(context::transfer_t* resumer) {
    *resumer = context::jump_fcontext(resumer->fctx, nullptr);
    after_call++;
}

[[gnu::noinline]] void suspended_middle(context::transfer_t* resumer) {
    volatile char room[1000];
    room[after_call % 1000] = 1;
    suspended_inner(resumer);
    after_call += room[0];
}

[[gnu::noinline]] void suspended_outer(context::transfer_t resumer) {
    suspended_middle(&resumer);
    context::jump_fcontext(resumer.fctx, nullptr);
    after_call++;
}

int compare_by_walking(const void*, const void*) {
    NamedFunctions functions{.last = "sort_walking"};
    walk_own_stack(functions);
    place_of(functions.names, "compare_by_walking");
    after_call++;
    return 0;
}

[[gnu::noinline]] void sort_walking() {
    int numbers[2] = {1, 2};
    std::qsort(numbers, 2, sizeof numbers[0], compare_by_walking);
    after_call++;
}

Names names_in_handler;
int interrupted_in_handler = 0;

void walk_in_handler(int) {
    names_in_handler = named_own_stack("raise_signal");
    walk_own_stack([](const NativeFrame& frame) {
        interrupted_in_handler += frame.interrupted ? 1 : 0;
        return true;
    });
}

[[gnu::noinline]] void raise_signal() {
    std::raise(SIGUSR1);
    after_call++;
}
}

namespace {

TEST(NativeStack, OwnStack) {
    Names names;
    own_outer(&names);
    const size_t inner = place_of(names, "own_inner");
    EXPECT_EQ(place_of(names, "own_outer"), inner + 1);
}

TEST(NativeStack, OwnStackThroughALibrary) {
    const int before = after_call;
    sort_walking();
    EXPECT_GE(after_call, before + 2);
}

TEST(NativeStack, OwnStackThroughASignalHandler) {
    struct sigaction action{}, old{};
    action.sa_handler = walk_in_handler;
    sigaction(SIGUSR1, &action, &old);
    raise_signal();
    sigaction(SIGUSR1, &old, nullptr);
    const size_t handler = place_of(names_in_handler, "walk_in_handler");
    EXPECT_GT(place_of(names_in_handler, "raise_signal"), handler);
    EXPECT_EQ(interrupted_in_handler, 1);
}

TEST(NativeStack, WalkEndsWhenTold) {
    int count = 0;
    walk_own_stack([&](const NativeFrame&) { return ++count < 2; });
    EXPECT_EQ(count, 2);
}

TEST(NativeStack, StackPointersRise) {
    uintptr_t last = 0;
    walk_own_stack([&](const NativeFrame& frame) {
        EXPECT_GT(frame.sp, last);
        last = frame.sp;
        return true;
    });
    EXPECT_GT(last, reinterpret_cast<uintptr_t>(&last));
}

class SuspendedStack : public testing::Test {
protected:
    static constexpr size_t size = 64 * 1024;
    std::vector<char> memory_ = std::vector<char>(size);

    context::fcontext_t make() {
        return context::make_fcontext(memory_.data() + size, size, suspended_outer);
    }
};

TEST_F(SuspendedStack, FunctionsInOrder) {
    context::transfer_t left = context::jump_fcontext(make(), nullptr);
    const Names names = named_suspended_stack(left.fctx);
    ASSERT_GE(names.size(), 3U);
    EXPECT_EQ(Names(names.begin(), names.begin() + 3),
              (Names{"suspended_inner", "suspended_middle", "suspended_outer"}));
    left = context::jump_fcontext(left.fctx, nullptr);
    EXPECT_EQ(named_suspended_stack(left.fctx)[0], "suspended_outer");
}

TEST_F(SuspendedStack, FramesLieOnIt) {
    const context::transfer_t left = context::jump_fcontext(make(), nullptr);
    const auto begin = reinterpret_cast<uintptr_t>(memory_.data());
    int count = 0;
    walk_suspended_stack(left.fctx, [&](const NativeFrame& frame) {
        EXPECT_GE(frame.sp, begin);
        EXPECT_LE(frame.sp, begin + size);
        count++;
        return true;
    });
    EXPECT_GE(count, 3);
}

TEST_F(SuspendedStack, NotYetEntered) {
    for (const std::string& name : named_suspended_stack(make())) {
        EXPECT_EQ(name.find("suspended"), std::string::npos);
    }
}

uintptr_t address_of(void (*function)()) {
    return reinterpret_cast<uintptr_t>(function);
}

TEST(Symbols, FunctionOfTheProgram) {
    const Symbol symbol = find_symbol(address_of(sort_walking) + 1);
    EXPECT_EQ(symbol.function, "sort_walking");
    EXPECT_EQ(symbol.file, "stackless_tests");
}

TEST(Symbols, StaticFunctionOfLibpython) {
    const auto method = reinterpret_cast<uintptr_t>(PyList_Type.tp_methods[0].ml_meth);
    EXPECT_EQ(find_symbol(method).function, "list_subscript");
}

TEST(Symbols, FunctionOfALibrary) {
    void* function = dlsym(RTLD_DEFAULT, "gnu_get_libc_version");
    const Symbol symbol = find_symbol(reinterpret_cast<uintptr_t>(function));
    EXPECT_EQ(symbol.function, "gnu_get_libc_version");
    EXPECT_EQ(symbol.file, "libc.so.6");
}

TEST(Symbols, AddressOutsideOfAnyFunction) {
    const Symbol data = find_symbol(reinterpret_cast<uintptr_t>(&after_call));
    EXPECT_EQ(data.file, "stackless_tests");
    EXPECT_GT(data.offset, 0U);
    const std::vector<char> memory(1);
    const auto heap = reinterpret_cast<uintptr_t>(memory.data());
    const Symbol nothing = find_symbol(heap);
    EXPECT_EQ(nothing.function, "");
    EXPECT_EQ(nothing.file, "");
    EXPECT_EQ(nothing.offset, heap);
    EXPECT_EQ(find_symbol(0).file, "");
    EXPECT_EQ(find_symbol(UINTPTR_MAX).file, "");
}

std::string demangled(const char* name) {
    char text[100];
    return {text, demangle_simple(name, text, sizeof text)};
}

TEST(Symbols, SimpleDemangling) {
    EXPECT_EQ(demangled("list_sort"), "list_sort");
    EXPECT_EQ(demangled("_ZN9stackless4eval8run_loopEP3_tsPNS0_10ActivationE"),
              "stackless::eval::run_loop");
    EXPECT_EQ(demangled("_ZNK9stackless7Tasklet7is_mainEv"), "stackless::Tasklet::is_main");
    EXPECT_EQ(demangled("_ZN9stackless12_GLOBAL__N_1L4failEPKc"),
              "stackless::(anonymous namespace)::fail");
    EXPECT_EQ(demangled("_ZL12sort_walkingv"), "sort_walking");
    for (const char* hard :
         {"_ZN9stackless9SchedulerC2EP3_ts", "_ZN9stackless5RefToI7_objectE3getEv",
          "_ZN99999999999999999999x", "_ZN", "_ZN0E", "_ZL", "_Z"}) {
        EXPECT_EQ(demangled(hard), hard);
    }
    char small[10];
    EXPECT_EQ(std::string(small, demangle_simple("_ZN9stackless4evalE", small, sizeof small)),
              "stackless:");
}

TEST(Symbols, FunctionsOfTheLoop) {
    EXPECT_TRUE(is_loop_function("_PyEval_EvalFrameDefault"));
    EXPECT_TRUE(is_loop_function("_ZN9stackless4eval8run_loopEP3_tsPNS0_10ActivationE"));
    EXPECT_FALSE(is_loop_function("_ZNK9stackless7Tasklet7is_mainEv"));
    EXPECT_FALSE(is_loop_function("_PyEval_Vector"));
}

TEST(Symbols, OwnFunctions) {
    EXPECT_TRUE(is_own_function("_PyEval_EvalFrameDefault"));
    EXPECT_TRUE(is_own_function("_ZN9stackless4eval8run_loopEP3_tsPNS0_10ActivationE"));
    EXPECT_TRUE(is_own_function("_ZZN9stackless4eval1fEvENKUlvE_clEv"));
    EXPECT_TRUE(is_own_function("_ZNK9stackless7Tasklet7is_mainEv"));
    EXPECT_TRUE(is_own_function("__wrap__Py_DumpExtensionModules"));
    EXPECT_FALSE(is_own_function("list_sort"));
    EXPECT_FALSE(is_own_function("_ZN5other9stacklessEv"));
    EXPECT_FALSE(is_own_function("stackless"));
    EXPECT_FALSE(is_own_function("_Z"));
    EXPECT_FALSE(is_own_function(""));
}

}  // namespace

TEST(FaultGuard, LetsWorkBeDone) {
    int done = 0;
    EXPECT_TRUE(survives([&] { done = 1; }));
    EXPECT_EQ(done, 1);
}

/// An address where there is no memory, which compilers are not to know.
const int* volatile nowhere = reinterpret_cast<const int*>(16);
volatile int value_read;

TEST(FaultGuard, GivesUpWhatFaults) {
    EXPECT_FALSE(survives([] { value_read = *nowhere; }));
    EXPECT_FALSE(survives([] { value_read = *nowhere; }));
}

TEST(FaultGuard, WithinAnother) {
    bool inner = true, after = false;
    EXPECT_FALSE(survives([&] {
        inner = survives([] { value_read = *nowhere; });
        after = true;
        value_read = *nowhere;
    }));
    EXPECT_FALSE(inner);
    EXPECT_TRUE(after);
}

TEST(FaultGuardDeathTest, OutsideOfItAFaultIsFatal) {
    EXPECT_EXIT(
        {
            survives([] { value_read = *nowhere; });
            value_read = *nowhere;
        },
        testing::KilledBySignal(SIGSEGV), "");
}
