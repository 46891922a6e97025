"""A model as data: its architecture, its phases by stages, and the checks that no reconstruction may read.

A file in `models/` holds identity, the fact ids of its own configuration, and `[[phase]]` with
`[[phase.stage]]`; adding a model needs no Python.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.architecture import Configuration
from analysis.data import Evidence, Facts, InputError, did_you_mean, facts_in, first_mistake, named_file, read_toml
from analysis.sampling import Distribution, between, constant, from_fact


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Span(_Strict):
    """A range between two expressions of fact ids, where no single fact has it; `why` says whose range it is."""

    low: str
    high: str
    why: str


class Borrowed(_Strict):
    """A fact of another phase in the place of one that is not disclosed: an assumption, and `why`."""

    take: str
    why: str


Quantity = Annotated[str | Span | Borrowed, Field(description="A fact id, an expression, a span of two, or one borrowed.")]


class PretrainingStage(_Strict):
    """Tokens once through the model at one sequence length."""

    kind: Literal["pretraining"]
    tokens: Quantity | None = None
    steps: Quantity | None = None
    sequences_per_step: Quantity | None = None
    seq_len_tokens: Quantity


class FineTuningStage(_Strict):
    """Samples of a mean length, for some epochs."""

    kind: Literal["fine_tuning"]
    epochs: Quantity
    samples: Quantity
    mean_tokens: Quantity


class GenerationStage(_Strict):
    """Samples written by the model; `draws_per_kept_sample` of them for each that was kept."""

    kind: Literal["generation"]
    samples: Quantity
    mean_tokens: Quantity
    draws_per_kept_sample: Quantity | None = None


class LengthLimit(_Strict):
    """The largest answer length from a step on."""

    tokens: Quantity
    from_step: str | None = None


class ReinforcementStage(_Strict):
    """Steps of reinforcement learning; where `steps` is absent, other developers' runs say how many."""

    kind: Literal["reinforcement"]
    gpus: Quantity
    prompts_per_step: Quantity
    samples_per_prompt: Quantity
    answers_per_rollout: Quantity
    limits: list[LengthLimit]
    steps: Quantity | None = None
    mean_answer_tokens: Quantity | None = None
    length_curve: str | None = None


Stage = Annotated[PretrainingStage | FineTuningStage | GenerationStage | ReinforcementStage, Field(discriminator="kind")]

# The unit each field expects of a fact.
UNITS = {
    "tokens": "tokens",
    "steps": "steps",
    "sequences_per_step": "sequences",
    "seq_len_tokens": "tokens",
    "epochs": "epochs",
    "samples": "samples",
    "mean_tokens": "tokens",
    "draws_per_kept_sample": "draws_per_kept_sample",
    "gpus": "chips",
    "prompts_per_step": "prompts_per_step",
    "samples_per_prompt": "samples_per_prompt",
    "answers_per_rollout": "samples_per_rollout",
    "mean_answer_tokens": "tokens",
    "time_per_output_token_ms": "ms_per_token",
    "answer_length_log_sd": "log_sd",
    "scoring_forward_passes": "count",
    "from_step": "steps",
}


class Decoding(_Strict):
    """How fast the developer's stack writes tokens, as far as its serving says."""

    own_tokens_per_s_per_gpu: str
    time_per_output_token_ms: Quantity
    answer_length_log_sd: Quantity
    scoring_forward_passes: Quantity


class NamedStage(_Strict):
    id: str
    label: str
    work: Stage


class CrossCheck(_Strict):
    """Hours from inside: by a throughput or an MFU that the developer discloses. Never part of the reconstruction."""

    id: str
    label: str
    method: Literal["throughput", "mfu"]
    tokens: str
    gpus: str | None = None
    tokens_per_day: str | None = None
    seq_len_tokens: str | None = None
    mfu: str | None = None

    @property
    def facts(self) -> list[str]:
        """The facts it rests on."""
        named = (self.tokens, self.gpus, self.tokens_per_day, self.seq_len_tokens, self.mfu)
        return [fact for fact in named if fact is not None]


