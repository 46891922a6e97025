"""Reinforcement learning, rollout by rollout.

One rollout costs: generation; then scoring and reference log-probabilities (forward); then the
policy updates (forward and backward); and what does not grow with tokens. Generation is bounded
from two sides: by throughput, and by the longest answer of the rollout, written one token at a time
while all GPUs wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.data.chips import peaks_of
from analysis.data.uncertainty import fewest_for_t, from_other_developers
from analysis.physics.durations import SECONDS_PER_HOUR
from analysis.physics.flop import TRAINING_FLOP_PER_PARAMETER, forward_flop_per_token
from analysis.physics.parameters import multiplying_parameters
from analysis.physics.rollout import (
    forward_seconds,
    generation_seconds,
    longest_answer_tokens,
    update_seconds,
)
from analysis.reconstruction.fine_tuning import decode_throughput_input
from analysis.reconstruction.setting import Input, Setting, Work
from analysis.reconstruction.stages import ReinforcementStage, Span

TABLE = "rl_runs.csv"
SEGMENTS_OF_A_CURVE = 104  # a segment a hundred steps, the spacing of the digitised points


def update_mfu_input(runs: pd.DataFrame, hardware: pd.DataFrame, fewest: float) -> Input:
    """Utilisation of the updates in other developers' runs, by six FLOP per active parameter and
    token.

    The sizes of those models are not all known, so attention is left out here and where the figure
    is used.
    """
    rows = runs[
        runs[
            ["update_seconds", "mean_len_tokens", "chips", "prompts_per_step", "samples_per_prompt"]
        ]
        .notna()
        .all(axis=1)
    ]
    rows = rows[(rows.chip != "") & _comparable(rows)]
    tokens = rows.prompts_per_step * rows.samples_per_prompt * rows.mean_len_tokens
    peaks = peaks_of(rows.chip, hardware)
    flop = TRAINING_FLOP_PER_PARAMETER * rows.params_active * tokens
    mfu = flop / (rows.update_seconds * rows.chips * peaks)
    where = f"{TABLE}, update_seconds"
    prior = from_other_developers(mfu, rows.developer, "step-time breakdowns", fewest, where=where)
    return Input("rl_update_mfu", "efficiency of the updates", "ratio", prior)


def fixed_seconds_input(runs: pd.DataFrame, fewest: float) -> Input:
    """Seconds a rollout that do not grow with tokens: printed, or what the printed parts leave of a
    step.
    """
    parts = runs[["generation_seconds", "scoring_seconds", "update_seconds"]]
    left = runs.fixed_seconds.fillna(
        (runs.step_seconds - parts.sum(axis=1)).where(parts.notna().all(axis=1))
    )
    rows = left.notna() & (left > 0) & _comparable(runs)
    basis = "step-time breakdowns: moving weights, switching engines"
    return Input(
        "rl_fixed_seconds",
        "fixed seconds per rollout",
        "seconds",
        from_other_developers(
            left[rows], runs.developer[rows], basis, fewest, where=f"{TABLE}, fixed_seconds"
        ),
    )


def steps_input(runs: pd.DataFrame, answers_per_step: float, fewest: float) -> Input:
    """Steps of a run that discloses none, from the answers that other developers' runs wrote in
    all.

    A step is not the same work everywhere, so answers are counted and divided by this stage's own
    batch.
    """
    answers = runs.steps * runs.prompts_per_step * runs.samples_per_prompt
    rows = answers.notna() & (runs.unfit == "")
    steps = answers[rows] / answers_per_step
    prior = from_other_developers(
        steps,
        runs.developer[rows],
        "answers written in other developers' runs",
        fewest,
        low=1.0,
        where=f"{TABLE}, steps",
    )
    return Input("rl_steps", "training steps", "steps", prior, own=True)


def _comparable(runs: pd.DataFrame) -> pd.Series:
    """Runs whose step is the sum of its parts: synchronous, and fit to be a reference."""
    return (runs["mode"] == "synchronous") & (runs.unfit == "")


def inputs(stage: ReinforcementStage, setting: Setting) -> dict[str, Input]:
    """The inputs of a stage, by field."""
    decoding, runs = setting.decoding, setting.tables["rl_runs"]
    fewest = fewest_for_t(setting.facts)
    if decoding is None:
        raise ValueError("a stage of reinforcement learning needs the model's [decoding]")
    found = setting.stage_inputs(stage)
    if isinstance(stage.mean_answer_tokens, Span):
        found["mean_answer_tokens"] = replace(found["mean_answer_tokens"], own=True)
    last = stage.limits[-1]
    if last.from_step:
        found["from_step"] = setting.quantity_input("from_step", last.from_step, "steps")
    if stage.steps is None:
        batch = [
            float(found[field].distribution.quantile(0.5))
            for field in ("prompts_per_step", "samples_per_prompt")
        ]
        found["steps"] = steps_input(runs, batch[0] * batch[1], fewest)
    latency = setting.quantity_input(
        "time_per_output_token_ms", decoding.time_per_output_token_ms, "ms_per_token"
    )
    latency = replace(latency, name="time_per_output_token_ms")
    return found | {
        "tokens_per_s_per_gpu": decode_throughput_input(setting),
        "time_per_output_token_ms": setting.parameter_or("time_per_output_token_ms", latency),
        "answer_length_log_sd": setting.quantity_input(
            "answer_length_log_sd", decoding.answer_length_log_sd, "log_sd"
        ),
        "scoring_forward_passes": setting.quantity_input(
            "scoring_forward_passes", decoding.scoring_forward_passes, "count"
        ),
        "update_mfu": setting.once(
            "update_mfu", lambda: update_mfu_input(runs, setting.tables["hardware"], fewest)
        ),
        "fixed_seconds": setting.once("fixed_seconds", lambda: fixed_seconds_input(runs, fewest)),
    }


def work(stage: ReinforcementStage, values: Mapping[str, np.ndarray], setting: Setting) -> Work:
    """Hours of a stage: the parts of a rollout, times the rollouts, over the length curve."""
    samples = np.broadcast_shapes(*(one.shape for one in values.values()))
    seconds, flop, rollouts = rollouts_by_segment(stage, once_if_alike(values), setting)
    hours = np.broadcast_to(values["gpus"] * rollouts / SECONDS_PER_HOUR, samples)
    parts = {name: part.sum(axis=0) * hours for name, part in seconds.items()}
    flop_of_all = np.broadcast_to(flop.sum(axis=0) * rollouts, samples)
    return Work(np.sum(list(parts.values()), axis=0), flop_of_all, parts)


def once_if_alike(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Inputs that are alike in all samples, once: what follows from them alone is computed once."""
    return {name: one[:1] if (one == one[0]).all() else one for name, one in values.items()}


