/* Embedding Stackless from C, and from other languages: starting and ending it, running tasklets within a budget,
 * messages from other threads, native functions. stackless.hpp is the same for C++, on top of this.
 *
 * A runtime belongs to the thread that has started it: all functions are called in that thread, except for those that
 * say "from any thread". It holds the GIL all the time, unless it calls stackless_release().
 *
 * Objects are CPython's: `struct _object` is its PyObject, and the functions of its C API may be used on them, with
 * Python.h or without. Functions that return an object return a new reference, or NULL with an exception set;
 * those that return an int return 0, or -1 with an exception set. stackless_fetch_error() takes the exception.
 */
#ifndef STACKLESS_EMBED_H
#define STACKLESS_EMBED_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define STACKLESS_API __attribute__((visibility("default")))
#else
#define STACKLESS_API
#endif

struct _object;
typedef struct _object stackless_object;
typedef struct stackless_runtime stackless_runtime;

/* ---- Start and end */

/* Zeroes are the defaults. */
typedef struct {
    /* Directories in front of sys.path, UTF-8. NULL after the last; NULL for none. */
    const char* const* search_paths;
    /* Nonzero: environment variables (PYTHONPATH ...) and the user's site-packages are ignored. */
    int isolated;
    /* Nonzero: Ctrl-C raises KeyboardInterrupt, and SIGPIPE is ignored, as in the program python. */
    int signal_handlers;
    /* The most memory in bytes that Python objects may take; beyond that, MemoryError is raised. 0: no limit. */
    size_t memory_limit;
    /* The size in bytes of the C stacks that tasklets use while C code is active in them, and the greatest number of
     * them. 0: those of stackless.cstack_options(). */
    size_t c_stack_size;
    size_t c_stack_maximum;
    /* sys.argv[0], UTF-8; NULL for "". */
    const char* program_name;
} stackless_options;

/* Starts the interpreter. options may be NULL. There is one runtime at a time in a process; another one may follow
 * when it has ended. NULL on failure: `error`, of `error_size` bytes, says why. */
STACKLESS_API stackless_runtime* stackless_start(const stackless_options* options, char* error,
                                                 size_t error_size);

/* Ends all tasklets (those with C code active in them are killed, the others dropped) and the interpreter. Objects must
 * not be touched any more. 0, or -1 if buffered output could not be written. -1 with RuntimeError set, and nothing has
 * ended, within a callback or a native function, or in another thread: stackless_current() tells. */
STACKLESS_API int stackless_end(stackless_runtime* runtime);

/* The runtime that has been started, or NULL. */
STACKLESS_API stackless_runtime* stackless_current(void);

/* Its number, which no other runtime of the process has; 0 if there is none. Objects end with their runtime. From any
 * thread. */
STACKLESS_API unsigned long stackless_number(void);

/* From any thread: why it cannot use objects of the runtime of that number (0: of an interpreter that was started in
 * another way), in words: the runtime has ended, or the thread does not hold the GIL. NULL if it can. */
STACKLESS_API const char* stackless_misuse(unsigned long number);

/* From any thread: drops a reference to an object of the runtime of that number, at once with the GIL, otherwise in the
 * next stackless_run(). Does nothing if the runtime has ended, as the objects have, too. */
STACKLESS_API void stackless_drop_object(stackless_object* object, unsigned long number);

/* With the GIL: whether Python code or stackless_run() waits for the host: 1 in native functions and in callbacks, 0
 * where the host goes its own way. */
STACKLESS_API int stackless_is_called_back(void);

/* Lets go of the GIL, for threads of Python to run while the host does something else; and takes it again. */
STACKLESS_API void stackless_release(stackless_runtime* runtime);
STACKLESS_API void stackless_acquire(stackless_runtime* runtime);

/* ---- Running tasklets */

/* What is less than 0 is used up at once. */
typedef struct {
    /* Until the limit of the whole call, in nanoseconds; 0: no limit. It is looked at each 2,000 instructions. */
    int64_t nanoseconds;
    /* The instructions that all tasklets together may execute; 0: no limit. More than 256 are estimated by the
     * length of the code that runs: the same program takes the same number each time. */
    int64_t instructions;
    /* The instructions that one tasklet may execute without a switch; 0: no limit. Not together with `instructions`. */
    int64_t instructions_each;
} stackless_budget;

