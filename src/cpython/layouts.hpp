// Layouts of CPython 3.11 that no header declares.
#pragma once

#include "cpython/python.hpp"

namespace stackless {

/// Of what can be awaited once.
enum class AwaitableState : int { initial, iterating, closed };

/// Iterators of list and tuple. The sequence is null once the iterator is exhausted.
struct ListIterator {
    PyObject_HEAD Py_ssize_t index;
    PyListObject* list;
};
struct TupleIterator {
    PyObject_HEAD Py_ssize_t index;
    PyTupleObject* tuple;
};

/// The iterator of a range whose numbers all fit a C long.
struct RangeIterator {
    PyObject_HEAD long index;
    long start;
    long step;
    long length;
};

/// map(function, *iterables).
struct MapIterator {
    PyObject_HEAD PyObject* iterators;  // a tuple
    PyObject* function;
};

/// coroutine.__await__().
struct CoroutineWrapper {
    PyObject_HEAD PyObject* coroutine;
};

/// What async_generator.asend() and __anext__() return to be awaited.
struct AsyncSend {
    PyObject_HEAD PyGenObject* generator;
    PyObject* value;  // may be null
    AwaitableState state;
};
/// The same of athrow() and aclose().
struct AsyncThrow {
    PyObject_HEAD PyGenObject* generator;
    PyObject* args;  // a tuple; null for aclose()
    AwaitableState state;
};
/// What an asynchronous generator yields to its own methods, so that they know it from what it awaits.
struct AsyncYield {
    PyObject_HEAD PyObject* value;
};
/// anext(iterator, default).
struct AnextAwaitable {
    PyObject_HEAD PyObject* awaited;
    PyObject* default_value;
};

/// functools.partial.
struct PartialObject {
    PyObject_HEAD PyObject* function;
    PyObject* args;      // a tuple
    PyObject* keywords;  // a dict
    PyObject* dict;
    PyObject* weakrefs;
    vectorcallfunc vectorcall;
};

/// What functools.lru_cache keeps for one call, in a ring that begins with the least recently used.
struct LruLink {
    PyObject_HEAD LruLink* previous;
    LruLink* next;
    Py_hash_t hash;
    PyObject* key;
    PyObject* result;
};

/// What functools.lru_cache makes of a function.
struct LruCacheObject {
    LruLink root;
    PyObject* (*wrapper)(LruCacheObject*, PyObject*, PyObject*);
    int typed;
    PyObject* cache;  // a dict: results by key, or LruLinks if their number is bounded
    Py_ssize_t hits;
    PyObject* function;
    Py_ssize_t max_size;
    Py_ssize_t misses;
    PyObject* keyword_mark;
    PyTypeObject* link_type;
};

/// _pickle.Pickler, as far as we read it.
struct CPickler {
    PyObject_HEAD void* memo;
    PyObject* persistent_id;
    PyObject* persistent_id_self;
    PyObject* dispatch_table;
    PyObject* reducer_override;
    PyObject* write;
    PyObject* output;
    Py_ssize_t output_length;
    Py_ssize_t output_capacity;
    int protocol;
};

/// operator.attrgetter.
struct AttributeGetter {
    PyObject_HEAD Py_ssize_t count;
    PyObject* attributes;  // a tuple of names, and of tuples of names for dotted ones
};

/// operator.itemgetter.
struct ItemGetter {
    PyObject_HEAD Py_ssize_t count;
    PyObject* items;  // a tuple, or the only item
};

/// operator.methodcaller.
struct MethodCaller {
    PyObject_HEAD PyObject* name;
    PyObject* args;
    PyObject* keywords;  // a dict, or null
};

/// classmethod and staticmethod objects.
struct MethodHolder {
    PyObject_HEAD PyObject* callable;
    PyObject* dict;
};

/// collections.defaultdict.
struct DefaultDict {
    PyDictObject dict;
    PyObject* factory;
};

/// What co_lines() returns, and the beginning of what co_positions() does.
struct CodeIterator {
    PyObject_HEAD PyCodeObject* code;
    PyCodeAddressRange range;
};
struct CodePositions : CodeIterator {
    int offset;  // of the next instruction, in bytes
};

/// property() and its subclasses. Each function is null where there is none.
struct Property {
    PyObject_HEAD PyObject* get;
    PyObject* set;
    PyObject* del;
    PyObject* doc;
    PyObject* name;  // in the class, for messages; null if it was put there later
};

/// super().
struct Super {
    PyObject_HEAD PyTypeObject* type;  // the search begins behind it
    PyObject* object;                  // null if unbound
    PyTypeObject* object_type;         // the type whose MRO is searched
};

/// A slot of a builtin type as a method that is bound: `(1).__add__`.
struct MethodWrapper {
    PyObject_HEAD PyWrapperDescrObject* descriptor;
    PyObject* self;
};

/// What _abc keeps for an abstract class. The sets are of weak references to classes, or null.
struct AbcData {
    PyObject_HEAD PyObject* registry;
    PyObject* cache;
    PyObject* negative_cache;
    unsigned long long negative_cache_version;
};
/// The state of the module _abc.
struct AbcState {
    PyTypeObject* data_type;
    unsigned long long invalidations;
};

/// The iterator of an object with a __getitem__, and reversed(). The sequence is null once it is exhausted.
struct IndexIterator {
    PyObject_HEAD Py_ssize_t index;
    PyObject* sequence;
};

/// iter(function, sentinel). Both are null once it is exhausted.
struct CallableIterator {
    PyObject_HEAD PyObject* function;
    PyObject* sentinel;
};

struct EnumerateIterator {
    PyObject_HEAD Py_ssize_t index;
    PyObject* iterator;
    PyObject* result;      // a tuple to be used again
    PyObject* long_index;  // null until the index has its greatest value
};

struct ZipIterator {
    PyObject_HEAD Py_ssize_t size;
    PyObject* iterators;  // a tuple
    PyObject* result;     // a tuple to be used again
    int strict;
};

/// filter(), and filterfalse() and starmap() of itertools.
struct FunctionIterator {
    PyObject_HEAD PyObject* function;
    PyObject* iterator;
};

/// takewhile() and dropwhile(): the flag tells that the function has given its answer.
struct WhileIterator {
    PyObject_HEAD PyObject* function;
    PyObject* iterator;
    long is_decided;
};

struct ChainIterator {
    PyObject_HEAD PyObject* source;  // null once it is exhausted
    PyObject* active;                // an iterator, or null
};

struct SliceIterator {
    PyObject_HEAD PyObject* iterator;  // null once it is exhausted
    Py_ssize_t next;                   // the index of the next value
    Py_ssize_t stop;                   // -1: none
    Py_ssize_t step;
    Py_ssize_t count;  // the index that the iterator has reached
};

struct AccumulateIterator {
    PyObject_HEAD PyObject* total;  // null before the first value
    PyObject* iterator;
    PyObject* function;  // null: addition
    PyObject* initial;   // None once it has been given
};

struct GroupbyIterator {
    PyObject_HEAD PyObject* iterator;
    PyObject* function;
    PyObject* target_key;  // of the group that was given last, or null
    PyObject* key;         // of the value read last, or null
    PyObject* value;       // read last and not yet given, or null
    const void* last_grouper;
};

struct Grouper {
    PyObject_HEAD PyObject* parent;
    PyObject* target_key;
};

struct LongestZipIterator {
    PyObject_HEAD Py_ssize_t size;
    Py_ssize_t active;    // iterators that are not exhausted
    PyObject* iterators;  // a tuple, with null for those that are
    PyObject* result;
    PyObject* fill;
};

struct PairwiseIterator {
    PyObject_HEAD PyObject* iterator;  // null once it is exhausted
    PyObject* old;                     // null before the first value
};

struct CompressIterator {
    PyObject_HEAD PyObject* data;
    PyObject* selectors;
};

struct CycleIterator {
    PyObject_HEAD PyObject* iterator;  // null once it is exhausted
    PyObject* saved;                   // a list
    Py_ssize_t index;
    int is_saved;
};

struct CountIterator {
    PyObject_HEAD Py_ssize_t count;
    PyObject* value;  // null while it is the count
    PyObject* step;
};

/// What the iterators that tee() has made share: blocks of values.
struct TeeBlock {
    static constexpr int capacity = 57;

