"""A run's hours by several views, beside what others reach and what every choice would say."""

from __future__ import annotations

from typing import Literal

import altair as alt
import numpy as np
import pandas as pd

from analysis.show.charts.axes import Measure, from_zero, on_log_scale, room_for
from analysis.show.charts.bars import (
    MOST_ROWS,
    SAYS,
    after,
    before,
    heights,
    interval_bars,
    points,
    rows,
)
from analysis.show.charts.frames import described, ends, figures, share_text
from analysis.show.charts.look import (
    ACCENT,
    DISCLOSED,
    OTHERS,
    RECONSTRUCTED,
    TEXT,
    finish,
    sentence,
)
from analysis.show.charts.opening import HREF, counted_in
from analysis.show.numbers import hours_text, significant

INTERVAL = ("p05", "p50", "p95")
HEIGHT = 300


def hours_by_view(
    frame: pd.DataFrame, disclosed_gpu_hours: float | None, subject: str
) -> alt.LayerChart:
    """The hours of a run by each view, with the disclosed ones as a line through all.

    `frame`: `label` and the percentiles `p05, p50, p95` in GPU-hours.
    """
    frame = figures(frame, *INTERVAL)
    frame = frame[frame.p50.notna()]
    known = pd.Series([disclosed_gpu_hours or np.nan])
    found = ends(known, *(frame[field] for field in INTERVAL))
    if found is None or frame.empty:
        return sentence("No view has hours of this run")
    low, high = (frame[field].map(_about) for field in ("p05", "p95"))
    says = [
        f"{row.label}: {hours_text(row.p50)}, {_about(row.p05)} to {_about(row.p95)}"
        for row in frame.itertuples()
    ]
    line = disclosed_gpu_hours or np.nan
    frame = frame.assign(
        low_text=low,
        high_text=high,
        says=says,
        opens=counted_in("views", says, "views", "reconstructed"),
        least=frame.p05.clip(upper=line),  # the words stand beside the line too
        most=frame.p95.clip(lower=line),
    )
    measure = on_log_scale("counts", *found, room=(room_for(low), room_for(high)))
    base = rows(frame, "label", subject)
    layers = interval_bars(base, INTERVAL, measure, RECONSTRUCTED, words=False)
    layers += [
        before(base, "least", measure, "low_text"),
        after(base, "most", measure, "high_text"),
    ]
    if disclosed_gpu_hours:
        layers.append(_line_through(disclosed_gpu_hours, measure))
    return finish(
        *layers,
        title=_where_disclosed_lies(frame, disclosed_gpu_hours, subject),
        subtitle="GPU-hours, log scale. Bar: 90 % interval, tick at the median. Line: disclosed",
        description=f"{described(frame)}; disclosed {_about(disclosed_gpu_hours or np.nan)}",
        height=heights(frame.label),
        name="views",
        source="the reconstruction of this book, and the developer's own report",
    )


def _where_disclosed_lies(frame: pd.DataFrame, disclosed: float | None, subject: str) -> str:
    row = frame[frame.label == subject]
    if not disclosed or row.empty:
        return f"{len(frame)} views of the same hours"
    low, high = float(row.p05.iloc[0]), float(row.p95.iloc[0])
    place = "below" if disclosed < low else "above" if disclosed > high else "within"
    if _about(disclosed) in {_about(low), _about(high)}:
        place = f"just {place}"
    return f"The disclosed hours lie {place} the interval of both together"


def _line_through(value: float, measure: Measure) -> alt.Chart:
    """A line at a value, through all rows."""
    line = alt.Chart(pd.DataFrame([{"value": value, "says": f"disclosed: {_about(value)}"}]))
    rule = line.mark_rule(color=DISCLOSED, strokeWidth=2, aria=True)
    return rule.encode(x=measure.x("value"), description=SAYS)


def _about(hours: float) -> str:
    """Hours to two figures: `11M`, `180K`."""
    if not np.isfinite(hours):
        return "not known"
    return f"{hours / 1e6:.2g}M" if hours >= 1e6 else hours_text(significant(hours, 2))


def every_specification(
    gpu_hours: pd.Series, published: float, disclosed: float | None
) -> alt.LayerChart:
    """The hours of every specification, sorted, with the published one and the disclosed hours."""
    gpu_hours = gpu_hours[gpu_hours > 0]
    known = pd.Series([published, disclosed or np.nan])
    found = ends(gpu_hours, known)
    if found is None or gpu_hours.empty:
        return sentence("No specification has hours")
    ordered = np.sort(gpu_hours.to_numpy())
    shares = np.linspace(0.0, 1.0, 101)
    curve = pd.DataFrame({"share": shares, "gpu_hours": np.quantile(ordered, shares)})
    curve = curve.assign(
        says=[
            f"{share_text(share)} lie below {_about(hours)}"
            for share, hours in zip(shares, curve.gpu_hours, strict=True)
        ]
    )
    title = "share of the specifications"
    across = Measure("shares", 0.0, 1.0, room=(6, 12), title=title, grid=False)
    up = on_log_scale("counts", *found, room=(6, 10))
    line = alt.Chart(curve).encode(x=across.x("share"), y=up.y("gpu_hours"))
    layers = [
        line.mark_line(color=OTHERS, strokeWidth=3),
        line.mark_circle(color=OTHERS, size=20, opacity=0.01).encode(description=SAYS),
        *_named_level(published, f"published: {_about(published)}", across, up, RECONSTRUCTED),
    ]
    if disclosed:
        name = f"disclosed: {_about(disclosed)}"
        layers += _named_level(disclosed, name, across, up, ACCENT, "right")
    near = float((ordered < (disclosed or 0.0)).mean())
    return finish(
        *layers,
        title=f"{share_text(near)} of {len(ordered):,} ways to compute it lie below the disclosed",
        subtitle="GPU-hours (upwards, log scale) of every combination of choices, sorted",
        description=f"{len(ordered)} of them, {_about(ordered[0])} to {_about(ordered[-1])}",
        height=HEIGHT,
        name="specifications",
        source="the reconstruction of this book, under every choice of the protocol",
    )


