"""Rows, each with its name left of the plot: a figure with its value beside it, an interval with a
tick at its middle and both ends in words, and points.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any, Literal

import altair as alt
import pandas as pd

from analysis.show.charts.axes import PX_PER_CHARACTER, Measure
from analysis.show.charts.drawing import in_expression
from analysis.show.charts.figure import CHARACTERS, ROOM
from analysis.show.charts.look import ACCENT, ASSUMED, HATCHED, TEXT
from analysis.show.charts.opening import linked

LINE_PX, GAP_PX, AXIS_PX, BESIDE_PX = 16, 12, 8, 10
SAYS = alt.Description("says:N")  # a row's words, for who points at its mark
MOST_ROWS = 12


def heights(names: Iterable[str], row_px: float = 0, gap_px: float = GAP_PX) -> dict[str, int]:
    """The height of a chart with a row for each name, in each width [px]."""
    lines = [str(name) for name in names]
    return {
        size: int(AXIS_PX + len(lines) * max(row_px, gap_px + _tallest(lines, characters)))
        for size, characters in CHARACTERS.items()
    }


def _tallest(names: list[str], characters: int) -> int:
    return LINE_PX * max([1, *(len(_lines(name, characters)) for name in names)])


def rows(frame: pd.DataFrame, name: str, subject: str | None = None) -> alt.Chart:
    """A row for each name, in the frame's order, with the name left of the plot; the name of the
    subject stands out.
    """
    names = list(dict.fromkeys(frame[name]))
    scale = alt.Scale(paddingInner=0.2, paddingOuter=0.1)
    axis = names_axis(names, "datum.label", **_bold(subject))
    return alt.Chart(frame).encode(y=alt.Y(f"{name}:N", sort=names, axis=axis, scale=scale))


def names_axis(names: Iterable[str], name: str, **options: Any) -> alt.Axis:
    """Names left of the plot, with room for the widest font; `name` is the expression of one."""
    longest = {characters: _longest(names, characters) for characters in CHARACTERS.values()}
    room = " : ".join(f"{ROOM} == {number} ? {px:.0f}" for number, px in longest.items())
    extent = alt.expr(f"{room} : 0")
    return alt.Axis(
        title=None,
        labelExpr=broken(name),
        labelPadding=8,
        labelOverlap=False,
        grid=False,
        minExtent=extent,
        **options,
    )


def _longest(names: Iterable[str], characters: int) -> float:
    """The room that the longest line of some names needs, in bold [px]."""
    lines = [line for name in names for line in _lines(str(name), characters)]
    return 8 + 1.06 * PX_PER_CHARACTER * max(map(len, lines), default=0)


def _lines(name: str, characters: int) -> list[str]:
    return textwrap.wrap(name, characters, break_long_words=False, break_on_hyphens=False)


def broken(name: str) -> str:
    """The expression for the lines of a name: at most `room` characters each, which differs from
    drawing to drawing.
    """
    lines = f"regexp('(.{{1,' + {ROOM} + '}})( +|$)', 'g')"
    return f"split(trim(replace({name}, {lines}, '$1\\n')), '\\n')"


def _bold(subject: str | None) -> dict[str, Any]:
    if subject is None:
        return {}
    test = f"datum.value === {in_expression(subject)}"
    looks = (("labelFontWeight", 700, 400), ("labelColor", ACCENT, TEXT))
    return {
        field: {"condition": {"test": test, "value": value}, "value": other}
        for field, value, other in looks
    }


def labelled_bars(
    frame: pd.DataFrame,
    name: str,
    value: str,
    measure: Measure,
    color: str | alt.Color,
    start: str | None = None,
    subject: str | None = None,
) -> list[alt.Chart]:
    """A bar a row, with the words of the column `text` beside its end; from the column `start`, or
    from nothing.

    Where the value is NaN, the words stand at the beginning of the row.
    """
    base = rows(frame, name, subject)
    bars = base.mark_bar(size=16).encode(
        x=measure.x(value),
        x2=alt.datum(0) if start is None else alt.X2(start),
        color=alt.value(color) if isinstance(color, str) else color,
        description=SAYS,
    )
    layers = [bars, after(base, value, measure)]
    if frame[value].isna().any():
        unknown = base.transform_filter(f"!isValid(datum.{value})")
        layers.append(_words(unknown, "left", 5).encode(x=alt.value(0), text=alt.Text("text:N")))
    return layers


def interval_bars(
    base: alt.Chart, fields: tuple[str, str, str], measure: Measure, color: str, words: bool = True
) -> list[alt.Chart]:
    """A bar from low to high with a tick at the middle; `fields`: low, middle, high. With `words`,
    the columns `low_text` and `high_text` stand at its ends.
    """
    low, middle, high = fields
    solid, opacity = (ASSUMED, 1.0) if color == HATCHED else (color, 0.45)
    bar = base.mark_bar(size=12, opacity=opacity, color=color)
    tick = base.mark_tick(thickness=3, size=20, orient="vertical", color=solid)
    layers = [
        bar.encode(x=measure.x(low), x2=alt.X2(f"{high}:Q"), description=SAYS),
        tick.encode(x=measure.x(middle), description=SAYS),
    ]
    if words:
        layers += [before(base, low, measure, "low_text"), after(base, high, measure, "high_text")]
    return layers


def points(
    base: alt.Chart,
    value: str,
    measure: Measure,
    color: str | alt.Color,
    shape: str = "diamond",
) -> alt.Chart:
    """A mark at a single figure: a diamond, where it is disclosed."""
    mark = base.mark_point(shape=shape, filled=True, size=110, opacity=1)
    ink = alt.value(color) if isinstance(color, str) else color
    return mark.encode(x=measure.x(value), color=ink, description=SAYS)


def before(base: alt.Chart, value: str, measure: Measure, text: str) -> alt.Chart:
    """The words of a column before a figure."""
    return _words(base, "right", -BESIDE_PX).encode(x=measure.x(value), text=alt.Text(f"{text}:N"))


def after(
    base: alt.Chart, value: str, measure: Measure, text: str = "text", dx: int = BESIDE_PX
) -> alt.Chart:
    """The words of a column after a figure."""
    return _words(base, "left", dx).encode(x=measure.x(value), text=alt.Text(f"{text}:N"))


def _words(base: alt.Chart, align: Literal["left", "right"], dx: int) -> alt.Chart:
    return linked(base.mark_text(align=align, dx=dx, color=TEXT), base.data)
