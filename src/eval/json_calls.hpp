// The scanner and the encoder of _json, which are objects that are called.
#pragma once

#include "eval/calls.hpp"

namespace stackless::eval {

/// Whether an object is a scanner, or an encoder. _json may be an extension module that nobody has imported.
bool is_json_scanner(PyObject* object);
bool is_json_encoder(PyObject* object);

/// Whether push_json_call() may have a frame for it.
bool is_json_callable(PyObject* callable);

/// The frame for a call of a scanner or encoder with hooks in Python that are wanted. Null without an exception if C
/// code can do it.
Frame* push_json_call(PyThreadState* ts, const Frame* frame, PyObject* callable,
                      const Arguments& arguments);

extern PyMethodDef json_primitives[];

}  // namespace stackless::eval
