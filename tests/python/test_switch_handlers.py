"""schedule(), send() and receive() where the loop does them itself: as their C functions do them, whatever is about."""

import contextlib
import contextvars
import gc
import random
import sys
import threading
import unittest
import weakref

import stackless
from stackless import channel
from support import StacklessTestCase, needs_soft_switching

WARM = 100


# ---- The ways to call them. The first one always calls the C functions, the others do not once they are specialised.


class ByUnpacking:
    @staticmethod
    def send(to, value):
        return to.send(*(value,))

    @staticmethod
    def receive(source):
        return source.receive(*())

    @staticmethod
    def schedule():
        return stackless.schedule(*())


class ByMethod:
    @staticmethod
    def send(to, value):
        return to.send(value)

    @staticmethod
    def receive(source):
        return source.receive()

    @staticmethod
    def schedule():
        return stackless.schedule()


class ByBoundMethod:
    @staticmethod
    def send(to, value):
        send = to.send
        return send(value)

    @staticmethod
    def receive(source):
        receive = source.receive
        return receive()

    @staticmethod
    def schedule(function=stackless.schedule):
        return function()


class StepByUnpacking(ByUnpacking):
    @staticmethod
    def receive(source):
        try:
            return source.__next__(*())
        except StopIteration:
            return "closed"


class StepByLoop(ByMethod):
    @staticmethod
    def receive(source):
        for value in source:
            return value
        return "closed"


SPECIALISED = [ByMethod, ByBoundMethod, StepByLoop]
ALL_WAYS = [ByUnpacking, StepByUnpacking, *SPECIALISED]


def warm_up(way):
    """Both meetings of both preferences, a blocked sender and receiver, and schedule()."""

    def exchange(first, second):
        for _ in range(WARM):
            way.send(first, 1)
            way.receive(second)
            way.schedule()

    for preference in (-1, 1):
        there, back = channel(), channel()
        there.preference = back.preference = preference
        stackless.tasklet(exchange)(there, back)
        stackless.tasklet(lambda: exchange_back(there, back))()

        def exchange_back(first, second):
            for _ in range(WARM):
                way.receive(first)
                way.send(second, 2)
                way.schedule()

        stackless.run()


def setUpModule():
    for way in SPECIALISED:
        warm_up(way)


# ---- Random programs, which have to do the same in each way


class Channel(channel):
    """A subclass, with a dictionary."""


own_number = contextvars.ContextVar("own_number")


def queue_behind(current):
    following = current.next
    while following is not current and following is not None:
        yield following
        following = following.next


