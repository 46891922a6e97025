"""The efficiency of a pre-training stage by each view, where its maker published a layout."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pydantic import ValidationError

from analysis.data.chips import Chip, find_chip
from analysis.data.facts import Facts
from analysis.data.mistakes import InputError, first_mistake
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution
from analysis.physics.architecture import Outline
from analysis.physics.flop import flop_per_token
from analysis.physics.step_time.layout import Layout
from analysis.reconstruction.model import Model, configuration
from analysis.reconstruction.stages import (
    LAYOUT_UNITS,
    PretrainingStage,
    distribution,
    layout_quantities,
)
from analysis.runs.planned import Planned, pooled, step_time_or_why
from analysis.runs.views import stacking_weight


@dataclass(frozen=True)
class Views:
    """Efficiency [1] by kind, by step time and by both, and the weight of step time in the pool."""

    run: Planned
    by_kind: Distribution
    step_time: Distribution
    combined: Distribution
    weight: float

    @property
    def by_name(self) -> dict[str, Distribution]:
        """The three by name, as the results have them."""
        return {"by_kind": self.by_kind, "step_time": self.step_time, "combined": self.combined}


def layout_of_stage(stage: PretrainingStage, facts: Facts, where: str) -> Layout:
    """A stage's layout, each size from its fact.

    Raises
    ------
    InputError
        If its factors do not multiply to the chips.
    """
    assert stage.layout is not None
    sizes = {
        field: float(distribution(quantity, LAYOUT_UNITS[field], facts).quantile(0.5))
        for field, quantity in layout_quantities(stage.layout).items()
    }
    length = float(distribution(stage.seq_len_tokens, "tokens", facts).quantile(0.5))
    choices = stage.layout.model_dump(exclude=set(LAYOUT_UNITS))
    try:
        return Layout.model_validate(choices | sizes | {"seq_len_tokens": length})
    except ValidationError as error:
        raise first_mistake(error, f"{where}.layout", Layout.model_fields) from None


def views_of(
    model: Model,
    chip: Chip,
    facts: Facts,
    by_kind: Distribution,
    developers: Collection[str],
    evidence: Evidence,
) -> Views | str | None:
    """The views of a model's stage with a layout; None where no stage has one or the architecture
    is an outline. Where the time of a step cannot be had, why: the chip is another than the run's,
    or nothing is measured of it.
    """
    own_chip = find_chip(model.chip, evidence["hardware"])
    laid_out = [
        (f"{phase.id}.{stage.id}", stage.work, phase.release_date)
        for phase in model.phases
        for stage in phase.stages
        if isinstance(stage.work, PretrainingStage) and stage.work.layout is not None
    ]
    architecture = configuration(model, facts)
    if not laid_out or isinstance(architecture, Outline):
        return None
    if chip != own_chip:
        return f"the layout is of {own_chip.name}, not of {chip.name}"
    name, stage, date = laid_out[0]
    where = f"models/{model.name}.toml, {name}"
    layout = layout_of_stage(stage, facts, where)
    flop = float(flop_per_token(architecture, layout.seq_len_tokens, mtp=True))
    like = evidence["training_throughput"].like
    run = Planned(
        architecture,
        layout,
        chip.name,
        str(date),
        flop,
        tuple(sorted(developers)),
        tuple(sorted(set(like[like != ""]))),
    )
    try:
        step = step_time_or_why(run, evidence)
    except InputError as error:
        raise error.at(where) from None
    if isinstance(step, str):
        return step
    weight = stacking_weight(evidence, developers)["weight"]
    return Views(run, by_kind, step, pooled(step, by_kind, weight), weight)
