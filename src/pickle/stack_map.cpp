#include "pickle/stack_map.hpp"

#include <algorithm>
#include <new>
#include <optional>

#include "cpython/jumps.hpp"
#include "eval/hidden_functions.hpp"
#include "eval/opcodes.hpp"
#include "pickle/code_facts.hpp"

namespace stackless::pickle {

// The opcodes of our own.
using enum eval::OwnOpcode;

namespace {

bool are_cells(PyObject* tuple) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        if (!PyCell_Check(PyTuple_GET_ITEM(tuple, i)))
            return false;
    }
    return true;
}

bool is_tuple_of(PyObject* value, int count) {
    return PyTuple_CheckExact(value) && (count < 0 || PyTuple_GET_SIZE(value) == count);
}

bool is_place(PyObject* value, const PyCodeObject* code) {
    if (!PyLong_CheckExact(value))
        return false;
    int overflow;
    const long place = PyLong_AsLongAndOverflow(value, &overflow);
    return overflow == 0 && place >= 0 && place < Py_SIZE(code);
}

}  // namespace

bool fits(Slot slot, PyObject* value, const PyCodeObject* code) {
    if (value == nullptr)
        return slot.kind == Kind::null || slot.kind == Kind::maybe;
    switch (slot.kind) {
    case Kind::null:
        return false;
    case Kind::maybe:
    case Kind::object:
        return true;
    case Kind::list:
        return PyList_CheckExact(value);
    case Kind::set:
        return PySet_CheckExact(value);
    case Kind::dict:
        return PyDict_CheckExact(value);
    case Kind::tuple:
        return is_tuple_of(value, slot.count);
    case Kind::cells:
        return is_tuple_of(value, slot.count) && are_cells(value);
    case Kind::cell:
        return PyCell_Check(value);
    case Kind::code:
        return PyCode_Check(value) &&
               reinterpret_cast<PyCodeObject*>(value)->co_nfreevars == slot.count;
    case Kind::str:
        return PyUnicode_Check(value);
    case Kind::exception:
        return PyExceptionInstance_Check(value);
    case Kind::handled:
        return value == Py_None || PyExceptionInstance_Check(value);
    case Kind::place:
        return is_place(value, code);
    }
    return false;
}

namespace {

bool is_tuple(Slot slot) {
    return slot.kind == Kind::tuple || slot.kind == Kind::cells;
}

bool is_handled(Slot slot) {
    return slot.kind == Kind::exception || slot.kind == Kind::handled;
}

bool may_be_null(Slot slot) {
    return slot.kind == Kind::null || slot.kind == Kind::maybe;
}

}  // namespace

Slot join(Slot one, Slot other) {
    if (one == other)
        return one;
    if (may_be_null(one) || may_be_null(other))
        return {Kind::maybe};
    if (is_tuple(one) && is_tuple(other))
        return {Kind::tuple, one.count == other.count ? one.count : -1};
    if (is_handled(one) && is_handled(other))
        return {Kind::handled};
    return {Kind::object};
}

