"""How much of what a bill needs each model discloses."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.show.charts.axes import Measure, shares_axis
from analysis.show.charts.frames import figures, listed
from analysis.show.charts.look import DISCLOSED, TEXT, finish, sentence, tips


def disclosure_scores(frame: pd.DataFrame) -> alt.LayerChart:
    """Share of the standard's fields that each model discloses, a bar a model.

    `frame`: `model, developer, score, disclosed, asked`, in the order to draw.
    """
    frame = figures(frame, "score")
    frame = frame[frame.score.notna()]
    if frame.empty:
        return sentence("No disclosure sheet is on record")
    frame = frame[["model", "developer", "score", "disclosed", "asked"]]
    frame = frame.assign(
        text=[f"{row.score:.0%}  ({row.disclosed} of {row.asked})" for row in frame.itertuples()]
    )
    measure = Measure(
        "share of the fields disclosed",
        shares_axis([0, 0.25, 0.5, 0.75, 1]),
        alt.Scale(domain=[0, 1.3]),
    )
    # one line a model, its name beside the bar: there are many, and their names are short
    names = alt.Y("model:N", sort=None, title=None, axis=alt.Axis(labelLimit=170))
    base = alt.Chart(frame).encode(x=measure.x("score"), y=names)
    return finish(
        base.mark_bar(cornerRadiusEnd=2, color=DISCLOSED).encode(
            tooltip=tips("model", "developer", score=".0%")
        ),
        base.mark_text(align="left", dx=5, color=TEXT).encode(text="text:N"),
        title=_how_many_disclose(frame),
        description=listed(frame, "{model}: {text}"),
        height=max(20 * len(frame), 40),
    )


def _how_many_disclose(frame: pd.DataFrame) -> str:
    if len(frame) == 1:
        only = frame.iloc[0]
        return f"{only.model} discloses {only.score:.0%} of what a bill needs"
    half = int((frame.score > 0.5).sum())
    return f"{half} of {len(frame)} models disclose more than half of what a bill needs"
