"""The picture of the whole book: the bill to scale with the part of it that was reported, and what
neither figure counts.

Drawn as SVG and not in Vega-Lite, which has no hatching, no wedge between two scales, and no label
that goes where it fits.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.data.facts import Row
from analysis.show.charts.figure import WIDTHS_PX, Spec, framed
from analysis.show.charts.frames import figures, listed
from analysis.show.charts.ink import Ink
from analysis.show.charts.opening import counted_in, opening
from analysis.show.charts.panels import (
    MONEY,
    beyond_panel,
    bill_panel,
    dollars,
    of,
    phases_of,
    share_reported,
)
from analysis.show.numbers import usd_text

NAME = "hero"
FIGURES = (*MONEY, *(f"default_{name}" for name in MONEY), "printed_usd")
OF_THE_BILL = {"whole": "derived", "assumed": "assumption", "stock": "assumption"}
SHARES = {
    2: "half", 3: "one third", 4: "one quarter", 5: "one fifth", 6: "one sixth", 8: "one eighth",
    10: "one tenth", 20: "one twentieth", 50: "one fiftieth", 100: "one hundredth",
}  # fmt: skip


@dataclass(frozen=True)
class Hero:
    """The drawing and its words; without a subtitle there is nothing to draw."""

    title: str
    subtitle: str
    description: str
    source: str
    frame: pd.DataFrame

    def svg(self, width: float, prefix: str = "hero") -> str:
        """The drawing in a width [px], laid out anew for it; `prefix` makes its ids its own."""
        ink = Ink(width, prefix)
        corners = bill_panel(ink, self.frame)
        if of(self.frame, "assumed").size:
            beyond_panel(ink, self.frame, corners)
        for line in of(self.frame, "stock").itertuples():
            ink.y += 6
            words = f"Not drawn: {line.label}, {dollars(line)}. {line.note}"
            ink.paragraph(words, "quiet", line.opens)
        return ink.svg()

    def to_dict(self) -> Spec:
        """Its words and its data, as a specification has them."""
        rows = json.loads(self.frame.to_json(orient="records"))
        return {
            "title": {"text": self.title, "subtitle": self.subtitle},
            "description": self.description,
            "datasets": {"bill": rows},
            "usermeta": {"name": NAME, "source": self.source},
        }


def hero(frame: pd.DataFrame, price_usd_per_gpu_hour: float, source: str = "") -> Hero:
    """The bill to scale, and beyond it what is assumed.

    `frame`: a row a part, as `parts_of_bill` returns it, in an edition of its own with the default
    dollars beside them (`default_usd`, …), which are drawn as an outline.
    """
    frame = _known(frame)
    whole = of(frame, "whole")
    if whole.empty or not whole.usd.iloc[0] > 0 or phases_of(frame).usd.isna().any():
        title = "Not all hours of the bill are disclosed: no picture of it"
        return Hero(title, "", f"{title}.", source, frame)
    title = _title(frame)
    subtitle = f"The disclosed GPU-hours at ${price_usd_per_gpu_hour:,.4g} an hour, US$"
    if frame.default_usd.notna().any():
        subtitle += "; dashed outline: the default edition"
    shown = frame.assign(text=[dollars(row) for row in frame.itertuples()])
    described = f"{title}. {subtitle}. {listed(shown, '{label}: {text}')}."
    return Hero(title, subtitle, described, source, frame)


def hero_html(drawn: Hero) -> str:
    """The drawing as an HTML figure, in the widths of all charts; a sentence without one."""
    if not drawn.subtitle:
        return f'<p class="chart-sentence">{html.escape(drawn.title)}.</p>'
    sizes = WIDTHS_PX.items()
    return framed(
        drawn.to_dict(), {size: drawn.svg(width, f"{NAME}-{size}") for size, width in sizes}
    )


def share_in_words(share: float) -> str:
    """A share as one says it where that is true to the per cent, else in per cent.

    >>> share_in_words(0.0502), share_in_words(0.071)
    ('one twentieth', '7 %')
    """
    percent = f"{100 * share:.0f} %"
    for parts, words in SHARES.items():
        if percent == f"{100 / parts:.0f} %":
            return words
    return percent


def _title(frame: pd.DataFrame) -> str:
    share = share_reported(frame)
    if 0 < share < 1:
        return f"The news reported {share_in_words(share)} of the bill"
    return f"The bill comes to {usd_text(of(frame, 'whole').usd.iloc[0])}"


def _known(frame: pd.DataFrame) -> pd.DataFrame:
    words = {name: "" for name in ("id", "part", "label", "note") if name not in frame}
    known = figures(frame.assign(**words), *FIGURES)
    return known.assign(opens=[_opens(row) for row in known.itertuples()])


def _opens(row: Any) -> str:
    """What the words of a part lead to: a line of the bill, or how the rent of a phase is found."""
    if row.part in OF_THE_BILL:
        return opening(OF_THE_BILL[row.part], Row("bill", f"{row.id}.usd")) or ""
    return counted_in(NAME, [row.label], NAME, "derived")[0] or ""
