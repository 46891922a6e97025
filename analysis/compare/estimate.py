"""An answer for a run that nobody disclosed: hours, rent, energy and carbon, from a short
description.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from analysis.data.chips import Chip, find_chip, peak_flop_s
from analysis.data.mistakes import InputError, did_you_mean, first_mistake
from analysis.data.prices import market_price
from analysis.data.tables import Evidence
from analysis.physics.architecture import flop_per_token_from_dimensions
from analysis.physics.cost import energy_kwh, rental_usd
from analysis.physics.training import gpu_hours, mfu
from analysis.runs.efficiency import estimator_for
from analysis.runs.rl_steps import FLOP_PER_PARAMETER, step_estimator_for

UNITS = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


def _in_units(value: Any) -> Any:
    """A number written as in papers, `70B` or `15 T`; anything else as it is."""
    found = (
        re.fullmatch(r"([0-9]*\.?[0-9]+) ?([KMBT])", value.strip().upper())
        if isinstance(value, str)
        else None
    )
    return float(found[1]) * UNITS[found[2]] if found else value


Positive = Annotated[float, Field(gt=0, le=1e16)]
Amount = Annotated[Positive, BeforeValidator(_in_units)]
PERCENTILES = {"p05": 0.05, "p50": 0.5, "p95": 0.95}


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: str
    developer: str
    release_date: datetime.date
    params_total: Amount
    params_active: Amount
    hardware: str = ""
    peak_bf16_tflops: Positive | None = None
    chips: Positive | None = None
    precision: Literal["bf16", "fp16", "fp8"] | None = None
    layers: Positive | None = None
    d_model: Positive | None = None
    n_heads: Positive | None = None
    price_usd_per_gpu_hour: Positive | None = None

    def model_post_init(self, _: Any) -> None:
        if self.params_active > self.params_total * 1.001:
            raise ValueError("params_active is larger than params_total")
        if not self.hardware and self.peak_bf16_tflops is None:
            raise ValueError("hardware is missing; name a chip, or give its peak_bf16_tflops")
        if self.release_date > datetime.date.today():
            raise ValueError(f"release_date {self.release_date} is in the future")


class PretrainingSpec(_Spec):
    """A pre-training run by what is public of it."""

    kind: Literal["pretraining"] = "pretraining"
    tokens: Amount
    seq_len: Positive | None = None
    architecture: Literal["dense", "moe"] | None = None
    vocab: Positive | None = None


class ReinforcementSpec(_Spec):
    """A reinforcement run by what is public of it."""

    kind: Literal["reinforcement"]
    chips: Positive
    steps: Positive
    prompts_per_step: Positive
    samples_per_prompt: Positive
    mean_len: Positive
    max_len: Positive
    asynchronous: bool = False


Spec = PretrainingSpec | ReinforcementSpec


def read_spec(text: str, where: str) -> Spec:
    """A specification from TOML; an `InputError` names what is wrong in it."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where}: not valid TOML: {error}") from None
    kind: type[Spec] = (
        ReinforcementSpec if content.get("kind") == "reinforcement" else PretrainingSpec
    )
    try:
        return TypeAdapter(kind).validate_python(content)
    except ValidationError as error:
        raise first_mistake(error, where, kind.model_fields) from None
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None


def find_developer(name: str, evidence: Evidence) -> str:
    """A developer of the tables by that name, however it is spelt in case and blanks.

    Raises
    ------
    InputError
        If no run is of that developer.
    """
    developers = {*evidence["training_runs"].developer, *evidence["rl_runs"].developer}
    found = {_spelling(developer): developer for developer in sorted(developers)}
    if _spelling(name) not in found:
        raise InputError(
            f"{name} is no developer of training_runs.csv or rl_runs.csv{did_you_mean(name, developers)}"
        )
    return found[_spelling(name)]


def _spelling(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


@dataclass(frozen=True)
class Answers:
    """What a set of specifications gave: an answer for each good one, a line for each bad one,
    warnings for odd ones.
    """

    answers: list[dict[str, Any]]
    mistakes: list[str]
    warnings: list[str]


def read_texts(path: Path) -> dict[str, str]:
    """The text of a file, or of every TOML file of a folder, by name."""
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path}: holds no .toml file")
    try:
        return {file.name: file.read_text(encoding="utf-8") for file in files}
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not text in UTF-8: {error.reason}") from None


