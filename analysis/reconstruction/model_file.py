"""A file in `models/` read and checked: every fact it names exists, and no input is a check."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.data.expressions import facts_in, parse
from analysis.data.facts import Facts
from analysis.data.folder import named_file, read_toml
from analysis.data.mistakes import InputError, UnknownName, did_you_mean, first_mistake
from analysis.data.prices import RentChoice
from analysis.data.tables import Evidence
from analysis.reconstruction.model import (
    Belief,
    Boundary,
    CrossCheck,
    Decoding,
    Disclosed,
    Model,
    NamedStage,
    Phase,
    configuration,
)
from analysis.reconstruction.stages import (
    LAYOUT_UNITS,
    UNITS,
    Borrowed,
    Span,
    Strict,
    expressions_of,
    layout_quantities,
    stage_quantities,
    unit_of,
)

SIZE_UNITS = {"params": "params", "window": "tokens"}  # by first word; else a count
TIME_OR_MONEY = ("gpu_hours", "hours", "days", "months", "usd")


class _StageFile(BaseModel):
    model_config = ConfigDict(extra="allow")
    id: str
    label: str


class _PhaseFile(Strict):
    id: str
    label: str
    summary: str
    explanation: str
    not_known: list[str] = Field(default_factory=list)
    disclosed: Disclosed | None = None
    stage: list[_StageFile]
    cross_check: list[CrossCheck] = Field(default_factory=list)


class _ModelFile(Strict):
    title: str
    developer: str
    release_date: datetime.date
    architecture_kind: Literal["dense", "moe"] = "moe"
    chip: str
    chip_assumed: str = ""
    price_usd_per_gpu_hour: str | None = None
    rent: RentChoice | None = None
    stands_on: str | None = None
    architecture: dict[str, str] = Field(default_factory=dict)
    decoding: Decoding | None = None
    checks: list[str] = Field(default_factory=list)
    boundary: list[Boundary] = Field(default_factory=list)
    belief: Belief | None = None
    phase: list[_PhaseFile] = Field(default_factory=list)


def load_model(name: str, evidence: Evidence) -> Model:
    """Read `models/NAME.toml` and the model it stands on, and check every fact it names.

    The disclosed figures of its phases, and the speeds of its cross-checks, are checks without
    being listed.

    Raises
    ------
    InputError
        For an unknown model, key or fact, a fact of another unit, or an input that is also a check.
    """
    path = named_file(evidence.directory, "models", name)
    file = _read(path)
    if file.stands_on == name:
        raise InputError(f"models/{path.name}, stands_on: a model cannot stand on itself")
    base = load_model(file.stands_on, evidence) if file.stands_on else None
    try:
        phases = (base.phases if base else []) + [
            _phase(phase, file.developer) for phase in file.phase
        ]
    except ValidationError as error:
        raise first_mistake(error, f"models/{path.name}", UNITS) from None
    identity = file.model_dump(
        exclude={"stands_on", "architecture", "decoding", "checks", "boundary", "phase"}
    )
    model = Model(
        name=name,
        architecture=file.architecture or (base.architecture if base else {}),
        decoding=file.decoding or (base.decoding if base else None),
        phases=phases,
        boundaries=file.boundary,
        bases=[base.name, *base.bases] if base else [],
        checks=list(
            dict.fromkeys(
                [*(base.checks if base else []), *file.checks, *_checks_of(phases, evidence.facts)]
            )
        ),
        **identity,
    )
    _check_model(model, evidence, path.name)
    return model


def list_models(evidence: Evidence) -> list[str]:
    """Names of the models in the evidence folder."""
    return sorted(path.stem for path in (evidence.directory / "models").glob("*.toml"))


def _read(path: Path) -> _ModelFile:
    try:
        return _ModelFile.model_validate(read_toml(path))
    except ValidationError as error:
        raise first_mistake(error, f"models/{path.name}", _ModelFile.model_fields) from None


def _phase(file: _PhaseFile, developer: str) -> Phase:
    stages = [
        NamedStage.model_validate({"id": stage.id, "label": stage.label, "work": stage.model_extra})
        for stage in file.stage
    ]
    content = file.model_dump(exclude={"stage", "cross_check"})
    return Phase(**content, developer=developer, stages=stages, cross_checks=file.cross_check)


def _checks_of(phases: list[Phase], facts: Facts) -> list[str]:
    """What discloses hours or dollars of a phase, and the speeds of its cross-checks.

    In arithmetic, such as GPUs times days, what is time or money is a check, the rest an input.
    """
    found = []
    for phase in phases:
        for field in ("gpu_hours", "usd"):
            expression = phase.disclosed_as(field) or ""
            named = facts_in(expression) if expression else []
            single = expression in named
            found += [name for name in named if single or facts[name].unit in TIME_OR_MONEY]
        for check in phase.cross_checks:
            speeds = (check.tokens_per_day, check.mfu, check.trace_seconds)
            found += [fact for fact in speeds if fact]
    return found


def _check_model(model: Model, evidence: Evidence, file: str) -> None:
    """Every fact exists, in the unit its use expects, no input is a check, and each stage has what
    it needs.
    """
    for check in model.checks:
        if check not in evidence.facts:
            raise InputError(
                f"models/{file}, checks: {check} is not a fact{did_you_mean(check, evidence.facts)}"
            )
    _check_bill(model, f"models/{file}")
    if model.belief:
        _check_belief(model, model.belief, evidence.facts, f"models/{file}, belief")
    for where, quantity, unit in quantities(model):
        _check_quantity(f"models/{file}, {where}", quantity, unit, evidence.facts, model.checks)
        if isinstance(quantity, str):
            _check_subjects(f"models/{file}, {where}", quantity, model, evidence)
    if model.phases:
        configuration(model, evidence.facts)
    for phase in model.phases:
        for stage in phase.stages:
            curve = getattr(stage.work, "length_curve", None)
            if curve and curve not in evidence:
                known = did_you_mean(curve, evidence.tables)
                raise InputError(
                    f"models/{file}, {phase.id}.{stage.id}.length_curve: "
                    f"{curve} is not a table{known}"
                )
            if stage.work.kind in {"generation", "reinforcement"} and model.decoding is None:
                raise InputError(
                    f"models/{file}, {phase.id}.{stage.id}: "
                    "a stage that writes tokens needs the model's [decoding]"
                )


def _check_bill(model: Model, file: str) -> None:
    """Every line of the bill adds phases that are there."""
    for boundary in model.boundaries:
        for phase in boundary.adds:
            _check_phase(model, phase, f"{file}, boundary {boundary.id}.adds")


def _check_belief(model: Model, belief: Belief, facts: Facts, where: str) -> None:
    """What the [belief] names is there: its line, its phase, its facts."""
    lines = [boundary.id for boundary in model.boundaries]
    if belief.boundary not in lines:
        raise UnknownName(
            belief.boundary, "a [[boundary]] of the file", lines, where=f"{where}.boundary"
        )
    _check_phase(model, belief.phase, f"{where}.phase")
    for name in belief.final_run_shares:
        try:
            facts.with_unit(name, "ratio")
        except InputError as error:
            raise error.at(f"{where}.final_run_shares") from None


def _check_phase(model: Model, phase: str, where: str) -> None:
    try:
        model.phase(phase)
    except InputError as error:
        raise error.at(where) from None


def quantities(model: Model) -> list[tuple[str, str | Span | Borrowed, str]]:
    """Every quantity that a model names, with where it stands and the unit it must have (any, if
    empty).
    """
    found: list[tuple[str, str | Span | Borrowed, str]] = [
        (f"architecture.{key}", size, SIZE_UNITS.get(key.partition("_")[0], "count"))
        for key, size in model.architecture.items()
    ]
    for boundary in model.boundaries:
        found += (
            [(f"boundary {boundary.id}.share", boundary.share, "ratio")]
            if boundary.share is not None
            else []
        )
        found += (
            [(f"boundary {boundary.id}.usd", boundary.usd, "usd")]
            if boundary.usd is not None
            else []
        )
    if model.decoding:
        found += [
            (f"decoding.{field}", getattr(model.decoding, field), UNITS.get(field, ""))
            for field in Decoding.model_fields
            if field != "family" and getattr(model.decoding, field) is not None
        ]
    for phase in model.phases:
        for stage in phase.stages:
            quantities = stage_quantities(stage.work)
            found += [
                (f"{phase.id}.{stage.id}.{field}", quantity, unit_of(field))
                for field, quantity in quantities.items()
            ]
            layout = getattr(stage.work, "layout", None)
            found += [
                (f"{phase.id}.{stage.id}.layout.{field}", quantity, LAYOUT_UNITS[field])
                for field, quantity in (layout_quantities(layout) if layout else {}).items()
            ]
    return found


def _check_quantity(
    where: str, quantity: str | Span | Borrowed, unit: str, facts: Facts, checks: list[str]
) -> None:
    for expression in expressions_of(quantity):
        try:
            _check_expression(expression, unit, facts, checks)
        except InputError as error:
            raise error.at(where) from None


def _check_subjects(where: str, expression: str, model: Model, evidence: Evidence) -> None:
    """No figure of another model stands for one of this, but where a reason is given for it."""
    others = set(list_models(evidence)) - {model.name, *model.bases}
    for name in facts_in(expression):
        subject = evidence.facts[name].subject
        if subject in others:
            raise InputError(
                f"{name} is a fact of {subject}; to borrow it, write {{ take, why }}", where
            )


def _check_expression(expression: str, unit: str, facts: Facts, checks: list[str]) -> None:
    named = facts_in(expression)
    if not named:
        raise InputError(f"{expression!r} names no fact; a number is a row of facts.csv")
    for name in named:
        if name in checks:
            raise InputError(f"{name} is a check of the run, which no reconstruction may read")
    if unit and parse(expression).is_name:
        facts.with_unit(expression, unit)
    facts.calculate(expression)
