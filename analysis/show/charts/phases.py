"""The hours of phases: disclosed, reconstructed, by part, and the efficiency that they need."""

from __future__ import annotations

from typing import Literal

import altair as alt
import numpy as np
import pandas as pd

from analysis.show.charts.axes import FIFTHS, Measure, counts_axis, on_log_scale, shares_axis
from analysis.show.charts.bars import (
    diamonds,
    height_px,
    interval_bars,
    labelled_bars,
    names_above,
    rows,
)
from analysis.show.charts.frames import UNKNOWN, ends, figures, leading, listed, texts
from analysis.show.charts.look import (
    ASSUMED,
    DISCLOSED,
    PARTS,
    RECONSTRUCTED,
    TEXT,
    color_by,
    finish,
    sentence,
    tips,
)
from analysis.show.numbers import ARCHITECTURE_WORDS, hours_text

INTERVAL = ("p05", "p50", "p95")


def disclosed_and_reconstructed(frame: pd.DataFrame) -> alt.LayerChart:
    """Disclosed hours beside the reconstructed interval, a row a phase.

    `frame`: `label, disclosed` (NaN where the source discloses none) and the percentiles `p05, p50,
    p95`, in GPU-hours.
    """
    frame = figures(frame, "disclosed", *INTERVAL)
    found = ends(*(frame[field] for field in ("disclosed", *INTERVAL)))
    if found is None:
        return sentence("No hours are disclosed, and no hours are reconstructed")
    frame = frame[["label", "disclosed", *INTERVAL]]
    measure = on_log_scale("GPU-hours", counts_axis(), found[0] * 0.7, found[1] * 1.4)
    tooltip = tips("label", disclosed=",.0f", p05=",.0f", p50=",.0f", p95=",.0f")
    base = rows(frame, "label")
    return finish(
        *interval_bars(base, INTERVAL, measure, RECONSTRUCTED, tooltip),
        diamonds(base, "disclosed", measure, DISCLOSED, tooltip),
        names_above(base, "label", measure),
        title=_agreement(frame),
        description=_sides_in_words(frame),
        height=height_px(frame),
    )


def _agreement(frame: pd.DataFrame) -> str:
    """How far what is disclosed and what is reconstructed agree."""
    known = frame[frame.disclosed.notna() & frame.p50.notna()]
    if known.empty:
        return _one_side(frame)
    lead = leading(known.assign(error=np.log(known.p50 / known.disclosed).abs()), "error")
    if len(frame) == 1:
        ratio = lead.p50 / lead.disclosed
        return f"{lead.label}: reconstructed {ratio:.2f} times the disclosed hours"
    inside = int(((known.disclosed >= known.p05) & (known.disclosed <= known.p95)).sum())
    if len(known) == 1:
        place = "inside" if inside else "outside"
        return f"{lead.label} alone discloses its hours: they lie {place} the 90 % interval"
    return (
        f"{inside} of {len(known)} disclosed figures lie inside their 90 % interval; {lead.label}"
        " is furthest from its middle"
    )


def _one_side(frame: pd.DataFrame) -> str:
    if len(frame) == 1 and frame.p50.notna().all():
        only = frame.iloc[0]
        return f"{only.label}: {hours_text(only.p50)} GPU-hours reconstructed, none disclosed"
    if frame.p50.notna().any():
        return "No hours are disclosed: the reconstruction has nothing to be compared with"
    return "No hours are reconstructed: what is disclosed has nothing to be compared with"


def _sides_in_words(frame: pd.DataFrame) -> str:
    worded = frame.assign(
        **{
            field: texts(
                frame[field], "{:,.0f}".format, "not known" if field != "disclosed" else UNKNOWN
            )
            for field in ("disclosed", *INTERVAL)
        }
    )
    phases = listed(
        worded, "{label}: disclosed {disclosed}, reconstructed {p05} to {p95}, middle {p50}"
    )
    return (
        "Disclosed (diamond) against reconstructed (bar from 5th to 95th percentile, tick at the"
        f" median), in GPU-hours. {phases}"
    )


def where_the_bill_goes(phases: pd.DataFrame) -> alt.LayerChart:
    """Disclosed GPU-hours, a bar a phase; `label, gpu_hours, share` (of all that is disclosed)."""
    frame = figures(phases, "gpu_hours", "share")
    if not (frame.share > 0).any():
        return sentence("No hours are disclosed, so there is nothing to share out")
    lead = leading(frame, "share")
    title = (
        f"All disclosed hours are those of {lead.label}"
        if np.isclose(lead.share, 1.0)
        else f"{lead.label} is {lead.share:.0%} of the disclosed hours"
    )
    return _share_bars(frame, "label", title, DISCLOSED)


def where_the_time_goes(parts: pd.DataFrame) -> alt.LayerChart:
    """Median GPU-hours by part, and by stage if there are several.

    `parts`: `stage, part, share` (of the phase's hours) and `gpu_hours`.
    """
    parts = figures(parts, "gpu_hours", "share")
    parts = parts[parts.share.notna()]
    if parts.empty:
        return sentence("Of this phase no hours are reconstructed")
    by_part = parts.groupby("part", sort=False, as_index=False)[["gpu_hours", "share"]].sum()
    lead = leading(by_part, "share")
    name = f"{lead.part[:1].upper()}{lead.part[1:]}"
    title = f"{name} takes {lead.share:.0%} of the reconstructed hours"
    if parts.stage.nunique() == 1:
        return _share_bars(by_part, "part", title, RECONSTRUCTED)
    return _stacked_by_stage(parts, list(by_part.part), title)


