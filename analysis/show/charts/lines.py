"""Lines and named points: a name beside the end of a line, or below a point where nothing lies."""

from __future__ import annotations

import math
from typing import Literal

import altair as alt
import pandas as pd

from analysis.show.charts.axes import Measure

NAME_PX = 17  # from one name below the points to the next


def named_line(
    frame: pd.DataFrame, x: alt.X, y: alt.Y, name: str, color: str, down_px: float = 0.0
) -> list[alt.Chart]:
    """A line with its name after its end, or so much further down."""
    base = alt.Chart(frame).encode(x=x, y=y)
    last = alt.Chart(frame.tail(1).assign(name=name)).encode(x=x, y=y)
    text = last.mark_text(align="left", dx=6, dy=down_px, color=color)
    return [base.mark_line(color=color, strokeWidth=2), text.encode(text=alt.Text("name:N"))]


def moved_apart(ends: list[float], up: Measure, height: int) -> list[float]:
    """How far down the name at each of some ends of lines moves, so that none touches another
    [px].
    """
    px = (height - sum(up.room)) / (_place(up.high, up) - _place(up.low, up))
    places = [(_place(up.high, up) - _place(end, up)) * px for end in ends]
    order = sorted(range(len(ends)), key=places.__getitem__, reverse=True)
    moved, below = [0.0] * len(ends), float("inf")
    for number in order:  # from the lowest up
        below = min(places[number], below - NAME_PX)
        moved[number] = below - places[number]
    return moved


def room_below(names: int) -> float:
    """The room that so many names below the points need [px]."""
    return 10.0 + NAME_PX * names


def names_below(
    frame: pd.DataFrame,
    axes: tuple[str, str],
    across: Measure,
    up: Measure,
    height: int,
    color: str,
) -> list[alt.Chart]:
    """The column `name` of each point below all points, at the end of a line from it; `axes` are
    the columns of the points.

    `up` has the room below that `room_below` says. A name lies towards the side that has more room,
    and the order is such that no line crosses a name.
    """
    x, y = axes
    side = [_is_right(value, across) for value in frame[x]]
    order = frame.assign(side=side).sort_values(["side", x], ascending=[False, True])
    layers = []
    for number in range(len(order)):
        row = order.iloc[[number]]
        below = alt.value(height - NAME_PX * (len(order) - number) + 8)
        align: Literal["right", "left"] = "right" if row.side.iloc[0] else "left"
        dx = -5 if row.side.iloc[0] else 5
        point = alt.Chart(row[[x, y, "name"]]).encode(x=across.x(x))
        rule = point.mark_rule(color=color, opacity=0.6).encode(y=up.y(y), y2=below)
        text = point.mark_text(align=align, dx=dx, color=color, fontWeight=600)
        layers += [rule, text.encode(y=below, text=alt.Text("name:N"))]
    return layers


def _is_right(value: float, across: Measure) -> bool:
    """Whether a value lies in the right half of its axis."""
    low, high = _place(across.low, across), _place(across.high, across)
    return (_place(value, across) - low) * 2 > high - low


def _place(value: float, measure: Measure) -> float:
    """Where a value lies, on the scale of its measure."""
    return math.log(value) if measure.log else value
