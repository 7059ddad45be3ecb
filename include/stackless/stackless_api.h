/* The C API of Stackless, for programs that embed it and for extension modules in C.
 *
 * Names and meanings are those of Stackless Python 3.8. As everywhere in CPython's C API, the caller holds the GIL, and
 * arguments are borrowed unless it says "steals".
 *
 * Results. Functions that return an object return a new reference, or NULL with an exception set. Functions that
 * return an int for success return 0, or -1 with an exception set. Questions return 1 or 0.
 *
 * Switching. A function that switches returns when the caller goes on, and keeps the C stack meanwhile. Those whose
 * name ends with _nr (non-recursive) need none where they can: in a function with the flag METH_STACKLESS, which the
 * loop calls directly, they may return at once, with 1 for an int, and with Py_UnwindToken for an object. The function
 * has to return Py_UnwindToken then, without doing anything else; when the tasklet goes on, what it waited for becomes
 * the result of the call. Anywhere else they are the same as the ones without _nr.
 *
 *     result                          int   object           the function has to return
 *     failure                         -1    NULL             NULL
 *     switched without the C stack     1    Py_UnwindToken   Py_UnwindToken
 *     done                             0    any other        what it likes
 */
#ifndef STACKLESS_API_H
#define STACKLESS_API_H

#include <Python.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Programs ask with #ifdef whether there are tasklets at all. */
#ifndef STACKLESS
#define STACKLESS 1
#endif

typedef struct _tasklet PyTaskletObject;
typedef struct _channel PyChannelObject;
typedef struct _unwind PyUnwindObject;

/* stackless.tasklet and stackless.channel. They are ready once a function below has been called, or the module been
 * imported. */
PyAPI_DATA(PyTypeObject) PyTasklet_Type;
PyAPI_DATA(PyTypeObject) PyChannel_Type;

/* Whether an object is a tasklet (or channel), of a subclass or not. */
#define PyTasklet_Check(op) PyObject_TypeCheck((PyObject*)(op), &PyTasklet_Type)
#define PyTasklet_CheckExact(op) (Py_TYPE(op) == &PyTasklet_Type)
#define PyChannel_Check(op) PyObject_TypeCheck((PyObject*)(op), &PyChannel_Type)
#define PyChannel_CheckExact(op) (Py_TYPE(op) == &PyChannel_Type)

/* ---- Returning into the loop */

/* In PyMethodDef.ml_flags: the function may return Py_UnwindToken. See above. CPython's headers know the name, with no
 * bit set. */
#undef METH_STACKLESS
#define METH_STACKLESS 0x10000

/* Not a reference: never counted. */
PyAPI_DATA(PyUnwindObject*) Py_UnwindToken;
#define STACKLESS_UNWINDING(obj) ((PyObject*)(obj) == (PyObject*)Py_UnwindToken)

/* Whether the function may unwind, as Stackless Python's macros hand that on: taken at the beginning, so that what is
 * called meanwhile in other ways does not; promoted just before a function with _nr. A function that calls nothing that
 * might switch but one with _nr, at its end, needs none of them. */
#define STACKLESS_GETARG() int stackless = _PyStackless_TakeUnwinding()
#define STACKLESS_PROMOTE_ALL() _PyStackless_AllowUnwinding(stackless)
#define STACKLESS_PROMOTE_FLAG(flag) _PyStackless_AllowUnwinding(stackless && (flag))
#define STACKLESS_RETRACT() ((void)_PyStackless_TakeUnwinding())
#define STACKLESS_ASSERT() ((void)0)
PyAPI_FUNC(int) _PyStackless_TakeUnwinding(void);
PyAPI_FUNC(void) _PyStackless_AllowUnwinding(int may);

/* ---- Tasklets */

/* A new tasklet of this thread. type: PyTasklet_Type or a subclass, NULL for the former. func: what it will run, or
 * NULL. Does not call __init__() of a subclass. TypeError: type or func is something else. */
PyAPI_FUNC(PyTaskletObject*) PyTasklet_New(PyTypeObject* type, PyObject* func);

/* Gives a bound tasklet its arguments (a tuple; a dict or NULL) and puts it at the end of the run queue. 0 or -1.
 * RuntimeError: it is alive, or not bound. */
PyAPI_FUNC(int) PyTasklet_Setup(PyTaskletObject* task, PyObject* args, PyObject* kwds);

