"""Models on equal boundaries: the final pre-training run, its hours disclosed or estimated, its
rent on one price basis.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.chips import peak_flop_s
from analysis.data.mistakes import InputError, did_you_mean
from analysis.data.prices import market_price
from analysis.data.tables import Evidence
from analysis.physics.cost import rental_usd
from analysis.physics.training import gpu_hours
from analysis.runs.efficiency import estimator_for
from analysis.runs.references import flop_per_token_of, reference_runs

COMMON_DATE = "2025-01-20"  # one day for the common price of each chip: the release of R1


def compare(evidence: Evidence) -> pd.DataFrame:
    """Every pre-training run with tokens and parameters, on the boundary of the final run alone.

    Returns
    -------
    DataFrame
        `id`, `model`, `developer`, `release_date`, `architecture`, `chip`, `how` (disclosed or
        estimated), `flop`, `p05, p50, p95` (GPU-hours; equal where disclosed), `usd_common` and
        `usd_market` (rent at the chip's price on one day, and near the release),
        `usd_per_trillion_tokens`, `usd_per_billion_active` and `usd_per_zettaflop` (market), rising
        by `usd_common`.
    """
    runs = evidence["training_runs"]
    runs = runs[
        runs[["params_active", "params_total", "tokens"]].notna().all(axis=1)
        & (runs.params_total >= 1e9)
        & (runs.chip != "")
    ]
    runs = runs[runs.work_known == "yes"]
    runs = runs.assign(flop_per_token=flop_per_token_of(runs)).reset_index(drop=True)
    disclosed = runs.id.isin(reference_runs(evidence["training_runs"], evidence["hardware"]).id)
    rows = []
    for developer, group in runs[~disclosed].groupby("developer", sort=False):
        found = estimator_for(evidence, (str(developer),)).predict(group)
        peaks = group.chip.map(peak_flop_s(evidence["hardware"].set_index("chip")))
        for run, peak, mfu in zip(group.itertuples(), peaks, found, strict=True):
            hours = gpu_hours(run.tokens, run.flop_per_token, peak, mfu.quantile([0.95, 0.5, 0.05]))
            rows.append({"id": run.id, "p05": hours[0], "p50": hours[1], "p95": hours[2]})
    rows += [
        {"id": run.id, "p05": run.gpu_hours, "p50": run.gpu_hours, "p95": run.gpu_hours}
        for run in runs[disclosed].itertuples()
    ]
    frame = runs.merge(pd.DataFrame(rows), on="id", validate="one_to_one")
    frame["how"] = np.where(frame.id.isin(runs.id[disclosed]), "disclosed", "estimated")
    frame["flop"] = frame.tokens * frame.flop_per_token
    prices = evidence["prices"]
    common = frame.chip.map(
        {chip: market_price(chip, COMMON_DATE, prices) for chip in frame.chip.unique()}
    ).astype(float)
    market = pd.Series(
        [market_price(run.chip, run.release_date, prices) for run in frame.itertuples()],
        dtype=float,
    )
    frame["usd_common"], frame["usd_market"] = (
        rental_usd(frame.p50, common),
        rental_usd(frame.p50, market),
    )
    frame["usd_per_trillion_tokens"] = frame.usd_market / frame.tokens * 1e12
    frame["usd_per_billion_active"] = frame.usd_market / frame.params_active * 1e9
    frame["usd_per_zettaflop"] = frame.usd_market / frame.flop * 1e21
    return frame.sort_values("usd_common", ignore_index=True)


def selected(compared: pd.DataFrame, ids: Collection[str]) -> pd.DataFrame:
    """Some of the models, in the order asked for."""
    known = compared.set_index("id")
    for name in ids:
        if name not in known.index:
            raise InputError(
                f"{name} is not a model of the comparison{did_you_mean(name, list(known.index))}"
            )
    return known.loc[list(ids)].reset_index()


def to_list(compared: pd.DataFrame) -> list[dict[str, Any]]:
    """The comparison as results.json has it."""
    return [
        {
            "id": row["id"],
            "model": row["model"],
            "developer": row["developer"],
            "how": row["how"],
            "flop": row["flop"],
            "gpu_hours": {name: row[name] for name in ("p05", "p50", "p95")},
            "usd_common": _or_none(row["usd_common"]),
            "usd_market": _or_none(row["usd_market"]),
        }
        for row in compared.to_dict("records")
    ]


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
