"""What stands behind a call that is slower than under Debian's python3.11.

Found by comparing the instructions that each function of both programs runs (valgrind --tool=callgrind). The C code is
the same. Debian's program is optimised as a whole when it is linked (LTO), the archive that we link is not: what is
inlined there from one file of CPython into another is called here.
"""

ALLOCATION = (
    "an object is made and freed for each item: PyObject_Malloc, PyObject_Free, _Py_NewReference and the destructors"
    " are called, and inlined in python3.11"
)
ITEMS = "PyIter_Next, PyObject_Hash or PySequence_Fast is called for each item, and inlined in python3.11"
TRUTH = "PyObject_IsTrue is called for each item, and inlined in python3.11"
COMPARISON = "PyObject_RichCompareBool is called for each value, and inlined in python3.11"
COLLECTOR = "visit_decref and visit_reachable are called for each reference of most types, and inlined in python3.11"
SEARCH = "the compiler made another loop of it: it runs as many instructions or a tenth fewer, but longer"
PARSING = "PyArg_Parse and PyFloat_AsDouble are called for each item, and inlined in python3.11"
LETTERS = "_PyUnicode_IsAlpha and its like are called for each character, and inlined in python3.11"
VALUES = "PyObject_IS_GC is called for each value, and inlined in python3.11"
SHORT = "a call takes a microsecond or less: checks whether it calls back, and small functions that python3.11 has inlined"

REASONS = {
    "list of range": ALLOCATION,
    "sum ints": ITEMS,
    "min and max": COMPARISON,
    "dict copied, updated": VALUES,
    "set of ints": ITEMS,
    "frozenset hashed": ITEMS,
    "str.split and join": ALLOCATION,
    "str % and format": SHORT,
    "str of ints": ALLOCATION,
    "int of strings": ALLOCATION,
    "str.splitlines, strip": ALLOCATION,
    "bytes.hex, fromhex": SEARCH,
    "base64": SEARCH,
    "json.loads": ALLOCATION,
    "pickle.loads": ALLOCATION,
    "struct": ALLOCATION,
    "struct.iter_unpack": ALLOCATION,
    "array": PARSING,
    "hash of strings": ALLOCATION,
    "re.findall words": LETTERS,
    "decimal of strings": ALLOCATION,
    "OrderedDict": ALLOCATION,
    "zip, enumerate": ALLOCATION,
    "any, all": TRUTH,
    "io.StringIO": SHORT,
    "io.BytesIO lines": ALLOCATION,
    "gc.collect": COLLECTOR,
    "xml parsed": ALLOCATION,
}


def grouped(names):
    """The names by their reasons, in the order of the names; those that nobody has looked into come last."""
    groups = {}
    for name in sorted(names, key=lambda name: name not in REASONS):
        groups.setdefault(REASONS.get(name, "not looked into yet"), []).append(name)
    return groups
