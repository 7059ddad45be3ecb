// What the address sanitizer is told before the program starts.

#if defined(__SANITIZE_ADDRESS__)
#define STACKLESS_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STACKLESS_ADDRESS_SANITIZER 1
#endif
#endif

#ifdef STACKLESS_ADDRESS_SANITIZER
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
    // CPython keeps what it allocates once until the process ends; it turns memory that is not there into
    // MemoryError; and the signal of a crash is for faulthandler to report.
    return "detect_leaks=0:allocator_may_return_null=1:handle_segv=0";
}
#endif
