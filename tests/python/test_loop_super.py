"""super().method(), which the loop looks up without making the super object, while classes and objects change."""

import sys
import unittest

from support_loop import WARM, LoopTestCase


class Top:
    def name(self):
        return "Top"


class Middle(Top):
    def name(self):
        return "Middle " + super().name()


class Bottom(Middle):
    def name(self):
        return "Bottom " + super().name()


def make_family():
    """Classes of which each has its own __class__ cell, and all share their code."""

    class Made(Top):
        def name(self):
            return "Made " + super().name()

    return Made


class SuperTest(LoopTestCase):
    def test_chain(self):
        self.assert_each("Bottom Middle Top", Bottom().name)
        self.assert_each("Middle Top", Middle().name)

    def test_objects_of_many_classes(self):
        class Side(Top):
            def name(self):
                return "Side " + super().name()

        class Diamond(Middle, Side):
            pass

        for _ in range(WARM):
            self.assertEqual(Middle().name(), "Middle Top")
            self.assertEqual(Diamond().name(), "Middle Side Top")

    def test_classes_that_share_their_code(self):
        first, second = make_family(), make_family()

        class Third(second):
            pass

        for _ in range(WARM):
            self.assertEqual([kind().name() for kind in (first, second, Third)], ["Made Top"] * 3)
        with self.assertRaisesRegex(TypeError, "obj must be an instance or subtype of type"):
            first.name(second())

    def test_base_changes(self):
        class Base:
            def get(self):
                return 1

        class Derived(Base):
            def get(self):
                return super().get()

        derived = Derived()
        self.assert_each(1, derived.get)
        Base.get = lambda self: 2
        self.assert_each(2, derived.get)
        Base.get = staticmethod(lambda: 3)
        self.assert_each(3, derived.get)
        Base.get = classmethod(lambda cls: cls)
        self.assert_each(Derived, derived.get)
        Base.get = property(lambda self: lambda: 5)
        self.assert_each(5, derived.get)
        Base.get = 6
        self.assert_each_raises(TypeError, "'int' object is not callable", derived.get)
        del Base.get
        self.assert_each_raises(AttributeError, "'super' object has no attribute 'get'", derived.get)
        Base.get = lambda self: 7
        self.assert_each(7, derived.get)

    def test_bases_change(self):
        class First:
            def get(self):
                return 1

        class Second:
            def get(self):
                return 2

        class Derived(First):
            def get(self):
                return super().get()

        derived = Derived()
        self.assert_each(1, derived.get)
        Derived.__bases__ = (Second,)
        self.assert_each(2, derived.get)

    def test_attributes_of_the_object_do_not_matter(self):
        middle = Middle()
        self.assert_each("Middle Top", middle.name)
        middle.__dict__["name"] = lambda: "own"
        self.assert_each("Middle Top", lambda: Middle.name(middle))

    def test_class_methods_and_new(self):
        class Base:
            @classmethod
            def create(cls):
                return cls, "Base"

        class Derived(Base):
            def __new__(cls, value):
                self = super().__new__(cls)
                self.value = value
                return self

            @classmethod
            def create(cls):
                return super().create()

        self.assert_each((Derived, "Base"), Derived.create)
        self.assert_each(4, lambda: Derived(4).value)

    def test_methods_of_builtin_types(self):
        class Doubling(dict):
            def __init__(self, *args):
                super().__init__(*args)

            def __setitem__(self, key, value):
                super().__setitem__(key, 2 * value)

        def filled():
            doubling = Doubling([(1, 1)])
            doubling[2] = 2
            return dict(doubling)

        self.assert_each({1: 1, 2: 4}, filled)

    def test_self_in_a_cell(self):
        class Derived(Top):
            def name(self):
                return "Derived " + super().name() + (lambda: type(self).__name__)()

        self.assert_each("Derived TopDerived", Derived().name)

    def test_self_is_gone(self):
        class Derived(Top):
            def name(self, keep):
                if not keep:
                    del self
                return super().name()

        derived = Derived()
        self.assert_each("Top", lambda: derived.name(True))
        self.assert_each_raises(RuntimeError, "super(): arg[0] deleted", lambda: derived.name(False))

    def test_self_is_another_object(self):
        class Derived(Top):
            def name(self, other):
                if other is not None:
                    self = other
                return super().name()

        derived = Derived()
        self.assert_each("Top", lambda: derived.name(None))
        self.assert_each("Top", lambda: derived.name(Derived()))
        message = "super(type, obj): obj must be an instance or subtype of type"
        self.assert_each_raises(TypeError, message, lambda: derived.name(Top()))

    def test_class_of_the_cell_changes(self):
        made = make_family()
        self.assert_each("Made Top", made().name)
        cell = made.name.__closure__[0]
        cell.cell_contents = Middle

        class Other(Middle):
            name = made.name

        self.assert_each("Made Top", Other().name)
        cell.cell_contents = 5
        self.assert_each_raises(RuntimeError, "super(): __class__ is not a type (int)", made().name)
        del cell.cell_contents
        self.assert_each_raises(RuntimeError, "super(): empty __class__ cell", made().name)

    def test_super_is_something_else(self):
        class Other:
            def name(self):
                return "Other"

        made = make_family()
        self.assert_each("Made Top", made().name)
        try:
            globals()["super"] = Other
            self.assert_each("Made Other", made().name)
        finally:
            del globals()["super"]
        self.assert_each("Made Top", made().name)

    def test_class_itself(self):
        class Derived(Top):
            def kind(self):
                return super().__class__

            def make(self):
                return type(super().__class__())

        self.assert_each(super, Derived().kind)
        self.assert_each(super, Derived().make)

    def test_instructions_are_traced_one_by_one(self):
        middle = Middle()
        self.assert_each("Middle Top", middle.name)
        count = 0

        def trace(frame, event, _):
            nonlocal count
            frame.f_trace_opcodes = True
            count += event == "opcode" and frame.f_code is Middle.name.__code__
            return trace

        sys.settrace(trace)
        try:
            middle.name()
        finally:
            sys.settrace(None)
        # RESUME is left out; COPY_FREE_VARS comes before the first event.
        self.assertEqual(count, 9)

    def test_references(self):
        class Counted(Top):
            def name(self):
                return super().name()

        counted = Counted()
        self.assert_each("Top", counted.name)
        before = sys.getrefcount(counted), sys.getrefcount(super), sys.getrefcount(Top.name)
        for _ in range(1000):
            counted.name()
        self.assertEqual((sys.getrefcount(counted), sys.getrefcount(super), sys.getrefcount(Top.name)), before)


if __name__ == "__main__":
    unittest.main()