namespace {

/// What an instruction does that takes some objects and leaves others, of which nothing is known.
struct Effect {
    int pops;
    int pushes;
};

/// Empty for the instructions that need to be looked at more closely.
std::optional<Effect> plain_effect(int opcode, int argument) {
    switch (opcode) {
    case NOP:
    case RESUME:
    case RESUME_HIDDEN:
    case COPY_FREE_VARS:
    case MAKE_CELL:
    case SETUP_ANNOTATIONS:
    case DELETE_FAST:
    case DELETE_NAME:
    case DELETE_GLOBAL:
    case DELETE_DEREF:
    case JUMP_FORWARD:
    case JUMP_BACKWARD:
    case JUMP_BACKWARD_NO_INTERRUPT:
    case KW_NAMES:
        return Effect{0, 0};
    case LOAD_FAST:
    case FILL_LOCAL:  // FILL is behind it
    case LOAD_NAME:
    case LOAD_DEREF:
    case LOAD_CLASSDEREF:
    case LOAD_BUILD_CLASS:
    case LOAD_ASSERTION_ERROR:
    case RETURN_GENERATOR:
    case IMPORT_FROM:
    case GET_LEN:
    case MATCH_MAPPING:
    case MATCH_SEQUENCE:
    case MATCH_KEYS:
    case GET_ANEXT:
    case WITH_EXCEPT_START:
        return Effect{0, 1};
    case POP_TOP:
    case STORE_FAST:
    case STORE_NAME:
    case STORE_GLOBAL:
    case STORE_DEREF:
    case IMPORT_STAR:
    case PRINT_EXPR:
    case DELETE_ATTR:
    case DELETE_NAMED_ATTR:
    case POP_EXCEPT:
    case LIST_APPEND:
    case LIST_EXTEND:
    case SET_ADD:
    case SET_UPDATE:
    case DICT_UPDATE:
    case DICT_MERGE:
    case POP_JUMP_FORWARD_IF_FALSE:
    case POP_JUMP_FORWARD_IF_TRUE:
    case POP_JUMP_FORWARD_IF_NONE:
    case POP_JUMP_FORWARD_IF_NOT_NONE:
    case POP_JUMP_BACKWARD_IF_FALSE:
    case POP_JUMP_BACKWARD_IF_TRUE:
    case POP_JUMP_BACKWARD_IF_NONE:
    case POP_JUMP_BACKWARD_IF_NOT_NONE:
        return Effect{1, 0};
    case UNARY_POSITIVE:
    case UNARY_NEGATIVE:
    case UNARY_NOT:
    case UNARY_INVERT:
    case LOAD_ATTR:
    case GET_ITER:
    case GET_YIELD_FROM_ITER:
    case GET_AITER:
    case GET_AWAITABLE:
    case ASYNC_GEN_WRAP:
    case YIELD_VALUE:  // it pushes what it is sent
    case CHECK_EXC_MATCH:
    case LOAD_FIELD:
    case LOAD_NAMED_ATTR:
    case STEP:
        return Effect{1, 1};
    case BEFORE_WITH:
    case BEFORE_ASYNC_WITH:
        return Effect{1, 2};
    case STORE_ATTR:
    case STORE_FIELD:
    case STORE_NAMED_ATTR:
    case FILL:
    case DELETE_SUBSCR:
    case MAP_ADD:
    case END_ASYNC_FOR:
        return Effect{2, 0};
    case BINARY_OP:
    case BINARY_SUBSCR:
    case COMPARE_OP:
    case CONTAINS_OP:
    case IS_OP:
    case IMPORT_NAME:
    case STEP_OR_MISSING:
        return Effect{2, 1};
    case STORE_SUBSCR:
        return Effect{3, 0};
    case MATCH_CLASS:
        return Effect{3, 1};
    case BUILD_SLICE:
        return Effect{argument, 1};
    case CALL:
        return Effect{argument + 2, 1};
    case CALL_FUNCTION_EX:
        return Effect{3 + (argument & 1), 1};
    case MAKE_FUNCTION:
        return Effect{
            1 + (argument & 1) + (argument >> 1 & 1) + (argument >> 2 & 1) + (argument >> 3 & 1),
            1};
    case UNPACK_SEQUENCE:
        return Effect{1, argument};
    case UNPACK_EX:
        return Effect{1, (argument & 0xff) + 1 + (argument >> 8)};
    default:
        return {};
    }
}

/// Whether the instruction behind it is not the next one.
bool never_goes_on(int opcode) {
    switch (opcode) {
    case JUMP_FORWARD:
    case JUMP_BACKWARD:
    case JUMP_BACKWARD_NO_INTERRUPT:
    case RETURN_VALUE:
    case RETURN_HIDDEN:
    case RAISE_VARARGS:
    case RERAISE:
        return true;
    default:
        return false;
    }
}

/// CPython's tables do not know the opcodes of our own, which have the caches of those that they replace.
int caches_of(int opcode) {
    switch (opcode) {
    case LOAD_KNOWN:
        return INLINE_CACHE_ENTRIES_LOAD_GLOBAL;
    case LOAD_FIELD:
    case LOAD_NAMED_ATTR:
        return INLINE_CACHE_ENTRIES_LOAD_ATTR;
    case LOAD_FIELD_TO_CALL:
        return INLINE_CACHE_ENTRIES_LOAD_METHOD;
    case STORE_FIELD:
    case STORE_NAMED_ATTR:
    case FILL:
        return INLINE_CACHE_ENTRIES_STORE_ATTR;
    case STEP_OR_MISSING:
        return INLINE_CACHE_ENTRIES_BINARY_OP;
    default:
        return opcode >= RESUME_HIDDEN ? 0 : _PyOpcode_Caches[opcode];
    }
}

Slot slot_of_constant(PyObject* constant) {
    if (PyCode_Check(constant))
        return {Kind::code, reinterpret_cast<PyCodeObject*>(constant)->co_nfreevars};
    if (PyTuple_CheckExact(constant))
        return {Kind::tuple, static_cast<int>(PyTuple_GET_SIZE(constant))};
    return {PyUnicode_Check(constant) ? Kind::str : Kind::object};
}

using Stack = std::vector<Slot>;

}  // namespace

