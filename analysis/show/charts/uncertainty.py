"""Which inputs make an answer as wide as it is."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from analysis.show.charts.axes import Measure, factors_axis, on_log_scale, shares_axis
from analysis.show.charts.bars import height_px, labelled_bars
from analysis.show.charts.frames import figures, leading, listed, texts
from analysis.show.charts.look import KNOWN_BY, color_by, finish, sentence, tips

MOST_INPUTS = 8


def input_widths(widths: pd.DataFrame, label: str) -> alt.LayerChart:
    """How far each input alone moves a phase, a bar an input.

    `widths`: `input, factor` (hours at its 95th percentile over those at its 5th)`, assumed`;
    `label` names the phase.
    """
    frame = figures(widths, "factor")
    frame = frame[frame.factor.notna()]
    if frame.empty or frame.factor.max() <= 1:
        return sentence(f"{label}: no input is uncertain")
    frame = _with_knowledge(frame)[["input", "factor", "assumed", "known"]].assign(
        text=texts(frame.factor, lambda factor: f"× {factor:.2f}")
    )
    title = "hours at the input's 95th percentile over those at its 5th"
    measure = on_log_scale(title, factors_axis(), 1.0, float(frame.factor.max()) * 1.5)
    lead = leading(frame, "factor")
    tooltip = tips("input", "known", factor=".2f")
    return finish(
        *labelled_bars(frame, "input", "factor", measure, color_by("known", KNOWN_BY), tooltip),
        title=f"{label}: the width comes from the {lead.input}",
        description=listed(frame, "{input} ({known}): factor {factor:.2f}"),
        height=height_px(frame),
    )


def sobol_bars(indices: pd.DataFrame, label: str) -> alt.LayerChart:
    """Total Sobol indices of the inputs that matter most, a bar an input.

    `indices`: `input, first_order, total` [share of the variance]`, assumed`, the largest first;
    `label` names the answer.
    """
    frame = figures(indices, "first_order", "total")
    frame = frame[frame.total.notna()].head(MOST_INPUTS)
    if frame.empty:
        return sentence(f"{label}: no input is uncertain")
    frame = _with_knowledge(frame)[["input", "first_order", "total", "assumed", "known"]]
    title = "share of the variance that goes with the input (total index)"
    measure = Measure(title, shares_axis(), alt.Scale(domain=[0, 1]))
    lead = leading(frame, "total")
    tooltip = tips("input", "known", first_order=".3f", total=".3f")
    color = color_by("known", KNOWN_BY)
    return finish(
        *labelled_bars(frame, "input", "total", measure, color, tooltip, text=None),
        title=f"{label}: to know the {lead.input} would narrow the answer most",
        description=listed(frame, "{input}: {total:.0%}"),
        height=height_px(frame),
    )


def _with_knowledge(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with `known`: whether an input is from data or assumed."""
    return frame.assign(known=np.where(frame.assumed.astype(bool), "assumed", "from data"))
