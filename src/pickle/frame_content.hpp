// What a frame holds, as a tuple:
//
//   (function, offset, delivery, namespace, nulls, *values)
//
// function   whose frame it is; (function, code) if the function has been given another code meanwhile
// offset     code units from the beginning of the code to prev_instr; -1: it has not begun
// delivery   the name of its Delivery (eval/delivery.hpp); None for the commonest
// namespace  f_locals; None if it has none, True if that is the globals
// nulls      a number with a bit for each value that is null; None stands in its place
// values     local variables, cells, and the value stack
#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "cpython/python.hpp"
#include "cpython/ref.hpp"
#include "eval/delivery.hpp"
#include "pickle/suspension.hpp"

namespace stackless::pickle {

/// Empty with an exception set. Without `with_stack`, the stack is left out, which the frame may not know the height
/// of while it runs.
Ref content_of(const Frame* frame, bool with_stack);

/// Such a tuple, once it is read. The tuple owns everything, see keep().
class FrameContent {
public:
    /// False with UnpicklingError set if the tuple is not one that content_of() has made.
    [[nodiscard]] bool read(PyObject* tuple);

    /// Keeps the tuple that was read.
    void keep(Ref tuple) { tuple_ = std::move(tuple); }
    /// Whether a local variable, or what is on the stack, is as `wanted` says.
    template <class Wanted>
    bool any_value(Wanted wanted) const {
        return std::any_of(values_.get(), values_.get() + count_,
                           [&](PyObject* value) { return value != nullptr && wanted(value); });
    }

    PyCodeObject* code() const { return code_; }
    int offset() const { return offset_; }
    eval::Delivery delivery() const { return delivery_; }

    /// Whether the frame could go on so, with the frame that is on top of it, if there is one, delivering by
    /// `delivery`. False with UnpicklingError set.
    [[nodiscard]] bool check(Owner owner, Resumption how, eval::Delivery delivery) const;
    /// Fills a frame in, with references of its own: all but previous, is_entry and owner.
    void fill(Frame* frame) const;

private:
    bool read_function(PyObject* item);
    bool read_delivery(PyObject* item);
    bool read_nulls(PyObject* item);
    bool check_free_variables() const;

    Ref tuple_;
    PyFunctionObject* function_ = nullptr;
    PyCodeObject* code_ = nullptr;
    int offset_ = -1;
    eval::Delivery delivery_ = eval::Delivery::value;
    PyObject* namespace_ = nullptr;
    int count_ = 0;
    /// Borrowed, null where the frame has null.
    std::unique_ptr<PyObject*[]> values_;
};

}  // namespace stackless::pickle
