"""Tasklets and channels are pickled in the middle of what they do, and go on."""

import io
import pickle
import sys
import threading
import unittest

import pickled_program
import stackless
from support import functions_of, needs_soft_switching, run_script

PICKLERS = [
    (name, dumps, loads, protocol)
    for name, dumps, loads in (("C", pickle.dumps, pickle.loads), ("Python", pickle._dumps, pickle._loads))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
]


def start(function, *args):
    """A tasklet that has run until it gave way."""
    tasklet = stackless.tasklet(function)(*args)
    tasklet.run()
    return tasklet


def copy(value):
    return pickle.loads(pickle.dumps(value))


class GoingOnTest(unittest.TestCase):
    def setUp(self):
        pickled_program.log.clear()
        sys.modules.pop("pickled_module", None)
        self.addCleanup(stackless.run)

    def result(self, program, dumps, loads, protocol):
        """What a program sends in the end, if it is pickled each time that it waits."""
        channel = stackless.channel()
        tasklet = start(program, channel)
        pickles = 0
        while not tasklet.blocked:
            data = dumps((tasklet, channel), protocol)
            tasklet, channel = loads(data)
            self.assertTrue(tasklet.paused)
            self.assertTrue(tasklet.restorable)
            tasklet.run()
            pickles += 1
        self.assertGreater(pickles, 0)
        return channel.receive()

    def uninterrupted(self, program):
        channel = stackless.channel()
        tasklet = start(program, channel)
        while not tasklet.blocked:
            tasklet.run()
        return channel.receive()

    @needs_soft_switching
    def test_programs(self):
        for name, program in pickled_program.PROGRAMS.items():
            sys.modules.pop("pickled_module", None)
            expected = self.uninterrupted(program)
            for pickler, dumps, loads, protocol in PICKLERS:
                with self.subTest(program=name, pickler=pickler, protocol=protocol):
                    sys.modules.pop("pickled_module", None)
                    self.assertEqual(self.result(program, dumps, loads, protocol), expected)

    @needs_soft_switching
    def test_interrupted_by_watchdog(self):
        channel = stackless.channel()
        stackless.tasklet(pickled_program.spin)(20_000, channel)
        interruptions = 0
        while (tasklet := stackless.run(1000)) is not None:
            interruptions += 1
            tasklet, channel = copy((tasklet, channel))
            tasklet.insert()
        self.assertGreater(interruptions, 5)
        self.assertEqual(channel.receive(), 20_000)

    @needs_soft_switching
    def test_interrupted_in_an_import(self):
        """Wherever the watchdog stops it: importlib's locks and files are not in the way."""
        channel = stackless.channel()
        tasklet = stackless.tasklet(pickled_program.import_module)(channel)
        stops = 0
        sys.modules.pop("pickled_module", None)
        while not tasklet.blocked:
            stopped = stackless.run(1)
            stops += stopped is not None
            if stopped is None and not tasklet.blocked:
                tasklet.run()
            elif stopped is not None:
                self.assertIs(stopped, tasklet)
                self.assertGreater(len(pickle.dumps(tasklet)), 0)
                tasklet.insert()
        self.assertGreater(stops, 3)
        self.assertEqual(channel.receive(), "imported")

    @needs_soft_switching
    def test_original_is_left_as_it_was(self):
        channel = stackless.channel()
        tasklet = start(pickled_program.three_deep, 1, channel)
        frame = tasklet.frame
        other, other_channel = copy((tasklet, channel))
        for runner, its_channel in ((other, other_channel), (tasklet, channel)):
            while not runner.blocked:
                runner.run()
            self.assertEqual(its_channel.receive(), 8)
        self.assertIsNot(other.frame, frame)

    @needs_soft_switching
    def test_kill_runs_finally(self):
        tasklet = copy(start(pickled_program.three_deep, 1, stackless.channel()))
        tasklet.kill()
        self.assertEqual(pickled_program.log, ["finally"])
        self.assertFalse(tasklet.alive)

    @needs_soft_switching
    def test_throw(self):
        tasklet = copy(start(pickled_program.three_deep, 1, stackless.channel()))
        try:
            tasklet.throw(LookupError("thrown"))
        except LookupError as error:
            names = functions_of(error.__traceback__)
        self.assertEqual(names[-4:], ["three_deep", "add_up", "leaf", "wait"])

    @needs_soft_switching
    def test_frames(self):
        tasklet = copy(start(pickled_program.three_deep, 1, stackless.channel()))
        frame = tasklet.frame.f_back
        self.assertEqual((frame.f_code.co_name, frame.f_locals), ("leaf", {"number": 1, "double": 2}))
        self.assertEqual(frame.f_back.f_code.co_name, "add_up")
        self.assertEqual(frame.f_lineno, pickled_program.leaf.__code__.co_firstlineno + 2)
        self.assertEqual(tasklet.recursion_depth, 4)

    @needs_soft_switching
    def test_dropped(self):
        tasklet = copy(start(pickled_program.three_deep, 1, stackless.channel()))
        del tasklet
        self.assertEqual(pickled_program.log, [])

    @needs_soft_switching
    def test_in_another_thread(self):
        channel = stackless.channel()
        data = pickle.dumps((start(pickled_program.handle, channel), channel))
        results = []

        def run():
            tasklet, channel = pickle.loads(data)
            tasklet.run()
            results.append((tasklet.thread_id == threading.get_ident(), channel.receive()))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        self.assertEqual(results, [(True, (True, "KeyError('missing')"))])

    @needs_soft_switching
    def test_in_another_process(self):
        channel = stackless.channel()
        data = pickle.dumps((start(pickled_program.consume, channel), channel))
        script = f"""if 1:
            import pickle, sys
            sys.path.insert(0, {str(sys.path[0])!r})
            tasklet, channel = pickle.loads({data!r})
            while not tasklet.blocked:
                tasklet.run()
            print(channel.receive())
            """
        result = run_script(script)
        self.assertEqual((result.stdout, result.stderr), ("[0, 1, 4, 9]\n", ""))


    @needs_soft_switching
    def test_import_in_another_process(self):
        """The module is imported to the end, and not from the beginning."""
        sys.modules.pop("pickled_module", None)
        channel = stackless.channel()
        data = pickle.dumps((start(pickled_program.import_module, channel), channel))
        script = f"""if 1:
            import pickle, sys
            sys.path.insert(0, {str(sys.path[0])!r})
            tasklet, channel = pickle.loads({data!r})
            tasklet.run()
            import pickled_module
            print(channel.receive(), pickled_module.__spec__.name, pickled_module.__spec__._initializing)
            """
        result = run_script(script)
        self.assertEqual((result.stdout, result.stderr), ("imported pickled_module False\n", ""))


