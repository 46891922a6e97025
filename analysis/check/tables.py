"""What a page shows of claims and corrections: rows with addresses, and verdicts in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.check.claims import find_claim, frame, furthest_first, inexpressible
from analysis.check.corrections import corrections
from analysis.check.famous import off_words
from analysis.data.tables import Evidence
from analysis.reconstruction.account import Account
from analysis.show import links
from analysis.show.ledger import rests_on
from analysis.show.links import Html
from analysis.show.numbers import VERDICT_WORDS, date_text, quantity_text, significant
from analysis.show.tables import Cell, day, table


def claims(account: Account, verdict: str | None = None) -> Html:
    """Every claim with its verdict, how far off it is, and why, the furthest off first; with a
    verdict, those alone.
    """
    found = furthest_first(frame(account, verdict))
    rows = [
        {
            "anchor": one.id,
            "claim": one.claim,
            "who": outlet(one.who, one.source_id, account.evidence),
            "when": day(one.date),
            "verdict": verdict_word(one.verdict),
            "how far off": off(one.factor, one.verdict),
            "why": Html(f"{links.text(one.reason)} {rests_on(one.facts, account.evidence)}"),
        }
        for one in found.itertuples()
    ]
    about = f"{len(rows)} public claims on what {account.model.title} cost, the furthest off first"
    return rows_or_words(
        rows,
        "No public claim on it is on record.",
        caption=about,
        classes="ledger claims",
        name="claims",
        choices=("who", "when", "verdict"),
    )


def without_figure(account: Account) -> Html:
    """The claims that give no figure, and why the rule cannot express them."""
    rows = [
        {
            "claim": one.claim,
            "who": outlet(one.who, one.source_id, account.evidence),
            "when": day(one.date),
            "why": one.note,
        }
        for one in inexpressible(account).itertuples()
    ]
    caption = "Claims that give no figure to check"
    return rows_or_words(rows, "Every claim on record gives a figure.", caption=caption)


def outlet(who: str, source_id: str, evidence: Evidence) -> Html:
    """Who said something, linked to the article or paper itself."""
    found = evidence.by_id("sources")[source_id]
    address, title = (links.text(found[name]) for name in ("url", "title"))
    if not links.web_address(found["url"]):
        return links.text(who)
    return Html(f'<a href="{address}" title="{title}" rel="noopener">{links.text(who)}</a>')


def off(factor: float, verdict: str) -> Cell:
    """How far a claim's figure is from what it is said of, sorted by that."""
    words = "fits" if factor == 1.0 else off_words(factor, verdict)
    return Cell(words, abs(math.log(factor)) if words else math.nan)


def verdict_word(verdict: str, claim_id: str = "") -> Html:
    """A verdict as a word with its own mark, linked to the claim's reason."""
    row = f' data-row="claims:{links.text(claim_id)}"' if claim_id else ""
    return Html(f'<span class="verdict {verdict}"{row}>{VERDICT_WORDS[verdict]}</span>')


def claim(claim_id: str, account: Account) -> Html:
    """A claim's verdict, linked to its reason."""
    return verdict_word(find_claim(claim_id, account).verdict, claim_id)


def said(claim_id: str, account: Account) -> Html:
    """The day or month of a claim in words, linked to it."""
    text = date_text(find_claim(claim_id, account).date, "%B")
    return Html(f'<span data-row="claims:{links.text(claim_id)}">{text}</span>')


def corrected(account: Account) -> Html:
    """Corrections of others' figures and of ours, dated."""
    rows = [
        {
            "anchor": row.id,
            "what": row.target,
            "whose": row.whose,
            "seen": _corrected(figure_text(row.seen_value, row.unit, 8), row.target),
            "we use": _corrected(figure_text(row.use_value, row.unit, 4), row.target),
            "why": row.why,
            "recorded": day(row.date),
            "status": row.status,
        }
        for row in corrections(account).itertuples()
    ]
    return rows_or_words(
        rows,
        "No correction on it is on record.",
        caption="What was corrected, the newest first",
        name="corrections",
    )


def _corrected(shown: str, what: str) -> str:
    """A figure of a correction; its unit may stand in a line of its own."""
    row = links.counted_row("table.corrections", what, "about.html")
    return Html(links.figure(shown, "derived", row).replace("&nbsp;", " ")) if shown else ""


def rows_or_words(rows: Sequence[Mapping[str, Any]], nothing: str, **look: Any) -> Html:
    """The rows as a table under their addresses, or a sentence where there are none."""
    if not rows:
        return Html(f"<p>{links.text(nothing)}</p>")
    frame = pd.DataFrame(rows)
    return table(frame, anchors="anchor" if "anchor" in frame else "", **look)


def figure_text(value: float, unit: str, figures: int) -> str:
    """A figure with its unit to some significant figures, empty where there is none."""
    return "" if math.isnan(value) else quantity_text(significant(value, figures), unit)
