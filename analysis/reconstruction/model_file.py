"""A file in `models/` read and checked: every fact it names exists, and no input is a check."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.data.expressions import facts_in
from analysis.data.facts import Facts
from analysis.data.folder import named_file, read_toml
from analysis.data.mistakes import InputError, UnknownName, first_mistake
from analysis.data.scenario import RentChoice
from analysis.data.strictness import Day
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
)
from analysis.reconstruction.model_checks import check_model
from analysis.reconstruction.stages import (
    FORMS,
    LAYOUT_UNITS,
    UNITS,
    Borrowed,
    Span,
    Strict,
)

MOST_BASES = 50  # that a model stands on, one on the other
KINDS = ("pretraining", "fine_tuning", "generation", "reinforcement")
# what may stand in a stage, at any depth
IN_STAGES = (
    *UNITS,
    *LAYOUT_UNITS,
    *Span.model_fields,
    *Borrowed.model_fields,
    *("layout", "limits", "length_curve"),
)
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
    stage: list[_StageFile] = Field(min_length=1)
    cross_check: list[CrossCheck] = Field(default_factory=list)


class _ModelFile(Strict):
    title: str
    developer: str
    release_date: Day
    architecture_kind: Literal["dense", "moe"] = "moe"
    chip: str
    chip_assumed: str = ""
    price_usd_per_gpu_hour: str | None = None
    rent: RentChoice | None = None
    stands_on: str | None = None
    sheet: str = ""
    architecture: dict[str, str] = Field(default_factory=dict)
    decoding: Decoding | None = None
    checks: list[str] = Field(default_factory=list)
    boundary: list[Boundary] = Field(default_factory=list)
    belief: Belief | None = None
    phase: list[_PhaseFile] = Field(default_factory=list)


@lru_cache(maxsize=16)
def load_model(name: str, evidence: Evidence, above: tuple[str, ...] = ()) -> Model:
    """Read `models/NAME.toml` and the model it stands on, and check every fact it names.

    The disclosed figures of its phases, and the speeds of its cross-checks, are checks without
    being listed. `above` are the models that stand on it.

    Raises
    ------
    InputError
        For an unknown model, key or fact, a fact of another unit, or an input that is also a check.
    """
    path = named_file(evidence.directory, "models", name)
    file = _read(path)
    if file.stands_on in (name, *above):
        raise InputError("a model cannot stand on itself", f"models/{path.name}, stands_on")
    if len(above) >= MOST_BASES:
        raise InputError(f"stands on more than {MOST_BASES} others", f"models/{path.name}")
    known = list_models(evidence)
    if file.stands_on and file.stands_on not in known:
        raise UnknownName(file.stands_on, "a model", known, where=f"models/{path.name}, stands_on")
    base = load_model(file.stands_on, evidence, (*above, name)) if file.stands_on else None
    own = [_phase(phase, file, f"models/{path.name}") for phase in file.phase]
    phases = [*(base.phases if base else []), *own]
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
                [
                    *(base.checks if base else []),
                    *file.checks,
                    *_checks_of(phases, evidence.facts, f"models/{path.name}"),
                ]
            )
        ),
        **identity,
    )
    check_model(model, evidence, path.name, known)
    return model


def list_models(evidence: Evidence) -> list[str]:
    """Names of the models in the evidence folder."""
    return sorted(path.stem for path in (evidence.directory / "models").glob("*.toml"))


def _read(path: Path) -> _ModelFile:
    try:
        return _ModelFile.model_validate(read_toml(path))
    except ValidationError as error:
        raise first_mistake(error, f"models/{path.name}", _ModelFile.model_fields) from None


def _phase(file: _PhaseFile, model: _ModelFile, where: str) -> Phase:
    stages = [_stage(stage, f"{where}, {file.id}.{stage.id}") for stage in file.stage]
    content = file.model_dump(exclude={"stage", "cross_check"})
    return Phase(
        **content,
        developer=model.developer,
        release_date=model.release_date,
        stages=stages,
        cross_checks=file.cross_check,
    )


def _stage(file: _StageFile, where: str) -> NamedStage:
    """A stage of a phase; its mistakes name the phase, the stage and the field."""
    work = file.model_extra or {}
    kind = work.get("kind")
    if kind not in KINDS:
        if kind is None:
            raise InputError(f"kind is missing: {', '.join(KINDS)}", where)
        raise UnknownName(str(kind), "a kind of stage", KINDS, where=f"{where}.kind")
    try:
        return NamedStage.model_validate({"id": file.id, "label": file.label, "work": work})
    except ValidationError as error:
        unsaid = ("work", *KINDS, *FORMS)
        raise first_mistake(error, where, IN_STAGES, unsaid=unsaid) from None


def _checks_of(phases: list[Phase], facts: Facts, where: str) -> list[str]:
    """What discloses hours or dollars of a phase, and the speeds of its cross-checks.

    In arithmetic, such as GPUs times days, what is time or money is a check, the rest an input.
    """
    found = []
    for phase in phases:
        for field in ("gpu_hours", "usd"):
            expression = phase.disclosed_as(field) or ""
            for name in facts_in(expression) if expression else ():
                if name not in facts:
                    raise facts.unknown(name).at(f"{where}, {phase.id}.disclosed.{field}")
                if name == expression or facts[name].unit in TIME_OR_MONEY:
                    found.append(name)
        for check in phase.cross_checks:
            speeds = (check.tokens_per_day, check.mfu, check.trace_seconds)
            found += [fact for fact in speeds if fact]
    return found
