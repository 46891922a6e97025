"""Rows in small panels, one under the other: each group under its title, on one scale."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.show.charts.bars import broken, heights, names_axis
from analysis.show.charts.drawing import in_expression
from analysis.show.charts.figure import CHARACTERS, ROOM
from analysis.show.charts.look import TEXT

ABOVE, UNDER = 1.0, 1.2  # rows: from a panel to the next, and from the top of a title to its rows
# characters in a line of a title, which lies over the plot
TITLE = {CHARACTERS["wide"]: 62, CHARACTERS["middle"]: 40, CHARACTERS["narrow"]: 24}


def in_panels(frame: pd.DataFrame, group: str) -> pd.DataFrame:
    """The rows in the order of their groups, each with the `line` in which it lies."""
    ordered = [rows for _, rows in frame.groupby(group, sort=False)]
    lines, line = [], 0.0
    for rows in ordered:
        lines += [line + place for place in range(len(rows))]
        line += len(rows) + ABOVE
    return pd.concat(ordered, ignore_index=True).assign(line=lines)


def panel_heights(frame: pd.DataFrame, name: str) -> dict[str, int]:
    """The height of a chart of such rows, in each width [px]."""
    each, span = heights(frame[name]), _end(frame) - _begin()
    return {size: int(px * span / len(frame)) for size, px in each.items()}


def lines_of(frame: pd.DataFrame, name: str) -> alt.Y:
    """Where each row lies, with its name left of the plot."""
    places = [round(float(line), 6) for line in frame.line]
    names = in_expression([str(one) for one in frame[name]])
    word = f"{names}[indexof({places}, datum.value)]"
    scale = alt.Scale(domain=[_end(frame), _begin()], nice=False, zero=False)
    return alt.Y("line:Q", axis=names_axis(frame[name], word, values=places), scale=scale)


def titles(frame: pd.DataFrame, group: str, y: alt.Y) -> alt.Chart:
    """The title of each panel, above its first row and broken where the plot ends."""
    first = frame.drop_duplicates(group)
    shown = pd.DataFrame({"line": first.line - UNDER, "title": first[group]})
    most = " : ".join(f"{ROOM} == {room} ? {most}" for room, most in TITLE.items())
    lines = broken("datum.title").replace(f"' + {ROOM} + '", f"' + ({most} : 0) + '")
    text = alt.Chart(shown).transform_calculate(lines=lines)
    mark = text.mark_text(align="left", baseline="line-top", fontWeight=700, color=TEXT)
    return mark.encode(x=alt.value(0), y=y, text=alt.Text("lines:N")).properties(name="titles")


def beside(frame: pd.DataFrame, group: str) -> pd.DataFrame:
    """From where to where each panel goes, for a line down its rows: `line` and `until`."""
    ends = frame.groupby(group, sort=False).line.agg(["min", "max"])
    return pd.DataFrame({"line": ends["min"] - 0.3, "until": ends["max"] + 0.45})


def _begin() -> float:
    return -UNDER - 0.1


def _end(frame: pd.DataFrame) -> float:
    return float(frame.line.max()) + 0.7
