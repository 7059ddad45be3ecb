// libstackless: what a program does before it starts an interpreter happens when the library is loaded, so that one
// that knows nothing of us but Py_Initialize() has tasklets.
#include <dlfcn.h>
#include <cstdlib>

#include "module/preparation.hpp"

namespace {

void prepare_at_load();

/// Extension modules look for the C API among the global symbols. A host that has loaded the library itself, or a
/// plugin that is linked with it, may have made them local to it.
void make_global() {
    Dl_info info;
    if (dladdr(reinterpret_cast<void*>(&prepare_at_load), &info) != 0) {
        dlopen(info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
    }
}

[[gnu::constructor]] void prepare_at_load() {
    make_global();
    if (!stackless::prepare_process()) {
        std::abort();
    }
}

}  // namespace
