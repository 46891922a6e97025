"""Rates of one architecture as others measured them, month by month, beside the disclosed one."""

from __future__ import annotations

from typing import Literal

import altair as alt
import pandas as pd

from analysis.show.charts.axes import Measure, month_number, on_log_scale, room_for
from analysis.show.charts.bars import SAYS
from analysis.show.charts.frames import figures
from analysis.show.charts.lines import moved_apart
from analysis.show.charts.look import DISCLOSED, OTHERS, TEXT, finish, sentence
from analysis.show.charts.opening import HREF, counted_in, linked, opens_at
from analysis.show.numbers import date_text

NAME, RATE, HEIGHT = "measured-rates", "tokens_per_s_per_gpu", 360
# one a chip, for colours say how a figure is known; the diamond is what is disclosed
SHAPES = ("circle", "square", "triangle-up", "triangle-down", "cross", "triangle-right")
DIAMOND = "diamond"
SIZE, MARK_PX, NAME_PX = 55, 14, 24  # of a mark; from the plot to the mark of a name, and to it


def measured_rates(frame: pd.DataFrame) -> alt.LayerChart:
    """Every measured rate by its month, a shape a chip, with a line through the disclosed one.

    `frame`: `id, label, date` (YYYY-MM-DD)`, tokens_per_s_per_gpu`; `name`, what stands beside the
    marks: the chip, of the disclosed rate the developer; `sixteen`, whether multiplied in sixteen
    bits; `near`, whether on chips like the run's; `disclosed`, whether it is the run's own.
    """
    frame = figures(frame, RATE, "sixteen", "near", "disclosed")
    frame = frame[frame[RATE] > 0]
    if frame.empty:
        return sentence("Nobody has published a rate of this architecture")
    frame = _in_words(frame)
    others, own = frame[frame.disclosed != 1], frame[frame.disclosed == 1].head(1)
    named = _best(frame)
    months, rates = frame.month, frame[RATE]
    room = NAME_PX + room_for(named.text)
    across = Measure("months", months.min() - 0.7, months.max() + 0.7, room=(0, room), grid=False)
    up = on_log_scale("counts", rates.min(), rates.max(), room=(6, 8))
    return finish(
        *_line(own, across, up),
        _marks(others, named, across, up),
        *_names(named, across, up),
        title=_when_reached(others, own),
        subtitle="Tokens trained on, by one chip in a second, log scale. Shape: chip, with its best"
        " rate (bold: like the run's). Hollow: sixteen bits. Diamond: as disclosed",
        description="; ".join([*_spans(others), *own.says]),
        height=HEIGHT,
        name=NAME,
        source="the table of measured rates, and the developer's own report",
    )


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """The rates with their month and what each opens; chips without a shape left are one."""
    own = frame.disclosed == 1
    order = frame[~own].sort_values(["near", RATE], ascending=False).name.drop_duplicates()
    alone = order if len(order) <= len(SHAPES) else order[: len(SHAPES) - 1]
    when = frame.date.astype(str).str[: len("2025-09")].map(date_text)
    says = frame.label + ", " + when + [f": {rate:,.0f} tokens/s" for rate in frame[RATE]]
    rows = opens_at("training_throughput", frame, "disclosed")
    computed = counted_in(NAME, says, NAME, "derived")
    opens = [one if own else row for one, row, own in zip(computed, rows, own, strict=True)]
    columns = ["name", "label", RATE, "sixteen", "near", "disclosed"]
    return frame[columns].assign(
        name=frame.name.where(own | frame.name.isin(alone), "others"),
        month=frame.date.map(month_number),
        when=when,
        says=says,
        opens=opens,
    )


def _best(frame: pd.DataFrame) -> pd.DataFrame:
    """The best rate of each name, with its mark; of the disclosed rate its own."""
    best = frame.sort_values(RATE, ascending=False, kind="stable").drop_duplicates("name")
    shapes = iter(SHAPES)
    shape = [DIAMOND if own == 1 else next(shapes) for own in best.disclosed]
    text = best.name + [f" {rate:,.0f}" for rate in best[RATE]]
    return best[["name", RATE, "near", "disclosed", "opens"]].assign(text=text, shape=shape)