class Disclosed(_Strict):
    gpu_hours: str
    usd: str


class Phase(_Strict):
    """One line of the bill."""

    id: str
    label: str
    developer: str
    summary: str
    explanation: str
    not_known: list[str]
    disclosed: Disclosed
    stages: list[NamedStage]
    cross_checks: list[CrossCheck] = []


class Boundary(_Strict):
    """A rung of the ladder: the phases that it adds to the rung below."""

    id: str
    label: str
    adds: list[str]


class Model(_Strict):
    """A model with its phases in order, those of the model it stands on first."""

    name: str
    title: str
    developer: str
    release_date: datetime.date
    architecture_kind: Literal["dense", "moe"]
    chip: str
    price_usd_per_gpu_hour: str
    architecture: dict[str, str]
    decoding: Decoding | None
    phases: list[Phase]
    boundaries: list[Boundary]
    checks: list[str]

    def phase(self, phase_id: str) -> Phase:
        """The phase of that id; an `InputError` with the nearest one if there is none."""
        for phase in self.phases:
            if phase.id == phase_id:
                return phase
        known = [phase.id for phase in self.phases]
        raise InputError(f"{phase_id} is not a phase of {self.name}: {', '.join(known)}{did_you_mean(phase_id, known)}")


class _StageFile(BaseModel):
    model_config = ConfigDict(extra="allow")
    id: str
    label: str


class _PhaseFile(_Strict):
    id: str
    label: str
    summary: str
    explanation: str
    not_known: list[str] = []
    disclosed: Disclosed
    stage: list[_StageFile]
    cross_check: list[CrossCheck] = []


class _ModelFile(_Strict):
    title: str
    developer: str
    release_date: datetime.date
    architecture_kind: Literal["dense", "moe"] = "moe"
    chip: str
    price_usd_per_gpu_hour: str
    stands_on: str | None = None
    architecture: dict[str, str] = {}
    decoding: Decoding | None = None
    checks: list[str] = []
    boundary: list[Boundary] = []
    phase: list[_PhaseFile] = []


def load_model(name: str, evidence: Evidence) -> Model:
    """Read `models/NAME.toml` and the model it stands on, and check every fact it names.

    Raises
    ------
    InputError
        For an unknown model, key or fact, a fact of another unit, or an input that is also a check.
    """
    path = named_file(evidence.directory, "models", name)
    file = _read(path)
    base = load_model(file.stands_on, evidence) if file.stands_on else None
    try:
        phases = [_phase(phase, file.developer) for phase in file.phase]
    except ValidationError as error:
        raise first_mistake(error, f"models/{path.name}, ", UNITS) from None
    model = Model(
        name=name,
        title=file.title,
        developer=file.developer,
        release_date=file.release_date,
        architecture_kind=file.architecture_kind,
        chip=file.chip,
        price_usd_per_gpu_hour=file.price_usd_per_gpu_hour,
        architecture=file.architecture or (base.architecture if base else {}),
        decoding=file.decoding or (base.decoding if base else None),
        phases=(base.phases if base else []) + phases,
        boundaries=file.boundary,
        checks=(base.checks if base else []) + file.checks,
    )
    _check_facts(model, evidence.facts, path.name)
    return model


def list_models(evidence: Evidence) -> list[str]:
    """Names of the models in the evidence folder."""
    return sorted(path.stem for path in (evidence.directory / "models").glob("*.toml"))


def configuration(model: Model, facts: Facts) -> Configuration:
    """The model's configuration, each size from its fact."""
    return Configuration(**{key: int(facts.with_unit(fact, "count").value) for key, fact in model.architecture.items()})


