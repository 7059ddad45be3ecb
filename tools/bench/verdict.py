"""A target, the figure that was measured for it, and whether it holds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    what: str
    figure: float
    limit: float
    is_at_most: bool
    unit: str = ""

    @property
    def holds(self):
        return self.figure <= self.limit if self.is_at_most else self.figure >= self.limit

    def __str__(self):
        state = "holds " if self.holds else "MISSED"
        bound = "at most" if self.is_at_most else "at least"
        return f"{state} {self.what}: {self.figure:.4g}{self.unit}, {bound} {self.limit:g}{self.unit}"


def at_most(what, figure, limit, unit=""):
    return Verdict(what, figure, limit, True, unit)


def at_least(what, figure, limit, unit=""):
    return Verdict(what, figure, limit, False, unit)
