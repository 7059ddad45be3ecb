// The C API of Stackless Python, in a host that knows CPython's.
#include "stackless_api.h"

#include <gtest/gtest.h>

#include <string>

namespace {

class CApi : public testing::Test {
protected:
    void SetUp() override {
        Py_InitializeEx(0);
        PyObject* module = PyImport_ImportModule("stackless");
        ASSERT_NE(module, nullptr) << fetch_error();
        Py_DECREF(module);
    }
    void TearDown() override { EXPECT_EQ(Py_FinalizeEx(), 0); }

    static PyObject* main_dict() { return PyModule_GetDict(PyImport_AddModule("__main__")); }
    static void exec(const char* code) {
        PyObject* done = PyRun_String(code, Py_file_input, main_dict(), main_dict());
        ASSERT_NE(done, nullptr) << fetch_error();
        Py_DECREF(done);
    }
    /// A global variable, borrowed.
    static PyObject* global(const char* name) { return PyDict_GetItemString(main_dict(), name); }
    static std::string repr(PyObject* object) {
        PyObject* text = PyObject_Repr(object);
        std::string result = PyUnicode_AsUTF8(text);
        Py_DECREF(text);
        return result;
    }
    /// The name of the class of the exception that is set.
    static std::string fetch_error() {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        const std::string name =
            type == nullptr ? "none" : reinterpret_cast<PyTypeObject*>(type)->tp_name;
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
        return name;
    }
    static PyTaskletObject* start(const char* function, PyObject* args) {
        PyTaskletObject* task = PyTasklet_New(nullptr, global(function));
        EXPECT_NE(task, nullptr);
        EXPECT_EQ(PyTasklet_Setup(task, args, nullptr), 0) << fetch_error();
        Py_DECREF(args);
        return task;
    }
    static void run() {
        PyObject* done = PyStackless_RunWatchdog(0);
        ASSERT_EQ(done, Py_None) << fetch_error();
        Py_DECREF(done);
    }
};

constexpr const char* counting = R"(
import stackless
log = []
def counts(name, to):
    for i in range(to):
        log.append((name, i))
        stackless.schedule()
def endless():
    while True: pass
def fails(): raise KeyError
)";

TEST_F(CApi, TaskletsAreMadeSetUpAndRun) {
    exec(counting);
    PyTaskletObject* task = start("counts", Py_BuildValue("(si)", "a", 2));
    EXPECT_TRUE(PyTasklet_Check(task));
    EXPECT_TRUE(PyTasklet_CheckExact(task));
    EXPECT_FALSE(PyChannel_Check(task));
    EXPECT_EQ(PyTasklet_Alive(task), 1);
    EXPECT_EQ(PyTasklet_Scheduled(task), 1);
    EXPECT_EQ(PyTasklet_Paused(task), 0);
    EXPECT_EQ(PyTasklet_Restorable(task), 1);
    EXPECT_EQ(PyTasklet_IsMain(task), 0);
    EXPECT_EQ(PyTasklet_IsCurrent(task), 0);
    EXPECT_EQ(PyTasklet_GetFrame(task), nullptr);
    EXPECT_EQ(fetch_error(), "none");
    EXPECT_EQ(PyStackless_GetRunCount(), 2);
    EXPECT_EQ(PyTasklet_Run(task), 0);
    EXPECT_EQ(repr(global("log")), "[('a', 0)]");
    PyObject* frame = PyTasklet_GetFrame(task);
    EXPECT_TRUE(PyFrame_Check(frame));
    Py_DECREF(frame);
    EXPECT_EQ(PyTasklet_GetNestingLevel(task), 0);
    EXPECT_GE(PyTasklet_GetRecursionDepth(task), 1);
    EXPECT_EQ(PyTasklet_Remove(task), 0);
    EXPECT_EQ(PyTasklet_Paused(task), 1);
    EXPECT_EQ(PyTasklet_Insert(task), 0);
    run();
    EXPECT_EQ(repr(global("log")), "[('a', 0), ('a', 1)]");
    EXPECT_EQ(PyTasklet_Alive(task), 0);
    EXPECT_EQ(PyTasklet_Insert(task), -1);
    EXPECT_EQ(fetch_error(), "RuntimeError");
    Py_DECREF(task);
}