def _share_bars(frame: pd.DataFrame, name: str, title: str, color: str) -> alt.LayerChart:
    frame = frame[[name, "gpu_hours", "share"]].assign(
        text=[
            f"{row.share:.1%}  ({hours_text(row.gpu_hours)} h)" if row.share >= 0 else UNKNOWN
            for row in frame.itertuples()
        ]
    )
    scale = alt.Scale(domain=[0, float(frame.share.max()) * 1.35])
    measure = Measure("share of the hours", shares_axis(FIFTHS), scale)
    tooltip = tips(name, gpu_hours=",.0f", share=".1%")
    return finish(
        *labelled_bars(frame, name, "share", measure, color, tooltip),
        title=title,
        description=listed(frame, f"{{{name}}}: {{text}}"),
        height=height_px(frame),
    )


def _stacked_by_stage(parts: pd.DataFrame, order: list[str], title: str) -> alt.LayerChart:
    measure = Measure("share of the hours", shares_axis(ticks=5))
    colors = {part: PARTS[position % len(PARTS)] for position, part in enumerate(order)}
    legend = alt.Legend(columns=1, labelLimit=320)
    ranked = parts.assign(position=[order.index(part) for part in parts.part])
    stages = rows(parts[["stage"]].drop_duplicates(), "stage")
    bars = rows(ranked, "stage").mark_bar()
    return finish(
        bars.encode(
            x=measure.x("sum(share)"),
            color=color_by("part", colors, sort=order, legend=legend),
            order=alt.Order("position:Q"),
            tooltip=tips("stage", "part", gpu_hours=",.0f", share=".1%"),
        ),
        names_above(stages, "stage", measure),
        title=title,
        description=listed(parts, "{stage}, {part}: {share:.1%}"),
        height=10 + 46 * parts.stage.nunique(),
    )


def efficiency_of_runs(
    runs: pd.DataFrame, own_mfu: float, own_label: str, kind: Literal["dense", "moe"]
) -> alt.LayerChart:
    """MFU of reference runs by kind, and the MFU that one run's disclosed hours need.

    `runs`: `model, developer, kind` (dense or moe) and `mfu` [1], a row a run of another developer;
    `own_mfu` [1] is NaN where no hours are disclosed; `kind` is that of the own run.
    """
    runs = figures(runs, "mfu")
    runs = runs[runs.mfu.notna()]
    if runs.empty:
        return sentence(_reach(runs.mfu, own_mfu, own_label, kind))
    title = _reach(runs[runs.kind == kind].mfu, own_mfu, own_label, kind)
    runs = runs[["model", "developer", "mfu"]].assign(kind=runs.kind.map(ARCHITECTURE_WORDS))
    title_of_axis = "MFU: share of the dense BF16 peak, causal attention"
    measure = Measure(title_of_axis, shares_axis(), alt.Scale(zero=True))
    names = alt.Axis(labelLimit=90, labelExpr="split(datum.label, ' ')")
    dots = alt.Chart(runs).mark_circle(size=60, opacity=0.6, color=ASSUMED)
    dots = dots.encode(
        x=measure.x("mfu"),
        y=alt.Y("kind:N", title=None, axis=names),
        tooltip=tips("model", "developer", mfu=".1%"),
    )
    return finish(
        dots,
        *_own_line(own_mfu, own_label),
        title=title,
        description=_efficiencies_in_words(runs, own_mfu, own_label),
        height=50 * max(runs.kind.nunique(), 2),
    )


def _reach(others: pd.Series, own_mfu: float, own_label: str, kind: str) -> str:
    """What the own run needs, and how many runs of its kind reach it."""
    name = ARCHITECTURE_WORDS[kind].replace(" ", "-")
    needs = f"{own_label} needs {own_mfu:.0%} of the peak, all its work counted"
    if not np.isfinite(own_mfu):
        needs = f"{own_label}: no hours are disclosed that would say its MFU"
    if others.empty:
        return f"{needs}; no {name} run of others is known"
    if not np.isfinite(own_mfu):
        return f"{needs}; {name} runs of others reach {others.min():.0%} to {others.max():.0%}"
    above = int((others >= own_mfu).sum())
    return f"{needs}; {above or 'none'} of {len(others)} {name} runs of others reach that"


def _own_line(own_mfu: float, own_label: str) -> list[alt.Chart]:
    if not np.isfinite(own_mfu):
        return []
    own = alt.Chart(pd.DataFrame({"mfu": [own_mfu], "label": [own_label]}))
    line = own.mark_rule(color=DISCLOSED, strokeWidth=2)
    name = own.mark_text(align="left", dx=4, y=6, color=TEXT)
    return [
        line.encode(x="mfu:Q", tooltip=tips("label", mfu=".1%")),
        name.encode(x="mfu:Q", text="label:N"),
    ]


def _efficiencies_in_words(runs: pd.DataFrame, own_mfu: float, own_label: str) -> str:
    (own,) = texts([own_mfu], "{:.1%}".format)
    kinds = runs.groupby("kind").mfu.agg(["size", "min", "max", "median"]).reset_index()
    of_kinds = listed(kinds, "{kind}: {size} runs, {min:.1%} to {max:.1%}, median {median:.1%}")
    return f"{own_label}: {own}. {of_kinds}"