    PyObject_HEAD PyObject* iterator;
    int filled;
    int is_running;
    PyObject* next;
    PyObject* values[capacity];
};
struct TeeIterator {
    PyObject_HEAD TeeBlock* block;
    int index;
};

/// Iterators of dicts and their views, also the reversed ones, which go down from their position.
struct DictIterator {
    PyObject_HEAD PyDictObject* dict;  // null once it is exhausted
    Py_ssize_t used;                   // the dict's size at the beginning; -1 once that has changed
    Py_ssize_t position;               // of the next entry, deleted ones included
    PyObject* result;                  // a tuple to be used again, or null
    Py_ssize_t length;                 // how many are left
};

struct SetIterator {
    PyObject_HEAD PySetObject* set;  // null once it is exhausted
    Py_ssize_t used;                 // the set's size at the beginning; -1 once that has changed
    Py_ssize_t position;             // of the next slot in the table
    Py_ssize_t length;               // how many are left
};

/// What an OrderedDict has for each key.
struct OrderedDictNode {
    PyObject* key;
    Py_hash_t hash;
    OrderedDictNode* next;
    OrderedDictNode* previous;
};
struct OrderedDictObject {
    PyDictObject dict;
    OrderedDictNode* first;
    OrderedDictNode* last;
    OrderedDictNode** fast_nodes;
    Py_ssize_t fast_nodes_size;
    void* resize_sentinel;
    size_t state;  // counts changes
    PyObject* instance_dict;
    PyObject* weakrefs;
};
struct OrderedDictIterator {
    static constexpr int reversed = 1;
    static constexpr int keys = 2;
    static constexpr int values = 4;

