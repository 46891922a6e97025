"""How well the estimator predicts runs that it has not seen."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from analysis.show.charts.axes import Measure, on_log_scale, room_for
from analysis.show.charts.bars import MOST_ROWS, SAYS, after, heights, points, rows
from analysis.show.charts.frames import described, ends, figures, leading, listed, share_text, short
from analysis.show.charts.lines import names_below, room_below
from analysis.show.charts.look import (
    ACCENT,
    ASSUMED,
    OTHERS,
    RECONSTRUCTED,
    TEXT,
    finish,
    sentence,
)
from analysis.show.charts.opening import counted_in, linked, opens_at
from analysis.show.numbers import ARCHITECTURE_WORDS, hours_text

FACTORS = ("median_error_factor", "p90_error_factor")
HOURS = ("gpu_hours", "predicted", "p05", "p95")
HEIGHT = 420
SHAPES = {"dense": "circle", "moe": "triangle-up"}


def backtest_dots(tested: pd.DataFrame, developer: str | None = None) -> alt.LayerChart:
    """Predicted against disclosed hours, a mark a run; those of one developer and the worst are
    named.

    `tested`: `id, model, developer, architecture` (dense or moe)`, gpu_hours, predicted, p05, p95,
    error_factor`.
    """
    frame = figures(tested, *HOURS, "error_factor")
    frame = frame[frame.gpu_hours.notna() & frame.predicted.notna()]
    found = ends(*(frame[field] for field in HOURS))
    if found is None:
        return sentence("No run with disclosed hours could be predicted")
    frame = _said(frame, developer)
    named = frame[frame.named].sort_values("gpu_hours")
    across = on_log_scale("counts", *found, room=(6, 14), title="disclosed GPU-hours", grid=False)
    up = Measure("counts", across.low, across.high, True, (room_below(len(named)), 6))
    return finish(
        _where_both_are_equal(across, up),
        *_runs(frame, across, up),
        *names_below(named, ("gpu_hours", "predicted"), across, up, HEIGHT, ACCENT),
        title=_errors(frame),
        subtitle="Predicted GPU-hours (upwards) by disclosed ones, both on log scales, each run as"
        " if never seen, with its 90 % interval. Triangle: mixture of experts",
        description=f"{len(frame)} runs; 90th percentile of the factor"
        f" {frame.error_factor.quantile(0.9):.2f}. {described(named)}",
        height=HEIGHT,
        name="backtest",
        source="disclosed hours in the table of training runs, and the estimator of this book",
    )


def _said(frame: pd.DataFrame, developer: str | None) -> pd.DataFrame:
    """The runs in words; named are those of the developer, the last four, and the worst."""
    own = frame.developer == developer
    own &= own[::-1].cumsum() <= 3
    says = [
        f"{row.model}: predicted {hours_text(row.predicted)}, disclosed {hours_text(row.gpu_hours)}"
        for row in frame.itertuples()
    ]
    columns = ["model", "developer", "architecture", *HOURS, "error_factor"]
    worst = frame.error_factor == frame.error_factor.max()
    names = short(frame.model)
    shown = frame[columns].assign(own=own, named=own | worst, name=names, says=says)
    return shown.assign(opens=opens_at("training_runs", frame, "reconstructed"))


def _runs(frame: pd.DataFrame, across: Measure, up: Measure) -> list[alt.Chart]:
    """The intervals and the marks, those named before all others."""
    layers = []
    for named, color in ((False, OTHERS), (True, ACCENT)):
        some = alt.Chart(frame[frame.named == named]).encode(x=across.x("gpu_hours"))
        bars = some.mark_rule(opacity=0.45, color=color, strokeWidth=1.5)
        layers.append(bars.encode(y=up.y("p05"), y2=alt.Y2("p95:Q")))
        for kind in ARCHITECTURE_WORDS:
            marks = some.transform_filter(f"datum.architecture == '{kind}'")
            shape = marks.mark_point(shape=SHAPES[kind], filled=True, size=55, opacity=0.95)
            marked = linked(shape, frame).encode(y=up.y("predicted"), description=SAYS)
            layers.append(marked.encode(color=alt.value(color)))
    return layers


def _errors(frame: pd.DataFrame) -> str:
    if len(frame) == 1:
        worst = leading(frame, "error_factor")
        return f"{worst.model} is predicted within a factor of {worst.error_factor:.2f}"
    return (
        f"Half of {len(frame)} runs are predicted within a factor of"
        f" {frame.error_factor.median():.2f}"
    )


def candidates_compared(compared: pd.DataFrame, chosen: str | None = None) -> alt.LayerChart:
    """Error factors of candidates and rules of thumb, the best first; the one in use stands out, or
    the best.

    `compared`: `candidate, median_error_factor, p90_error_factor`.
    """
    frame = figures(compared, *FACTORS)
    frame = frame[frame.median_error_factor.notna()]
    if frame.empty:
        return sentence("No candidate was compared")
    frame = frame[["candidate", *FACTORS]].nsmallest(MOST_ROWS, FACTORS[0])
    best = next(frame[frame.candidate == chosen].itertuples(), frame.iloc[0])
    words = [
        f"{row.median_error_factor:.2f} ({row.p90_error_factor:.2f})" for row in frame.itertuples()
    ]
    says = [f"{name}: median {word}" for name, word in zip(frame.candidate, words, strict=True)]
    frame = frame.assign(text=words, says=says, best=frame.candidate == best.candidate)
    frame = frame.assign(opens=counted_in("candidates", says, "candidates", "derived"))
    top = float(frame[list(FACTORS)].max(axis=None))
    measure = Measure("factors", 1.0, top, room=(4, room_for(words)))
    base = rows(frame, "candidate", best.candidate)
    bars = base.mark_bar(size=5, opacity=0.45)
    color = alt.condition("datum.best", alt.value(ACCENT), alt.value(ASSUMED))
    return finish(
        bars.encode(
            x=measure.x(FACTORS[0]), x2=alt.X2(f"{FACTORS[1]}:Q"), color=color, description=SAYS
        ),
        points(base, FACTORS[0], measure, ACCENT, "circle").encode(color=color),
        after(base, FACTORS[1], measure),
        title=f"The method called {best.candidate} is off by {best.median_error_factor:.2f} at the"
        " median",
        subtitle="Factor by which predicted hours are off: dot, the median run; end of the bar and"
        " in brackets, the worst of nine in ten",
        description=described(frame),
        height=heights(frame.candidate),
        name="candidates",
        source="the backtest of this book",
    )


def calibration_of(calibration: pd.DataFrame) -> alt.LayerChart:
    """Share of disclosed figures inside intervals of each level.

    `calibration`: `level, share`, both [1].
    """
    frame = figures(calibration, "level", "share")
    frame = frame[frame.level.notna() & frame.share.notna()][["level", "share"]]
    if frame.empty:
        return sentence("No interval was held against disclosed hours")
    words = [f"{share_text(row.level)}: {share_text(row.share)}" for row in frame.itertuples()]
    frame = frame.assign(
        says=words, opens=counted_in("calibration", words, "calibration", "derived")
    )
    low = min(0.4, float(frame[["level", "share"]].min(axis=None)))
    words_below = "what an interval promises"
    promised = Measure("shares", low, 1.0, room=(6, 26), title=words_below, grid=False)
    kept = Measure("shares", low, 1.0, room=(6, 10))
    marks = alt.Chart(frame).encode(x=promised.x("level"), y=kept.y("share"))
    shown = frame.iloc[int(np.argmin((frame.level - 0.9).abs()))]
    return finish(
        _where_both_are_equal(promised, kept),
        _name_of_the_line(promised, kept),
        marks.mark_line(color=RECONSTRUCTED),
        linked(marks.mark_circle(color=RECONSTRUCTED, size=70, opacity=1), frame).encode(
            description=SAYS
        ),
        title=f"Intervals of {share_text(shown.level)} held {share_text(shown.share)} of the runs",
        subtitle="Share of disclosed hours inside the interval (upwards), by what it promises",
        description=listed(frame, "{says}"),
        height=260,
        name="calibration",
        source="the backtest of this book",
    )


def _name_of_the_line(across: Measure, up: Measure) -> alt.Chart:
    """What the diagonal stands for, in the corner below it."""
    width = across.high - across.low
    row = {"level": across.high, "share": across.low + 0.1 * width, "text": "dashed: as promised"}
    name = alt.Chart(pd.DataFrame([row])).mark_text(align="right", color=TEXT)
    return name.encode(x=across.x("level"), y=up.y("share"), text=alt.Text("text:N"))


def _where_both_are_equal(across: Measure, up: Measure) -> alt.Chart:
    """The dashed diagonal."""
    line = alt.Chart(pd.DataFrame({"both": [across.low, across.high]}))
    return line.mark_line(color=TEXT, strokeDash=[4, 4], opacity=0.5).encode(
        x=across.x("both"), y=up.y("both")
    )
