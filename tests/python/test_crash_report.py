"""What a fatal error tells about tasklets, after what CPython tells."""

import re
import subprocess
import sys
import unittest

PYTHON = "/usr/bin/python3.11"

# Tasklets in all states, and one that crashes in what pickle calls back.
PROGRAM = """
import ctypes, faulthandler, functools, os, pickle, re, sys, threading
import stackless

class Worker(stackless.tasklet):
    pass

def receive(channel):
    channel.receive()

def send(channel):
    channel.send(1)

def give_way():
    while True:
        stackless.schedule()

def pause():
    stackless.schedule_remove()

class Table:
    def __getitem__(self, letter):
        stackless.schedule_remove()  # in C code

def crash(error):
    class Reduced:
        def __reduce__(self):
            error()
    pickle.dumps(Reduced())

incoming, outgoing = stackless.channel(), stackless.channel()
Worker(receive)(incoming)
stackless.tasklet(send)(outgoing)
kept = [stackless.tasklet(pause)(), stackless.tasklet("x".translate)(Table())]
stackless.tasklet(give_way)()
stackless.schedule()
stackless.tasklet(crash)(lambda: ERROR)
stackless.tasklet(pause)()
stackless.run()
"""

C_STACK = r"^C stack of tasklet 0x[0-9a-f]+ \(most recent call first\):$"
C_FUNCTION = r"^  #(\d+) 0x[0-9a-f]{16} (.*)$"
TASKLET = r"^  0x[0-9a-f]+ (.*)$"


