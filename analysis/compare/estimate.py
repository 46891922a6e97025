"""Hours, rent, energy and carbon of a run that nobody disclosed, from a short description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.compare.estimate_rent import rent_on_market
from analysis.compare.estimate_views import with_step_time
from analysis.compare.specification import (
    PretrainingSpec,
    ReinforcementSpec,
    Spec,
    read_spec,
    unit_slips,
)
from analysis.compare.work import far_from_config, flop_per_token_of_spec
from analysis.data.chips import (
    Chip,
    chip_rows,
    find_chip,
    parts_of,
    peak_slips,
    peak_slips_of_unknown,
    rated_power_w,
    usual_rated_power_w,
)
from analysis.data.facts import Facts
from analysis.data.mistakes import InputError, refuse_few
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution, named_percentiles
from analysis.physics.cost import energy_kwh, rental_usd
from analysis.physics.durations import HOURS_PER_DAY, SECONDS_PER_HOUR
from analysis.physics.training import gpu_hours, mfu
from analysis.runs.efficiency import estimator_for
from analysis.runs.references import NEEDED, TABLE
from analysis.runs.rl_steps import FLOP_PER_PARAMETER_AND_TOKEN, step_estimator_for

MOST = 0.5  # the share of rows from which on one developer has most of them


@dataclass(frozen=True)
class Answers:
    """What a set of specifications gave: an answer for each good one, a line for each bad one,
    warnings for odd ones.
    """

    answers: list[dict[str, Any]]
    mistakes: list[str]
    warnings: list[str]


def estimate_all(
    texts: Mapping[str, str | InputError],
    evidence: Evidence,
    exclude: tuple[str, ...] = (),
    beside: Path | None = None,
) -> Answers:
    """Every specification answered that can be; `texts` are by the name that a message shows, in
    the folder `beside`.
    """
    all_of_them = Answers([], [], [])
    for where, text in texts.items():
        if isinstance(text, InputError):
            all_of_them.mistakes.append(str(text))
            continue
        try:
            spec = read_spec(text, "", evidence, beside)
            answer, slips = _with_slips(spec, evidence, exclude)
        except InputError as error:
            all_of_them.mistakes.append(str(error.at(where)))
            continue
        all_of_them.warnings.extend(f"{where}: {line}" for line in slips + far_from_config(spec))
        all_of_them.answers.append(answer)
    return all_of_them


def estimate(spec: Spec, evidence: Evidence, exclude: tuple[str, ...] = ()) -> dict[str, Any]:
    """The contract of `traincost estimate --json` for one run.

    Parameters
    ----------
    spec
        What is public of the run.
    evidence
        The tables.
    exclude
        Developers whose runs are not looked at.

    Returns
    -------
    dict
        `name`; `gpu_hours` [GPU-hour], `usd` [US$], `energy_kwh` [kWh], `co2_kg` [kg]
        and `mfu` [1], each with `p05, p50, p95`; `days` where chips are given; `flop` and
        `flop_per_token` [FLOP]; of reinforcement `step_seconds` [s], with its `parts`; with a
        layout `views` and `step_time_weight`; and the `assumptions` in words.

    Raises
    ------
    InputError
        For a chip that nobody knows and that has no peak.
    """
    return _with_slips(spec, evidence, exclude)[0]


def _with_slips(
    spec: Spec, evidence: Evidence, exclude: tuple[str, ...]
) -> tuple[dict[str, Any], list[str]]:
    """The answer, and which of its lines are likely slips of units."""
    if isinstance(spec, ReinforcementSpec):
        answer = _estimate_reinforcement(spec, evidence, exclude)
    else:
        answer = _estimate_pretraining(spec, evidence, exclude)
    slips = unit_slips(spec, estimator_for(evidence, exclude).runs)
    return answer | {"assumptions": slips + answer["assumptions"]}, slips


def _estimate_pretraining(
    spec: PretrainingSpec, evidence: Evidence, exclude: tuple[str, ...]
) -> dict[str, Any]:
    said: list[str] = []
    chip, estimator = _chip(spec, evidence, said), estimator_for(evidence, exclude)
    kind = _kind(spec, evidence.facts, said)
    alike = estimator.runs[estimator.runs.architecture == kind]
    refuse_few(alike.developer, TABLE, f"a run that is {kind}", [*NEEDED, "that kind"], fewest=1)
    flop = flop_per_token_of_spec(spec, alike, said)
    expected = estimator.predict(_as_row(spec, chip, kind, flop))[0]
    said += _how_near(expected)
    views: dict[str, Any] = {}
    if spec.layout is not None:
        expected, views = with_step_time(spec, chip, flop, expected, evidence, exclude)
        pooled = "both views pooled by the protocol's weight of the time of a step"
        without = views.pop("no_step_time", None)
        said.append(f"by kind alone, for {without}" if without else pooled)
    if spec.precision:
        why = "in the view by kind" if spec.layout is None else "beside that of the layout"
        said.append(f"precision changes nothing {why}")
    points = expected.percentiles()
    few_to_many = np.array(list(points.values()))[::-1]  # a high MFU is few hours
    hours = gpu_hours(spec.tokens, flop, chip.peak_flop_s, few_to_many)
    return _answer(spec, chip, hours, evidence, said) | {
        "flop": float(spec.tokens * flop),
        "flop_per_token": flop,
        "mfu": points,
        "assumptions": said,
        **views,
    }


def _kind(spec: PretrainingSpec, facts: Facts, said: list[str]) -> str:
    if spec.architecture:
        return spec.architecture
    sparse = facts.constant("mixture_from_sparsity", "ratio").value
    kind = "moe" if spec.params_total > spec.params_active * sparse else "dense"
    said.append(f"architecture taken as {kind} from total and active parameters")
    return kind


def _as_row(spec: PretrainingSpec, chip: Chip, kind: str, flop: float) -> pd.DataFrame:
    """The run as a row of training_runs.csv, with its FLOP per token."""
    row = {
        "params_total": spec.params_total,
        "params_active": spec.params_active,
        "tokens": spec.tokens,
        "seq_len_tokens": spec.seq_len,
        "flop_per_token": flop,
        "architecture": kind,
        "chip": chip.name,
        "precision": spec.precision or "",
        "developer": spec.developer,
        "release_date": str(spec.release_date),
    }
    return pd.DataFrame([row]).astype({"seq_len_tokens": float})


def _how_near(expected: Distribution) -> list[str]:
    far = [
        "far from the runs that were seen: the interval is "
        f"{expected.spread:.2f} times as wide on the log scale"
    ]
    basis = f"MFU from the {expected.basis}; dense BF16 peak, causal attention"
    return [*(far if expected.spread > 1.0 else []), basis]


def _chip(spec: Spec, evidence: Evidence, said: list[str]) -> Chip:
    """The chip of that name, with the peak that is given in place of its own; a chip nobody knows
    has no other facts.
    """
    hardware, peak_tflops = evidence["hardware"], spec.peak_bf16_tflops
    try:
        chip = find_chip(spec.hardware, hardware)
    except InputError:
        if peak_tflops is None:
            raise
        said += peak_slips_of_unknown(spec.hardware, peak_tflops, hardware)
        return Chip(spec.hardware or "unnamed chip", peak_tflops * 1e12)
    year = chip_rows(pd.Series([chip.name]), hardware).year.iloc[0]
    if peak_tflops is not None:
        said += peak_slips(chip, peak_tflops, hardware)
        chip = Chip(chip.name, peak_tflops * 1e12)
    said.append(f"chip {chip.name}, at {chip.peak_flop_s / 1e12:.4g} TFLOP/s, dense in 16 bits")
    if spec.release_date.year < year:
        said.append(f"release_date {spec.release_date} is before its chip, of {year:.0f}")
    return chip


def _estimate_reinforcement(
    spec: ReinforcementSpec, evidence: Evidence, exclude: tuple[str, ...]
) -> dict[str, Any]:
    said: list[str] = []
    chip, estimator = _chip(spec, evidence, said), step_estimator_for(evidence, exclude)
    if chip.name not in set(evidence["hardware"].chip):
        raise InputError(
            "a reinforcement run needs a chip of hardware.csv, for the speed of its memory",
            "hardware",
        )
    step = estimator.predict(_as_step(spec, chip))
    seconds = step.step_seconds.percentiles()
    hours = np.array(list(seconds.values())) * spec.steps * spec.chips / SECONDS_PER_HOUR
    tokens = spec.steps * spec.prompts_per_step * spec.samples_per_prompt * spec.mean_len
    flop_per_token = FLOP_PER_PARAMETER_AND_TOKEN * spec.params_active
    said += [
        f"step time from {step.step_seconds.basis}",
        "every step has the mean length; FLOP are ten a parameter and token",
        *_one_sided(estimator.runs.developer),
        *(f"{name} changes nothing in a run of reinforcement" for name in spec.unused),
    ]
    return _answer(spec, chip, hours, evidence, said) | {
        "flop": float(flop_per_token * tokens),
        "flop_per_token": float(flop_per_token),
        "mfu": named_percentiles(np.sort(mfu(flop_per_token * tokens, hours, chip.peak_flop_s))),
        "step_seconds": seconds | {"parts": step.parts},
        "assumptions": said,
    }


def _as_step(spec: ReinforcementSpec, chip: Chip) -> pd.DataFrame:
    """The run as a row of rl_runs.csv."""
    row = {
        "params_total": spec.params_total,
        "params_active": spec.params_active,
        "chip": chip.name,
        "chips": spec.chips,
        "prompts_per_step": spec.prompts_per_step,
        "samples_per_prompt": spec.samples_per_prompt,
        "mean_len_tokens": spec.mean_len,
        "max_len_tokens": spec.max_len,
        "mode": "asynchronous" if spec.asynchronous else "synchronous",
    }
    return pd.DataFrame([row])


def _one_sided(developers: pd.Series) -> list[str]:
    """A word on rows that are mostly one developer's."""
    shares = developers.value_counts(normalize=True)
    if shares.iloc[0] <= MOST:
        return []
    return [f"{shares.iloc[0]:.0%} of the rows are {shares.index[0]}'s, which weigh by model"]


