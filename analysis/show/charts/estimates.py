"""Charts of the estimator and of models beside each other."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from analysis.show.charts.look import ASSUMED, DISCLOSED, RECONSTRUCTED, TEXT, finish
from analysis.show.numbers import usd_text


def backtest_dots(tested: pd.DataFrame) -> alt.LayerChart:
    """Predicted against disclosed hours, a dot a run; `tested` as `backtest.backtest` returns it."""
    columns = [
        "model",
        "developer",
        "architecture",
        "gpu_hours",
        "predicted",
        "p05",
        "p95",
        "error_factor",
    ]
    frame = tested[columns]
    worst = frame.loc[frame.error_factor.idxmax()]
    ends = [
        float(frame[["gpu_hours", "predicted"]].min().min()) / 1.5,
        float(frame[["gpu_hours", "predicted"]].max().max()) * 1.5,
    ]
    scale = alt.Scale(type="log", domain=ends, nice=False)
    axis = alt.Axis(format="~s", tickCount=6)
    x = alt.X("gpu_hours:Q", title="disclosed GPU-hours (log scale)", scale=scale, axis=axis)
    tips: list[Any] = [
        "model:N",
        "developer:N",
        *(alt.Tooltip(f"{name}:Q", format=",.3s") for name in columns[3:7]),
    ]
    tips.append(alt.Tooltip("error_factor:Q", format=".2f"))
    y = alt.Y("p05:Q", title="predicted, as if never seen", scale=scale, axis=axis)
    base = alt.Chart(frame).encode(x=x, tooltip=tips)
    bars = base.mark_rule(opacity=0.25, color=RECONSTRUCTED).encode(y=y, y2="p95:Q")
    color = alt.Color(
        "architecture:N",
        title=None,
        scale=alt.Scale(domain=["dense", "moe"], range=[DISCLOSED, "#b3365a"]),
    )
    dots = base.mark_circle(size=45, opacity=0.85).encode(
        y=alt.Y("predicted:Q", scale=scale), color=color
    )
    same = (
        alt.Chart(pd.DataFrame({"hours": ends}))
        .mark_line(color=TEXT, strokeDash=[4, 4], opacity=0.5)
        .encode(x="hours:Q", y="hours:Q")
    )
    within = f"Half of the runs are predicted within a factor of {frame.error_factor.median():.2f}"
    title = f"{within}; the worst, {worst.model}, by {worst.error_factor:.2f}"
    description = (
        f"{len(frame)} runs; 90th percentile of the factor {frame.error_factor.quantile(0.9):.2f}"
    )
    return finish(same + bars + dots, title, description, height=380)


def candidates_compared(compared: pd.DataFrame) -> alt.LayerChart:
    """Error factors of candidates and rules of thumb; `compared` as `backtest.compare_candidates`
    returns it.
    """
    frame = compared[["candidate", "median_error_factor", "p90_error_factor"]]
    best = frame.loc[frame.median_error_factor.idxmin()]
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "candidate:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0.6, paddingOuter=0.5)
        )
    )
    domain = [1.0, float(frame.p90_error_factor.max()) * 1.1]
    x = alt.X(
        "median_error_factor:Q",
        title="error factor: median, and 90th percentile (bar)",
        scale=alt.Scale(domain=domain, type="log", nice=False),
    )
    tips = [
        "candidate:N",
        *(
            alt.Tooltip(f"{name}:Q", format=".3f")
            for name in ("median_error_factor", "p90_error_factor")
        ),
    ]
    rule = base.mark_rule(strokeWidth=5, opacity=0.4, color=ASSUMED).encode(
        x=x, x2="p90_error_factor:Q", tooltip=tips
    )
    point = base.mark_point(
        shape="diamond", filled=True, size=90, opacity=1, color=RECONSTRUCTED
    ).encode(x="median_error_factor:Q", tooltip=tips)
    names = base.mark_text(align="left", baseline="bottom", dy=-8, color=TEXT).encode(
        x=alt.datum(1), text="candidate:N"
    )
    description = "; ".join(
        f"{row.candidate}: median {row.median_error_factor:.2f}, 90th percentile {row.p90_error_factor:.2f}"
        for row in frame.itertuples()
    )
    title = f"No candidate beats the one called {best.candidate}: median factor {best.median_error_factor:.2f}"
    return finish(rule + point + names, title, description, height=10 + 38 * len(frame))


def calibration_of(calibration: pd.DataFrame) -> alt.LayerChart:
    """Share of disclosed figures inside intervals of each level; `calibration` as
    `backtest.calibration` returns it.
    """
    ninety = float(calibration.share[np.isclose(calibration.level, 0.9)].iloc[0])
    domain = alt.Scale(domain=[0.4, 1.0])
    x = alt.X("level:Q", title="what an interval promises", scale=domain, axis=alt.Axis(format="%"))
    y = alt.Y("share:Q", title="what it keeps", scale=domain, axis=alt.Axis(format="%"))
    points = (
        alt.Chart(calibration)
        .mark_line(point=True, color=RECONSTRUCTED)
        .encode(x=x, y=y, tooltip=[alt.Tooltip("share:Q", format=".1%")])
    )
    ideal = (
        alt.Chart(pd.DataFrame({"level": [0.4, 1.0]}))
        .mark_line(color=TEXT, strokeDash=[4, 4], opacity=0.5)
        .encode(x="level:Q", y="level:Q")
    )
    description = "; ".join(f"{row.level:.0%}: {row.share:.0%}" for row in calibration.itertuples())
    return finish(
        ideal + points,
        f"Intervals of 90 % held the disclosed hours in {ninety:.0%} of the runs",
        description,
        height=220,
    )


def sobol_bars(indices: pd.DataFrame, label: str) -> alt.LayerChart:
    """Total Sobol indices of the inputs that matter; `indices` as `sensitivity.sobol_indices`
    returns them.
    """
    frame = indices.head(8)[["input", "first_order", "total", "assumed"]].assign(
        known=np.where(indices.head(8).assumed, "assumed", "from data")
    )
    lead = frame.iloc[0]
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "input:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0.62, paddingOuter=0.5)
        )
    )
    color = alt.Color(
        "known:N",
        title=None,
        scale=alt.Scale(domain=["from data", "assumed"], range=[RECONSTRUCTED, ASSUMED]),
    )
    x = alt.X(
        "total:Q",
        title="share of the variance that goes with the input (total index)",
        axis=alt.Axis(format="%"),
        scale=alt.Scale(domain=[0, 1]),
    )
    tips = [
        "input:N",
        alt.Tooltip("first_order:Q", format=".3f"),
        alt.Tooltip("total:Q", format=".3f"),
        "known:N",
    ]
    bars = base.mark_bar(cornerRadiusEnd=2).encode(x=x, color=color, tooltip=tips)
    names = base.mark_text(align="left", baseline="bottom", dy=-8, color=TEXT).encode(
        x=alt.datum(0), text="input:N"
    )
    description = "; ".join(f"{row.input}: {row.total:.0%}" for row in frame.itertuples())
    title = f"{label}: to know the {lead.input} would narrow the answer most"
    return finish(bars + names, title, description, height=10 + 40 * len(frame))


def costs_of_models(compared: pd.DataFrame) -> alt.LayerChart:
    """Rent of final pre-training runs at one price a chip; `compared` as `comparison.compare`
    returns it.
    """
    frame = compared[compared.usd_common.notna()][
        ["model", "developer", "how", "p05", "p50", "p95", "usd_common"]
    ]
    frame = frame.assign(
        low=frame.usd_common * frame.p05 / frame.p50, high=frame.usd_common * frame.p95 / frame.p50
    )
    top = frame.loc[frame.usd_common.idxmax()]
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "model:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0.6, paddingOuter=0.5)
        )
    )
    floor = float(frame.low.min()) / 1.3
    scale = alt.Scale(type="log", domain=[floor, float(frame.high.max()) * 1.3], nice=False)
    x = alt.X(
        "low:Q",
        title="rent of the final run, US$ (log scale)",
        scale=scale,
        axis=alt.Axis(format="$~s", tickCount=5),
    )
    tips = [
        "model:N",
        "developer:N",
        "how:N",
        *(alt.Tooltip(f"{name}:Q", format="$,.3s") for name in ("usd_common", "low", "high")),
    ]
    rule = base.mark_rule(strokeWidth=5, opacity=0.5, color=RECONSTRUCTED).encode(
        x=x, x2="high:Q", tooltip=tips
    )
    known = base.transform_filter("datum.how == 'disclosed'").mark_point(
        shape="diamond", filled=True, size=90, opacity=1, color=DISCLOSED
    )
    guessed = base.transform_filter("datum.how == 'estimated'").mark_tick(
        thickness=3, size=14, color=RECONSTRUCTED
    )
    points = [
        mark.encode(x=alt.X("usd_common:Q", scale=scale), tooltip=tips) for mark in (known, guessed)
    ]
    names = base.mark_text(align="left", baseline="bottom", dy=-7, color=TEXT).encode(
        x=alt.datum(floor), text="model:N"
    )
    description = (
        "Diamond: hours disclosed; bar with tick: estimated with its 90 % interval. "
        + "; ".join(
            f"{row.model} ({row.how}): {usd_text(row.usd_common)}" for row in frame.itertuples()
        )
    )
    title = f"Of {len(frame)} models {top.model} is the dearest, at {usd_text(top.usd_common)}"
    return finish(alt.layer(rule, *points, names), title, description, height=12 + 34 * len(frame))


def cost_trend(found: dict[str, Any]) -> alt.LayerChart:
    """Cost per unit of compute over the years; `found` as `comparison.trend` returns it."""
    runs, line, own = found["runs"], found["line"], found["own"]
    x = alt.X(
        "year:Q",
        title="release",
        axis=alt.Axis(format="d", tickCount=6),
        scale=alt.Scale(zero=False),
    )
    y = alt.Y(
        "low:Q",
        title="US$ a zettaFLOP, market rent (log scale)",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(format="$~s"),
    )
    band = alt.Chart(line).mark_area(opacity=0.15, color=ASSUMED).encode(x=x, y=y, y2="high:Q")
    middle = alt.Chart(line).mark_line(color=ASSUMED).encode(x=x, y="middle:Q")
    tips = ["model:N", "developer:N", alt.Tooltip("usd_per_zettaflop:Q", format="$,.0f")]
    dots = alt.Chart(runs[["model", "developer", "year", "usd_per_zettaflop"]]).mark_circle(
        size=40, opacity=0.6, color=ASSUMED
    )
    marked = alt.Chart(own[["model", "developer", "year", "usd_per_zettaflop"]]).mark_point(
        shape="diamond", filled=True, size=110, color="#b3365a"
    )
    layers = [
        mark.encode(x=x, y=alt.Y("usd_per_zettaflop:Q"), tooltip=tips) for mark in (dots, marked)
    ]
    names = alt.Chart(own[["model", "year", "usd_per_zettaflop"]]).mark_text(
        align="left", dx=8, color=TEXT
    )
    layers.append(names.encode(x=x, y="usd_per_zettaflop:Q", text="model:N"))
    last = own.iloc[-1]
    place = (
        "inside the scatter of runs" if 0.05 < last.percentile < 0.95 else "beyond nearly all runs"
    )
    title = f"Compute got {1 - found['factor_per_year']:.0%} cheaper a year; {last.model} lies at {last.ratio:.2f} of the line, {place}"
    description = "; ".join(
        f"{row.model}: {row.usd_per_zettaflop:,.0f} against {row.expected:,.0f} expected"
        for row in own.itertuples()
    )
    return finish(alt.layer(band, middle, *layers), title, description, height=320)
