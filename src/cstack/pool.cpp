#include "cstack/pool.hpp"

#include <cerrno>
#include <cstdlib>

namespace stackless::cstack {

namespace {

// The memory is address space until it is touched, and each stack takes two of the mappings that the
// operating system allows to a process (65530 by default).
Options current_options{.size = size_t{1} << 20, .limit = 20'000};

/// More than this are not kept. Of the first ones all memory is kept.
constexpr int most_kept = 256;
constexpr int kept_untrimmed = 8;

Stack* kept = nullptr;
int kept_count = 0;
long existing = 0;

void destroy(Stack* stack) {
    delete stack;
    existing--;
}

Stack* take_kept() {
    Stack* stack = kept;
    kept = stack->next;
    stack->next = nullptr;
    kept_count--;
    return stack;
}

/// Reads a number and its unit from `text` on. Null if there is none.
const char* parse_number(const char* text, unsigned long& number) {
    if (*text < '0' || *text > '9')
        return nullptr;
    char* end;
    errno = 0;
    number = std::strtoul(text, &end, 10);
    unsigned shift = 0;
    switch (*end) {
    case 'k':
    case 'K':
        shift = 10;
        break;
    case 'm':
    case 'M':
        shift = 20;
        break;
    case 'g':
    case 'G':
        shift = 30;
        break;
    default:
        return errno == 0 ? end : nullptr;
    }
    if (errno != 0 || number > largest_size)
        return nullptr;
    number <<= shift;
    return end + 1;
}

}  // namespace

Options options() {
    return current_options;
}

void set_options(const Options& options) {
    const bool other_size = options.size != current_options.size;
    current_options = options;
    while (kept != nullptr && (other_size || existing > options.limit)) {
        destroy(take_kept());
    }
}

bool parse_options(const char* text, Options& result) {
    unsigned long size;
    unsigned long limit = static_cast<unsigned long>(result.limit);
    const char* rest = parse_number(text, size);
    if (rest != nullptr && *rest == ',') {
        rest = parse_number(rest + 1, limit);
    }
    if (rest == nullptr || *rest != '\0' || size < smallest_size || size > largest_size ||
        limit == 0 || limit > largest_size)
        return false;
    result = {size, static_cast<long>(limit)};
    return true;
}

long count() {
    return existing;
}

Stack* take() {
    if (kept != nullptr)
        return take_kept();
    if (existing >= current_options.limit)
        return nullptr;
    Stack* stack = Stack::make(current_options.size);
    if (stack != nullptr) {
        existing++;
    }
    return stack;
}

void give_back(Stack* stack) {
    if (kept_count >= most_kept || existing > current_options.limit ||
        stack->size() != current_options.size) {
        destroy(stack);
        return;
    }
    if (kept_count >= kept_untrimmed) {
        stack->trim();
    }
    stack->next = kept;
    kept = stack;
    kept_count++;
}

}  // namespace stackless::cstack
