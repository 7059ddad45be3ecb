"""Numbers are values: the loop may reuse the memory of one that nobody else can see, and of no other.

Each function here is run until its operators are specialised, with numbers outside of those that exist once
and for all.
"""

import functools
import itertools
import sys
import unittest

from support_loop import WARM, LoopTestCase, forms

# A first value and a step: ints of one digit, across the border to two digits and back, floats.
KINDS = {
    "int": (1000, 1),
    "negative int": (-1000, -1),
    "through zero": (-50, 1),
    "growing int": (2**30 - 20, 1),
    "shrinking int": (2**30 + 20, -1),
    "long int": (2**100, 1),
    "float": (1000.5, 1.0),
    "int and float": (1000, 0.5),
}


def expected(first, step, count):
    """first, first + step, ... each made on its own."""
    return [first + i * step for i in range(count)]


class ValueTest(LoopTestCase):
    def check(self, function, make_result=list):
        """function(first, step, count) gathers values that it makes by adding in place."""
        for name, (first, step) in KINDS.items():
            with self.subTest(name):
                wanted = make_result(expected(first, step, WARM))
                for _ in range(5):
                    self.assertEqual(function(first, step, WARM), wanted)

    def test_expected_values(self):
        self.assertEqual(expected(1000, 1, 3), [1000, 1001, 1002])
        self.assertEqual(expected(1000, 0.5, 3), [1000, 1000.5, 1001.0])

    def test_in_a_list(self):
        def gather(x, step, count):
            values = []
            for _ in range(count):
                values.append(x)
                x += step
            return values

        self.check(gather)
        self.assertIn("BINARY_OP_ADD_FLOAT", forms(gather))

    def test_in_a_tuple(self):
        def gather(x, step, count):
            values = ()
            for _ in range(count):
                values = (*values, x)
                x = x + step
            return values

        self.check(gather, tuple)

    def test_in_another_variable(self):
        def gather(x, step, count):
            values = []
            for _ in range(count):
                before = x
                x += step
                values.append(before)
            return values

        self.check(gather)

    def test_in_two_variables_at_once(self):
        def gather(first, step, count):
            values = []
            a = b = first
            for _ in range(count):
                values.append(b)
                a += step
                if b is a:
                    return "the two are one"
                b = a
            return values

        self.check(gather)

    def test_as_keys_and_values_of_a_dictionary(self):
        def gather(x, step, count):
            keys, values = {}, {}
            for i in range(count):
                keys[x] = i
                values[i] = x
                x += step
            return [key for key in keys if key in keys], list(values.values())

        self.check(gather, lambda values: (values, values))

    def test_in_attributes(self):
        class Owner:
            pass

        def gather(x, step, count):
            owners = []
            for _ in range(count):
                owner = Owner()
                owner.x = x
                owners.append(owner)
                x += step
            return [owner.x for owner in owners]

        self.check(gather)

    def test_attribute_in_place(self):
        class Owner:
            pass

        def gather(first, step, count):
            owner = Owner()
            owner.x = first
            values = []
            for _ in range(count):
                values.append(owner.x)
                owner.x += step
            return values

        self.check(gather)

    def test_item_in_place(self):
        def gather(first, step, count):
            box, values = [first], []
            for _ in range(count):
                values.append(box[0])
                box[0] += step
            return values

        self.check(gather)

    def test_in_a_cell(self):
        def gather(x, step, count):
            values = []
            for _ in range(count):
                values.append((lambda y: lambda: y)(x))
                x += step
            return [value() for value in values]

        def gather_shared(first, step, count):
            x = first

            def get():
                return x

            values = []
            for _ in range(count):
                values.append(get())
                x += step
            return values

        self.check(gather)
        self.check(gather_shared)

    def test_nonlocal(self):
        def gather(first, step, count):
            x = first

            def advance():
                nonlocal x
                before = x
                x += step
                return before

            return [advance() for _ in range(count)]

        self.check(gather)

    def test_as_default_argument(self):
        def gather(x, step, count):
            functions = []
            for _ in range(count):
                functions.append(lambda value=x: value)
                x += step
            return [function() for function in functions]

        self.check(gather)

    def test_yielded(self):
        def generate(x, step, count):
            for _ in range(count):
                yield x
                x += step

        self.check(lambda *args: list(generate(*args)))
        self.check(lambda *args: [value for value in generate(*args)])

    def test_in_the_frame_of_a_generator(self):
        def generate(x, step):
            while True:
                yield
                x += step

        def gather(first, step, count):
            values = []
            generator = generate(first, step)
            for _ in range(count):
                next(generator)
                values.append(generator.gi_frame.f_locals["x"])
            return values

        self.check(gather)

    def test_returned_and_kept(self):
        def gather(x, step, count):
            def advance(value):
                kept.append(value)
                value += step
                return value

            kept = []
            for _ in range(count):
                x = advance(x)
            return kept

        self.check(gather)

    def test_in_a_snapshot_of_the_locals(self):
        def gather(x, step, count):
            values = []
            for _ in range(count):
                values.append(locals()["x"])
                x += step
            return values

        def gather_from_outside(x, step, count):
            def look():
                values.append(sys._getframe(1).f_locals["x"])

            values = []
            for _ in range(count):
                look()
                x += step
            return values

        self.check(gather)
        self.check(gather_from_outside)

    def test_locals_of_the_last_time(self):
        def gather(x, step, count):
            snapshot, values = {"x": x}, []
            for _ in range(count):
                snapshot = locals()
                x += step
                values.append(snapshot["x"])
            return values

        self.check(gather)

    def test_carried_by_an_exception(self):
        def gather(x, step, count):
            values = []
            for _ in range(count):
                try:
                    raise ValueError(x)
                except ValueError as error:
                    x += step
                    values.append(error.args[0])
            return values

        self.check(gather)

    def test_on_the_value_stack(self):
        def gather(x, step, count):
            values = []
            for _ in range(count):
                pair = [x, (x := x + step)]
                values.append(pair[0])
            return values

        def swap(x, step, count):
            values = []
            for _ in range(count):
                x, before = x + step, x
                values.append(before)
            return values

        self.check(gather)
        self.check(swap)

    def test_global(self):
        namespace = {}
        exec(
            "def gather(first, step, count):\n"
            "    global x\n"
            "    x = first\n"
            "    values = []\n"
            "    for _ in range(count):\n"
            "        values.append(x)\n"
            "        x += step\n"
            "    return values\n",
            namespace,
        )
        self.check(namespace["gather"])

    def test_in_a_class_body(self):
        for first in (1000, 1000.5):

            class Body:
                values = []
                x = first
                for _ in range(WARM):
                    values.append(x)
                    x += 1
                del _

            self.assertEqual(Body.values, expected(first, 1, WARM))

    def test_argument_of_the_caller(self):
        def callee(value):
            value += 1
            value *= 2
            value -= 1
            return value

        for first, result in ((1000, 2001), (1000.5, 2002.0)):
            argument = first + 0
            for _ in range(WARM):
                self.assertEqual(callee(argument), result)
                self.assertEqual(argument, first)
            kept = [first + i for i in range(WARM)]
            list(map(callee, kept))
            self.assertEqual(kept, expected(first, 1, WARM))

    def test_constants(self):
        def f():
            i, x, y = 1000, 1000.5, -70000
            i += 1
            x += 1.0
            y -= 1
            j = 5000
            j = j + 5000
            z = 0.5
            z = z * 0.5
            return i, x, y, j, z

        for _ in range(WARM):
            self.assertEqual(f(), (1001, 1001.5, -70001, 10000, 0.25))

    def test_defaults(self):
        def f(i=1000, x=1000.5, *, k=2000):
            i += 1
            x += 1.0
            k += 1
            return i, x, k

        for _ in range(WARM):
            self.assertEqual(f(), (1001, 1001.5, 2001))

    def test_small_ints(self):
        def f(x):
            for _ in range(WARM):
                x += 1
            for _ in range(WARM):
                x -= 1
            x *= 1
            return x

        for i in range(-300, 600):
            self.assertEqual(f(i), i)
        self.assertEqual([int(str(i)) for i in range(-5, 257)], list(range(-5, 257)))
        self.assertEqual([i + 0 for i in range(-5, 257)], [-5 + i for i in range(262)])

    def test_the_same_operand_twice(self):
        def f(x):
            y = x
            x += x
            y = y * y
            z = x - x
            return x, y, z

        for _ in range(WARM):
            self.assertEqual(f(1000), (2000, 1000000, 0))
            self.assertEqual(f(1.5), (3.0, 2.25, 0.0))

    def test_temporary_operands(self):
        def f(a, b, c, d):
            return (
                (a + b) * (c + d),
                (a - b) + (c - d),
                (a * b) - (c * d),
                a + (b + (c + d)),
                ((a + b) + c) + d,
                a - (b - c) - d,
            )

        for _ in range(WARM):
            self.assertEqual(
                f(1000, 2000, 3000, 5000), (24000000, -3000, -13000000, 11000, 11000, -3000)
            )
            self.assertEqual(f(1.5, 2.5, 3.5, 5.5), (36.0, -3.0, -15.5, 13.0, 13.0, -3.0))
            self.assertEqual(f(1, 2.5, 3, 5.5), (29.75, -4.0, -14.0, 12.0, 12.0, -4.0))

    def test_variable_replaced_by_the_other_operand(self):
        def f(a, b):
            b = a + b
            a = b - a
            b = b - a
            return a, b

        for _ in range(WARM):
            self.assertEqual(f(1000, 2000), (2000, 1000))
            self.assertEqual(f(1.5, 2.5), (2.5, 1.5))

    def test_identity(self):
        def f(x):
            before = x
            x += 1
            return before is x

        for _ in range(WARM):
            self.assertFalse(f(1000))
            self.assertFalse(f(1000.5))

    def test_loop_variables(self):
        for _ in range(3):
            self.assertEqual([i for i in range(300, 400)], list(range(300, 400)))
            self.assertEqual(len({id(i) for i in [j for j in range(300, 400)]}), 100)
            self.assertEqual([i for i in range(0, -1000, -7)], list(range(0, -1000, -7)))
            self.assertEqual([i for i in range(2**30 - 3, 2**30 + 3)],
                             [1073741821, 1073741822, 1073741823, 1073741824, 1073741825, 1073741826])
        functions = []
        for i in range(300, 400):
            functions.append(lambda i=i: i)
        self.assertEqual([function() for function in functions], list(range(300, 400)))

    def test_loop_variable_that_is_changed(self):
        def gather():
            values = []
            for i in range(300, 300 + WARM):
                values.append(i)
                i += 1000
                values.append(i)
            return values

        wanted = list(itertools.chain.from_iterable((300 + i, 1300 + i) for i in range(WARM)))
        for _ in range(5):
            self.assertEqual(gather(), wanted)

    def test_ranges_at_the_border_of_a_machine_word(self):
        top = sys.maxsize
        for first, count in ((2**59 - 3, 6), (-(2**59) - 3, 6), (top - 3, 3), (-top - 1, 3), (top - 1, 5)):
            values = [i for i in range(first, first + count)]
            self.assertEqual([value - first for value in values], list(range(count)))
        self.assertEqual([i for i in range(-top - 1, top, top)], [-top - 1, -1, top - 1])
        self.assertEqual([i for i in range(top, -top - 1, -top)], [top, 0, -top])

    def test_borrowed_by_c_code(self):
        def add(total, value):
            total += value
            return total

        values = [1000.5] * WARM
        for _ in range(5):
            self.assertEqual(functools.reduce(add, values), 1000.5 * WARM)
            self.assertEqual(
                list(itertools.accumulate(range(1000, 1000 + WARM), add)),
                [sum(range(1000, 1001 + i)) for i in range(WARM)],
            )
            self.assertEqual(sorted(range(1000, 1100), key=lambda i: add(i, -2000)), list(range(1000, 1100)))
        self.assertEqual(values, [1000.5] * WARM)

    def test_repeated_object(self):
        total = []
        for x in itertools.repeat(1000.5, WARM):
            x += 1.0
            total.append(x)
        self.assertEqual(total, [1001.5] * WARM)

    def test_strings(self):
        def f(text):
            before = text
            text += "x"
            also = text
            text += "y"
            return before, also, text

        def gather(count):
            text, values = "", []
            for _ in range(count):
                values.append(text)
                text += "x"
            return values

        for _ in range(WARM):
            self.assertEqual(f("".join(["a", "b"])), ("ab", "abx", "abxy"))
        self.assertEqual(gather(WARM), ["x" * i for i in range(WARM)])

    def test_string_that_is_a_key(self):
        def gather(count):
            text, keys = "", {}
            for i in range(count):
                keys[text] = i
                text += "x"
            return [keys["x" * i] for i in range(count)]

        for _ in range(5):
            self.assertEqual(gather(WARM), list(range(WARM)))


if __name__ == "__main__":
    unittest.main()
