#include "cpython/call_sites.hpp"

#include <vector>

#include "cpython/jumps.hpp"
#include "cpython/ref.hpp"

namespace stackless {

namespace {

int general_opcode(const Instr* instruction) {
    return _PyOpcode_Deopt[_Py_OPCODE(*instruction)];
}

bool is_unconditional(int opcode) {
    return opcode == JUMP_FORWARD || opcode == JUMP_BACKWARD ||
           opcode == JUMP_BACKWARD_NO_INTERRUPT;
}

bool ends_block(int opcode) {
    return opcode == RETURN_VALUE || opcode == RAISE_VARARGS || opcode == RERAISE;
}

/// Walks all paths through a code object, noting the depth at each instruction.
class DepthWalk {
public:
    explicit DepthWalk(PyCodeObject* code)
        : code_(code),
          units_(_PyCode_CODE(code)),
          count_(static_cast<int>(Py_SIZE(code))),
          depths_(static_cast<size_t>(count_), -1) {
        reach(0, 0);
        reach_handlers();
        while (!pending_.empty()) {
            const int index = pending_.back();
            pending_.pop_back();
            step(index);
        }
    }

    int depth_at(int index) const { return depths_[static_cast<size_t>(index)]; }

private:
    void reach(int index, int depth) {
        if (index < 0 || index >= count_ || depths_[static_cast<size_t>(index)] >= 0 || depth < 0)
            return;
        depths_[static_cast<size_t>(index)] = depth;
        pending_.push_back(index);
    }

    void reach_handlers() {
        auto* place = reinterpret_cast<unsigned char*>(PyBytes_AS_STRING(code_->co_exceptiontable));
        auto* end = place + PyBytes_GET_SIZE(code_->co_exceptiontable);
        while (place < end) {
            int start, length, target, depth_and_lasti;
            place = parse_varint(place, &start);
            place = parse_varint(place, &length);
            place = parse_varint(place, &target);
            place = parse_varint(place, &depth_and_lasti);
            // The handler finds the exception on the stack, and with the flag the place it comes
            // from.
            reach(target, (depth_and_lasti >> 1) + (depth_and_lasti & 1) + 1);
        }
    }

    void step(int index) {
        const int depth = depth_at(index);
        int opcode = general_opcode(units_ + index);
        int argument = _Py_OPARG(units_[index]);
        while (opcode == EXTENDED_ARG) {
            index++;
            depths_[static_cast<size_t>(index)] = depth;
            opcode = general_opcode(units_ + index);
            argument = argument << 8 | _Py_OPARG(units_[index]);
        }
        if (ends_block(opcode))
            return;
        const int next = index + 1 + _PyOpcode_Caches[opcode];
        if (jumps_forward(opcode) || jumps_backward(opcode)) {
            const int target = next + (jumps_backward(opcode) ? -argument : argument);
            reach(target, depth + effect(opcode, argument, 1));
            if (is_unconditional(opcode))
                return;
        }
        reach(next, depth + effect(opcode, argument, 0));
    }

    static int effect(int opcode, int argument, int jump) {
        // CPython's compiler has its own view of these: it counts the arguments of a call off too
        // early, and what a generator is first resumed with not at all.
        switch (opcode) {
        case PRECALL:
            return 0;
        case CALL:
            return -argument - 1;
        case RETURN_GENERATOR:
            return 1;
        default:
            break;
        }
        return PyCompile_OpcodeStackEffectWithJump(opcode, opcode >= HAVE_ARGUMENT ? argument : 0,
                                                   jump);
    }

    PyCodeObject* code_;
    const Instr* units_;
    int count_;
    std::vector<int> depths_;
    std::vector<int> pending_;
};

/// The callable of the call instruction that the frame is in, borrowed; null if it is another
/// instruction.
PyObject* callable_of(Frame* frame) {
    PyCodeObject* code = frame->f_code;
    const Instr* instruction = frame->prev_instr;
    const int opcode = general_opcode(instruction);
    if (opcode != CALL && opcode != PRECALL && opcode != CALL_FUNCTION_EX)
        return nullptr;
    const int argument = full_argument(code, instruction);
    const int depth = stack_depth_before(code, static_cast<int>(instruction - _PyCode_CODE(code)));
    const int below = opcode == CALL_FUNCTION_EX ? 2 + (argument & 1) : argument + 2;
    if (depth < below)
        return nullptr;
    PyObject** base = _PyFrame_Stackbase(frame) + depth - below;
    if (opcode == CALL_FUNCTION_EX)
        return base[0];
    return base[0] != nullptr ? base[0] : base[1];
}

Ref callable_name(Frame* frame) {
    PyObject* callable = callable_of(frame);
    if (callable == nullptr)
        return Ref::steal(PyUnicode_FromString("an operator"));
    PyObject* name = nullptr;
    if (_PyObject_LookupAttr(callable, &_Py_ID(__qualname__), &name) < 0)
        return {};
    Ref found = Ref::steal(name);
    if (found && PyUnicode_Check(found.get()))
        return Ref::steal(PyUnicode_FromFormat("%U()", found.get()));
    return Ref::steal(PyUnicode_FromFormat("a call of %.100s", Py_TYPE(callable)->tp_name));
}

}  // namespace

int full_argument(PyCodeObject* code, const Instr* instruction) {
    // From the beginning, because an entry of an inline cache may look like an EXTENDED_ARG.
    int argument = 0;
    for (const Instr* unit = _PyCode_CODE(code); unit < instruction; unit++) {
        const int opcode = general_opcode(unit);
        argument = opcode == EXTENDED_ARG ? argument << 8 | _Py_OPARG(*unit) : 0;
        unit += _PyOpcode_Caches[opcode];
    }
    return argument << 8 | _Py_OPARG(*instruction);
}

int stack_depth_before(PyCodeObject* code, int index) {
    return DepthWalk(code).depth_at(index);
}

PyObject* describe_call_site(Frame* frame) {
    Ref name = callable_name(frame);
    if (!name)
        return nullptr;
    return PyUnicode_FromFormat("%U at line %d of %U", name.get(),
                                _PyInterpreterFrame_GetLine(frame), frame->f_code->co_filename);
}

}  // namespace stackless
