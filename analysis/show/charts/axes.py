"""What a chart measures: a title with its unit, an axis and a scale; one way for each quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import altair as alt

# of the label, not of the value: a log scale leaves the labels out that would touch
DOLLAR_LABELS = "replace(replace(datum.label, 'G', 'B'), 'k', 'K')"
FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class Measure:
    """What is measured along an axis; `start` is the value at its beginning."""

    title: str
    axis: alt.Axis
    scale: alt.Scale = field(default_factory=alt.Scale)
    start: float = 0.0

    def x(self, column: str) -> alt.X:
        """A column along the horizontal axis."""
        return alt.X(f"{column}:Q", title=self.title, axis=self.axis, scale=self.scale)

    def y(self, column: str) -> alt.Y:
        """A column along the vertical axis."""
        return alt.Y(f"{column}:Q", title=self.title, axis=self.axis, scale=self.scale)


def on_log_scale(title: str, axis: alt.Axis, low: float, high: float) -> Measure:
    """A measure on a log scale from `low` to `high`."""
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    return Measure(f"{title} (log scale)", axis, scale, low)


def dollars_axis(ticks: int = 5, values: Sequence[float] | None = None) -> alt.Axis:
    """Labels such as $20K, $5M, $1B."""
    return alt.Axis(format="$~s", tickCount=ticks, labelExpr=DOLLAR_LABELS, **_at(values))


def shares_axis(values: Sequence[float] | None = None, ticks: int = 10) -> alt.Axis:
    """Labels in per cent."""
    return alt.Axis(format="%", tickCount=ticks, **_at(values))


def counts_axis(ticks: int = 5) -> alt.Axis:
    """Labels of hours, tokens, seconds or steps: 5, 20k, 3M."""
    return alt.Axis(format="~s", tickCount=ticks)


def factors_axis() -> alt.Axis:
    """Labels of factors of 1 and more."""
    return alt.Axis(values=[1, 1.5, 2, 3, 5, 10, 20, 50, 100, 1000], format="~g")


def _at(values: Sequence[float] | None) -> dict[str, Any]:
    return {} if values is None else {"values": list(values)}
