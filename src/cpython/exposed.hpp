// Names that are local to one file of libpython, and global in the copy that is linked
// (exposed_symbols.txt). Hidden again in the program, where extensions may have names like them.
#pragma once

#include "cpython/layouts.hpp"
#include "cpython/python.hpp"

#pragma GCC visibility push(hidden)
extern "C" {

/// The methods of the module builtins.
extern PyMethodDef builtin_methods[];
/// The same of _operator.
extern PyMethodDef operator_methods[];
/// collections.defaultdict.
extern PyMethodDef defdict_methods[];
extern PyTypeObject defdict_type;

// How builtin types read and write attributes.
PyObject* module_getattro(PyObject*, PyObject*);
PyObject* property_descr_get(PyObject*, PyObject*, PyObject*);
int property_descr_set(PyObject*, PyObject*, PyObject*);
PyObject* super_getattro(PyObject*, PyObject*);
PyObject* type_getattro(PyObject*, PyObject*);
int type_setattro(PyObject*, PyObject*, PyObject*);
// The methods of builtin types.
extern PyMethodDef list_methods[];
/// list.sort(key=key, reverse=is_reverse): None, or null with an exception set.
PyObject* list_sort_impl(PyListObject* list, PyObject* key, int is_reverse);
extern PyMethodDef tuple_methods[];
extern PyMethodDef mapp_methods[];
PyObject* dict_get(PyDictObject* self, PyObject* const* args, Py_ssize_t count);
extern PyMethodDef set_methods[];
extern PyMethodDef frozenset_methods[];
extern PyMethodDef unicode_methods[];
extern PyMethodDef deque_methods[];
/// deque.append()
PyObject* deque_append(PyObject* deque, PyObject* value);
extern PyMethodDef chain_methods[];

/// The functions of _collections and of _functools.
extern PyMethodDef collections_methods[];
extern PyMethodDef _functools_methods[];

// Types that are global in libpython anyway, but in none of its headers.
extern PyTypeObject _PyMemoryIter_Type;
extern PyTypeObject _Py_GenericAliasIterType;

// The types of _collections and itertools.
extern PyTypeObject deque_type;
extern PyTypeObject dequeiter_type;
extern PyTypeObject dequereviter_type;
extern PyTypeObject _grouper_type;
extern PyTypeObject accumulate_type;
extern PyTypeObject chain_type;
extern PyTypeObject combinations_type;
extern PyTypeObject compress_type;
extern PyTypeObject count_type;
extern PyTypeObject cwr_type;  // combinations_with_replacement
extern PyTypeObject cycle_type;
extern PyTypeObject dropwhile_type;
extern PyTypeObject filterfalse_type;
extern PyTypeObject groupby_type;
extern PyTypeObject islice_type;
extern PyTypeObject pairwise_type;
extern PyTypeObject permutations_type;
extern PyTypeObject product_type;
extern PyTypeObject starmap_type;
extern PyTypeObject takewhile_type;
extern PyTypeObject tee_type;
extern PyTypeObject teedataobject_type;
extern PyTypeObject ziplongest_type;

/// Destroys instances of classes in Python.
void subtype_dealloc(PyObject*);
// The slots of a class in Python that has the special method.
PyObject* slot_tp_call(PyObject*, PyObject*, PyObject*);
PyObject* slot_tp_descr_get(PyObject*, PyObject*, PyObject*);
int slot_tp_descr_set(PyObject*, PyObject*, PyObject*);
PyObject* slot_tp_getattr_hook(PyObject*, PyObject*);
PyObject* slot_tp_getattro(PyObject*, PyObject*);
/// The methods of contextvars.Context.
extern PyMethodDef PyContext_methods[];
/// `__new__` of the builtin types.
extern PyMethodDef tp_new_methoddef[];

// The slots of a class in Python that has the special method.
PyObject* slot_tp_call(PyObject*, PyObject*, PyObject*);
int slot_tp_init(PyObject*, PyObject*, PyObject*);
PyObject* slot_tp_new(PyTypeObject*, PyObject*, PyObject*);
PyObject* slot_tp_iternext(PyObject*);
PyObject* slot_tp_iter(PyObject*);
PyObject* slot_am_await(PyObject*);
PyObject* slot_am_aiter(PyObject*);
PyObject* slot_am_anext(PyObject*);

/// The methods of contextvars.Context.
extern PyMethodDef PyContext_methods[];

// Methods of generators, and what they share.
extern PyMethodDef gen_methods[];
extern PyMethodDef coro_methods[];
extern PyMethodDef coro_wrapper_methods[];
extern PyMethodDef async_gen_methods[];
extern PyMethodDef async_gen_asend_methods[];
extern PyMethodDef async_gen_athrow_methods[];
extern PyMethodDef anextawaitable_methods[];
PyObject* PyAnextAwaitable_New(PyObject* awaitable, PyObject* default_value);
PyObject* gen_iternext(PyGenObject* generator);
/// send() and, with an exception set and `throws`, throw().
PyObject* gen_send_ex(PyGenObject* generator, PyObject* value, int throws, int closes);
PyObject* gen_close(PyGenObject* generator, PyObject* unused);
PyObject* gen_throw(PyGenObject* generator, PyObject* const* args, Py_ssize_t count);
PyObject* _gen_throw(PyGenObject* generator, int closes_on_exit, PyObject* type, PyObject* value,
                     PyObject* traceback);
int slot_tp_setattro(PyObject*, PyObject*, PyObject*);
Py_hash_t slot_tp_hash(PyObject*);
PyObject* slot_tp_str(PyObject*);
PyObject* slot_tp_repr(PyObject*);
int slot_nb_bool(PyObject*);
PyObject* slot_nb_int(PyObject*);
PyObject* slot_nb_float(PyObject*);
PyObject* slot_nb_index(PyObject*);
Py_ssize_t slot_sq_length(PyObject*);

/// object.__str__().
PyObject* object_str(PyObject*);

// The methods of str, operator and math.
extern PyMethodDef unicode_methods[];
extern PyMethodDef operator_methods[];
extern PyMethodDef math_methods[];
// Those of _abc, of patterns, _heapq and _bisect.
extern PyMethodDef _abcmodule_methods[];
extern PyMethodDef pattern_methods[];
extern PyMethodDef heapq_methods[];
extern PyMethodDef bisect_methods[];

/// Compares what functools.cmp_to_key() makes.
PyObject* keyobject_richcompare(PyObject*, PyObject*, int);

/// Adds a weak reference to the set, which is made if it is null; the reference removes itself when the object is
/// destroyed. -1 with an exception set.
int _add_to_weak_set(PyObject** set, PyObject* object);

PyObject* slot_sq_item(PyObject*, Py_ssize_t);
Py_ssize_t slot_sq_length(PyObject*);
PyObject* slot_tp_iter(PyObject*);
PyObject* slot_tp_richcompare(PyObject*, PyObject*, int);

// The same for operators and containers.
PyObject* slot_mp_subscript(PyObject*, PyObject*);
int slot_mp_ass_subscript(PyObject*, PyObject*, PyObject*);
int slot_nb_bool(PyObject*);
PyObject* slot_nb_absolute(PyObject*);
PyObject* slot_nb_invert(PyObject*);
PyObject* slot_nb_negative(PyObject*);
PyObject* slot_nb_positive(PyObject*);
PyObject* slot_nb_power(PyObject*, PyObject*, PyObject*);
PyObject* slot_nb_inplace_power(PyObject*, PyObject*, PyObject*);
PyObject* slot_nb_add(PyObject*, PyObject*);
PyObject* slot_nb_and(PyObject*, PyObject*);
PyObject* slot_nb_divmod(PyObject*, PyObject*);
PyObject* slot_nb_floor_divide(PyObject*, PyObject*);
PyObject* slot_nb_inplace_add(PyObject*, PyObject*);
PyObject* slot_nb_inplace_and(PyObject*, PyObject*);
PyObject* slot_nb_inplace_floor_divide(PyObject*, PyObject*);
PyObject* slot_nb_inplace_lshift(PyObject*, PyObject*);
PyObject* slot_nb_inplace_matrix_multiply(PyObject*, PyObject*);
PyObject* slot_nb_inplace_multiply(PyObject*, PyObject*);
PyObject* slot_nb_inplace_or(PyObject*, PyObject*);
PyObject* slot_nb_inplace_remainder(PyObject*, PyObject*);
PyObject* slot_nb_inplace_rshift(PyObject*, PyObject*);
PyObject* slot_nb_inplace_subtract(PyObject*, PyObject*);
PyObject* slot_nb_inplace_true_divide(PyObject*, PyObject*);
PyObject* slot_nb_inplace_xor(PyObject*, PyObject*);
PyObject* slot_nb_lshift(PyObject*, PyObject*);
PyObject* slot_nb_matrix_multiply(PyObject*, PyObject*);
PyObject* slot_nb_multiply(PyObject*, PyObject*);
PyObject* slot_nb_or(PyObject*, PyObject*);
PyObject* slot_nb_remainder(PyObject*, PyObject*);
PyObject* slot_nb_rshift(PyObject*, PyObject*);
PyObject* slot_nb_subtract(PyObject*, PyObject*);
PyObject* slot_nb_true_divide(PyObject*, PyObject*);
PyObject* slot_nb_xor(PyObject*, PyObject*);
int slot_sq_contains(PyObject*, PyObject*);
PyObject* slot_sq_item(PyObject*, Py_ssize_t);
Py_ssize_t slot_sq_length(PyObject*);
PyObject* slot_tp_iter(PyObject*);
PyObject* slot_tp_richcompare(PyObject*, PyObject*, int);

/// The function of each `__new__` of a builtin type.
PyObject* tp_new_wrapper(PyObject*, PyObject*, PyObject*);
/// The tp_dealloc of all classes in Python.
void subtype_dealloc(PyObject*);

/// type.__new__()
PyObject* type_new(PyTypeObject*, PyObject*, PyObject*);
/// How a wrapper of the slot tp_call calls it.
PyObject* wrap_call(PyObject*, PyObject*, void*, PyObject*);

// How objects of builtin types that call something else are called.
PyObject* attrgetter_call(PyObject*, PyObject*, PyObject*);
PyObject* itemgetter_call(PyObject*, PyObject*, PyObject*);
PyObject* lru_cache_call(PyObject*, PyObject*, PyObject*);
PyObject* methodcaller_call(PyObject*, PyObject*, PyObject*);
PyObject* partial_call(PyObject*, PyObject*, PyObject*);
PyObject* sm_call(PyObject*, PyObject*, PyObject*);
PyObject* wrapper_call(PyObject*, PyObject*, PyObject*);
PyObject* wrapperdescr_call(PyObject*, PyObject*, PyObject*);

PyObject* bounded_lru_cache_wrapper(stackless::LruCacheObject*, PyObject*, PyObject*);
PyObject* uncached_lru_cache_wrapper(stackless::LruCacheObject*, PyObject*, PyObject*);

/// Takes the import system's own frames out of the traceback of the exception that is set.
void remove_importlib_frames(PyThreadState*);

/// The source text that exec(), eval() or compile() has been given; `copy` owns it, if need be.
const char* _Py_SourceAsString(PyObject* source, const char* function, const char* expected,
                               PyCompilerFlags* flags, PyObject** copy);

/// The functions of the module _string; the first parameter is not used.
PyObject* formatter_parser(PyObject*, PyObject* format);
PyObject* formatter_field_name_split(PyObject*, PyObject* name);

/// With what the garbage collector visits what the objects that it looks at refer to: first to subtract these references
/// from their counts, then to find what can be reached.
int visit_decref(PyObject* object, void* parent);
int visit_reachable(PyObject* object, void* reachable);
/// The allocator of objects, which programs may replace, and what it is if they do not.
extern PyMemAllocatorEx _PyObject;
void* _PyObject_Malloc(void* context, size_t size);

/// Whether a signal has come that PyErr_CheckSignals() has not seen yet.
extern volatile _Py_atomic_int is_tripped;

}  // extern "C"
#pragma GCC visibility pop
