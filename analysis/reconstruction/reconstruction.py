"""A model's phases in order: what was disclosed, and what we reconstruct without reading it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.data.chips import Chip, find_chip
from analysis.data.facts import Facts
from analysis.data.scenario import Scenario
from analysis.data.tables import Evidence
from analysis.data.uncertainty import percentiles
from analysis.physics.cost import rental_usd
from analysis.physics.durations import HOURS_PER_DAY, SECONDS_PER_HOUR
from analysis.physics.flop import flop_per_token
from analysis.physics.training import gpu_hours, mfu
from analysis.reconstruction import detail
from analysis.reconstruction.ground import Ground, evaluate, ground_of
from analysis.reconstruction.model import CrossCheck, Model, Phase, configuration
from analysis.reconstruction.phase_samples import PhaseSamples
from analysis.reconstruction.phase_tables import PhaseTables
from analysis.reconstruction.rent import Rent, rent_of
from analysis.runs.references import reference_runs
from analysis.runs.views import listed
from analysis.show.numbers import hours_text

BY_KIND = {"pretraining", "fine_tuning"}  # kinds of stages whose hours follow from an efficiency


@dataclass(frozen=True, eq=False, repr=False)
class PhaseResult(PhaseSamples):
    """One phase that shows itself: its tables, its middle, and frames for its charts."""

    def __repr__(self) -> str:
        interval = percentiles(self.gpu_hours)
        low, middle, high = (hours_text(interval[name]) for name in ("p05", "p50", "p95"))
        disclosed = self.disclosed_gpu_hours
        said = "not disclosed" if disclosed is None else f"disclosed {hours_text(disclosed)}"
        return f"<{self.phase.label}: {middle} GPU-hours ({low} to {high}), {said}>"

    def _repr_html_(self) -> str:
        return self.tables.comparison()._repr_html_()

    @property
    def tables(self) -> PhaseTables:
        """What a page shows of the phase, each a table by one call."""
        return PhaseTables(self)

    def parts(self) -> pd.DataFrame:
        """What share of the hours each part of a stage has, the mean over all draws."""
        return detail.parts_of(self)

    def widths(self) -> pd.DataFrame:
        """How far each uncertain input alone moves the hours, the widest first."""
        return detail.widths_of(self)

    def rollouts(self) -> pd.DataFrame:
        """Seconds of a rollout in each stage of reinforcement learning."""
        return detail.rollout_seconds(self)

    def answer_lengths(self) -> pd.DataFrame:
        """Mean answer lengths of its stages of reinforcement learning."""
        return detail.answer_lengths(self)

    def longest_answers(self) -> pd.DataFrame:
        """The longest answer of a rollout and the limit of answers over the steps."""
        return detail.longest_answers(self)

    def references(self) -> pd.DataFrame:
        """The runs of other developers that its efficiency comes from."""
        own = (self.setting.developer, self.phase.developer)
        runs = reference_runs(self.evidence, exclude=own)
        return runs.assign(kind=runs.architecture)


@dataclass(frozen=True, eq=False, repr=False)
class Reconstruction:
    """All phases of a model under one scenario."""

    model: Model
    scenario: Scenario
    phases: tuple[PhaseResult, ...]
    rent: Rent
    chip: Chip

    @property
    def price_usd_per_gpu_hour(self) -> float:
        """The rent of a GPU-hour [US$]."""
        return self.rent.usd_per_gpu_hour

    @property
    def assumptions(self) -> list[str]:
        """What it rests on besides its sources, in words: rent, chip, inputs that are assumed."""
        model, set_here = self.model, self.scenario.parameters
        said = [f"rent of ${self.price_usd_per_gpu_hour:.2f} a GPU-hour: {self.rent.says}"]
        if model.chip_assumed and set_here.chip is None:
            said.insert(0, f"chip {self.chip.name}: {model.chip_assumed}")
        return said + [
            f"{result.phase.label}, {item.label}: {item.distribution.why}"
            for result in self.phases
            for item in result.inputs.values()
            if item.distribution.why
        ]

    def __getitem__(self, phase_id: str) -> PhaseResult:
        wanted = self.model.phase(phase_id).id
        return next(result for result in self.phases if result.phase.id == wanted)

    def to_dict(self) -> dict[str, Any]:
        """The contract of `traincost reconstruct --json`."""
        phases = [
            {"id": result.phase.id, "label": result.phase.label}
            | _figures([result], self.price_usd_per_gpu_hour, self.chip)
            | {"cross_checks": [_cross_check(check, result) for check in result.phase.cross_checks]}
            | _views(result)
            for result in self.phases
        ]
        total = _figures(self.phases, self.price_usd_per_gpu_hour, self.chip)
        return {"model": self.model.name, "phases": phases, "total": total}


def reconstruct(model_name: str, scenario: Scenario, evidence: Evidence) -> Reconstruction:
    """Reconstruct every phase of a model from the facts, blind to its checks.

    Raises
    ------
    InputError
        For an unknown model or chip, or a model file that names a wrong fact.
    """
    ground = ground_of(model_name, scenario, evidence)
    rent = rent_of(ground.model, scenario, evidence)
    phases = tuple(
        _phase_result(phase, ground, rent.usd_per_gpu_hour, evidence)
        for phase in ground.model.phases
    )
    return Reconstruction(ground.model, scenario, phases, rent, ground.chip)


def _phase_result(phase: Phase, ground: Ground, price: float, evidence: Evidence) -> PhaseResult:
    setting, inputs = ground.settings[phase.id], ground.inputs[phase.id]
    checks = {
        check.id: cross_check_gpu_hours(check, ground.model, evidence)
        for check in phase.cross_checks
    }
    return PhaseResult(
        phase,
        evidence,
        setting,
        inputs,
        evaluate(phase, inputs, ground.draws, setting),
        disclosed_value(phase, "gpu_hours", evidence.facts),
        disclosed_value(phase, "usd", evidence.facts),
        price,
        checks,
    )


def disclosed_value(phase: Phase, field: Literal["gpu_hours", "usd"], facts: Facts) -> float | None:
    """What a phase's source discloses of its hours or dollars; None where it does not."""
    expression = phase.disclosed_as(field)
    return None if expression is None else facts.calculate(expression)


