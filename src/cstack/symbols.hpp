// Names the functions that addresses are in. Apart from demangle(), all of this can be used in signal
// handlers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stackless::cstack {

/// What is known of an address. The texts stay until their file is unloaded.
struct Symbol {
    /// As in the symbol table, without what compilers put behind a dot; empty if not known.
    std::string_view function;
    /// The base name of the program or library; empty if the address is in none.
    std::string_view file;
    /// The distance from the beginning of the file in memory, or the address itself.
    uintptr_t offset;
};

Symbol find_symbol(uintptr_t address);

/// Reads the program's symbol table now, and not when the first symbol is looked for.
void load_symbols();

/// A name as it would stand in the source, if it is one of C++. Of such a name only the parts between
/// the colons are looked at; one with more to it than that is left alone. Returns the length of what
/// was written, at most `size`.
size_t demangle_simple(std::string_view function, char* text, size_t size);

/// True for a function of the interpreter's loop.
bool is_loop_function(std::string_view function);
/// True for any function of this project.
bool is_own_function(std::string_view function);

}  // namespace stackless::cstack