def run(program, *options, interpreter=sys.executable):
    """Runs a program that is to crash. Returns what ended it, and its standard error."""
    result = subprocess.run(
        [interpreter, "-X", "faulthandler", *options, "-c", program],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    # An emulator of the processor adds a line.
    return result.returncode, re.sub(r"^qemu: .*\n", "", result.stderr, flags=re.MULTILINE)


def without_addresses(text):
    return re.sub(r"0x[0-9a-f]+", "0x", text)


class CrashTest(unittest.TestCase):
    def crash(self, error, program=PROGRAM):
        self.status, self.report = run(program.replace("ERROR", error))
        return self.report

    def part(self, heading, line):
        """What `line` finds in the lines after a heading, which must all be of its form."""
        found = re.search(heading, self.report, re.MULTILINE)
        self.assertIsNotNone(found, self.report)
        lines = self.report[found.end() + 1 :].split("\n\n")[0].splitlines()
        for each in lines:
            self.assertRegex(each, line)
        return [re.match(line, each).groups() for each in lines]

    def c_functions(self):
        functions = self.part(C_STACK, C_FUNCTION + r"|^  \.\.\.$")
        numbers = [number for number, _ in functions if number is not None]
        self.assertEqual(numbers, [str(place) for place in range(len(numbers))])
        return [name for _, name in functions]

    def assert_in_order(self, expected, found):
        """Each expected text is in an item of its own, the items in this order."""
        items = iter(found)
        for text in expected:
            self.assertTrue(any(text in item for item in items), (text, found))

    def test_parts_and_their_order(self):
        report = self.crash("ctypes.string_at(0)")
        self.assertEqual(self.status, -11)
        headings = [
            "Fatal Python error: Segmentation fault",
            "Current thread ",
            " in crash",
            "C stack of tasklet ",
            "Other tasklets:",
        ]
        self.assert_in_order(headings, report.splitlines())

    def test_c_stack(self):
        self.crash("ctypes.string_at(0)")
        expected = [
            "libc.so",
            "_ctypes.",
            " (libffi.so",
            "stackless::eval::",
            "_PyEval_Vector (stackless)",
            "object___reduce_ex__ (stackless)",
            "_pickle_dumps (stackless)",
            "stackless::eval::run_loop (stackless)",
        ]
        functions = self.c_functions()
        self.assertIn("libc.so", functions[0])
        self.assert_in_order(expected, functions)

    def test_other_tasklets(self):
        def place(function, line):
            return f'File "<string>", line {PROGRAM.splitlines().index(line) + 1} in {function}'

        self.crash("ctypes.string_at(0)")
        lines = [without_addresses(line) for (line,) in self.part("^Other tasklets:$", TASKLET)]
        self.assertEqual(
            lines[:3],
            [
                "runnable, not started: " + place("pause", "def pause():"),
                "runnable: " + place("give_way", "        stackless.schedule()"),
                "waiting in run(): " + place("<module>", "stackless.run()"),
            ],
        )
        self.assertCountEqual(
            lines[3:],
            [
                "receiving on channel 0x: " + place("receive", "    channel.receive()"),
                "sending on channel 0x: " + place("send", "    channel.send(1)"),
                "paused: " + place("pause", "    stackless.schedule_remove()"),
                "paused: "
                + place("__getitem__", "        stackless.schedule_remove()  # in C code")
                + ", with C code active: slot_mp_subscript (stackless)",
            ],
        )

    def test_kinds_of_crash(self):
        for error, status, text, innermost in [
            ("faulthandler._sigsegv()", -11, "Segmentation fault", ""),
            ("faulthandler._sigabrt()", -6, "Aborted", "libc.so"),
            ("os.abort()", -6, "Aborted", "libc.so"),
            ("ctypes.CFUNCTYPE(None)(8)()", -11, "Segmentation fault", "??"),
            ("ctypes.CFUNCTYPE(None)(id(None))()", -11, "Segmentation fault", "_Py_NoneStruct ("),
            ("ctypes.pythonapi.Py_FatalError(b'reason')", -6, "reason", "fatal_error (stackless)"),
        ]:
            with self.subTest(error=error):
                report = self.crash(error)
                self.assertEqual(self.status, status)
                self.assertRegex(report, f"^Fatal Python error: .*{text}")
                functions = self.c_functions()
                self.assertIn(innermost, functions[0])
                self.assert_in_order(["object___reduce_ex__ (", "_pickle_dumps ("], functions)
                self.assertEqual(len(self.part("^Other tasklets:$", TASKLET)), 7)

    def test_full_stack(self):
        self.crash("faulthandler._stack_overflow()")
        self.assertEqual(self.status, -11)
        functions = self.c_functions()
        self.assertEqual(functions, ["stack_overflow (stackless)"] * 100 + [None])
        self.assertEqual(len(self.part("^Other tasklets:$", TASKLET)), 7)

    def test_main_alone(self):
        program = "import faulthandler, stackless; stackless.current; faulthandler._sigsegv()"
        self.crash("", program)
        self.assert_in_order(["faulthandler", "Py_RunMain (stackless)"], self.c_functions())
        self.assertNotIn("Other tasklets", self.report)

    def test_thread_without_python(self):
        report = self.crash("faulthandler._fatal_error_c_thread()")
        self.assertIn("\nC stack of the current thread (most recent call first):\n", report)
        lines = [without_addresses(line) for (line,) in self.part("^Other tasklets:$", TASKLET)]
        self.assertRegex(lines[0], r'^running, thread 0x: File "<string>", line \d+ in <lambda>$')
        self.assertEqual(len(lines), 8)

    def test_tasklets_of_another_thread(self):
        program = """
import faulthandler, stackless, threading
ready, never = threading.Event(), threading.Event()
def give_way():
    stackless.schedule()
def work():
    stackless.tasklet(give_way)()
    stackless.schedule()
    ready.set()
    never.wait()
threading.Thread(target=work, daemon=True).start()
ready.wait()
stackless.getcurrent()
faulthandler._sigsegv()
"""
        self.crash("", program)
        lines = [without_addresses(line) for (line,) in self.part("^Other tasklets:$", TASKLET)]
        running, runnable = lines
        self.assertRegex(running, r'^running, thread 0x: File ".*threading\.py", line \d+ in wait$')
        self.assertEqual(runnable, 'runnable, thread 0x: File "<string>", line 5 in give_way')

    def test_many_tasklets(self):
        program = """
import faulthandler, stackless
def give_way():
    stackless.schedule()
for _ in range(2000):
    stackless.tasklet(give_way)()
faulthandler._sigsegv()
"""
        report = self.crash("", program)
        self.assertEqual(report.count("runnable"), 1000)
        self.assertIn("\n  ...\n", report)


class AsCpythonTest(unittest.TestCase):
    """Without tasklets, a fatal error is reported as CPython does."""

    def assert_same_report(self, program, *options):
        status, report = run(program, *options)
        self.assertEqual((status, without_addresses(report)), self.expected(program, *options))
        self.assertNotIn("tasklet", report)

    def expected(self, program, *options):
        status, report = run(program, *options, interpreter=PYTHON)
        return status, without_addresses(report)

    def test_signal(self):
        self.assert_same_report(
            "import faulthandler, pickle\n"
            "class Reduced:\n"
            "    def __reduce__(self): faulthandler._sigsegv()\n"
            "pickle.dumps(Reduced())"
        )

    def test_fatal_error(self):
        self.assert_same_report("import faulthandler; faulthandler._fatal_error_c_thread()")

    def test_module_without_tasklets(self):
        status, report = run("import stackless, faulthandler; faulthandler._sigsegv()")
        self.assertEqual(status, -11)
        self.assertNotIn("C stack", report)

    def test_traceback_that_is_asked_for(self):
        program = "import faulthandler, stackless; stackless.current; faulthandler.dump_traceback()"
        status, report = run(program)
        self.assertEqual(
            (status, without_addresses(report)),
            (
                0,
                "Current thread 0x (most recent call first):\n"
                '  File "<string>", line 1 in <module>\n',
            ),
        )

    def test_end_of_the_interpreter(self):
        status, report = run("import faulthandler, stackless; stackless.current")
        self.assertEqual((status, report), (0, ""))


if __name__ == "__main__":
    unittest.main()
