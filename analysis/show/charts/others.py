"""Estimates of others, step by step, beside ours."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.show.charts.axes import on_log_scale, room_for
from analysis.show.charts.bars import MOST_ROWS, SAYS, after, before
from analysis.show.charts.frames import figures
from analysis.show.charts.groups import beside, in_panels, lines_of, panel_heights, titles
from analysis.show.charts.look import ACCENT, OTHERS, TEXT, finish, sentence
from analysis.show.charts.opening import counted_in

NAME = "estimates"


def estimates_apart(steps: pd.DataFrame) -> alt.LayerChart:
    """How far each step of others' estimates is from ours, a panel an estimate, from its first step
    down to its last; those that end furthest apart first.

    `steps`: `title, step, label, ratio` (theirs over ours)`, parts_here`.
    """
    frame = figures(steps, "ratio", "step")
    frame = frame[frame.ratio > 0]
    if frame.empty:
        return sentence("No estimate of others is recomputed here")
    frame = in_panels(_in_words(frame), "title")
    less, more = frame[frame.ratio < 1], frame[frame.ratio >= 1]
    measure = on_log_scale(
        "factors", *_ends(frame.ratio), room=(room_for(less.text), room_for(more.text))
    )
    y = lines_of(frame, "label")
    equal = alt.Chart(beside(frame, "title").assign(ratio=1.0)).encode(x=measure.x("ratio"), y=y)
    base = alt.Chart(frame).encode(y=y)
    color = alt.condition("datum.parts_here", alt.value(ACCENT), alt.value(OTHERS))
    return finish(
        equal.mark_rule(color=TEXT, opacity=0.6).encode(y2=alt.Y2("until:Q")),
        base.mark_rule(strokeWidth=2).encode(x=measure.x("ratio"), x2=alt.datum(1.0), color=color),
        base.mark_circle(size=80, opacity=1).encode(
            x=measure.x("ratio"), color=color, description=SAYS
        ),
        before(alt.Chart(less).encode(y=y), "ratio", measure, "text"),
        after(alt.Chart(more).encode(y=y), "ratio", measure),
        titles(frame, "title", y),
        title=_how_many_part(frame),
        subtitle="Theirs over ours at each step, one log scale for all; the line: equal. In colour:"
        " the step where the two part",
        description="; ".join(frame.says),
        height=panel_heights(frame, "label"),
        name=NAME,
        source="the document of each estimate, in the tables of this page",
    )


def _ends(ratios: pd.Series) -> tuple[float, float]:
    """The ends of an axis that has the equal in it."""
    return min(0.9, float(ratios.min())), max(1.1, float(ratios.max()))


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """The steps of the estimates that end furthest from ours, each in words."""
    last = frame.sort_values("step").groupby("title").ratio.last()
    order = last.map(lambda ratio: max(ratio, 1 / ratio)).nlargest(MOST_ROWS).index
    chosen = pd.concat([frame[frame.title == title] for title in order])
    says = [f"{row.title}, {row.label}: × {row.ratio:.3g}" for row in chosen.itertuples()]
    columns = ["title", "step", "label", "ratio", "parts_here"]
    text = [f"× {ratio:.3g}" for ratio in chosen.ratio]
    opens = counted_in(NAME, says, NAME, "derived")
    return chosen[columns].assign(text=text, says=says, opens=opens)


def _how_many_part(frame: pd.DataFrame) -> str:
    parted = frame[frame.parts_here.astype(bool)].title.nunique()
    of_all = frame.title.nunique()
    if of_all == 1:
        return f"{frame.title.iloc[0]} {'parts from' if parted else 'agrees with'} ours"
    return f"{parted or 'None'} of {of_all} estimates part from ours at one step"