def _marks(others: pd.DataFrame, named: pd.DataFrame, across: Measure, up: Measure) -> alt.Chart:
    """A mark a rate of others."""
    shapes = named[named.disclosed != 1]
    scale = alt.Scale(domain=[*shapes.name], range=[*shapes["shape"]])
    hollow = alt.condition("datum.sixteen == 1", alt.value("transparent"), alt.value(OTHERS))
    return (
        alt.Chart(others)
        .mark_point(size=SIZE, strokeWidth=1.6, opacity=1)
        .encode(
            x=across.x("month"),
            y=up.y(RATE),
            shape=alt.Shape("name:N", scale=scale, legend=None),
            fill=hollow,
            stroke=alt.value(OTHERS),
            description=SAYS,
            href=HREF,
        )
    )


def _line(own: pd.DataFrame, across: Measure, up: Measure) -> list[alt.Chart]:
    """The disclosed rate as a diamond in its month, and a line through all months."""
    if own.empty:
        return []
    y, base = up.y(RATE), alt.Chart(own.assign(start=across.low, end=across.high))
    mark = base.mark_point(shape=DIAMOND, filled=True, size=110, opacity=1, color=DISCLOSED)
    return [
        base.mark_rule(color=DISCLOSED, strokeWidth=1.5).encode(
            x=across.x("start"), x2=alt.X2("end:Q"), y=y
        ),
        mark.encode(x=across.x("month"), y=y, description=SAYS, href=HREF),
    ]


def _names(named: pd.DataFrame, across: Measure, up: Measure) -> list[alt.Chart]:
    """Right of the plot what each mark is, at the height of its best rate, none on another."""
    layers = []
    named = named.assign(end=across.high)
    for number, down in enumerate(moved_apart([*named[RATE]], up, HEIGHT)):
        row = named.iloc[[number]]
        one, base = row.iloc[0], alt.Chart(row).encode(x=across.x("end"), y=up.y(RATE))
        ink, words = (DISCLOSED, DISCLOSED) if one.disclosed == 1 else (OTHERS, TEXT)
        weight: Literal[600, 400] = 600 if one.near == 1 else 400
        mark = base.mark_point(
            shape=one["shape"],
            filled=True,
            size=SIZE,
            opacity=1,
            color=ink,
            xOffset=MARK_PX,
            yOffset=down,
        )
        text = base.mark_text(align="left", dx=NAME_PX, dy=down, color=words, fontWeight=weight)
        layers += [mark, linked(text, row).encode(text=alt.Text("text:N"))]
    return layers


def _spans(others: pd.DataFrame) -> list[str]:
    """Of each chip, from when to when it was measured, and how fast it was."""
    return [
        f"{name}: {some[RATE].min():,.0f} to {some[RATE].max():,.0f} tokens/s,"
        f" {some.when.iloc[0]} to {some.when.iloc[-1]}"
        for name, some in others.sort_values("month", kind="stable").groupby("name", sort=False)
    ]


def _when_reached(others: pd.DataFrame, own: pd.DataFrame) -> str:
    """When the first of others reached the disclosed rate, and whether on chips like the run's."""
    if others.empty or own.empty:
        return f"{len(others)} rates of this architecture are published"
    reached = others[others[RATE] >= own[RATE].iloc[0]]
    if reached.empty:
        return "No rate of others has reached the disclosed one"
    within = reached.groupby(reached.near == 1).month.min() - own.month.iloc[0]
    alike = f"like chips {_within(within[True], '')}" if True in within else "only on other chips"
    where = "on like chips" if False not in within else alike
    return f"Others reached the disclosed rate {_within(within.min())}, {where}"


def _within(months: float, unit: str = " months") -> str:
    """Within how many months of the disclosed rate, in words."""
    if months <= 0:
        return "by then"
    return "within a month" if months == 1 else f"within {months:.0f}{unit}"
