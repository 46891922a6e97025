"""An answer for a run that nobody disclosed: hours, rent, energy and carbon, from a short description."""

from __future__ import annotations

import datetime
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from analysis.architecture import flop_per_token_from_dimensions
from analysis.cost import energy_kwh, market_price, rental_usd
from analysis.data import Evidence, InputError, first_mistake
from analysis.estimator import estimator_for
from analysis.hardware import find_chip
from analysis.phases.pretraining import gpu_hours, reference_runs
from analysis.rl_estimator import StepEstimator

Positive = Annotated[float, Field(gt=0, le=1e16)]
PERCENTILES = {"p05": 0.05, "p50": 0.5, "p95": 0.95}


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: str
    developer: str
    release_date: datetime.date
    params_total: Positive
    params_active: Positive
    hardware: str
    chips: Positive | None = None
    precision: Literal["bf16", "fp16", "fp8"] | None = None
    layers: Positive | None = None
    d_model: Positive | None = None
    n_heads: Positive | None = None
    price_usd_per_gpu_hour: Positive | None = None

    def model_post_init(self, _: Any) -> None:
        if self.params_active > self.params_total * 1.001:
            raise ValueError("params_active is larger than params_total")


class PretrainingSpec(_Spec):
    """A pre-training run by what is public of it."""

    kind: Literal["pretraining"] = "pretraining"
    tokens: Positive
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
    kind: type[Spec] = ReinforcementSpec if content.get("kind") == "reinforcement" else PretrainingSpec
    try:
        return TypeAdapter(kind).validate_python(content)
    except ValidationError as error:
        raise first_mistake(error, f"{where}, ", kind.model_fields) from None
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None


def read_specs(path: Path) -> list[Spec]:
    """The specification of a file, or of every TOML file of a folder, by name."""
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path}: holds no .toml file")
    try:
        return [read_spec(file.read_text(encoding="utf-8"), file.name) for file in files]
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def estimate(spec: Spec, evidence: Evidence, exclude: tuple[str, ...] = ()) -> dict[str, Any]:
    """The contract of `traincost estimate --json` for one run, other developers' data less those of `exclude`."""
    return (
        _estimate_reinforcement(spec, evidence, exclude)
        if isinstance(spec, ReinforcementSpec)
        else _estimate_pretraining(spec, evidence, exclude)
    )


def _estimate_pretraining(spec: PretrainingSpec, evidence: Evidence, exclude: tuple[str, ...]) -> dict[str, Any]:
    chip = find_chip(spec.hardware, evidence["hardware"])
    kind = spec.architecture or ("moe" if spec.params_total > spec.params_active * 1.02 else "dense")
    estimator = estimator_for(evidence, exclude)
    assumptions = [] if spec.architecture else [f"architecture taken as {kind} from total and active parameters"]
    flop, said = _flop_per_token(spec, kind, evidence)
    assumptions += said
    run: dict[str, Any] = {"params_total": spec.params_total, "params_active": spec.params_active, "tokens": spec.tokens}
    run |= {
        "seq_len_tokens": spec.seq_len,
        "flop_per_token": flop,
        "architecture": kind,
        "chip": chip.name,
        "precision": spec.precision or "",
        "developer": spec.developer,
    }
    frame = pd.DataFrame([run | {"release_date": str(spec.release_date)}]).astype({"seq_len_tokens": float})
    mfu = estimator.predict(frame)[0]
    if mfu.spread > 1.0:
        assumptions.append(f"far from the runs that were seen: the interval is {mfu.spread:.2f} times as wide on the log scale")
    assumptions.append(f"MFU from the {mfu.basis}; dense BF16 peak, causal attention")
    points = mfu.quantile([1 - probability for probability in PERCENTILES.values()])  # a high MFU is few hours
    hours = gpu_hours(spec.tokens, flop, chip.peak_flop_s, points)
    return _answer(spec, chip.name, hours, evidence, assumptions) | {
        "flop": float(spec.tokens * flop),
        "flop_per_token": float(flop),
        "mfu": _named(mfu.quantile(list(PERCENTILES.values()))),
        "assumptions": assumptions,
    }


