"""The standard of disclosure: what a lab would have to publish so that anyone can reconstruct its
bill.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple, Self

import pandas as pd
from pydantic import ConfigDict, Field, model_validator

from analysis.data.strictness import Day, Numbers
from analysis.physics.durations import HOURS_PER_DAY

PhaseKind = Literal["pretraining", "context_extension", "fine_tuning", "reinforcement"]


def _field(meaning: str, unit: str = "", **bounds: Any) -> Any:
    return Field(
        default=None,
        description=meaning,
        json_schema_extra={"unit": unit} if unit else None,
        **bounds,
    )


Count = Annotated[float | None, Field(ge=1, le=1e16)]  # as those of a description
Work = Annotated[float | None, Field(ge=1, le=1e30)]
Amount = Annotated[float | None, Field(ge=1e-3, le=1e16)]


class _Strict(Numbers):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, str_min_length=1)


class CardPhase(_Strict):
    """One phase of training as its developer discloses it."""

    kind: PhaseKind = Field(description="What the phase does.")
    chip: str | None = _field("The accelerator.", "name")
    chips: Count = _field("How many of them.", "chips")
    gpu_hours: Amount = _field("Chip-hours of the phase.", "GPU-hours")
    days: Amount = _field("Wall-clock days.", "days")
    tokens: Count = _field("Tokens trained on; not for reinforcement.", "tokens")
    steps: Count = _field("Policy updates; for reinforcement.", "steps")
    seq_len_tokens: Count = _field("Sequence length.", "tokens")
    mean_len_tokens: Count = _field("Mean answer length; for reinforcement.", "tokens")
    mfu: float | None = _field("Model FLOP utilisation, as printed.", "ratio", ge=1e-4, le=1)
    throughput_tokens_per_day: Amount = _field(
        "Tokens a day, in the place of an MFU.", "tokens a day"
    )
    step_seconds: Amount = _field("Seconds a step, in the place of an MFU.", "seconds")

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

    @property
    def hours(self) -> float | None:
        """Its GPU-hours as printed, else by its chips and days."""
        return self.gpu_hours or self.hours_by_days

    @property
    def hours_by_days(self) -> float | None:
        """Chips times days in hours."""
        return self.chips * self.days * HOURS_PER_DAY if self.chips and self.days else None


class Asked(NamedTuple):
    """A field that the standard asks for, whether it is there, and of which phase it is."""

    field: str
    there: bool
    place: str = ""


class Card(_Strict):
    """What a lab made public of the cost of training one model; a key that is left out is not
    disclosed.
    """

    name: str = Field(
        description="Name of the sheet: lower case, digits, dots, hyphens.",
        pattern=r"^[a-z0-9][a-z0-9.-]*$",
    )
    model: str = Field(description="The model.")
    developer: str = Field(description="Who trained it.")
    release_date: Day = Field(description="Day of release.")
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
    price_usd_per_gpu_hour: Amount = _field(
        "The price that its dollars rest on.", "US$ per GPU-hour"
    )
    boundary: str | None = _field("What its figures count and leave out.")

    # what forms of others ask for beside; no part of the score
    base_model: str | None = _field("The model that it was made from, or that there is none.")
    market_date: Day | None = _field("Day on which it came to the market of the Union.")
    provider: str | None = _field("Whose machines they were.")
    flop: Work = _field("Work of the final run.", "FLOP")
    flop_method: str | None = _field("How its work was measured or counted.")
    rd_compute_flop: Work = _field("Work of research and development, final run included.", "FLOP")
    allocation: str | None = _field("How compute was divided inside the company.")
    energy_mwh: Amount = _field("Energy of training.", "MWh")
    energy_method: str | None = _field("How its energy was measured or estimated.")
    carbon_t_co2e: Amount = _field("Carbon of training.", "t CO2e")
    water_m3: Amount = _field("Water of training.", "m3")
    cost_usd: Amount = _field("Cost of the model.", "US$")
    cost_split: str | None = _field("How its cost is divided: data, people, research, final run.")

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
                f"params_active = {self.params_active:g} is more than "
                f"params_total = {self.params_total:g}"
            )
        return self

    @property
    def asked(self) -> list[Asked]:
        """Every field that the standard asks for, of the card and of each of its phases."""
        own = (
            "architecture",
            "params_total",
            "params_active",
            "failed_runs",
            "price_usd_per_gpu_hour",
            "boundary",
        )
        of_phases = (
            Asked(name, there, f"phase {position} ({phase.kind}).")
            for position, phase in enumerate(self.phase, 1)
            for name, there in phase.fields.items()
        )
        return [*(Asked(name, getattr(self, name) is not None) for name in own), *of_phases]

    @property
    def fields(self) -> dict[str, bool]:
        """Every field by its place, and whether it is there."""
        return {f"{one.place}{one.field}": one.there for one in self.asked}

    @property
    def score(self) -> float:
        """The share of the fields that are disclosed."""
        fields = self.fields
        return sum(fields.values()) / len(fields)


def card_schema() -> dict[str, Any]:
    """The standard as JSON Schema."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Card.model_json_schema()


def standard() -> pd.DataFrame:
    """What a disclosure sheet asks for: `field`, `of` (sheet or each phase), `unit`, `meaning`."""
    rows = [
        {
            "field": name,
            "of": where,
            "unit": field.get("unit", ""),
            "meaning": field.get("description", ""),
        }
        for where, record in (("sheet", Card), ("each phase", CardPhase))
        for name, field in record.model_json_schema()["properties"].items()
        if name != "phase"
    ]
    return pd.DataFrame(rows)
