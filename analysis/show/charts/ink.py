"""A drawing written as SVG by hand: text, bars, brackets and hatching in a frame of some width."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.show.charts.drawing import drawable
from analysis.show.charts.look import ACCENT, ASSUMED, DISCLOSED, TEXT
from analysis.show.charts.opening import opened

ON_MARK = "#ffffff"
# size [px], weight, colour, opacity
LOOKS = {
    "title": (17.0, 700, TEXT, 1.0),
    "heading": (14.0, 700, TEXT, 1.0),
    "strong": (13.0, 700, TEXT, 1.0),
    "plain": (13.0, 400, TEXT, 1.0),
    "quiet": (13.0, 400, TEXT, 0.78),
    "accent": (14.0, 700, ACCENT, 1.0),
    "on-mark": (13.0, 600, ON_MARK, 1.0),
}
FILLS = {"disclosed": DISCLOSED, "accent": ACCENT, "assumed": ASSUMED}
# wide enough for any font that a reader's system may put in
EM_PER_CHARACTER, EM_PER_BOLD_CHARACTER = 0.6, 0.69
WRAPPED = 0.92  # of that, in a line of many letters and few figures
FONT = "system-ui, sans-serif"


@dataclass
class Ink:
    """What is drawn so far, from the top down; `y` is where it goes on [px]."""

    width: float
    prefix: str
    y: float = 0.0
    marks: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)

    def text(
        self, x: float, y: float, words: str, look: str, anchor: str = "start", opens: str = ""
    ) -> None:
        """Words on a baseline at `y`, which lead to what they open."""
        size, weight, color, opacity = LOOKS[look]
        faded = f' opacity="{opacity}"' if opacity < 1 else ""
        drawn = (
            f'<text class="ink-{look}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
            f' font-size="{size:g}" font-weight="{weight}" fill="{color}"{faded}>'
            f"{html.escape(drawable(words))}</text>"
        )
        self.marks.append(opened(drawn, opens))

    def paragraph(self, words: str, look: str, opens: str = "") -> None:
        """Words in lines as wide as the frame, below what is there."""
        size = LOOKS[look][0]
        for line in wrapped(words, look, self.width):
            self.y += round(size * 1.35)
            self.text(0, self.y - size * 0.25, line, look, opens=opens)

    def bar(self, low: float, high: float, height: float, fill: str) -> None:
        """A bar from one place to another at `y`."""
        self.marks.append(
            _bar(low, self.y, high, height, f'class="ink-{fill}" fill="{FILLS[fill]}"')
        )

    def hatched(self, low: float, high: float, height: float) -> None:
        """A bar of what is assumed."""
        paint = f'fill="url(#{self.prefix}-hatch)" stroke="{ASSUMED}" class="ink-outline"'
        self.marks.append(_bar(low, self.y, high, height, paint))

    def outline(self, low: float, high: float, height: float) -> None:
        """The pale outline of a bar at `y`, a little higher than the bar is."""
        paint = f'fill="none" stroke="{TEXT}" stroke-opacity="0.45" stroke-dasharray="4 3"'
        self.behind.append(_bar(low, self.y - 3, high, height + 6, paint))

    def line(
        self, points: Iterable[tuple[float, float]], color: str = TEXT, width: float = 1.5
    ) -> None:
        """A line through points."""
        look = f'fill="none" stroke="{color}" stroke-width="{width:g}"'
        name = "ink-accent-line" if color == ACCENT else "ink-line"
        self.marks.append(f'<path class="{name}" d="{_path(points)}" {look}/>')

    def area(self, points: Iterable[tuple[float, float]]) -> None:
        """A pale area behind all else."""
        self.behind.append(f'<path d="{_path(points)}Z" fill="{TEXT}" fill-opacity="0.06"/>')

    def gridline(self, x: float, top: float) -> None:
        """A light line from `top` down to `y`, behind all else."""
        look = f'stroke="{TEXT}" stroke-opacity="0.15"'
        self.behind.append(f'<path d="{_path([(x, top), (x, self.y)])}" fill="none" {look}/>')

    def svg(self) -> str:
        """The drawing."""
        hatch = (
            f'<defs><pattern id="{self.prefix}-hatch" width="6" height="6"'
            f' patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            f'<rect class="ink-assumed" width="2.5" height="6" fill="{ASSUMED}"/></pattern></defs>'
        )
        height = round(self.y + 4)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:g}" height="{height}"'
            f' viewBox="0 0 {self.width:g} {height}" font-family="{FONT}">'
            f"{hatch}{''.join(self.behind)}{''.join(self.marks)}</svg>"
        )


def width_px(words: str, look: str) -> float:
    """How wide words are at most [px]."""
    size, weight, *_ = LOOKS[look]
    return len(words) * size * (EM_PER_BOLD_CHARACTER if weight > 500 else EM_PER_CHARACTER)


def wrapped(words: str, look: str, within_px: float) -> list[str]:
    """Words in lines of a width."""
    return textwrap.wrap(words, max(int(within_px / (WRAPPED * width_px("m", look))), 8))


def _bar(low: float, y: float, high: float, height: float, paint: str) -> str:
    size = f'width="{max(high - low, 0.5):.1f}" height="{height:g}"'
    return f'<rect x="{low:.1f}" y="{y:.1f}" {size} {paint}/>'


def _path(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