class Program:
    """A few tasklets that act on a few channels. The log says what each of them saw."""

    TASKLETS = 5
    CHANNELS = 3
    STEPS = 25

    def __init__(self, seed, way):
        self.random = random.Random(seed)
        self.way = way
        self.log = []
        self.channels = [self.make_channel() for _ in range(self.CHANNELS)]
        lists = [self.choose_steps() for _ in range(self.TASKLETS)]
        self.tasklets = [stackless.tasklet(self.body) for _ in lists]
        for number, (tasklet, steps) in enumerate(zip(self.tasklets, lists)):
            tasklet.setup(number, steps)
        self.is_watched = self.random.random() < 0.1

    def make_channel(self):
        made = self.random.choice([channel, Channel])()
        made.preference = self.random.choice([-1, -1, 0, 1])
        made.schedule_all = self.random.random() < 0.15
        return made

    def choose_steps(self):
        return [self.choose_step() for _ in range(self.STEPS)]

    def choose_step(self):
        act = self.random.choice([self.send, self.send, self.receive, self.receive, self.schedule])
        around = self.random.choice([self.plainly] * 12 + self.SURROUNDINGS)
        return around, act, self.random.randrange(self.CHANNELS), self.random.randrange(1000)

    def run(self):
        stackless.run(timeout=10**9 if self.is_watched else 0)
        stackless.set_schedule_callback(None)
        stackless.set_channel_callback(None)
        self.log.append([self.state_of(tasklet) for tasklet in self.tasklets])
        for tasklet in self.tasklets:
            tasklet.kill()
        self.log.append([one.balance for one in self.channels])
        return self.log

    def body(self, number, steps):
        own_number.set(number)
        for around, act, place, detail in steps:
            try:
                result = around(self, act, self.channels[place], detail)
            except Exception as error:
                result = repr(error)
            self.note(number, act.__name__, result)

    def note(self, number, action, result):
        current = stackless.getcurrent()
        self.log.append(
            (
                number,
                action,
                self.name(result),
                own_number.get(),
                repr(sys.exception()),
                current.recursion_depth,
                [self.name(tasklet) for tasklet in queue_behind(current)],
                [(one.balance, self.name(one.queue)) for one in self.channels],
            )
        )

    def name(self, value):
        if isinstance(value, (tuple, list)):
            return [self.name(item) for item in value]
        if isinstance(value, stackless.bomb):
            return repr(value.value)
        return self.tasklets.index(value) if value in self.tasklets else str(value)

    def state_of(self, tasklet):
        return tasklet.alive, tasklet.blocked, tasklet.paused, self.name(tasklet.tempval)

    # What a tasklet does

    def send(self, to, detail):
        if detail % 7 == 0:
            return to.send_exception(ValueError, detail)
        return self.way.send(to, self.tasklets[detail % 5] if detail % 11 == 0 else detail)

    def receive(self, source, detail):
        return self.way.receive(source)

    def schedule(self, source, detail):
        return self.way.schedule()

    # What is about meanwhile

    def plainly(self, act, *args):
        return act(*args)

    def while_handling_an_exception(self, act, place, detail):
        try:
            raise KeyError(detail)
        except KeyError as error:
            result = act(place, detail)
            return result, sys.exception() is error

    def in_a_generator(self, act, *args):
        def generate():
            try:
                raise LookupError
            except LookupError as error:
                yield act(*args)
                yield sys.exception() is error

        return list(generate())

    def with_a_block_trap(self, act, *args):
        current = stackless.getcurrent()
        current.block_trap = True
        try:
            return act(*args)
        finally:
            current.block_trap = False

    def with_a_switch_trap(self, act, *args):
        stackless.switch_trap(1)
        try:
            return act(*args)
        finally:
            stackless.switch_trap(-1)

    def closed(self, act, place, detail):
        place.close()
        try:
            return act(place, detail)
        finally:
            place.open()

    def with_a_tempval(self, act, *args):
        stackless.getcurrent().tempval = "mine"
        return act(*args)

    def with_a_tempval_for_another(self, act, place, detail):
        if place.queue is not None:
            place.queue.tempval = f"from outside {detail}"
        return act(place, detail)

    def watching_switches(self, act, *args):
        def watch(*both):
            self.log.append([self.name(tasklet) for tasklet in both])

        stackless.set_schedule_callback(watch if args[-1] % 2 else None)
        return act(*args)

    def watching_channels(self, act, *args):
        def watch(where, who, *kind):
            self.log.append((self.channels.index(where), self.name(who), kind))

        stackless.set_channel_callback(watch if args[-1] % 2 else None)
        return act(*args)

    def traced(self, act, *args):
        old = sys.gettrace()
        sys.settrace(lambda *event: None)
        try:
            return act(*args)
        finally:
            sys.settrace(old)

    def with_event_loop_hooks(self, act, *args):
        old = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(firstiter=self.note)
        try:
            return act(*args), sys.get_asyncgen_hooks().firstiter == self.note
        finally:
            sys.set_asyncgen_hooks(*old)

    def below_c_code(self, act, *args):
        """The tasklet keeps its C stack."""

        class Hashed:
            def __hash__(self):
                act(*args)
                return 1

        return {}.get(Hashed())

    SURROUNDINGS = [
        while_handling_an_exception,
        in_a_generator,
        with_a_block_trap,
        with_a_switch_trap,
        closed,
        with_a_tempval,
        with_a_tempval_for_another,
        watching_switches,
        watching_channels,
        traced,
        with_event_loop_hooks,
        below_c_code,
    ]




class RandomProgramsTest(StacklessTestCase):
    def run_program(self, seed, way):
        log = Program(seed, way).run()
        self.restore_scheduler()
        return log

    def test_each_way_does_the_same(self):
        for seed in range(200):
            for by_function, *others in [(ByUnpacking, ByMethod, ByBoundMethod), (StepByUnpacking, StepByLoop)]:
                expected = self.run_program(seed, by_function)
                for way in others:
                    with self.subTest(way.__name__, seed=seed):
                        self.assertEqual(self.run_program(seed, way), expected)


# ---- Lifetimes


class Parcel:
    pass


