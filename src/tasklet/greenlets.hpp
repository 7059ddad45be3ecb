// The package greenlet beside tasklets.
//
// A greenlet is a piece of the C stack that greenlet copies away and back. It can go on only upon the
// stack where it was begun, and greenlet knows but one current greenlet for the thread. So a greenlet
// belongs to the tasklet that has begun it, which keeps its C stack from then on; and while a tasklet is
// inside of a greenlet, no other tasklet can use any. The functions that switch greenlets are replaced
// by ones that see to that.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// _stackless.guard_greenlets(module): replaces the functions of the module greenlet._greenlet.
extern PyMethodDef greenlet_functions[];

}  // namespace stackless
