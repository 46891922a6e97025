"""Figures in words, each a link to the row it comes from.

The class of a link says how the figure is known (disclosed, derived, reconstructed, assumed, …),
and a mark says where a source was seen only as restated by another.
"""

from __future__ import annotations

import html

import pandas as pd

from analysis.data.facts import Fact, Number
from analysis.data.mistakes import InputError, did_you_mean
from analysis.data.tables import Evidence
from analysis.reconstruction.names import Names
from analysis.reconstruction.reconstruction import Reconstruction
from analysis.show.numbers import quantity_text

KIND_LABELS = {
    "disclosed": "disclosed",
    "derived_in_source": "derived in the source",
    "digitised": "read off a figure",
    "reported_by_press": "reported by the press",
    "estimate_by_third_party": "estimated by a third party",
    "assumption": "assumed",
    "derived": "derived from facts",
    "reconstructed": "reconstructed",
}
SECOND_HAND_MARK = (
    '<sup class="second-hand" title="seen only as restated by another source">†</sup>'
)


class Html(str):
    """A piece of HTML that a notebook shows as such."""

    def _repr_html_(self) -> str:
        return str(self)


def fact_html(fact: Fact, evidence: Evidence, text: str | None = None) -> str:
    """A fact as a link to its row in the ledger; hovering shows value, range, kind, source and
    locator.
    """
    span = f" ({fact.low:,.6g} to {fact.high:,.6g})" if fact.has_range else ""
    source = evidence["sources"].set_index("source_id").title.get(fact.source_id, fact.source_id)
    title = f"{fact.quantity}: {fact.value:,.8g}{span} {fact.unit}; {KIND_LABELS[fact.kind]}; {source}, {fact.locator}"
    mark = SECOND_HAND_MARK if fact.second_hand else ""
    return (
        link(
            f"facts.html#{fact.id}", text or quantity_text(fact.value, fact.unit), fact.kind, title
        )
        + mark
    )


def number_html(number: Number, names: Names) -> str:
    """A derived figure as a link to its arithmetic."""
    title = f"{number.label}: {number.value:,.6g} {number.unit}; {KIND_LABELS[number.kind]}: {number.expression}"
    mark = SECOND_HAND_MARK if names.is_second_hand(number.expression) else ""
    # an assumption is not known to more than two figures, and does not look as if it were
    value = float(f"{number.value:.2g}") if number.kind == "assumption" else number.value
    return (
        link(f"arithmetic.html#{number.id}", quantity_text(value, number.unit), number.kind, title)
        + mark
    )


def result_html(path: str, reconstruction: Reconstruction) -> str:
    """A reconstructed figure, `PHASE.gpu_hours` (or `usd`, `mfu`, `flop`), as a link to its page;
    hovering shows its interval.
    """
    phase, _, field = path.partition(".")
    figures = next((row for row in reconstruction.to_dict()["phases"] if row["id"] == phase), None)
    units = {"gpu_hours": "gpu_hours", "usd": "usd", "mfu": "ratio", "flop": "flop"}
    if figures is None or field not in units:
        known = [f"{row.phase.id}.{name}" for row in reconstruction.phases for name in units]
        raise InputError(f"{path} is not a result{did_you_mean(path, known)}")
    interval = figures[field].get("reconstructed", figures[field])
    title = f"reconstructed: {quantity_text(interval['p05'], units[field])} to {quantity_text(interval['p95'], units[field])} (90 % interval)"
    return link(
        f"{phase}.html", quantity_text(interval["p50"], units[field]), "reconstructed", title
    )


def rung_html(rung_id: str, boundaries: pd.DataFrame) -> str:
    """What a rung of the ladder adds to the one below, as a link to it; an assumption to two
    figures.
    """
    rungs = boundaries[~boundaries.marker].set_index("id")
    if rung_id not in rungs.index:
        raise InputError(f"{rung_id} is not a rung{did_you_mean(rung_id, list(rungs.index))}")
    row = rungs.loc[rung_id]
    ends = [
        quantity_text(float(f"{row[name]:.2g}"), "usd")
        for name in ("added_usd_p05", "added_usd_p95")
    ]
    title = f"{row.label}: {row.counts} 90 % interval of what it adds"
    return link(
        f"ladder.html#{rung_id}",
        " to ".join(dict.fromkeys(ends)),
        "assumption" if row.assumed else "derived",
        title,
    )


def link(href: str, text: str, kind: str, title: str) -> str:
    """A figure as a link: `kind` is its class, `title` what hovering shows."""
    return f'<a class="figure {kind}" href="{href}" title="{html.escape(title, quote=True)}">{unbroken(text)}</a>'


def unbroken(text: str) -> str:
    """Text as HTML that does not break between a value and its unit."""
    return html.escape(text).replace(" ", "&nbsp;")


def source_html(source_id: str, evidence: Evidence) -> str:
    """A source as a link to its row, with its year."""
    sources = evidence["sources"].set_index("source_id")
    if source_id not in sources.index:
        raise InputError(
            f"{source_id} is not a source{did_you_mean(source_id, list(sources.index))}"
        )
    row = sources.loc[source_id]
    return f'<a href="sources.html#{source_id}">{html.escape(row.title)}</a> ({row.year})'