def _named_level(
    value: float,
    name: str,
    across: Measure,
    up: Measure,
    color: str,
    side: Literal["left", "right"] = "left",
) -> list[alt.Chart]:
    """A line at a height, with its name above one of its ends, where the curve is not."""
    ends_of = pd.DataFrame({"share": [across.low, across.high], "gpu_hours": [value, value]})
    line = alt.Chart(ends_of).mark_line(color=color, strokeDash=[5, 4])
    end = ends_of.head(1) if side == "left" else ends_of.tail(1)
    dx = 6 if side == "left" else -6
    opens = counted_in("specifications", [name], "specifications", "reconstructed")
    words = alt.Chart(end.assign(text=name, opens=opens))
    text = words.mark_text(align=side, dx=dx, dy=-9, color=color, fontWeight=600)
    x, y = across.x("share"), up.y("gpu_hours")
    return [line.encode(x=x, y=y), text.encode(x=x, y=y, text=alt.Text("text:N"), href=HREF)]


def placebos(frame: pd.DataFrame, subject: str) -> alt.LayerChart:
    """The same pipeline on other runs: expected over disclosed hours, the subject among them.

    `frame`: `label`, `low, middle, high`, factors of the disclosed hours, and `kind` of a run's
    architecture.
    """
    frame = figures(frame, "low", "middle", "high")
    frame = frame[frame.middle > 0]
    found = ends(frame.low, frame.middle, frame.high, pd.Series([1.0]))
    if found is None or frame.empty:
        return sentence("No other run has a published layout and hours")
    ranked = frame.sort_values("middle", ascending=False, kind="stable").head(MOST_ROWS)
    words = [f"{value:.2g}" for value in ranked.middle]
    says = [f"{name}: {text} times" for name, text in zip(ranked.label, words, strict=True)]
    opens = counted_in("placebos", says, "placebos", "reconstructed")
    ranked = ranked.assign(text=words, says=says, own=ranked.label == subject, opens=opens)
    measure = on_log_scale("factors", *found, room=(8, room_for(words)))
    base = rows(ranked, "label", subject)
    color = alt.condition("datum.own", alt.value(ACCENT), alt.value(RECONSTRUCTED))
    bar = base.mark_bar(size=6, opacity=0.4).encode(
        x=measure.x("low"), x2=alt.X2("high:Q"), color=color, description=SAYS
    )
    one = alt.Chart(pd.DataFrame([{"value": 1.0}])).mark_rule(color=TEXT, strokeDash=[4, 4])
    return finish(
        one.encode(x=measure.x("value")),
        bar,
        points(base, "middle", measure, ACCENT, "circle").encode(color=color),
        after(base, "high", measure),
        title=_further(ranked, subject),
        subtitle="Expected over disclosed GPU-hours, log scale. Dot: median, in numbers on the"
        " right; bar: 90 % interval. Dashed: as disclosed",
        description=described(ranked),
        height=heights(ranked.label),
        name="placebos",
        source="the reconstruction of this book, and disclosed hours in the table of runs",
    )


def _further(frame: pd.DataFrame, subject: str) -> str:
    miss = np.log(frame.middle).abs()
    own = frame.label == subject
    if not own.any() or own.all():
        return f"{len(frame)} runs through the same pipeline"
    closer = int((miss[~own] < miss[own].iloc[0]).sum())
    others = "dense runs" if (frame.kind[~own] == "dense").all() else "runs"
    return f"{closer} of {int((~own).sum())} other {others} are met more closely than {subject}"


def savings(frame: pd.DataFrame, label: str) -> alt.LayerChart:
    """What each choice of a design saves of the hours by the time of a step, the most first.

    `frame`: `choice` and `low, saves, high` [1 of the hours without it].
    """
    frame = figures(frame, "low", "saves", "high")
    frame = frame[frame.saves.notna()]
    if frame.empty:
        return sentence("No choice of its design can be taken back here")
    ranked = frame.sort_values("saves", ascending=False, kind="stable")
    words = [share_text(value, 1) for value in ranked.saves]
    says = [
        f"{row.choice}: {text}, {share_text(row.low, 1)} to {share_text(row.high, 1)}"
        for row, text in zip(ranked.itertuples(), words, strict=True)
    ]
    opens = counted_in("savings", says, "savings", "reconstructed")
    ranked = ranked.assign(text=words, says=says, opens=opens, least=ranked.low.clip(lower=0))
    measure = from_zero("shares", ranked.high, room=(0, room_for(words)))
    base = rows(ranked, "choice")
    return finish(
        *interval_bars(base, ("least", "saves", "high"), measure, RECONSTRUCTED, words=False),
        after(base, "high", measure),
        title=f"{ranked.choice.iloc[0].capitalize()} saves most: {words[0]} of the hours",
        subtitle=f"Share of the hours of {label} that each choice saves by the time of a step, the"
        " others kept. Bar: 90 % interval; tick, and number: median",
        description=described(ranked),
        height=heights(ranked.choice),
        name="savings",
        source="the reconstruction of this book",
    )
