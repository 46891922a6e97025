"""The whole bill of a model in its parts: what was reported of it, what it stands on besides, and
what neither counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.physics.cost import rental_usd
from analysis.reconstruction.account import Account
from analysis.reconstruction.ladder import disclosed_rungs

MONEY = ("usd_p05", "usd", "usd_p95")
COLUMNS = ("id", "part", "label", *MONEY, "gpu_hours", "printed_usd", "note")
FIGURES = dict.fromkeys((*MONEY, "gpu_hours", "printed_usd"), float)


def whole_line(account: Account) -> pd.Series | None:
    """The line of the bill that holds the model with all that it stands on: the one whose totals
    the model's file doubts, or else the last that rests on disclosed hours; None without a bill.
    """
    lines = disclosed_rungs(account.bill)
    if account.model.belief:
        lines = lines[lines.id == account.model.belief.boundary]
    return None if lines.empty else lines.iloc[-1]


def parts_of_bill(account: Account) -> pd.DataFrame:
    """What a picture of the bill is drawn from, a row a part.

    Returns
    -------
    DataFrame
        `id`, `part`, `label`, dollars at the scenario's price (`usd` with `usd_p05` and `usd_p95`),
        `gpu_hours` (disclosed), `printed_usd` (as the source prints them) and `note`. By `part`:
        `whole`; its phases in the order of training, `base` or `reported` (those of the line that
        is the headline); `assumed` lines, each with all before it; `stock`, no cost of a run.
    """
    whole = whole_line(account)
    if whole is None:
        return pd.DataFrame(columns=COLUMNS).astype(FIGURES)
    bill, reported = account.bill, _reported(account)
    phases = [phase for phase in account.frame().itertuples() if phase.id in whole.includes]
    rows = [
        _row(whole, "whole"),
        *(_phase(phase, reported, account.price_usd_per_gpu_hour) for phase in phases),
        *(_row(line, "assumed") for line in _lines(bill[bill.assumed & ~bill.marker])),
        *(_row(line, "stock") for line in _lines(bill[bill.marker & bill.gpu_hours.isna()])),
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype(FIGURES)


def beside_default(parts: pd.DataFrame, default: pd.DataFrame) -> pd.DataFrame:
    """The parts with the dollars of another edition beside them, in columns `default_…`."""
    others = default.set_index("id")[list(MONEY)].add_prefix("default_")
    return parts.join(others, on="id")


def _reported(account: Account) -> set[str]:
    """The phases of the line that is the headline."""
    lines = account.bill[account.bill.headline & ~account.bill.marker]
    return {phase for line in _lines(lines) for phase in line.includes}


def _phase(phase: Any, reported: set[str], price: float) -> dict[str, Any]:
    usd = float(rental_usd(phase.disclosed, price))
    return {
        "id": phase.id,
        "part": "reported" if phase.id in reported else "base",
        "label": phase.label,
        **dict.fromkeys(MONEY, usd),
        "gpu_hours": phase.disclosed,
        "printed_usd": phase.disclosed_usd,
        "note": "",
    }


def _row(line: Any, part: str) -> dict[str, Any]:
    money = {name: getattr(line, name) for name in MONEY}
    rest = {"gpu_hours": line.gpu_hours, "printed_usd": np.nan, "note": line.leaves_out}
    return {"id": line.id, "part": part, "label": line.short} | money | rest


def _lines(bill: pd.DataFrame) -> list[Any]:
    return list(bill.itertuples())


def sources_of_hours(account: Account) -> str:
    """Where the disclosed hours of the whole bill stand, by title and year."""
    line, evidence = whole_line(account), account.evidence
    if line is None:
        return ""
    ids = dict.fromkeys(evidence.facts[fact].source_id for fact in line.facts)
    sources = [evidence.by_id("sources")[source] for source in ids]
    return "; ".join(f"{found['title']} ({found['year']})" for found in sources)