TEST_F(CApi, TheMainTaskletIsTheCaller) {
    auto* current = reinterpret_cast<PyTaskletObject*>(PyStackless_GetCurrent());
    EXPECT_EQ(PyTasklet_IsMain(current), 1);
    EXPECT_EQ(PyTasklet_IsCurrent(current), 1);
    EXPECT_EQ(PyStackless_GetCurrentId(), PyThread_get_thread_ident());
    Py_DECREF(current);
}

TEST_F(CApi, FlagsAreSetAndGot) {
    exec(counting);
    PyTaskletObject* task = PyTasklet_New(&PyTasklet_Type, nullptr);
    EXPECT_EQ(PyTasklet_SetAtomic(task, 1), 0);
    EXPECT_EQ(PyTasklet_SetAtomic(task, 0), 1);
    EXPECT_EQ(PyTasklet_GetAtomic(task), 0);
    EXPECT_EQ(PyTasklet_SetIgnoreNesting(task, 1), 0);
    EXPECT_EQ(PyTasklet_GetIgnoreNesting(task), 1);
    PyTasklet_SetBlockTrap(task, 1);
    EXPECT_EQ(PyTasklet_GetBlockTrap(task), 1);
    EXPECT_EQ(PyTasklet_GetPendingIrq(task), 0);
    Py_DECREF(task);
    EXPECT_EQ(PyTasklet_New(&PyLong_Type, nullptr), nullptr);
    EXPECT_EQ(fetch_error(), "TypeError");
    EXPECT_EQ(PyTasklet_New(nullptr, Py_True), nullptr);
    EXPECT_EQ(fetch_error(), "TypeError");
}

TEST_F(CApi, ATaskletIsBoundAndSwitchedTo) {
    exec(counting);
    exec(
        "main = stackless.main\n"
        "def insert_main():\n  log.append(main.paused); main.insert()\n");
    PyTaskletObject* task = PyTasklet_New(nullptr, nullptr);
    PyObject* no_args = PyTuple_New(0);
    EXPECT_EQ(PyTasklet_BindEx(task, nullptr, no_args, nullptr), -1);
    EXPECT_EQ(fetch_error(), "RuntimeError");
    EXPECT_EQ(PyTasklet_BindEx(task, global("insert_main"), no_args, nullptr), 0);
    EXPECT_EQ(PyTasklet_BindThread(task, PyThread_get_thread_ident()), 0);
    EXPECT_EQ(PyTasklet_BindThread(task, 12345), -1);
    EXPECT_EQ(fetch_error(), "ValueError");
    EXPECT_EQ(PyTasklet_Switch(task), 0);
    EXPECT_EQ(repr(global("log")), "[True]");
    Py_DECREF(no_args);
    Py_DECREF(task);
}

TEST_F(CApi, ExceptionsAreRaisedInTasklets) {
    exec(counting);
    exec(
        "def catches():\n"
        "  while True:\n"
        "    try: stackless.schedule()\n"
        "    except Exception as error: log.append(error)\n");
    PyTaskletObject* task = start("catches", PyTuple_New(0));
    PyTasklet_Run(task);
    PyObject* args = Py_BuildValue("(si)", "x", 1);
    EXPECT_EQ(PyTasklet_RaiseException(task, PyExc_ValueError, args), 0);
    Py_DECREF(args);
    EXPECT_EQ(PyTasklet_RaiseException(task, PyExc_OSError, nullptr), 0);
    EXPECT_EQ(PyTasklet_Throw(task, 1, PyExc_KeyError, nullptr, nullptr), 0);
    EXPECT_EQ(repr(global("log")), "[ValueError('x', 1), OSError()]");
    PyObject* retval = PyStackless_Schedule(Py_None, 0);
    EXPECT_EQ(retval, Py_None);
    Py_XDECREF(retval);
    EXPECT_EQ(repr(global("log")), "[ValueError('x', 1), OSError(), KeyError()]");
    EXPECT_EQ(PyTasklet_RaiseException(task, Py_None, nullptr), -1);
    EXPECT_EQ(fetch_error(), "TypeError");
    EXPECT_EQ(PyTasklet_KillEx(task, 1), 0);
    EXPECT_EQ(PyTasklet_Alive(task), 1);
    EXPECT_EQ(PyTasklet_Kill(task), 0);
    EXPECT_EQ(PyTasklet_Alive(task), 0);
    Py_DECREF(task);
}