/* tasklet.bind(): any of the arguments may be NULL. Does not put it into the run queue. 0 or -1.
 * RuntimeError: the tasklet is current, or scheduled. TypeError: an argument of the wrong type. */
PyAPI_FUNC(int)
    PyTasklet_BindEx(PyTaskletObject* task, PyObject* func, PyObject* args, PyObject* kwargs);

/* Moves a tasklet to a thread. 0 or -1. RuntimeError: it is in a run queue, or C code is active in it.
 * ValueError: there is no such thread. */
PyAPI_FUNC(int) PyTasklet_BindThread(PyTaskletObject* task, unsigned long thread_id);

/* Goes on in a tasklet at once; the caller stays in the run queue. 0 or -1, _nr also 1.
 * RuntimeError: it is blocked, or dead, or tasklets cannot be switched here. */
PyAPI_FUNC(int) PyTasklet_Run(PyTaskletObject* task);
PyAPI_FUNC(int) PyTasklet_Run_nr(PyTaskletObject* task);

/* The same, but the caller is taken out of the run queue: somebody else has to insert it. */
PyAPI_FUNC(int) PyTasklet_Switch(PyTaskletObject* task);
PyAPI_FUNC(int) PyTasklet_Switch_nr(PyTaskletObject* task);

/* Takes a tasklet out of the run queue, if it is in it; puts one at its end, if it is not. 0 or -1.
 * RuntimeError: it is blocked, or current (remove), or dead (insert). */
PyAPI_FUNC(int) PyTasklet_Remove(PyTaskletObject* task);
PyAPI_FUNC(int) PyTasklet_Insert(PyTaskletObject* task);

/* Goes on in a tasklet at once, with klass(*args) raised. args: a tuple, another object for a single argument, or
 * NULL. 0 when the caller goes on, or -1. RuntimeError: it is dead. TypeError: klass is no exception class. */
PyAPI_FUNC(int) PyTasklet_RaiseException(PyTaskletObject* self, PyObject* klass, PyObject* args);

/* The same with the arguments of `raise`: val and tb may be NULL. pending: the tasklet is made runnable instead. */
PyAPI_FUNC(int)
    PyTasklet_Throw(PyTaskletObject* self, int pending, PyObject* exc, PyObject* val, PyObject* tb);

/* Raises TaskletExit in a tasklet, which ends it silently. Does nothing to a dead one. 0 or -1. */
PyAPI_FUNC(int) PyTasklet_Kill(PyTaskletObject* self);
PyAPI_FUNC(int) PyTasklet_KillEx(PyTaskletObject* self, int pending);

/* An atomic tasklet is not interrupted by a watchdog, and does not let go of the GIL unless it wants to. Setting
 * returns the old flag. */
PyAPI_FUNC(int) PyTasklet_SetAtomic(PyTaskletObject* task, int flag);
PyAPI_FUNC(int) PyTasklet_GetAtomic(PyTaskletObject* task);

/* Whether a watchdog may interrupt the tasklet also where C code is active in it. Setting returns the old flag. */
PyAPI_FUNC(int) PyTasklet_SetIgnoreNesting(PyTaskletObject* task, int flag);
PyAPI_FUNC(int) PyTasklet_GetIgnoreNesting(PyTaskletObject* task);

/* Always 0: an interruption that has to wait is not kept in the tasklet. */
PyAPI_FUNC(int) PyTasklet_GetPendingIrq(PyTaskletObject* task);

/* The innermost frame; NULL without an exception if it has not run, or has ended. */
PyAPI_FUNC(PyObject*) PyTasklet_GetFrame(PyTaskletObject* task);

/* Whether RuntimeError is raised in the tasklet where it would be blocked on a channel. */
PyAPI_FUNC(int) PyTasklet_GetBlockTrap(PyTaskletObject* task);
PyAPI_FUNC(void) PyTasklet_SetBlockTrap(PyTaskletObject* task, int value);

/* Whether it is the main tasklet of its thread; the running one. */
PyAPI_FUNC(int) PyTasklet_IsMain(PyTaskletObject* task);
PyAPI_FUNC(int) PyTasklet_IsCurrent(PyTaskletObject* task);