    PyObject_HEAD int kind;
    OrderedDictObject* dict;  // null once it is exhausted
    Py_ssize_t size;          // of the dict, at the beginning
    size_t state;             // the same
    PyObject* current;        // the next key
    PyObject* result;
};

struct DequeObject {
    PyObject_VAR_HEAD void* left_block;
    void* right_block;
    Py_ssize_t left_index;
    Py_ssize_t right_index;
    size_t state;  // counts changes
};
/// Iterators of deques, in both directions.
struct DequeIterator {
    PyObject_HEAD void* block;
    Py_ssize_t index;
    DequeObject* deque;
    size_t state;
    Py_ssize_t left;  // how many are left
};

/// re.Match.
struct MatchObject {
    PyObject_VAR_HEAD PyObject* string;  // or bytes, or None
    PyObject* regs;                      // what the attribute gives, or null
    PyObject* pattern;
    Py_ssize_t pos;
    Py_ssize_t endpos;
    Py_ssize_t last_index;
    Py_ssize_t groups;
    Py_ssize_t marks[1];  // for each group where it begins and ends, or -1
};

/// What Pattern.scanner() returns. Positions are pointers into the string's data.
struct PatternScanner {
    PyObject_HEAD PyObject* pattern;
    const char* end_of_match;
    const char* beginning;
    const char* start;  // where the next search begins; null: there is none
    const char* end;
    PyObject* string;
    Py_buffer buffer;
    Py_ssize_t pos;
    Py_ssize_t endpos;
    int is_bytes;
    int character_size;
    int matches_all;
    int must_advance;  // the next match is not to be empty where the last one has ended
};

/// What Struct.iter_unpack() returns.
struct UnpackIterator {
    PyObject_HEAD PyObject* format;  // a Struct; null once it is exhausted
    Py_buffer buffer;
    Py_ssize_t index;
};

/// _json.Scanner. What is not given is None.
struct JsonScanner {
    PyObject_HEAD signed char strict;
    PyObject* object_hook;
    PyObject* object_pairs_hook;
    PyObject* parse_float;
    PyObject* parse_int;
    PyObject* parse_constant;
    PyObject* memo;
};

/// _json.Encoder.
struct JsonEncoder {
    PyObject_HEAD PyObject* markers;
    PyObject* default_function;
    PyObject* encoder;
    PyObject* indent;
    PyObject* key_separator;
    PyObject* item_separator;
    char sort_keys;
    char skips_keys;
    int allow_nan;
    PyCFunction fast_encode;  // of the encoder, if it is one of _json
};

/// What _string.formatter_parser() returns. It has parsed the string up to `start`.
struct FormatIterator {
    PyObject_HEAD PyObject* string;  // owned
    PyObject* same_string;           // borrowed
    Py_ssize_t start;
    Py_ssize_t end;
};

/// The second item of what _string.formatter_field_name_split() returns.
struct FieldNameIterator {
    PyObject_HEAD PyObject* string;  // owned
    PyObject* same_string;           // borrowed
    Py_ssize_t start;
    Py_ssize_t end;
    Py_ssize_t index;  // how far it has got
};

/// What decimal.localcontext() returns.
struct DecimalContextManager {
    PyObject_HEAD PyObject* local;  // owned, as the next
    PyObject* global;               // the context of before
};

/// re.Pattern.
struct PatternObject {
    PyObject_VAR_HEAD Py_ssize_t groups;
    PyObject* group_index;
    PyObject* index_group;
    PyObject* pattern;  // None if it was not compiled from a string
    int flags;
    PyObject* weak_references;
    int is_bytes;
    Py_ssize_t code_size;
    uint32_t code[1];
};

/// A key of functools.cmp_to_key(), or what makes such keys: that has no object (null).
struct ComparedKey {
    PyObject_HEAD PyObject* compare;
    PyObject* object;
};

/// What _asyncio keeps in the dictionary of a thread state.
struct RunningLoopHolder {
    PyObject_HEAD PyObject* loop;  // owned; None while no loop is running
    pid_t process;
};

/// The header of a node of the binary search trees of _lsprof, ordered by `key`.
struct ProfilerNode {
    void* key;
    ProfilerNode* left;
    ProfilerNode* right;
};

/// What a profiler of _lsprof has summed up of one function called by another. The key is the
/// ProfilerEntry of the former.
struct ProfilerSubentry {
    ProfilerNode header;
    _PyTime_t total_time;
    _PyTime_t inline_time;
    long calls;
    long recursive_calls;
    long recursion_level;  // how many calls of it are under way
};

/// What it has summed up of one function. The key is the code object, or the PyMethodDef.
struct ProfilerEntry {
    ProfilerNode header;
    PyObject* function;
    _PyTime_t total_time;
    _PyTime_t inline_time;
    long calls;
    long recursive_calls;
    long recursion_level;
    ProfilerNode* callees;  // ProfilerSubentry
};

/// A call that is under way.
struct ProfilerContext {
    _PyTime_t start;
    _PyTime_t callees_time;
    ProfilerContext* caller;
    ProfilerEntry* entry;
};

/// _lsprof.Profiler, the base class of cProfile.Profile.
struct ProfilerObject {
    static constexpr int enabled = 1;
    static constexpr int with_subentries = 2;

    PyObject_HEAD ProfilerNode* entries;  // ProfilerEntry
    ProfilerContext* innermost;
    ProfilerContext* free_contexts;
    int flags;
    PyObject* timer;    // null: the performance counter
    double timer_unit;  // 0: the timer returns seconds
};

}  // namespace stackless