/// Follows all paths, as often as that tells anything new.
class StackAnalysis {
public:
    StackAnalysis(PyCodeObject* code, StackMap& map)
        : code_(code),
          instructions_(_PyCode_CODE(code)),
          map_(map),
          is_hidden_(eval::is_hidden(code)) {
        const auto count = static_cast<size_t>(Py_SIZE(code));
        map_.units_.resize(count);
        states_.resize(count);
        read_exception_table();
    }

    /// False if the code is not like the compiler's.
    [[nodiscard]] bool follow() {
        reach(0, {{}, false});
        while (!pending_.empty() && !failed_) {
            const int index = pending_.back();
            pending_.pop_back();
            step(index);
        }
        if (!failed_) {
            write_slots();
        }
        return !failed_;
    }

private:
    struct State {
        Stack stack;
        bool has_keywords;
    };
    struct Handler {
        int target;
        int depth;
        bool wants_place;
    };

    int count() const { return static_cast<int>(states_.size()); }

    void read_exception_table() {
        handler_at_.resize(states_.size(), -1);
        auto* place = reinterpret_cast<unsigned char*>(PyBytes_AS_STRING(code_->co_exceptiontable));
        auto* end = place + PyBytes_GET_SIZE(code_->co_exceptiontable);
        while (place < end) {
            int start, length, target, depth_and_place;
            place = parse_varint(place, &start);
            place = parse_varint(place, &length);
            place = parse_varint(place, &target);
            place = parse_varint(place, &depth_and_place);
            for (int i = start; i < start + length && i < count(); i++) {
                handler_at_[static_cast<size_t>(i)] = static_cast<int>(handlers_.size());
            }
            handlers_.push_back({target, depth_and_place >> 1, (depth_and_place & 1) != 0});
        }
    }

    /// An instruction can be reached with this on the stack.
    void reach(int index, const State& state) {
        if (index < 0 || index >= count() ||
            static_cast<int>(state.stack.size()) > code_->co_stacksize) {
            failed_ = true;
            return;
        }
        std::optional<State>& known = states_[static_cast<size_t>(index)];
        if (!known) {
            known = state;
            pending_.push_back(index);
            return;
        }
        if (known->stack.size() != state.stack.size() ||
            known->has_keywords != state.has_keywords) {
            failed_ = true;
            return;
        }
        bool is_new = false;
        for (size_t i = 0; i < state.stack.size(); i++) {
            const Slot joined = join(known->stack[i], state.stack[i]);
            is_new |= joined != known->stack[i];
            known->stack[i] = joined;
        }
        if (is_new) {
            pending_.push_back(index);
        }
    }

    /// The instruction may raise.
    void reach_handler(int index, const State& state) {
        const int number = handler_at_[static_cast<size_t>(index)];
        if (number < 0)
            return;
        const Handler& handler = handlers_[static_cast<size_t>(number)];
        if (static_cast<int>(state.stack.size()) < handler.depth) {
            failed_ = true;
            return;
        }
        State raised{Stack(state.stack.begin(), state.stack.begin() + handler.depth), false};
        if (handler.wants_place) {
            raised.stack.push_back({Kind::place});
        }
        raised.stack.push_back({Kind::exception});
        reach(handler.target, raised);
    }

    int opcode_at(int index) const {
        const int opcode = _Py_OPCODE(instructions_[index]);
        return is_hidden_ && opcode >= RESUME_HIDDEN ? opcode : _PyOpcode_Deopt[opcode];
    }