TEST_F(CApi, AnUncaughtExceptionComesOutOfTheWatchdog) {
    exec(counting);
    Py_DECREF(start("fails", PyTuple_New(0)));
    EXPECT_EQ(PyStackless_RunWatchdog(0), nullptr);
    EXPECT_EQ(fetch_error(), "KeyError");
}

TEST_F(CApi, AWatchdogReturnsALongRunner) {
    exec(counting);
    PyTaskletObject* task = start("endless", PyTuple_New(0));
    PyObject* victim = PyStackless_RunWatchdogEx(1000, PY_WATCHDOG_TOTALTIMEOUT);
    EXPECT_EQ(victim, reinterpret_cast<PyObject*>(task));
    EXPECT_EQ(PyTasklet_Paused(task), 1);
    EXPECT_EQ(PyTasklet_Kill(task), 0);
    Py_XDECREF(victim);
    Py_DECREF(task);
    EXPECT_EQ(PyStackless_RunWatchdog(-1), nullptr);
    EXPECT_EQ(fetch_error(), "ValueError");
}

TEST_F(CApi, ChannelsCarryValuesAndExceptions) {
    exec(counting);
    exec(
        "def receives(channel):\n"
        "  while True:\n"
        "    try: log.append(channel.receive())\n"
        "    except Exception as error: log.append(error)\n"
        "def sends(channel): channel.send(5)\n");
    PyChannelObject* channel = PyChannel_New(nullptr);
    ASSERT_TRUE(PyChannel_Check(channel));
    EXPECT_EQ(PyChannel_GetPreference(channel), -1);
    EXPECT_EQ(PyChannel_GetScheduleAll(channel), 0);
    PyTaskletObject* task = start("receives", Py_BuildValue("(O)", channel));
    run();
    EXPECT_EQ(PyChannel_GetBalance(channel), -1);
    PyObject* first = PyChannel_GetQueue(channel);
    EXPECT_EQ(first, reinterpret_cast<PyObject*>(task));
    Py_DECREF(first);
    EXPECT_EQ(PyChannel_Send(channel, Py_True), 0);
    EXPECT_EQ(PyChannel_SendException(channel, PyExc_ValueError, Py_False), 0);
    EXPECT_EQ(PyChannel_SendThrow(channel, PyExc_KeyError, nullptr, nullptr), 0);
    EXPECT_EQ(repr(global("log")), "[True, ValueError(False), KeyError()]");
    PyTasklet_Kill(task);
    Py_DECREF(task);
    Py_DECREF(start("sends", Py_BuildValue("(O)", channel)));
    PyObject* received = PyChannel_Receive(channel);
    EXPECT_EQ(PyLong_AsLong(received), 5);
    Py_XDECREF(received);
    EXPECT_EQ(PyChannel_Receive(channel), nullptr) << "a deadlock";
    EXPECT_EQ(fetch_error(), "RuntimeError");
    PyChannel_SetPreference(channel, 7);
    EXPECT_EQ(PyChannel_GetPreference(channel), 1);
    PyChannel_SetScheduleAll(channel, 1);
    EXPECT_EQ(PyChannel_GetScheduleAll(channel), 1);
    PyChannel_Close(channel);
    EXPECT_EQ(PyChannel_GetClosing(channel), 1);
    EXPECT_EQ(PyChannel_GetClosed(channel), 1);
    EXPECT_EQ(PyChannel_Send(channel, Py_None), -1);
    EXPECT_EQ(fetch_error(), "ValueError");
    PyChannel_Open(channel);
    EXPECT_EQ(PyChannel_GetClosing(channel), 0);
    PyObject* nobody = PyChannel_GetQueue(channel);
    EXPECT_EQ(nobody, Py_None);
    Py_DECREF(nobody);
    Py_DECREF(channel);
}

