"""What a model's maker says of its training: by its rows of disclosed.csv, else by its sheet."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.compare.card import Card, CardPhase
from analysis.compare.disclosure import FIELD_WORDS, sheet_of
from analysis.data.facts import Row
from analysis.reconstruction import account_tables
from analysis.reconstruction.account import Account
from analysis.show import links
from analysis.show.links import Html
from analysis.show.numbers import ARCHITECTURE_WORDS, quantity_text
from analysis.show.tables import table

UNITS = {  # of a field of a sheet, where it is a number
    "params_total": "params",
    "params_active": "params",
    "price_usd_per_gpu_hour": "usd_per_gpu_hour",
    "chips": "chips",
    "gpu_hours": "gpu_hours",
    "days": "days",
    "tokens": "tokens",
    "steps": "steps",
    "seq_len_tokens": "tokens",
    "mean_len_tokens": "tokens",
    "mfu": "ratio",
}
PHASES = {
    "pretraining": "pre-training",
    "context_extension": "context extension",
    "fine_tuning": "fine-tuning",
    "reinforcement": "reinforcement learning",
}
NOBODY = "Nobody has read its sources for that here: it has no disclosure sheet."


def said(account: Account) -> Html:
    """What its maker discloses: the quantities of disclosed.csv, the fields of its disclosure
    sheet, or a word that neither is there.
    """
    rows = account.evidence["disclosed"]
    if (rows.model == account.model.name).any():
        return account_tables.said(account)
    card = sheet_of(account.model, account.evidence)
    return _by_sheet(card, account) if card else Html(f"<p>{NOBODY}</p>")


def _by_sheet(card: Card, account: Account) -> Html:
    """The fields of a sheet that are filled, with the documents that it names."""
    page = f"{account.model.name}.html"
    row: Row = links.counted_row("account.sheet", account.model.title, page)
    phases = [(PHASES[phase.kind], phase) for phase in card.phase]
    found: list[tuple[str, Card | CardPhase]] = [("the model", card), *phases]
    rows = [
        {"of": of, "quantity": FIELD_WORDS.get(name, name.replace("_", " ")), "said": shown}
        for of, record in found
        for name, shown in _filled(record, row)
    ]
    if not rows:
        return Html("<p>It has a disclosure sheet, and nothing in it is filled.</p>")
    sources = [links.source(name, account.evidence) for name in card.sources]
    from_where = f" It names {', '.join(sources)}." if sources else ""
    shown = table(
        pd.DataFrame(rows),
        head={"said": "its disclosure sheet says"},
        caption=f"{account.model.title}: what its maker discloses",
        name="said",
    )
    return Html(
        f"<p>Its disclosure sheet holds what stands here; its maker discloses no other field of "
        f"it.{from_where}</p>{shown}"
    )


def _filled(record: Card | CardPhase, row: Row) -> list[tuple[str, Html]]:
    """The fields of a sheet or a phase of it that are filled, as a reader sees them."""
    found = []
    for name in ("architecture", "chip", "failed_runs", "boundary", *UNITS):
        value: Any = getattr(record, name, None)
        if value is not None and name in UNITS:
            text = quantity_text(value, UNITS[name])
            found.append((name, links.figure(text, "disclosed", row)))
        elif value is not None:
            found.append((name, links.text(ARCHITECTURE_WORDS.get(value, value))))
    return found
