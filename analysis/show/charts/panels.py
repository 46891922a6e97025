"""The two panels of the picture of the bill: what is disclosed to scale, and beyond it what is
assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.show.charts.ink import ON_MARK, Ink, width_px, wrapped
from analysis.show.charts.look import ACCENT
from analysis.show.numbers import significant, usd_text
from analysis.show.rounded import short_usd

MONEY = ("usd_p05", "usd", "usd_p95")
NARROW_PX = 600.0  # below that, names stand above the bars
GUTTER_PX, SMALL_PX, GAP_PX = 190.0, 20.0, 2.0
HATCHED = "Hatched: assumed by us, as at other companies; 90 % range and middle, US$"
MOST_TICKS = 4  # besides the one at nothing


def of(frame: pd.DataFrame, part: str) -> pd.DataFrame:
    return frame[frame.part == part]


def phases_of(frame: pd.DataFrame) -> pd.DataFrame:
    """The phases of the whole: what was reported stands last."""
    return pd.concat([of(frame, "base"), of(frame, "reported")])


def share_reported(frame: pd.DataFrame) -> float:
    return float(of(frame, "reported").usd.sum() / of(frame, "whole").usd.iloc[0])


def _reported_words(frame: pd.DataFrame) -> str:
    """What was reported, as it was printed, and what the same hours cost at this edition's rent."""
    reported, percent = of(frame, "reported"), f"{100 * share_reported(frame):.0f} %"
    usd, printed = reported.usd.sum(), reported.printed_usd.sum(min_count=len(reported))
    if np.isnan(printed) or np.isclose(usd, printed):
        return f"What the news reported: {usd_text(usd)}, {percent}"
    return f"What the news reported as {usd_text(printed)}: here {usd_text(usd)}, {percent}"


def dollars(row: Any) -> str:
    """What a part comes to: three figures, or a range of two."""
    low, middle, high = (getattr(row, name) for name in MONEY)
    if np.isclose(low, high):
        return usd_text(significant(middle, 3))
    return short_usd(low, high)


# --- the panel of what is disclosed


def bill_panel(ink: Ink, frame: pd.DataFrame) -> list[tuple[float, float]]:
    """The bill as one bar over the whole width; returns where its lower corners are."""
    whole, phases = of(frame, "whole").iloc[0], phases_of(frame)
    scale = ink.width / np.nanmax([whole.usd, whole.default_usd])
    ends = phases.usd.cumsum() * scale
    phases = phases.assign(start=ends - phases.usd * scale, end=ends)
    end, height = float(ends.iloc[-1]), 42.0 if ink.width > NARROW_PX else 34.0
    if 0 < share_reported(frame) < 1:
        _bracket(ink, of(phases, "reported"), _reported_words(frame))
    else:
        ink.y += 8
    base, reported = of(phases, "base"), of(phases, "reported")
    for phase in base.itertuples():
        ink.bar(phase.start, phase.end - GAP_PX, height, "disclosed")
    if len(reported):
        ink.bar(reported.start.iloc[0], end, height, "accent")
    if np.isfinite(whole.default_usd):
        default = whole.default_usd * scale
        ink.outline(0, default, height)
        if default < end:  # where it ends, seen on the bar
            ink.line([(default, ink.y), (default, ink.y + height)], ON_MARK, 1)
    corners = [(end, ink.y + height), (0.0, ink.y + height)]
    _names(ink, base, height)
    _total(ink, end, f"{dollars(whole)}: {whole.label}", whole.opens)
    return corners


def _bracket(ink: Ink, reported: pd.DataFrame, words: str) -> None:
    """The words over what was reported, and a bracket from them down to it."""
    start, end = float(reported.start.min()), float(reported.end.max())
    ink.y += 4
    for line in wrapped(words, "accent", ink.width):
        ink.y += 17
        fits = width_px(line, "accent") <= end
        x, anchor = (end, "end") if fits else (0.0, "start")
        ink.text(x, ink.y, line, "accent", anchor, reported.opens.iloc[0])
    top, foot = ink.y + 6, ink.y + 14
    ink.line([(start, foot), (start, top), (end, top), (end, foot)], ACCENT)
    ink.y += 17


def _names(ink: Ink, phases: pd.DataFrame, height: float) -> None:
    """Names and dollars of phases: in the bar where they fit, else below it."""
    below = []
    for phase in phases.itertuples():
        words = f"{phase.label} · {usd_text(significant(phase.usd, 3))}"
        if width_px(words, "on-mark") + 20 <= phase.end - phase.start:
            place = phase.start + 10, ink.y + height / 2 + 4.5
            ink.text(*place, words, "on-mark", opens=phase.opens)
        else:
            below.append(((phase.start + phase.end) / 2, words, phase.opens))
    ink.y += height
    bar, reached = ink.y, 0.0
    for x, words, opens in below:
        ink.y += 18
        size = width_px(words, "plain")
        if x > reached:  # else its line would cross a name above
            ink.line([(x, bar + 1), (x, ink.y - 10)], width=1)
        left, anchor = (x, "end") if size <= x else (0.0, "start")
        ink.text(left, ink.y + 2, words, "plain", anchor, opens)
        reached = max(x, size)
    ink.y += 8 if below else 0


