"""The summary chart of a sweep."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.show.charts.axes import Measure, dollars_axis
from analysis.show.charts.frames import figures
from analysis.show.charts.look import RECONSTRUCTED, finish, sentence
from analysis.show.numbers import significant, usd_text

MOST_POINTS = 2000
USD = Measure("US$, median (log scale)", dollars_axis(), alt.Scale(type="log", nice=False))


def sweep_summary(frame: pd.DataFrame, parameter: str) -> alt.LayerChart:
    """Median rent of all phases over one swept parameter, with the range that the other parameters
    give it.

    `frame`: the parameter's column and `usd_p50`; a parameter of few values is a line with a band,
    of many a cloud of points.
    """
    frame = figures(frame, "usd_p50")
    frame = frame[frame.usd_p50 > 0]
    if frame.empty:
        return sentence("No combination has a cost")
    low, high = (
        usd_text(significant(end, 3)) for end in (frame.usd_p50.min(), frame.usd_p50.max())
    )
    words = parameter.replace("_", " ")
    return finish(
        *_layers(frame, parameter, words),
        title=f"{len(frame):,} combinations: {low} to {high} for all phases, median",
        description=f"Median rent of all phases over {words}",
        height=320,
    )


def _layers(frame: pd.DataFrame, parameter: str, words: str) -> list[alt.Chart]:
    numeric = pd.api.types.is_numeric_dtype(frame[parameter])
    along = Measure(words, alt.Axis(), alt.Scale(zero=False))
    x = along.x(parameter) if numeric else alt.X(f"{parameter}:N", title=words)
    if numeric and frame[parameter].nunique() > len(frame) / 4:
        cloud = alt.Chart(frame[[parameter, "usd_p50"]].head(MOST_POINTS))
        dots = cloud.mark_circle(size=18, opacity=0.5, color=RECONSTRUCTED)
        return [dots.encode(x=x, y=USD.y("usd_p50"))]
    base = alt.Chart(_range_of_each(frame, parameter)).encode(x=x)
    band, middle = _lines(base) if numeric else _ticks(base)
    return [band.encode(y=USD.y("min"), y2="max:Q"), middle.encode(y=USD.y("median"))]


def _range_of_each(frame: pd.DataFrame, parameter: str) -> pd.DataFrame:
    return frame.groupby(parameter).usd_p50.agg(["min", "median", "max"]).reset_index()


def _lines(base: alt.Chart) -> tuple[alt.Chart, alt.Chart]:
    band = base.mark_area(opacity=0.25, color=RECONSTRUCTED)
    return band, base.mark_line(color=RECONSTRUCTED)


def _ticks(base: alt.Chart) -> tuple[alt.Chart, alt.Chart]:
    band = base.mark_rule(strokeWidth=8, opacity=0.3, color=RECONSTRUCTED)
    return band, base.mark_tick(color=RECONSTRUCTED, thickness=3)