def _flop_per_token(spec: PretrainingSpec, kind: str, evidence: Evidence) -> tuple[float, list[str]]:
    """FLOP a token by the run's dimensions, or by the median ratio of its kind to six a parameter."""
    if spec.layers and spec.d_model:
        lengths = reference_runs(evidence["training_runs"], evidence["hardware"], kind).seq_len_tokens
        said = [] if spec.seq_len else [f"sequence length taken as {lengths.median():,.0f} tokens, the median of {kind} runs"]
        said += [] if spec.vocab else ["embedding table counted as multiplying: vocab is not given"]
        flop = flop_per_token_from_dimensions(
            spec.params_active, spec.layers, spec.d_model, spec.vocab or 0.0, spec.seq_len or lengths.median()
        )
        return float(flop), said
    runs = reference_runs(evidence["training_runs"], evidence["hardware"], kind)
    ratio = float((runs.flop_per_token / (6.0 * runs.params_active)).median())
    return 6.0 * spec.params_active * ratio, [f"FLOP a token taken as {ratio:.3f} times six a parameter, the median of {kind} runs"]


def _estimate_reinforcement(spec: ReinforcementSpec, evidence: Evidence, exclude: tuple[str, ...]) -> dict[str, Any]:
    chip = find_chip(spec.hardware, evidence["hardware"])
    estimator = StepEstimator(evidence, exclude)
    run: dict[str, Any] = {"params_total": spec.params_total, "params_active": spec.params_active, "chip": chip.name, "chips": spec.chips}
    run |= {"prompts_per_step": spec.prompts_per_step, "samples_per_prompt": spec.samples_per_prompt, "mean_len_tokens": spec.mean_len}
    run |= {"max_len_tokens": spec.max_len, "mode": "asynchronous" if spec.asynchronous else "synchronous"}
    found = estimator.predict(pd.DataFrame([run]))
    seconds = found.step_seconds.quantile(list(PERCENTILES.values()))
    hours = seconds * spec.steps * spec.chips / 3600.0
    tokens = spec.steps * spec.prompts_per_step * spec.samples_per_prompt * spec.mean_len
    flop = 10.0 * spec.params_active * tokens
    assumptions = [f"step time from {found.step_seconds.basis}", "every step has the mean length; FLOP are ten a parameter and token"]
    if "NVIDIA" in set(estimator.runs.developer):
        assumptions.append("most rows are benchmarks of one vendor, which weigh as one developer")
    return _answer(spec, chip.name, hours, evidence, assumptions) | {
        "flop": float(flop),
        "flop_per_token": float(10.0 * spec.params_active),
        "mfu": _named(np.sort(flop / (hours * 3600.0 * chip.peak_flop_s))),
        "step_seconds": _named(seconds) | {"parts": found.parts},
        "assumptions": assumptions,
    }


def _answer(spec: Spec, chip: str, hours: np.ndarray, evidence: Evidence, assumptions: list[str]) -> dict[str, Any]:
    price = spec.price_usd_per_gpu_hour
    if price is None:
        price = market_price(chip, str(spec.release_date), evidence["prices"])
        said = "the median quote near the release, for a year's commitment where there are such"
        if price is None:
            price, said = (
                evidence.facts["v3_rental_price_assumed"].value,
                "no quote is known for this chip: DeepSeek's assumption for an H800",
            )
        assumptions.append(f"rent of ${price:.2f} a GPU-hour: {said}")
    facts = evidence.facts
    tdp = float(evidence["hardware"].set_index("chip").tdp_w[chip])
    energy = energy_kwh(hours, tdp, facts["node_power_per_tdp"].value, facts["datacentre_pue"].value)
    assumptions.append("energy from rated power, a server's and a building's share; carbon from a grid near the world mean")
    return {
        "name": spec.name,
        "gpu_hours": _named(hours),
        "usd": _named(rental_usd(hours, price)),
        "energy_kwh": _named(energy),
        "co2_kg": _named(energy * facts["grid_kg_co2_per_kwh"].value),
    }


def _named(values: np.ndarray) -> dict[str, float]:
    return dict(zip(PERCENTILES, (float(value) for value in np.asarray(values)), strict=True))
