"""What each number counts: rungs that contain each other, from disclosed hours at one price."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.cost import rental_usd
from analysis.reconstruction import Reconstruction


def ladder(reconstruction: Reconstruction) -> pd.DataFrame:
    """The bill as a ladder of boundaries.

    Returns
    -------
    DataFrame
        A row a rung, in rising order: `id`, `label`, `gpu_hours` and `usd` (cumulated; disclosed hours at the
        scenario's price), `adds` and `includes` (lists of phase ids), `headline` (the figure of the news).
    """
    rows = []
    includes: list[str] = []
    for boundary in reconstruction.model.boundaries:
        includes = includes + boundary.adds
        gpu_hours = sum(reconstruction[phase].disclosed_gpu_hours or 0.0 for phase in includes)
        usd = float(rental_usd(gpu_hours, reconstruction.price_usd_per_gpu_hour))
        rows.append({**boundary.model_dump(), "gpu_hours": gpu_hours, "usd": usd, "includes": includes})
    return pd.DataFrame(rows, columns=["id", "label", "gpu_hours", "usd", "adds", "includes", "headline"])


def to_list(rungs: pd.DataFrame) -> list[dict[str, Any]]:
    """The ladder as the contract of `results.json` has it; disclosed hours have no width."""
    return [
        {
            "id": row["id"],
            "label": row["label"],
            "usd": {"p05": row["usd"], "p50": row["usd"], "p95": row["usd"]},
            "includes": row["includes"],
            "marker": False,
        }
        for row in rungs.to_dict("records")
    ]