int switches = 0;

int count_switch(PyTaskletObject*, PyTaskletObject*) {
    switches++;
    return 0;
}

TEST_F(CApi, CallbacksSeeSwitchesAndChannelActions) {
    exec(counting);
    exec(
        "seen = []\n"
        "def on_switch(prev, next): seen.append('switch')\n"
        "def on_action(channel, tasklet, sending, willblock): seen.append((sending, willblock))\n");
    EXPECT_EQ(PyStackless_SetScheduleCallback(Py_True), -1);
    EXPECT_EQ(fetch_error(), "TypeError");
    EXPECT_EQ(PyStackless_SetScheduleCallback(global("on_switch")), 0);
    EXPECT_EQ(PyStackless_SetChannelCallback(global("on_action")), 0);
    switches = 0;
    PyStackless_SetScheduleFastcallback(count_switch);
    Py_DECREF(start("counts", Py_BuildValue("(si)", "a", 1)));
    run();
    PyStackless_SetScheduleFastcallback(nullptr);
    EXPECT_EQ(PyStackless_SetScheduleCallback(nullptr), 0);
    EXPECT_GE(switches, 3) << "into the tasklet, its end, and back";
    EXPECT_EQ(PyList_Size(global("seen")), switches);
    exec("del seen[:]");
    PyChannelObject* channel = PyChannel_New(nullptr);
    EXPECT_EQ(PyChannel_Send(channel, Py_None), -1);
    fetch_error();
    EXPECT_EQ(PyStackless_SetChannelCallback(nullptr), 0);
    Py_DECREF(channel);
    EXPECT_EQ(repr(global("seen")), "[(True, True)]");
}

PyObject* receive_softly(PyObject*, PyObject* channel) {
    return PyChannel_Receive_nr(reinterpret_cast<PyChannelObject*>(channel));
}

PyObject* receive_hard(PyObject*, PyObject* channel) {
    return PyChannel_Receive(reinterpret_cast<PyChannelObject*>(channel));
}

PyObject* send_softly(PyObject*, PyObject* args) {
    PyObject *channel, *value;
    if (PyArg_ParseTuple(args, "OO", &channel, &value) == 0)
        return nullptr;
    switch (PyChannel_Send_nr(reinterpret_cast<PyChannelObject*>(channel), value)) {
    case 0:
        Py_RETURN_NONE;
    case 1:
        return reinterpret_cast<PyObject*>(Py_UnwindToken);
    default:
        return nullptr;
    }
}

/// Written as for Stackless Python: only the last call may unwind.
PyObject* receive_two(PyObject*, PyObject* channel) {
    STACKLESS_GETARG();
    PyObject* first = PyObject_CallMethod(channel, "receive", nullptr);
    if (first == nullptr)
        return nullptr;
    Py_DECREF(first);
    STACKLESS_PROMOTE_ALL();
    PyObject* second = PyChannel_Receive_nr(reinterpret_cast<PyChannelObject*>(channel));
    STACKLESS_ASSERT();
    return second;
}

