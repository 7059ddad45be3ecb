"""The documentation in the code: help(stackless) has something to say about each name."""

import inspect
import pydoc
import unittest

import stackless

CLASSES = (stackless.tasklet, stackless.channel, stackless.bomb, stackless.atomic)
SHORTEST = 30  # characters: less is no explanation


def members(cls):
    """The public names of a class, and the methods with special names that it defines in so many words."""
    for name, member in vars(cls).items():
        if not name.startswith("_") or inspect.ismethoddescriptor(member) and not is_slot(member):
            yield name, member


def is_slot(member):
    """Whether it is a wrapper around a slot: those have docstrings and signatures of object's."""
    return type(member) is type(object.__init__)


class DocstringTest(unittest.TestCase):
    def check(self, name, documented):
        with self.subTest(name):
            doc = inspect.getdoc(documented) or ""
            self.assertGreaterEqual(len(doc), SHORTEST, doc)
            self.assertIn(doc.rstrip()[-1:], ".;:", f"{name}: not a whole sentence")

    def check_signature(self, name, function):
        with self.subTest(name):
            inspect.signature(function)

    def test_functions_and_classes(self):
        for name in stackless.__all__:
            value = getattr(stackless, name)
            if callable(value):
                self.check(name, value)

    def test_attributes_and_constants_of_the_module(self):
        """They have no docstring that help() would show, so the module's lists them."""
        described = {line.split()[0] for line in stackless.__doc__.splitlines() if line.strip()}
        attributes = {name for name, value in vars(type(stackless)).items() if isinstance(value, property)}
        self.assertIn("current", attributes)
        values = {name for name in stackless.__all__ if not callable(getattr(stackless, name))}
        self.assertIn("PICKLEFLAGS_PRESERVE_TRACING_STATE", values)
        self.assertEqual((attributes | values) - described, set())

    def test_properties_of_the_module(self):
        for name, value in vars(type(stackless)).items():
            if isinstance(value, property):
                self.check(name, value)

    def test_members(self):
        for cls in CLASSES:
            found = dict(members(cls))
            self.assertTrue(found, cls)
            for name, member in found.items():
                self.check(f"{cls.__name__}.{name}", member)

    def test_fields_of_cstate(self):
        for name in ("task", "startaddr", "size", "used"):
            self.assertTrue(inspect.getdoc(getattr(type(stackless.main.cstate), name)), name)

    def test_signatures(self):
        for name in stackless.__all__:
            value = getattr(stackless, name)
            is_exception = isinstance(value, type) and issubclass(value, BaseException)
            if callable(value) and not is_exception:
                self.check_signature(name, value)
        for cls in CLASSES:
            for name, member in members(cls):
                if callable(member):
                    self.check_signature(f"{cls.__name__}.{name}", member)

    def test_signatures_say_what_is_accepted(self):
        """Each keyword of a signature is one that the function knows."""
        self.assertEqual(
            list(inspect.signature(stackless.run).parameters),
            ["timeout", "threadblock", "soft", "ignore_nesting", "totaltimeout", "seconds"],
        )
        for function in (stackless.run, stackless.schedule, stackless.cstack_options, stackless.pickle_flags):
            for parameter in inspect.signature(function).parameters.values():
                given = {parameter.name: stackless.current if parameter.default is ... else parameter.default}
                with self.subTest(function=function.__name__, **given):
                    function(**given)
                    with self.assertRaises(TypeError):
                        function(**{parameter.name + "_": 0})

    def test_help_is_complete(self):
        text = pydoc.plain(pydoc.render_doc(stackless))
        for name in stackless.__all__:
            self.assertRegex(text, rf"\b{name}\b")
        for cls in CLASSES:
            for name, _ in members(cls):
                self.assertRegex(text, rf"\b{name}\b")


if __name__ == "__main__":
    unittest.main()
