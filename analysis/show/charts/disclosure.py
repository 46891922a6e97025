"""Which of what a bill needs each model discloses."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.show.charts.axes import PX_PER_CHARACTER
from analysis.show.charts.bars import SAYS, heights, rows
from analysis.show.charts.drawing import in_expression
from analysis.show.charts.frames import described, figures, share_text
from analysis.show.charts.look import ACCENT, DISCLOSED, finish, sentence
from analysis.show.charts.opening import counted_in

NAME = "disclosure"
FILLED, PARTLY, ASKED = "disclosed", "of some phases", "not disclosed"
OPACITY = {FILLED: 1.0, PARTLY: 0.45, ASKED: 0.07}


def disclosed_fields(frame: pd.DataFrame, developer: str | None = None) -> alt.LayerChart:
    """Which fields of the standard each model discloses, a row a model, the fullest first; the
    models of one developer stand out.

    `frame`: `model, developer, score, field, share` (of the phases that the field is asked of).
    """
    frame = figures(frame, "score", "share")
    frame = frame[frame.score.notna() & frame.share.notna()]
    if frame.empty:
        return sentence("No disclosure sheet is on record")
    frame = _in_words(frame.sort_values("score", ascending=False, kind="stable"))
    models = frame.drop_duplicates("model")
    own = models[models.developer == developer]
    subject = None if own.empty else str(own.row.iloc[0])
    names = [str(name) for name in models.row]
    opening = counted_in(NAME, names, NAME, "derived")
    return finish(
        _cells(frame, subject, developer),
        title=_how_many_disclose(models),
        subtitle="Full: disclosed; half: for some phases of training; faint: asked, not disclosed."
        " After the name: share of all that is asked",
        description=described(models.assign(says=models.row)),
        height=heights(models.row, gap_px=4),
        name=NAME,
        labels={one: opens for one, opens in zip(names, opening, strict=True) if opens},
        source="the developers' own papers and model cards, field by field",
    )


def _cells(frame: pd.DataFrame, subject: str | None, developer: str | None) -> alt.Chart:
    fields = frame.groupby("field", sort=False).share.mean().sort_values(ascending=False)
    axis = alt.Axis(
        orient="top",
        title=None,
        labelAngle=-90,
        labelPadding=4,
        labelOverlap=False,
        domain=False,
        ticks=False,
        minExtent=_fields_px(fields.index),
    )
    scale = alt.Scale(domain=list(fields.index), paddingInner=0.12)
    x = alt.X("field:N", axis=axis, scale=scale)
    base = rows(frame, "row", subject)
    ink = alt.condition(
        f"datum.developer === {in_expression(developer or '')}",
        alt.value(ACCENT),
        alt.value(DISCLOSED),
    )
    opacity = alt.Opacity("ink:Q", scale=None)
    return base.mark_rect().encode(x=x, color=ink, opacity=opacity, description=SAYS)


def _fields_px(fields: pd.Index) -> float:
    """The room above the plot that the longest field needs."""
    return 6 + PX_PER_CHARACTER * max(map(len, fields))


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    level = frame.share.map(lambda share: FILLED if share == 1 else PARTLY if share > 0 else ASKED)
    says = frame.model + ", " + frame.field + ": " + level
    row = [
        f"{model}, {share_text(score)}".replace(" %", "\N{NO-BREAK SPACE}%")
        for model, score in zip(frame.model, frame.score, strict=True)
    ]
    columns = frame[["model", "developer", "score", "field", "share"]]
    return columns.assign(row=row, ink=level.map(OPACITY), says=says)


def _how_many_disclose(models: pd.DataFrame) -> str:
    if len(models) == 1:
        only = models.iloc[0]
        return f"{only.model} discloses {share_text(only.score)} of what a bill needs"
    half = int((models.score > 0.5).sum())
    return f"{half} of {len(models)} models disclose more than half of what a bill needs"