def estimate_all(
    texts: Mapping[str, str], evidence: Evidence, exclude: tuple[str, ...] = ()
) -> Answers:
    """Every specification answered that can be; `texts` are by the name that a message shows."""
    found = Answers([], [], [])
    for where, text in texts.items():
        try:
            spec = read_spec(text, where)
            answer = estimate(spec, evidence, exclude)
        except InputError as error:
            found.mistakes.append(
                str(error) if str(error).startswith(where) else f"{where}, {error}"
            )
            continue
        slips = unit_slips(spec, estimator_for(evidence, exclude).runs)
        found.warnings.extend(f"{where}: {line}" for line in slips)
        found.answers.append(answer | {"assumptions": slips + answer["assumptions"]})
    return found


def unit_slips(spec: Spec, runs: pd.DataFrame) -> list[str]:
    """What lies so far outside of all usable runs that a slip of units is the likelier reason."""
    seen = {"params_total": (spec.params_total, runs.params_total, 20.0)}
    if isinstance(spec, PretrainingSpec):
        seen["tokens"] = (spec.tokens, runs.tokens, 20.0)
        seen["tokens per active parameter"] = (
            spec.tokens / spec.params_active,
            runs.tokens / runs.params_active,
            5.0,
        )
    return [
        f"{name} = {value:.3g} looks like a slip of units: the runs known here have {column.min():.3g} to {column.max():.3g}"
        for name, (value, column, factor) in seen.items()
        if not column.min() / factor <= value <= column.max() * factor
    ]


def estimate(spec: Spec, evidence: Evidence, exclude: tuple[str, ...] = ()) -> dict[str, Any]:
    """The contract of `traincost estimate --json` for one run, other developers' data less those of
    `exclude`.
    """
    return (
        _estimate_reinforcement(spec, evidence, exclude)
        if isinstance(spec, ReinforcementSpec)
        else _estimate_pretraining(spec, evidence, exclude)
    )


def _estimate_pretraining(
    spec: PretrainingSpec, evidence: Evidence, exclude: tuple[str, ...]
) -> dict[str, Any]:
    chip = _chip(spec, evidence)
    kind = spec.architecture or (
        "moe" if spec.params_total > spec.params_active * 1.02 else "dense"
    )
    estimator = estimator_for(evidence, exclude)
    assumptions = (
        []
        if spec.architecture
        else [f"architecture taken as {kind} from total and active parameters"]
    )
    flop, said = _flop_per_token(spec, kind, estimator.runs)
    assumptions += said
    run: dict[str, Any] = {
        "params_total": spec.params_total,
        "params_active": spec.params_active,
        "tokens": spec.tokens,
    }
    run |= {
        "seq_len_tokens": spec.seq_len,
        "flop_per_token": flop,
        "architecture": kind,
        "chip": chip.name,
        "precision": spec.precision or "",
        "developer": spec.developer,
    }
    frame = pd.DataFrame([run | {"release_date": str(spec.release_date)}]).astype(
        {"seq_len_tokens": float}
    )
    expected = estimator.predict(frame)[0]
    if expected.spread > 1.0:
        assumptions.append(
            f"far from the runs that were seen: the interval is {expected.spread:.2f} times as wide on the log scale"
        )
    assumptions.append(f"MFU from the {expected.basis}; dense BF16 peak, causal attention")
    points = expected.quantile(
        [1 - probability for probability in PERCENTILES.values()]
    )  # a high MFU is few hours
    hours = gpu_hours(spec.tokens, flop, chip.peak_flop_s, points)
    return _answer(spec, chip, hours, evidence, assumptions) | {
        "flop": float(spec.tokens * flop),
        "flop_per_token": float(flop),
        "mfu": _named(expected.quantile(list(PERCENTILES.values()))),
        "assumptions": assumptions,
    }


def _chip(spec: Spec, evidence: Evidence) -> Chip:
    """The chip of that name, with the peak that is given in place of its own; a chip nobody knows
    has no other facts.
    """
    if spec.peak_bf16_tflops is None:
        return find_chip(spec.hardware, evidence["hardware"])
    try:
        name = find_chip(spec.hardware, evidence["hardware"]).name
    except InputError:
        name = spec.hardware or "unnamed chip"
    return Chip(name, spec.peak_bf16_tflops * 1e12)


def _rated_power_w(chip: Chip, evidence: Evidence, assumptions: list[str]) -> float:
    hardware = evidence["hardware"].set_index("chip")
    if chip.name in hardware.index:
        return float(hardware.tdp_w[chip.name])
    assumptions.append("rated power from the median of known chips by their peak")
    return float((hardware.tdp_w / peak_flop_s(hardware)).median() * chip.peak_flop_s)