def distribution(quantity: str | Span | Borrowed, unit: str, facts: Facts) -> Distribution:
    """How a stage's input is distributed: by its fact, by arithmetic on facts, or between two of them."""
    if isinstance(quantity, Borrowed):
        return replace(from_fact(facts.with_unit(quantity.take, unit)), assumed=True)
    if isinstance(quantity, Span):
        named = ", ".join(facts_in(quantity.low) + facts_in(quantity.high))
        return between(_value(quantity.low, unit, facts), _value(quantity.high, unit, facts, high=True), named, assumed=True)
    if quantity.isidentifier():
        return from_fact(facts.with_unit(quantity, unit))
    return constant(facts.calculate(quantity), ", ".join(facts_in(quantity)))


def stage_quantities(stage: Stage) -> dict[str, str | Span | Borrowed]:
    """The quantities of a stage by field, those of its length limits by position."""
    found: dict[str, str | Span | Borrowed] = {}
    for field in type(stage).model_fields:
        value = getattr(stage, field)
        if field == "limits":
            for position, limit in enumerate(value):
                found[f"limit_{position}_tokens"] = limit.tokens
        elif field in UNITS and value is not None:
            found[field] = value
    return found


def expressions_of(quantity: str | Span | Borrowed) -> list[str]:
    """The expressions that a quantity is made of."""
    if isinstance(quantity, Span):
        return [quantity.low, quantity.high]
    return [quantity.take if isinstance(quantity, Borrowed) else quantity]


def unit_of(field: str) -> str:
    """The unit that a stage's field expects."""
    return "tokens" if field.startswith("limit_") else UNITS[field]


def _value(expression: str, unit: str, facts: Facts, high: bool = False) -> float:
    if not expression.isidentifier():
        return facts.calculate(expression)
    fact = facts.with_unit(expression, unit)
    return (fact.high if high else fact.low) if fact.has_range else fact.value


def _read(path: Path) -> _ModelFile:
    try:
        return _ModelFile.model_validate(read_toml(path))
    except ValidationError as error:
        raise first_mistake(error, f"models/{path.name}, ", _ModelFile.model_fields) from None


def _phase(file: _PhaseFile, developer: str) -> Phase:
    stages = [NamedStage.model_validate({"id": stage.id, "label": stage.label, "work": stage.model_extra}) for stage in file.stage]
    content = file.model_dump(exclude={"stage", "cross_check"})
    return Phase(**content, developer=developer, stages=stages, cross_checks=file.cross_check)


def _check_facts(model: Model, facts: Facts, file: str) -> None:
    """Every fact exists, in the unit its use expects, and no input is a check."""
    for check in model.checks:
        if check not in facts:
            raise InputError(f"models/{file}, checks: {check} is not a fact{did_you_mean(check, facts)}")
    for boundary in model.boundaries:
        for phase_id in boundary.adds:
            model.phase(phase_id)
    for key, fact in model.architecture.items():
        _check_quantity(f"models/{file}, architecture.{key}", fact, "count", facts, model.checks)
    for field in Decoding.model_fields if model.decoding else ():
        quantity = getattr(model.decoding, field)
        _check_quantity(f"models/{file}, decoding.{field}", quantity, UNITS.get(field, ""), facts, model.checks)
    for phase in model.phases:
        for stage in phase.stages:
            for field, quantity in stage_quantities(stage.work).items():
                _check_quantity(f"models/{file}, {phase.id}.{stage.id}.{field}", quantity, unit_of(field), facts, model.checks)


def _check_quantity(where: str, quantity: str | Span | Borrowed, unit: str, facts: Facts, checks: list[str]) -> None:
    for expression in expressions_of(quantity):
        for name in facts_in(expression):
            if name in checks:
                raise InputError(f"{where}: {name} is a check of the run, which no reconstruction may read")
            try:
                _ = facts.with_unit(name, unit) if expression.isidentifier() else facts[name]
            except InputError as error:
                raise InputError(f"{where}: {error}") from None