PyMethodDef methods[] = {
    {"receive_two", receive_two, METH_O | METH_STACKLESS, nullptr},
    {"receive_softly", receive_softly, METH_O | METH_STACKLESS, nullptr},
    {"receive_hard", receive_hard, METH_O | METH_STACKLESS, nullptr},
    {"receive_plainly", receive_softly, METH_O, nullptr},
    {"send_softly", send_softly, METH_VARARGS | METH_STACKLESS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

TEST_F(CApi, FunctionsOfExtensionsSwitchWithoutACStackIfTheySaySo) {
    exec(counting);
    for (PyMethodDef* method = methods; method->ml_name != nullptr; method++) {
        PyObject* function = PyCFunction_New(method, nullptr);
        PyDict_SetItemString(main_dict(), method->ml_name, function);
        Py_DECREF(function);
    }
    exec(
        "channel = stackless.channel()\n"
        "def waits(receive): log.append(receive(channel))\n"
        "tasks = [stackless.tasklet(waits)(f)\n"
        "         for f in (receive_softly, receive_hard, receive_plainly)]\n"
        "stackless.run()\n"
        "stacks = [task.cstate is not None for task in tasks]\n"
        "def feeds():\n  for i in range(3): send_softly(channel, i)\n"
        "stackless.tasklet(feeds)(); stackless.run()\n");
    EXPECT_EQ(repr(global("stacks")), "[False, True, True]");
    EXPECT_EQ(repr(global("log")), "[0, 1, 2]");
    exec(
        "del log[:]\n"
        "two = stackless.tasklet(waits)(receive_two)\nstackless.run()\n"
        "stacks = [two.cstate is not None]\nsend_softly(channel, 1)\n"
        "stacks.append(two.cstate is not None)\nsend_softly(channel, 2)\nstackless.run()\n");
    EXPECT_EQ(repr(global("stacks")), "[True, False]");
    EXPECT_EQ(repr(global("log")), "[2]");
    EXPECT_FALSE(STACKLESS_UNWINDING(Py_None));
}

PyObject* step(PyObject* retval, long* step, PyObject** ob1, PyObject**, PyObject**, long* n,
               void**) {
    EXPECT_EQ(*step, 0);
    EXPECT_EQ(*ob1, Py_True);
    PyObject* scheduled = PyStackless_Schedule(retval, 0);
    Py_XDECREF(scheduled);
    return PyLong_FromLong(*n + 1);
}

PyStacklessFunctionDeclarationObject declaration = {PyObject_HEAD_INIT(nullptr) step, "step",
                                                    nullptr};
PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "declares", nullptr, 0, nullptr, nullptr, nullptr, nullptr, nullptr};

TEST_F(CApi, FunctionsInStepsAreCalled) {
    PyObject* module = PyModule_Create(&definition);
    EXPECT_EQ(PyStackless_InitFunctionDeclaration(&declaration, module, &definition), 0);
    EXPECT_STREQ(declaration.module_name, "declares");
    EXPECT_TRUE(PyStacklessFunctionDeclarationType_CheckExact(&declaration));
    PyObject* result =
        PyStackless_CallFunction(&declaration, nullptr, Py_True, nullptr, nullptr, 41, nullptr);
    EXPECT_EQ(PyLong_AsLong(result), 42);
    Py_XDECREF(result);
    Py_DECREF(module);
}

TEST_F(CApi, HostsCallMethods) {
    PyObject* list = PyList_New(0);
    PyObject* done = PyStackless_CallMethod_Main(list, "append", "i", 3);
    EXPECT_EQ(done, Py_None);
    Py_XDECREF(done);
    EXPECT_EQ(repr(list), "[3]");
    PyObject* args = Py_BuildValue("(O)", list);
    PyObject* length =
        PyStackless_Call_Main(reinterpret_cast<PyObject*>(&PyTuple_Type), args, nullptr);
    EXPECT_EQ(repr(length), "(3,)");
    Py_XDECREF(length);
    Py_DECREF(args);
    EXPECT_EQ(PyStackless_CallMethod_Main(list, "missing", nullptr), nullptr);
    EXPECT_EQ(fetch_error(), "AttributeError");
    Py_DECREF(list);
}

}  // namespace
