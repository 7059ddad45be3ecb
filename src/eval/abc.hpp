// What the module _abc knows of an abstract base class.
#pragma once

#include "cpython/python.hpp"
#include "eval/instance_checks.hpp"

namespace stackless::eval {

/// Whether _abc has the answer for the class, or for that of an instance, without asking anybody.
bool is_known_to_abc(PyObject* abstract, PyObject* derived);

/// Whether the class has been registered, which _abc does not put into its cache, and finding that out asks nobody in Python.
bool is_registered(PyObject* abstract, PyObject* derived);

/// Whether a class is a subclass, if _abc has it in its cache: half the time of calling _abc.
InstanceCheck ask_abc_cache(PyObject* abstract, PyObject* derived);

/// The same if it is in the cache, or has been registered.
InstanceCheck ask_abc(PyObject* abstract, PyObject* derived);

/// isinstance() of a class whose metaclass has the __instancecheck__ of ABCMeta, where _abc has the answer: nobody is asked,
/// and no exception set. In half the time.
InstanceCheck check_instance_by_abc(PyObject* object, PyObject* abstract);

/// Whether the class has what _abc keeps for an abstract one.
bool is_abstract(PyObject* cls);

/// What register() does in the end: it asks nobody. False with an exception set, TypeError if the first one is not abstract.
[[nodiscard]] bool add_to_abc_registry(PyObject* abstract, PyObject* cls);

extern PyMethodDef abc_primitives[];

}  // namespace stackless::eval
