#include "pickle/suspension.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "cpython/asyncio_tasks.hpp"
#include "cpython/exposed.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/opcodes.hpp"
#include "eval/redirects.hpp"
#include "eval/stages.hpp"
#include "pickle/stack_map.hpp"

namespace stackless::pickle {

using eval::Delivery;
using enum eval::OwnOpcode;

namespace {

/// Where prev_instr is while an instruction waits for a frame: at the instruction, or at the last entry of its inline
/// cache. The loop goes on behind it.
enum class Stand : uint8_t { at_it, behind_caches };

/// What has been taken off the stack meanwhile, of what the instruction found there.
enum class Taken : uint8_t {
    nothing,
    one,
    two,
    three,
    call,     // the operands of CALL
    ex_call,  // those of CALL_FUNCTION_EX
};

/// What must be true of the values that wait on top of the stack, beyond not being null.
enum class Rule : uint8_t {
    none,
    may_lack_top,  // the topmost one may be null
    has_context,   // it is a context
    has_task,      // it is a task of asyncio, below it a context
    has_class,     // the callable of CALL is a class
    has_flag,      // CALL_FUNCTION_EX has keywords
    is_raising,    // below are an exception or its class and the class of its cause
    has_asend,     // it is what asend() returns
    has_stage,     // it is an iterator with a stage
    has_keeping_stage,
    has_name,           // the local variable of that number is a str
    has_judging_stage,  // such an iterator is below it
};

/// An instruction that may wait for a frame on top of its own.
struct Wait {
    uint8_t opcode;
    Delivery delivery;
    Stand stand;
    Taken taken;
    uint8_t pushed = 0;  // values that have been pushed after that
    Rule rule = Rule::none;
};

// All of them, by opcode. How many values wait follows from the handlers (src/eval/ops_*.cpp): what an ENTER_CALLEE()
// or CONTINUE_CALL() leaves on the stack, and the continuation deliver_... finds there.
constexpr Wait waits[] = {
    // What is called pushes its result.
    {CALL, Delivery::value, Stand::behind_caches, Taken::call},
    // setattr(), delattr() and slots of builtin types: the result is there already.
    {CALL, Delivery::nothing, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::init, Stand::behind_caches, Taken::call, 1},
    // __new__: __init__ needs the arguments.
    {CALL, Delivery::created, Stand::at_it, Taken::nothing, 0, Rule::has_class},
    // next(iterator), generator.send(value), and the like
    {CALL, Delivery::next, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::next_or_default, Stand::behind_caches, Taken::call, 2},
    {CALL, Delivery::closed, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::iterator, Stand::behind_caches, Taken::call, 1},
    // getattr(object, name, default)
    {CALL, Delivery::getattr, Stand::behind_caches, Taken::call, 3, Rule::may_lack_top},
    {CALL, Delivery::getattr_hooked, Stand::behind_caches, Taken::call, 3, Rule::may_lack_top},
    {CALL, Delivery::in_context, Stand::behind_caches, Taken::call, 1, Rule::has_context},
    {CALL, Delivery::task_step, Stand::behind_caches, Taken::call, 2, Rule::has_task},
    // len(object), and the like
    {CALL, Delivery::as_length, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::as_bool, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::as_bool_by_length, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::as_hash, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::as_str, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::as_repr, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::as_int, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::as_index, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::as_float, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::as_float_by_index, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::as_complex, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::as_complex_by_float, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::as_complex_by_index, Stand::behind_caches, Taken::call, 1},
    {CALL, Delivery::as_bytes, Stand::behind_caches, Taken::call, 1},
    // isinstance(object, class)
    {CALL, Delivery::as_truth, Stand::behind_caches, Taken::call},

    {CALL_FUNCTION_EX, Delivery::value, Stand::at_it, Taken::ex_call},
    {CALL_FUNCTION_EX, Delivery::init, Stand::at_it, Taken::ex_call, 1},
    {CALL_FUNCTION_EX, Delivery::next, Stand::at_it, Taken::ex_call, 1},
    {CALL_FUNCTION_EX, Delivery::closed, Stand::at_it, Taken::ex_call, 1},
    {CALL_FUNCTION_EX, Delivery::in_context, Stand::at_it, Taken::ex_call, 1, Rule::has_context},
    {CALL_FUNCTION_EX, Delivery::task_step, Stand::at_it, Taken::ex_call, 2, Rule::has_task},
    // What is behind * and ** is made a tuple and a dict: then it begins anew.
    {CALL_FUNCTION_EX, Delivery::star_args, Stand::at_it, Taken::nothing},
    {CALL_FUNCTION_EX, Delivery::star_kwargs, Stand::at_it, Taken::nothing, 0, Rule::has_flag},

    {LOAD_ATTR, Delivery::attribute, Stand::at_it, Taken::nothing},
    {LOAD_ATTR, Delivery::hooked, Stand::at_it, Taken::nothing},
    {LOAD_NAMED_ATTR, Delivery::attribute, Stand::at_it, Taken::nothing, 0, Rule::has_name},
    {LOAD_NAMED_ATTR, Delivery::hooked, Stand::at_it, Taken::nothing, 0, Rule::has_name},
    {LOAD_METHOD, Delivery::method, Stand::at_it, Taken::nothing},
    {LOAD_METHOD, Delivery::hooked, Stand::at_it, Taken::nothing},
    {STORE_ATTR, Delivery::nothing, Stand::behind_caches, Taken::two},
    {STORE_NAMED_ATTR, Delivery::nothing, Stand::behind_caches, Taken::two},
    {DELETE_ATTR, Delivery::nothing, Stand::at_it, Taken::one},
    {DELETE_NAMED_ATTR, Delivery::nothing, Stand::at_it, Taken::one},
    {BINARY_SUBSCR, Delivery::value, Stand::behind_caches, Taken::two},
    {STORE_SUBSCR, Delivery::nothing, Stand::behind_caches, Taken::three},
    {DELETE_SUBSCR, Delivery::nothing, Stand::at_it, Taken::two},

    // Operators keep their operands, because another method may have to be asked.
    {UNARY_NEGATIVE, Delivery::unary, Stand::at_it, Taken::nothing},
    {UNARY_POSITIVE, Delivery::unary, Stand::at_it, Taken::nothing},
    {UNARY_INVERT, Delivery::unary, Stand::at_it, Taken::nothing},
    {BINARY_OP, Delivery::inplace, Stand::at_it, Taken::nothing},
    {BINARY_OP, Delivery::binary_left, Stand::at_it, Taken::nothing},
    {BINARY_OP, Delivery::binary_priority, Stand::at_it, Taken::nothing},
    {BINARY_OP, Delivery::binary_last, Stand::at_it, Taken::nothing},
    // `format % values`
    {BINARY_OP, Delivery::value, Stand::behind_caches, Taken::two},
    {COMPARE_OP, Delivery::compare_left, Stand::at_it, Taken::nothing},
    {COMPARE_OP, Delivery::compare_priority, Stand::at_it, Taken::nothing},
    {COMPARE_OP, Delivery::compare_last, Stand::at_it, Taken::nothing},
    {CONTAINS_OP, Delivery::contains, Stand::at_it, Taken::nothing},
    // The result of __contains__ is asked for its truth.
    {CONTAINS_OP, Delivery::truth, Stand::at_it, Taken::two, 1},
    {CONTAINS_OP, Delivery::truth_of_length, Stand::at_it, Taken::two, 1},
    {UNARY_NOT, Delivery::truth, Stand::at_it, Taken::nothing},
    {UNARY_NOT, Delivery::truth_of_length, Stand::at_it, Taken::nothing},
    {POP_JUMP_FORWARD_IF_FALSE, Delivery::truth, Stand::at_it, Taken::nothing},
    {POP_JUMP_FORWARD_IF_FALSE, Delivery::truth_of_length, Stand::at_it, Taken::nothing},
    {POP_JUMP_FORWARD_IF_TRUE, Delivery::truth, Stand::at_it, Taken::nothing},
    {POP_JUMP_FORWARD_IF_TRUE, Delivery::truth_of_length, Stand::at_it, Taken::nothing},
    {POP_JUMP_BACKWARD_IF_FALSE, Delivery::truth, Stand::at_it, Taken::nothing},
    {POP_JUMP_BACKWARD_IF_FALSE, Delivery::truth_of_length, Stand::at_it, Taken::nothing},
    {POP_JUMP_BACKWARD_IF_TRUE, Delivery::truth, Stand::at_it, Taken::nothing},
    {POP_JUMP_BACKWARD_IF_TRUE, Delivery::truth_of_length, Stand::at_it, Taken::nothing},
    {JUMP_IF_FALSE_OR_POP, Delivery::truth, Stand::at_it, Taken::nothing},
    {JUMP_IF_FALSE_OR_POP, Delivery::truth_of_length, Stand::at_it, Taken::nothing},
    {JUMP_IF_TRUE_OR_POP, Delivery::truth, Stand::at_it, Taken::nothing},
    {JUMP_IF_TRUE_OR_POP, Delivery::truth_of_length, Stand::at_it, Taken::nothing},

    {FORMAT_VALUE, Delivery::converted, Stand::at_it, Taken::nothing},
    {FORMAT_VALUE, Delivery::formatted, Stand::at_it, Taken::nothing},
    {FORMAT_VALUE, Delivery::formatted_str, Stand::at_it, Taken::nothing},
    {UNPACK_SEQUENCE, Delivery::unpacked, Stand::at_it, Taken::one},
    {UNPACK_EX, Delivery::unpacked, Stand::at_it, Taken::one},
    {LIST_EXTEND, Delivery::nothing, Stand::at_it, Taken::one},
    {SET_UPDATE, Delivery::nothing, Stand::at_it, Taken::one},
    {DICT_UPDATE, Delivery::nothing, Stand::at_it, Taken::one},
    {DICT_MERGE, Delivery::nothing, Stand::at_it, Taken::one},

    {GET_ITER, Delivery::iterator, Stand::at_it, Taken::nothing},
    {GET_YIELD_FROM_ITER, Delivery::iterator, Stand::at_it, Taken::nothing},
    {FOR_ITER, Delivery::iteration, Stand::at_it, Taken::nothing},
    {FOR_ITER, Delivery::sourced, Stand::at_it, Taken::nothing, 0, Rule::has_stage},
    {FOR_ITER, Delivery::kept, Stand::at_it, Taken::nothing, 0, Rule::has_keeping_stage},
    {FOR_ITER, Delivery::judged, Stand::at_it, Taken::nothing, 1, Rule::has_judging_stage},
    // No frame, but a channel that gives the value.
    {FOR_ITER, Delivery::value, Stand::at_it, Taken::nothing},

    {SEND, Delivery::sent, Stand::at_it, Taken::one},
    {SEND, Delivery::thrown, Stand::at_it, Taken::one},
    {SEND, Delivery::anext, Stand::at_it, Taken::one, 0, Rule::has_asend},
    {GET_AWAITABLE, Delivery::awaitable, Stand::at_it, Taken::nothing},
    {GET_AITER, Delivery::async_iterator, Stand::at_it, Taken::nothing},
    {GET_ANEXT, Delivery::first_iteration, Stand::at_it, Taken::nothing},
    {GET_ANEXT, Delivery::next_value, Stand::at_it, Taken::nothing},
    {GET_ANEXT, Delivery::next_awaitable, Stand::at_it, Taken::nothing, 1},

    // The method to leave with is in the manager's place.
    {BEFORE_WITH, Delivery::value, Stand::at_it, Taken::nothing},
    {BEFORE_ASYNC_WITH, Delivery::value, Stand::at_it, Taken::nothing},
    {WITH_EXCEPT_START, Delivery::value, Stand::at_it, Taken::nothing},
    {RAISE_VARARGS, Delivery::raised, Stand::at_it, Taken::nothing, 0, Rule::is_raising},
    {PRINT_EXPR, Delivery::nothing, Stand::at_it, Taken::one},
    {IMPORT_NAME, Delivery::value, Stand::at_it, Taken::two},
    {IMPORT_FROM, Delivery::value, Stand::at_it, Taken::nothing},

    {MATCH_CLASS, Delivery::value, Stand::at_it, Taken::three},
    {MATCH_KEYS, Delivery::value, Stand::at_it, Taken::nothing},
    {GET_LEN, Delivery::as_length, Stand::at_it, Taken::nothing, 1},

    // Names in namespaces that are no dicts.
    {LOAD_NAME, Delivery::value, Stand::at_it, Taken::nothing},
    {STORE_NAME, Delivery::nothing, Stand::at_it, Taken::one},
    {DELETE_NAME, Delivery::nothing, Stand::at_it, Taken::nothing},
    {LOAD_GLOBAL, Delivery::global, Stand::at_it, Taken::nothing},
    {LOAD_CLASSDEREF, Delivery::value, Stand::at_it, Taken::nothing},
    {SETUP_ANNOTATIONS, Delivery::nothing, Stand::at_it, Taken::nothing},

    {FILL, Delivery::nothing, Stand::behind_caches, Taken::two},
    {STEP, Delivery::next, Stand::at_it, Taken::nothing},
    {STEP_OR_MISSING, Delivery::next_or_default, Stand::behind_caches, Taken::nothing},
};

constexpr size_t wait_count = std::size(waits);

/// Where the waits of each opcode begin; wait_count if it has none.
constexpr auto first_waits = [] {
    std::array<uint8_t, 256> first{};
    first.fill(wait_count);
    for (size_t i = wait_count; i > 0; i--) {
        first[waits[i - 1].opcode] = i - 1;
    }
    return first;
}();
static_assert(wait_count < 256);

const Wait* find_wait(int opcode, Delivery delivery) {
    for (size_t i = first_waits[static_cast<size_t>(opcode)];
         i < wait_count && waits[i].opcode == opcode; i++) {
        if (waits[i].delivery == delivery)
            return &waits[i];
    }
    return nullptr;
}

int taken_by(Taken taken, int argument) {
    switch (taken) {
    case Taken::nothing:
        return 0;
    case Taken::one:
        return 1;
    case Taken::two:
        return 2;
    case Taken::three:
        return 3;
    case Taken::call:
        return argument + 2;
    case Taken::ex_call:
        return 3 + (argument & 1);
    }
    return 0;
}

/// A frame as a pickle says it is.
struct Claim {
    PyCodeObject* code;
    int offset;
    PyObject* const* stack;
    int depth;

