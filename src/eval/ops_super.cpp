// super().method, without the object that super() would make.
#include "cpython/exposed.hpp"
#include "eval/attributes.hpp"
#include "eval/calls.hpp"
#include "eval/frames.hpp"
#include "eval/handler.hpp"
#include "eval/opcodes.hpp"

namespace stackless::eval {

namespace {

/// What a LOAD_METHOD behind super() remembers, in its inline cache. For other objects than those of super(), it would
/// have been specialised, and would not have the opcode that tells it.
using SuperSite = _PyLoadMethodCache;

/// The LOAD_METHOD that follows the call whose PRECALL has its cache at `ip`; null if that is another instruction.
Instr* method_load_after(Instr* ip) {
    Instr* next = ip + INLINE_CACHE_ENTRIES_PRECALL + 1 + INLINE_CACHE_ENTRIES_CALL;
    return _Py_OPCODE(*next) == LOAD_METHOD_ADAPTIVE ? next : nullptr;
}

uint32_t version_of(const PyTypeObject* type) {
    return PyType_HasFeature(const_cast<PyTypeObject*>(type), Py_TPFLAGS_VALID_VERSION_TAG)
               ? type->tp_version_tag
               : 0;
}

/// The class in whose body the function was written, from the local variable with this index. Null if there is none.
PyTypeObject* class_in(const Frame* frame, int index) {
    PyObject* cell = index < frame->f_code->co_nlocalsplus ? frame->localsplus[index] : nullptr;
    if (cell == nullptr || !PyCell_Check(cell))
        return nullptr;
    PyObject* type = PyCell_GET(cell);
    return type != nullptr && PyType_Check(type) ? reinterpret_cast<PyTypeObject*>(type) : nullptr;
}

/// Where the function has its `__class__`; -1 if nowhere.
int find_class_index(PyCodeObject* code) {
    for (int i = code->co_nlocalsplus - code->co_nfreevars; i < code->co_nlocalsplus; i++) {
        if (PyTuple_GET_ITEM(code->co_localsplusnames, i) == &_Py_ID(__class__))
            return i;
    }
    return -1;
}

/// Whether the first argument is where super() looks for it, and not in a cell.
bool has_plain_self(PyCodeObject* code) {
    return code->co_argcount > 0 && code->co_nlocalsplus > 0 &&
           (_PyLocals_GetKind(code->co_localspluskinds, 0) & CO_FAST_CELL) == 0;
}

/// Remembers what super().name finds in this frame. False where super() has to be asked each time.
bool remember_method(const Frame* frame, SuperSite* site, PyObject* name) {
    PyCodeObject* code = frame->f_code;
    const int index = find_class_index(code);
    if (index < 0 || index > UINT16_MAX || !has_plain_self(code) || name == &_Py_ID(__class__))
        return false;
    PyTypeObject* type = class_in(frame, index);
    PyObject* self = frame->localsplus[0];
    if (type == nullptr || self == nullptr || PyType_Check(self) ||
        !PyType_IsSubtype(Py_TYPE(self), type))
        return false;
    PyObject* found = find_behind(type, Py_TYPE(self), name);
    if (found == nullptr || !PyType_HasFeature(Py_TYPE(found), Py_TPFLAGS_METHOD_DESCRIPTOR))
        return false;
    // A look into the types gives them versions, if they have none.
    type_lookup(type, name);
    type_lookup(Py_TYPE(self), name);
    if (version_of(type) == 0 || version_of(Py_TYPE(self)) == 0)
        return false;
    site->dict_offset = static_cast<uint16_t>(index);
    write_u32(site->type_version, version_of(Py_TYPE(self)));
    write_u32(site->keys_version, version_of(type));
    write_obj(site->descr, found);
    return true;
}

/// Whether the frame's object and class are those of which the site remembers what super() finds.
bool is_remembered(const Frame* frame, SuperSite* site) {
    const uint32_t version = read_u32(site->type_version);
    const PyObject* self = frame->localsplus[0];
    if (version == 0 || self == nullptr || Py_TYPE(self)->tp_version_tag != version)
        return false;
    const PyTypeObject* type = class_in(frame, site->dict_offset);
    return type != nullptr && type->tp_version_tag == read_u32(site->keys_version);
}

}  // namespace

HANDLER(load_super_method) {
    Instr* load = method_load_after(ip);
    if (load == nullptr)
        GOTO(op_PRECALL_BUILTIN_CLASS);
    auto* site = reinterpret_cast<SuperSite*>(load + 1);
    if (!is_remembered(frame, site) &&
        !remember_method(frame, site, PyTuple_GET_ITEM(frame->f_code->co_names, _Py_OPARG(*load))))
        GOTO(op_PRECALL_BUILTIN_CLASS);
    PyObject* super_type = sp[-1];
    sp[-2] = Py_NewRef(read_obj(site->descr));
    sp[-1] = Py_NewRef(frame->localsplus[0]);
    ip = load + 1 + INLINE_CACHE_ENTRIES_LOAD_METHOD;
    DROP_AND_NEXT(super_type);
}

HANDLER(call_builtin_class_in_a_row) {
    if (oparg == 0 && sp[-1] == reinterpret_cast<PyObject*>(&PySuper_Type))
        GOTO(load_super_method);
    GOTO(op_PRECALL_BUILTIN_CLASS);
}

}  // namespace stackless::eval
