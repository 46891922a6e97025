"""The summary chart of a sweep."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.show.charts.look import RECONSTRUCTED, finish
from analysis.show.numbers import usd_text

MOST_POINTS = 2000


def sweep_summary(frame: pd.DataFrame, parameter: str) -> alt.LayerChart | alt.Chart:
    """Median rent of all phases over one swept parameter, with the range that the other parameters
    give it.

    `frame` as `sweep.sweep` returns it; a parameter of few values is a line with a band, of many a
    cloud of points.
    """
    low, high = frame.usd_p50.min(), frame.usd_p50.max()
    title = f"{len(frame):,} combinations: {usd_text(float(f'{low:.3g}'))} to {usd_text(float(f'{high:.3g}'))} for all phases, median"
    numeric = pd.api.types.is_numeric_dtype(frame[parameter])
    scale = alt.Scale(zero=False) if numeric else alt.Undefined
    x = alt.X(
        f"{parameter}:{'Q' if numeric else 'N'}", title=parameter.replace("_", " "), scale=scale
    )
    description = f"Median rent of all phases over {parameter}"
    if numeric and frame[parameter].nunique() > len(frame) / 4:
        points = alt.Chart(frame[[parameter, "usd_p50"]].head(MOST_POINTS)).mark_circle(
            size=18, opacity=0.5, color=RECONSTRUCTED
        )
        return finish(points.encode(x=x, y=_dollars("usd_p50")), title, description, height=320)
    spans = frame.groupby(parameter).usd_p50.agg(["min", "median", "max"]).reset_index()
    base = alt.Chart(spans).encode(x=x)
    band = (
        base.mark_area(opacity=0.25, color=RECONSTRUCTED)
        if numeric
        else base.mark_rule(strokeWidth=8, opacity=0.3, color=RECONSTRUCTED)
    )
    line = (
        base.mark_line(color=RECONSTRUCTED)
        if numeric
        else base.mark_tick(color=RECONSTRUCTED, thickness=3)
    )
    layers = band.encode(y=_dollars("min"), y2="max:Q") + line.encode(y=_dollars("median"))
    return finish(layers, title, description, height=320)


def _dollars(field: str) -> alt.Y:
    axis = alt.Axis(format="$~s", tickCount=5)
    return alt.Y(
        f"{field}:Q",
        title="US$, median (log scale)",
        scale=alt.Scale(type="log", nice=False),
        axis=axis,
    )
