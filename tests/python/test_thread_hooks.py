"""Tasklets begin with the functions that threading.settrace() and setprofile() set for new threads."""

import sys
import threading
import unittest

import stackless
from stackless import channel, schedule
from support import StacklessTestCase, run_script


class ThreadHooksTest(StacklessTestCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(threading.settrace, None)
        self.addCleanup(threading.setprofile, None)
        self.addCleanup(sys.settrace, None)

    def recorder(self, name):
        """A trace or profile function that logs the events of functions called `traced`."""

        def record(frame, event, argument):
            if frame.f_code.co_name == "traced" and event in ("call", "return"):
                self.log.append((name, event))
            return record

        return record

    def test_trace_function(self):
        def traced():
            self.assertIs(sys.gettrace(), hook)
            schedule()

        hook = self.recorder("hook")
        threading.settrace(hook)
        self.start(traced)
        self.start(traced)
        stackless.run()
        self.assertEqual(self.log, [("hook", "call")] * 2 + [("hook", "return")] * 2)
        self.assertIsNone(sys.gettrace())

    def test_profile_function(self):
        def traced():
            self.assertIs(stackless.current.profile_function, hook)

        hook = self.recorder("hook")
        threading.setprofile(hook)
        self.start(traced)
        stackless.run()
        self.assertEqual(self.log, [("hook", "call"), ("hook", "return")])
        self.assertIsNone(sys.getprofile())

    def test_is_that_of_the_first_run(self):
        def traced():
            pass

        self.start(traced)
        threading.settrace(self.recorder("later"))
        self.start(traced)
        schedule()
        threading.settrace(None)
        self.start(traced)
        stackless.run()
        self.assertEqual(self.log, [("later", "call"), ("later", "return")] * 2)

    def test_tasklets_that_have_run_keep_theirs(self):
        def traced():
            schedule()
            inner()

        def inner():
            self.log.append(sys.gettrace())

        self.start(traced)
        schedule()
        threading.settrace(self.recorder("hook"))
        stackless.run()
        self.assertEqual(self.log, [None])

    def test_own_function_is_kept(self):
        def traced():
            pass

        threading.settrace(self.recorder("hook"))
        threading.setprofile(self.recorder("profile hook"))
        tasklet = self.start(traced)
        tasklet.trace_function = self.recorder("own")
        stackless.run()
        self.assertEqual(
            self.log, [("own", "call"), ("profile hook", "call"), ("own", "return"), ("profile hook", "return")]
        )

    def test_started_by_every_kind_of_switch(self):
        def traced():
            pass

        def meet():
            meeting.send(None)

        meeting = channel()
        threading.settrace(self.recorder("hook"))
        for begin in (schedule, stackless.run, lambda: tasklet.run(), lambda: tasklet.switch()):
            tasklet = self.start(traced)
            begin()
            stackless.run()
            self.assertEqual(self.log, [("hook", "call"), ("hook", "return")])
            del self.log[:]
        self.start(meet)
        self.start(traced)
        meeting.receive()
        stackless.run()
        self.assertEqual(self.log, [("hook", "call"), ("hook", "return")])

    def test_threading_imported_later(self):
        result = run_script(
            "import sys, stackless\n"
            "def work():\n"
            "    print(sys.gettrace())\n"
            "stackless.tasklet(work)()\n"
            "stackless.run()\n"
            "assert 'threading' not in sys.modules\n"
            "import threading\n"
            "stackless.tasklet(work)()\n"
            "stackless.run()\n"
            "def hook(*args):\n"
            "    pass\n"
            "threading.settrace(hook)\n"
            "stackless.tasklet(work)()\n"
            "stackless.run()\n"
            "del sys.modules['threading']\n"
            "stackless.tasklet(work)()\n"
            "stackless.run()\n"
            "sys.modules['threading'] = threading\n"
        )
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"\ANone\nNone\n<function hook at \w+>\nNone\n\Z")

    def test_refused_by_an_audit_hook(self):
        result = run_script(
            "import sys, stackless, threading\n"
            "def refuse(event, args):\n"
            "    if event == 'sys.settrace':\n"
            "        raise KeyError(event)\n"
            "threading.settrace(lambda *args: None)\n"
            "sys.addaudithook(refuse)\n"
            "stackless.tasklet(print)('never')\n"
            "try:\n"
            "    stackless.run()\n"
            "except KeyError as error:\n"
            "    print(error)\n"
        )
        self.assertEqual((result.returncode, result.stderr, result.stdout), (0, "", "'sys.settrace'\n"))


if __name__ == "__main__":
    unittest.main()