class StateTest(unittest.TestCase):
    def setUp(self):
        pickled_program.log.clear()

    def test_unbound(self):
        tasklet = copy(stackless.tasklet())
        self.assertFalse(tasklet.alive)
        with self.assertRaises(RuntimeError):
            tasklet.insert()

    def test_bound_without_arguments(self):
        tasklet = copy(stackless.tasklet(pickled_program.log.append))
        self.assertFalse(tasklet.alive)
        self.assertEqual(tasklet.tempval.__name__, "append")

    def test_bound_with_arguments(self):
        received = []
        channel = stackless.channel()
        tasklet = stackless.tasklet().bind(pickled_program.receive_one, (channel,), {"received": received})
        tasklet, channel, received = copy((tasklet, channel, received))
        self.assertTrue(tasklet.paused)
        tasklet.insert()
        stackless.run()
        channel.send("value")
        self.assertEqual(received, ["value"])

    def test_ended(self):
        tasklet = stackless.tasklet(pickled_program.log.append)(1)
        stackless.run()
        tasklet = copy(tasklet)
        self.assertFalse(tasklet.alive)
        self.assertIsNone(tasklet.frame)

    def test_scheduled_is_paused_after_loading(self):
        original = stackless.tasklet(pickled_program.log.append)(1)
        tasklet = copy(original)
        self.assertTrue(original.scheduled)
        self.assertTrue(tasklet.paused)
        original.kill()
        self.assertEqual(pickled_program.log, [])

    @needs_soft_switching
    def test_flags(self):
        tasklet = start(pickled_program.wait)
        tasklet.set_atomic(True)
        tasklet.set_ignore_nesting(True)
        tasklet.block_trap = True
        tasklet.tempval = "value"
        tasklet = copy(tasklet)
        self.assertEqual(
            (tasklet.atomic, tasklet.ignore_nesting, tasklet.block_trap, tasklet.tempval), (True, True, True, "value")
        )

    @needs_soft_switching
    def test_tempval_that_is_the_tasklet(self):
        tasklet = start(pickled_program.wait)
        tasklet.tempval = tasklet
        tasklet = copy(tasklet)
        self.assertIs(tasklet.tempval, tasklet)

    @needs_soft_switching
    def test_blocked_receivers(self):
        channel, received = stackless.channel(), []
        tasklets = [start(pickled_program.receive_all, channel, received) for _ in range(3)]
        channel, received, tasklets = copy((channel, received, tasklets))
        self.assertEqual(channel.balance, -3)
        self.assertIs(channel.queue, tasklets[0])
        self.assertIs(channel.queue.next, tasklets[1])
        self.assertIs(tasklets[2]._channel, channel)
        self.assertTrue(tasklets[1].blocked)
        channel.send(1)
        channel.send(2)
        channel.send_exception(StopIteration)
        self.assertEqual(received, [(1, True), (2, True), "end"])

    @needs_soft_switching
    def test_blocked_senders(self):
        channel = stackless.channel()
        for number in range(3):
            start(pickled_program.send_one, channel, number)
        channel = copy(channel)
        self.assertEqual(channel.balance, 3)
        self.assertEqual([channel.receive() for _ in range(3)], [0, 1, 2])
        stackless.run()
        self.assertEqual(pickled_program.log, [("sent", 0), ("sent", 1), ("sent", 2)])

    @needs_soft_switching
    def test_blocked_tasklet_takes_its_channel_along(self):
        channel, received = stackless.channel(), []
        first = start(pickled_program.receive_all, channel, received)
        start(pickled_program.receive_all, channel, received)
        first = copy(first)
        self.assertEqual(first._channel.balance, -2)

    def test_channel_attributes(self):
        channel = stackless.channel()
        channel.preference = 1
        channel.schedule_all = True
        channel.close()
        channel = copy(channel)
        self.assertEqual((channel.preference, channel.schedule_all, channel.closing), (1, True, True))

    @needs_soft_switching
    def test_cycle_of_channel_and_tasklet(self):
        """Whichever of them is met first."""
        for order in (0, 1):
            channel, received = stackless.channel(), []
            tasklet = start(pickled_program.receive_all, channel, received)
            received.append(tasklet)
            pair = copy((tasklet, channel) if order else (channel, tasklet))
            tasklet, channel = pair if order else reversed(pair)
            self.assertIs(channel.queue, tasklet)

    @needs_soft_switching
    def test_generator_met_before_the_tasklet_that_runs_it(self):
        tasklet = start(pickled_program.own_generator, stackless.channel())
        generator = tasklet.frame.f_back.f_back.f_locals["holder"][0]
        generator, tasklet = copy((generator, tasklet))
        self.assertTrue(generator.gi_running)
        tasklet.run()
        self.assertEqual(tasklet.tempval, [1, True])


