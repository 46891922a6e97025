"""What one would have to believe for a claimed total to be true: which boundary, or which price,
MFU or failed runs, one at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.data.mistakes import InputError
from analysis.physics.cost import rental_usd
from analysis.reconstruction.account import Account
from analysis.reconstruction.model import Belief
from analysis.runs.references import reference_runs


def beliefs(account: Account) -> pd.DataFrame:
    """For each claimed total and each lever, the value that makes it true, the rest as disclosed.

    The levers are the boundary (the nearest rung), the rent, the MFU of pre-training, and the
    failed runs in multiples of the final ones, all for R1 with the base it stands on.

    Returns
    -------
    DataFrame
        `total` (a label), `usd`, `lever`, `needed`, `unit`, `low` and `high` (what physics or the
        data allow), `allowed`, `why` (what the range is).
    """
    rows = []
    for name, label in _belief(account).totals.items():
        usd = account.names.value(
            name, f"models/{account.reconstruction.model.name}.toml, belief.totals"
        )
        for lever in (_boundary, _price, _mfu, _failed_runs):
            found = {"total": label, "usd": usd, **lever(usd, account)}
            rows.append(found | {"allowed": bool(found["low"] <= found["needed"] <= found["high"])})
    return pd.DataFrame(rows)


def _boundary(usd: float, account: Account) -> dict[str, Any]:
    """The boundary of the ladder whose interval is nearest to the total on a log scale."""
    boundaries = account.bill
    gap = np.maximum(np.log(boundaries.usd_p05 / usd), np.log(usd / boundaries.usd_p95)).clip(
        lower=0.0
    )
    nearest = boundaries.loc[gap.idxmin()]
    return _lever(
        "boundary", usd, "usd", nearest.usd_p05 * 0.99, nearest.usd_p95 * 1.01, f"{nearest.label}"
    )


def _price(usd: float, account: Account) -> dict[str, Any]:
    hours = _base(account).gpu_hours
    quotes = account.evidence["prices"]
    chip = account.reconstruction.chip.name
    low, high = _owned_low(account), float(quotes.usd_per_gpu_hour[quotes.chip == chip].max())
    return _lever(
        "rent of a GPU-hour",
        usd / hours,
        "usd_per_gpu_hour",
        low,
        high,
        "from the low end of owning one to the highest quote for the chip",
    )


def _owned_low(account: Account) -> float:
    base = _base(account)
    return float(base.own_usd_p05 / base.gpu_hours)


def _mfu(usd: float, account: Account) -> dict[str, Any]:
    """The MFU at which pre-training would take what the total leaves for it, the other phases as
    disclosed.
    """
    belief = _belief(account)
    pretraining = account.reconstruction[belief.phase].disclosed_gpu_hours or float("nan")
    price = account.reconstruction.price_usd_per_gpu_hour
    left = usd - float(rental_usd(_base(account).gpu_hours - pretraining, price))
    needed = (
        account.numbers[belief.needed_mfu].value * float(rental_usd(pretraining, price)) / left
        if left > 0
        else float("inf")
    )
    runs = reference_runs(account.evidence)
    return _lever(
        "MFU of pre-training",
        needed,
        "ratio",
        float(runs.mfu.min()),
        float(runs.mfu.max()),
        "the disclosed runs",
    )


def _failed_runs(usd: float, account: Account) -> dict[str, Any]:
    """How many times the final runs the failed and smaller ones took; below none there is nothing
    to believe.
    """
    base = _base(account)
    shares = [
        account.evidence.facts.with_unit(name, "ratio").value
        for name in _belief(account).final_run_shares
    ]
    label = "failed and smaller runs, over the final ones"
    most = 1.0 / min(shares) - 1.0
    return _lever(
        label, usd / base.usd - 1.0, "times", 0.0, most, "none, to the most that a company reports"
    )


def _belief(account: Account) -> Belief:
    found = account.reconstruction.model.belief
    if found is None:
        raise InputError(
            f"models/{account.reconstruction.model.name}.toml has no [belief]: no totals to hold against"
        )
    return found


def _base(account: Account) -> pd.Series:
    return account.bill.set_index("id").loc[_belief(account).boundary]


def _lever(
    lever: str, needed: float, unit: str, low: float, high: float, why: str
) -> dict[str, Any]:
    return {"lever": lever, "needed": needed, "unit": unit, "low": low, "high": high, "why": why}