class LifetimesTest(StacklessTestCase):
    """Nothing is dropped too early, and nothing is kept."""

    def each_way(self):
        for way in ALL_WAYS:
            with self.subTest(way.__name__):
                yield way

    def test_a_value_that_only_the_call_holds(self):
        for way in self.each_way():
            meeting = channel()

            def pass_on():
                parcel = Parcel()
                self.log.append(weakref.ref(parcel))
                way.send(meeting, [parcel, parcel].pop())
                del parcel
                way.send(meeting, Parcel())

            def take():
                self.log.append(type(way.receive(meeting)))
                self.log.append(type(way.receive(meeting)))

            for first, second in [(pass_on, take), (take, pass_on)]:
                del self.log[:]
                self.start(first)
                self.start(second)
                stackless.run()
                self.assertEqual(self.log.count(Parcel), 2)
                self.log.remove(Parcel)
                self.log.remove(Parcel)
                self.assertIsNone(self.log[0]())

    def test_a_channel_that_only_the_call_and_a_partner_hold(self):
        for way in self.each_way():
            for preference in (-1, 0, 1):
                meeting = Channel()
                meeting.preference = preference
                gone = weakref.ref(meeting)

                def receive_and_let_go(source):
                    self.log.append(way.receive(source.pop()))

                def send_and_let_go(to):
                    way.send(to.pop(), "last")

                for first, second in [
                    (receive_and_let_go, send_and_let_go),
                    (send_and_let_go, receive_and_let_go),
                ]:
                    del self.log[:]
                    meeting = Channel()
                    meeting.preference = preference
                    gone = weakref.ref(meeting)
                    held = [meeting]
                    self.start(first, held.copy())
                    self.start(second, held)
                    del meeting
                    stackless.run()
                    self.assertEqual(self.log, ["last"])
                    self.assertIsNone(gone())

    def test_a_channel_that_only_its_blocked_tasklet_holds(self):
        for way in self.each_way():
            meeting = Channel()
            gone = weakref.ref(meeting)
            held = [meeting]
            del meeting
            blocked = self.block(lambda: way.receive(held.pop()))
            self.start(self.note, "another")
            stackless.run()
            self.assertIsNotNone(gone())
            blocked.kill()
            del blocked
            gc.collect()
            self.assertIsNone(gone())

    def test_bound_methods_made_for_the_call(self):
        meeting = channel()

        def send_all():
            for number in range(WARM):
                [meeting.send][0](number)

        def receive_all():
            for _ in range(WARM):
                self.log.append([meeting.receive][0]())

        self.start(send_all)
        self.start(receive_all)
        stackless.run()
        self.assertEqual(self.log, list(range(WARM)))

    def test_references_to_what_is_handed_over(self):
        for way in self.each_way():
            parcel, meeting = object(), channel()
            before = sys.getrefcount(parcel), sys.getrefcount(None), sys.getrefcount(meeting)

            def send_all():
                for _ in range(1000):
                    way.send(meeting, parcel)

            def receive_all():
                for _ in range(1000):
                    way.receive(meeting)

            self.start(send_all)
            self.start(receive_all)
            stackless.run()
            after = sys.getrefcount(parcel), sys.getrefcount(None), sys.getrefcount(meeting)
            for old, new in zip(before, after):
                self.assertLess(abs(new - old), 100)

    def test_tasklets_that_are_handed_to_themselves(self):
        for way in self.each_way():
            meeting = channel()

            def send_self():
                way.send(meeting, stackless.getcurrent())

            def receive_self():
                current = stackless.getcurrent()
                self.log.append(way.receive(meeting) is current)

            receiver = self.start(receive_self)
            self.start(lambda: way.send(meeting, receiver))
            stackless.run()
            sender = self.start(send_self)
            self.start(lambda: self.log.append(way.receive(meeting) is sender))
            stackless.run()
            self.assertEqual(self.log, [True, True])
            del self.log[:]
            gone = weakref.ref(sender), weakref.ref(receiver)
            del sender, receiver
            gc.collect()
            self.assertEqual([one() for one in gone], [None, None])


# ---- What takes the short way aside


