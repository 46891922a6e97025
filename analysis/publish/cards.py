"""The cards of an edition: what each number that its pages show opens to, in one script.

The script assigns a global and is loaded when a reader first reaches for a number; a page without
it has links. A kind of number is a table of `data-row="TABLE:ID"`, and has its card here.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from analysis.check.claims import find_claim
from analysis.data.facts import Row
from analysis.data.mistakes import InputError
from analysis.publish.computed import Place, counted_card, read_computed
from analysis.publish.glossary import Term, find_term, read_glossary
from analysis.reconstruction import bill_cards, cards
from analysis.reconstruction.account import Account
from analysis.reconstruction.operands import operand
from analysis.show.cards import TOLD, Card, fact_card, row_card, sources_of
from analysis.show.links import MARKS
from analysis.show.numbers import VERDICT_WORDS

SCRIPT, GLOBAL = "cards.js", "traincostCards"
# of an element: what a page prints may read the same
ROW = re.compile(r'<[a-z][^<>]* data-row="(\w+):([^"]+)"')


def rows_shown(pages: Iterable[Path]) -> dict[Row, str]:
    """Every row that a number of a page leads to, with the first page that shows it."""
    found: dict[Row, str] = {}
    for page in pages:
        for table, name in ROW.findall(page.read_text(encoding="utf-8")):
            if table != "sources":  # a title leads straight to its document
                found.setdefault(Row(table, html.unescape(name)), page.name)
    return found


@dataclass(frozen=True)
class Words:
    """What the book says of its words and of what it counts: glossary.toml and computed.toml."""

    terms: Mapping[str, Term]
    places: Mapping[str, Place]

    @classmethod
    def of(cls, book: Path) -> Self:
        """Both files of a book."""
        return cls(read_glossary(book), read_computed(book))


def card_of(row: Row, account: Account, words: Words) -> Card:
    """What opens at a number; an `InputError` for one that nothing is known of."""
    name, evidence = row.id, account.evidence
    kinds: Mapping[str, Callable[[], Card]] = {
        "facts": lambda: fact_card(evidence.facts[name], evidence),
        "arithmetic": lambda: cards.number_card(account.numbers[name], account),
        "results": lambda: cards.result_card(name, account),
        "total": lambda: cards.total_card(name, account),
        "input": lambda: cards.input_card(name, account),
        "owned": lambda: bill_cards.owned_card(name, account),
        "needed": lambda: cards.needed_card(name, account),
        "check": lambda: cards.check_card(name, account),
        "bill": lambda: bill_cards.line_card(name, account),
        "named": lambda: cards.named_card(name, account),
        "counted": lambda: counted_card(name, words.places, evidence),
        "sum": lambda: cards.sum_card(name, account),
        "edition": lambda: bill_cards.edition_card(name, account),
        "glossary": lambda: _term_card(find_term(name, words.terms)),
        "claims": lambda: _claim_card(name, account),
        **{table: lambda: row_card(row, evidence) for table in TOLD},
    }
    try:
        return kinds[row.table]()
    except InputError:  # one that says more
        raise
    except KeyError:
        raise InputError(f"{row.table}:{name}: a number without a card") from None


def script_of(
    rows: Mapping[Row, str],
    account: Account,
    words: Words,
    led: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> str:
    """The script with a card for every row, its links as `led` has them; an `InputError` names the
    page of one without.
    """
    found: dict[str, Card] = {}
    for row, page in rows.items():
        try:
            found[f"{row.table}:{row.id}"] = card_of(row, account, words)
        except InputError as error:
            raise error.at(page) from None
    texts = {
        "cards": {name: led(card.to_dict()) for name, card in sorted(found.items())},
        "sources": sources_of([*found.values()], account.evidence),
        "marks": MARKS,
    }
    written = json.dumps(texts, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return f"window.{GLOBAL}={written};\n"


def _term_card(term: Term) -> Card:
    return Card(term.name, "", "", Row("glossary", term.id), says=term.says)


def _claim_card(claim_id: str, account: Account) -> Card:
    claim = find_claim(claim_id, account)
    return Card(
        claim.claim,
        VERDICT_WORDS[claim.verdict],
        "reported_by_press",
        Row("claims", claim_id),
        range=f"{claim.who}, {claim.date}",
        says=claim.reason,
        parts=[operand(name, account) for name in claim.facts],
        source=claim.source_id,
    )
