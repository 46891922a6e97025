"""How well the estimator predicts runs that it has not seen."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from analysis.show.charts.axes import Measure, counts_axis, on_log_scale, shares_axis
from analysis.show.charts.bars import diamonds, height_px, names_above, rows, spans
from analysis.show.charts.frames import ends, figures, leading, listed
from analysis.show.charts.look import (
    ACCENT,
    ASSUMED,
    DISCLOSED,
    RECONSTRUCTED,
    TEXT,
    color_by,
    finish,
    sentence,
    tips,
)

KIND_COLORS = {"dense": DISCLOSED, "moe": ACCENT}
FACTORS = ("median_error_factor", "p90_error_factor")


def backtest_dots(tested: pd.DataFrame) -> alt.LayerChart:
    """Predicted against disclosed hours, a dot a run.

    `tested`: `model, developer, architecture` (dense or moe)`, gpu_hours, predicted, p05, p95,
    error_factor`.
    """
    hours = ["gpu_hours", "predicted", "p05", "p95"]
    frame = figures(tested, *hours, "error_factor")
    frame = frame[frame.gpu_hours.notna() & frame.predicted.notna()]
    found = ends(frame.gpu_hours, frame.predicted)
    if found is None:
        return sentence("No run with disclosed hours could be predicted")
    frame = frame[["model", "developer", "architecture", *hours, "error_factor"]]
    low, high = found[0] / 1.5, found[1] * 1.5
    disclosed = on_log_scale("disclosed GPU-hours", counts_axis(6), low, high)
    predicted = Measure("predicted, as if never seen", disclosed.axis, disclosed.scale)
    formats = {**dict.fromkeys(hours, ",.3s"), "error_factor": ".2f"}
    base = alt.Chart(frame).encode(
        x=disclosed.x("gpu_hours"), tooltip=tips("model", "developer", **formats)
    )
    bars = base.mark_rule(opacity=0.25, color=RECONSTRUCTED)
    dots = base.mark_circle(size=45, opacity=0.85)
    return finish(
        _where_both_are_equal(low, high),
        bars.encode(y=predicted.y("p05"), y2="p95:Q"),
        dots.encode(y=predicted.y("predicted"), color=color_by("architecture", KIND_COLORS)),
        title=_errors(frame),
        description=(
            f"{len(frame)} runs; 90th percentile of the factor"
            f" {frame.error_factor.quantile(0.9):.2f}"
        ),
        height=380,
    )


def _errors(frame: pd.DataFrame) -> str:
    worst = leading(frame, "error_factor")
    if len(frame) == 1:
        return (
            f"The one run, {worst.model}, is predicted within a factor of {worst.error_factor:.2f}"
        )
    return (
        f"Half of the runs are predicted within a factor of {frame.error_factor.median():.2f};"
        f" the worst, {worst.model}, by {worst.error_factor:.2f}"
    )


def candidates_compared(compared: pd.DataFrame) -> alt.LayerChart:
    """Error factors of candidates and rules of thumb, a row each.

    `compared`: `candidate, median_error_factor, p90_error_factor`, in the order to draw.
    """
    frame = figures(compared, *FACTORS)
    frame = frame[frame.median_error_factor.notna()]
    if frame.empty:
        return sentence("No candidate was compared")
    frame = frame[["candidate", *FACTORS]]
    best = frame.loc[frame.median_error_factor.idxmin()]
    measure = Measure(
        "error factor: median, and 90th percentile (bar)",
        alt.Axis(),
        alt.Scale(
            type="log", domain=[1.0, float(frame.max(numeric_only=True).max()) * 1.1], nice=False
        ),
        1.0,
    )
    tooltip = tips("candidate", **dict.fromkeys(FACTORS, ".3f"))
    base = rows(frame, "candidate")
    return finish(
        spans(base, *FACTORS, measure, ASSUMED, tooltip),
        diamonds(base, FACTORS[0], measure, RECONSTRUCTED, tooltip),
        names_above(base, "candidate", measure),
        title=(
            f"No candidate beats the one called {best.candidate}: median factor"
            f" {best.median_error_factor:.2f}"
        ),
        description=listed(
            frame,
            "{candidate}: median {median_error_factor:.2f}, 90th percentile {p90_error_factor:.2f}",
        ),
        height=height_px(frame),
    )


def calibration_of(calibration: pd.DataFrame) -> alt.LayerChart:
    """Share of disclosed figures inside intervals of each level.

    `calibration`: `level, share`, both [1].
    """
    frame = figures(calibration, "level", "share")
    frame = frame[frame.level.notna() & frame.share.notna()][["level", "share"]]
    if frame.empty:
        return sentence("No interval was held against disclosed hours")
    low = min(0.4, float(frame.min().min()))
    scale = alt.Scale(domain=[low, 1.0])
    promised = Measure("what an interval promises", shares_axis(), scale)
    kept = Measure("what it keeps", shares_axis(), scale)
    points = alt.Chart(frame).mark_line(point=True, color=RECONSTRUCTED)
    shown = frame.iloc[int(np.argmin((frame.level - 0.9).abs()))]
    return finish(
        _where_both_are_equal(low, 1.0),
        points.encode(x=promised.x("level"), y=kept.y("share"), tooltip=tips(share=".1%")),
        title=(
            f"Intervals of {shown.level * 100:.0f} % held the disclosed hours in {shown.share:.0%}"
            " of the runs"
        ),
        description=listed(frame, "{level:.0%}: {share:.0%}"),
        height=220,
    )


def _where_both_are_equal(low: float, high: float) -> alt.Chart:
    """The dashed diagonal, whose axes are those of the marks it stands behind."""
    line = alt.Chart(pd.DataFrame({"both": [low, high]}))
    return line.mark_line(color=TEXT, strokeDash=[4, 4], opacity=0.5).encode(
        x=alt.X("both:Q"), y=alt.Y("both:Q")
    )
