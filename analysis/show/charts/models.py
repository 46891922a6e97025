"""Models beside each other: their hours, their cost, and cost over the years."""

from __future__ import annotations

from typing import Protocol

import altair as alt
import pandas as pd

from analysis.show.charts.axes import Measure, counts_axis, dollars_axis, on_log_scale
from analysis.show.charts.bars import (
    diamonds,
    height_px,
    labelled_bars,
    names_above,
    rows,
    spans,
    ticks,
)
from analysis.show.charts.frames import figures, leading, listed, texts
from analysis.show.charts.look import (
    ACCENT,
    ASSUMED,
    DISCLOSED,
    RECONSTRUCTED,
    TEXT,
    finish,
    sentence,
    tips,
)
from analysis.show.numbers import hours_text, usd_text

USUAL = (0.05, 0.95)  # a percentile between these is inside the scatter


def hours_of_models(frame: pd.DataFrame) -> alt.LayerChart:
    """Disclosed GPU-hours, a bar a model; `label, gpu_hours`, the reference first."""
    frame = figures(frame, "gpu_hours")
    if not (frame.gpu_hours > 0).any():
        return sentence("No model compared here discloses its hours")
    frame = frame[["label", "gpu_hours"]].assign(
        text=texts(frame.gpu_hours, lambda hours: f"{hours_text(hours)} h"),
        words=texts(frame.gpu_hours, "{:,.0f} GPU-hours".format),
    )
    scale = alt.Scale(domainMax=float(frame.gpu_hours.max()) * 1.2)
    measure = Measure("GPU-hours", counts_axis(), scale)
    tooltip = tips("label", gpu_hours=",.0f")
    return finish(
        *labelled_bars(frame, "label", "gpu_hours", measure, DISCLOSED, tooltip),
        title=_against_the_first(frame),
        description=listed(frame, "{label}: {words}"),
        height=height_px(frame),
    )


def _against_the_first(frame: pd.DataFrame) -> str:
    first, others = frame.iloc[0], frame.iloc[1:][lambda rows: rows.gpu_hours.notna()]
    if not first.gpu_hours > 0:
        return f"{first.label} discloses no hours to compare the others with"
    if others.empty:
        return f"{first.label}: {first.words}, and no other model's to compare them with"
    times = [
        f"{row.gpu_hours / first.gpu_hours:.2f} times ({row.label})" for row in others.itertuples()
    ]
    return f"Against {first.label}: {' and '.join(times)}"


def costs_of_models(compared: pd.DataFrame) -> alt.LayerChart:
    """Rent of final pre-training runs at one price a chip, a row a model.

    `compared`: `model, developer, how` (disclosed or estimated)`, usd_common`, and the percentiles
    of the hours `p05, p50, p95`.
    """
    frame = figures(compared, "p05", "p50", "p95", "usd_common")
    frame = frame[frame.usd_common > 0]
    if frame.empty:
        return sentence("Nothing is known of what these models cost")
    frame = _with_usd_interval(frame)
    ends_usd = float(frame.low.min()) / 1.3, float(frame.high.max()) * 1.3
    measure = on_log_scale("rent of the final run, US$", dollars_axis(), *ends_usd)
    tooltip = tips(
        "model", "developer", "how", **dict.fromkeys(["usd_common", "low", "high"], "$,.3s")
    )
    base = rows(frame, "model")
    known, guessed = (
        base.transform_filter(f"datum.how == '{how}'") for how in ("disclosed", "estimated")
    )
    top = leading(frame, "usd_common")
    return finish(
        spans(base, "low", "high", measure, RECONSTRUCTED, tooltip),
        diamonds(known, "usd_common", measure, DISCLOSED, tooltip),
        ticks(guessed, "usd_common", measure, RECONSTRUCTED, tooltip),
        names_above(base, "model", measure),
        title=f"Of {len(frame)} models {top.model} is the dearest, at {top.text}"
        if len(frame) > 1
        else f"{top.model} costs {top.text}",
        description=(
            "Diamond: hours disclosed; bar with tick: estimated with its 90 % interval. "
            + listed(frame, "{model} ({how}): {text}")
        ),
        height=height_px(frame),
    )


