"""The report's parameters: declared once, with unit, bounds and meaning; read from here by all
else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from analysis.data.folder import default_directory, evidence_folder, named_file, read_toml
from analysis.data.mistakes import InputError, did_you_mean, first_mistake
from analysis.data.strictness import Numbers

RENTS = ("release", "today", "owned")  # near the model's release, newest quotes, as bought


def _rent_choice(text: str) -> str:
    """One of the rents, or a quarter whose quotes are taken."""
    if text in RENTS or re.fullmatch(r"20\d\dq[1-4]", text):
        return text
    words = f"{', '.join(RENTS)}, and a quarter such as 2025q1"
    raise ValueError(f"allowed are {words}{did_you_mean(text, RENTS)}")


RentChoice = Annotated[str, AfterValidator(_rent_choice)]

PRECEDENCE = "fact < scenario < -p"


def _parameter(
    unit: str,
    meaning: str,
    usual: tuple[float, float] | None = None,
    label: str = "",
    **bounds: Any,
) -> Any:
    """A declared parameter; `usual` is the range that a sweep samples where none is given, `label`
    its name where a reader sets it.
    """
    extra: dict[str, Any] = {"unit": unit, "usual": list(usual or ()), "label": label}
    return Field(description=meaning, json_schema_extra=extra, **bounds)


class Parameters(Numbers):
    """What a rerunner may change. None leaves the value to the facts and the priors."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        coerce_numbers_to_str=True,
        str_min_length=1,
    )

    price_usd_per_gpu_hour: Annotated[
        float | None,
        _parameter(
            "US$ per GPU-hour", "Rent of one GPU for one hour.", (1.0, 10.0), "Price", gt=0, le=1000
        ),
    ] = None
    chip: Annotated[
        str | None, _parameter("name in hardware.csv", "The chip that every phase runs on.")
    ] = None
    mfu: Annotated[
        float | None,
        _parameter(
            "ratio",
            "Model FLOP utilisation of pre-training and fine-tuning on the dense BF16 peak, "
            "attention counted causally.",
            (0.1, 0.6),
            "Efficiency of training",
            ge=1e-4,
            le=1,
        ),
    ] = None
    time_per_output_token_ms: Annotated[
        float | None,
        _parameter(
            "ms",
            "Time to decode one token of the longest answer of a rollout.",
            (5.0, 100.0),
            "Time per output token",
            ge=1e-3,
            le=10_000,
        ),
    ] = None
    longest_answer_tokens: Annotated[
        float | None,
        _parameter(
            "tokens",
            "Length of the longest answer of every rollout.",
            (8192.0, 65536.0),
            "Longest answer",
            ge=1,
            le=10_000_000,
        ),
    ] = None
    failed_run_share: Annotated[
        float | None,
        _parameter(
            "ratio",
            "Failed and smaller runs as a share of the GPU-hours of all runs.",
            (0.5, 0.95),
            "Failed and smaller runs",
            ge=0,
            lt=1,
        ),
    ] = None
    utilisation: Annotated[
        float | None,
        _parameter(
            "ratio",
            "Share of the hours of their life in which owned machines do paid or useful work.",
            (0.3, 1.0),
            "Use of owned machines",
            ge=1e-3,
            le=1,
        ),
    ] = None
    depreciation_years: Annotated[
        float | None,
        _parameter(
            "years",
            "Life over which owned machines are written off, in equal parts.",
            (2.0, 8.0),
            ge=0.01,
            le=30,
        ),
    ] = None
    pue: Annotated[
        float | None,
        _parameter(
            "ratio",
            "Power usage effectiveness: energy of the building over energy of its machines.",
            (1.05, 1.6),
            ge=1,
            le=5,
        ),
    ] = None
    electricity_usd_per_kwh: Annotated[
        float | None,
        _parameter(
            "US$ per kWh", "Price of electricity for owned machines.", (0.03, 0.2), ge=0, le=10
        ),
    ] = None
    samples: Annotated[
        int,
        _parameter("count", "Samples of the uncertain inputs, a power of two.", ge=64, le=2**20),
    ] = 4096
    seed: Annotated[int, _parameter("count", "Seed of the samples.", ge=0, le=2**32 - 1)] = 0

    @field_validator("samples")
    @classmethod
    def _power_of_two(cls, samples: int) -> int:
        if samples & (samples - 1):
            raise ValueError("must be a power of two")
        return samples


PARAMETER_NAMES = tuple(Parameters.model_fields)


