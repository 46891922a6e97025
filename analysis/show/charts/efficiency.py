"""The efficiency of runs, a dot each, and that which one run's disclosed hours need."""

from __future__ import annotations

from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from analysis.show.charts.axes import Measure, from_zero
from analysis.show.charts.bars import SAYS, names_axis
from analysis.show.charts.drawing import in_expression
from analysis.show.charts.figure import slug
from analysis.show.charts.frames import figures, leading, listed, share_text, texts
from analysis.show.charts.look import ACCENT, OTHERS, TEXT, finish, sentence
from analysis.show.charts.opening import HREF, counted_in, linked, opens_at
from analysis.show.numbers import ARCHITECTURE_WORDS

APART = 0.015  # of the peak: dots nearer than this lie above each other
LINE_PX = 10  # from one dot to the one above
NAME = 1.9  # lines that a name needs


def efficiency_of_runs(
    runs: pd.DataFrame, own_mfu: float, own_label: str, kind: Literal["dense", "moe"]
) -> alt.LayerChart:
    """MFU of reference runs by kind, a dot each, and the MFU that one run's disclosed hours need.

    `runs`: `id, model, developer, kind` (dense or moe) and `mfu` [1], a row a run of another
    developer; `own_mfu` [1] is NaN where no hours are disclosed; `kind` is that of the own run.
    """
    runs = figures(runs, "mfu")
    runs = runs[runs.mfu.notna()]
    title = _reach(runs[runs.kind == kind].mfu if len(runs) else runs.mfu, own_mfu, own_label, kind)
    if runs.empty:
        return sentence(title)
    own = np.isfinite(own_mfu)
    names = {kind: 2 if own else 1} | {other: 1 for other in ARCHITECTURE_WORDS if other != kind}
    dots = _swarm(runs, names)
    rows = _rows(dots, names)
    measure = from_zero("shares", [*dots.mfu, own_mfu], room=(6, 60))
    scale = alt.Scale(domain=[float(dots.line.max()) + 0.8, -0.5], nice=False, zero=False)
    y = alt.Y("line:Q", axis=_kinds_axis(rows), scale=scale)
    marks = alt.Chart(dots).mark_circle(size=52, opacity=0.85, color=OTHERS)
    best = alt.Chart(rows).mark_text(align="right", dx=5, color=TEXT)
    return finish(
        linked(marks, dots).encode(x=measure.x("mfu"), y=y, description=SAYS),
        linked(best, rows).encode(x=measure.x("mfu"), y=y, text=alt.Text("best:N")),
        *_own(own_mfu, own_label, measure, y, dots.line[dots.kind == kind]),
        title=title,
        subtitle="Share of the chips' peak that did useful work (MFU; dense BF16 peak, causal"
        " attention). A dot: a run of another developer",
        description=_efficiencies_in_words(runs, own_mfu, own_label),
        height=int(LINE_PX * (dots.line.max() + 1.3)),
        name=f"efficiency-{slug(own_label)}",
        source="hours, chips and tokens that the developers disclose, in the table of runs",
    )


def _swarm(runs: pd.DataFrame, names: dict[str, int]) -> pd.DataFrame:
    """The runs with the line that each lies in, kind after kind, room for so many names above."""
    found, end = [], -1.0
    for kind, above in names.items():
        some = runs[runs.kind == kind].sort_values("mfu")
        lines = np.array(_stacked(list(some.mfu)))
        if len(some):
            end += 1 + NAME * above + lines.max()
            found.append(some.assign(line=end - lines))
    dots = pd.concat(found)
    opens = opens_at("training_runs", dots, "derived")
    dots = dots[["model", "developer", "kind", "mfu", "line"]].assign(opens=opens)
    says = [f"{row.model}, {row.developer}: {share_text(row.mfu)}" for row in dots.itertuples()]
    return dots.assign(says=says)


def _stacked(values: list[float]) -> list[int]:
    """For each of some rising values the lowest line in which the last one is not too near."""
    last: list[float] = []
    lines = []
    for value in values:
        line = next((n for n, end in enumerate(last) if value - end >= APART), len(last))
        last[line : line + 1] = [value]
        lines.append(line)
    return lines


def _rows(dots: pd.DataFrame, names: dict[str, int]) -> pd.DataFrame:
    """For each kind where its name stands, and the name of its most efficient run above it."""
    found = []
    for kind, some in dots.groupby("kind", sort=False):
        best = leading(some, "mfu")
        words = f"{best.model}, {share_text(best.mfu)}"
        top, bottom = float(some.line.min()), float(some.line.max())
        row: dict[str, Any] = {
            "kind": ARCHITECTURE_WORDS[str(kind)],
            "mfu": best.mfu,
            "best": words,
            "opens": best.opens,
        }
        line = top + 0.5 - NAME * names[str(kind)]
        found.append(row | {"line": line, "middle": (top + bottom) / 2})
    return pd.DataFrame(found)


def _kinds_axis(rows: pd.DataFrame) -> alt.Axis:
    """The names of the kinds, left of their dots."""
    values = [round(value, 6) for value in rows.middle]
    name = f"{in_expression(list(rows.kind))}[indexof({values}, datum.value)]"
    return names_axis(rows.kind, name, values=values)


def _own(
    own_mfu: float, own_label: str, measure: Measure, y: alt.Y, lines: pd.Series
) -> list[alt.Chart]:
    """A line at what the own run needs, through the runs of its kind, with its name above."""
    if not np.isfinite(own_mfu) or lines.empty:
        return []
    words = f"{own_label}: {share_text(own_mfu)}"
    ends = {"line": lines.min() + 0.5 - NAME, "end": lines.max() + 0.8}
    opens = counted_in(f"efficiency-{slug(own_label)}", [words], "efficiency", "derived")
    row = {"mfu": own_mfu, "text": words, "says": words, "opens": opens[0], **ends}
    own = alt.Chart(pd.DataFrame([row]))
    return [
        own.mark_rule(color=ACCENT, strokeWidth=2, aria=True).encode(
            x=measure.x("mfu"), y=y, y2=alt.Y2("end:Q"), description=SAYS
        ),
        own.mark_text(align="right", dx=-6, color=ACCENT, fontWeight=600).encode(
            x=measure.x("mfu"), y=y, text=alt.Text("text:N"), href=HREF
        ),
    ]


def _reach(others: pd.Series, own_mfu: float, own_label: str, kind: str) -> str:
    """How many runs of its kind reach what the own run needs."""
    name = ARCHITECTURE_WORDS[kind]
    runs = f"{name} runs" if kind == "dense" else f"runs with a {name}"
    if others.empty:
        return f"No {runs} of others are known to hold against {own_label}"
    if not np.isfinite(own_mfu):
        return f"Other {runs} reach {share_text(others.min())} to {share_text(others.max())}"
    above = int((others >= own_mfu).sum())
    return f"{above or 'None'} of {len(others)} {runs} reached what {own_label} needs"


def _efficiencies_in_words(runs: pd.DataFrame, own_mfu: float, own_label: str) -> str:
    (own,) = texts([own_mfu], lambda mfu: share_text(mfu, 1))
    kinds = runs.groupby("kind").mfu.agg(["size", "min", "max", "median"]).reset_index()
    kinds = kinds.assign(
        kind=kinds.kind.map(ARCHITECTURE_WORDS),
        **{end: texts(kinds[end], share_text) for end in ("min", "max", "median")},
    )
    of_kinds = listed(kinds, "{kind}: {size} runs, {min} to {max}, median {median}")
    return f"{own_label}: {own}. {of_kinds}"
