"""Draws bars and lines as SVG, without a library: readable on light and on dark pages."""

import math
from dataclasses import dataclass
from html import escape

WIDTH = 760
MARGIN_LEFT, MARGIN_RIGHT, MARGIN_TOP, MARGIN_BOTTOM = 70, 150, 46, 52
COLOURS = ["#2f7fd1", "#e07b00", "#2e9e5b", "#c2497d", "#8a6fd1", "#9a8455", "#4aa3a3"]
STYLE = """
text { font: 12px sans-serif; fill: #333 }
.title { font-size: 15px; font-weight: bold }
.axis { stroke: #888; fill: none }
.grid { stroke: #8884; fill: none }
.mark { stroke: #c33; stroke-dasharray: 5 3 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } }
"""


@dataclass(frozen=True)
class Scale:
    """From the values low ... high to the places start ... end, straight or by logarithms."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __call__(self, value):
        low, high = self._position(self.low), self._position(self.high)
        part = (self._position(value) - low) / (high - low)
        return round(self.start + part * (self.end - self.start), 1)

    def _position(self, value):
        return math.log10(value) if self.logarithmic else value

    def ticks(self):
        if self.logarithmic:
            return [10.0**n for n in range(math.ceil(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)]
        step = 10.0 ** math.floor(math.log10(self.high - self.low))
        step = next(s for s in (step / 5, step / 2, step, 2 * step) if (self.high - self.low) / s <= 8)
        first = math.ceil(self.low / step)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def bars(title, values, unit, marks=()):
    """A horizontal bar for each of the names in `values`, with its figure; a dashed line at each of the `marks`."""
    height = MARGIN_TOP + 18 * len(values) + 30
    left = 20 + max(7 * len(name) for name in values)
    scale = Scale(0, 1.05 * max(*values.values(), *marks, 0), left, WIDTH - 60)
    parts = [_text(20, 24, title, "title")]
    for mark in marks:
        parts.append(_line(scale(mark), MARGIN_TOP - 8, scale(mark), height - 24, "mark"))
        parts.append(_text(scale(mark), height - 8, f"{mark:g}{unit}", anchor="middle"))
    for row, (name, value) in enumerate(values.items()):
        y = MARGIN_TOP + 18 * row
        parts.append(_text(left - 6, y + 11, name, anchor="end"))
        parts.append(f'<rect x="{left}" y="{y}" width="{scale(value) - left:.1f}" height="13" fill="{COLOURS[0]}"/>')
        parts.append(_text(scale(value) + 5, y + 11, f"{value:.3g}{unit}"))
    return _document(height, parts)


def lines(title, series, x_label, y_label):
    """A line for each of the names in `series`, through its pairs; x, such as numbers of things, by logarithms."""
    height = 400
    points = [point for line in series.values() for point in line]
    bottom = height - MARGIN_BOTTOM
    x = Scale(min(p[0] for p in points), max(p[0] for p in points), MARGIN_LEFT, WIDTH - MARGIN_RIGHT, True)
    y = Scale(0, 1.1 * max(p[1] for p in points), bottom, MARGIN_TOP)
    parts = [_text(20, 24, title, "title")]
    for tick in y.ticks():
        parts.append(_line(MARGIN_LEFT, y(tick), WIDTH - MARGIN_RIGHT, y(tick), "grid"))
        parts.append(_text(MARGIN_LEFT - 8, y(tick) + 4, f"{tick:g}", anchor="end"))
    for tick in x.ticks():
        parts.append(_line(x(tick), MARGIN_TOP, x(tick), bottom, "grid"))
        parts.append(_text(x(tick), bottom + 18, f"{tick:,.0f}", anchor="middle"))
    parts.append(_line(MARGIN_LEFT, bottom, WIDTH - MARGIN_RIGHT, bottom, "axis"))
    parts.append(_text((MARGIN_LEFT + WIDTH - MARGIN_RIGHT) / 2, height - 12, x_label, anchor="middle"))
    parts.append(_text(MARGIN_LEFT - 8, MARGIN_TOP - 8, y_label, anchor="start"))
    for number, (name, line) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{x(a)},{y(b)}" for a, b in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(a)}" cy="{y(b)}" r="3" fill="{colour}"/>' for a, b in line]
        key = MARGIN_TOP + 10 + 20 * number
        parts.append(f'<rect x="{WIDTH - MARGIN_RIGHT + 14}" y="{key - 9}" width="12" height="12" fill="{colour}"/>')
        parts.append(_text(WIDTH - MARGIN_RIGHT + 32, key + 2, name))
    return _document(height, parts)


def _document(height, parts):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">'
    return "\n".join([head, f"<style>{STYLE}</style>", *parts, "</svg>"]) + "\n"


def _text(x, y, text, style=None, anchor=None):
    attributes = f' class="{style}"' if style else ""
    attributes += f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x}" y="{y}"{attributes}>{escape(text)}</text>'


def _line(x1, y1, x2, y2, style):
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" class="{style}"/>'
