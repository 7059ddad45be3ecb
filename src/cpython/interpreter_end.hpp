// Programs that embed CPython may start and end its main interpreter several times.
#pragma once

#include "cpython/ref.hpp"

namespace stackless {

/// How many main interpreters have ended in this process.
extern unsigned long ended_interpreters;

/// Keeps an object as long as the interpreter, or nearly. Borrowed; null, with an exception set, if `object` is empty
/// or there is no memory.
PyObject* keep_for_interpreter(Ref object);

/// PyType_Ready() for a static type of ours, which the next interpreter has to do anew. False with an exception set.
[[nodiscard]] bool ready_type(PyTypeObject* type);

/// What was found out about the objects of the main interpreter, and means nothing in the next one: there it begins
/// with an empty value. Not for references: nothing of an ended interpreter may be freed any more.
template <class T>
class OfInterpreter {
public:
    T& operator*() {
        if (number_ != ended_interpreters) [[unlikely]] {
            value_ = T{};
            number_ = ended_interpreters;
        }
        return value_;
    }
    T* operator->() { return &**this; }

private:
    T value_{};
    unsigned long number_ = 0;
};

}  // namespace stackless
