"""The bill, line by line, and what would move it."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from analysis.show.charts.axes import from_zero, on_log_scale, room_for
from analysis.show.charts.bars import MOST_ROWS, after, heights, labelled_bars, points
from analysis.show.charts.frames import described, figures, leading, share_text, texts
from analysis.show.charts.groups import in_panels, lines_of, panel_heights, titles
from analysis.show.charts.look import ACCENT, DISCLOSED, color_by, finish, sentence
from analysis.show.charts.opening import opening, opens_at
from analysis.show.links import counted_row
from analysis.show.numbers import significant, usd_text

PUBLISHERS = ("one publisher", "two publishers")
PAGE = "contradictions.html"  # where the same effects stand in tables
LEAST_USD = 0.5  # what moves the bill by less does not move it


def bill_ladder(rungs: pd.DataFrame, source: str = "") -> alt.LayerChart:
    """The bill by how much is counted: each line a bar from where the one before ends.

    `rungs`: `id, label, usd, gpu_hours, headline`, rising; dollars that are NaN or nothing are not
    disclosed; `source` is where the hours stand.
    """
    frame = figures(rungs, "usd", "gpu_hours")
    frame = frame.assign(usd=frame.usd.where(frame.usd > 0))
    if frame.usd.isna().all():
        return sentence("No hours are disclosed, so there is no bill to draw")
    names = frame.label.str.partition(":")[0]  # the words before a colon say what is added
    frame = _added(frame.assign(label=names))
    subject = next(iter(frame.label[frame.headline.astype(bool)]), None)
    measure = from_zero("dollars", frame.usd, room=(0, room_for(frame.text)))
    colors = {"True": ACCENT, "False": DISCLOSED}
    color = color_by("reported", colors, legend=None)
    return finish(
        *labelled_bars(frame, "label", "usd", measure, color, "before", subject),
        title=_share_of_headline(frame),
        subtitle=f"US$, added by each line to those above it; {_price(frame)}",
        description=described(frame),
        height=heights(frame.label),
        name="bill",
        source=source or "the developers' own reports",
    )


def _added(frame: pd.DataFrame) -> pd.DataFrame:
    """The lines with what each adds, in words; up to the last headline all is what was reported."""
    before = frame.usd.ffill().shift().fillna(0.0).clip(upper=frame.usd)
    text = texts(frame.usd - before, usd_text)
    reported = frame.headline.astype(bool)[::-1].cummax()[::-1]
    says = [
        f"{row.label}: {words}" + (f", {usd_text(row.usd)} in all" if row.usd > 0 else "")
        for row, words in zip(frame.itertuples(), text, strict=True)
    ]
    opens = opens_at("bill", frame, "derived", field=".added_usd")
    shown = frame[["usd", "gpu_hours", "headline", "label"]].assign(before=before, text=text)
    return shown.assign(reported=reported.astype(str), says=says, opens=opens)


def _price(frame: pd.DataFrame) -> str:
    """The price of an hour that all lines have."""
    prices = (frame.usd / frame.gpu_hours).dropna()
    if prices.empty or not np.allclose(prices, prices.iloc[0]):
        return "rent of the disclosed hours"
    return f"disclosed hours at ${prices.iloc[0]:.2f} a GPU-hour"


def _share_of_headline(frame: pd.DataFrame) -> str:
    headline = frame.usd[frame.headline.astype(bool)].sum()
    top = frame[frame.usd.notna()].iloc[-1]
    whole = "bill of disclosed hours" if frame.usd.notna().all() else "disclosed part of the bill"
    if 0 < headline < top.usd:
        share = share_text(headline / top.usd)
        return f"The reported {usd_text(headline)} is {share} of the {whole}"
    return f"The {whole} comes to {usd_text(top.usd)}"


def effects_on_the_bill(frame: pd.DataFrame) -> alt.LayerChart:
    """What the contradictions would do to the bill, a panel a group, in each the largest first, a
    point each.

    `frame`: `what, panel, effect_usd` (NaN where it does nothing) and `same_publisher`.
    """
    frame = figures(frame, "effect_usd")
    frame = frame[frame.effect_usd.abs() >= LEAST_USD]
    if frame.empty:
        return sentence("No contradiction between sources moves the bill")
    many = len(frame)
    frame = _sized(frame).nlargest(MOST_ROWS, "size")
    which = f"The {len(frame)} largest of {many}. " if len(frame) < many else ""
    found = float(frame["size"].min()), float(frame["size"].max())
    measure = on_log_scale("dollars", *found, room=(12, room_for(frame.text)))
    widest = leading(frame, "size")
    frame = in_panels(frame, "panel")
    y = lines_of(frame, "what")
    base = alt.Chart(frame).encode(y=y)
    marks = alt.Scale(domain=list(PUBLISHERS), range=["circle", "diamond"])
    shapes = alt.Shape("publishers:N", scale=marks, legend=None)
    return finish(
        points(base, "size", measure, DISCLOSED).encode(shape=shapes),
        after(base, "size", measure),
        titles(frame, "panel", y),
        title=f"{widest.what} is the widest disagreement: {_about(widest['size'])}",
        subtitle="US$ that the bill by the second source is above (+) or below (−) that by the"
        f" first, log scale. {which}Circle: one publisher against itself; diamond: two publishers",
        description=described(frame),
        height=panel_heights(frame, "what"),
        name="disagreements",
        source="the two sources of each row, in the tables of this page",
    )


def _sized(frame: pd.DataFrame) -> pd.DataFrame:
    """The contradictions with the size of their effect, its sign in words."""
    size = frame.effect_usd.abs()
    words = [f"{'+' if effect > 0 else '−'}{_about(abs(effect))}" for effect in frame.effect_usd]
    says = [f"{what}: {text}" for what, text in zip(frame.what, words, strict=True)]
    publishers = np.where(frame.same_publisher.astype(bool), *PUBLISHERS)
    rows = [counted_row("contradictions.effect", what, PAGE) for what in frame.what]
    columns = frame[["what", "panel", "effect_usd"]].assign(
        size=size, text=words, publishers=publishers
    )
    return columns.assign(says=says, opens=[opening("derived", row) for row in rows])


def _about(usd: float) -> str:
    return usd_text(significant(usd, 3))