    /// Notes what the instruction that begins there is; the index of the instruction itself, -1 if there is none.
    int read(int first, const State& state) {
        int index = first;
        int argument = 0;
        while (opcode_at(index) == EXTENDED_ARG) {
            argument = (argument | _Py_OPARG(instructions_[index])) << 8;
            if (++index >= count())
                return -1;
        }
        const int opcode = opcode_at(index);
        const int caches = caches_of(opcode);
        if (index + caches >= count() || index - first > UINT8_MAX)
            return -1;
        const auto prefixes = static_cast<uint8_t>(index - first);
        StackMap::Unit& unit = map_.units_[static_cast<size_t>(index)];
        unit.argument = argument | _Py_OPARG(instructions_[index]);
        unit.opcode = static_cast<uint8_t>(opcode);
        unit.caches = static_cast<uint8_t>(caches);
        unit.prefixes = prefixes;
        unit.depth = static_cast<int>(state.stack.size());
        unit.has_keywords = state.has_keywords;
        mark(first, StackMap::Role::prefix, prefixes);
        mark(index + caches, StackMap::Role::cache, static_cast<uint8_t>(caches));
        unit.role = StackMap::Role::instruction;
        return index;
    }

    void mark(int index, StackMap::Role role, uint8_t distance) {
        StackMap::Unit& unit = map_.units_[static_cast<size_t>(index)];
        unit.role = role;
        unit.distance = distance;
    }

    void step(int first) {
        State state = *states_[static_cast<size_t>(first)];
        const int index = read(first, state);
        if (index < 0) {
            failed_ = true;
            return;
        }
        reach_handler(index, state);
        const StackMap::Unit& unit = map_.units_[static_cast<size_t>(index)];
        const int next = index + 1 + unit.caches;
        if (unit.opcode == KW_NAMES || unit.opcode == CALL) {
            state.has_keywords = unit.opcode == KW_NAMES;
        }
        if (jumps_forward(unit.opcode) || jumps_backward(unit.opcode)) {
            State jumped = state;
            apply(unit.opcode, unit.argument, jumped.stack, true);
            reach(next + (jumps_backward(unit.opcode) ? -unit.argument : unit.argument), jumped);
        }
        if (never_goes_on(unit.opcode))
            return;
        apply(unit.opcode, unit.argument, state.stack, false);
        reach(next, state);
    }

    // ---- What instructions do to the stack.

    void pop(Stack& stack, int count) {
        if (static_cast<int>(stack.size()) < count) {
            failed_ = true;
            stack.clear();
        } else {
            stack.resize(stack.size() - static_cast<size_t>(count));
        }
    }

    /// The slot that is `depth` deep, 1 being the topmost.
    Slot& at(Stack& stack, int depth) {
        if (depth < 1 || static_cast<int>(stack.size()) < depth) {
            failed_ = true;
            static Slot none;
            return none;
        }
        return stack[stack.size() - static_cast<size_t>(depth)];
    }

    void replace(Stack& stack, int pops, Slot slot) {
        pop(stack, pops);
        stack.push_back(slot);
    }

    /// Closures are built of nothing but cells.
    Slot built_tuple(Stack& stack, int size) {
        bool has_only_cells = size > 0;
        for (int i = 1; i <= size; i++) {
            has_only_cells &= at(stack, i).kind == Kind::cell;
        }
        return {has_only_cells ? Kind::cells : Kind::tuple, size};
    }

