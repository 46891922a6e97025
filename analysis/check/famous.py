"""The claims that the first page shows, each as a card: who said it, how it is judged, how far off
it is.
"""

from __future__ import annotations

import math
from typing import Any

from analysis.check.claims import frame
from analysis.data.tables import Evidence
from analysis.reconstruction.account import Account
from analysis.show import links
from analysis.show.links import Html
from analysis.show.numbers import VERDICT_WORDS, date_text

NEAR = 1.1  # figures nearer than this are apart by per cent
SIDES = {"supported_within_boundary": ("less", "more")}


def claim_cards(account: Account) -> Html:
    """The claims of the model's story as cards; a sentence where there are none."""
    told = frame(account)[lambda claims: claims.story]
    if told.empty:
        return Html("<p>No public claim on it is on record.</p>")
    cards = "".join(_card(one, account.evidence) for one in told.itertuples())
    return Html(f'<div class="claim-cards">{cards}</div>')


def off_words(factor: float, verdict: str = "") -> str:
    """How far a figure is from what it is said of, in reading direction; empty where it fits. A
    claim that names what it leaves out is not too low, but less than the whole.

    >>> off_words(1 / 19.9), off_words(1.04), off_words(float("nan"))
    ('20 times too low', '4 % too high', '')
    >>> off_words(1 / 1.085)
    '7.8 % too low'
    >>> off_words(1 / 19.9, "supported_within_boundary")
    '20 times less'
    """
    if math.isnan(factor) or factor == 1:
        return ""
    low, high = SIDES.get(verdict, ("too low", "too high"))
    side, times = (low, 1 / factor) if factor < 1 else (high, factor)
    if times < NEAR:
        return f"{100 * abs(factor - 1):.2g} % {side}"
    return f"{float(f'{times:.2g}'):g} times {side}"


def _card(one: Any, evidence: Evidence) -> str:
    source = evidence.by_id("sources")[one.source_id]
    href = links.web_address(source["url"])
    who = f"{links.text(one.who)}, {date_text(one.date, '%B')}"
    said = f'<a href="{links.text(href)}">{who}</a>' if href else who
    off = off_words(one.factor, one.verdict)
    return (
        f'<article class="claim-card"><p class="claim-who">{said}</p>'
        f'<p class="claim-said">{links.text(one.claim)}</p>'
        f'<p class="claim-verdict"><a class="verdict {one.verdict}" href="claims.html#{one.id}">'
        f"{VERDICT_WORDS[one.verdict]}</a>{f' · {off}' if off else ''}</p>"
        f'<p class="claim-why">{links.text(one.reason)}</p></article>'
    )
