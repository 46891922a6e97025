"""Which inputs make an answer as wide as it is."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from analysis.show.charts.axes import from_zero, on_log_scale, room_for
from analysis.show.charts.bars import (
    MOST_ROWS,
    after,
    heights,
    labelled_bars,
    points,
    rows,
)
from analysis.show.charts.figure import slug
from analysis.show.charts.frames import described, figures, leading, share_text, short
from analysis.show.charts.look import HATCHED, RECONSTRUCTED, color_by, finish, sentence
from analysis.show.charts.opening import counted_in

KNOWN_BY = {"from data": RECONSTRUCTED, "assumed": HATCHED}
NEGLIGIBLE = 0.01  # of the variance, or of a factor of one: what moves the answer by less


def input_widths(widths: pd.DataFrame, label: str) -> alt.LayerChart:
    """How far each input alone moves a phase, the widest first, a point each.

    `widths`: `input, factor` (hours at its 95th percentile over those at its 5th)`, assumed`;
    `label` names the phase.
    """
    frame = figures(widths, "factor")
    frame = frame[frame.factor > 1 + NEGLIGIBLE].nlargest(MOST_ROWS, "factor")
    if frame.empty:
        return sentence(f"{label}: no input is uncertain")
    frame = _with_knowledge(frame, [f"× {factor:.2g}" for factor in frame.factor])
    lead = frame.iloc[0]
    if len(frame) == 1:
        return sentence(
            f"In {label} only the {lead.input} is uncertain ({lead.known}). From its 5th to its"
            f" 95th percentile the hours change by a factor of {lead.factor:.2g}"
        )
    measure = on_log_scale(
        "factors", 1.0, float(frame.factor.max()), room=(8, room_for(frame.text))
    )
    name = f"widths-{slug(label)}"
    frame = frame.assign(opens=counted_in(name, frame.says, "widths", "reconstructed"))
    base = rows(frame, "input")
    return finish(
        points(base, "factor", measure, _known_by(), "circle"),
        after(base, "factor", measure),
        title=f"One input widens the interval most: {lead.input}",
        subtitle=f"GPU-hours of {label} at the input's 95th percentile over those at its 5th,"
        " log scale",
        description=described(frame),
        height=heights(frame.input),
        name=name,
        source="the intervals of the inputs, in the table of this page",
    )


def sobol_bars(indices: pd.DataFrame, label: str) -> alt.LayerChart:
    """Total Sobol indices of the inputs that matter, a bar an input.

    `indices`: `input, first_order, total` [share of the variance]`, assumed`, the largest first;
    `label` names the answer.
    """
    frame = figures(indices, "first_order", "total")
    frame = frame[frame.total >= NEGLIGIBLE].head(MOST_ROWS)
    if frame.empty:
        return sentence(f"{label}: no input is uncertain")
    frame = _with_knowledge(frame, [share_text(total) for total in frame.total])
    name = f"variance-{slug(label)}"
    frame = frame.assign(opens=counted_in(name, frame.says, "variance", "reconstructed"))
    measure = from_zero("shares", frame.total, room=(0, room_for(frame.text)))
    return finish(
        *labelled_bars(frame, "input", "total", measure, _known_by()),
        title=f"One input would narrow the answer most: {leading(frame, 'total').input}",
        subtitle=f"{label}: share of the variance that goes with the input (total Sobol index)",
        description=described(frame),
        height=heights(frame.input),
        name=name,
        source="the intervals of the inputs, through the reconstruction of this book",
    )


def _known_by() -> alt.Color:
    return color_by("known", KNOWN_BY, legend=None)


def _with_knowledge(frame: pd.DataFrame, words: list[str]) -> pd.DataFrame:
    """The frame with the short names of its inputs, and `known`: from data or assumed."""
    known = np.where(frame.assumed.astype(bool), "assumed", "from data")
    names = short(frame.input)
    text = [
        f"{word}, assumed" if how == "assumed" else word
        for word, how in zip(words, known, strict=True)
    ]
    says = [f"{name}: {word}" for name, word in zip(names, text, strict=True)]
    return frame.assign(input=names, known=known, text=text, says=says)
