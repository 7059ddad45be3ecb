"""isinstance(), which the loop answers itself for classes without a metaclass."""

import abc
import sys
import unittest
from unittest import mock


class Base:
    pass


class Derived(Base):
    pass


class Disguised:
    @property
    def __class__(self):
        return Derived


class DisguisedByMethod:
    def __getattribute__(self, name):
        return Base if name == "__class__" else object.__getattribute__(self, name)


class DisguisedIfNothingElse:
    def __getattr__(self, name):
        raise AssertionError("__class__ is found without it")


class Meta(type):
    pass


class WithMeta(Base, metaclass=Meta):
    pass


class Abstract(abc.ABC):
    @classmethod
    def __subclasshook__(cls, other):
        return other is Derived


class Failing:
    @property
    def __class__(self):
        raise ZeroDivisionError


def is_base(value):
    return isinstance(value, Base)


def is_base_or_int(value):
    return isinstance(value, (int, Base))


def is_nested(value):
    return isinstance(value, (str, (Base, Abstract)))


def warm(check):
    """The instruction is specialised then."""
    for _ in range(100):
        check(1)
    return check


class InstanceCheckTest(unittest.TestCase):
    def assert_both(self, expected, value):
        for check in warm(is_base), warm(is_base_or_int):
            with self.subTest(check=check.__name__):
                self.assertIs(check(value), expected)

    def test_instances(self):
        self.assert_both(True, Base())
        self.assert_both(True, Derived())
        self.assert_both(True, WithMeta())

    def test_others(self):
        for value in "", None, object(), is_base, Abstract(), unittest, DisguisedIfNothingElse():
            self.assert_both(False, value)

    def test_classes_are_instances_of_their_metaclass(self):
        self.assert_both(False, Base)
        self.assert_both(False, WithMeta)
        for _ in range(100):
            self.assertIs(isinstance(WithMeta, Meta), True)
            self.assertIs(isinstance(WithMeta, (int, type)), True)
            self.assertIs(isinstance(Base, Meta), False)

    def test_an_instance_may_say_that_it_is_of_another_class(self):
        self.assert_both(True, Disguised())
        self.assert_both(True, DisguisedByMethod())

    def test_class_that_gets_a_disguise_later(self):
        class Plain:
            pass

        class Late(Plain):
            pass

        late = Late()
        self.assert_both(False, late)
        Late.__bases__ = (Disguised,)
        self.assert_both(True, late)
        Late.__bases__ = (Plain,)
        self.assert_both(False, late)

    def test_a_name_in_the_dictionary_is_no_disguise(self):
        plain = type("Plain", (), {})()
        plain.__dict__["__class__"] = Base
        self.assert_both(False, plain)

    def test_class_of_an_instance_that_changes(self):
        changing = Derived()
        self.assert_both(True, changing)
        changing.__class__ = type("Elsewhere", (), {})
        self.assert_both(False, changing)

    def test_what_class_raises_is_raised(self):
        for check in warm(is_base), warm(is_base_or_int):
            with self.assertRaises(ZeroDivisionError):
                check(Failing())

    def test_nested_tuples_and_abstract_classes(self):
        check = warm(is_nested)
        self.assertIs(check(""), True)
        self.assertIs(check(Derived()), True)
        self.assertIs(check(1.0), False)

    def test_the_first_that_fits_ends_the_search(self):
        for _ in range(100):
            self.assertIs(isinstance(1, (int, "no class")), True)
        with self.assertRaisesRegex(TypeError, "isinstance\\(\\) arg 2 must be a type"):
            isinstance("", (int, "no class"))

    def test_empty_tuple(self):
        for _ in range(100):
            self.assertIs(isinstance(1, ()), False)