class OthersTest(StacklessTestCase):
    """Once a call is specialised, it may come upon anything."""

    def test_a_partner_in_another_thread(self):
        for way in SPECIALISED:
            requests, answers = channel(), channel()

            def serve():
                ended = channel()
                stackless.tasklet(answer_all)(ended)
                ended.receive()

            def answer_all(ended):
                for _ in range(WARM):
                    way.send(answers, way.receive(requests) + 1)
                ended.send(None)

            def ask_all(ended):
                for number in range(WARM):
                    way.send(requests, number)
                    self.log.append(way.receive(answers))
                ended.send(None)

            thread = threading.Thread(target=serve)
            thread.start()
            ended = channel()
            self.start(ask_all, ended)
            ended.receive()
            stackless.run()
            thread.join()
            self.assertEqual(self.log, list(range(1, WARM + 1)))
            del self.log[:]

    def test_an_asynchronous_exception(self):
        for way in SPECIALISED:
            meeting = channel()

            def receive_all():
                try:
                    while True:
                        way.receive(meeting)
                except KeyError:
                    self.log.append("raised")

            receiver = self.start(receive_all)
            self.start(lambda: [way.send(meeting, 1) for _ in range(WARM)])
            stackless.run()
            receiver.throw(KeyError, pending=True)
            stackless.run()
            self.assertEqual(self.log, ["raised"])
            del self.log[:]

    def test_other_callables_at_the_same_place(self):
        class Recorder:
            def __init__(self, log):
                self.send = log.append

            def receive(self):
                return "a method in Python"

        def swap(to, value):
            return to.send(value)

        def take(source):
            return source.receive()

        meeting = channel()
        self.start(lambda: [swap(meeting, number) for number in range(WARM)])
        self.start(lambda: self.log.extend(take(meeting) for _ in range(WARM)))
        stackless.run()
        self.assertEqual(self.log, list(range(WARM)))
        del self.log[:]
        self.start(lambda: swap(Recorder(self.log), "recorded"))
        self.start(lambda: self.log.append(take(Recorder(self.log))))
        stackless.run()
        self.assertEqual(self.log, ["recorded", "a method in Python"])

    def test_wrong_arguments(self):
        def call(function, *args):
            return function(*args)

        def send_nothing(to):
            return to.send()

        def send_two(to):
            return to.send(1, 2)

        def receive_one(source):
            return source.receive(1)

        def unbound(of):
            return of.receive(), of.send(1)

        for function in (send_nothing, send_two, receive_one):
            for _ in range(WARM):
                self.start(self.assertRaises, TypeError, function, channel())
            stackless.run()
        for _ in range(WARM):
            self.start(self.assertRaises, TypeError, unbound, channel)
        stackless.run()

    def test_a_method_called_on_the_class(self):
        meeting = channel()

        def send_all():
            for number in range(WARM):
                channel.send(meeting, number)

        def receive_all():
            for _ in range(WARM):
                self.log.append(channel.receive(meeting))

        self.start(send_all)
        self.start(receive_all)
        stackless.run()
        self.assertEqual(self.log, list(range(WARM)))

    def test_the_main_tasklet(self):
        for way in SPECIALISED:
            meeting = channel()
            self.start(lambda: [way.send(meeting, number) for number in range(WARM)])
            self.assertEqual([way.receive(meeting) for _ in range(WARM)], list(range(WARM)))
            stackless.run()

    def test_a_tasklet_that_has_not_run_is_next(self):
        for way in SPECIALISED:

            def start_another(depth):
                if depth:
                    self.start(start_another, depth - 1)
                    way.schedule()
                    self.log.append(depth)

            self.start(start_another, WARM)
            stackless.run()
            self.assertEqual(sorted(self.log), list(range(1, WARM + 1)))
            del self.log[:]

    def test_a_watchdog_interrupts(self):
        for way in SPECIALISED:
            meeting = channel()

            def send_forever():
                while True:
                    way.send(meeting, 1)

            def receive_forever():
                while True:
                    way.receive(meeting)
                    self.log.append(1)

            both = self.start(send_forever), self.start(receive_forever)
            interrupted = stackless.run(timeout=10_000, totaltimeout=True)
            self.assertIn(interrupted, both)
            self.assertGreater(len(self.log), 100)
            for tasklet in both:
                tasklet.kill()
            del self.log[:]

    @needs_soft_switching
    def test_soft_switching_is_taken_away(self):
        for way in SPECIALISED:
            meeting = channel()

            def send_all():
                for number in range(3):
                    stackless.enable_softswitch(number % 2 == 0)
                    way.send(meeting, number)

            def receive_all():
                for _ in range(3):
                    self.log.append(way.receive(meeting))

            self.start(send_all)
            self.start(receive_all)
            try:
                stackless.run()
            finally:
                stackless.enable_softswitch(True)
            self.assertEqual(self.log, [0, 1, 2])
            del self.log[:]

    def test_builtin_functions_without_arguments(self):
        """They share a specialised form with receive()."""
        popleft = {number: number for number in range(WARM)}.popitem

        def call_all():
            with contextlib.suppress(KeyError):
                while True:
                    self.log.append(popleft())

        self.start(call_all)
        stackless.run()
        self.assertEqual(len(self.log), WARM)
        self.assertIsNone(sys.exception())

        def pass_one():
            return popleft(1)

        for _ in range(WARM):
            with self.assertRaises(TypeError):
                pass_one()


if __name__ == "__main__":
    unittest.main()
