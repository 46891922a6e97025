"""Charts of boundaries, claims, contradictions and disclosure."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from analysis.show.charts.look import ASSUMED, DISCLOSED, TEXT, finish
from analysis.show.numbers import usd_text

VERDICT_LOOK = {
    "supported": ("#3f8f5f", "circle"),
    "within its boundary": ("#2f8fb3", "square"),
    "misleading": ("#d9772b", "triangle-up"),
    "contradicted": ("#b3365a", "cross"),
    "not checkable": ("#8f8f8f", "diamond"),
}
DOLLARS = "replace(replace(format(datum.value, '$~s'), 'G', 'B'), 'k', 'K')"
ROW_PX = 29
SAME_PLACE = 0.08  # claims nearer than this on the log10 scale are stacked
STEP = 0.19  # of a row, from one stacked claim to the next


def ladder_with_claims(boundaries: pd.DataFrame, claims: pd.DataFrame) -> alt.LayerChart:
    """Rungs and markers on a log scale, and every claim of dollars in the row of the boundary that
    it counts.

    `boundaries` as `boundaries.ladder` returns them; `claims`: `id, claim, who, value, boundary,
    verdict`.
    """
    rungs = boundaries[
        ["id", "label", "short", "usd", "usd_p05", "usd_p95", "assumed", "marker"]
    ].copy()
    row_of = _rows(boundaries, claims)
    rungs["row"] = row_of.to_numpy()
    rungs["figure"] = [_figure(rung) for rung in rungs.itertuples()]
    dots = claims.assign(row=claims.boundary.map(row_of) + 0.24 + STEP * _depth(claims)).drop(
        columns="id"
    )
    least, most = (
        min(rungs.usd_p05.min(), dots.value.min()),
        max(rungs.usd_p95.max(), dots.value.max()),
    )
    scale = alt.Scale(type="log", domain=[float(least) * 0.6, float(most) * 2.2], nice=False)
    axis = alt.Axis(values=[10.0**power for power in range(4, 11)], labelExpr=DOLLARS)
    end = float(max(rungs.row.max(), dots.row.max()))
    rows = alt.Scale(domain=[-0.55, end + 0.4], reverse=True, nice=False, zero=False)
    y = alt.Y("row:Q", axis=None, scale=rows)
    x = alt.X("usd:Q", title="US$ (log scale)", scale=scale, axis=axis)
    tips = [
        alt.Tooltip("label:N", title="boundary"),
        *(alt.Tooltip(f"{name}:Q", format="$,.3s") for name in ("usd_p05", "usd", "usd_p95")),
    ]
    base = alt.Chart(rungs)
    start = alt.X("usd_p05:Q", title="US$ (log scale)", scale=scale, axis=axis)
    layers = []
    for assumed, color in ((False, DISCLOSED), (True, ASSUMED)):
        some = alt.Chart(rungs[rungs.assumed == assumed])
        layers += [
            some.mark_rule(strokeWidth=7, opacity=0.5, color=color).encode(
                x=start, x2="usd_p95:Q", y=y, tooltip=tips
            ),
            some.mark_tick(thickness=4, size=16, orient="vertical", color=color).encode(
                x=x, y=y, tooltip=tips
            ),
        ]
    names = base.mark_text(align="left", baseline="bottom", dy=-10, color=TEXT).encode(
        x=alt.datum(float(least) * 0.6), y=y, text="text:N"
    )
    names = names.transform_calculate(text="datum.short + ': ' + datum.figure")
    words, colors, shapes = (
        list(VERDICT_LOOK),
        [look[0] for look in VERDICT_LOOK.values()],
        [look[1] for look in VERDICT_LOOK.values()],
    )
    present = [word for word in words if word in set(dots.verdict)]
    legend = alt.Legend(
        values=present, columns=2, columnPadding=24, labelLimit=200, symbolOpacity=1
    )
    points = (
        alt.Chart(dots)
        .mark_point(filled=True, size=38, opacity=0.9)
        .encode(
            x=alt.X("value:Q", scale=scale, axis=axis, title="US$ (log scale)"),
            y=y,
            color=alt.Color(
                "verdict:N",
                title=None,
                scale=alt.Scale(domain=words, range=colors),
                legend=legend,
            ),
            shape=alt.Shape(
                "verdict:N", title=None, scale=alt.Scale(domain=words, range=shapes), legend=legend
            ),
            tooltip=["claim:N", "who:N", alt.Tooltip("value:Q", format="$,.4s"), "verdict:N"],
        )
    )
    misled = int((dots.verdict == "misleading").sum())
    title = f"{misled} of {len(dots)} claims put a true figure on the wrong thing"
    description = (
        "; ".join(f"{rung.label}: {rung.figure}" for rung in rungs.itertuples())
        + ". Claims: "
        + "; ".join(f"{dot.claim.rstrip('.')} ({dot.verdict})" for dot in dots.itertuples())
    )
    return finish(
        alt.layer(*layers, names, points), title, description, height=int(20 + ROW_PX * (end + 1))
    )


def _figure(rung: object) -> str:
    low, middle, high = (getattr(rung, name) for name in ("usd_p05", "usd", "usd_p95"))
    return (
        usd_text(float(f"{middle:.4g}"))
        if np.isclose(low, high)
        else f"{usd_text(float(f'{low:.2g}'))} to {usd_text(float(f'{high:.2g}'))}"
    )


def _rows(boundaries: pd.DataFrame, claims: pd.DataFrame) -> pd.Series:
    """Where each boundary's line lies, leaving room below for the claims that are stacked under it."""
    deepest = _depth(claims).groupby(claims.boundary).max().add(1).reindex(boundaries.id).fillna(0)
    heights = 1.0 + STEP * (deepest - 2).clip(lower=0)
    return pd.Series(np.r_[0.0, heights.cumsum()[:-1]], index=boundaries.id)


