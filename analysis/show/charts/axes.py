"""What a chart measures: ticks, labels and a scale; one way for each quantity.

Ticks are five at most, at 1, 2 or 5 times a power of ten; the words beside marks have room within
the frame.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import numpy as np

MOST_TICKS = 5
MONTHS_APART = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)
LABEL_PX = 50  # of a vertical axis, in the widest font
PX_PER_CHARACTER = 8.0  # of 13 px, as wide as common fonts have it
# each by itself, so that 500 stays 500 beside 1K
LABELS = {
    "dollars": "replace(replace(format(datum.value, '$~s'), 'G', 'B'), 'k', 'K')",
    "counts": "replace(replace(format(datum.value, '~s'), 'G', 'B'), 'k', 'K')",
    "shares": "replace(format(datum.value, '~%'), '%', ' %')",
    "factors": "'× ' + format(datum.value, '~g')",
    "years": "format(datum.value, 'd')",
    # the year below a first month, and below each January
    "months": "[timeFormat(datetime(floor(datum.value / 12), datum.value % 12), '%b'),"
    " datum.index && datum.value % 12 ? '' : format(floor(datum.value / 12), 'd')]",
}


@dataclass(frozen=True)
class Measure:
    """What is measured along an axis, from `low` to `high`; `what` is one of `LABELS`."""

    what: str
    low: float
    high: float
    log: bool = False
    room: tuple[float, float] = (0, 0)  # before and after the marks, for words [px]
    title: str | None = None
    grid: bool = True  # across the plot, at its ticks

    def x(self, column: str) -> alt.X:
        """A column along the horizontal axis."""
        ends = [self.room[0], alt.expr(f"width - {self.room[1]:g}")]
        return alt.X(f"{column}:Q", axis=self._axis(), scale=self._scale(ends))

    def y(self, column: str) -> alt.Y:
        """A column along the vertical axis."""
        ends = [alt.expr(f"height - {self.room[0]:g}"), self.room[1]]
        return alt.Y(f"{column}:Q", axis=self._axis(minExtent=LABEL_PX), scale=self._scale(ends))

    def _axis(self, **options: Any) -> alt.Axis:
        ticks = (
            _month_ticks(self.low, self.high)
            if self.what == "months"
            else round_ticks(self.low, self.high, self.log)
        )
        words = LABELS[self.what]
        named: dict[str, Any] = {"title": self.title, "grid": self.grid} | options
        return alt.Axis(values=ticks, labelExpr=words, **named)

    def _scale(self, ends: list[Any]) -> alt.Scale:
        kind: Literal["log", "linear"] = "log" if self.log else "linear"
        return alt.Scale(type=kind, domain=[self.low, self.high], nice=False, range=ends)


def room_for(texts: Iterable[str], least: float = 12) -> float:
    """The room that the longest of some texts needs beside a mark [px]."""
    longest = max((len(str(text)) for text in texts), default=0)
    return max(least, 14 + PX_PER_CHARACTER * longest)


def from_zero(what: str, values: Iterable[float], **options: Any) -> Measure:
    """A linear measure from nothing to the largest of some values."""
    known = [value for value in values if np.isfinite(value)]
    return Measure(what, 0.0, max(known, default=0.0) or 1.0, **options)


def on_log_scale(what: str, low: float, high: float, **options: Any) -> Measure:
    """A measure on a log scale, which begins and ends a little outside of `low` and `high`."""
    return Measure(what, low / 1.15, high * 1.15, log=True, **options)


def round_ticks(low: float, high: float, log: bool = False) -> list[float]:
    """Where an axis has its ticks.

    >>> round_ticks(0, 5.9e6)
    [0.0, 2000000.0, 4000000.0]
    >>> round_ticks(3e3, 4e6, log=True)
    [10000.0, 100000.0, 1000000.0]
    >>> round_ticks(1.1, 12, log=True)
    [2.0, 5.0, 10.0]
    """
    return _log_ticks(low, high) if log else _linear_ticks(low, high)


def month_number(date: str) -> int:
    """The month of a day, counted from that of the year nought.

    >>> month_number("2024-12-26"), month_number("2025-01-01")
    (24299, 24300)
    """
    year, month = str(date).split("-")[:2]
    return 12 * int(year) + int(month) - 1


def _month_ticks(low: float, high: float) -> list[float]:
    """Months that begin a part of a year, or of some years."""
    step = next(step for step in MONTHS_APART if high - low <= step * (MOST_TICKS - 1))
    return [step * n for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _linear_ticks(low: float, high: float) -> list[float]:
    least = (high - low) / (MOST_TICKS - 1) or 1.0
    power = 10.0 ** math.floor(math.log10(least))
    step = next(part * power for part in (1, 2, 5, 10, 20) if part * power >= least * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    parts = [part * 10.0**power for power in powers for part in (1, 2, 5)]
    inside = [[tick for tick in ticks if low <= tick <= high] for ticks in (parts, parts[::3])]
    few = next((ticks for ticks in inside if len(ticks) <= MOST_TICKS), inside[-1])
    return few[:: math.ceil(len(few) / MOST_TICKS)] if few else [low, high]