def _with_usd_interval(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with `low` and `high` in dollars, the figure itself where it has no interval."""
    low, high = (frame.usd_common * frame[end] / frame.p50 for end in ("p05", "p95"))
    columns = ["model", "developer", "how", "p05", "p50", "p95", "usd_common"]
    return frame[columns].assign(
        low=low.fillna(frame.usd_common),
        high=high.fillna(frame.usd_common),
        text=texts(frame.usd_common, usd_text),
    )


class Trend(Protocol):
    """Cost per unit of compute over the years, as it is found.

    `runs` and `own`: `model, developer, year, usd_per_zettaflop`; `own` also `expected` [US$]`,
    ratio` and `percentile` [1]; `line`: `year, low, middle, high` [US$].
    """

    @property
    def runs(self) -> pd.DataFrame:
        """The runs of others, and the own ones."""

    @property
    def own(self) -> pd.DataFrame:
        """The own runs, and what the line expects of them."""

    @property
    def line(self) -> pd.DataFrame:
        """The line with its band."""

    @property
    def factor_per_year(self) -> float:
        """What a year multiplies the cost by [1]."""


def cost_trend(found: Trend) -> alt.LayerChart:
    """Cost per unit of compute over the years, with the runs of one developer marked."""
    columns = ["model", "developer", "year", "usd_per_zettaflop"]
    runs, own = _of_known_cost(found.runs), _of_known_cost(found.own)
    if runs.empty:
        return sentence("No run's cost per unit of compute is known")
    year = Measure("release", alt.Axis(format="d", tickCount=6), alt.Scale(zero=False))
    title = "US$ a zettaFLOP, market rent (log scale)"
    cost = Measure(title, dollars_axis(10), alt.Scale(type="log"))
    line = alt.Chart(found.line).encode(x=year.x("year"))
    x, y = year.x("year"), cost.y("usd_per_zettaflop")
    tooltip = tips("model", "developer", usd_per_zettaflop="$,.0f")
    all_runs, marked = (alt.Chart(some[columns]).encode(x=x, y=y) for some in (runs, own))
    layers = [
        line.mark_area(opacity=0.15, color=ASSUMED).encode(y=cost.y("low"), y2="high:Q"),
        line.mark_line(color=ASSUMED).encode(y=cost.y("middle")),
        all_runs.mark_circle(size=40, opacity=0.6, color=ASSUMED).encode(tooltip=tooltip),
    ]
    if len(own):
        diamond = marked.mark_point(shape="diamond", filled=True, size=110, color=ACCENT)
        name = marked.mark_text(align="left", dx=8, color=TEXT)
        layers += [diamond.encode(tooltip=tooltip), name.encode(text="model:N")]
    described = own.rename(columns={"usd_per_zettaflop": "usd"})
    return finish(
        *layers,
        title=_cheaper(found.factor_per_year, own),
        description=listed(described, "{model}: {usd:,.0f} against {expected:,.0f} expected")
        or f"{len(runs)} runs of others",
        height=320,
    )


def _of_known_cost(runs: pd.DataFrame) -> pd.DataFrame:
    return figures(runs, "usd_per_zettaflop")[lambda rows: rows.usd_per_zettaflop > 0]


def _cheaper(factor_per_year: float, own: pd.DataFrame) -> str:
    """How much cheaper compute got, and where the own run lies."""
    turn = "cheaper" if factor_per_year <= 1 else "dearer"
    change = f"Compute got {abs(1 - factor_per_year):.0%} {turn} a year"
    if own.empty:
        return change
    last = own.iloc[-1]
    usual = USUAL[0] < last.percentile < USUAL[1]
    place = "inside the scatter of runs" if usual else "beyond nearly all runs"
    return f"{change}; {last.model} lies at {last.ratio:.2f} of the line, {place}"
