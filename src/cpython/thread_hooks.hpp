// What threading.settrace() and threading.setprofile() have set for new threads. New tasklets begin
// with the same functions.
#pragma once

#include <cstdint>

#include "cpython/python.hpp"

namespace stackless {

class ThreadHooks {
public:
    /// The functions, borrowed; null where there is none.
    PyObject* trace = nullptr;
    PyObject* profile = nullptr;

    bool any() const { return trace != nullptr || profile != nullptr; }

    /// Those of now. Asking costs a comparison or two, as long as nothing is imported and no global
    /// variable of `threading` set.
    static ThreadHooks get(PyThreadState* ts) {
        PyObject* modules = ts->interp->modules;
        if (modules_version_ == version(modules) && threading_version_ == version(threading_))
            [[likely]]
            return hooks_;
        return look(modules);
    }

private:
    static uint64_t version(PyObject* dict) {
        return dict == nullptr ? 0 : reinterpret_cast<PyDictObject*>(dict)->ma_version_tag;
    }
    static ThreadHooks look(PyObject* modules);

    // What was found the last time. No two states of any dictionaries have the same version, so an
    // unchanged sys.modules keeps the module `threading` alive, and that its dictionary, and this
    // the functions. Without the module, `threading_` is null. Guarded by the GIL.
    static constinit ThreadHooks hooks_;
    static constinit PyObject* threading_;
    static constinit uint64_t modules_version_;
    static constinit uint64_t threading_version_;
};

inline constinit ThreadHooks ThreadHooks::hooks_{};
inline constinit PyObject* ThreadHooks::threading_ = nullptr;
inline constinit uint64_t ThreadHooks::modules_version_ = 0;
inline constinit uint64_t ThreadHooks::threading_version_ = 0;

}  // namespace stackless
