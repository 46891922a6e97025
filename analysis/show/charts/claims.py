"""The bill by how much is counted, and what is claimed of it."""

from __future__ import annotations

from typing import NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from analysis.show.charts.axes import Measure, dollars_axis, on_log_scale
from analysis.show.charts.bars import interval_bars
from analysis.show.charts.frames import ends, figures, listed
from analysis.show.charts.look import ACCENT, ASSUMED, DISCLOSED, TEXT, finish, sentence, tips
from analysis.show.numbers import VERDICT_WORDS, significant, usd_text


class Look(NamedTuple):
    """What a verdict is called in a chart, and its mark."""

    words: str
    color: str
    shape: str


LOOKS = {
    "supported": ("#3f8f5f", "circle"),
    "supported_within_boundary": ("#2f8fb3", "square"),
    "misleading": ("#d9772b", "triangle-up"),
    "contradicted": (ACCENT, "cross"),
    "not_checkable": ("#8f8f8f", "diamond"),
}
VERDICTS = {verdict: Look(words, *LOOKS[verdict]) for verdict, words in VERDICT_WORDS.items()}
USD = ("usd_p05", "usd", "usd_p95")
ROW_PX = 29
SAME_PLACE = 0.08  # claims nearer than this on the log10 scale are stacked
STEP = 0.19  # of a row, from one stacked claim to the next
FIRST_STEP = 0.24  # of a row, from a line of the bill to the first claim below it


def ladder_with_claims(boundaries: pd.DataFrame, claims: pd.DataFrame) -> alt.LayerChart:
    """The bill by how much is counted, on a log scale, and each claim of dollars below the line
    that it counts.

    `boundaries`: `id, label, short, usd, usd_p05, usd_p95, assumed`, a row a line of the bill;
    `claims`: `claim, who, value` [US$]`, boundary` (an id of a line) and `verdict`.
    """
    lines = figures(boundaries, *USD)
    lines = lines[lines.usd > 0].reset_index(drop=True)
    if lines.empty:
        return sentence("No hours are disclosed, so there is no bill to hold claims against")
    claims = _claims_of(lines, claims)
    lines = _placed(lines, claims)
    dots = _dots(claims, lines)
    found = ends(*(lines[field] for field in USD), dots.value)
    assert found is not None
    axis = dollars_axis(values=[10.0**power for power in range(3, 13)])
    measure = on_log_scale("US$", axis, found[0] * 0.6, found[1] * 2.2)
    end = float(max([*lines.row, *dots.row]))
    rows = alt.Scale(domain=[-0.55, end + 0.4], reverse=True, nice=False, zero=False)
    y = alt.Y("row:Q", axis=None, scale=rows)
    said = listed(dots, "{claim} ({verdict})")
    return finish(
        *_line_layers(lines, measure, y),
        *([_claim_layer(dots, measure, y)] if len(dots) else []),
        title=_how_many_mislead(dots),
        description=listed(lines, "{label}: {figure}") + (f". Claims: {said}" if said else ""),
        height=int(20 + ROW_PX * (end + 1)),
    )


def _how_many_mislead(dots: pd.DataFrame) -> str:
    if dots.empty:
        return "No claim of dollars is on record: the bill alone"
    misleading = int((dots.verdict == VERDICTS["misleading"].words).sum())
    if len(dots) == 1:
        return f"One claim of dollars is on record, and it is {dots.verdict.iloc[0]}"
    return f"{misleading} of {len(dots)} claims put a true figure on the wrong thing"


def _claims_of(lines: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """The claims of dollars that count one of these lines."""
    columns = ["claim", "who", "value", "boundary", "verdict"]
    claims = figures(claims.reindex(columns=columns), "value")
    return claims[claims.boundary.isin(lines.id) & (claims.value > 0)].reset_index(drop=True)


def _placed(lines: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """The lines with the row where each lies, room left below for the claims stacked under it."""
    deepest = _depth(claims).groupby(claims.boundary).max().add(1)
    heights = 1.0 + STEP * (lines.id.map(deepest).fillna(0) - 2).clip(lower=0)
    columns = ["id", "label", "short", "usd", "usd_p05", "usd_p95", "assumed"]
    return lines[columns].assign(
        row=np.r_[0.0, heights.cumsum()[:-1]],
        figure=[_figure(line.usd_p05, line.usd, line.usd_p95) for line in lines.itertuples()],
    )


def _dots(claims: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """The claims in words, each below its line."""
    row_of = dict(zip(lines.id, lines.row, strict=True))
    return claims.assign(
        claim=claims.claim.str.rstrip("."),
        row=claims.boundary.map(row_of).astype(float) + FIRST_STEP + STEP * _depth(claims),
        verdict=[VERDICTS[verdict].words for verdict in claims.verdict],
    )


def _figure(low: float, middle: float, high: float) -> str:
    if not low < high or np.isclose(low, high):
        return usd_text(significant(middle, 4))
    return f"{usd_text(significant(low, 2))} to {usd_text(significant(high, 2))}"


def _depth(claims: pd.DataFrame) -> pd.Series:
    """How many claims of the same line lie at the same place above each."""
    place = np.round(np.log10(claims.value) / SAME_PLACE)
    ranked = claims.assign(place=place).sort_values(["value", "verdict"])
    return ranked.groupby(["boundary", "place"]).cumcount().reindex(claims.index)


def _line_layers(lines: pd.DataFrame, measure: Measure, y: alt.Y) -> list[alt.Chart]:
    tooltip = tips("label", **dict.fromkeys(USD, "$,.3s"))
    layers = []
    for assumed, color in ((False, DISCLOSED), (True, ASSUMED)):
        base = alt.Chart(lines[lines.assumed.astype(bool) == assumed]).encode(y=y)
        layers += interval_bars(base, USD, measure, color, tooltip)
    names = (
        alt.Chart(lines)
        .transform_calculate(text="datum.short + ': ' + datum.figure")
        .mark_text(align="left", baseline="bottom", dy=-10, color=TEXT)
        .encode(x=alt.datum(measure.start), y=y, text="text:N")
    )
    return [*layers, names]


def _claim_layer(dots: pd.DataFrame, measure: Measure, y: alt.Y) -> alt.Chart:
    looks = list(VERDICTS.values())
    words = [look.words for look in looks]
    present = [word for word in words if word in set(dots.verdict)]
    legend = alt.Legend(
        values=present, columns=2, columnPadding=24, labelLimit=200, symbolOpacity=1
    )
    colors = alt.Scale(domain=words, range=[look.color for look in looks])
    shapes = alt.Scale(domain=words, range=[look.shape for look in looks])
    return (
        alt.Chart(dots)
        .mark_point(filled=True, size=38, opacity=0.9)
        .encode(
            x=measure.x("value"),
            y=y,
            color=alt.Color("verdict:N", title=None, scale=colors, legend=legend),
            shape=alt.Shape("verdict:N", title=None, scale=shapes, legend=legend),
            tooltip=tips("claim", "who", "verdict", value="$,.4s"),
        )
    )
