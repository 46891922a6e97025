"""What one would have to believe for a claimed total to be true: that it counts another line of the
bill, or another rent, efficiency or number of failed runs, one at a time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.physics.cost import rental_usd
from analysis.reconstruction.account import Account
from analysis.reconstruction.model import Belief
from analysis.runs.references import reference_runs

COLUMNS = ("total", "usd", "lever", "needed", "unit", "low", "high", "allowed", "why")


def beliefs(account: Account) -> pd.DataFrame:
    """For each claimed total of the model's [belief], what makes it true, the rest as disclosed.

    What may change is what it counts (the nearest line of the bill), the rent, the MFU of the phase
    whose efficiency is doubted, and the failed runs in multiples of the final ones.

    Returns
    -------
    DataFrame
        `total` (a label), `usd`, `lever`, `needed`, `unit`, `low` and `high` (what physics or the
        data allow), `allowed` (None where that cannot be said), `why` (what the range is); no rows
        for a model without a [belief].

    Raises
    ------
    InputError
        For a total that names what is not there.
    """
    belief = account.model.belief
    where = f"models/{account.model.name}.toml, belief.totals"
    rows = []
    for name, label in (belief.totals if belief else {}).items():
        assert belief is not None
        usd = account.names.value(name, where)
        for needed in (_what_it_counts, _rent, _mfu, _failed_runs):
            rows.append({"total": label, "usd": usd} | needed(_Doubt(usd, belief, account)))
    return pd.DataFrame(rows, columns=COLUMNS)


@dataclass(frozen=True)
class _Doubt:
    """A claimed total of an account, with what the model's file says of how to doubt it."""

    usd: float
    belief: Belief
    account: Account

    @property
    def base(self) -> pd.Series:
        """The line of the bill that the total is held against."""
        return self.account.bill.set_index("id").loc[self.belief.boundary]


def _what_it_counts(doubt: _Doubt) -> dict[str, Any]:
    """The line of the bill whose interval is nearest to the total on a log scale."""
    bill = doubt.account.bill.dropna(subset="usd")
    if bill.empty:
        return _lever("what it counts", math.nan, "usd", math.nan, math.nan, "no line is known")
    below, above = np.log(bill.usd_p05 / doubt.usd), np.log(doubt.usd / bill.usd_p95)
    nearest = bill.loc[np.maximum(below, above).clip(lower=0.0).idxmin()]
    near = doubt.account.evidence.facts.constant("same_total_ratio", "ratio").value
    ends = nearest.usd_p05 * (1 - near), nearest.usd_p95 * (1 + near)
    return _lever("what it counts", doubt.usd, "usd", *ends, f"{nearest.label}")


def _rent(doubt: _Doubt) -> dict[str, Any]:
    account, base = doubt.account, doubt.base
    quotes = account.evidence["prices"]
    low = float(base.own_usd_p05 / base.gpu_hours)
    high = float(quotes.usd_per_gpu_hour[quotes.chip == account.chip.name].max())
    why = "from the low end of owning one to the highest quote for the chip"
    needed = doubt.usd / base.gpu_hours
    return _lever("rent of a GPU-hour", needed, "usd_per_gpu_hour", low, high, why)


def _mfu(doubt: _Doubt) -> dict[str, Any]:
    """The MFU at which the doubted phase would take what the total leaves for it, the other phases
    as disclosed.
    """
    account, belief = doubt.account, doubt.belief
    hours = account[belief.phase].disclosed_gpu_hours or math.nan
    price = account.price_usd_per_gpu_hour
    left = doubt.usd - float(rental_usd(doubt.base.gpu_hours - hours, price))
    where = f"models/{account.model.name}.toml, belief.needed_mfu"
    mfu = account.names.value(belief.needed_mfu, where)
    needed = mfu * float(rental_usd(hours, price)) / left if not left <= 0 else math.inf
    runs = reference_runs(account.evidence).mfu
    label = f"MFU of {account[belief.phase].phase.label}"
    return _lever(label, needed, "ratio", runs.min(), runs.max(), "the disclosed runs")


def _failed_runs(doubt: _Doubt) -> dict[str, Any]:
    """How many times the final runs the failed and smaller ones took; below none there is nothing
    to believe.
    """
    facts = doubt.account.evidence.facts
    shares = [facts.with_unit(name, "ratio").value for name in doubt.belief.final_run_shares]
    label = "failed and smaller runs, over the final ones"
    most, needed = 1.0 / min(shares) - 1.0, doubt.usd / doubt.base.usd - 1.0
    return _lever(label, needed, "times", 0.0, most, "none, to the most that is told of a company")


def _lever(
    lever: str, needed: float, unit: str, low: float, high: float, why: str
) -> dict[str, Any]:
    unknown = any(math.isnan(value) for value in (needed, low, high))
    allowed = None if unknown else bool(low <= needed <= high)
    ends = {"low": float(low), "high": float(high)}
    return {"lever": lever, "needed": needed, "unit": unit, **ends, "allowed": allowed, "why": why}
