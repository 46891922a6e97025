"""An estimate by both views, for a run whose layout is given."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.compare.specification import PretrainingSpec
from analysis.data.chips import Chip
from analysis.data.mistakes import InputError
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution, named_percentiles
from analysis.physics.training import gpu_hours
from analysis.runs.planned import Planned, by_step_time, pooled
from analysis.runs.views import listed, stacking_weight


def with_step_time(
    spec: PretrainingSpec,
    chip: Chip,
    flop: float,
    by_kind: Distribution,
    evidence: Evidence,
    exclude: tuple[str, ...],
) -> tuple[Distribution, dict[str, Any]]:
    """The efficiency by both views of a run with a layout, and the hours by each; by kind alone
    where the time of a step on its chip cannot be had, with why.
    """
    assert spec.layout is not None and spec.shape is not None
    date = str(spec.release_date)
    run = Planned(spec.shape, spec.layout, chip.name, date, flop, exclude)
    try:
        step = by_step_time(run, evidence)
    except InputError as error:
        if "hardware.csv" in error.where:
            return by_kind, {"no_step_time": str(error)}
        raise
    weight = stacking_weight(evidence, exclude)["weight"]
    both = pooled(step, by_kind, weight)
    ends = np.array([0.95, 0.5, 0.05])  # a high efficiency is few hours
    hours = {
        name: named_percentiles(gpu_hours(spec.tokens, flop, chip.peak_flop_s, view.quantile(ends)))
        for name, view in (("by_kind", by_kind), ("step_time", step), ("combined", both))
    }
    return both, {"views": listed(hours), "step_time_weight": weight}
