"""Reinforcement learning: how long answers are, and what holds the GPUs while they are written."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.show.charts.axes import Measure, counts_axis
from analysis.show.charts.bars import height_px, interval_bars, names_above, rows
from analysis.show.charts.frames import figures, listed
from analysis.show.charts.look import (
    ASSUMED,
    DISCLOSED,
    RECONSTRUCTED,
    color_by,
    finish,
    sentence,
    tips,
)

LENGTHS = ("low_answer_tokens", "mean_answer_tokens", "high_answer_tokens")
FULL, LONGEST, WHOLE = "full throughput", "longest answer", "whole rollout"
BOUNDS = {FULL: ASSUMED, LONGEST: RECONSTRUCTED, WHOLE: DISCLOSED}
STEPS_BETWEEN_WORDS = 20  # a description names one step in so many


def answer_lengths(lengths: pd.DataFrame) -> alt.LayerChart:
    """Mean answer length over training: a curve where one is published, else a range a stage.

    `lengths`: `stage, step, kind` (digitised where it is published) and `low_answer_tokens,
    mean_answer_tokens, high_answer_tokens`.
    """
    lengths = figures(lengths, "step", *LENGTHS)
    lengths = lengths[lengths.mean_answer_tokens.notna()]
    if lengths.empty:
        return sentence("No answer lengths are known")
    return _length_ranges(lengths) if lengths.step.nunique() <= 1 else _length_curve(lengths)


def _length_curve(lengths: pd.DataFrame) -> alt.LayerChart:
    drawn = lengths[lengths.kind == "digitised"].sort_values("step")
    drawn = lengths if drawn.empty else drawn
    first, last = drawn.mean_answer_tokens.iloc[[0, -1]]
    tokens = Measure("tokens an answer", counts_axis())
    base = alt.Chart(lengths).encode(x=Measure("training step", counts_axis(10)).x("step"))
    line = base.mark_line(color=DISCLOSED, strokeWidth=2).encode(
        y=tokens.y("mean_answer_tokens"),
        strokeDash=alt.StrokeDash("kind:N", title=None, legend=None),
        tooltip=tips("kind", step=",.0f", mean_answer_tokens=",.0f"),
    )
    band = base.mark_area(opacity=0.18, color=DISCLOSED)
    return finish(
        band.encode(y=tokens.y("low_answer_tokens"), y2="high_answer_tokens:Q"),
        line,
        title=f"Answers {_grow(first, last)} from {first:,.0f} to {last:,.0f} tokens in the mean",
        description=listed(
            lengths.iloc[::STEPS_BETWEEN_WORDS],
            "step {step:,.0f}: {mean_answer_tokens:,.0f} tokens",
        ),
        height=200,
    )


def _grow(first: float, last: float) -> str:
    return "grow" if last >= first else "shrink"


def _length_ranges(lengths: pd.DataFrame) -> alt.LayerChart:
    measure = Measure("tokens an answer, mean", counts_axis(), alt.Scale(zero=True))
    base = rows(lengths, "stage")
    tooltip = tips(**dict.fromkeys(LENGTHS, ",.0f"))
    return finish(
        *interval_bars(base, LENGTHS, measure, ASSUMED, tooltip),
        names_above(base, "stage", measure),
        title="No length curve is published for this phase: the lengths are assumed ranges",
        description=listed(
            lengths, "{stage}: {low_answer_tokens:,.0f} to {high_answer_tokens:,.0f} tokens"
        ),
        height=height_px(lengths),
    )


def rollout_bounds(frame: pd.DataFrame) -> alt.LayerChart:
    """Median seconds of a rollout by what bounds it, over the steps or, of single steps, by stage.

    `frame`: `stage, step, bound` (full throughput, longest answer, whole rollout) and `seconds`.
    """
    frame = figures(frame, "step", "seconds")
    frame = frame[frame.seconds.notna()]
    if frame.empty:
        return sentence("No rollout is reconstructed")
    color = color_by("bound", BOUNDS, sort=list(BOUNDS))
    tooltip = tips("stage", "bound", step=",.0f", seconds=",.0f")
    over_steps = frame.groupby("stage").step.nunique().max() > 1
    chart = _bounds_over_steps(frame) if over_steps else _bounds_by_stage(frame)
    by_bound = frame.groupby("bound").seconds.agg(["first", "last"]).reset_index()
    seconds = listed(by_bound, "{bound}: {first:,.0f} s at first, {last:,.0f} s at last")
    return finish(
        chart.encode(color=color, tooltip=tooltip),
        title=_waiting(frame),
        description=f"Median seconds of a rollout. {seconds}",
        height=220 if over_steps else 20 + 62 * frame.stage.nunique(),
    )


def _waiting(frame: pd.DataFrame) -> str:
    """How many times as long as throughput the longest answer takes, in the mean of the steps."""
    seconds = frame.pivot_table(index=["stage", "step"], columns="bound", values="seconds")
    if not {FULL, LONGEST} <= set(seconds):
        return f"A rollout takes {frame.seconds.max():,.0f} seconds at most, median"
    ratio = (seconds[LONGEST] / seconds[FULL]).mean()
    times = f"{ratio:.0f}" if ratio >= 2 else f"{ratio:.2f}"
    return f"Latency holds the GPUs {times} times as long as throughput would"


def _bounds_over_steps(frame: pd.DataFrame) -> alt.Chart:
    seconds = Measure("seconds a rollout (log scale)", counts_axis(), alt.Scale(type="log"))
    step = Measure("training step", counts_axis(10))
    return (
        alt.Chart(frame).mark_line(strokeWidth=2).encode(x=step.x("step"), y=seconds.y("seconds"))
    )


def _bounds_by_stage(frame: pd.DataFrame) -> alt.Chart:
    names = alt.Axis(labelLimit=110, labelExpr="split(datum.label, ' ')")
    return (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=Measure("seconds a rollout", alt.Axis(tickCount=5)).x("seconds"),
            y=alt.Y("stage:N", sort=None, title=None, axis=names),
            yOffset=alt.YOffset("bound:N", sort=list(BOUNDS)),
        )
    )
