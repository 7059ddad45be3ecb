#include "pickle/programs.hpp"

#include <sys/random.h>

#include <cstdio>
#include <string>
#include <unordered_map>

#include "pickle/errors.hpp"
#include "pickle/fingerprint.hpp"
#include "pickle/references.hpp"

namespace stackless::pickle {

namespace {

/// Where a module that came out of a pickle remembers its origin.
constexpr const char* origin_key = "__stackless_origin__";

/// A number of this process and those that it has forked.
uint64_t process_number() {
    static const uint64_t number = [] {
        uint64_t random = 0;
        (void)getrandom(&random, sizeof random, 0);
        return random;
    }();
    return number;
}

/// The absolute path of the file that a module is from; None if it is from none. Empty with an exception set.
Ref path_of(PyObject* globals) {
    PyObject* file = PyDict_GetItemString(globals, "__file__");
    if (file == nullptr || !PyUnicode_Check(file))
        return Ref::borrow(Py_None);
    if (PyUnicode_GET_LENGTH(file) > 0 && PyUnicode_READ_CHAR(file, 0) == '/')
        return Ref::borrow(file);
    const Ref paths = Ref::steal(PyImport_ImportModule("posixpath"));
    return paths ? Ref::steal(PyObject_CallMethod(paths.get(), "abspath", "O", file)) : nullptr;
}

std::string contents_of(const char* path) {
    std::string contents;
    if (std::FILE* file = std::fopen(path, "rb")) {
        char buffer[8192];
        while (const size_t size = std::fread(buffer, 1, sizeof buffer, file)) {
            contents.append(buffer, size);
        }
        std::fclose(file);
    }
    return contents;
}

/// A hash of a file as it was when this was asked first: what runs is what was read then. None if it is empty or cannot
/// be read. Empty with an exception set.
Ref contents_hash(PyObject* path) {
    static std::unordered_map<std::string, uint64_t> known;
    const char* name = path == Py_None ? nullptr : PyUnicode_AsUTF8(path);
    if (name == nullptr) {
        PyErr_Clear();
        return Ref::borrow(Py_None);
    }
    const auto [entry, is_new] = known.try_emplace(name, 0);
    if (is_new) {
        const std::string contents = contents_of(name);
        entry->second = contents.empty() ? 0 : stable_hash(contents);
    }
    return entry->second == 0 ? Ref::borrow(Py_None) : fingerprint_object(entry->second);
}

Ref live_module(PyObject* name) {
    if (!is_main_name(name))
        return imported_module(name);
    const Ref main = Ref::steal(PyUnicode_InternFromString("__main__"));
    return main ? imported_module(main.get()) : nullptr;
}

Ref live_origin(PyObject* name, PyObject* globals) {
    const Ref path = path_of(globals);
    const Ref hash = path ? contents_hash(path.get()) : nullptr;
    const Ref number = hash ? fingerprint_object(process_number()) : nullptr;
    return number ? Ref::steal(PyTuple_Pack(4, name, path.get(), hash.get(), number.get()))
                  : nullptr;
}

bool is_same(PyObject* one, PyObject* other) {
    return one != Py_None && Py_TYPE(one) == Py_TYPE(other) &&
           PyObject_RichCompareBool(one, other, Py_EQ) == 1;
}

/// Whether two origins are of the same module of the same program.
bool is_same_origin(PyObject* const* one, PyObject* const* other) {
    return is_same(one[1], other[1]) || is_same(one[2], other[2]) || is_same(one[3], other[3]);
}

Ref new_module(PyObject* const* origin) {
    Ref module = Ref::steal(PyModule_NewObject(origin[0]));
    const Ref tuple = module ? Ref::steal(_PyTuple_FromArray(origin, 4)) : nullptr;
    if (!tuple)
        return {};
    PyObject* dict = PyModule_GetDict(module.get());
    const Ref builtins = Ref::steal(PyImport_ImportModule("builtins"));
    // The documentation comes with the other variables.
    const bool done =
        builtins && PyDict_DelItem(dict, &_Py_ID(__doc__)) == 0 &&
        PyDict_SetItemString(dict, origin_key, tuple.get()) == 0 &&
        PyDict_SetItem(dict, &_Py_ID(__builtins__), builtins.get()) == 0 &&
        (origin[1] == Py_None || PyDict_SetItemString(dict, "__file__", origin[1]) == 0);
    return done ? module : nullptr;
}

bool is_origin(PyObject* const* items, Py_ssize_t count) {
    uint64_t number;
    return count == 4 && PyUnicode_CheckExact(items[0]) &&
           (items[1] == Py_None || PyUnicode_CheckExact(items[1])) &&
           (items[2] == Py_None || read_fingerprint(items[2], number)) &&
           (items[3] == Py_None || read_fingerprint(items[3], number));
}

}  // namespace

bool is_main_name(PyObject* name) {
    return PyUnicode_CompareWithASCIIString(name, "__main__") == 0 ||
           PyUnicode_CompareWithASCIIString(name, "__mp_main__") == 0;
}

Ref origin_of(PyObject* globals) {
    PyObject* known = PyDict_GetItemString(globals, origin_key);
    if (known != nullptr && PyTuple_CheckExact(known) &&
        is_origin(reinterpret_cast<PyTupleObject*>(known)->ob_item, PyTuple_GET_SIZE(known)))
        return Ref::borrow(known);
    PyObject* name = PyDict_GetItemWithError(globals, &_Py_ID(__name__));
    if (name == nullptr || !PyUnicode_CheckExact(name)) {
        PyErr_SetString(PyExc_TypeError, "cannot pickle a module that has no name");
        return {};
    }
    const Ref live = live_module(name);
    if (live && PyModule_Check(live.get()) && PyModule_GetDict(live.get()) == globals)
        return live_origin(name, globals);
    // A script that something else runs, as runpy does.
    return Ref::steal(PyTuple_Pack(4, name, Py_None, Py_None, Py_None));
}

Ref module_from(PyObject* const* origin, Py_ssize_t count) {
    if (!is_origin(origin, count)) {
        unpickling_error("load_namespace() takes a name, a path, and two numbers");
        return {};
    }
    Ref live = live_module(origin[0]);
    if (live && PyModule_Check(live.get()) && PyModule_GetDict(live.get()) != nullptr) {
        const Ref own = live_origin(origin[0], PyModule_GetDict(live.get()));
        if (!own)
            return {};
        if (is_same_origin(reinterpret_cast<PyTupleObject*>(own.get())->ob_item, origin))
            return live;
    }
    return new_module(origin);
}

bool is_live(PyObject* module) {
    PyObject* name = PyDict_GetItemWithError(PyModule_GetDict(module), &_Py_ID(__name__));
    return name != nullptr && PyUnicode_Check(name) && live_module(name).get() == module;
}

}  // namespace stackless::pickle
