"""import statements that import a module once more."""

import sys
import types
import unittest
from unittest import mock

ROUNDS = 50  # enough for the code to be specialised


class Spec:
    pass


def module_named(name, **attributes):
    module = types.ModuleType(name)
    module.__spec__ = Spec()
    vars(module).update(attributes)
    return module


class ImportAgainTest(unittest.TestCase):
    def setUp(self):
        modules = {name: module_named(name, value=name) for name in ("again", "again.inner", "again.inner.most")}
        patch = mock.patch.dict(sys.modules, modules)
        patch.start()
        self.addCleanup(patch.stop)

    def test_all_forms(self):
        for _ in range(ROUNDS):
            import again
            import again.inner.most as most
            import again.inner
            from again import value, __name__ as name

            self.assertIs(again, sys.modules["again"])
            self.assertEqual((value, name), ("again", "again"))
            self.assertIs(most, sys.modules["again.inner.most"])

    def test_another_module_of_that_name(self):
        for _ in range(ROUNDS):
            sys.modules["again"] = other = module_named("again", value=[])
            import again
            from again import value

            self.assertIs(again, other)
            self.assertIs(value, other.value)

    def test_what_is_no_module(self):
        sys.modules["again"] = types.SimpleNamespace(value=5)
        for _ in range(ROUNDS):
            from again import value

            self.assertEqual(value, 5)
        sys.modules["again"] = None
        for _ in range(ROUNDS):
            with self.assertRaisesRegex(ModuleNotFoundError, "import of again halted; None in sys.modules"):
                import again

    def test_a_module_that_is_gone(self):
        def use():
            import again.inner

        for _ in range(ROUNDS):
            use()
        del sys.modules["again.inner"]
        with self.assertRaisesRegex(ModuleNotFoundError, "No module named 'again.inner'; 'again' is not a package"):
            use()

    def test_a_module_that_computes_its_attributes(self):
        def compute(name):
            asked.append(name)
            if name == "__path__":
                raise AttributeError(name)
            return name.upper()

        asked = []
        sys.modules["again"].__getattr__ = compute
        for _ in range(ROUNDS):
            from again import anything

            self.assertEqual(anything, "ANYTHING")
        self.assertEqual(asked, ["__path__", "anything"] * ROUNDS)

    def test_a_package_imports_its_submodules(self):
        package = sys.modules["again"]
        package.__path__ = []
        package.inner = sys.modules["again.inner"]
        for _ in range(ROUNDS):
            from again import inner

            self.assertIs(inner, sys.modules["again.inner"])
        del package.inner
        for _ in range(ROUNDS):
            from again import inner

            self.assertIs(inner, sys.modules["again.inner"])

    def test_a_module_that_is_being_imported_is_waited_for(self):
        class Busy:
            @property
            def _initializing(self):
                asked.append(True)
                return True

        asked = []
        sys.modules["again"].__spec__ = Busy()
        for _ in range(ROUNDS):
            import again
        self.assertEqual(len(asked), ROUNDS)

    def test_builtins_may_have_another_import(self):
        def record(name, *rest):
            asked.append(name)
            return name

        asked = []
        scope = {"__builtins__": {"__import__": record}}
        exec("def use():\n import again\n return again", scope)
        for _ in range(ROUNDS):
            self.assertEqual(scope["use"](), "again")
        self.assertEqual(asked, ["again"] * ROUNDS)

    def test_relative_imports(self):
        scope = {"__package__": "again", "__name__": "again.other"}
        exec("def use():\n from .inner import value\n return value", scope)
        sys.modules["again"].__path__ = []
        for _ in range(ROUNDS):
            self.assertEqual(scope["use"](), "again.inner")


if __name__ == "__main__":
    unittest.main()
