"""What a number tells of itself where it stands: a card of texts, from rows of the evidence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.data.facts import Fact, Row
from analysis.data.tables import Evidence
from analysis.show import links
from analysis.show.links import KIND_WORDS, MARK_OF
from analysis.show.numbers import alike, exact_text, quantity_text

PAGE_OF_LOCATOR = re.compile(r"\bp(?:age|\.) ?(\d+)")
# table -> the columns that name a row, and what else of it is told: column, words, unit
TOLD: Mapping[str, tuple[tuple[str, ...], tuple[tuple[str, str, str], ...]]] = {
    "prices": (
        ("chip", "provider", "date"),
        (("usd_per_gpu_hour", "rent", "usd_per_gpu_hour"), ("commitment", "commitment", "")),
    ),
    "purchase_prices": (
        ("chip", "date"),
        (
            ("usd", "price", "usd"),
            ("price_is", "price is", ""),
            ("with_server", "with its server", ""),
        ),
    ),
    "training_runs": (
        ("model", "developer"),
        (
            ("gpu_hours", "GPU-hours", "gpu_hours"),
            ("tokens", "tokens", "tokens"),
            ("params_active", "active parameters", "params"),
            ("chip", "chip", ""),
        ),
    ),
    "training_throughput": (
        ("model", "who", "chip"),
        (
            ("tokens_per_s_per_gpu", "rate of a GPU", "tokens_per_s"),
            ("tflops_per_gpu", "rate as its source counts FLOP", "tflop_per_s"),
            ("chips", "chips", "chips"),
            ("precision", "precision", ""),
            ("seq_len_tokens", "length of a sequence", "tokens"),
        ),
    ),
    "architectures": (
        ("id",),
        (
            ("n_layers", "layers", "count"),
            ("dim", "width", "count"),
            ("n_heads", "heads", "count"),
            ("n_routed_experts", "experts", "count"),
            ("vocab_size", "vocabulary", "tokens"),
        ),
    ),
    "hardware": (
        ("chip",),
        (
            ("peak_bf16_dense_tflops", "BF16 peak, dense", "tflop_per_s"),
            ("peak_fp8_dense_tflops", "FP8 peak, dense", "tflop_per_s"),
            ("tdp_w", "rated power", "W"),
        ),
    ),
}


@dataclass(frozen=True)
class Part:
    """A figure that another rests on: its name, its value, how it is known, its row."""

    name: str
    value: str
    kind: str = ""
    row: Row | None = None

    def to_dict(self) -> dict[str, str]:
        """What of it there is."""
        mark, how = MARK_OF.get(self.kind, ""), KIND_WORDS.get(self.kind, "")
        href = links.address(self.row) if self.row else ""
        return _filled(
            {"name": self.name, "value": self.value, "mark": mark, "how": how} | {"href": href}
        )


@dataclass(frozen=True)
class Card:
    """What opens at a number.

    `printed` is the figure as its source prints it, `sum` its arithmetic in figures, `parts` what
    it rests on (`rest` says what more there is), `says` how it comes about, `place` where in the
    source it stands.
    """

    name: str
    value: str
    kind: str
    row: Row
    range: str = ""
    printed: str = ""
    says: str = ""
    sum: str = ""
    parts: Sequence[Part] = ()
    rest: str = ""
    note: str = ""
    source: str = ""
    place: str = ""
    second_hand: bool = False

    def to_dict(self) -> dict[str, Any]:
        """What of it there is, as texts."""
        texts = ("name", "value", "range", "printed", "says", "sum", "rest", "note", "source")
        return _filled(
            {name: getattr(self, name) for name in (*texts, "place")}
            | {"mark": MARK_OF.get(self.kind, ""), "how": KIND_WORDS.get(self.kind, "")}
            | {"parts": [part.to_dict() for part in self.parts]}
            | {"second": links.SECOND_HAND_WORDS if self.second_hand else ""}
            | {"page": page_of(self.place), "href": links.address(self.row)}
        )


def fact_card(fact: Fact, evidence: Evidence) -> Card:
    """A fact: as it is written, as its source prints it, and where."""
    value, *ends = alike(fact.written, fact.unit)
    printed, *_ = alike(fact.written, fact.unit, exact_text)
    return Card(
        name_of(fact),
        value,
        fact.kind,
        Row("facts", fact.id),
        range=" to ".join(ends),
        printed=printed if printed != value else "",
        note=fact.note,
        source=fact.source_id,
        place=fact.locator,
        second_hand=fact.second_hand,
    )


def name_of(fact: Fact) -> str:
    """What a fact is of: its quantity, and whose it is."""
    return f"{fact.quantity} ({fact.subject.replace('_', ' ').capitalize()})"


def row_card(row: Row, evidence: Evidence) -> Card:
    """A row of a table of prices, runs or chips: all that is told of it, and where it was read. The
    number that opens it is one of its figures, or computed from it.
    """
    found, (names, told) = evidence.by_id(row.table)[row.id], TOLD[row.table]
    filled = [(found[column], words, unit) for column, words, unit in told if _is(found[column])]
    parts = [Part(words, _cell(value, unit)) for value, words, unit in filled]
    confidence = found.get("confidence", "read")
    return Card(
        ", ".join(str(found[name]) for name in names),
        "",
        "disclosed",
        row,
        parts=parts,
        note=str(found.get("note", "")),
        source=found["source_id"],
        place=found["locator"],
        second_hand=confidence != "read",
    )


def sources_of(cards: Sequence[Card], evidence: Evidence) -> dict[str, dict[str, str]]:
    """The documents that cards name: title, year, and address."""
    known = evidence.by_id("sources")
    return {
        name: _filled(
            {
                "title": known[name]["title"],
                "year": str(known[name]["year"]),
                "url": links.web_address(known[name]["url"]),
                "pdf": pdf_of(links.web_address(known[name]["url"])),
            }
        )
        for name in sorted({card.source for card in cards if card.source})
    }


def range_text(low: float, high: float, unit: str) -> str:
    """The ends of a range."""
    return " to ".join(alike([low, high], unit))


def page_of(locator: str) -> str:
    """The page that a locator names; empty if it names none.

    >>> page_of("Table 4, p. 13"), page_of("page 7"), page_of("Table 4")
    ('13', '7', '')
    """
    found = PAGE_OF_LOCATOR.search(locator)
    return found[1] if found else ""


def pdf_of(url: str) -> str:
    """The address of a document in pages, where there is one.

    >>> pdf_of("https://arxiv.org/abs/2412.19437"), pdf_of("https://deepseek.com")
    ('https://arxiv.org/pdf/2412.19437', '')
    """
    if url.endswith(".pdf"):
        return url
    return url.replace("/abs/", "/pdf/") if url.startswith("https://arxiv.org/abs/") else ""


def _is(value: object) -> bool:
    return value == value and value not in ("", None)


def _cell(value: object, unit: str) -> str:
    return quantity_text(float(str(value)), unit) if unit else str(value)


def _filled(texts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in texts.items() if value}