@dataclass(frozen=True)
class Scenario:
    """The parameters of one edition and where each that differs from its default comes from."""

    name: str
    title: str
    meaning: str
    parameters: Parameters
    origins: Mapping[str, str] = field(hash=False)
    rent: str | None = None  # where a GPU-hour's price is taken from, in place of the model's own

    @property
    def is_default(self) -> bool:
        """Whether this is the sources' own accounting, with nothing changed."""
        return self.name == "paper" and not any(origin == "-p" for origin in self.origins.values())

    @property
    def changed(self) -> dict[str, Any]:
        """The parameters that a scenario or `-p` sets."""
        return {name: getattr(self.parameters, name) for name in sorted(self.origins)}

    @property
    def setting(self) -> str:
        """The scenario and what it and `-p` set, in few words; empty for the default."""
        texts = [f"{name}={value}" for name, value in self.changed.items()]
        rent = [f"rent={self.rent}"] if self.rent else []
        return "" if self.is_default else ", ".join([f"scenario {self.name}", *rent, *texts])

    @property
    def summary(self) -> str:
        """One line: the scenario, what it and `-p` set, and what wins over what."""
        texts = [f"rent={self.rent} (scenario)"] if self.rent else []
        texts += [f"{name}={value} ({self.origins[name]})" for name, value in self.changed.items()]
        said = ", ".join(texts) or "every parameter from the facts"
        return f"scenario {self.name}: {said}; {PRECEDENCE}"


class _ScenarioFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    meaning: str
    rent: RentChoice | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)


def load_scenario(
    name: str = "paper", directory: Path | None = None, /, **overrides: Any
) -> Scenario:
    """Read a scenario by name or path, and lay `overrides` over it.

    Overrides that are None do not count, so that a notebook can pass every parameter it declares.

    Raises
    ------
    InputError
        For an unknown scenario or parameter, or a value out of type or bounds.
    """
    directory = directory or default_directory()
    path = Path(name) if name.endswith(".toml") else named_file(directory, "scenarios", name)
    content = read_toml(path)
    try:
        file = _ScenarioFile.model_validate(content)
    except ValidationError as error:
        raise first_mistake(error, path.name, _ScenarioFile.model_fields) from None
    given = {key: value for key, value in overrides.items() if value is not None}
    _validate(file.parameters, path.name)
    parameters = _validate(file.parameters | given, "")
    origins = dict.fromkeys(file.parameters, "scenario") | dict.fromkeys(given, "-p")
    return Scenario(path.stem, file.title, file.meaning, parameters, origins, file.rent)


def list_scenarios(directory: Path | None = None) -> list[Scenario]:
    """Every scenario of the evidence folder, by name; an `InputError` if it is none."""
    directory = evidence_folder(directory)
    return [
        load_scenario(path.stem, directory)
        for path in sorted((directory / "scenarios").glob("*.toml"))
    ]


@lru_cache
def declared(name: str) -> Mapping[str, Any]:
    """What is declared of a parameter: `label`, `unit`, `meaning`, `usual`, and its `bounds` by the
    words of JSON Schema.
    """
    found = Parameters.model_json_schema()["properties"][name]
    options = [one for one in found.get("anyOf", [found]) if one.get("type") != "null"]
    words = {key: found[key] for key in ("label", "unit", "usual")}
    return words | {"meaning": found["description"], "bounds": options[0]}


def usual_range(name: str) -> tuple[float, float] | None:
    """The range of a parameter that a sweep samples where none is given, if it has one."""
    usual = declared(name)["usual"]
    return (float(usual[0]), float(usual[1])) if usual else None


def with_values(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """A scenario with other values laid over it, checked as those of `-p` are."""
    parameters = _validate(scenario.parameters.model_dump() | dict(values), "")
    return replace(
        scenario, parameters=parameters, origins={**scenario.origins, **dict.fromkeys(values, "-p")}
    )


def value_of(name: str, value: Any) -> Any:
    """A parameter's value as a scenario takes it, checked as those of `-p` are."""
    return getattr(_validate({name: value}, ""), name)


def parse_overrides(texts: list[str]) -> dict[str, str]:
    """`key=value` texts of the command line as a mapping."""
    pairs: dict[str, str] = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator or not key or not value:
            raise InputError(f"-p {text}: expected key=value, such as -p price_usd_per_gpu_hour=3")
        if key in pairs:
            raise InputError(f"-p {text}: {key} stands twice")
        pairs[key] = value
    return pairs


def _validate(values: Mapping[str, Any], where: str) -> Parameters:
    try:
        return Parameters.model_validate(values)
    except ValidationError as error:
        hint = "traincost scenarios lists all"
        raise first_mistake(error, where, PARAMETER_NAMES, "a parameter", hint) from None
