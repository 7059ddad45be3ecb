// The C stacks that are ready to be used again, and how many there may be. Guarded by the GIL.
#pragma once

#include "cstack/stack.hpp"

namespace stackless::cstack {

struct Options {
    size_t size;  // of a stack, in bytes
    long limit;   // the most stacks that may exist beside those of the threads
};

constexpr size_t smallest_size = size_t{256} * 1024;
constexpr size_t largest_size = size_t{1} << 30;

/// The options as they are. Set ones hold for stacks that are made from then on.
Options options();
/// `size` must not be below smallest_size, nor above largest_size.
void set_options(const Options& options);
/// Reads "SIZE" or "SIZE,LIMIT", each a number that may end with K, M or G ("512K,1000"). False if
/// it is none of these.
[[nodiscard]] bool parse_options(const char* text, Options& result);

/// How many stacks exist, used or not.
long count();

/// A stack on which nothing runs. Null if there are as many as may be, or no memory.
Stack* take();
/// Gives a stack back on which nothing runs.
void give_back(Stack* stack);

}  // namespace stackless::cstack
