"""A model as data: its architecture, its phases by stages, and the checks that no reconstruction
may read.

A file in `models/` holds identity, the fact ids of its own configuration, and `[[phase]]` with
`[[phase.stage]]`; adding a model needs no Python.
"""

from __future__ import annotations

import datetime
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from analysis.data.facts import Facts
from analysis.data.mistakes import InputError, find, first_mistake
from analysis.physics.architecture import Architecture, Configuration, Outline
from analysis.reconstruction.stages import (
    Quantity,
    Stage,
    Strict,
)


class Decoding(Strict):
    """How fast the developer's stack writes tokens, as far as its serving says.

    `family` names the models of decoding.csv whose rates count for this one.
    """

    family: str

    own_tokens_per_s_per_gpu: str | None = None
    time_per_output_token_ms: Quantity
    answer_length_log_sd: Quantity
    scoring_forward_passes: Quantity


class NamedStage(Strict):
    id: str
    label: str
    work: Stage


class CrossCheck(Strict):
    """Hours from inside: by a throughput, an MFU, or a trace of kernels that the developer
    discloses. Never part of the reconstruction.
    """

    id: str
    label: str
    method: Literal["throughput", "mfu", "trace"]
    tokens: str
    gpus: str | None = None
    tokens_per_day: str | None = None
    seq_len_tokens: str | None = None
    mfu: str | None = None
    trace_seconds: str | None = None
    trace_layers: str | None = None

    @model_validator(mode="after")
    def _method_has_its_facts(self) -> Self:
        needed = {
            "throughput": ("gpus", "tokens_per_day"),
            "mfu": ("seq_len_tokens", "mfu"),
            "trace": ("seq_len_tokens", "trace_seconds", "trace_layers"),
        }[self.method]
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a cross-check by {self.method} needs {' and '.join(missing)}")
        return self

    @property
    def facts(self) -> list[str]:
        """The facts it rests on."""
        named = (
            self.tokens,
            self.gpus,
            self.tokens_per_day,
            self.seq_len_tokens,
            self.mfu,
            self.trace_seconds,
            self.trace_layers,
        )
        return [fact for fact in named if fact is not None]


class Disclosed(Strict):
    """What a source discloses of a phase: facts or arithmetic on them; either may be missing."""

    gpu_hours: str | None = None
    usd: str | None = None


class Phase(Strict):
    """One line of the bill."""

    id: str
    label: str
    developer: str
    release_date: datetime.date  # of its own model, which another may stand on
    summary: str
    explanation: str
    not_known: list[str]
    disclosed: Disclosed | None
    stages: list[NamedStage]
    cross_checks: list[CrossCheck] = Field(default_factory=list)

    def disclosed_as(self, field: Literal["gpu_hours", "usd"]) -> str | None:
        """The fact or the arithmetic that discloses its hours or dollars; None where none does."""
        return getattr(self.disclosed, field) if self.disclosed else None

    @property
    def kinds(self) -> list[str]:
        """What its stages do, each kind once, in order."""
        return list(dict.fromkeys(stage.work.kind for stage in self.stages))


class Boundary(Strict):
    """A rung of the ladder, or a marker beside it.

    A rung adds phases to the rung below, or a `share`: what it adds as a share of the whole that it
    makes, an assumption that `parameter` of a scenario may replace. A marker stands on its own: on
    phases, or on `usd`.
    """

    id: str
    label: str
    short: str
    counts: str
    leaves_out: str
    adds: list[str] = Field(default_factory=list)
    share: Quantity | None = None
    parameter: Literal["failed_run_share"] | None = None
    usd: Quantity | None = None
    headline: bool = False
    marker: bool = False

    @model_validator(mode="after")
    def _has_one_content(self) -> Self:
        given = [bool(self.adds), self.share is not None, self.usd is not None]
        if sum(given) != 1 or (self.usd is not None and not self.marker):
            raise ValueError("a boundary has one of adds, share and usd, and usd only as a marker")
        return self


class Belief(Strict):
    """What the page of beliefs holds claimed totals against: a rung, the phase whose efficiency is
    doubted, the totals.
    """

    boundary: str
    phase: str
    needed_mfu: str
    totals: dict[str, str]
    final_run_shares: list[str]


class Model(Strict):
    """A model with its phases in order, those of the model it stands on first.

    `chip_assumed` says why this chip, where no source names the chip of the run.
    """

    name: str
    title: str
    developer: str
    release_date: datetime.date
    architecture_kind: Literal["dense", "moe"]
    chip: str
    chip_assumed: str = ""
    price_usd_per_gpu_hour: str | None = None
    rent: str | None = None
    architecture: dict[str, str]
    decoding: Decoding | None
    phases: list[Phase]
    boundaries: list[Boundary]
    belief: Belief | None
    checks: list[str]
    sheet: str = ""  # its disclosure sheet, where that has another name
    bases: list[str]  # the model it stands on, and what that stands on

    def phase(self, phase_id: str) -> Phase:
        """The phase of that id; an `InputError` with the nearest one if there is none."""
        known = {phase.id: phase for phase in self.phases}
        return find(phase_id, known, f"a phase of {self.name}", ", ".join(known))

    @property
    def whole(self) -> Boundary | None:
        """The first line of the bill that holds every phase; None where there is none."""
        open_phases = {phase.id for phase in self.phases}
        for line in self.boundaries:
            open_phases -= set() if line.marker else {*line.adds}
            if not open_phases:
                return line
        return None

    @property
    def stages(self) -> list[Stage]:
        """What every stage of every phase does, in order."""
        return [stage.work for phase in self.phases for stage in phase.stages]


def configuration(model: Model, facts: Facts) -> Architecture:
    """The model's architecture, each size from its fact or from arithmetic on facts: its own
    configuration, or outer dimensions.
    """
    sizes = {key: int(facts.calculate(size)) for key, size in model.architecture.items()}
    kind = Outline if set(sizes) <= set(Outline.model_fields) else Configuration
    where = f"models/{model.name}.toml, architecture"
    if kind is Outline and model.architecture_kind == "moe" and "params_total" not in sizes:
        missing = "params_total is missing: a mixture of experts has more than a token passes"
        raise InputError(missing, where)
    try:
        return kind(**sizes)
    except ValidationError as error:
        raise first_mistake(error, where, kind.model_fields) from None