class AbstractTest(unittest.TestCase):
    """What _abc knows of a class is looked up by the loop."""

    def setUp(self):
        class Shape(abc.ABC):
            pass

        self.shape = Shape

    def check_warmed_up(self, value):
        """What all of many checks say of a value, and of its class."""
        [answer] = {isinstance(value, self.shape) for _ in range(50)}
        [of_class] = {issubclass(type(value), self.shape) for _ in range(50)}
        self.assertIs(answer, of_class)
        return answer

    def test_subclasses_and_others(self):
        class Square(self.shape):
            pass

        self.assertIs(self.check_warmed_up(Square()), True)
        self.assertIs(self.check_warmed_up(Derived()), False)
        self.assertIs(self.check_warmed_up(1), False)

    def test_registered_later(self):
        self.assertIs(self.check_warmed_up(Derived()), False)
        self.assertIs(self.check_warmed_up(1.5), False)
        self.shape.register(Base)
        self.assertIs(self.check_warmed_up(Derived()), True)
        self.assertIs(self.check_warmed_up(Base()), True)
        self.assertIs(self.check_warmed_up(1.5), False)

    def test_registered_with_a_subclass(self):
        class Round(self.shape):
            pass

        self.assertIs(self.check_warmed_up(1), False)
        Round.register(int)
        self.assertIs(self.check_warmed_up(1), True)
        self.assertIs(self.check_warmed_up(True), True)

    def test_many_classes(self):
        classes = [type(f"Class{number}", (), {}) for number in range(100)]
        for cls in classes[::2]:
            self.shape.register(cls)
        for _ in range(3):
            self.assertEqual([isinstance(cls(), self.shape) for cls in classes], [True, False] * 50)
            self.assertEqual([issubclass(cls, self.shape) for cls in classes], [True, False] * 50)

    def test_disguises(self):
        self.shape.register(Derived)
        self.assertIs(isinstance(Derived(), self.shape), True)
        for _ in range(50):
            self.assertIs(isinstance(Disguised(), self.shape), True)
            self.assertIs(issubclass(Disguised, self.shape), False)
        with self.assertRaises(ZeroDivisionError):
            isinstance(Failing(), self.shape)

    def test_hook_is_asked_before_the_registry(self):
        answers = []

        class Hooked(self.shape):
            @classmethod
            def __subclasshook__(cls, other):
                answers.append(other)
                return NotImplemented

        Hooked.register(int)
        answers.clear()
        self.assertEqual([isinstance(1, Hooked) for _ in range(50)], [True] * 50)
        self.assertEqual(answers, [int] * 50)

    def test_subclasscheck_of_a_metaclass(self):
        asked = []

        class Meta(abc.ABCMeta):
            def __subclasscheck__(cls, other):
                asked.append(other)
                return super().__subclasscheck__(other)

        class Asking(metaclass=Meta):
            pass

        Asking.register(int)
        asked.clear()
        self.assertEqual([isinstance(1, Asking) for _ in range(50)], [True] * 50)
        self.assertEqual(asked, [int] * 50)

    def test_classes_that_compare_as_equal(self):
        class Meta(type):
            def __hash__(cls):
                return 1

            def __eq__(cls, other):
                return isinstance(other, Meta)

        first, second = Meta("First", (), {}), Meta("Second", (), {})
        self.shape.register(first)
        self.assertIs(self.check_warmed_up(first()), True)
        self.assertIs(self.check_warmed_up(second()), True)

    def test_no_abstract_class(self):
        for _ in range(50):
            with self.assertRaises(AttributeError):
                abc.ABCMeta.__subclasscheck__(int, str)
            with self.assertRaises(TypeError):
                issubclass(1, self.shape)


class MetaclassTest(unittest.TestCase):
    def test_a_metaclass_is_not_asked_about_instances_of_just_the_class(self):
        asked = []

        class Meta(type):
            def __instancecheck__(cls, instance):
                asked.append(cls.__name__)
                return False

        class Asking(metaclass=Meta):
            pass

        class Under(Asking):
            pass

        def check(instance):
            return isinstance(instance, Asking), isinstance(instance, (int, Asking)), isinstance(instance, (Asking, int))

        for _ in range(20):
            self.assertEqual(check(Asking()), (True, True, True))
        self.assertEqual(asked, [])
        self.assertEqual(check(Under()), (False, False, False))
        self.assertEqual(check(5), (False, True, True))
        self.assertEqual(asked, ["Asking"] * 5)


def make_shape():
    class Shape(abc.ABC):
        asked = []

        @classmethod
        def __subclasshook__(cls, other):
            cls.asked.append(other)
            return NotImplemented

    return Shape


class AbstractCheckTest(unittest.TestCase):
    """What is known of a class is not asked again, and ABCMeta.__instancecheck__() not called."""

    def answers(self, value, cls):
        answers = {isinstance(value, cls) for _ in range(50)}
        self.assertEqual(len(answers), 1)
        return answers.pop()

    def test_the_hook_is_asked_once(self):
        Shape = make_shape()
        self.assertIs(self.answers(1, Shape), False)
        self.assertIs(self.answers(2, Shape), False)
        self.assertEqual(Shape.asked, [int])

    def test_a_class_that_is_registered_later(self):
        Shape = make_shape()
        self.assertIs(self.answers(1, Shape), False)
        Shape.register(str)
        self.assertIs(self.answers(1, Shape), False)
        Shape.register(int)
        self.assertIs(self.answers(1, Shape), True)
        self.assertIs(self.answers(True, Shape), True)

    def test_disguises_are_asked(self):
        Shape = make_shape()

        class Circle(Shape):
            pass

        class Like:
            @property
            def __class__(self):
                return Circle

        self.assertIs(self.answers(Circle(), Shape), True)
        self.assertIs(self.answers(Like(), Shape), True)
        self.assertIs(self.answers(Like(), make_shape()), False)

    def test_a_metaclass_may_have_its_own(self):
        class Meta(abc.ABCMeta):
            def __instancecheck__(cls, instance):
                calls.append(instance)
                return super().__instancecheck__(instance)

        class Shape(metaclass=Meta):
            pass

        calls = []
        self.assertIs(self.answers(1, Shape), False)
        self.assertEqual(calls, [1] * 50)

    def test_a_program_may_replace_it(self):
        Shape = make_shape()
        self.assertIs(self.answers(1, Shape), False)
        with mock.patch.object(abc.ABCMeta, "__instancecheck__", lambda cls, instance: instance == 1):
            self.assertIs(self.answers(1, Shape), True)
        self.assertIs(self.answers(1, Shape), False)
        with mock.patch.object(abc, "_abc_instancecheck", lambda cls, instance: instance == 1):
            self.assertIs(self.answers(1, Shape), True)
        self.assertIs(self.answers(1, Shape), False)

    def test_its_frame_is_traced(self):
        Shape = make_shape()

        def check():
            return isinstance(1, Shape)

        warm(lambda value: check())
        names = []
        before = sys.gettrace()
        sys.settrace(lambda frame, event, arg: names.append(frame.f_code.co_name))
        check()
        sys.settrace(before)
        self.assertEqual(names[:2], ["check", "__instancecheck__"])


if __name__ == "__main__":
    unittest.main()