def cross_check_gpu_hours(check: CrossCheck, model: Model, evidence: Evidence) -> float:
    """GPU-hours from inside, by what the developer discloses of the run's speed.

    By throughput: tokens / (tokens a day) x 24 h x GPUs. By MFU: tokens x FLOP per token / (peak x
    MFU), on the developer's own basis (causal attention, BF16 peak, no multi-token prediction), on
    the run's own chip. By a trace of the kernels of some layers, forward and backward of one
    sequence: its time a layer x layers x sequences, a floor without head, bubbles and optimiser.
    """
    facts = evidence.facts
    tokens = facts.with_unit(check.tokens, "tokens").value
    if check.method == "throughput":
        per_day = facts.with_unit(str(check.tokens_per_day), "tokens_per_day").value
        return tokens / per_day * HOURS_PER_DAY * facts.with_unit(str(check.gpus), "chips").value
    length = facts.with_unit(str(check.seq_len_tokens), "tokens").value
    if check.method == "trace":
        seconds = facts.with_unit(str(check.trace_seconds), "seconds").value
        a_layer = seconds / facts.with_unit(str(check.trace_layers), "count").value
        layers = configuration(model, facts).n_layers
        return tokens / length * layers * a_layer / SECONDS_PER_HOUR
    flop = flop_per_token(configuration(model, facts), length)
    peak = find_chip(model.chip, evidence["hardware"]).peak_flop_s
    return float(gpu_hours(tokens, flop, peak, facts.with_unit(str(check.mfu), "ratio").value))


def error_factor(reconstructed: float, disclosed: float) -> float:
    """How many times too large or too small: max(a/b, b/a)."""
    return max(reconstructed / disclosed, disclosed / reconstructed)


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


def _views(result: PhaseResult) -> dict[str, Any]:
    """The hours by each view, and the weight of step time in the combined one; or why there is
    none, where a layout is published. Hours that come from no efficiency have no view.
    """
    by_kind = {"by_kind": result.interval} if set(result.phase.kinds) <= BY_KIND else {}
    found, views = listed(result.hours_by_view or by_kind), result.setting.views
    laid_out = any(getattr(stage.work, "layout", None) for stage in result.phase.stages)
    if laid_out and result.setting.no_step_time:
        return {"views": found, "no_step_time": result.setting.no_step_time}
    return {"views": found} | (
        {"step_time_weight": views.weight} if views and result.hours_by_view else {}
    )


def _cross_check(check: CrossCheck, result: PhaseResult) -> dict[str, Any]:
    return {"id": check.id, "gpu_hours": result.cross_checks[check.id], "facts": check.facts}
