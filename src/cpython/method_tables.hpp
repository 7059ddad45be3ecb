// Replacing a method of a builtin type, before Python is initialised.
#pragma once

#include <string_view>
#include <utility>

#include "cpython/python.hpp"

namespace stackless {

/// The entry of a method, which has to be there, in a table of methods.
inline PyMethodDef* find_method(PyMethodDef* methods, std::string_view name) {
    while (methods->ml_name != name) {
        methods++;
    }
    return methods;
}

/// Puts a function in the place of a method's own one, which `stock` gets. Does nothing the second time. The function
/// has to have the signature that the method's flags ask for.
template <class Function>
void replace_method(PyMethodDef* methods, std::string_view name, Function function,
                    Function& stock) {
    if (stock != nullptr)
        return;
    const auto place = reinterpret_cast<void**>(&find_method(methods, name)->ml_meth);
    stock = reinterpret_cast<Function>(std::exchange(*place, reinterpret_cast<void*>(function)));
}

}  // namespace stackless
