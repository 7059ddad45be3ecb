// Operators whose operands local variables and constants hold: see ops_operands.cpp.
#pragma once

#include "eval/handler.hpp"

namespace stackless::eval {

/// Where the operands of an operator are.
enum class Operands {
    // Two instructions load them, and ip is at the second one.
    two_locals,
    local_and_constant,
    constant_and_local,
    // The left one is on the stack, the instruction loads the right one, and ip is at the operator.
    top_and_local,
    top_and_constant,
};

/// The handlers that do an instruction together with the loads of its operands, by its opcode; null for most.
struct HandlersByOpcode {
    Handler handlers[256];
    bool are_there[256];

    constexpr void set(int opcode, Handler handler) {
        handlers[opcode] = handler;
        are_there[opcode] = true;
    }
};
extern const HandlersByOpcode behind_two_locals;
extern const HandlersByOpcode behind_local_and_constant;
extern const HandlersByOpcode behind_constant_and_local;
extern const HandlersByOpcode behind_local;
extern const HandlersByOpcode behind_constant;

/// Which of these tables have a handler for an opcode: a bit for each. A look at these few bytes costs less than one at a
/// table, most of whose entries are null.
struct TablesByOpcode {
    uint8_t tables[256];
};
extern const TablesByOpcode tables_behind;

enum TableBehind : uint8_t {
    in_behind_two_locals = 1,
    in_behind_local_and_constant = 2,
    in_behind_constant_and_local = 4,
    in_behind_local = 8,
    in_behind_constant = 16,
};

/// In the place of the loads where instructions are not traced or counted one by one: look at what comes behind.
HANDLER(load_fast_in_a_row);
HANDLER(load_const_in_a_row);
HANDLER(load_two_locals_in_a_row);
HANDLER(load_local_and_constant_in_a_row);
HANDLER(load_constant_and_local_in_a_row);
HANDLER(store_and_load_in_a_row);
/// The same of two locals where the first one is no operand of what comes behind.
HANDLER(push_first_local);

// Behind a LOAD_FAST: attributes of the object in the local variable (ops_local_attributes.cpp).
HANDLER(load_value_of_local);
HANDLER(load_slot_of_local);
HANDLER(store_value_of_local);
HANDLER(store_slot_of_local);

}  // namespace stackless::eval