class Named(stackless.tasklet):
    def __init__(self, function=None, name=None):
        super().__init__(function)
        self.name = name


class Slotted(stackless.tasklet):
    __slots__ = ("label",)


class Counted(stackless.tasklet):
    """With methods of its own for pickle, as the documentation of Stackless Python has it."""

    loaded = 0

    def __reduce__(self):
        reduced = list(super().__reduce__())
        reduced[2] = reduced[2] + (self.__dict__,)
        return tuple(reduced)

    def __setstate__(self, state):
        self.__dict__.update(state[-1])
        self.loaded += 1
        return super().__setstate__(state[:-1])


class Box(stackless.channel):
    def __init__(self, size):
        self.size = size


class AsyncGeneratorTest(unittest.TestCase):
    """The finalizer of an asynchronous generator belongs to an event loop: it stays behind, unless flags say otherwise."""

    def setUp(self):
        self.addCleanup(stackless.pickle_flags, stackless.pickle_flags())
        self.addCleanup(sys.set_asyncgen_hooks, *sys.get_asyncgen_hooks())

    def iterated(self):
        sys.set_asyncgen_hooks(firstiter=id, finalizer=pickled_program.forget)
        generator = pickled_program.async_numbers()
        generator.__anext__()
        sys.set_asyncgen_hooks(None, None)
        return generator

    def finalizers(self, flags):
        """What is called for a copy that is dropped half-way."""
        stackless.pickle_flags(flags)
        pickled_program.log.clear()
        generator = copy(self.iterated())
        pickled_program.log.clear()
        sys.set_asyncgen_hooks(firstiter=lambda generator: pickled_program.log.append("first"))
        try:
            generator.asend(None).send(None)
        except StopIteration:
            pass
        del generator
        return pickled_program.log.copy()

    def test_left_behind(self):
        self.assertEqual(self.finalizers(0), [])

    def test_preserved(self):
        flag = stackless.PICKLEFLAGS_PRESERVE_AG_FINALIZER
        self.assertEqual(self.finalizers(flag), ["forgotten"])

    def test_reset(self):
        flag = stackless.PICKLEFLAGS_RESET_AG_FINALIZER
        self.assertEqual(self.finalizers(flag), ["first"])