    void apply(int opcode, int argument, Stack& stack, bool jumps) {
        if (const std::optional<Effect> effect = plain_effect(opcode, argument)) {
            pop(stack, effect->pops);
            stack.insert(stack.end(), static_cast<size_t>(effect->pushes), {Kind::object});
            return;
        }
        switch (opcode) {
        case PUSH_NULL:
            stack.push_back({Kind::null});
            return;
        case LOAD_GLOBAL:
        case LOAD_KNOWN:
            if ((argument & 1) != 0) {
                stack.push_back({Kind::null});
            }
            stack.push_back({Kind::object});
            return;
        case LOAD_FIELD_TO_CALL:
            replace(stack, 1, {Kind::null});
            stack.push_back({Kind::object});
            return;
        case LOAD_METHOD:
            replace(stack, 1, {Kind::maybe});
            stack.push_back({Kind::object});
            return;
        case PRECALL: {
            // A bound method becomes its function and its self.
            Slot& method = at(stack, argument + 2);
            method = join(method, {Kind::maybe});
            return;
        }
        case LOAD_CONST:
            stack.push_back(slot_of_constant(PyTuple_GET_ITEM(code_->co_consts, argument)));
            return;
        case LOAD_CLOSURE:
            stack.push_back({Kind::cell});
            return;
        case COPY:
            stack.push_back(at(stack, argument));
            return;
        case SWAP:
            std::swap(at(stack, 1), at(stack, argument));
            return;
        case BUILD_TUPLE:
            replace(stack, argument, built_tuple(stack, argument));
            return;
        case BUILD_LIST:
            replace(stack, argument, {Kind::list});
            return;
        case BUILD_SET:
            replace(stack, argument, {Kind::set});
            return;
        case BUILD_MAP:
            replace(stack, 2 * argument, {Kind::dict});
            return;
        case BUILD_CONST_KEY_MAP:
            replace(stack, argument + 1, {Kind::dict});
            return;
        case BUILD_STRING:
            replace(stack, argument, {Kind::str});
            return;
        case FORMAT_VALUE:
            replace(stack, (argument & FVS_MASK) == FVS_HAVE_SPEC ? 2 : 1, {Kind::str});
            return;
        case LIST_TO_TUPLE:
            replace(stack, 1, {Kind::tuple});
            return;
        case PUSH_EXC_INFO:
            replace(stack, 1, {Kind::handled});
            stack.push_back({Kind::exception});
            return;
        case CHECK_EG_MATCH:
            replace(stack, 2, {Kind::handled});
            stack.push_back({Kind::handled});
            return;
        case PREP_RERAISE_STAR:
            replace(stack, 2, {Kind::handled});
            return;
        case FOR_ITER:
            if (jumps) {
                pop(stack, 1);
            } else {
                stack.push_back({Kind::object});
            }
            return;
        case SEND:
            replace(stack, jumps ? 2 : 1, {Kind::object});
            return;
        case JUMP_IF_FALSE_OR_POP:
        case JUMP_IF_TRUE_OR_POP:
            pop(stack, jumps ? 0 : 1);
            return;
        default:
            failed_ = true;
        }
    }

    void write_slots() {
        for (size_t i = 0; i < states_.size(); i++) {
            if (!states_[i])
                continue;
            const StackMap::Unit& unit = map_.units_[i];
            const size_t index = i + (unit.role == StackMap::Role::prefix ? unit.distance : 0U);
            map_.units_[index].first_slot = static_cast<int>(map_.slots_.size());
            map_.slots_.insert(map_.slots_.end(), states_[i]->stack.begin(),
                               states_[i]->stack.end());
        }
    }

    PyCodeObject* code_;
    const Instr* instructions_;
    StackMap& map_;
    bool is_hidden_;
    bool failed_ = false;
    std::vector<std::optional<State>> states_;  // before the instructions that begin there
    std::vector<Handler> handlers_;
    std::vector<int> handler_at_;  // the number of the handler of each code unit; -1: none
    std::vector<int> pending_;
};

StackMap::StackMap(PyCodeObject* code) {
    if (!StackAnalysis(code, *this).follow()) {
        units_.clear();
        slots_.clear();
    }
}

bool StackMap::describe(int index, Instruction* found) const {
    const Unit& known = unit(index);
    if (known.role != Role::instruction)
        return false;
    *found = {index - known.prefixes,
              index,
              known.opcode,
              known.argument,
              known.caches,
              known.has_keywords,
              {slots_.data() + known.first_slot, static_cast<size_t>(known.depth)}};
    return true;
}

bool StackMap::find_beginning(int index, Instruction* found) const {
    if (index < 0 || index >= static_cast<int>(units_.size()))
        return false;
    if (unit(index).role == Role::prefix)
        return describe(index + unit(index).distance, found);
    return unit(index).prefixes == 0 && describe(index, found);
}

bool StackMap::find_ending(int index, Instruction* found) const {
    if (index < 0 || index >= static_cast<int>(units_.size()))
        return false;
    return describe(unit(index).role == Role::cache ? index - unit(index).distance : index, found);
}

const StackMap* StackMap::of(PyCodeObject* code) {
    CodeFacts* facts = facts_of(code);
    if (facts != nullptr && facts->stack_map == nullptr) {
        facts->stack_map = new (std::nothrow) StackMap(code);
        facts->free_stack_map = [](void* map) { delete static_cast<StackMap*>(map); };
    }
    return facts == nullptr ? nullptr : static_cast<StackMap*>(facts->stack_map);
}

}  // namespace stackless::pickle
