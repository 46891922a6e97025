"""Figures as links: to the source itself, and in the book to the row that they come from.

A figure carries the row of the evidence that it rests on (`data-row`). In a notebook it links to
the document; `in_book` turns it to the row's page, where the address exists.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

from analysis.data.facts import Fact, Number, Row
from analysis.data.mistakes import UnknownName
from analysis.data.tables import Evidence
from analysis.show.numbers import quantity_text, significant

KIND_WORDS = {
    "disclosed": "disclosed",
    "derived_in_source": "derived in the source",
    "digitised": "read off a figure",
    "reported_by_press": "reported by the press",
    "estimate_by_third_party": "estimated by a third party",
    "assumption": "assumed",
    "derived": "derived from facts",
    "reconstructed": "reconstructed",
}
SECOND_HAND = '<sup class="second-hand" title="seen only as restated by another source">†</sup>'
# table -> the page of the book on which each of its rows has an anchor
PAGES = {
    "facts": "evidence",
    "arithmetic": "evidence",
    "sources": "evidence",
    "claims": "claims",
    "prices": "evidence",
    "purchase_prices": "evidence",
    "training_runs": "evidence",
    "hardware": "evidence",
}
NAMED_APART = ("facts", "arithmetic", "sources", "claims")  # no name of a row is in two of them
FEW = 2  # facts that stand in a cell side by side
STYLE = f'<style class="traincost">{(Path(__file__).parent / "notebook.css").read_text()}</style>'
_MARKED = re.compile(
    r'<(a|span)((?: [\w-]+="[^"]*")*) data-row="(\w+):([^"]+)"'
    r'(?: href="[^"]*")?((?: [\w-]+="[^"]*")*)>(.*?)</\1>',
    re.S,
)


class Html(str):
    """A piece of HTML that a notebook shows as such, with the look of tables and figures."""

    def _repr_html_(self) -> str:
        return f"{STYLE}{self}"


def text(value: object) -> Html:
    """Any text as HTML: nothing in it is markup."""
    return Html(html.escape(str(value)))


def figure(
    shown: str, kind: str, title: str = "", *, row: Row | None = None, href: str = ""
) -> Html:
    """A figure with how it is known (`kind`), what hovering shows, its row, and its source."""
    tag = "a" if href else "span"
    attributes = [f'class="figure {kind}"']
    attributes += [f'data-row="{row.table}:{html.escape(row.id, quote=True)}"'] if row else []
    attributes += [f'href="{html.escape(href, quote=True)}"'] if href else []
    attributes += [f'title="{html.escape(title, quote=True)}"'] if title else []
    unbroken = html.escape(shown).replace(" ", "&nbsp;")
    return Html(f"<{tag} {' '.join(attributes)}>{unbroken}</{tag}>")


def fact(found: Fact, evidence: Evidence, shown: str | None = None) -> Html:
    """A fact, linked to its document; hovering shows value, range, kind, source and place."""
    span = f" ({found.low:,.6g} to {found.high:,.6g})" if found.has_range else ""
    source = _source(found.source_id, evidence)
    title = (
        f"{found.quantity}: {found.value:,.8g}{span} {found.unit}; {KIND_WORDS[found.kind]}; "
        f"{source['title']}, {found.locator}"
    )
    written = shown or quantity_text(found.value, found.unit)
    row = Row("facts", found.id)
    linked = figure(written, found.kind, title, row=row, href=web_address(source["url"]))
    return Html(linked + (SECOND_HAND if found.second_hand else ""))


def facts(names: Sequence[str], evidence: Evidence) -> Html:
    """Facts by their ids; more than two are folded, so that they do not stretch a row."""
    shown = ", ".join(fact(evidence.facts[name], evidence, name) for name in names)
    if len(names) <= FEW:
        return Html(shown)
    return Html(f"<details><summary>{len(names)} facts</summary>{shown}</details>")


def number(found: Number) -> Html:
    """A derived figure; hovering shows its arithmetic. An assumption has two figures at most."""
    kind = KIND_WORDS[found.kind]
    title = f"{found.label}: {found.value:,.6g} {found.unit}; {kind}: {found.expression}"
    value = significant(found.value, 2) if found.kind == "assumption" else found.value
    written = quantity_text(value, found.unit)
    linked = figure(written, found.kind, title, row=Row("arithmetic", found.id))
    return Html(linked + (SECOND_HAND if found.second_hand else ""))


def reconstructed(value: float, unit: str, title: str = "") -> Html:
    """A reconstructed figure."""
    return figure(quantity_text(value, unit), "reconstructed", title)


def source(source_id: str, evidence: Evidence) -> Html:
    """A source by its title and year, linked to the document."""
    found = _source(source_id, evidence)
    href = web_address(found["url"])
    title, year = html.escape(found["title"]), html.escape(str(found["year"]))
    row = f'data-row="sources:{html.escape(source_id, quote=True)}"'
    linked = f'<a {row} href="{html.escape(href, quote=True)}">{title}</a>' if href else title
    return Html(f"{linked} ({year})")


def web_address(url: str) -> str:
    """An address that a link may have: of the web, or none."""
    return url if re.match(r"https?://", url) else ""


def anchor(row: Row) -> str:
    """The anchor of a row on its page."""
    if row.table in NAMED_APART:
        return row.id
    return f"{row.table}.{re.sub('[^A-Za-z0-9._-]', '-', row.id)}"


def address(row: Row) -> str:
    """Where a row stands in the book."""
    return f"{PAGES[row.table]}.html#{anchor(row)}"


def in_book(page: str) -> str:
    """HTML of a notebook as the book has it: figures lead to rows, styles are the book's."""
    page = re.sub(r'<style class="traincost">.*?</style>', "", page, flags=re.S)
    return _MARKED.sub(_to_row, page)


def _to_row(found: re.Match[str]) -> str:
    _, before, table, row_id, after, inner = found.groups()
    if table not in PAGES:
        return found[0]
    row = Row(table, html.unescape(row_id))
    return f'<a{before} href="{address(row)}"{after}>{inner}</a>'


def _source(source_id: str, evidence: Evidence) -> dict[str, str]:
    sources = evidence.by_id("sources")
    if source_id not in sources:
        raise UnknownName(source_id, "a source", sources)
    return sources[source_id]
