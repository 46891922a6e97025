"""Where the hours of each model go, side by side."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.show.charts.axes import from_zero
from analysis.show.charts.bars import SAYS, heights, rows
from analysis.show.charts.frames import described, figures, share_text
from analysis.show.charts.look import ACCENT, DISCLOSED, OTHERS, RECONSTRUCTED, color_by, finish
from analysis.show.charts.look import sentence as sentence_of
from analysis.show.charts.opening import counted_in, linked

NAME = "accounts"
COLORS = (DISCLOSED, OTHERS, RECONSTRUCTED, ACCENT)


def hours_by_phase(frame: pd.DataFrame) -> alt.LayerChart:
    """Shares of each model's estimated hours by what they go into, a row a model.

    `frame`: `title, group` (in the order of training) and `share` [1].
    """
    frame = figures(frame, "share")
    frame = frame[frame.share > 0]
    if frame.empty:
        return sentence_of("No model's hours are estimated")
    groups = list(dict.fromkeys(frame.group))
    frame = _stacked(frame, groups)
    measure = from_zero("shares", frame.until)
    colors = dict(zip(groups, COLORS, strict=False))
    bars = linked(rows(frame, "title").mark_bar(size=16), frame)
    return finish(
        bars.encode(
            x=measure.x("from"),
            x2=alt.X2("until"),
            color=color_by("group", colors, legend=alt.Legend(columns=1, labelLimit=0)),
            description=SAYS,
        ),
        title=_largest(frame, groups[0]),
        subtitle="Share of each model's estimated GPU-hours, at the middles",
        description=described(frame),
        height=heights(frame.title.unique()),
        name=NAME,
        source="the reconstruction of this book",
    )


def _stacked(frame: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """The shares one after the other, in the order of training."""
    order = frame.group.map(groups.index)
    names = {name: place for place, name in enumerate(dict.fromkeys(frame.title))}
    frame = frame.assign(order=order, place=frame.title.map(names))
    frame = frame.sort_values(["place", "order"], kind="stable")
    until = frame.groupby("title", sort=False).share.cumsum()
    says = [f"{row.title}, {row.group}: {share_text(row.share)}" for row in frame.itertuples()]
    opens = counted_in(NAME, says, NAME, "reconstructed")
    shown = frame[["title", "group", "share"]].assign(until=until, says=says, opens=opens)
    return shown.assign(**{"from": until - frame.share})


def _largest(frame: pd.DataFrame, first: str) -> str:
    shares = frame[frame.group == first].share
    most = int((shares > 0.5).sum())
    return f"Most hours go into {first} in {most} of {frame.title.nunique()} models"