typedef enum {
    /* No tasklet is runnable: all have ended, or wait. */
    STACKLESS_IDLE = 0,
    /* The budget is used up. The tasklet that was interrupted is at the end of the run queue. */
    STACKLESS_BUDGET = 1,
    /* One tasklet has used up `instructions_each`: it was taken out of the run queue. */
    STACKLESS_RUNAWAY = 2,
    /* Nothing can run here: in a callback of the scheduler, for instance, or in another thread. Or this was called in a
     * tasklet that has been killed meanwhile. An exception is set. */
    STACKLESS_FAILED = -1
} stackless_status;

/* Delivers what was posted, and runs the tasklets. Exceptions that leave them go to the error callback, and the others
 * run on. runaway: gets the tasklet of STACKLESS_RUNAWAY (a new reference), otherwise NULL; may be NULL, then
 * it is dropped. budget: NULL for no limits. */
STACKLESS_API stackless_status stackless_run(stackless_runtime* runtime,
                                             const stackless_budget* budget,
                                             stackless_object** runaway);

/* Called for an exception that leaves a tasklet, SystemExit too, with an instance, and the tasklet, which has ended, or
 * NULL where it is not known. Both are borrowed. The callback must not throw. Without one (NULL), a traceback is
 * written to sys.stderr. */
typedef void (*stackless_error_callback)(void* data, stackless_object* tasklet,
                                         stackless_object* exception);
STACKLESS_API void stackless_on_error(stackless_runtime* runtime, stackless_error_callback callback,
                                      void* data);

/* Called with what is written to sys.stdout (stream 1) and sys.stderr (2), UTF-8. The callback must not throw. NULL:
 * both are the process's own again. 0 or -1. */
typedef void (*stackless_output_callback)(void* data, int stream, const char* text, size_t size);
STACKLESS_API int stackless_on_output(stackless_runtime* runtime,
                                      stackless_output_callback callback, void* data);

/* ---- Exceptions */

typedef struct {
    stackless_object* exception; /* the instance */
    stackless_object* type;      /* the qualified name of its class, str */
    stackless_object* message;   /* str(exception) */
    stackless_object* traceback; /* what Python would print, str */
} stackless_error;

/* Takes the exception that is set; all references are new, and none is NULL. If there is none, all are NULL. */
STACKLESS_API void stackless_fetch_error(stackless_error* error);
/* The same for an instance at hand (borrowed). */
STACKLESS_API void stackless_describe_error(stackless_object* exception, stackless_error* error);

/* ---- Messages from other threads */

/* Makes the value of a message, in the runtime's thread. A new reference, or NULL with an exception set, which is
 * raised at the receiver. */
typedef stackless_object* (*stackless_make)(void* data);

/* The end of a channel that other threads may use. */
typedef struct stackless_sender stackless_sender;

/* For a channel (borrowed). It belongs to the caller, who gives it to stackless_drop_sender() once. NULL with
 * TypeError or MemoryError set. */
STACKLESS_API stackless_sender* stackless_new_sender(stackless_runtime* runtime,
                                                     stackless_object* channel);
/* From any thread: one more owner, and one less. After the end of the runtime too. */
STACKLESS_API stackless_sender* stackless_share_sender(stackless_sender* sender);
STACKLESS_API void stackless_drop_sender(stackless_sender* sender);

/* From any thread, without the GIL: sends a message to the channel, as a tasklet would that did nothing else. Messages
 * of one thread arrive in their order. `make` is called by stackless_run(), `drop` (or NULL) after that, or when the
 * runtime ends. 0, or -1 without memory or if the runtime has ended; `drop` is called in either case. */
STACKLESS_API int stackless_post(stackless_sender* sender, stackless_make make,
                                 void (*drop)(void* data), void* data);

/* From any thread: has a function called in the runtime's thread, by stackless_run(). Otherwise as above. */
STACKLESS_API int stackless_post_call(stackless_runtime* runtime, void (*call)(void* data),
                                      void (*drop)(void* data), void* data);

/* Called from whatever thread has posted something, for a host that sleeps between its calls of stackless_run(). It
 * must not post anything itself. */
STACKLESS_API void stackless_on_post(stackless_runtime* runtime, void (*callback)(void* data),
                                     void* data);

/* ---- Native functions */

/* A function of C++ and its kin: gets its positional arguments (borrowed) and returns a new reference, NULL with an
 * exception set, or what stackless_await() returns. */
typedef stackless_object* (*stackless_function)(void* data, stackless_object* const* args,
                                                ptrdiff_t count);