@dataclass(frozen=True)
class Segments:
    """A run cut into pieces in which answers are alike; arrays broadcast to (segments, samples).

    `rollouts` is the number of rollouts of each segment.
    """

    mean_tokens: np.ndarray
    limit_tokens: np.ndarray
    rollouts: np.ndarray


def segments(
    stage: ReinforcementStage, values: Mapping[str, np.ndarray], setting: Setting
) -> Segments:
    """The segments of a stage: along its published curve of lengths, or one of a mean length."""
    if stage.length_curve is None:
        middle_step = values["steps"][np.newaxis] / 2.0
        mean_tokens = values["mean_answer_tokens"][np.newaxis]
    else:
        curve = setting.tables[stage.length_curve]
        share = (np.arange(SEGMENTS_OF_A_CURVE) + 0.5) / SEGMENTS_OF_A_CURVE
        middle_step = share[:, np.newaxis] * values["steps"][np.newaxis]
        mean_tokens = np.interp(middle_step, curve.step, curve.mean_answer_tokens)
    limit = values["limit_0_tokens"]
    if "from_step" in values:
        limit = np.where(middle_step >= values["from_step"], values["limit_1_tokens"], limit)
    answers_per_step = values["prompts_per_step"] * values["samples_per_prompt"]
    rollouts = values["steps"] * answers_per_step / values["answers_per_rollout"]
    return Segments(mean_tokens, limit, rollouts / len(middle_step))


def rollouts_by_segment(
    stage: ReinforcementStage, values: Mapping[str, np.ndarray], setting: Setting
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Seconds of a rollout by part, its FLOP, and the rollouts of each segment.

    Returns
    -------
    tuple
        Seconds by part, FLOP of a rollout, rollouts; arrays of (segments, samples).
    """
    found = segments(stage, values, setting)
    seconds = _seconds_by_part(found, values, setting)
    tokens = values["answers_per_rollout"] * found.mean_tokens
    # a token of a long answer attends further: over tokens, the mean length of a log-normal is
    # mean x exp(sigma^2)
    further = np.exp(values["answer_length_log_sd"] ** 2)
    context = np.minimum(found.mean_tokens * further, found.limit_tokens)
    forward_flop = forward_flop_per_token(setting.configuration, context)
    flop = tokens * forward_flop * (4.0 + values["scoring_forward_passes"])
    return seconds, flop, found.rollouts


def _seconds_by_part(
    found: Segments, values: Mapping[str, np.ndarray], setting: Setting
) -> dict[str, np.ndarray]:
    """Seconds of a rollout by part; arrays of (segments, samples)."""
    answers, mean_tokens = values["answers_per_rollout"], found.mean_tokens
    by_throughput, by_latency = generation_seconds(
        answers,
        mean_tokens,
        longest_tokens(found, values, setting),
        values["gpus"],
        values["tokens_per_s_per_gpu"],
        values["time_per_output_token_ms"],
    )
    active = multiplying_parameters(setting.configuration)
    machine = (values["gpus"], setting.chip.peak_flop_s, values["update_mfu"])
    forward = forward_seconds(active, answers * mean_tokens, *machine)
    fixed = values["fixed_seconds"]
    all_parts = (by_throughput, by_latency, forward, fixed)
    shape = np.broadcast_shapes(*(part.shape for part in all_parts))
    return {
        "generation at full throughput": np.broadcast_to(by_throughput, shape),
        "waiting for the longest answer": np.maximum(by_latency - by_throughput, 0.0),
        "scoring": forward * values["scoring_forward_passes"],
        "updates": update_seconds(active, answers * mean_tokens, *machine),
        "moving weights, switching engines": np.broadcast_to(fixed, shape),
    }


def longest_tokens(
    found: Segments, values: Mapping[str, np.ndarray], setting: Setting
) -> np.ndarray:
    """Length of the longest answer of a rollout: what the scenario sets, else by its spread."""
    given = setting.parameters.longest_answer_tokens
    if given is not None:
        return np.full_like(found.mean_tokens, given)
    spread, answers = values["answer_length_log_sd"], values["answers_per_rollout"]
    return longest_answer_tokens(found.mean_tokens, spread, answers, found.limit_tokens)
