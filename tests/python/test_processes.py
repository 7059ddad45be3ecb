"""Processes started with tasklets about: os.fork(), subprocess, multiprocessing."""

import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

import stackless
from support import StacklessTestCase, run_script

MULTIPROCESSING = """
import multiprocessing, stackless, sys

def work(number):
    channel = stackless.channel()
    stackless.tasklet(channel.send)(number * 2)
    return channel.receive()

def talk(connection):
    channel = stackless.channel()
    def forward():
        while True:
            channel.send(connection.recv())
    stackless.tasklet(forward)()
    connection.send([channel.receive() for _ in range(3)])

if __name__ == "__main__":
    method = sys.argv[1]
    context = multiprocessing.get_context(method)
    waiting = stackless.tasklet(stackless.channel().receive)()
    stackless.run()
    with context.Pool(2) as pool:
        results = []
        # Each result is waited for in a tasklet of its own.
        for number in range(10):
            stackless.tasklet(lambda n: results.append(pool.apply(work, (n,))))(number)
        stackless.run()
        print(sorted(results))
        print(pool.map(work, range(5)))
    ours, theirs = context.Pipe()
    process = context.Process(target=talk, args=(theirs,))
    process.start()
    for item in "abc":
        ours.send(item)
    print(ours.recv())
    process.join()
    print(process.exitcode, waiting.blocked)
"""


class ForkTest(StacklessTestCase):
    def fork(self, function):
        """What the function returns in a child process, as its exit status."""
        pid = os.fork()
        if pid == 0:
            status = 255
            try:
                status = function()
            finally:
                os._exit(status)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def test_child_has_the_tasklets(self):
        channel = stackless.channel()
        log = []

        def work():
            log.append(channel.receive())

        waiting = self.block(work)

        def child():
            channel.send(7)
            stackless.run()
            return log[0] if not waiting.alive else 1

        self.assertEqual(self.fork(child), 7)
        # The parent's are as they were.
        self.assertTrue(waiting.blocked)
        channel.send(8)
        stackless.run()
        self.assertEqual(log, [8])

    def test_fork_in_a_tasklet(self):
        statuses = []

        def work(number):
            stackless.schedule()
            statuses.append(self.fork(lambda: number + stackless.getruncount()))
            stackless.schedule()

        for number in (10, 20):
            self.start(work, number)
        stackless.run()
        self.assertEqual(statuses, [12, 22])

    def test_fork_with_c_stacks(self):
        def work():
            return sorted([1, 2], key=lambda n: stackless.schedule_remove(None) or n)

        paused = self.pause(work)
        self.assertEqual(self.fork(lambda: (paused.insert(), stackless.run(), paused.kill(), 3)[-1]), 3)
        paused.kill()

    def test_child_in_which_the_tasklet_ends(self):
        # As os.fork() is mostly used: the child leaves by an exception, and runs what is left.
        program = """
            import os, stackless, sys
            def child():
                if os.fork() == 0:
                    print("child", flush=True)
                    sys.exit(3)
                print(os.waitstatus_to_exitcode(os.wait()[1]))
            stackless.tasklet(child)()
            stackless.run()
        """
        result = run_script(textwrap.dedent(program))
        self.assertEqual((result.stdout, result.stderr, result.returncode), ("child\n3\n", "", 0))


class SubprocessTest(StacklessTestCase):
    def test_processes_of_several_tasklets(self):
        outputs = []

        def work(number):
            process = subprocess.Popen([sys.executable, "-c", f"print({number})"], stdout=subprocess.PIPE, text=True)
            stackless.schedule()
            outputs.append(process.communicate()[0])

        for number in range(4):
            self.start(work, number)
        stackless.run()
        self.assertEqual(outputs, ["0\n", "1\n", "2\n", "3\n"])

    def test_function_before_the_program(self):
        seen = []

        def before():
            channel = stackless.channel()
            stackless.tasklet(channel.send)(5)
            os.environ["SAMPLE"] = str(channel.receive())
            os.write(1, os.environ["SAMPLE"].encode())

        self.start(lambda: seen.append(subprocess.check_output(["true"], preexec_fn=before)))
        stackless.run()
        self.assertEqual(seen, [b"5"])


class MultiprocessingTest(unittest.TestCase):
    def check(self, method):
        with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
            file.write(MULTIPROCESSING)
            file.flush()
            result = subprocess.run([sys.executable, file.name, method], capture_output=True, text=True, timeout=600)
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.stdout, f"{[n * 2 for n in range(10)]}\n{[0, 2, 4, 6, 8]}\n['a', 'b', 'c']\n0 True\n")

    def test_fork(self):
        self.check("fork")

    def test_spawn(self):
        self.check("spawn")

    def test_forkserver(self):
        self.check("forkserver")


if __name__ == "__main__":
    unittest.main()
