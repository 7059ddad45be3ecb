// The tasklet object.
#pragma once

#include <cstdint>
#include <ctime>

#include "cpython/python.hpp"
#include "cpython/ref.hpp"
#include "cpython/thread_fields.hpp"
#include "tasklet/exceptions.hpp"

namespace stackless {

struct Channel;
class ParkedStack;
class Scheduler;

/// The queue that a tasklet is in. It owns a reference to the tasklet and uses its `next` and
/// `prev`.
enum class Place : uint8_t {
    Nowhere,   // in none
    RunQueue,  // runnable; the running tasklet is at the head
    Sending,   // blocked on `channel`
    Receiving,
    Runners,  // it called run() and goes on when nothing is left to run
};

enum class Life : uint8_t {
    Unbound,  // not alive: it has no arguments yet, or it has ended
    Ready,    // alive, and has not run yet: `function` and its arguments, or a frame made from them
    Started,
};

struct Tasklet {
    PyObject ob_base;
    PyObject* weakrefs;
    Tasklet* next;  // in the queue that `place` names
    Tasklet* prev;
    Scheduler* scheduler;  // counted, see Scheduler::hold()
    Channel* channel;      // owned; set while blocked
    PyObject* tempval;     // see set_tempval()
    PyObject* function;    // these three owned, until the first frame is made; kwargs may be null
    PyObject* args;
    PyObject* kwargs;
    [[no_unique_address]] ThreadFields fields;
    uint32_t made_at;     // see age()
    ParkedStack* parked;  // set while another one runs and this one keeps its C stack
    uint32_t switches;    // see count_switch()
    Place place;
    Life life;
    bool atomic : 1;
    bool ignore_nesting : 1;
    bool block_trap : 1;
    bool keeps_stack : 1;        // it has used greenlets, which can go on upon its C stack only
    bool handles_error : 1;      // it runs the error handler, for an exception that left it
    bool interrupted : 1;        // a watchdog has parked it between two instructions
    bool waits_for_threads : 1;  // it called run(threadblock=True)
    bool for_inspection : 1;     // see show_only()
    bool waits_to_send : 1;      // in a pickle, while its channel is not yet there
    uint8_t kills : 4;           // how often it was killed because nobody could resume it

    bool is_alive() const { return life != Life::Unbound || for_inspection; }
    /// False if it has to be given its first frame before, or an exception thrown at it is in the
    /// way.
    bool can_be_resumed() const {
        return life == Life::Started || (fields.frame() != nullptr && !is_bomb(tempval));
    }
    bool is_blocked() const { return place == Place::Sending || place == Place::Receiving; }
    bool is_scheduled() const { return place == Place::RunQueue || is_blocked(); }
    bool is_current() const;
    bool is_main() const;

    /// What the tasklet is resumed with: the result of the call that it waits in. Null is None. The
    /// tasklet itself is kept without counting the reference, or a tasklet waiting in
    /// schedule_remove() would keep itself alive.
    PyObject* get_tempval();            // new reference
    void set_tempval(PyObject* value);  // borrowed; the old value's destructor may run
    void clear_tempval() {
        if (tempval != nullptr) [[unlikely]]
            set_tempval(nullptr);
    }
    /// Sets the value (borrowed) where there is none.
    void put_tempval(PyObject* value) {
        tempval = value;
        if (value != object()) {
            Py_XINCREF(value);
        }
    }
    /// The same, and steals the reference.
    void give_tempval(PyObject* value) {
        tempval = value;
        if (value == object()) {
            Py_DECREF(value);
        }
    }
    /// Takes the value out.
    PyObject* take_tempval() {
        PyObject* value = tempval;
        tempval = nullptr;
        if (value == nullptr)
            return Py_NewRef(Py_None);
        return value == object() ? Py_NewRef(value) : value;
    }

    /// Notes the time, with time(): reading any other clock would be seen in what making a tasklet takes.
    void set_made_now() { made_at = static_cast<uint32_t>(time(nullptr)); }
    /// How many seconds ago that was; 0 if the system's clock has been set back since.
    int age() const {
        const auto seconds = static_cast<int32_t>(static_cast<uint32_t>(time(nullptr)) - made_at);
        return seconds < 0 ? 0 : seconds;
    }

    /// Counts that the tasklet has been switched to; the number stays at the largest one.
    void count_switch() { switches += static_cast<uint32_t>(switches != UINT32_MAX); }

    /// Makes the first frame of a tasklet that is Ready: for its function, or for `callable` in its
    /// place. False with an exception set if the arguments do not fit.
    [[nodiscard]] bool make_first_frame(Scheduler* of_this_thread);
    [[nodiscard]] bool make_first_frame(Scheduler* of_this_thread, PyObject* callable,
                                        PyObject* arguments, PyObject* keywords);
    /// Drops the frames without running anything in them.
    void drop_frames();
    /// Drops all that a tasklet needs to run, its frames too.
    void unbind();
    /// Makes a tasklet that is not alive stand for one that cannot go on here: its innermost frame is `frame` (a frame
    /// object, or None), and `c_code` (a str) says what C code is active in it. Both are borrowed.
    void show_only(PyObject* frame, PyObject* c_code);
    /// Lets a tasklet go on in another thread.
    void move_to(Scheduler* other);

    /// How many there are, alive or not.
    static inline long count = 0;

    PyObject* object() { return reinterpret_cast<PyObject*>(this); }
    int traverse(visitproc visit, void* arg);
};

/// PyTasklet_Type of the C API.
extern PyTypeObject tasklet_type __asm__("PyTasklet_Type") __attribute__((visibility("default")));
extern PyMethodDef tasklet_methods[];
extern PyGetSetDef tasklet_attributes[];

inline Tasklet* as_tasklet(PyObject* object) {
    return reinterpret_cast<Tasklet*>(object);
}

/// A new tasklet of this thread that is not bound to anything.
RefTo<Tasklet> new_tasklet(PyTypeObject* type, Scheduler* scheduler);

/// Whether a tasklet can be made to run: it is alive, and not for_inspection. False with RuntimeError set.
[[nodiscard]] bool can_run(const Tasklet* tasklet);

/// tasklet.bind(), with null for what is not given.
[[nodiscard]] bool bind_tasklet(Tasklet* tasklet, PyObject* func, PyObject* args, PyObject* kwargs);
/// tasklet.setup()
[[nodiscard]] bool setup_tasklet(Tasklet* tasklet, PyObject* args, PyObject* kwargs);

}  // namespace stackless
