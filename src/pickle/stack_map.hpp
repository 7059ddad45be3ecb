// What lies on the value stack of a code object's frames: found by following all paths through its bytecode.
//
// The code is trusted: it was compiled, not read from a pickle. A frame is not, and the loop takes it for granted that
// the list which a comprehension fills is one, for example. So the map tells what kind of object the code itself has
// put into each place, as far as an instruction may rely on that.
#pragma once

#include <span>
#include <vector>

#include "cpython/python.hpp"

namespace stackless::pickle {

enum class Kind : uint8_t {
    null,    // PUSH_NULL
    maybe,   // null or any object: before the callable of a call
    object,  // any
    list,    // no instance of a subclass, as in all of these
    set,
    dict,
    tuple,  // Slot::count items; -1: any number
    cells,  // a tuple of Slot::count cells: a closure
    cell,
    code,  // with Slot::count free variables
    str,   // or a subclass
    exception,
    handled,  // an exception, or None: what was being handled outside
    place,    // the index of an instruction, as an int
};

struct Slot {
    Kind kind;
    int count = -1;

    bool operator==(const Slot&) const = default;
};

/// Whether a value (borrowed, may be null) in a frame of the code can have come to be in such a slot.
[[nodiscard]] bool fits(Slot slot, PyObject* value, const PyCodeObject* code);

/// Two ways lead to a place: what it has then.
Slot join(Slot one, Slot other);

/// An instruction that can be reached.
struct Instruction {
    int first;     // the index of its first EXTENDED_ARG, or the instruction itself
    int index;     // the index of the instruction itself
    int opcode;    // in its general form
    int argument;  // with that of the EXTENDED_ARGs
    int caches;    // how many entries its inline cache has
    /// It is between a KW_NAMES and its call.
    bool has_keywords;
    /// What is on the stack before it, the bottom first.
    std::span<const Slot> before;

    int last() const { return index + caches; }
};

class StackMap {
public:
    /// Follows the code. The map knows no instructions if the code is not like the compiler's.
    explicit StackMap(PyCodeObject* code);

    /// That of the code, which keeps it. Null if there was no memory.
    static const StackMap* of(PyCodeObject* code);

    /// The instruction that begins at the index (with an EXTENDED_ARG, perhaps). False if none does, or it cannot be
    /// reached.
    [[nodiscard]] bool find_beginning(int index, Instruction* found) const;
    /// The instruction that the code unit is part of, itself or as the last entry of its inline cache.
    [[nodiscard]] bool find_ending(int index, Instruction* found) const;

private:
    friend class StackAnalysis;

    /// What a code unit is, of those that matter.
    enum class Role : uint8_t { none, instruction, prefix, cache };

    struct Unit {
        Role role = Role::none;
        /// Of a prefix, the first EXTENDED_ARG: how far the instruction is; of the last cache entry: how far back.
        uint8_t distance = 0;

        // Of an instruction:
        uint8_t opcode = 0;
        uint8_t caches = 0;
        uint8_t prefixes = 0;
        bool has_keywords = false;
        int argument = 0;
        int depth = 0;
        int first_slot = 0;
    };

    const Unit& unit(int index) const { return units_[static_cast<size_t>(index)]; }
    bool describe(int index, Instruction* found) const;

    std::vector<Unit> units_;
    std::vector<Slot> slots_;
};

}  // namespace stackless::pickle
