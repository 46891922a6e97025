"""Which input matters most: Sobol indices of the hours, over all uncertain inputs at once.

The first-order index is the share of the variance that would go, on average, if an input were
known; the total index counts what it does together with others. Indices are of the log of the
hours, whose spread is a factor.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.data.uncertainty import percentiles
from analysis.reconstruction.ground import evaluate
from analysis.reconstruction.reconstruction import Reconstruction
from analysis.reconstruction.setting import Input
from analysis.show import links
from analysis.show.links import Html
from analysis.show.numbers import quantity_text, significant

SAMPLES = 512  # points of the scheme


def sobol_indices(reconstruction: Reconstruction, phase: str | None = None) -> pd.DataFrame:
    """First-order and total Sobol indices of a phase's hours, or of all phases together.

    Returns
    -------
    DataFrame
        `input`, `basis`, `assumed`, `first_order` and `total` (both 0 to 1, estimated), the largest
        total first.

    Notes
    -----
    Saltelli's scheme by `scipy.stats.sobol_indices` with 512 points; a fixed seed gives the same
    figures.
    """
    from scipy import stats  # takes as long to import as a whole answer, and one page needs it

    inputs = uncertain_inputs(reconstruction, phase)
    names = list(inputs)

    def log_hours(points: np.ndarray) -> np.ndarray:
        draws = {
            name: inputs[name].distribution.quantile(points[index])
            for index, name in enumerate(names)
        }
        return np.log(gpu_hours_of(reconstruction, draws, phase))

    first_order, total = np.ones(len(names)), np.ones(len(names))
    if len(names) > 1:  # a single input is all of the variance
        found = stats.sobol_indices(
            func=log_hours,
            n=SAMPLES,
            dists=[stats.uniform()] * len(names),
            rng=np.random.default_rng(0),
        )
        # alone it cannot do more than alone and with others: what is more is noise of the estimate
        total = found.total_order
        first_order = np.minimum(found.first_order, total)
    frame = pd.DataFrame(
        {
            "input": [inputs[name].label for name in names],
            "basis": [inputs[name].distribution.basis for name in names],
            "assumed": [inputs[name].distribution.assumed for name in names],
            "first_order": np.clip(first_order, 0.0, 1.0),
            "total": np.clip(total, 0.0, 1.0),
        }
    )
    return frame.sort_values("total", ascending=False, ignore_index=True)


def finding(indices: pd.DataFrame) -> Html:
    """Which input the total's uncertainty hangs on, and what knowing it would do."""
    if indices.empty:
        return Html("<p><strong>No input is uncertain in this edition.</strong></p>")
    lead = indices.iloc[0]
    shown = quantity_text(significant(lead.total, 2), "ratio")
    share = links.counted(shown, "hours.index", lead.input, kind="reconstructed")
    return Html(
        f"<p><strong>One unknown, the {links.text(lead.input)}, makes up {share} of how uncertain "
        "the total is.</strong> If more developers disclosed it, the range would narrow most. "
        "Within single phases other unknowns lead.</p>"
    )


def leading_inputs(reconstruction: Reconstruction) -> pd.DataFrame:
    """For each phase and the total: percentiles, and the two inputs that would narrow it most.

    Returns
    -------
    DataFrame
        `phase`, `p05`, `p50`, `p95` [GPU-hour], `would_narrow_it_most` (with their total indices).
    """
    results = [
        (phase.phase.label, phase.phase.id, phase.gpu_hours) for phase in reconstruction.phases
    ]
    everything = np.sum([hours for _, _, hours in results], axis=0)
    rows = []
    for label, phase, hours in [*results, ("all phases", None, everything)]:
        lead = sobol_indices(reconstruction, phase).head(2)
        said = [f"{row.input} ({row.total:.0%})" for row in lead.itertuples()]
        rows.append({"phase": label, **percentiles(hours), "would_narrow_it_most": "; ".join(said)})
    return pd.DataFrame(rows)


def uncertain_inputs(reconstruction: Reconstruction, phase: str | None = None) -> dict[str, Input]:
    """The inputs of a phase, or of all, that have more than one value, by name."""
    results = [reconstruction[phase]] if phase else reconstruction.phases
    found = {name: item for result in results for name, item in result.inputs.items()}
    return {
        name: found[name] for name in sorted(found) if found[name].distribution.shape != "constant"
    }


def gpu_hours_of(
    reconstruction: Reconstruction, draws: Mapping[str, np.ndarray], phase: str | None = None
) -> np.ndarray:
    """GPU-hours of a phase, or of all, at given values of the uncertain inputs (of one shape)."""
    hours: list[np.ndarray] = []
    size = len(next(iter(draws.values())))
    for result in [reconstruction[phase]] if phase else reconstruction.phases:
        values = {
            name: draws.get(name, item.distribution.quantile(np.full(size, 0.5)))
            for name, item in result.inputs.items()
        }
        works = evaluate(result.phase, result.stage_inputs, values, result.setting)
        hours += [work.gpu_hours for work in works.values()]
    return np.sum(hours, axis=0)