class StreamTest(unittest.TestCase):
    @needs_soft_switching
    def test_standard_streams(self):
        script = """if 1:
            import pickle, stackless, sys

            def greet(stream):
                stackless.schedule_remove()
                print("greeting", file=stream)

            tasklet = stackless.tasklet(greet)(sys.stdout)
            tasklet.run()
            pickle.loads(pickle.dumps(tasklet)).run()
            """
        result = run_script(script)
        self.assertEqual((result.stdout, result.stderr), ("greeting\n", ""))


class SubclassTest(unittest.TestCase):
    @needs_soft_switching
    def test_attributes(self):
        tasklet = Named(pickled_program.wait, "worker")()
        tasklet.run()
        tasklet = copy(tasklet)
        self.assertEqual((type(tasklet), tasklet.name, tasklet.paused), (Named, "worker", True))

    @needs_soft_switching
    def test_slots(self):
        tasklet = Slotted(pickled_program.wait)()
        tasklet.label = "slot"
        tasklet.run()
        tasklet = copy(tasklet)
        self.assertEqual((type(tasklet), tasklet.label), (Slotted, "slot"))

    @needs_soft_switching
    def test_own_methods(self):
        tasklet = Counted(pickled_program.wait)()
        tasklet.run()
        tasklet.extra = [1]
        tasklet = copy(tasklet)
        self.assertEqual((tasklet.extra, tasklet.loaded, tasklet.paused), ([1], 1, True))

    def test_channel(self):
        box = copy(Box(3))
        self.assertEqual((type(box), box.size), (Box, 3))


class NotRestorableTest(unittest.TestCase):
    def test_current(self):
        results = []
        stackless.tasklet(lambda: results.append(copy(stackless.current)))()
        stackless.run()
        (tasklet,) = results
        self.assertTrue(tasklet.alive)
        self.assertFalse(tasklet.restorable)
        self.assertEqual(tasklet.frame.f_code.co_name, "copy")
        self.assertEqual(tasklet.frame.f_back.f_code.co_name, "<lambda>")
        for use in (tasklet.insert, tasklet.run, tasklet.switch, tasklet):
            with self.assertRaises(RuntimeError):
                use()
        with self.assertRaisesRegex(RuntimeError, r"C code was active in it, called as dumps\(\)"):
            tasklet.insert()
        again = copy(tasklet)
        self.assertEqual((again.alive, again.restorable), (True, False))
        self.assertEqual(again.frame.f_back.f_code.co_name, "<lambda>")
        with self.assertRaisesRegex(RuntimeError, r"called as dumps\(\)"):
            again.insert()
        tasklet.kill()
        self.assertFalse(tasklet.alive)

    def test_c_code_between_frames(self):
        class Picky:
            def __reduce__(self):
                stackless.schedule_remove(None)
                return int, ()

        tasklet = start(pickle.dumps, Picky())
        self.assertGreater(tasklet.nesting_level, 0)
        other = copy(tasklet)
        self.assertFalse(other.restorable)
        self.assertEqual(other.frame.f_code.co_name, "__reduce__")
        with self.assertRaisesRegex(RuntimeError, "C code was active in it"):
            other.run()
        tasklet.kill()

    @needs_soft_switching
    def test_path_to_what_cannot_be_pickled(self):
        def serve(connection):
            state = {"open": [connection]}
            pickled_program.wait()
            return state

        with open(__file__) as file:
            tasklet = Named(serve, "worker")(file)
            tasklet.run()
            line = serve.__code__.co_firstlineno + 2
            for dumps in (pickle.dumps, pickle._dumps):
                with self.assertRaises(TypeError) as caught:
                    dumps([tasklet])
                self.assertEqual(
                    str(caught.exception),
                    "cannot pickle '_io.TextIOWrapper' object: tasklet 'worker' → "
                    f"frame serve() line {line} → local 'connection': TextIOWrapper",
                )
            tasklet.kill()


