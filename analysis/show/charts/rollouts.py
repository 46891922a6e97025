"""Reinforcement learning: how long answers are, and what holds the GPUs while they are written."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.show.charts.axes import Measure, from_zero, on_log_scale, room_for
from analysis.show.charts.bars import heights, labelled_bars
from analysis.show.charts.figure import slug
from analysis.show.charts.frames import ends, figures, listed
from analysis.show.charts.lines import moved_apart, named_line
from analysis.show.charts.look import ASSUMED, DISCLOSED, RECONSTRUCTED, TEXT, finish, sentence
from analysis.show.charts.opening import counted_in, linked

LENGTHS = ("low_answer_tokens", "mean_answer_tokens", "high_answer_tokens")
FULL, LONGEST, WHOLE = "full throughput", "longest answer", "whole rollout"
BOUNDS = {FULL: ASSUMED, LONGEST: RECONSTRUCTED, WHOLE: TEXT}
STEPS_BETWEEN_WORDS = 20  # a description names one step in so many
HEIGHT = 280


def answer_lengths(lengths: pd.DataFrame, longest: pd.DataFrame | None = None) -> alt.LayerChart:
    """Mean answer length over training, and above it the longest answer of a rollout and the limit;
    where no curve is published, a sentence.

    `lengths`: `stage, step, kind` (digitised where it is published) and `low_answer_tokens,
    mean_answer_tokens, high_answer_tokens`; `longest`: `step, longest_answer_tokens, limit_tokens`.
    """
    lengths = figures(lengths, "step", *LENGTHS)
    lengths = lengths[lengths.mean_answer_tokens.notna()]
    if lengths.empty:
        return sentence("No answer lengths are known")
    if lengths.step.nunique() <= 1:
        words = "{stage}: {low_answer_tokens:,.0f} to {high_answer_tokens:,.0f} tokens"
        ranges = listed(lengths, words)
        said = "No curve of answer lengths is published, so we assume their means"
        return sentence(f"{said}. {ranges}")
    return _length_curve(lengths.sort_values("step"), longest)


def _length_curve(lengths: pd.DataFrame, longest: pd.DataFrame | None) -> alt.LayerChart:
    drawn = lengths[lengths.kind == "digitised"]
    drawn = lengths if drawn.empty else drawn
    first, last = drawn.mean_answer_tokens.iloc[[0, -1]]
    above = [] if longest is None else [*longest.longest_answer_tokens, *longest.limit_tokens]
    step = _steps(lengths)
    tokens = from_zero("counts", [*lengths[LENGTHS[2]], *above], room=(0, 24))
    band = alt.Chart(lengths[["step", *LENGTHS]]).mark_area(opacity=0.2, color=DISCLOSED)
    layers = [band.encode(x=step.x("step"), y=tokens.y(LENGTHS[0]), y2=alt.Y2(f"{LENGTHS[2]}:Q"))]
    mean = lengths[["step", LENGTHS[1]]]
    layers += named_line(mean, step.x("step"), tokens.y(LENGTHS[1]), "mean answer", DISCLOSED)
    name = f"lengths-{slug(str(lengths.stage.iloc[0]))}"
    if longest is not None:
        layers += _longest_and_limit(longest, step, tokens, name)
    measured = "Tokens an answer by training step; the band is where a batch's answers lie"
    return finish(
        *layers,
        title=f"Mean answers {_grow(first, last)} from {first:,.0f} to {last:,.0f} tokens",
        subtitle=measured,
        description=listed(
            lengths.iloc[::STEPS_BETWEEN_WORDS],
            "step {step:,.0f}: {mean_answer_tokens:,.0f} tokens",
        ),
        height=HEIGHT,
        name=name,
        source="the curve that the developer prints, read off; the longest answer is reconstructed",
    )


def _steps(frame: pd.DataFrame) -> Measure:
    """The steps of training, with room for the names of lines after their ends."""
    last = float(frame.step.max())
    return Measure("counts", 0, last, room=(0, 120), title="training step", grid=False)


def _longest_and_limit(
    longest: pd.DataFrame, step: Measure, tokens: Measure, chart: str
) -> list[alt.Chart]:
    """The longest answer of a rollout, and the limit with its figures above it."""
    x = step.x("step")
    limits = longest.drop_duplicates("limit_tokens")[["step", "limit_tokens"]]
    limits = limits.assign(text=[f"limit {limit:,.0f}" for limit in limits.limit_tokens])
    base = alt.Chart(longest[["step", "limit_tokens"]]).encode(x=x, y=tokens.y("limit_tokens"))
    limits = limits.assign(opens=counted_in(chart, limits.text, "lengths", "derived"))
    names = linked(alt.Chart(limits).mark_text(align="left", dy=-11, dx=2, color=TEXT), limits)
    line = longest[["step", "longest_answer_tokens"]]
    return [
        base.mark_line(color=TEXT, strokeDash=[2, 3], interpolate="step"),
        names.encode(x=x, y=tokens.y("limit_tokens"), text=alt.Text("text:N")),
        *named_line(line, x, tokens.y("longest_answer_tokens"), LONGEST, RECONSTRUCTED),
    ]


def _grow(first: float, last: float) -> str:
    return "grow" if last >= first else "shrink"


def rollout_bounds(frame: pd.DataFrame) -> alt.LayerChart:
    """Median seconds of a rollout by what bounds it, over the steps or, of single steps, by stage.

    `frame`: `stage, step, bound` (full throughput, longest answer, whole rollout) and `seconds`.
    """
    frame = figures(frame, "step", "seconds")
    frame = frame[frame.seconds > 0]
    if frame.empty:
        return sentence("No rollout is reconstructed")
    over_steps = frame.groupby("stage").step.nunique().max() > 1
    layers, height = _over_steps(frame) if over_steps else _by_stage(frame)
    by_bound = frame.groupby("bound").seconds.agg(["first", "last"]).reset_index()
    seconds = listed(by_bound, "{bound}: {first:,.0f} s at first, {last:,.0f} s at last")
    scale = ", log scale" if over_steps else ""
    return finish(
        *layers,
        title=_waiting(frame),
        subtitle=f"Seconds of a rollout, every input at its median{scale}",
        description=f"Median seconds of a rollout. {seconds}",
        height=height,
        name=_name(frame),
        source="the reconstruction of this book",
    )


def _waiting(frame: pd.DataFrame) -> str:
    """How many times as long as throughput the longest answer takes, in the mean of the steps."""
    seconds = frame.pivot_table(index=["stage", "step"], columns="bound", values="seconds")
    if not {FULL, LONGEST} <= set(seconds):
        return f"A rollout takes {frame.seconds.max():,.0f} seconds at most"
    ratio = (seconds[LONGEST] / seconds[FULL]).mean()
    times = f"{ratio:.0f}" if ratio >= 2 else f"{ratio:.2f}"
    return f"The longest answer takes {times} times as long as full speed, on average"


def _over_steps(frame: pd.DataFrame) -> tuple[list[alt.Chart], int]:
    found = ends(frame.seconds)
    assert found is not None
    seconds = on_log_scale("counts", *found, room=(4, 8))
    step = _steps(frame)
    lines = {
        bound: frame[frame.bound == bound].sort_values("step")[["step", "seconds"]]
        for bound in BOUNDS
        if bound in set(frame.bound)
    }
    last = [float(line.seconds.iloc[-1]) for line in lines.values()]
    layers = []
    for (bound, line), down in zip(lines.items(), moved_apart(last, seconds, HEIGHT), strict=True):
        axes = step.x("step"), seconds.y("seconds")
        layers += named_line(line, *axes, bound, BOUNDS[bound], down)
    return layers, HEIGHT


def _name(frame: pd.DataFrame) -> str:
    return f"rollout-{slug(str(frame.stage.iloc[0]))}"


def _by_stage(frame: pd.DataFrame) -> tuple[list[alt.Chart], dict[str, int]]:
    one = frame.stage.nunique() == 1
    words = [f"{seconds:,.0f} s" for seconds in frame.seconds]
    names = frame.bound if one else frame.stage + ": " + frame.bound
    named = frame.assign(row=names, text=words, says=names + ": " + pd.Series(words, frame.index))
    named = named.assign(opens=counted_in(_name(frame), named.says, "rollout", "reconstructed"))
    measure = from_zero("counts", named.seconds, room=(0, room_for(words)))
    return labelled_bars(named, "row", "seconds", measure, RECONSTRUCTED), heights(named.row)
