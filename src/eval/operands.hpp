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
    Handler operator[](int opcode) const { return handlers[opcode]; }
};
extern const HandlersByOpcode behind_two_locals;
extern const HandlersByOpcode behind_local_and_constant;
extern const HandlersByOpcode behind_constant_and_local;
extern const HandlersByOpcode behind_local;
extern const HandlersByOpcode behind_constant;

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
