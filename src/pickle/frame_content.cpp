#include "pickle/frame_content.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <string_view>

#include "pickle/errors.hpp"
#include "pickle/module_dicts.hpp"

namespace stackless::pickle {

namespace {

enum Item : uint8_t {
    function_item,
    offset_item,
    delivery_item,
    namespace_item,
    nulls_item,
    first_value
};

constexpr const char* delivery_names[] = {
#define STACKLESS_NAME(name) #name,
    STACKLESS_DELIVERIES(STACKLESS_NAME)
#undef STACKLESS_NAME
};

/// The bits of `nulls`, the least significant byte first. Most frames have few values.
class Bits {
public:
    explicit Bits(int count) : size_((static_cast<size_t>(count) + 7) / 8) {
        if (size_ > few_.size()) {
            many_.reset(new (std::nothrow) uint8_t[size_]());
        }
    }
    explicit operator bool() const { return size_ <= few_.size() || many_ != nullptr; }
    uint8_t* bytes() { return many_ != nullptr ? many_.get() : few_.data(); }
    size_t size() const { return size_; }
    void set(int index) { bytes()[index / 8] |= static_cast<uint8_t>(1U << index % 8); }
    bool has(int index) { return (bytes()[index / 8] >> index % 8 & 1U) != 0; }

private:
    size_t size_;
    std::array<uint8_t, 16> few_{};
    std::unique_ptr<uint8_t[]> many_;
};

Ref describe_function(const Frame* frame) {
    auto* function = reinterpret_cast<PyObject*>(frame->f_func);
    auto* code = reinterpret_cast<PyObject*>(frame->f_code);
    return frame->f_func->func_code == code ? Ref::borrow(function)
                                            : Ref::steal(PyTuple_Pack(2, function, code));
}

/// Of frames that C code has entered, CPython leaves it to chance: nobody delivers their result.
Ref describe_delivery(const Frame* frame) {
    const auto delivery = static_cast<size_t>(eval::delivery_of(frame));
    const bool is_known = !frame->is_entry && delivery < std::size(delivery_names) &&
                          delivery != static_cast<size_t>(eval::Delivery::value);
    return is_known ? Ref::steal(PyUnicode_InternFromString(delivery_names[delivery]))
                    : Ref::borrow(Py_None);
}

PyObject* describe_namespace(const Frame* frame) {
    if (frame->f_locals == nullptr)
        return Py_None;
    return frame->f_locals == frame->f_globals ? Py_True : frame->f_locals;
}

}  // namespace

Ref content_of(const Frame* frame, bool with_stack) {
    const int count = with_stack ? frame->stacktop : frame->f_code->co_nlocalsplus;
    Bits nulls(count);
    Ref content = Ref::steal(PyTuple_New(first_value + count));
    if (!content || !nulls)
        return Ref::steal(PyErr_NoMemory());
    PyObject** items = reinterpret_cast<PyTupleObject*>(content.get())->ob_item;
    for (int i = 0; i < count; i++) {
        PyObject* value = frame->localsplus[i];
        if (value == nullptr) {
            nulls.set(i);
        }
        items[first_value + i] = without_module_dict(value == nullptr ? Py_None : value).release();
    }
    items[function_item] = describe_function(frame).release();
    items[offset_item] = PyLong_FromLong(_PyInterpreterFrame_LASTI(frame));
    items[delivery_item] = describe_delivery(frame).release();
    items[namespace_item] = without_module_dict(describe_namespace(frame)).release();
    items[nulls_item] = _PyLong_FromByteArray(nulls.bytes(), nulls.size(), 1, 0);
    return std::any_of(items, items + first_value + count,
                       [](PyObject* item) { return item == nullptr; })
               ? nullptr
               : std::move(content);
}

bool FrameContent::read_function(PyObject* item) {
    PyObject* code = nullptr;
    if (PyTuple_CheckExact(item) && PyTuple_GET_SIZE(item) == 2) {
        code = PyTuple_GET_ITEM(item, 1);
        item = PyTuple_GET_ITEM(item, 0);
    }
    if (!Py_IS_TYPE(item, &PyFunction_Type) || (code != nullptr && !PyCode_Check(code))) {
        unpickling_error("a frame needs a function, not %s", Py_TYPE(item)->tp_name);
        return false;
    }
    function_ = reinterpret_cast<PyFunctionObject*>(item);
    code_ = reinterpret_cast<PyCodeObject*>(code == nullptr ? function_->func_code : code);
    return true;
}

bool FrameContent::read_delivery(PyObject* item) {
    if (item == Py_None)
        return true;
    const char* text = PyUnicode_Check(item) ? PyUnicode_AsUTF8(item) : nullptr;
    const auto* found = std::find(std::begin(delivery_names), std::end(delivery_names),
                                  std::string_view(text == nullptr ? "" : text));
    if (found == std::end(delivery_names)) {
        unpickling_error("the loop knows no delivery %R", item);
        return false;
    }
    delivery_ = static_cast<eval::Delivery>(found - delivery_names);
    return true;
}

bool FrameContent::read_nulls(PyObject* item) {
    Bits nulls(count_);
    if (!nulls) {
        PyErr_NoMemory();
        return false;
    }
    if (!PyLong_CheckExact(item) || _PyLong_AsByteArray(reinterpret_cast<PyLongObject*>(item),
                                                        nulls.bytes(), nulls.size(), 1, 0) != 0) {
        unpickling_error("a frame needs a number that says which values are null, not %R", item);
        return false;
    }
    for (int i = 0; i < count_; i++) {
        if (nulls.has(i)) {
            values_[i] = nullptr;
        }
    }
    return true;
}

/// CPython itself takes it for granted, when it is asked for f_locals, that free variables are cells.
bool FrameContent::check_free_variables() const {
    const int first = code_->co_nlocalsplus - code_->co_nfreevars;
    for (int i = first; i < code_->co_nlocalsplus && offset_ >= 0; i++) {
        if (values_[i] == nullptr || !PyCell_Check(values_[i])) {
            unpickling_error("a free variable in a frame of %U is no cell", code_->co_qualname);
            return false;
        }
    }
    return true;
}

bool FrameContent::read(PyObject* tuple) {
    if (!PyTuple_CheckExact(tuple) || PyTuple_GET_SIZE(tuple) < first_value) {
        unpickling_error("a frame needs a tuple of at least %zd items, not %R",
                         static_cast<Py_ssize_t>(first_value), tuple);
        return false;
    }
    PyObject* const* items = reinterpret_cast<PyTupleObject*>(tuple)->ob_item;
    if (!read_function(items[function_item]) || !read_delivery(items[delivery_item]))
        return false;
    const long offset =
        PyLong_CheckExact(items[offset_item]) ? PyLong_AsLong(items[offset_item]) : -2;
    const Py_ssize_t count = PyTuple_GET_SIZE(tuple) - first_value;
    if (offset < -1 || offset >= Py_SIZE(code_) || count < code_->co_nlocalsplus ||
        count > code_->co_nlocalsplus + code_->co_stacksize) {
        unpickling_error("a frame of %U cannot stand at offset %R with %zd values",
                         code_->co_qualname, items[offset_item], count);
        return false;
    }
    offset_ = static_cast<int>(offset);
    count_ = static_cast<int>(count);
    namespace_ = items[namespace_item] == Py_None   ? nullptr
                 : items[namespace_item] == Py_True ? function_->func_globals
                                                    : items[namespace_item];
    values_.reset(new (std::nothrow) PyObject*[static_cast<size_t>(count_)]);
    if (values_ == nullptr) {
        PyErr_NoMemory();
        return false;
    }
    std::copy_n(items + first_value, count_, values_.get());
    return read_nulls(items[nulls_item]) && check_free_variables();
}

bool FrameContent::check(Owner owner, Resumption how, eval::Delivery delivery) const {
    if (namespace_ == nullptr && (code_->co_flags & CO_OPTIMIZED) == 0) {
        unpickling_error("a frame of %U needs a namespace", code_->co_qualname);
        return false;
    }
    const char* problem = check_frame(code_, offset_, owner, how, delivery, values_.get(),
                                      count_ - code_->co_nlocalsplus);
    if (problem == nullptr)
        return true;
    unpickling_error("a frame of %U cannot go on at offset %d: %s", code_->co_qualname, offset_,
                     problem);
    return false;
}

void FrameContent::fill(Frame* frame) const {
    frame->f_func = reinterpret_cast<PyFunctionObject*>(Py_NewRef(function_));
    frame->f_code = reinterpret_cast<PyCodeObject*>(Py_NewRef(code_));
    frame->f_globals = function_->func_globals;
    frame->f_builtins = function_->func_builtins;
    frame->f_locals = Py_XNewRef(namespace_);
    frame->frame_obj = nullptr;
    frame->previous = nullptr;
    frame->prev_instr = _PyCode_CODE(code_) + offset_;
    frame->stacktop = count_;
    eval::set_delivery(frame, delivery_);
    for (int i = 0; i < count_; i++) {
        frame->localsplus[i] = Py_XNewRef(values_[i]);
    }
}

}  // namespace stackless::pickle