/* How deep its calls are; how many calls of the interpreter by C code it is inside of. */
PyAPI_FUNC(int) PyTasklet_GetRecursionDepth(PyTaskletObject* task);
PyAPI_FUNC(int) PyTasklet_GetNestingLevel(PyTaskletObject* task);

/* Whether it has its arguments and has not ended; is alive, but neither runnable nor blocked; is runnable or blocked;
 * whether a pickle of it could run on. */
PyAPI_FUNC(int) PyTasklet_Alive(PyTaskletObject* task);
PyAPI_FUNC(int) PyTasklet_Paused(PyTaskletObject* task);
PyAPI_FUNC(int) PyTasklet_Scheduled(PyTaskletObject* task);
PyAPI_FUNC(int) PyTasklet_Restorable(PyTaskletObject* task);

/* ---- Channels */

/* A new channel. type: PyChannel_Type or a subclass, NULL for the former; TypeError for another one. */
PyAPI_FUNC(PyChannelObject*) PyChannel_New(PyTypeObject* type);

/* Hands arg to a tasklet that receives; blocks the caller until there is one. 0 or -1, _nr also 1.
 * RuntimeError: the caller may not be blocked. ValueError: nobody waits, and the channel is closed. */
PyAPI_FUNC(int) PyChannel_Send(PyChannelObject* self, PyObject* arg);
PyAPI_FUNC(int) PyChannel_Send_nr(PyChannelObject* self, PyObject* arg);

/* The value that a tasklet sends. Errors as above, and whatever is sent as an exception. */
PyAPI_FUNC(PyObject*) PyChannel_Receive(PyChannelObject* self);
PyAPI_FUNC(PyObject*) PyChannel_Receive_nr(PyChannelObject* self);

/* As PyChannel_Send(), but the receiver has klass(*value) raised (value as args of PyTasklet_RaiseException()), or
 * what `raise` makes of exc, val and tb. 0 or -1. */
PyAPI_FUNC(int) PyChannel_SendException(PyChannelObject* self, PyObject* klass, PyObject* value);
PyAPI_FUNC(int)
    PyChannel_SendThrow(PyChannelObject* self, PyObject* exc, PyObject* val, PyObject* tb);

/* The first of the tasklets blocked on the channel, or None. */
PyAPI_FUNC(PyObject*) PyChannel_GetQueue(PyChannelObject* self);

/* After closing, no tasklet can be blocked on the channel; opening takes that back. Closed: closing, and nobody waits
 * any more. */
PyAPI_FUNC(void) PyChannel_Close(PyChannelObject* self);
PyAPI_FUNC(void) PyChannel_Open(PyChannelObject* self);
PyAPI_FUNC(int) PyChannel_GetClosing(PyChannelObject* self);
PyAPI_FUNC(int) PyChannel_GetClosed(PyChannelObject* self);

/* Who goes on at once when two have met: -1 the receiver, 1 the sender, 0 the one that acted. */
PyAPI_FUNC(int) PyChannel_GetPreference(PyChannelObject* self);
PyAPI_FUNC(void) PyChannel_SetPreference(PyChannelObject* self, int val);

/* Whether both go to the end of the run queue instead. */
PyAPI_FUNC(int) PyChannel_GetScheduleAll(PyChannelObject* self);
PyAPI_FUNC(void) PyChannel_SetScheduleAll(PyChannelObject* self, int val);

/* How many tasklets wait to send, or minus how many wait to receive. */
PyAPI_FUNC(int) PyChannel_GetBalance(PyChannelObject* self);

/* ---- The scheduler */

/* Puts the caller at the end of the run queue (remove: takes it out) and goes on in the next tasklet. Returns retval,
 * or the caller's tempval if that was set in the meantime. retval: NULL for the tasklet itself. */
PyAPI_FUNC(PyObject*) PyStackless_Schedule(PyObject* retval, int remove);
PyAPI_FUNC(PyObject*) PyStackless_Schedule_nr(PyObject* retval, int remove);

/* How many tasklets of this thread are in the run queue, the caller counted; -1 on failure. */
PyAPI_FUNC(int) PyStackless_GetRunCount(void);

/* The running tasklet of this thread. */
PyAPI_FUNC(PyObject*) PyStackless_GetCurrent(void);

/* A number for the running tasklet, which no other that is alive has. The main tasklet's is that of its thread. May be
 * called without the GIL, and without an interpreter. */
