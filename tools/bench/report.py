"""Writes docs/performance.md: a chapter for each part that was measured, which replaces the one of an earlier run."""

import re
from dataclasses import dataclass

HEAD = """# Performance

`make bench` wrote this page. Each figure is the median of several rounds, in which all sides take their turns; times
are CPU time. A ratio compares two figures of the same run. A program, builtin or piece that misses its target is measured
in three times as many rounds more; all rounds count.
"""


@dataclass(frozen=True)
class Chapter:
    title: str
    about: str
    text: str  # what the part printed
    plots: dict  # SVG documents by their names
    verdicts: list
    conditions: str  # the machine, its load and the versions

    def markdown(self):
        paragraphs = [f"## {self.title}", self.about]
        if self.verdicts:
            rows = [verdict_row(verdict) for verdict in self.verdicts]
            paragraphs.append("\n".join(["| target | | figure | |", "|---|--:|--:|---|", *rows]))
        paragraphs += [f"![{name}](performance/{name}.svg)" for name in self.plots]
        paragraphs += [f"```text\n{self.text.strip()}\n```", self.conditions]
        return "\n\n".join(paragraphs) + "\n"


def verdict_row(verdict):
    bound = "≤" if verdict.is_at_most else "≥"
    state = "holds" if verdict.holds else "**missed**"
    limit, figure = (f"{number:.4g}{verdict.unit}" for number in (verdict.limit, verdict.figure))
    return f"| {verdict.what} | {bound} {limit} | {figure} | {state} |"


def write(directory, chapters, order):
    """`order` has the titles of all chapters that there may be."""
    page = directory / "performance.md"
    texts = chapters_of(page.read_text(encoding="utf-8")) if page.exists() else {}
    texts |= {chapter.title: chapter.markdown() for chapter in chapters}
    page.write_text("\n".join([HEAD, *(texts[title] for title in order if title in texts)]), encoding="utf-8")
    plots = directory / "performance"
    plots.mkdir(exist_ok=True)
    for chapter in chapters:
        for name, svg in chapter.plots.items():
            (plots / f"{name}.svg").write_text(svg, encoding="utf-8")


def chapters_of(page):
    """The text of each chapter by its title."""
    parts = re.split(r"^## (.+)\n", page, flags=re.MULTILINE)
    return {title: f"## {title}\n{text.rstrip()}\n" for title, text in zip(parts[1::2], parts[2::2])}
