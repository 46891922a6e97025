"""What a parameter that nobody sets is drawn from."""

from __future__ import annotations

from analysis.data.scenario import with_values
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution
from analysis.reconstruction.ground import Ground, ground_of
from analysis.reconstruction.ladder import Assumptions
from analysis.reconstruction.reconstruction import Reconstruction
from analysis.reconstruction.setting import Input
from analysis.reconstruction.sweep import HOURS_FIRST
from analysis.reconstruction.tabulated import SHARE, USE, tabulated_range


def open_ranges(free: Reconstruction, evidence: Evidence) -> dict[str, dict[str, float]]:
    """The 5th, 50th and 95th percentile of each parameter left open; none of one that no
    distribution stands for.
    """
    of_bill = Assumptions.of(free.model, free.chip, free.scenario.parameters, evidence)
    found = _of_hours(free, evidence)
    for line in free.model.boundaries:
        if line.parameter == SHARE:
            found[SHARE] = of_bill.distributions[line.id]
    if of_bill.ownership:
        found[USE] = of_bill.distributions["own_utilisation"]
    return {name: distribution.percentiles() for name, distribution in found.items()}


def _of_hours(free: Reconstruction, evidence: Evidence) -> dict[str, Distribution]:
    """By parameter, the input that it takes the place of: the one at the same place."""
    values = {name: tabulated_range(name)[0] for name in HOURS_FIRST}
    left = _inputs(ground_of(free.model.name, free.scenario, evidence))
    given = ground_of(free.model.name, with_values(free.scenario, values), evidence)
    return {
        item.distribution.parameter: left[place].distribution
        for place, item in _inputs(given).items()
        if item.distribution.parameter
    }


def _inputs(ground: Ground) -> dict[tuple[str, str, str], Input]:
    """Every input by phase, stage and field."""
    return {
        (phase, stage, field): item
        for phase, stages in ground.inputs.items()
        for stage, fields in stages.items()
        for field, item in fields.items()
    }
