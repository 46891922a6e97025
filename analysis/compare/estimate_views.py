"""An estimate by both views, for a run whose layout is given."""

from __future__ import annotations

from typing import Any

from analysis.compare.specification import PretrainingSpec
from analysis.data.chips import Chip
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution
from analysis.runs.planned import Planned, pooled, step_time_or_why
from analysis.runs.views import hours_by, listed, stacking_weight


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
    step = step_time_or_why(run, evidence)
    if isinstance(step, str):
        return by_kind, {"no_step_time": step}
    weight = stacking_weight(evidence, exclude)["weight"]
    both = pooled(step, by_kind, weight)
    hours = {
        name: hours_by(view, spec.tokens, flop, chip.peak_flop_s)
        for name, view in (("by_kind", by_kind), ("step_time", step), ("combined", both))
    }
    return both, {"views": listed(hours), "step_time_weight": weight}
