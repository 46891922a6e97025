"""The bill by how much is counted, and what is claimed of it."""

from __future__ import annotations

from typing import NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from analysis.show.charts.axes import Measure, on_log_scale
from analysis.show.charts.bars import SAYS, names_axis
from analysis.show.charts.drawing import in_expression
from analysis.show.charts.figure import CHARACTERS, ROOM
from analysis.show.charts.frames import described, ends, figures
from analysis.show.charts.look import ASSUMED, DISCLOSED, HATCHED, finish, sentence
from analysis.show.charts.opening import HREF, opens_at
from analysis.show.numbers import VERDICT_WORDS, significant, usd_text


class Look(NamedTuple):
    """What a verdict is called in a chart, and its mark."""

    words: str
    color: str
    shape: str


LOOKS = {
    "supported": ("#18794e", "circle"),
    "supported_within_boundary": ("#5b6d00", "square"),
    "misleading": ("#5b49c0", "triangle-up"),
    "contradicted": ("#a3168c", "cross"),
    "not_checkable": ("#4d4d4d", "diamond"),
}
VERDICTS = {verdict: Look(words, *LOOKS[verdict]) for verdict, words in VERDICT_WORDS.items()}
USD = ("usd_p05", "usd", "usd_p95")
LINE_PX = 15  # from one stacked claim to the next
SAME_PLACE = 0.11  # claims nearer than this on the log10 scale are stacked
NAME_LINES = 4.6  # that a row needs at least, for its name
FIRST = 1.1  # from a line of the bill to the first claim below it


def ladder_with_claims(boundaries: pd.DataFrame, claims: pd.DataFrame) -> alt.LayerChart:
    """The bill by how much is counted, on a log scale, and each claim of dollars below the line
    that it counts.

    `boundaries`: `id, label, short, usd, usd_p05, usd_p95, assumed`, a row a line of the bill;
    `claims`: `id, claim, who, value` [US$]`, boundary` (an id of a line) and `verdict`.
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
    measure = on_log_scale("dollars", *found, room=(14, 14))
    end = float(lines.line.iloc[-1] + lines.lines.iloc[-1])
    scale = alt.Scale(domain=[end, -0.8], nice=False, zero=False)
    y = alt.Y("line:Q", axis=_names_axis(lines), scale=scale)
    said = described(dots)
    return finish(
        *_line_layers(lines, measure, y),
        *([_claim_layer(dots, measure, y)] if len(dots) else []),
        title=_how_many_mislead(dots),
        subtitle="US$, log scale. Bar or line: what each part of the bill comes to, hatched where"
        " assumed. Marks below it: public claims of that figure",
        description=described(lines) + (f". Claims: {said}" if said else ""),
        height=int(LINE_PX * (end + 0.8)),
        name="claims",
        source="the claims in the table of this page, and the bill of this edition",
        labels=_opened(lines),
    )


def _opened(lines: pd.DataFrame) -> dict[str, str]:
    """What the name of each line opens."""
    kinds = ["assumption" if assumed else "derived" for assumed in lines.assumed]
    opens = opens_at("bill", lines, kinds, field=".usd")
    return {name: one for name, one in zip(_names(lines), opens, strict=True) if one}


def _names(lines: pd.DataFrame) -> list[str]:
    return [f"{row.short}: {row.figure}" for row in lines.itertuples()]


def _how_many_mislead(dots: pd.DataFrame) -> str:
    if dots.empty:
        return "No claim of dollars is on record: the bill alone"
    misleading = int((dots.verdict == VERDICTS["misleading"].words).sum())
    if len(dots) == 1:
        return f"One claim of dollars is on record, and it is {dots.verdict.iloc[0]}"
    return f"{misleading} of {len(dots)} claims of dollars put a true figure on the wrong thing"


def _claims_of(lines: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """The claims of dollars that count one of these lines."""
    columns = ["id", "claim", "who", "value", "boundary", "verdict"]
    claims = figures(claims.reindex(columns=columns), "value")
    return claims[claims.boundary.isin(lines.id) & (claims.value > 0)].reset_index(drop=True)


def _placed(lines: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """The lines with where each lies, and how much room it has for its name and its claims."""
    deepest = _depth(claims).groupby(claims.boundary).max()
    room = (lines.id.map(deepest).fillna(-1) + FIRST + 1.6).clip(lower=NAME_LINES)
    columns = ["id", "label", "short", *USD, "assumed"]
    found = [_figure(line.usd_p05, line.usd, line.usd_p95) for line in lines.itertuples()]
    return lines[columns].assign(
        line=np.r_[0.0, room.cumsum()[:-1]],
        lines=room,
        figure=found,
        says=[f"{label}: {usd}" for label, usd in zip(lines.label, found, strict=True)],
    )


def _names_axis(lines: pd.DataFrame) -> alt.Axis:
    """The names of the lines with their figures, left of them."""
    places = [round(float(line), 6) for line in lines.line]
    names = _names(lines)
    name = (
        f"{in_expression(names)}[indexof({in_expression(places)}, round(datum.value * 1e6) / 1e6)]"
    )
    return names_axis(names, name, values=places, labelBaseline="line-top")


def _dots(claims: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """The claims in words, each below its line."""
    row_of = dict(zip(lines.id, lines.line, strict=True))
    verdicts = [VERDICTS[verdict].words for verdict in claims.verdict]
    said = claims.claim.str.rstrip(".")
    return claims.assign(
        claim=said,
        line=claims.boundary.map(row_of).astype(float) + FIRST + _depth(claims),
        verdict=verdicts,
        says=[f"{claim} ({verdict})" for claim, verdict in zip(said, verdicts, strict=True)],
        opens=opens_at("claims", claims, "reported_by_press"),
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
    base = alt.Chart(lines).encode(y=y)
    known, assumed = (base.transform_filter(test) for test in ("!datum.assumed", "datum.assumed"))
    middle = [
        some.mark_tick(thickness=3, size=16, orient="vertical", color=color, opacity=1).encode(
            x=measure.x("usd"), description=SAYS
        )
        for some, color in ((known, DISCLOSED), (assumed, ASSUMED))
    ]
    bar = assumed.mark_bar(size=10, color=HATCHED)
    return [
        bar.encode(x=measure.x(USD[0]), x2=alt.X2(f"{USD[2]}:Q"), description=SAYS),
        *middle,
    ]


def _claim_layer(dots: pd.DataFrame, measure: Measure, y: alt.Y) -> alt.Chart:
    looks = list(VERDICTS.values())
    words = [look.words for look in looks]
    present = [word for word in words if word in set(dots.verdict)]
    columns = alt.expr(
        f"{ROOM} > {CHARACTERS['middle']} ? 3 : {ROOM} > {CHARACTERS['narrow']} ? 2 : 1"
    )
    legend = alt.Legend(
        values=present, columns=columns, columnPadding=40, labelLimit=0, symbolOpacity=1, title=None
    )
    colors = alt.Scale(domain=words, range=[look.color for look in looks])
    shapes = alt.Scale(domain=words, range=[look.shape for look in looks])
    marks = alt.Chart(dots).mark_point(filled=True, size=70, opacity=1)
    return marks.encode(
        x=measure.x("value"),
        y=y,
        color=alt.Color("verdict:N", title=None, scale=colors, legend=legend),
        shape=alt.Shape("verdict:N", title=None, scale=shapes, legend=legend),
        description=SAYS,
        href=HREF,
    )