PyAPI_FUNC(unsigned long) PyStackless_GetCurrentId(void);

/* stackless.run(): lets the others run until none is runnable, an exception leaves one (NULL, with it set), or one
 * has executed `timeout` instructions without a switch (0: no limit): it is taken out of the run queue and returned.
 * Otherwise None. flags: a sum of these. ValueError: timeout is negative. */
PyAPI_FUNC(PyObject*) PyStackless_RunWatchdog(long timeout);
PyAPI_FUNC(PyObject*) PyStackless_RunWatchdogEx(long timeout, int flags);

/* With nothing runnable, waits for other threads to wake a tasklet of this one. */
#define Py_WATCHDOG_THREADBLOCK 1
/* Interrupts nothing: returns None at the first switch after the timeout. */
#define PY_WATCHDOG_SOFT 2
/* Interrupts a tasklet also while C code is active in it. */
#define PY_WATCHDOG_IGNORE_NESTING 4
/* The instructions of all tasklets count. */
#define PY_WATCHDOG_TOTALTIMEOUT 8

/* ---- Watching */

/* The callable is called as f(channel, tasklet, sending, willblock) before each action on a channel; as f(prev, next)
 * at each switch, where prev is None at the start and next None at the end of a tasklet. NULL removes it. 0 or -1 with
 * TypeError. */
PyAPI_FUNC(int) PyStackless_SetChannelCallback(PyObject* callable);
PyAPI_FUNC(int) PyStackless_SetScheduleCallback(PyObject* callable);

/* The same for switches as a C function, called beside the callable; NULL removes it. It gets borrowed references, or
 * NULL for None, and must not switch or run Python code. Returning -1 has its exception reported as unraisable. */
typedef int(slp_schedule_hook_func)(PyTaskletObject* from, PyTaskletObject* to);
PyAPI_FUNC(void) PyStackless_SetScheduleFastcallback(slp_schedule_hook_func* func);

/* ---- Calls by a host */

/* Calls something as the main program of this thread: func(*args, **kwds), o.name(...), or a method of C with self.
 * args: a tuple, or NULL. kwds: a dict, or NULL. format and what follows: as for Py_BuildValue(). */
PyAPI_FUNC(PyObject*) PyStackless_Call_Main(PyObject* func, PyObject* args, PyObject* kwds);
PyAPI_FUNC(PyObject*)
    PyStackless_CallMethod_Main(PyObject* o, const char* name, const char* format, ...);
PyAPI_FUNC(PyObject*)
    PyStackless_CallCMethod_Main(PyMethodDef* meth, PyObject* self, const char* format, ...);

/* ---- Functions in steps
 *
 * In Stackless Python such a function is called again after each switch. Here it is called once, as what it calls
 * returns when the tasklet goes on; it keeps its C stack meanwhile. */

/* retval: what the last step has come to, at first `arg` of the call. *step is 0 at first. The others are those
 * of the call. All references are borrowed. Returns a new reference, or NULL with an exception set. */
typedef PyObject*(slp_softswitchablefunc)(PyObject* retval, long* step, PyObject** ob1,
                                          PyObject** ob2, PyObject** ob3, long* n, void** any);

typedef struct {
    PyObject_HEAD slp_softswitchablefunc* sfunc;
    const char* name;
    const char* module_name;
} PyStacklessFunctionDeclarationObject;

PyAPI_DATA(PyTypeObject) PyStacklessFunctionDeclaration_Type;
#define PyStacklessFunctionDeclarationType_CheckExact(op) \
    (Py_TYPE(op) == &PyStacklessFunctionDeclaration_Type)

/* Completes a declaration of which sfunc and name are given, when the module is initialised, and adds it to
 * the module. The declaration must live as long as the process. 0 or -1. */
PyAPI_FUNC(int) PyStackless_InitFunctionDeclaration(PyStacklessFunctionDeclarationObject* sfd,
                                                    PyObject* module, PyModuleDef* module_def);

/* Calls the function. arg: NULL for None. ob1, ob2, ob3: objects or NULL. */
PyAPI_FUNC(PyObject*)
    PyStackless_CallFunction(PyStacklessFunctionDeclarationObject* sfd, PyObject* arg,
                             PyObject* ob1, PyObject* ob2, PyObject* ob3, long n, void* any);

#ifdef __cplusplus
}
#endif

#endif