class RefusedTest(unittest.TestCase):
    """States that no tasklet has."""

    def refuse(self, object, state):
        with self.assertRaises(pickle.UnpicklingError) as caught:
            object.__setstate__(state)
        return str(caught.exception)

    def test_alive(self):
        tasklet = stackless.tasklet(len)("")
        with self.assertRaises(RuntimeError):
            tasklet.__setstate__(stackless.tasklet().__reduce__()[2])
        with self.assertRaises(RuntimeError):
            stackless.current.__setstate__(stackless.tasklet().__reduce__()[2])
        tasklet.kill()

    @needs_soft_switching
    def test_wrong_items(self):
        tasklet = start(pickled_program.wait)
        state = tasklet.__reduce__()[2]
        for index in range(len(state)):
            for wrong in (-1, 1 << 70, "text", (), [], {"bound": 1, "channel": 2, "contexts": 3}, object()):
                if index in (1, 2) or (index == 4 and wrong in ((), {})):
                    continue
                with self.subTest(index=index, wrong=wrong):
                    changed = state[:index] + (wrong,) + state[index + 1 :]
                    try:
                        stackless.tasklet().__setstate__(changed)
                    except pickle.UnpicklingError:
                        pass
        for wrong in ((), state[1:], state + state, None, [1]):
            self.refuse(stackless.tasklet(), wrong)
            self.refuse(stackless.channel(), wrong)

    @needs_soft_switching
    def test_frames_without_a_beginning(self):
        state = start(pickled_program.wait).__reduce__()[2]
        ready, started = 1, 2
        for flags in (0, ready | started):
            self.assertIn("cannot have the state", self.refuse(stackless.tasklet(), (flags, *state[1:])))

    @needs_soft_switching
    def test_wrong_frames(self):
        state = start(pickled_program.three_deep, 1, stackless.channel()).__reduce__()[2]
        frames = state[3]
        for depth, content in enumerate(frames):
            for index in range(len(content)):
                for wrong in (None, True, -5, 3, 1 << 40, "text", (), [], {}, len, self.refuse):
                    changed = content[:index] + (wrong,) + content[index + 1 :]
                    changed_frames = frames[:depth] + (changed,) + frames[depth + 1 :]
                    try:
                        tasklet = stackless.tasklet()
                        tasklet.__setstate__((*state[:3], changed_frames, state[4]))
                    except pickle.UnpicklingError:
                        continue
                    try:
                        while tasklet.paused:
                            tasklet.run()
                    except Exception:
                        pass
                    tasklet.kill()

    @needs_soft_switching
    def test_frames_of_another_tasklet(self):
        tasklet = start(pickled_program.consume, stackless.channel())
        self.assertIn("that another one runs", self.refuse(stackless.tasklet(), tasklet.__reduce__()[2]))

    def test_queue_of_a_channel(self):
        state = stackless.channel().__reduce__()[2]
        self.assertIn("cannot wait", self.refuse(stackless.channel(), (*state[:2], [1], None)))
        channel = stackless.channel()
        channel.__setstate__((*state[:2], [stackless.tasklet(), stackless.current], None))
        self.assertEqual(channel.balance, 0)


class StockPicklesTest(unittest.TestCase):
    def test_other_pickles_are_those_of_python(self):
        values = [unittest.TestCase, copy, len, Named, io.StringIO("text"), ValueError("text"), range(3), {1: [2]}]
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            script = f"""if 1:
                import sys
                sys.path.insert(0, {str(sys.path[0])!r})
                import pickle, unittest, io
                values = [unittest.TestCase, len, ValueError("text"), range(3), {{1: [2]}}, pickle.Pickler]
                print(pickle.dumps(values, {protocol}), pickle._dumps(values, {protocol}))
                """
            with_tasklets = run_script("import stackless\n" + script)
            without = run_script(script)
            self.assertEqual(with_tasklets.stdout, without.stdout)
        del values


if __name__ == "__main__":
    unittest.main()
