"""What a reconstruction stands on: what each phase may know, its inputs, one draw of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
import pandas as pd

from analysis.data.chips import Chip, chip_of
from analysis.data.expressions import facts_in
from analysis.data.facts import Facts
from analysis.data.mistakes import InputError
from analysis.data.scenario import Parameters, Scenario
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution, draw
from analysis.physics.flop import flop_per_token
from analysis.physics.parameters import multiplying_parameters, total_parameters
from analysis.reconstruction.kinds import KINDS
from analysis.reconstruction.model import Model, NamedStage, Phase, configuration
from analysis.reconstruction.model_file import load_model
from analysis.reconstruction.setting import Input, Setting, Work
from analysis.reconstruction.stages import (
    PretrainingStage,
    ReinforcementStage,
    distribution,
    stage_quantities,
    unit_of,
)
from analysis.reconstruction.views import views_of
from analysis.runs.efficiency import Estimator, estimator_for


@dataclass(frozen=True)
class Ground:
    """What a reconstruction stands on: the model, and for each phase its setting, its inputs by
    stage and field, and one draw of all.
    """

    model: Model
    chip: Chip
    settings: Mapping[str, Setting]
    inputs: Mapping[str, Mapping[str, Mapping[str, Input]]]
    draws: Mapping[str, np.ndarray]

    def parameters_of(self, phase_id: str, stage: NamedStage) -> tuple[str, ...]:
        """The parameters of a scenario that reach a stage's hours."""
        inputs = self.inputs[phase_id][stage.id].values()
        named = tuple(
            sorted({i.distribution.parameter for i in inputs if i.distribution.parameter})
        )
        longest = (
            isinstance(stage.work, ReinforcementStage)
            and self.settings[phase_id].parameters.longest_answer_tokens is not None
        )
        return (*named, "longest_answer_tokens") if longest else named

    def stage_gpu_hours(
        self, phase_id: str, stage: NamedStage, parameters: Parameters
    ) -> np.ndarray:
        """GPU-hours of a stage with other values of the parameters that are set here; an array of
        shape (samples,).
        """
        setting = replace(self.settings[phase_id], parameters=parameters)
        values = {}
        for field, item in self.inputs[phase_id][stage.id].items():
            given = given_by(item.distribution, parameters)
            values[field] = (
                self.draws[item.name] if given is None else np.full(parameters.samples, given)
            )
        return KINDS[stage.work.kind][1](stage.work, values, setting).gpu_hours


def given_by(distribution: Distribution, parameters: Parameters) -> float | None:
    """The value that a parameter gives an input whose distribution came from that parameter; None
    for all others.
    """
    if distribution.parameter is None:
        return None
    return float(getattr(parameters, distribution.parameter))


def ground_of(model_name: str, scenario: Scenario, evidence: Evidence) -> Ground:
    """The settings, inputs and draws of a model's phases under a scenario."""
    model = load_model(model_name, evidence)
    if not model.phases:
        raise InputError(
            f"{model_name} has no phases to reconstruct: its file holds an architecture only",
            f"models/{model_name}.toml",
        )
    chip = chip_of(scenario, model.chip, evidence["hardware"])
    by_developer = {
        developer: setting_of(model_name, developer, scenario, evidence)
        for developer in dict.fromkeys(phase.developer for phase in model.phases)
    }
    settings = {phase.id: by_developer[phase.developer] for phase in model.phases}
    inputs = {phase.id: phase_inputs(phase, settings[phase.id]) for phase in model.phases}
    every = {
        item.name: item.distribution
        for stages in inputs.values()
        for fields in stages.values()
        for item in fields.values()
    }
    draws = draw(every, scenario.parameters.samples, scenario.parameters.seed)
    return Ground(model, chip, settings, inputs, draws)


