"""What a lab would have to publish so that anyone can reconstruct its bill: a card, its score, and
what can be estimated.

The score is the share of the fields that are filled: identity, what the figures count, and for each
phase the chips, hours, tokens or steps, lengths and efficiency. Every field counts once; the
standard is the class `Card`.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analysis.compare.estimate import estimate
from analysis.compare.specification import PretrainingSpec
from analysis.data.chips import find_chip
from analysis.data.folder import named_file, read_toml
from analysis.data.mistakes import InputError, did_you_mean, first_mistake
from analysis.data.tables import Evidence

HOURS_TOLERANCE = 0.10  # days and chips are often printed rounded
PhaseKind = Literal["pretraining", "context_extension", "fine_tuning", "reinforcement"]
PRETRAINING_KINDS = ("pretraining", "context_extension")


def _field(meaning: str, unit: str = "", **bounds: Any) -> Any:
    return Field(
        default=None,
        description=meaning,
        json_schema_extra={"unit": unit} if unit else None,
        **bounds,
    )


Count = Annotated[float | None, Field(gt=0, le=1e17)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, str_min_length=1)


class CardPhase(_Strict):
    """One phase of training as its developer discloses it."""

    kind: PhaseKind = Field(description="What the phase does.")
    chip: str | None = _field("The accelerator.", "name")
    chips: Count = _field("How many of them.", "chips")
    gpu_hours: Count = _field("Chip-hours of the phase.", "GPU-hours")
    days: Count = _field("Wall-clock days.", "days")
    tokens: Count = _field("Tokens trained on; not for reinforcement.", "tokens")
    steps: Count = _field("Policy updates; for reinforcement.", "steps")
    seq_len_tokens: Count = _field("Sequence length.", "tokens")
    mean_len_tokens: Count = _field("Mean answer length; for reinforcement.", "tokens")
    mfu: float | None = _field("Model FLOP utilisation, as printed.", "ratio", gt=0, le=1)
    throughput_tokens_per_day: Count = _field(
        "Tokens a day, in the place of an MFU.", "tokens a day"
    )
    step_seconds: Count = _field("Seconds a step, in the place of an MFU.", "seconds")

    @property
    def fields(self) -> dict[str, bool]:
        """What the standard asks of the phase, and whether it is there."""
        reinforcement = self.kind == "reinforcement"
        work = {"steps": self.steps} if reinforcement else {"tokens": self.tokens}
        length = (
            {"mean_len_tokens": self.mean_len_tokens or self.seq_len_tokens}
            if reinforcement
            else {"seq_len_tokens": self.seq_len_tokens}
        )
        efficiency = self.mfu or self.throughput_tokens_per_day or self.step_seconds
        asked = {
            "chip": self.chip,
            "chips": self.chips,
            "gpu_hours": self.gpu_hours,
            "days": self.days,
            **work,
            **length,
        }
        return {
            name: value is not None for name, value in (asked | {"efficiency": efficiency}).items()
        }

    @model_validator(mode="after")
    def _hours_match(self) -> Self:
        if self.gpu_hours and self.chips and self.days:
            by_days = self.chips * self.days * 24.0
            if abs(self.gpu_hours / by_days - 1.0) > HOURS_TOLERANCE:
                raise ValueError(
                    f"gpu_hours = {self.gpu_hours:,.0f}, but {self.chips:,.0f} chips x {self.days:g} days x 24 h = {by_days:,.0f}; "
                    f"allowed: {HOURS_TOLERANCE:.0%} apart"
                )
        return self


class Card(_Strict):
    """What a lab made public of the cost of training one model; a key that is left out is not
    disclosed.
    """

    name: str = Field(
        description="Name of the card: lower case, digits, dots, hyphens.",
        pattern=r"^[a-z0-9][a-z0-9.-]*$",
    )
    model: str = Field(description="The model.")
    developer: str = Field(description="Who trained it.")
    release_date: datetime.date = Field(description="Day of release.")
    training_run: str | None = Field(
        default=None, description="Its row in training_runs.csv, if it has one."
    )
    sources: list[str] = Field(default_factory=list, description="Where it was published.")
    architecture: Literal["dense", "moe"] | None = _field("Dense, or a mixture of experts.")
    params_total: Count = _field("Parameters in all.", "parameters")
    params_active: Count = _field("Parameters that a token uses.", "parameters")
    failed_runs: str | None = _field(
        "What failed and smaller runs took, or that they are not counted."
    )
    price_usd_per_gpu_hour: Count = _field(
        "The price that its dollars rest on.", "US$ per GPU-hour"
    )
    boundary: str | None = _field("What its figures count and leave out.")
    phase: list[CardPhase] = Field(
        min_length=1, description="Every phase of training, disclosed or not."
    )

    @model_validator(mode="after")
    def _active_are_part(self) -> Self:
        if (
            self.params_active
            and self.params_total
            and self.params_active > self.params_total * 1.001
        ):
            raise ValueError(
                f"params_active = {self.params_active:g} is more than params_total = {self.params_total:g}"
            )
        return self

    @property
    def fields(self) -> dict[str, bool]:
        """Every field that the standard asks for, and whether it is there."""
        own = (
            "architecture",
            "params_total",
            "params_active",
            "failed_runs",
            "price_usd_per_gpu_hour",
            "boundary",
        )
        found = {name: getattr(self, name) is not None for name in own}
        for position, phase in enumerate(self.phase, 1):
            found |= {
                f"phase {position} ({phase.kind}).{name}": there
                for name, there in phase.fields.items()
            }
        return found

    @property
    def score(self) -> float:
        """The share of the fields that are disclosed."""
        fields = self.fields
        return sum(fields.values()) / len(fields)


def card_schema() -> dict[str, Any]:
    """The standard as JSON Schema."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Card.model_json_schema()


