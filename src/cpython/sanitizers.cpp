// What the address sanitizer is told before the program starts.

#if defined(__SANITIZE_ADDRESS__)
#define STACKLESS_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STACKLESS_ADDRESS_SANITIZER 1
#endif
#endif

#ifdef STACKLESS_ADDRESS_SANITIZER
/// CPython keeps what it allocates once until the process ends: its leaks are found by counting
/// references.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
    return "detect_leaks=0";
}
#endif
