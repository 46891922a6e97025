"""The two kinds of bars, a row a line of a frame: a figure with its value beside it, and an
interval with a tick at its middle. The row's name stands above the bar, where a narrow page has
room for it.
"""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.show.charts.axes import Measure
from analysis.show.charts.look import TEXT

Tips = list[alt.Tooltip]


def height_px(frame: pd.DataFrame) -> int:
    """The height of a chart with a row a line of the frame [px]."""
    return 10 + 40 * len(frame)


def rows(frame: pd.DataFrame, name: str) -> alt.Chart:
    """A row for each name, in the frame's order."""
    scale = alt.Scale(paddingInner=0.62, paddingOuter=0.5)
    return alt.Chart(frame).encode(y=alt.Y(f"{name}:N", sort=None, axis=None, scale=scale))


def names_above(base: alt.Chart, name: str, measure: Measure) -> alt.Chart:
    """The name of each row, above its mark."""
    text = base.mark_text(align="left", baseline="bottom", dy=-8, color=TEXT)
    return text.encode(x=alt.datum(measure.start), text=f"{name}:N")


def labelled_bars(
    frame: pd.DataFrame,
    name: str,
    value: str,
    measure: Measure,
    color: str | alt.Color,
    tooltip: Tips,
    text: str | None = "text",
) -> list[alt.Chart]:
    """A bar a row with its name above and the words of the column `text` beside its end.

    Where the value is NaN, the words stand at the beginning of the row.
    """
    base = rows(frame, name)
    bars = base.mark_bar(cornerRadiusEnd=2).encode(
        x=measure.x(value),
        x2=alt.datum(measure.start),
        color=alt.value(color) if isinstance(color, str) else color,
        tooltip=tooltip,
    )
    layers = [bars, names_above(base, name, measure)]
    if text is not None:
        layers.append(_words(base).encode(x=measure.x(value), text=f"{text}:N"))
        if frame[value].isna().any():
            unknown = base.transform_filter(f"!isValid(datum.{value})")
            layers.append(_words(unknown).encode(x=alt.datum(measure.start), text=f"{text}:N"))
    return layers


def spans(
    base: alt.Chart, low: str, high: str, measure: Measure, color: str, tooltip: Tips
) -> alt.Chart:
    """A bar from a low to a high value."""
    mark = base.mark_rule(strokeWidth=6, opacity=0.55, color=color)
    return mark.encode(x=measure.x(low), x2=f"{high}:Q", tooltip=tooltip)


def ticks(base: alt.Chart, value: str, measure: Measure, color: str, tooltip: Tips) -> alt.Chart:
    """A tick at the middle of an interval."""
    mark = base.mark_tick(thickness=3, size=18, orient="vertical", color=color)
    return mark.encode(x=measure.x(value), tooltip=tooltip)


def diamonds(base: alt.Chart, value: str, measure: Measure, color: str, tooltip: Tips) -> alt.Chart:
    """A diamond at a single figure, one that is disclosed for instance."""
    mark = base.mark_point(shape="diamond", filled=True, size=100, opacity=1, color=color)
    return mark.encode(x=measure.x(value), tooltip=tooltip)


def interval_bars(
    base: alt.Chart, fields: tuple[str, str, str], measure: Measure, color: str, tooltip: Tips
) -> list[alt.Chart]:
    """A bar from low to high with a tick at the middle; `fields`: low, middle, high."""
    low, middle, high = fields
    return [
        spans(base, low, high, measure, color, tooltip),
        ticks(base, middle, measure, color, tooltip),
    ]


def _words(base: alt.Chart) -> alt.Chart:
    return base.mark_text(align="left", dx=5, color=TEXT)
