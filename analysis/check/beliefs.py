"""What one would have to believe for a claimed total to be true: which boundary, or which price,
MFU or failed runs, one at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.data.mistakes import InputError
from analysis.physics.cost import rental_usd
from analysis.reconstruction.derivation import Derivation
from analysis.reconstruction.model import Belief
from analysis.runs.references import reference_runs


def beliefs(derivation: Derivation) -> pd.DataFrame:
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
    for name, label in _belief(derivation).totals.items():
        usd = derivation.names.value(
            name, f"models/{derivation.reconstruction.model.name}.toml, belief.totals"
        )
        for lever in (_boundary, _price, _mfu, _failed_runs):
            found = {"total": label, "usd": usd, **lever(usd, derivation)}
            rows.append(found | {"allowed": bool(found["low"] <= found["needed"] <= found["high"])})
    return pd.DataFrame(rows)


def _boundary(usd: float, derivation: Derivation) -> dict[str, Any]:
    """The boundary of the ladder whose interval is nearest to the total on a log scale."""
    boundaries = derivation.boundaries
    gap = np.maximum(np.log(boundaries.usd_p05 / usd), np.log(usd / boundaries.usd_p95)).clip(
        lower=0.0
    )
    nearest = boundaries.loc[gap.idxmin()]
    return _lever(
        "boundary", usd, "usd", nearest.usd_p05 * 0.99, nearest.usd_p95 * 1.01, f"{nearest.label}"
    )


def _price(usd: float, derivation: Derivation) -> dict[str, Any]:
    hours = _base(derivation).gpu_hours
    quotes = derivation.evidence["prices"]
    chip = derivation.reconstruction.chip.name
    low, high = _owned_low(derivation), float(quotes.usd_per_gpu_hour[quotes.chip == chip].max())
    return _lever(
        "rent of a GPU-hour",
        usd / hours,
        "usd_per_gpu_hour",
        low,
        high,
        "from the low end of owning one to the highest quote for the chip",
    )


def _owned_low(derivation: Derivation) -> float:
    base = _base(derivation)
    return float(base.own_usd_p05 / base.gpu_hours)


def _mfu(usd: float, derivation: Derivation) -> dict[str, Any]:
    """The MFU at which pre-training would take what the total leaves for it, the other phases as
    disclosed.
    """
    belief = _belief(derivation)
    pretraining = derivation.reconstruction[belief.phase].disclosed_gpu_hours or float("nan")
    price = derivation.reconstruction.price_usd_per_gpu_hour
    left = usd - float(rental_usd(_base(derivation).gpu_hours - pretraining, price))
    needed = (
        derivation.numbers[belief.needed_mfu].value * float(rental_usd(pretraining, price)) / left
        if left > 0
        else float("inf")
    )
    runs = reference_runs(derivation.evidence)
    return _lever(
        "MFU of pre-training",
        needed,
        "ratio",
        float(runs.mfu.min()),
        float(runs.mfu.max()),
        "the disclosed runs",
    )


def _failed_runs(usd: float, derivation: Derivation) -> dict[str, Any]:
    """How many times the final runs the failed and smaller ones took; below none there is nothing
    to believe.
    """
    base = _base(derivation)
    shares = [
        derivation.evidence.facts.with_unit(name, "ratio").value
        for name in _belief(derivation).final_run_shares
    ]
    label = "failed and smaller runs, over the final ones"
    most = 1.0 / min(shares) - 1.0
    return _lever(
        label, usd / base.usd - 1.0, "times", 0.0, most, "none, to the most that a company reports"
    )


def _belief(derivation: Derivation) -> Belief:
    found = derivation.reconstruction.model.belief
    if found is None:
        raise InputError(
            f"models/{derivation.reconstruction.model.name}.toml has no [belief]: no totals to hold against"
        )
    return found


def _base(derivation: Derivation) -> pd.Series:
    return derivation.boundaries.set_index("id").loc[_belief(derivation).boundary]


def _lever(
    lever: str, needed: float, unit: str, low: float, high: float, why: str
) -> dict[str, Any]:
    return {"lever": lever, "needed": needed, "unit": unit, "low": low, "high": high, "why": why}
