"""Estimates of others, step by step, beside ours."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.show.charts.axes import on_log_scale
from analysis.show.charts.bars import MOST_ROWS, SAYS, heights, rows
from analysis.show.charts.frames import figures
from analysis.show.charts.look import ACCENT, OTHERS, TEXT, finish, sentence
from analysis.show.charts.opening import counted_in, linked

NAME, ROW_PX = "estimates", 66


def estimates_apart(steps: pd.DataFrame) -> alt.LayerChart:
    """How far each step of others' estimates is from ours, a path an estimate from its first step
    down to its last; those that end furthest apart first.

    `steps`: `title, step, label, ratio` (theirs over ours)`, parts_here`.
    """
    frame = figures(steps, "ratio", "step")
    frame = frame[frame.ratio > 0]
    if frame.empty:
        return sentence("No estimate of others is recomputed here")
    frame = _in_words(frame)
    frame = frame.assign(opens=counted_in(NAME, frame.says, "estimates", "derived"))
    measure = on_log_scale("factors", *_ends(frame.ratio), room=(10, 14))
    scale = alt.Scale(paddingInner=0.15, paddingOuter=0.3)
    base = rows(frame, "row").encode(
        x=measure.x("ratio"), yOffset=alt.YOffset("step:O", scale=scale)
    )
    equal = alt.Chart(pd.DataFrame([{"ratio": 1.0}])).mark_rule(color=TEXT, opacity=0.6)
    parted = base.transform_filter("datum.parts_here")
    return finish(
        equal.encode(x=measure.x("ratio")),
        base.mark_line(color=OTHERS, strokeWidth=1.5).encode(detail="row:N", order="step:Q"),
        linked(base.mark_circle(size=60, opacity=1, color=OTHERS), frame).encode(description=SAYS),
        parted.mark_circle(size=90, opacity=1, color=ACCENT).encode(description=SAYS),
        title=_how_many_part(frame),
        subtitle="Theirs over ours, log scale, a dot for each step downwards; the line: equal."
        " Large dot: the step where the two part, named at the left",
        description="; ".join(frame.says),
        height=heights(frame.row.unique(), ROW_PX),
        name=NAME,
        source="the document of each estimate, in the table of this page",
    )


def _ends(ratios: pd.Series) -> tuple[float, float]:
    """The ends of an axis that has the equal in it."""
    return min(0.9, float(ratios.min())), max(1.1, float(ratios.max()))


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """The steps of the estimates that end furthest from ours, each in words, with the name of its
    row.
    """
    last = frame.sort_values("step").groupby("title").ratio.last()
    order = last.map(lambda ratio: max(ratio, 1 / ratio)).nlargest(MOST_ROWS).index
    chosen = pd.concat([frame[frame.title == title] for title in order])
    parting = chosen[chosen.parts_here.astype(bool)].drop_duplicates("title")
    where = {row.title: f": {row.label}" for row in parting.itertuples()}
    names = [title + where.get(title, "") for title in chosen.title]
    says = [f"{row.title}, {row.label}: × {row.ratio:.3g}" for row in chosen.itertuples()]
    columns = ["title", "step", "label", "ratio", "parts_here"]
    return chosen[columns].assign(row=names, says=says)


def _how_many_part(frame: pd.DataFrame) -> str:
    parted = frame[frame.parts_here.astype(bool)].title.nunique()
    of_all = frame.title.nunique()
    if of_all == 1:
        return f"{frame.title.iloc[0]} {'parts from' if parted else 'agrees with'} ours"
    return f"{parted or 'None'} of {of_all} estimates part from ours at one step"
