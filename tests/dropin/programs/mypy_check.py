"""mypy, which is compiled by mypyc: a program with errors, and modules of the standard library."""

from results import run_python, show, write

write(
    "sample.py",
    """
    from dataclasses import dataclass
    from typing import Callable, Generic, Protocol, TypeVar

    T = TypeVar("T")

    class Speaks(Protocol):
        def speak(self, times: int) -> str: ...

    @dataclass
    class Hen:
        name: str
        def speak(self, times: int) -> str:
            return "cluck" * times

    class Box(Generic[T]):
        def __init__(self, value: T) -> None:
            self.value = value
        def map(self, f: Callable[[T], int]) -> "Box[int]":
            return Box(f(self.value))

    def loud(animal: Speaks) -> str:
        return animal.speak("3")

    reveal_type(Box(Hen("a")).map(lambda hen: len(hen.name)))
    Hen(1)
    loud(3)
    for x in Box(1):
        pass
    """,
)
options = ("--cache-dir=cache", "--no-error-summary")
show("sample", run_python("-m", "mypy", *options, "--strict", "sample.py"))
show("again", run_python("-m", "mypy", *options, "--strict", "sample.py"))
modules = [f"/usr/lib/python3.11/{name}.py" for name in ("textwrap", "bisect", "shlex")]
show("library", run_python("-m", "mypy", *options, "--check-untyped-defs", *modules))
