"""cffi: libraries called without and with a compiled module, callbacks."""

import cffi
from results import show

ffi = cffi.FFI()
ffi.cdef(
    """
    int printf(const char*, ...);
    int snprintf(char*, size_t, const char*, ...);
    void qsort(void*, size_t, size_t, int (*)(const void*, const void*));
    typedef struct { int x; double y[3]; } sample;
    """
)
library = ffi.dlopen(None)
text = ffi.new("char[]", 100)
library.snprintf(text, 100, b"%d %s %.2f", ffi.cast("int", 42), ffi.new("char[]", b"text"), ffi.cast("double", 1.5))
show("snprintf", ffi.string(text))


@ffi.callback("int(const void*, const void*)")
def compare(left, right):
    left, right = ffi.cast("int*", left)[0], ffi.cast("int*", right)[0]
    return (left > right) - (left < right)


numbers = ffi.new("int[]", [(n * 7919) % 1009 for n in range(300)])
library.qsort(numbers, 300, ffi.sizeof("int"), compare)
show("qsort", list(numbers))
record = ffi.new("sample*", {"x": 1, "y": [1.0, 2.0, 3.0]})
show("struct", (record.x, list(record.y), ffi.sizeof("sample")))
try:
    record.x = 2**40
except OverflowError as error:
    show("error", error)

builder = cffi.FFI()
builder.cdef("""int apply(int (*)(int), int); extern "Python" int from_c(int); int call_back(int);""")
builder.set_source(
    "_sample",
    """
    static int from_c(int);
    static int apply(int (*f)(int), int n) { return f(f(n)); }
    static int call_back(int n) { return n ? from_c(n) : 0; }
    """,
)
builder.compile()
import _sample


@_sample.ffi.def_extern()
def from_c(number):
    return number + _sample.lib.call_back(number - 1)


show("nested calls", _sample.lib.call_back(50))
show("apply", _sample.lib.apply(_sample.ffi.callback("int(int)", lambda n: n * 3), 4))


@_sample.ffi.callback("int(int)", error=-1, onerror=lambda kind, value, trace: show("seen", kind.__name__))
def failing(number):
    raise KeyError(number)


show("failing", _sample.lib.apply(failing, 1))