def _depth(claims: pd.DataFrame) -> pd.Series:
    """How many claims of the same boundary lie at the same place above each."""
    place = np.round(np.log10(claims.value) / SAME_PLACE)
    return (
        claims.sort_values(["value", "verdict"])
        .groupby(["boundary", place])
        .cumcount()
        .reindex(claims.index)
    )


def effects_on_the_bill(frame: pd.DataFrame) -> alt.LayerChart:
    """What each contradiction would do to the bill; `frame`: `what, effect_usd`, those that move
    it.
    """
    frame = frame[frame.effect_usd.abs() >= 0.5][["what", "effect_usd"]]
    frame = frame.assign(
        size=frame.effect_usd.abs(),
        text=[usd_text(float(f"{abs(usd):.3g}")) for usd in frame.effect_usd],
    )
    lead = frame.iloc[0]
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "what:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0.62, paddingOuter=0.5)
        )
    )
    scale = alt.Scale(
        type="log",
        domain=[float(frame["size"].min()) * 0.6, float(frame["size"].max()) * 4],
        nice=False,
    )
    bars = base.mark_bar(cornerRadiusEnd=2, color=DISCLOSED).encode(
        x=alt.X(
            "size:Q",
            title="difference between the two bills, US$ (log scale)",
            scale=scale,
            axis=alt.Axis(tickCount=5, labelExpr=DOLLARS),
        ),
        x2=alt.datum(float(frame["size"].min()) * 0.6),
        tooltip=["what:N", alt.Tooltip("effect_usd:Q", format="$,.0f")],
    )
    names = base.mark_text(align="left", baseline="bottom", dy=-8, color=TEXT).encode(
        x=alt.datum(float(frame["size"].min()) * 0.6), text="what:N"
    )
    values = base.mark_text(align="left", dx=5, color=TEXT).encode(x="size:Q", text="text:N")
    description = "; ".join(f"{row.what}: {row.text}" for row in frame.itertuples())
    title = f"The widest is {lead.what}: the two bills are {lead.text} apart"
    return finish(bars + names + values, title, description, height=10 + 38 * len(frame))


def disclosure_scores(frame: pd.DataFrame) -> alt.LayerChart:
    """Share of the standard's fields that each card fills; `frame` as `disclosure.scores` returns
    it.
    """
    frame = frame[["model", "developer", "score", "disclosed", "asked"]].assign(
        text=[f"{row.score:.0%}  ({row.disclosed} of {row.asked})" for row in frame.itertuples()]
    )
    base = alt.Chart(frame).encode(
        y=alt.Y("model:N", sort=None, title=None, axis=alt.Axis(labelLimit=170))
    )
    bars = base.mark_bar(cornerRadiusEnd=2, color=DISCLOSED).encode(
        x=alt.X(
            "score:Q",
            title="share of the fields disclosed",
            axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
            scale=alt.Scale(domain=[0, 1.3]),
        ),
        tooltip=["model:N", "developer:N", alt.Tooltip("score:Q", format=".0%")],
    )
    values = base.mark_text(align="left", dx=5, color=TEXT).encode(x="score:Q", text="text:N")
    half = int((frame.score > 0.5).sum())
    description = "; ".join(f"{row.model}: {row.text}" for row in frame.itertuples())
    return finish(
        bars + values,
        f"{half} of {len(frame)} models disclose more than half of what a bill needs",
        description,
        height=20 * len(frame),
    )
