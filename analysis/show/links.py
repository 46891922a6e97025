"""Figures as links: to the source itself, and in the book to the row that they come from.

Every figure carries what it rests on (`data-row="TABLE:ID"`). In a notebook it links to the
document; `in_book` turns it to a page of the book, where its card opens in place. To add a kind of
number: give it a table here in `PAGES` or `_PLACES`, and its card in `analysis/publish/cards.py`;
the build stops where a figure has no card.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from analysis.data.expressions import facts_in
from analysis.data.facts import Fact, Number, Row
from analysis.data.mistakes import find
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
    "estimated": "estimated from public facts",
}
# The four marks, in words, and which of them a kind of knowledge has.
MARKS = {
    "disclosed": "disclosed",
    "derived": "derived from what is disclosed",
    "reconstructed": "estimated from public facts",
    "assumption": "assumed",
}
MARK_OF = {
    **dict.fromkeys(("disclosed",), "disclosed"),
    **dict.fromkeys(("derived", "derived_in_source", "digitised"), "derived"),
    **dict.fromkeys(
        ("reconstructed", "estimated", "estimate_by_third_party", "reported_by_press"),
        "reconstructed",
    ),
    "assumption": "assumption",
}
SECOND_HAND_WORDS = "seen only as restated by another source"
SECOND_HAND = '<sup class="second-hand">†</sup>'
# table -> the page of the book on which each of its rows has an anchor
PAGES = {
    "facts": "evidence",
    "arithmetic": "evidence",
    "sources": "evidence",
    "claims": "claims",
    "prices": "evidence",
    "purchase_prices": "evidence",
    "training_runs": "evidence",
    "training_throughput": "evidence",
    "architectures": "evidence",
    "hardware": "evidence",
}
NAMED_APART = ("facts", "arithmetic", "sources", "claims")  # no name of a row is in two of them
# what is computed and stands in no table -> where the book tells of it, by its id
_PLACES: dict[str, Callable[[str], str]] = {
    "results": lambda result: f"{result.partition('.')[0]}.html",  # PHASE.gpu_hours
    "total": lambda _: "bill.html",  # gpu_hours, of all phases
    "bill": lambda line: f"bill.html#{line.partition('.')[0]}",  # LINE.usd, LINE.added_usd
    "input": lambda name: f"{name.partition('.')[0]}.html",  # PHASE.INPUT
    "owned": lambda _: "bill.html#tab-owned-inputs",  # an input of an owned hour
    "needed": lambda name: f"{name.partition('.')[0]}.html",  # PHASE or PHASE.all_work
    "check": lambda check: f"{check.partition('.')[0]}.html",  # PHASE.CHECK
    "sum": lambda text: address(_first_of(text)),  # UNIT = EXPRESSION = TABLE:ID
    "counted": lambda text: text.rpartition(" = ")[2],  # PLACE = OF = ADDRESS
    "data": lambda name: f"data/{name}.csv",  # a table of the evidence, as a file
    "named": lambda text: address(_first_of(text)),  # NAME = TABLE:ID
    "glossary": lambda name: f"method.html#{glossary_anchor(name)}",
    "edition": lambda _: "rerun.html",  # a parameter
}
WEB_ADDRESS = re.compile(r"https?://[^\s\"<>]+")
_RULES = Path(__file__).with_name("notebook.css").read_text(encoding="utf-8")
STYLE = f'<style class="traincost">{_RULES}</style>'
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


def figure(shown: str, kind: str, row: Row, href: str = "") -> Html:
    """A figure with the mark of how it is known (`kind`), what it rests on, and its source."""
    tag = "a" if href else "span"
    target = f' href="{html.escape(href, quote=True)}"' if href else ""
    unbroken = html.escape(shown).replace(" ", "&nbsp;")
    key = f"{row.table}:{html.escape(row.id, quote=True)}"
    return Html(
        f'<{tag} class="figure {MARK_OF[kind]}" data-row="{key}"{target}>{unbroken}</{tag}>'
    )


def known(kind: str, words: str = "") -> Html:
    """How something is known, in a word with its mark."""
    return Html(
        f'<span class="known {MARK_OF[kind]}">{html.escape(words or KIND_WORDS[kind])}</span>'
    )


def fact(found: Fact, evidence: Evidence, shown: str | None = None) -> Html:
    """A fact, linked to its document."""
    href = web_address(_source(found.source_id, evidence)["url"])
    written = shown or quantity_text(found.value, found.unit)
    linked = figure(written, found.kind, Row("facts", found.id), href)
    return Html(linked + (SECOND_HAND if found.second_hand else ""))


def number(found: Number, shown: str = "") -> Html:
    """A derived figure, as it is `shown`. An assumption has two figures at most."""
    value = significant(found.value, 2) if found.kind == "assumption" else found.value
    written = shown or quantity_text(value, found.unit)
    linked = figure(written, found.kind, Row("arithmetic", found.id))
    return Html(linked + (SECOND_HAND if found.second_hand else ""))


def reconstructed(value: float, unit: str, result: str) -> Html:
    """A reconstructed figure; `result` says of what: `PHASE.gpu_hours` (or usd, mfu, flop)."""
    return figure(quantity_text(value, unit), "reconstructed", Row("results", result))


def summed(shown: str, unit: str, expression: str, row: Row | None = None) -> Html:
    """A figure that is arithmetic and has no row of its own; `row` is the first that it rests on
    (its first fact).
    """
    first = row or Row("facts", facts_in(expression)[0])
    return figure(shown, "derived", Row("sum", f"{unit} = {expression} = {first.table}:{first.id}"))


def counted(shown: str, place: str, of: str = "", page: str = "", kind: str = "derived") -> Html:
    """A figure that a page counts or computes; `book/computed.toml` says at its `place` how, and
    `of` what. The page is the first word of the place, unless it is another. The `kind` is that of
    the weakest figure that it is computed from.
    """
    address = f"{page or place.partition('.')[0]}.html"
    return figure(shown, kind, counted_row(place, of, address))


def counted_row(place: str, of: str, address: str) -> Row:
    """What a counted figure rests on: its place in `book/computed.toml`, and where it stands."""
    return Row("counted", f"{place} = {of} = {address}")


def row_of(text: str) -> Row:
    """A row that is written as `TABLE:ID`.

    >>> row_of("facts:v3_tokens")
    Row(table='facts', id='v3_tokens')
    """
    table, _, name = text.partition(":")
    return Row(table, name)


def term(name: str, shown: str) -> Html:
    """A word that the glossary explains."""
    key = f"glossary:{html.escape(name, quote=True)}"
    return Html(f'<span class="term" data-row="{key}">{html.escape(shown)}</span>')


def glossary_anchor(name: str) -> str:
    """The anchor of a term on the page of the glossary."""
    return f"term-{name}"


def source(source_id: str, evidence: Evidence) -> Html:
    """A source by its title and year, linked to the document."""
    found = _source(source_id, evidence)
    href = web_address(found["url"])
    title, year = html.escape(found["title"]), html.escape(str(found["year"]))
    row = f'data-row="sources:{html.escape(source_id, quote=True)}"'
    linked = f'<a {row} href="{html.escape(href, quote=True)}">{title}</a>' if href else title
    return Html(f"{linked} ({year})")


def web_address(url: str) -> str:
    """An address that a link may have: of the web, and nothing but an address; else none."""
    return url if WEB_ADDRESS.fullmatch(url) else ""


def anchor(row: Row) -> str:
    """The anchor of a row on its page."""
    if row.table in NAMED_APART:
        return row.id
    return f"{row.table}.{re.sub('[^A-Za-z0-9._-]', '-', row.id)}"


def address(row: Row) -> str:
    """Where a row stands in the book, or what is computed is told of."""
    if row.table in _PLACES:
        return _PLACES[row.table](row.id)
    return f"{PAGES[row.table]}.html#{anchor(row)}"


def _first_of(text: str) -> Row:
    return Row(*text.rpartition(" = ")[2].split(":", 1))


def in_book(page: str) -> str:
    """HTML of a notebook as the book has it: figures lead to rows, styles are the book's."""
    page = re.sub(r'<style class="traincost">.*?</style>', "", page, flags=re.S)
    return _MARKED.sub(_to_row, page)


def _to_row(found: re.Match[str]) -> str:
    _, before, table, row_id, after, inner = found.groups()
    if table == "sources" and "href" in found[0]:
        return found[0]  # a title leads straight to its document
    row = Row(table, html.unescape(row_id))
    told = re.search('class="figure ([a-z]+)"', before)
    mark = f' aria-describedby="known-{told[1]}"' if told else ""
    after = re.sub(' aria-describedby="[^"]*"', "", after)
    href = html.escape(address(row), quote=True)
    return f'<a{before} data-row="{table}:{row_id}" href="{href}"{mark}{after}>{inner}</a>'


def _source(source_id: str, evidence: Evidence) -> Mapping[str, str]:
    return find(source_id, evidence.by_id("sources"), "a source")