def setting_of(model_name: str, developer: str, scenario: Scenario, evidence: Evidence) -> Setting:
    """What a developer's phase of a model may know: the facts less every check, and no run of its
    own developer.
    """
    model = load_model(model_name, evidence)
    chip = chip_of(scenario, model.chip, evidence["hardware"])
    return _known_to(model_name, developer, chip, evidence)(
        parameters=scenario.parameters,
        chip_assumed=bool(model.chip_assumed) and scenario.parameters.chip is None,
    )


@lru_cache(maxsize=32)
def _known_to(
    model_name: str, developer: str, chip: Chip, evidence: Evidence
) -> Callable[..., Setting]:
    """What a setting holds whatever a scenario sets beside the chip, for all scenarios."""
    model = load_model(model_name, evidence)
    own = {model.developer, developer}
    facts = evidence.facts.without(model.checks)
    mfu = training_mfu(model, chip, facts, estimator_for(evidence, own))
    architecture = configuration(model, facts)
    views = views_of(model, chip, facts, mfu.distribution, own, evidence)
    return partial(
        Setting,
        facts=facts,
        tables=evidence.without_runs_of(own),
        developer=developer,
        configuration=architecture,
        architecture_kind=model.architecture_kind,
        decoding=model.decoding,
        chip=chip,
        mfu=mfu,
        views=None if isinstance(views, str) else views,
        no_step_time=views if isinstance(views, str) else "",
        sizes_assumed=any(facts[name].kind == "assumption" for name in _of_sizes(model)),
    )


def _of_sizes(model: Model) -> Iterator[str]:
    """The facts that the sizes of a model rest on."""
    for size in model.architecture.values():
        yield from facts_in(size)


def training_mfu(model: Model, chip: Chip, facts: Facts, estimator: Estimator) -> Input:
    """The MFU of a model's training, by the estimator without its developer; one draw for every
    stage that trains.

    The estimator sees what is public of the model's first pre-training stage; a model without one
    is seen by its architecture alone, at the median tokens and length of the runs.
    """
    architecture = configuration(model, facts)
    runs = estimator.runs
    values = {
        "tokens": float(runs.tokens.median()),
        "seq_len_tokens": float(runs.seq_len_tokens.median()),
    }
    stages = [stage for stage in model.stages if isinstance(stage, PretrainingStage)]
    for field, quantity in stage_quantities(stages[0]).items() if stages else ():
        if field in values:
            values[field] = float(distribution(quantity, unit_of(field), facts).quantile(0.5))
    run = values | {
        "params_total": total_parameters(architecture),
        "params_active": multiplying_parameters(architecture),
        "flop_per_token": float(flop_per_token(architecture, values["seq_len_tokens"])),
        "architecture": model.architecture_kind,
        "chip": chip.name,
        "precision": "",
        "release_date": str(model.release_date),
        "developer": model.developer,
    }
    return Input(
        "mfu", "efficiency of training", "ratio", estimator.predict(pd.DataFrame([run]))[0]
    )


def phase_inputs(phase: Phase, setting: Setting) -> dict[str, dict[str, Input]]:
    def named(stage: NamedStage, item: Input) -> Input:
        if not item.own:
            return item
        return replace(
            item,
            name=f"{phase.id}.{stage.id}.{item.name}",
            label=f"{item.label}, {stage.label.lower()}",
        )

    return {
        stage.id: {
            field: named(stage, item)
            for field, item in KINDS[stage.work.kind][0](stage.work, setting).items()
        }
        for stage in phase.stages
    }


def evaluate(
    phase: Phase,
    inputs: Mapping[str, Mapping[str, Input]],
    draws: Mapping[str, np.ndarray],
    setting: Setting,
) -> dict[str, Work]:
    def work(stage: NamedStage) -> Work:
        values = {field: draws[item.name] for field, item in inputs[stage.id].items()}
        return KINDS[stage.work.kind][1](stage.work, values, setting)

    return {stage.id: work(stage) for stage in phase.stages}
