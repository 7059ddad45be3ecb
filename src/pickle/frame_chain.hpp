// The frames of a tasklet, taken apart and put together.
#pragma once

#include <vector>

#include "pickle/frame_content.hpp"
#include "tasklet/tasklet.hpp"

namespace stackless::pickle {

/// The frames from `innermost` outwards, the outermost first, as a tuple: generators whose frames they are, frame
/// objects where somebody looks at them, and contents of all others. Empty with an exception set.
Ref describe_chain(Frame* innermost);

/// The same for frames that cannot go on, because C code is between them or they are running: contents without
/// stacks, for those who want to look at them.
Ref describe_chain_for_inspection(Frame* innermost);

/// The same of what make_frame_objects() has made of it: the innermost frame object, or None.
Ref describe_frame_objects(PyObject* innermost);

/// Such a tuple, to be made frames of.
class FrameChain {
public:
    /// False with UnpicklingError set if it is not one that describe_chain() has made.
    [[nodiscard]] bool read(PyObject* tuple);

    /// Where one has to wait for the state of a frame or a generator that has not got it yet; null if all have.
    PyObject** unfinished();

    /// Reads what the frames hold, and checks that they can go on so, the innermost one by `how`. False with
    /// UnpicklingError set.
    [[nodiscard]] bool check(Resumption how);

    /// Puts the frames on the data stack of the tasklet, which has none. The chain must have been checked. False with
    /// MemoryError set.
    [[nodiscard]] bool build(PyThreadState* ts, Tasklet* tasklet);

    /// Frame objects for looking at, the innermost of them. Empty with an exception set.
    Ref make_frame_objects();

private:
    struct Link {
        PyObject* object;  // borrowed
        FrameContent content;

        Owner owner() const;
    };

    bool read_contents();
    bool check_generators() const;
    bool push_all(PyThreadState* ts, Frame*& innermost);
    bool push(PyThreadState* ts, const Link& link, Frame*& previous);
    _PyErr_StackItem* link_exceptions(_PyErr_StackItem* base);
    int depth() const;

    Ref tuple_;
    std::vector<Link> links_;
};

}  // namespace stackless::pickle