def load_card(name: str, evidence: Evidence) -> Card:
    """A card by the name of a file in `cards/`, or by path.

    Raises
    ------
    InputError
        For an unknown card, key or chip, or fields that contradict each other.
    """
    path = Path(name) if name.endswith(".toml") else named_file(evidence.directory, "cards", name)
    content = read_toml(path)
    try:
        card = Card.model_validate(content)
    except ValidationError as error:
        raise _mistake(error, path.name) from None
    for position, phase in enumerate(card.phase, 1):
        if phase.chip:
            try:
                find_chip(phase.chip, evidence["hardware"])
            except InputError as error:
                raise InputError(f"{path.name}, phase {position} ({phase.kind}), {error}") from None
    runs = set(evidence["training_runs"].id)
    if card.training_run and card.training_run not in runs:
        raise InputError(
            f"{path.name}, training_run: {card.training_run} is not in training_runs.csv{did_you_mean(card.training_run, runs)}"
        )
    return card


def list_cards(evidence: Evidence) -> list[Card]:
    """Every card of the evidence folder, the most open first."""
    cards = [
        load_card(path.stem, evidence)
        for path in sorted((evidence.directory / "cards").glob("*.toml"))
    ]
    return sorted(cards, key=lambda card: (-card.score, card.name))


def answer(card: Card, evidence: Evidence) -> dict[str, Any]:
    """The contract of `traincost card --json`: score, what is disclosed, what is missing, and what
    we estimate of the rest.
    """
    there = card.fields
    return {
        "name": card.name,
        "score": card.score,
        "disclosed": [name for name, found in there.items() if found],
        "missing": [name for name, found in there.items() if not found],
        "estimate": [_phase_estimate(card, phase, evidence) for phase in card.phase],
    }


def scores(cards: list[Card]) -> pd.DataFrame:
    """The cards as a table: `card`, `model`, `developer`, `release_date`, `score`, `disclosed`,
    `asked`, `phases`, `hours_known`.
    """
    return pd.DataFrame(
        [
            {
                "card": card.name,
                "model": card.model,
                "developer": card.developer,
                "release_date": str(card.release_date),
                "score": card.score,
                "disclosed": sum(card.fields.values()),
                "asked": len(card.fields),
                "phases": len(card.phase),
                "hours_known": sum(phase.gpu_hours is not None for phase in card.phase),
            }
            for card in cards
        ]
    )


def most_missing(cards: list[Card]) -> pd.DataFrame:
    """How many cards disclose each field, by phase kind or card: `field, disclosed, asked, share`,
    rarest first.
    """
    rows = []
    for card in cards:
        for name, there in card.fields.items():
            rows.append({"field": name.split(").")[-1].replace("_", " "), "there": there})
    table = (
        pd.DataFrame(rows).groupby("field").there.agg(disclosed="sum", asked="count").reset_index()
    )
    return table.assign(share=table.disclosed / table.asked).sort_values("share", ignore_index=True)


def _phase_estimate(card: Card, phase: CardPhase, evidence: Evidence) -> dict[str, Any]:
    """Hours of a phase: as disclosed, by the estimator, or the reason why neither is possible."""
    if phase.gpu_hours:
        return {
            "phase": phase.kind,
            "how": "disclosed",
            "gpu_hours": dict.fromkeys(("p05", "p50", "p95"), phase.gpu_hours),
        }
    if phase.chips and phase.days:
        hours = phase.chips * phase.days * 24.0
        return {
            "phase": phase.kind,
            "how": "chips x days",
            "gpu_hours": dict.fromkeys(("p05", "p50", "p95"), hours),
        }
    if phase.kind not in PRETRAINING_KINDS:
        return {
            "phase": phase.kind,
            "how": "not possible: needs gpu_hours, or chips and days",
            "gpu_hours": None,
        }
    needed = {
        "params_total": card.params_total,
        "params_active": card.params_active,
        "tokens": phase.tokens,
        "chip": phase.chip,
    }
    lacking = [name for name, value in needed.items() if value is None]
    if lacking:
        return {
            "phase": phase.kind,
            "how": f"not possible: needs {', '.join(lacking)}",
            "gpu_hours": None,
        }
    spec = PretrainingSpec(
        name=card.name,
        developer=card.developer,
        release_date=card.release_date,
        params_total=card.params_total,
        params_active=card.params_active,
        tokens=phase.tokens,
        hardware=find_chip(str(phase.chip), evidence["hardware"]).name,
        seq_len=phase.seq_len_tokens,
        architecture=card.architecture,
    )
    return {
        "phase": phase.kind,
        "how": "estimated",
        "gpu_hours": estimate(spec, evidence)["gpu_hours"],
    }


def _mistake(error: ValidationError, file: str) -> InputError:
    """A pydantic error as one line; a contradiction has its own words."""
    detail = error.errors(include_url=False)[0]
    if detail["type"] == "value_error":
        place = f"phase {int(detail['loc'][1]) + 1}: " if len(detail["loc"]) > 1 else ""
        return InputError(f"{file}, {place}{detail['ctx']['error']}")
    known = [*Card.model_fields, *CardPhase.model_fields]
    return first_mistake(error, file, known)
