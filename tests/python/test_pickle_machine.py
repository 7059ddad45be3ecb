"""A pickled computation has nothing in it of the machine and the process that wrote it: no address, no hash, no native number."""

import marshal
import pickletools
import re
import sys
import types
import unittest

from support import needs_soft_switching, run_script

# Pickles the programs of the other tests at their first stops. Prints each in hexadecimal.
PICKLE_PROGRAMS = f"""
import sys
sys.path.insert(0, {str(sys.path[0])!r})
import pickle
import pickletools
import pickled_program
import stackless

def generate(limit):
    total = 0
    for number in range(limit):
        total += yield {{number: str(number)}}

def by_value(channel):
    generator = generate(3)
    next(generator)
    made = [lambda x: x + total for total in range(3)]
    pickled_program.wait()
    channel.send((generator, made))

def tasklets():
    for name, program in sorted(pickled_program.PROGRAMS.items()) + [("by value", by_value)]:
        channel = stackless.channel()
        tasklet = stackless.tasklet(program)(channel)
        tasklet.run()
        yield name, (tasklet, channel)

def write():
    # A random number says which process has written a pickle with a module in it that is only there, as __main__.
    *_, number = [argument for opcode, argument, _ in pickletools.genops(pickle.dumps([generate(1), generate], 4))
                  if opcode.name == "LONG1"]
    for name, value in tasklets():
        data = pickle.dumps(value)
        operations = list(pickletools.genops(data)) + [(None, None, len(data))]
        for (opcode, argument, start), (_, _, end) in reversed(list(zip(operations, operations[1:]))):
            if argument == number or opcode.name == "FRAME":
                data = data[:start] + data[end:]
        print(name, data.hex(), sep=":")
        pickled_program.log.clear()
        sys.modules.pop("pickled_module", None)
"""

# What a process may have done before.
PLAIN = PICKLE_PROGRAMS + "write()"
AFTER_OTHER_WORK = f"""
kept = [object() for _ in range(10_000)]
import collections, decimal, json, random
random.shuffle(kept)
del kept[::2]
{PICKLE_PROGRAMS}
for name, value in tasklets():
    [pickle.loads(pickle.dumps(value)) for _ in range(20)]
    pickle._dumps(value)
    sys.modules.pop("pickled_module", None)
for _ in range(500):
    pickled_program.negated
    pickled_program.Computed.__len__
write()
"""

MAPS = PICKLE_PROGRAMS + "write(); print(open('/proc/self/maps').read())"


def pickles_of(script, **environment):
    result = run_script(script, environment=environment)
    if result.stderr:
        raise AssertionError(result.stderr)
    return parse_pickles(result.stdout), result.stdout


def parse_pickles(output):
    """What PICKLE_PROGRAMS has printed."""
    lines = re.findall(r"^([^:\n]+):([0-9a-f]+)$", output, re.MULTILINE)
    return {name: bytes.fromhex(data) for name, data in lines}


def marshalled(data):
    """The bytes that are in a pickle."""
    return [argument for _, argument, _ in pickletools.genops(data) if isinstance(argument, bytes)]


@needs_soft_switching
class MachineTest(unittest.TestCase):
    def test_the_same_from_each_process(self):
        expected, _ = pickles_of(PLAIN, PYTHONHASHSEED="0")
        self.assertGreater(len(expected), 10)
        for script, seed in ((PLAIN, "0"), (PLAIN, "1"), (PLAIN, "random"), (AFTER_OTHER_WORK, "2")):
            found, _ = pickles_of(script, PYTHONHASHSEED=seed)
            for name, data in expected.items():
                # What marshal writes of the same code depends on who else refers to its constants.
                if script is AFTER_OTHER_WORK and marshalled(data):
                    continue
                with self.subTest(program=name, seed=seed, after_other_work=script is AFTER_OTHER_WORK):
                    self.assertEqual(pickletools.optimize(found[name]), pickletools.optimize(data))

    def test_no_addresses(self):
        pickles, output = pickles_of(MAPS)
        ranges = [
            (int(start, 16), int(end, 16))
            for start, end in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) ", output, re.MULTILINE)
        ]
        self.assertGreater(len(ranges), 10)
        for name, data in pickles.items():
            for code in marshalled(data):
                data = data.replace(code, b"")
            for order in ("little", "big"):
                for position in range(len(data) - 7):
                    number = int.from_bytes(data[position : position + 8], order)
                    if any(start <= number < end for start, end in ranges):
                        self.fail(f"{name}: an address, {number:#x}, at {position}")

    def test_numbers_are_those_of_pickle(self):
        """Numbers are in opcodes, whose encoding does not depend on the machine; bytes are only those of marshal."""
        pickles, _ = pickles_of(PLAIN)
        for name, data in pickles.items():
            for argument in marshalled(data):
                with self.subTest(program=name):
                    self.assertIsInstance(marshal.loads(argument), types.CodeType)


if __name__ == "__main__":
    unittest.main()
