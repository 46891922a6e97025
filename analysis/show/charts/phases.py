"""The hours of phases: disclosed, reconstructed, and by what they go into."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from analysis.show.charts.axes import from_zero, on_log_scale, room_for
from analysis.show.charts.bars import (
    after,
    before,
    heights,
    interval_bars,
    labelled_bars,
    points,
    rows,
)
from analysis.show.charts.figure import slug
from analysis.show.charts.frames import (
    described,
    ends,
    figures,
    leading,
    share_text,
    texts,
)
from analysis.show.charts.look import DISCLOSED, RECONSTRUCTED, finish, sentence
from analysis.show.charts.opening import counted_in, opens_at
from analysis.show.numbers import hours_text, significant

INTERVAL = ("p05", "p50", "p95")
SMALL = 0.01  # parts below this share of the hours are drawn together
REST = "all else"
OWN_REPORTS = "the developers' own reports"


def disclosed_and_reconstructed(
    frame: pd.DataFrame, source: str = "", account: str = ""
) -> alt.LayerChart:
    """Disclosed hours beside the reconstructed interval, a row a phase, on one scale.

    `frame`: `id, label, disclosed` (NaN where the source discloses none) and the percentiles `p05,
    p50, p95`, in GPU-hours; `source` is where the disclosed ones stand; `account` names a
    model whose phases have no pages of their own.
    """
    frame = figures(frame, "disclosed", *INTERVAL)
    found = ends(*(frame[field] for field in ("disclosed", *INTERVAL)))
    if found is None:
        return sentence("No hours are disclosed, and no hours are reconstructed")
    name = f"phases-{slug(account)}" if account else "phases"
    frame = _in_words(frame, name, own=not account)
    room = room_for(frame.low_text), room_for(frame.high_text)
    measure = on_log_scale("counts", *found, room=room)
    base = rows(frame, "label", _furthest(frame))
    return finish(
        *interval_bars(base, INTERVAL, measure, RECONSTRUCTED, words=False),
        before(base, "least", measure, "low_text"),
        after(base, "most", measure, "high_text"),
        points(base, "disclosed", measure, DISCLOSED),
        title=_agreement(frame),
        subtitle="GPU-hours, log scale. Diamond: disclosed. Bar: reconstructed, 90 % interval, tick"
        " at the median",
        description=f"Disclosed against reconstructed, in GPU-hours. {described(frame)}",
        height=heights(frame.label),
        name=name,
        source=f"{source or OWN_REPORTS}; reconstruction: this book",
    )


def _in_words(frame: pd.DataFrame, name: str, own: bool) -> pd.DataFrame:
    worded = frame.assign(
        least=frame[["p05", "disclosed"]].min(axis=1),  # the words stand beside all marks
        most=frame[["p95", "disclosed"]].max(axis=1),
        low_text=texts(frame.p05, _about, ""),
        high_text=texts(frame.p95, _about, ""),
        middle=texts(frame.p50, hours_text, "not known"),
        known=texts(frame.disclosed, hours_text),
    )
    says = [
        f"{row.label}: disclosed {row.known}, reconstructed {row.middle}"
        + (f" ({row.low_text} to {row.high_text})" if row.low_text else "")
        for row in worded.itertuples()
    ]
    opens = (
        opens_at("results", frame, "reconstructed", field=".gpu_hours")
        if own
        else counted_in(name, says, "account", "reconstructed")
    )
    columns = ["label", "disclosed", *INTERVAL, "least", "most", "low_text", "high_text"]
    return worded[columns].assign(says=says, opens=opens)


def _about(hours: float) -> str:
    """Hours to two figures: `11M`, `180K`."""
    return f"{hours / 1e6:.2g}M" if hours >= 1e6 else hours_text(significant(hours, 2))


def _furthest(frame: pd.DataFrame) -> str | None:
    """The phase whose disclosed hours lie furthest from the middle, if outside the interval."""
    outside = frame[(frame.disclosed < frame.p05) | (frame.disclosed > frame.p95)]
    if outside.empty:
        return None
    return str(
        leading(outside.assign(error=np.log(outside.p50 / outside.disclosed).abs()), "error").label
    )


def _agreement(frame: pd.DataFrame) -> str:
    """How far what is disclosed and what is reconstructed agree."""
    known = frame[frame.disclosed.notna() & frame.p50.notna()]
    if known.empty:
        return _one_side(frame)
    inside = int(((known.disclosed >= known.p05) & (known.disclosed <= known.p95)).sum())
    if len(known) == 1:
        place = "within" if inside else "outside"
        return f"The disclosed hours of {known.label.iloc[0]} lie {place} our interval"
    if inside == len(known):
        return f"All {inside} disclosed figures lie within our intervals"
    return f"{inside} of {len(known)} disclosed figures lie within our intervals"


def _one_side(frame: pd.DataFrame) -> str:
    if frame.p50.notna().any():
        return "No hours are disclosed: our estimates stand alone"
    return "No hours are reconstructed: the disclosed ones stand alone"


def where_the_time_goes(parts: pd.DataFrame, label: str = "the phase") -> alt.LayerChart:
    """What the hours of a phase go into, the largest first, a bar each.

    `parts`: `part, share` (of the phase's hours, the mean over all draws), a row a part or several.
    """
    parts = figures(parts, "share")
    parts = parts[parts.share.notna()]
    if parts.empty:
        return sentence("Of this phase no hours are reconstructed")
    name = f"time-{slug(label)}"
    frame = _by_part(parts)
    frame = frame.assign(opens=counted_in(name, frame.says, "time", "reconstructed"))
    lead = leading(frame, "share")
    measure = from_zero("shares", frame.share, room=(0, room_for(frame.text)))
    return finish(
        *labelled_bars(frame, "part", "share", measure, RECONSTRUCTED),
        title=f"{share_text(lead.share)} of the hours go into {lead.part}",
        subtitle=f"Share of the reconstructed GPU-hours of {label}, mean over all draws",
        description=described(frame),
        height=heights(frame.part),
        name=name,
        source="the reconstruction of this book",
    )


def _by_part(parts: pd.DataFrame) -> pd.DataFrame:
    """The parts in falling order, small ones together."""
    summed = parts.groupby("part", sort=False, as_index=False)[["share"]].sum()
    small = summed.share < SMALL
    if small.sum() > 1:
        rest = summed[small][["share"]].sum()
        summed = pd.concat([summed[~small], pd.DataFrame([{"part": REST, **rest}])])
    ranked = summed.sort_values("share", ascending=False, kind="stable")
    words = [share_text(share) for share in ranked.share]
    return ranked.assign(text=words, says=listed_rows(ranked.part, words))


def listed_rows(names: pd.Series, words: list[str]) -> list[str]:
    """Each name with its words."""
    return [f"{name}: {text}" for name, text in zip(names, words, strict=True)]
