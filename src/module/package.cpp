#include "module/package.hpp"

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>
#include <climits>
#include <cstdlib>
#include <string>
#include <vector>

#include "config.hpp"
#include "cpython/ref.hpp"

namespace stackless {

namespace {

/// The directory of the file that this code is in, the program or the shared library; empty if the system does not say.
std::string own_directory() {
    Dl_info info;
    link_map* file = nullptr;
    const int found = dladdr1(reinterpret_cast<void*>(&PyInit_stackless), &info,
                              reinterpret_cast<void**>(&file), RTLD_DL_LINKMAP);
    const bool in_library = found != 0 && file != nullptr && file->l_name[0] != '\0';
    char path[PATH_MAX];
    if (realpath(in_library ? file->l_name : "/proc/self/exe", path) == nullptr)
        return {};
    const std::string name(path);
    return name.substr(0, name.rfind('/'));
}

/// The directory that holds the program of which the running one is a copy, in a virtual environment made with
/// --copies; elsewhere the program's own.
std::string original_directory() {
    PyObject* original = PySys_GetObject("_base_executable");  // borrowed
    Ref path = Ref::steal(
        original && PyUnicode_Check(original) ? PyUnicode_EncodeFSDefault(original) : nullptr);
    PyErr_Clear();
    char resolved[PATH_MAX];
    const std::string program = path ? PyBytes_AS_STRING(path.get()) : "";
    // The program's name may be another one there; its directory is not.
    if (!realpath(program.substr(0, program.rfind('/')).c_str(), resolved))
        return {};
    return resolved;
}

/// Where the Python modules of the project are if the program or the library lies in `directory`: in the source tree
/// while that is where it was built, otherwise beside the place that it was installed to (PREFIX/bin or PREFIX/lib).
std::string modules_of(const std::string& directory) {
    if (directory == STACKLESS_BUILD_DIR)
        return STACKLESS_LIB_DIR_BUILD;
    return directory.substr(0, directory.rfind('/')) + "/lib/stackless";
}

bool has_package(const std::string& modules) {
    return access((modules + "/stackless/__init__.py").c_str(), R_OK) == 0;
}

/// Where the package may be, the likeliest place first. A program of somebody else that has the library in it may lie
/// anywhere.
std::vector<std::string> places() {
    std::vector<std::string> found;
    for (const std::string& directory : {own_directory(), original_directory()}) {
        if (!directory.empty()) {
            found.push_back(modules_of(directory));
        }
    }
    found.emplace_back(STACKLESS_LIB_DIR_INSTALLED);
    return found;
}

/// The directory that holds the package; empty with ImportError set if there is none.
std::string modules_directory() {
    std::string all;
    for (const std::string& modules : places()) {
        if (has_package(modules))
            return modules;
        all += (all.empty() ? "" : ", ") + modules;
    }
    PyErr_Format(
        PyExc_ImportError,
        "the Python part of Stackless, the directory stackless, is in none of %s: it has to lie "
        "where `make install` puts it, in ../lib/stackless beside the program, or in stackless "
        "beside libstackless.so",
        all.c_str());
    return {};
}

/// The spec that the import system would make for the package if it found its directory on
/// sys.path.
Ref make_spec(const std::string& directory) {
    Ref importlib = Ref::steal(PyImport_ImportModule("_frozen_importlib_external"));
    Ref function = Ref::steal(
        importlib ? PyObject_GetAttrString(importlib.get(), "spec_from_file_location") : nullptr);
    Ref args = Ref::steal(Py_BuildValue(
        "(sN)", "stackless", PyUnicode_DecodeFSDefault((directory + "/__init__.py").c_str())));
    Ref kwargs = Ref::steal(Py_BuildValue("{s[N]}", "submodule_search_locations",
                                          PyUnicode_DecodeFSDefault(directory.c_str())));
    if (!function || !args || !kwargs)
        return {};
    return Ref::steal(PyObject_Call(function.get(), args.get(), kwargs.get()));
}

bool copy_attribute(PyObject* module, const char* name, PyObject* spec, const char* spec_name) {
    Ref value = Ref::steal(PyObject_GetAttrString(spec, spec_name));
    return value && PyObject_SetAttrString(module, name, value.get()) == 0;
}

/// Runs the package's own code in the module that the import system has made for a builtin one.
int execute(PyObject* module) {
    const std::string modules = modules_directory();
    Ref spec = modules.empty() ? Ref() : make_spec(modules + "/stackless");
    if (!spec || PyObject_SetAttrString(module, "__spec__", spec.get()) != 0 ||
        !copy_attribute(module, "__loader__", spec.get(), "loader") ||
        !copy_attribute(module, "__file__", spec.get(), "origin") ||
        !copy_attribute(module, "__cached__", spec.get(), "cached") ||
        !copy_attribute(module, "__package__", spec.get(), "name") ||
        !copy_attribute(module, "__path__", spec.get(), "submodule_search_locations"))
        return -1;
    Ref loader = Ref::steal(PyObject_GetAttrString(spec.get(), "loader"));
    Ref done = Ref::steal(loader ? PyObject_CallMethod(loader.get(), "exec_module", "O", module)
                                 : nullptr);
    return done ? 0 : -1;
}

PyModuleDef_Slot slots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(execute)},
    {0, nullptr},
};

PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "stackless",
    .m_doc = nullptr,
    .m_size = 0,
    .m_methods = nullptr,
    .m_slots = slots,
    .m_traverse = nullptr,
    .m_clear = nullptr,
    .m_free = nullptr,
};

}  // namespace

}  // namespace stackless

PyObject* PyInit_stackless() {
    return PyModuleDef_Init(&stackless::definition);
}