    PyObject* const* top() const { return stack + depth; }

    /// Whether the lowest values are as the code has left them.
    bool fit(std::span<const Slot> slots) const {
        for (size_t i = 0; i < slots.size(); i++) {
            if (!fits(slots[i], stack[i], code))
                return false;
        }
        return true;
    }
    bool are_objects(int from, int end) const {
        return std::none_of(stack + from, stack + end,
                            [](PyObject* value) { return value == nullptr; });
    }
};

const eval::Stage* stage_of(PyObject* iterator) {
    if (!PyType_HasFeature(Py_TYPE(iterator), eval::TYPE_STEPPED))
        return nullptr;
    const eval::Step* step = eval::step_of(Py_TYPE(iterator));
    return step == nullptr ? nullptr : step->stage;
}

bool is_raising(PyObject* const* top, int argument) {
    if (argument < 1)
        return false;
    PyObject* raised = top[-argument];
    return PyExceptionClass_Check(raised) ||
           (argument == 2 && PyExceptionInstance_Check(raised) && PyExceptionClass_Check(top[-1]));
}

/// All values on the stack but the topmost are known not to be null where the rule looks.
bool obeys(Rule rule, const Claim& claim, int argument) {
    PyObject* const* top = claim.top();
    switch (rule) {
    case Rule::none:
    case Rule::may_lack_top:
        return true;
    case Rule::has_context:
        return PyContext_CheckExact(top[-1]);
    case Rule::has_task:
        return PyContext_CheckExact(top[-2]) && is_asyncio_task(top[-1]);
    case Rule::has_class:
        return PyType_Check(top[-argument - 2] == nullptr ? top[-argument - 1]
                                                          : top[-argument - 2]);
    case Rule::has_flag:
        return (argument & 1) != 0;
    case Rule::is_raising:
        return is_raising(top, argument);
    case Rule::has_asend:
        return Py_IS_TYPE(top[-1], &_PyAsyncGenASend_Type);
    case Rule::has_name: {
        PyObject* name = claim.stack[argument - claim.code->co_nlocalsplus];
        return name != nullptr && PyUnicode_Check(name);
    }
    case Rule::has_stage:
        return stage_of(top[-1]) != nullptr;
    case Rule::has_keeping_stage: {
        const eval::Stage* stage = stage_of(top[-1]);
        return stage != nullptr && stage->kept != nullptr;
    }
    case Rule::has_judging_stage: {
        const eval::Stage* stage = stage_of(top[-2]);
        return stage != nullptr && stage->verdict != nullptr;
    }
    }
    return false;
}

constexpr const char* wrong_depth = "another number of values is on its stack there";
constexpr const char* wrong_value = "a value on its stack is not of the kind that is there";

const char* check_stack(const Claim& claim, std::span<const Slot> slots) {
    if (claim.depth != static_cast<int>(slots.size()))
        return wrong_depth;
    return claim.fit(slots) ? nullptr : wrong_value;
}

const char* check_waiting(const StackMap& map, const Claim& claim, Delivery delivery) {
    Instruction waiting;
    if (!map.find_ending(claim.offset, &waiting))
        return "no instruction is there";
    const Wait* wait = find_wait(waiting.opcode, delivery);
    if (wait == nullptr ||
        claim.offset != (wait->stand == Stand::at_it ? waiting.index : waiting.last()))
        return "the instruction there does not wait for that";
    const int kept =
        static_cast<int>(waiting.before.size()) - taken_by(wait->taken, waiting.argument);
    if (claim.depth != kept + wait->pushed)
        return wrong_depth;
    const int objects = claim.depth - (wait->rule == Rule::may_lack_top ? 1 : 0);
    if (!claim.fit(waiting.before.first(static_cast<size_t>(kept))) ||
        !claim.are_objects(kept, std::max(kept, objects)) ||
        !obeys(wait->rule, claim, waiting.argument))
        return wrong_value;
    return wait->delivery == Delivery::created && waiting.has_keywords
               ? "a call with keywords does not wait for that"
               : nullptr;
}

const char* check_interrupted(const StackMap& map, const Claim& claim) {
    Instruction next;
    const int first = claim.offset + 1;
    if (!map.find_beginning(first, &next))
        return "no instruction begins behind it";
    // Not where the frame does not show yet; hidden ones never do. Not between KW_NAMES and its call.
    if (first < claim.code->_co_firsttraceable || next.has_keywords)
        return "it cannot be interrupted there";
    return check_stack(claim, next.before);
}

/// Where a generator comes into being, and at a `yield`.
const char* check_generator(const StackMap& map, const Claim& claim, int opcode) {
    Instruction left;
    if (!map.find_ending(claim.offset, &left) || claim.offset != left.index ||
        left.opcode != opcode)
        return "a generator does not stand there";
    return check_stack(claim,
                       left.before.first(left.before.size() - (opcode == YIELD_VALUE ? 1 : 0)));
}

const char* check_start(const Claim& claim) {
    if (claim.offset != -1)
        return "it has begun";
    return claim.depth == 0 ? nullptr : wrong_depth;
}

/// The frame of a generator function becomes that of a generator by one of its first instructions. Before, nothing
/// can interrupt it.
const char* check_owner(const Claim& claim, Owner owner) {
    constexpr int kinds = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR;
    const bool is_generator = (claim.code->co_flags & kinds) != 0 && claim.offset >= 0;
    return is_generator == (owner == Owner::generator) ? nullptr
           : is_generator                              ? "only a generator can stand there"
                                                       : "no generator can stand there";
}

/// Cells are made, and those of the closure copied, by the first instructions.
const char* check_cells(const Claim& claim, PyObject* const* localsplus) {
    const char* kinds = PyBytes_AS_STRING(claim.code->co_localspluskinds);
    for (int i = 0; i < claim.code->co_nlocalsplus; i++) {
        const auto kind = static_cast<uint8_t>(kinds[i]);
        if (claim.offset < 0) {
            if ((kind & CO_FAST_FREE) != 0 && localsplus[i] != nullptr)
                return "it has free variables before it has begun";
        } else if ((kind & (CO_FAST_CELL | CO_FAST_FREE)) != 0 &&
                   (localsplus[i] == nullptr || !PyCell_Check(localsplus[i]))) {
            return "a variable that others refer to is not in a cell";
        }
    }
    return nullptr;
}

}  // namespace

const char* check_frame(PyCodeObject* code, int offset, Owner owner, Resumption how,
                        Delivery delivery, PyObject* const* localsplus, int depth) {
    const Claim claim{code, offset, localsplus + code->co_nlocalsplus, depth};
    if (const char* problem = check_owner(claim, owner))
        return problem;
    if (const char* problem = check_cells(claim, localsplus))
        return problem;
    if (how == Resumption::at_start)
        return check_start(claim);
    const StackMap* map = StackMap::of(code);
    if (map == nullptr)
        return "there is no memory to look at its code";
    switch (how) {
    case Resumption::at_start:
        break;
    case Resumption::with_value:
        return check_waiting(*map, claim, Delivery::value);
    case Resumption::interrupted:
        return check_interrupted(*map, claim);
    case Resumption::created:
        return check_generator(*map, claim, RETURN_GENERATOR);
    case Resumption::yielded:
        return check_generator(*map, claim, YIELD_VALUE);
    case Resumption::delivered:
        return check_waiting(*map, claim, delivery);
    }
    return "nothing goes on like that";
}

}  // namespace stackless::pickle
