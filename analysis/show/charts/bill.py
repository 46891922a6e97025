"""The bill, line by line, and what would move it."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.show.charts.axes import Measure, dollars_axis, on_log_scale
from analysis.show.charts.bars import height_px, labelled_bars
from analysis.show.charts.frames import figures, leading, listed, texts
from analysis.show.charts.look import ACCENT, DISCLOSED, finish, sentence, tips
from analysis.show.numbers import significant, usd_text

LEAST_USD = 0.5  # what moves the bill by less does not move it


def bill_ladder(rungs: pd.DataFrame) -> alt.LayerChart:
    """The bill by how much is counted, a bar a line.

    `rungs`: `label, usd, gpu_hours, headline`, rising; dollars that are NaN or nothing are not
    disclosed.
    """
    frame = figures(rungs, "usd", "gpu_hours")
    frame = frame.assign(usd=frame.usd.where(frame.usd > 0))
    if frame.usd.isna().all():
        return sentence("No hours are disclosed, so there is no bill to draw")
    frame = frame[["label", "usd", "gpu_hours", "headline"]].assign(
        text=texts(frame.usd, lambda usd: usd_text(usd, 3))
    )
    scale = alt.Scale(domainMax=float(frame.usd.max()) * 1.16)
    measure = Measure("US$, rent of the disclosed hours", dollars_axis(4), scale)
    marked = alt.Scale(domain=[True, False], range=[ACCENT, DISCLOSED])
    color = alt.Color("headline:N", scale=marked, legend=None)
    tooltip = tips("label", usd="$,.0f", gpu_hours=",.0f")
    return finish(
        *labelled_bars(frame, "label", "usd", measure, color, tooltip),
        title=_share_of_headline(frame),
        description=listed(frame, "{label}: {text}"),
        height=height_px(frame),
    )


def _share_of_headline(frame: pd.DataFrame) -> str:
    headline = frame.usd[frame.headline.astype(bool)].sum()
    top = frame[frame.usd.notna()].iloc[-1]
    whole = "bill" if frame.usd.notna().all() else "disclosed part of the bill"
    if 0 < headline < top.usd:
        return f"The headline is {headline / top.usd:.0%} of the {whole}"
    return f"The {whole} comes to {top.text}"


def effects_on_the_bill(frame: pd.DataFrame) -> alt.LayerChart:
    """What each contradiction would do to the bill, a bar each.

    `frame`: `what, effect_usd`, NaN where it does nothing.
    """
    frame = figures(frame, "effect_usd")
    frame = frame[frame.effect_usd.abs() >= LEAST_USD]
    if frame.empty:
        return sentence("No contradiction between sources moves the bill")
    size = frame.effect_usd.abs()
    frame = frame[["what", "effect_usd"]].assign(
        size=size, text=texts(size, lambda usd: usd_text(significant(usd, 3)))
    )
    measure = on_log_scale(
        "difference between the two bills, US$", dollars_axis(), size.min() * 0.6, size.max() * 4
    )
    widest = leading(frame, "size")
    tooltip = tips("what", effect_usd="$,.0f")
    return finish(
        *labelled_bars(frame, "what", "size", measure, DISCLOSED, tooltip),
        title=f"The widest is {widest.what}: the two bills are {widest.text} apart",
        description=listed(frame, "{what}: {text}"),
        height=height_px(frame),
    )
