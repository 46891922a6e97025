"""The summary chart of a sweep."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.show.charts.axes import Measure, on_log_scale
from analysis.show.charts.frames import figures
from analysis.show.charts.look import RECONSTRUCTED, finish, sentence
from analysis.show.numbers import significant, usd_text

MOST_POINTS = 2000


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
    least, most = float(frame.usd_p50.min()), float(frame.usd_p50.max())
    words = parameter.replace("_", " ")
    usd = on_log_scale("dollars", least, most, room=(4, 8))
    return finish(
        *_layers(frame, parameter, words, usd),
        title=f"{len(frame):,} combinations cost {_about(least)} to {_about(most)}",
        subtitle=f"US$ of rent for all phases, median, by {words}; log scale",
        description=f"Median rent of all phases over {words}",
        height=320,
        name="sweep",
    )


def _about(usd: float) -> str:
    return usd_text(significant(usd, 3))


def _layers(frame: pd.DataFrame, parameter: str, words: str, usd: Measure) -> list[alt.Chart]:
    numeric = pd.api.types.is_numeric_dtype(frame[parameter])
    axis = alt.Axis(tickCount=5, labelSeparation=8)
    along = alt.X(f"{parameter}:Q", title=words, axis=axis, scale=alt.Scale(zero=False))
    x = along if numeric else alt.X(f"{parameter}:N", title=words)
    if numeric and frame[parameter].nunique() > len(frame) / 4:
        cloud = alt.Chart(frame[[parameter, "usd_p50"]].head(MOST_POINTS))
        dots = cloud.mark_circle(size=18, opacity=0.5, color=RECONSTRUCTED)
        return [dots.encode(x=x, y=usd.y("usd_p50"))]
    base = alt.Chart(_range_of_each(frame, parameter)).encode(x=x)
    band, middle = _lines(base) if numeric else _ticks(base)
    return [band.encode(y=usd.y("min"), y2=alt.Y2("max:Q")), middle.encode(y=usd.y("median"))]


def _range_of_each(frame: pd.DataFrame, parameter: str) -> pd.DataFrame:
    return frame.groupby(parameter).usd_p50.agg(["min", "median", "max"]).reset_index()


def _lines(base: alt.Chart) -> tuple[alt.Chart, alt.Chart]:
    band = base.mark_area(opacity=0.25, color=RECONSTRUCTED)
    return band, base.mark_line(color=RECONSTRUCTED)


def _ticks(base: alt.Chart) -> tuple[alt.Chart, alt.Chart]:
    band = base.mark_rule(strokeWidth=8, opacity=0.3, color=RECONSTRUCTED)
    return band, base.mark_tick(color=RECONSTRUCTED, thickness=3)