def _answer(
    spec: Spec, chip: Chip, hours: np.ndarray, evidence: Evidence, said: list[str]
) -> dict[str, Any]:
    """Hours to rent, electricity and carbon; what is assumed for them goes to `said`."""
    facts, price = evidence.facts, spec.price_usd_per_gpu_hour
    if price is None:
        price, why = rent_on_market(chip, str(spec.release_date), evidence)
        said.append(f"rent of ${price:.2f} a GPU-hour: {why}")
    tdp_w = _rated_power_w(chip, evidence["hardware"], said)
    node, pue = facts["node_power_per_tdp"].value, facts["datacentre_pue"].value
    energy = energy_kwh(hours, tdp_w, node, pue)
    said.append(
        "energy from rated power, a server's and a building's share; carbon from a grid near the "
        "world mean"
    )
    if parts := parts_of(chip.name, evidence["hardware"]):
        said.append(f"a GPU-hour is an hour of a whole {chip.name}, of {parts}")
    days = hours / (spec.chips or np.nan) / HOURS_PER_DAY
    return {
        "name": spec.name,
        "gpu_hours": named_percentiles(hours),
        **({"days": named_percentiles(days)} if spec.chips else {}),
        "usd": named_percentiles(rental_usd(hours, price)),
        "energy_kwh": named_percentiles(energy),
        "co2_kg": named_percentiles(energy * facts["grid_kg_co2_per_kwh"].value),
    }


def _rated_power_w(chip: Chip, hardware: pd.DataFrame, said: list[str]) -> float:
    known = rated_power_w(chip.name, hardware)
    if not np.isnan(known):
        return known
    said.append("rated power from the median of known chips by their peak")
    return usual_rated_power_w(chip.peak_flop_s, hardware)