def _flop_per_token(
    spec: PretrainingSpec, kind: str, runs: pd.DataFrame
) -> tuple[float, list[str]]:
    """FLOP a token by the run's dimensions, or by the median ratio of its kind to six a parameter."""
    if spec.layers and spec.d_model:
        lengths = runs.seq_len_tokens[runs.architecture == kind]
        said = (
            []
            if spec.seq_len
            else [
                f"sequence length taken as {lengths.median():,.0f} tokens, the median of {kind} runs"
            ]
        )
        said += [] if spec.vocab else ["embedding table counted as multiplying: vocab is not given"]
        flop = flop_per_token_from_dimensions(
            spec.params_active,
            spec.layers,
            spec.d_model,
            spec.vocab or 0.0,
            spec.seq_len or lengths.median(),
        )
        return float(flop), said
    ratio = float(
        (runs.flop_per_token / (6.0 * runs.params_active))[runs.architecture == kind].median()
    )
    return 6.0 * spec.params_active * ratio, [
        f"FLOP a token taken as {ratio:.3f} times six a parameter, the median of {kind} runs"
    ]


def _estimate_reinforcement(
    spec: ReinforcementSpec, evidence: Evidence, exclude: tuple[str, ...]
) -> dict[str, Any]:
    chip = _chip(spec, evidence)
    if chip.name not in set(evidence["hardware"].chip):
        raise InputError(
            "hardware: a reinforcement run needs a chip of hardware.csv, for the speed of its memory"
        )
    estimator = step_estimator_for(evidence, exclude)
    run: dict[str, Any] = {
        "params_total": spec.params_total,
        "params_active": spec.params_active,
        "chip": chip.name,
        "chips": spec.chips,
    }
    run |= {
        "prompts_per_step": spec.prompts_per_step,
        "samples_per_prompt": spec.samples_per_prompt,
        "mean_len_tokens": spec.mean_len,
    }
    run |= {
        "max_len_tokens": spec.max_len,
        "mode": "asynchronous" if spec.asynchronous else "synchronous",
    }
    found = estimator.predict(pd.DataFrame([run]))
    seconds = found.step_seconds.quantile(list(PERCENTILES.values()))
    hours = seconds * spec.steps * spec.chips / 3600.0
    tokens = spec.steps * spec.prompts_per_step * spec.samples_per_prompt * spec.mean_len
    flop_per_token = sum(FLOP_PER_PARAMETER.values()) * spec.params_active
    flop = flop_per_token * tokens
    assumptions = [f"step time from {found.step_seconds.basis}"]
    assumptions.append("every step has the mean length; FLOP are ten a parameter and token")
    if "NVIDIA" in set(estimator.runs.developer):
        assumptions.append("most rows are benchmarks of one vendor, which weigh as one developer")
    return _answer(spec, chip, hours, evidence, assumptions) | {
        "flop": float(flop),
        "flop_per_token": float(flop_per_token),
        "mfu": _named(np.sort(mfu(flop, hours, chip.peak_flop_s))),
        "step_seconds": _named(seconds) | {"parts": found.parts},
        "assumptions": assumptions,
    }


def _answer(
    spec: Spec, chip: Chip, hours: np.ndarray, evidence: Evidence, assumptions: list[str]
) -> dict[str, Any]:
    price = spec.price_usd_per_gpu_hour
    if price is None:
        price = market_price(chip.name, str(spec.release_date), evidence["prices"])
        said = "the median quote near the release, for a year's commitment where there are such"
        if price is None:
            price, said = (
                evidence.facts["v3_rental_price_assumed"].value,
                "no quote is known for this chip: DeepSeek's assumption for an H800",
            )
        assumptions.append(f"rent of ${price:.2f} a GPU-hour: {said}")
    facts = evidence.facts
    tdp_w = _rated_power_w(chip, evidence, assumptions)
    energy = energy_kwh(
        hours, tdp_w, facts["node_power_per_tdp"].value, facts["datacentre_pue"].value
    )
    assumptions.append(
        "energy from rated power, a server's and a building's share; carbon from a grid near the world mean"
    )
    return {
        "name": spec.name,
        "gpu_hours": _named(hours),
        "usd": _named(rental_usd(hours, price)),
        "energy_kwh": _named(energy),
        "co2_kg": _named(energy * facts["grid_kg_co2_per_kwh"].value),
    }


def _named(values: np.ndarray) -> dict[str, float]:
    return dict(zip(PERCENTILES, (float(value) for value in np.asarray(values)), strict=True))
