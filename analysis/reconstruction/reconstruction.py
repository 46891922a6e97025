"""A model's phases in order: what was disclosed, and what we reconstruct without reading it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.chips import Chip, find_chip
from analysis.data.facts import Facts
from analysis.data.mistakes import InputError
from analysis.data.scenario import Parameters, Scenario
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution, draw, percentiles
from analysis.physics.architecture import (
    flop_per_token,
    multiplying_parameters,
    total_parameters,
)
from analysis.physics.cost import rental_usd
from analysis.physics.training import gpu_hours, mfu
from analysis.reconstruction.kinds import KINDS
from analysis.reconstruction.model import (
    CrossCheck,
    Model,
    NamedStage,
    Phase,
    configuration,
    load_model,
)
from analysis.reconstruction.reinforcement import rollouts_by_segment, segment_lengths
from analysis.reconstruction.setting import Input, Setting, Work
from analysis.reconstruction.stages import (
    PretrainingStage,
    ReinforcementStage,
    distribution,
    stage_quantities,
    unit_of,
)
from analysis.runs.efficiency import Estimator, estimator_for

RUN_TABLES = ("training_runs", "rl_runs")


@dataclass(frozen=True)
class PhaseResult:
    """One phase: samples of its hours, dollars, FLOP and MFU, by stage and part, and what is
    disclosed.
    """

    phase: Phase
    stages: Mapping[str, Work]
    inputs: Mapping[str, Input]
    disclosed_gpu_hours: float | None
    disclosed_usd: float | None
    price_usd_per_gpu_hour: float
    chip: Chip
    cross_checks: Mapping[str, float]

    @property
    def gpu_hours(self) -> np.ndarray:
        return np.sum([work.gpu_hours for work in self.stages.values()], axis=0)

    @property
    def flop(self) -> np.ndarray:
        return np.sum([work.flop for work in self.stages.values()], axis=0)


@dataclass(frozen=True)
class Reconstruction:
    """All phases of a model under one scenario."""

    model: Model
    scenario: Scenario
    phases: tuple[PhaseResult, ...]
    price_usd_per_gpu_hour: float
    chip: Chip

    def __getitem__(self, phase_id: str) -> PhaseResult:
        wanted = self.model.phase(phase_id).id
        return next(result for result in self.phases if result.phase.id == wanted)

    def to_dict(self) -> dict[str, Any]:
        """The contract of `traincost reconstruct --json`."""
        phases = [
            {"id": result.phase.id, "label": result.phase.label}
            | _figures([result], self.price_usd_per_gpu_hour, self.chip)
            | {"cross_checks": [_cross_check(check, result) for check in result.phase.cross_checks]}
            for result in self.phases
        ]
        return {
            "model": self.model.name,
            "phases": phases,
            "total": _figures(self.phases, self.price_usd_per_gpu_hour, self.chip),
        }


def reconstruct(model_name: str, scenario: Scenario, evidence: Evidence) -> Reconstruction:
    """Reconstruct every phase of a model from the facts, blind to its checks.

    Raises
    ------
    InputError
        For an unknown model or chip, or a model file that names a wrong fact.
    """
    ground = ground_of(model_name, scenario, evidence)
    model, chip = ground.model, ground.chip
    price = scenario.parameters.price_usd_per_gpu_hour
    if price is None:
        price = evidence.facts.with_unit(model.price_usd_per_gpu_hour, "usd_per_gpu_hour").value
    results = []
    for phase in model.phases:
        stages = _evaluate(phase, ground.inputs[phase.id], ground.draws, ground.settings[phase.id])
        named = {
            item.name: item
            for fields in ground.inputs[phase.id].values()
            for item in fields.values()
        }
        checks = {
            check.id: cross_check_gpu_hours(check, model, evidence) for check in phase.cross_checks
        }
        hours = (
            evidence.facts.with_unit(phase.disclosed.gpu_hours, "gpu_hours").value
            if phase.disclosed
            else None
        )
        usd = (
            evidence.facts.with_unit(phase.disclosed.usd, "usd").value if phase.disclosed else None
        )
        results.append(PhaseResult(phase, stages, named, hours, usd, price, chip, checks))
    return Reconstruction(model, scenario, tuple(results), price, chip)


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
            f"{model_name} has no phases to reconstruct: its file holds an architecture only"
        )
    chip = find_chip(scenario.parameters.chip or model.chip, evidence["hardware"])
    settings = {phase.id: setting_of(model, phase, scenario, evidence) for phase in model.phases}
    inputs = {phase.id: _phase_inputs(phase, settings[phase.id]) for phase in model.phases}
    every = {
        item.name: item.distribution
        for stages in inputs.values()
        for fields in stages.values()
        for item in fields.values()
    }
    draws = draw(every, scenario.parameters.samples, scenario.parameters.seed)
    return Ground(model, chip, settings, inputs, draws)


def setting_of(model: Model, phase: Phase, scenario: Scenario, evidence: Evidence) -> Setting:
    """What a phase may know: the facts less every check, and no run of its own developer."""
    own = {model.developer, phase.developer}
    tables = {
        name: table[~table.developer.isin(own)] if name in RUN_TABLES else table
        for name, table in ((name, evidence[name]) for name in evidence.tables if name != "facts")
    }
    facts = evidence.facts.without(model.checks)
    chip = find_chip(scenario.parameters.chip or model.chip, evidence["hardware"])
    mfu = training_mfu(model, chip, facts, estimator_for(evidence, own))
    architecture = configuration(model, facts)
    return Setting(
        facts,
        tables,
        phase.developer,
        architecture,
        model.architecture_kind,
        model.decoding,
        chip,
        scenario.parameters,
        mfu,
    )


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
    stages = [
        stage.work
        for phase in model.phases
        for stage in phase.stages
        if isinstance(stage.work, PretrainingStage)
    ]
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
    return Input("mfu", "MFU of training", "ratio", estimator.predict(pd.DataFrame([run]))[0])


def cross_check_gpu_hours(check: CrossCheck, model: Model, evidence: Evidence) -> float:
    """GPU-hours from inside, by what the developer discloses of the run's speed.

    By throughput: tokens / (tokens a day) x 24 h x GPUs. By MFU: tokens x FLOP per token / (peak x
    MFU), on the developer's own basis (causal attention, BF16 peak, no multi-token prediction), on
    the run's own chip.
    """
    facts = evidence.facts
    tokens = facts.with_unit(check.tokens, "tokens").value
    if check.method == "throughput":
        per_day = facts.with_unit(str(check.tokens_per_day), "tokens_per_day").value
        return tokens / per_day * 24.0 * facts.with_unit(str(check.gpus), "chips").value
    length = facts.with_unit(str(check.seq_len_tokens), "tokens").value
    flop = flop_per_token(configuration(model, facts), length)
    peak = find_chip(model.chip, evidence["hardware"]).peak_flop_s
    return float(gpu_hours(tokens, flop, peak, facts.with_unit(str(check.mfu), "ratio").value))


def parts_of(result: PhaseResult) -> pd.DataFrame:
    """GPU-hours by stage and part: each part's mean share over the samples, and that share of the
    median hours.
    """
    total = result.gpu_hours
    rows = [
        {"stage": stage.label, "part": part, "share": float(np.mean(hours / total))}
        for stage in result.phase.stages
        for part, hours in result.stages[stage.id].parts.items()
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(gpu_hours=frame.share * float(np.median(total)))


def widths_of(
    result: PhaseResult, reconstruction: Reconstruction, evidence: Evidence
) -> pd.DataFrame:
    """How far each uncertain input alone moves a phase's hours, the others at their medians; widest
    first.

    `factor` is the hours at the input's 95th percentile over those at its 5th, or the inverse if
    that is larger.
    """
    setting = setting_of(reconstruction.model, result.phase, reconstruction.scenario, evidence)
    inputs = _phase_inputs(result.phase, setting)
    middle = {name: item.distribution.quantile([0.5, 0.5]) for name, item in result.inputs.items()}
    rows = []
    for name, item in result.inputs.items():
        if item.distribution.shape == "constant":
            continue
        ends = item.distribution.quantile([0.05, 0.95])
        low, high = np.sum(
            [
                work.gpu_hours
                for work in _evaluate(result.phase, inputs, middle | {name: ends}, setting).values()
            ],
            axis=0,
        )
        basis = item.distribution.basis
        rows.append(
            {
                "input": item.label,
                "p05": ends[0],
                "p95": ends[1],
                "assumed": item.distribution.assumed,
                "basis": basis,
                "factor": max(high / low, low / high),
            }
        )
    columns = ["input", "p05", "p95", "assumed", "basis", "factor"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        "factor", ascending=False, ignore_index=True
    )


def uncertain_inputs(reconstruction: Reconstruction, phase: str | None = None) -> dict[str, Input]:
    """The inputs of a phase, or of all, that have more than one value, by name."""
    results = [reconstruction[phase]] if phase else reconstruction.phases
    found = {name: item for result in results for name, item in result.inputs.items()}
    return {
        name: found[name] for name in sorted(found) if found[name].distribution.shape != "constant"
    }


def gpu_hours_of(
    reconstruction: Reconstruction,
    evidence: Evidence,
    draws: Mapping[str, np.ndarray],
    phase: str | None = None,
) -> np.ndarray:
    """GPU-hours of a phase, or of all, at given values of the uncertain inputs (arrays of one
    shape).
    """
    hours: list[np.ndarray] = []
    size = len(next(iter(draws.values())))
    for result in [reconstruction[phase]] if phase else reconstruction.phases:
        setting = setting_of(reconstruction.model, result.phase, reconstruction.scenario, evidence)
        values = {
            name: draws.get(name, item.distribution.quantile(np.full(size, 0.5)))
            for name, item in result.inputs.items()
        }
        works = _evaluate(result.phase, _phase_inputs(result.phase, setting), values, setting)
        hours += [work.gpu_hours for work in works.values()]
    return np.sum(hours, axis=0)


def rollout_seconds(
    result: PhaseResult, reconstruction: Reconstruction, evidence: Evidence
) -> pd.DataFrame:
    """Seconds of a rollout in each stage of reinforcement learning, every input at its median.

    Returns
    -------
    DataFrame
        `stage`, `step` (several where a length curve is known), `bound` (full throughput, longest
        answer, whole rollout) and `seconds`.
    """
    setting = setting_of(reconstruction.model, result.phase, reconstruction.scenario, evidence)
    inputs = _phase_inputs(result.phase, setting)
    frames = []
    for stage in result.phase.stages:
        if not isinstance(stage.work, ReinforcementStage):
            continue
        values = {
            field: item.distribution.quantile([0.5]) for field, item in inputs[stage.id].items()
        }
        parts = {
            name: seconds[:, 0]
            for name, seconds in rollouts_by_segment(stage.work, values, setting)[0].items()
        }
        throughput = parts["generation at full throughput"]
        bounds = {
            "full throughput": throughput,
            "longest answer": throughput + parts["waiting for the longest answer"],
            "whole rollout": np.sum(list(parts.values()), axis=0),
        }
        step = (np.arange(len(throughput)) + 0.5) / len(throughput) * values["steps"][0]
        frames += [
            pd.DataFrame({"stage": stage.label, "step": step, "bound": name, "seconds": found})
            for name, found in bounds.items()
        ]
    return _stacked(frames, result.phase)


def rollout_run(
    reconstruction: Reconstruction, result: PhaseResult, stage_id: str, evidence: Evidence
) -> tuple[pd.DataFrame, float]:
    """A stage's rollout as a row of rl_runs.csv, every input at its median, and how many rollouts
    there are.
    """
    setting = setting_of(reconstruction.model, result.phase, reconstruction.scenario, evidence)
    stage = next(
        stage.work
        for stage in result.phase.stages
        if stage.id == stage_id and isinstance(stage.work, ReinforcementStage)
    )
    items = _phase_inputs(result.phase, setting)[stage_id]
    values = {field: item.distribution.quantile([0.5]) for field, item in items.items()}
    lengths = segment_lengths(stage, values, setting)
    rollouts = float(
        values["steps"][0]
        * values["prompts_per_step"][0]
        * values["samples_per_prompt"][0]
        / values["answers_per_rollout"][0]
    )
    run = {
        "params_total": total_parameters(setting.configuration),
        "params_active": multiplying_parameters(setting.configuration),
        "chip": setting.chip.name,
        "chips": values["gpus"][0],
        "prompts_per_step": values["answers_per_rollout"][0],
        "samples_per_prompt": 1.0,
        "mean_len_tokens": float(np.mean(lengths)),
        "max_len_tokens": values["limit_0_tokens"][0],
        "mode": "synchronous",
    }
    return pd.DataFrame([run]), rollouts


def answer_lengths(
    result: PhaseResult, reconstruction: Reconstruction, evidence: Evidence
) -> pd.DataFrame:
    """Mean answer lengths of each stage of reinforcement learning: the published curve, or the
    range we take.

    Returns
    -------
    DataFrame
        `stage`, `step`, `mean_answer_tokens`, `low_answer_tokens`, `high_answer_tokens` [token] and
        `kind`.
    """
    setting = setting_of(reconstruction.model, result.phase, reconstruction.scenario, evidence)
    inputs = _phase_inputs(result.phase, setting)
    columns = ["step", "mean_answer_tokens", "low_answer_tokens", "high_answer_tokens", "kind"]
    frames = []
    for stage in result.phase.stages:
        if not isinstance(stage.work, ReinforcementStage):
            continue
        if stage.work.length_curve:
            frame = evidence[stage.work.length_curve][columns]
        else:
            low, middle, high = inputs[stage.id]["mean_answer_tokens"].distribution.quantile(
                [0.05, 0.5, 0.95]
            )
            frame = pd.DataFrame([[0, middle, low, high, "assumed"]], columns=columns)
        frames.append(frame.assign(stage=stage.label))
    return _stacked(frames, result.phase)


def _stacked(frames: list[pd.DataFrame], phase: Phase) -> pd.DataFrame:
    if not frames:
        raise InputError(
            f"{phase.id} has no stage of reinforcement learning; another notebook shows it"
        )
    return pd.concat(frames, ignore_index=True)


def error_factor(reconstructed: float, disclosed: float) -> float:
    """How many times too large or too small: max(a/b, b/a)."""
    return max(reconstructed / disclosed, disclosed / reconstructed)


def _phase_inputs(phase: Phase, setting: Setting) -> dict[str, dict[str, Input]]:
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


def _evaluate(
    phase: Phase,
    inputs: Mapping[str, Mapping[str, Input]],
    draws: Mapping[str, np.ndarray],
    setting: Setting,
) -> dict[str, Work]:
    def work(stage: NamedStage) -> Work:
        values = {field: draws[item.name] for field, item in inputs[stage.id].items()}
        return KINDS[stage.work.kind][1](stage.work, values, setting)

    return {stage.id: work(stage) for stage in phase.stages}


def _figures(
    results: tuple[PhaseResult, ...] | list[PhaseResult], price: float, chip: Chip
) -> dict[str, Any]:
    hours = np.sum([result.gpu_hours for result in results], axis=0)
    flop = np.sum([result.flop for result in results], axis=0)
    disclosed = _sum_if_all([result.disclosed_gpu_hours for result in results])
    disclosed_usd = _sum_if_all([result.disclosed_usd for result in results])
    middle = percentiles(hours)
    return {
        "gpu_hours": {"disclosed": disclosed, "reconstructed": middle},
        "usd": {
            "disclosed": disclosed_usd,
            "reconstructed": percentiles(rental_usd(hours, price)),
        },
        "flop": percentiles(flop),
        "mfu": percentiles(mfu(flop, hours, chip.peak_flop_s)),
        "error_factor": None if disclosed is None else error_factor(middle["p50"], disclosed),
    }


def _sum_if_all(values: list[float | None]) -> float | None:
    """The sum, or None if a summand is not disclosed."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _cross_check(check: CrossCheck, result: PhaseResult) -> dict[str, Any]:
    return {"id": check.id, "gpu_hours": result.cross_checks[check.id], "facts": check.facts}