def _total(ink: Ink, end: float, words: str, opens: str) -> None:
    """A bracket under the bar, and the total below it, with how it is known where that fits."""
    ink.y += 12
    ink.line([(0, ink.y - 6), (0, ink.y), (end, ink.y), (end, ink.y - 6)])
    known = f"{words}, as disclosed"
    words = known if width_px(known, "strong") <= ink.width else words
    middle = max(end, width_px(words, "strong")) / 2
    for line in wrapped(words, "strong", ink.width):
        ink.y += 17
        ink.text(min(middle, ink.width / 2), ink.y, line, "strong", "middle", opens)


# --- the panel of what neither figure counts


@dataclass(frozen=True)
class _Scale:
    """Dollars across a panel: `left` is nothing, `most` the end of the axis."""

    left: float
    px_per_usd: float
    most: float

    def x(self, usd: float) -> float:
        return self.left + usd * self.px_per_usd


def beyond_panel(ink: Ink, frame: pd.DataFrame, corners: list[tuple[float, float]]) -> None:
    """The same bar, small, and under it what is assumed beyond it, on a scale that holds all."""
    whole, lines = of(frame, "whole").iloc[0], of(frame, "assumed")
    scale = _scale(ink, lines)
    ink.y += 18
    ink.paragraph("And what neither figure counts", "heading")
    ink.paragraph(HATCHED, "quiet")
    ink.y += 8
    top = ink.y
    _name(ink, "Disclosed runs", scale)
    ink.area([*corners, (scale.left, ink.y), (scale.x(whole.usd), ink.y)])
    _small(ink, whole, of(frame, "reported").usd.sum(), scale)
    for line in lines.itertuples():
        _name(ink, line.label, scale)
        _interval(ink, line, scale)
    _axis(ink, scale, top)


def _scale(ink: Ink, lines: pd.DataFrame) -> _Scale:
    """A scale for the lines, with room for the words at their ends."""
    left = GUTTER_PX if ink.width > NARROW_PX else 0.0
    most = float(np.nanmax([lines.usd_p95.max(), lines.default_usd_p95.max()]))
    words = width_px(usd_text(significant(most, 2)), "strong") + 16
    step = _step(most)
    rounded = step * np.ceil(most / step)
    most = float(rounded if rounded < 1.15 * most else most)
    return _Scale(left, (ink.width - left - words) / most, most)


def _name(ink: Ink, name: str, scale: _Scale) -> None:
    """The name of a row, to the left of its bar or above it."""
    if scale.left:
        ink.text(scale.left - 12, ink.y + 14.5, name, "plain", "end")
    else:
        ink.y += 18
        ink.text(0, ink.y - 5, name, "plain")


def _small(ink: Ink, whole: Any, reported: float, scale: _Scale) -> None:
    """The bill in this panel's scale, its reported part in its colour."""
    ink.bar(scale.left, scale.x(whole.usd), SMALL_PX, "disclosed")
    ink.bar(scale.x(whole.usd - reported), scale.x(whole.usd), SMALL_PX, "accent")
    if np.isfinite(whole.default_usd):
        ink.outline(scale.left, scale.x(whole.default_usd), SMALL_PX)
    words = usd_text(significant(whole.usd, 2))
    end = scale.x(np.nanmax([whole.usd, whole.default_usd]))
    ink.text(end + 8, ink.y + 14.5, words, "strong", opens=whole.opens)
    ink.y += 30


def _interval(ink: Ink, line: Any, scale: _Scale) -> None:
    """A hatched bar with both ends and the middle in words."""
    low, middle, high = (scale.x(getattr(line, name)) for name in MONEY)
    least, centre, most = (usd_text(significant(getattr(line, name), 2)) for name in MONEY)
    ink.hatched(low, high, SMALL_PX)
    if np.isfinite(line.default_usd):
        ink.outline(scale.x(line.default_usd_p05), scale.x(line.default_usd_p95), SMALL_PX)
    ink.line([(middle, ink.y - 2), (middle, ink.y + 22)], width=3)
    if low - scale.left >= width_px(least, "strong") + 6:
        ink.text(low - 6, ink.y + 14.5, least, "strong", "end", line.opens)
        ink.text(high + 6, ink.y + 14.5, most, "strong", opens=line.opens)
        ink.text(middle, ink.y + 34, f"middle {centre}", "plain", "middle", line.opens)
    else:
        words = f"{least} to {most}, middle {centre}"
        ink.text(scale.left, ink.y + 34, words, "plain", opens=line.opens)
    ink.y += 43


def _axis(ink: Ink, scale: _Scale, top: float) -> None:
    """A few labelled lines: nothing, and round sums."""
    step = _step(scale.most)
    for usd in np.arange(0, scale.most * 1.001, step):
        ink.gridline(scale.x(usd), top)
        anchor = "middle" if usd or scale.left else "start"
        ink.text(scale.x(usd), ink.y + 13, usd_text(usd) if usd else "0", "quiet", anchor)
    ink.y += 20


def _step(most: float) -> float:
    """The distance of round marks, of which few go into `most`: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(most / MOST_TICKS))
    steps = [float(power * digit) for digit in (1, 2, 5, 10)]
    return next(step for step in steps if most / step <= MOST_TICKS)