/* Adds a function to a module, which is made if there is none of this name. `drop` (or NULL) is called with `data`
 * when the function is not needed any more. signature: for its docstring, e.g. "spawn(name, x, y)", or NULL. 0 or -1;
 * drop is called in either case. */
STACKLESS_API int stackless_define_function(stackless_runtime* runtime, const char* module,
                                            const char* name, stackless_function function,
                                            void (*drop)(void* data), void* data,
                                            const char* signature);

/* Adds a plain C function to a module. Its type is "RESULT(ARGUMENTS)", one letter each:
 *
 *     v   void as the result; void* as an argument, in Python an int, or None for NULL
 *     b   bool                      i   int32_t            u   uint32_t
 *     I   int64_t                   U   uint64_t           f   float
 *     d   double                    p   void*, as an int, or None for NULL
 *     s   const char*, UTF-8: a str, or None for NULL. As an argument it lives during the call.
 *     o   stackless_object*: any object; as an argument borrowed, as a result a new reference, or NULL with an
 *         exception set
 *
 * In Python, arguments that do not fit raise TypeError, or OverflowError. 0, or -1 with ValueError if the signature
 * makes no sense. */
STACKLESS_API int stackless_define(stackless_runtime* runtime, const char* module, const char* name,
                                   const char* signature, void (*function)(void));

/* A C function that starts a tasklet, which calls `callable` with what the function has been given, in the next
 * stackless_run(). May be called from any thread, except that arguments of type o need the GIL (NULL becomes None). The
 * result must be v; strings are copied. NULL with ValueError for another signature, or TypeError. The pointer is to be
 * cast to the function's type. It is good until stackless_free_callback(), or the end of the runtime. */
STACKLESS_API void (*stackless_callback(stackless_runtime* runtime, stackless_object* callable,
                                        const char* signature))(void);
/* In the runtime's thread. Calls that have been made before still start their tasklets. */
STACKLESS_API void stackless_free_callback(void (*callback)(void));

/* ---- Native functions that take their time
 *
 * A native function may let its tasklet wait until the host has got the result. The tasklet then holds no C stack. */

typedef struct stackless_completion stackless_completion;

/* What a tasklet waits for. It belongs to the caller, who gives it to stackless_drop_completion() once. NULL without
 * memory. */
STACKLESS_API stackless_completion* stackless_new_completion(stackless_runtime* runtime);
/* From any thread: one more owner. */
STACKLESS_API stackless_completion* stackless_share_completion(stackless_completion* completion);
/* From any thread: one less. */
STACKLESS_API void stackless_drop_completion(stackless_completion* completion);

/* As the last thing that a stackless_function does, and nowhere else: the tasklet waits, and what the completion is
 * given becomes the result of the call. Returns what the function has to return, which is no object. NULL with
 * RuntimeError set the second time. */
STACKLESS_API stackless_object* stackless_await(stackless_completion* completion);

/* From any thread, without the GIL: the tasklet goes on with the value that `make` makes, in the next stackless_run().
 * If `make` sets an exception, that is raised. Nothing happens if the tasklet has been killed, or the completion was
 * given a value before. 0, or -1 as stackless_post(). */
STACKLESS_API int stackless_complete(stackless_completion* completion, stackless_make make,
                                     void (*drop)(void* data), void* data);

/* What the tasklet waits at, as an object that can be pickled together with the tasklet: in `extra` of a snapshot. A
 * new reference. In the runtime's thread, before its end: otherwise NULL, with RuntimeError set if another one runs. */
STACKLESS_API stackless_object* stackless_save_completion(stackless_completion* completion);
/* The other way round: a completion for the tasklet that has come back with this object (borrowed), in whatever
 * process. It belongs to the caller. NULL with TypeError or MemoryError set. */
STACKLESS_API stackless_completion* stackless_restore_completion(stackless_runtime* runtime,
                                                                 stackless_object* object);

/* ---- Statistics */

typedef struct {
    size_t tasklets;     /* tasklet objects that exist, alive or not; the main one counts */
    size_t runnable;     /* in the run queue of this thread, the running one counted */
    uint64_t switches;   /* from one tasklet to another, since the start */
    size_t c_stacks;     /* for tasklets with C code active in them, used or kept at hand */
    size_t memory;       /* bytes that the interpreter has of the system for objects */
    size_t memory_limit; /* 0: none */
} stackless_statistics;

STACKLESS_API void stackless_get_statistics(stackless_runtime* runtime,
                                            stackless_statistics* statistics);
STACKLESS_API void stackless_set_memory_limit(stackless_runtime* runtime, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
