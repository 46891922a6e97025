"""GPU-hours of the phases of R1 and of its base, every input at its middle, and what an hour costs
who owns the chip.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import exp, log
from statistics import NormalDist
from typing import Any

import numpy as np

from tests.second_path import efficiency, work
from tests.second_path.evidence import (
    Row,
    chips,
    middle,
    model,
    number,
    peak,
    rows,
    stage,
    usual,
    value,
)

DEVELOPER = "DeepSeek"
PEAK = peak(model("deepseek-v3")["chip"])
NORMAL = NormalDist()
SEGMENTS = 104  # of the steps of R1-Zero, a hundred each

Stage = dict[str, Any]


# --- training


def tokens_and_length(phase: str, name: str) -> tuple[float, int]:
    """Tokens of a stage that trains, and of a text of it."""
    given = stage(phase, name)
    length = middle(given["seq_len_tokens"])
    if "tokens" in given:
        return middle(given["tokens"]), int(length)
    return middle(given["steps"]) * middle(given["sequences_per_step"]) * length, int(length)


def training_gpu_hours(phase: str, name: str, mfu: float) -> float:
    """All tokens through the model and its module for a second token."""
    tokens, length = tokens_and_length(phase, name)
    flop = tokens * work.flop_per_token(work.sizes_of_v3(), length, modules=True)
    return flop / (PEAK * mfu) / 3600


def mfu_by_kind() -> float:
    """What other developers' mixtures of experts reach."""
    return exp(efficiency.estimate(frozenset({DEVELOPER})).by_kind["moe"])


def fine_tuning_gpu_hours(given: Stage) -> float:
    """Epochs of samples that look back on themselves alone."""
    length = middle(given["mean_tokens"])
    c = work.sizes_of_v3()
    flop = 6 * (work.passed(c) + c["n_layers"] * work.products(c) * length / 2)
    tokens = middle(given["epochs"]) * middle(given["samples"]) * length
    return tokens * flop / (PEAK * mfu_by_kind()) / 3600


def pooled_middle(step_time: Callable[[float], float], weight: float) -> float:
    """The middle of a pool: draws by step time with a weight, by kind with the rest of it.

    `step_time` is the MFU at a probability.
    """
    found = efficiency.estimate(frozenset({DEVELOPER}))
    c = work.sizes_of_v3()
    tokens, length = tokens_and_length("v3_pretraining", "corpus")
    flop = tokens * work.flop_per_token(c, length)  # a run of the table is counted without modules
    width = found.width(work.passed(c), flop, model("deepseek-v3")["chip"])
    by_kind = NormalDist(found.by_kind["moe"], width)

    def below(mfu: float) -> float:
        return weight * solved(step_time, mfu) + (1 - weight) * by_kind.cdf(log(mfu))

    return solved(below, 0.5, low=0.01)


def solved(rising: Callable[[float], float], wanted: float, low: float = 0.0) -> float:
    """Where a rising function of numbers up to one reaches a value."""
    high = 1.0
    for _ in range(50):
        half = (low + high) / 2
        low, high = (half, high) if rising(half) < wanted else (low, half)
    return (low + high) / 2


# --- writing answers


@lru_cache
def tokens_per_s_per_gpu() -> float:
    """What fleets write that serve the family on Hopper chips, the developer's own among them."""
    own = model("deepseek-v3")["decoding"]
    fit = [
        row
        for row in rows("decoding")
        if row["model_family"] == own["family"]
        and row["tokens_per_s_per_gpu"]
        and not row["unfit_as_throughput"]
    ]
    rates = [number(row["tokens_per_s_per_gpu"]) for row in fit]
    return usual(
        [*rates, value(own["own_tokens_per_s_per_gpu"])],
        [*(row["developer"] for row in fit), DEVELOPER],
    )


def writing_gpu_hours(given: Stage) -> float:
    """Samples, each kept one drawn several times."""
    draws = middle(given["draws_per_kept_sample"]) if "draws_per_kept_sample" in given else 1
    tokens = middle(given["samples"]) * middle(given["mean_tokens"]) * draws
    return tokens / tokens_per_s_per_gpu() / 3600


# --- reinforcement learning


def others() -> list[Row]:
    """Steps of other developers that may serve as references."""
    return [row for row in rows("rl_runs") if row["developer"] != DEVELOPER and not row["unfit"]]


def in_turn(found: list[Row]) -> list[Row]:
    """Those whose step is the sum of its parts."""
    return [row for row in found if row["mode"] == "synchronous"]


def answers_of(row: Row) -> float:
    """Answers of a step."""
    return number(row["prompts_per_step"]) * number(row["samples_per_prompt"])


def have(found: list[Row], *fields: str) -> list[Row]:
    """The rows that have something in all of these fields."""
    return [row for row in found if all(row[field] for field in fields)]


def usual_of(found: list[Row], quantity: Callable[[Row], float], least: float = 0.0) -> float:
    """The middle of a quantity over rows of other developers."""
    return usual([quantity(row) for row in found], [row["developer"] for row in found], least)


@lru_cache
def update_mfu() -> float:
    """Six FLOP a parameter and token of a step, over what its chips could do in the update."""
    batch = ("prompts_per_step", "samples_per_prompt", "mean_len_tokens", "chips", "chip")
    found = have(
        [row for row in others() if row["mode"] == "synchronous"], "update_seconds", *batch
    )

    def reached(row: Row) -> float:
        flop = 6 * number(row["params_active"]) * answers_of(row) * number(row["mean_len_tokens"])
        able = peak(row["chip"]) * number(row["chips"]) * number(row["update_seconds"])
        return flop / able

    return usual_of(found, reached)


def left_of_a_step(row: Row) -> float:
    """Seconds of a step that are fixed: as printed, else what its parts leave; none if unknown."""
    if row["fixed_seconds"]:
        return number(row["fixed_seconds"])
    parts = ("generation_seconds", "scoring_seconds", "update_seconds")
    if not have([row], "step_seconds", *parts):
        return 0.0
    return number(row["step_seconds"]) - sum(number(row[part]) for part in parts)


@lru_cache
def fixed_seconds() -> float:
    """Seconds of a step that do not grow with tokens."""
    fit = [row for row in in_turn(others()) if left_of_a_step(row) > 0]
    return usual_of(fit, left_of_a_step)


def steps_of(given: Stage) -> float:
    """Steps as printed; else as many as write the answers that other developers' runs wrote."""
    if "steps" in given:
        return middle(given["steps"])
    own = middle(given["prompts_per_step"]) * middle(given["samples_per_prompt"])
    known = have(others(), "steps", "prompts_per_step", "samples_per_prompt")
    return usual_of(known, lambda row: number(row["steps"]) * answers_of(row) / own, least=1.0)


def rollout_seconds(given: Stage, mean_tokens: float, limit_tokens: float) -> float:
    """Seconds of a rollout: until all answers and the longest of them are written, passes that
    score, an update of three passes, and what is fixed.
    """
    decoding = model("deepseek-v3")["decoding"]
    answers, gpus = middle(given["answers_per_rollout"]), middle(given["gpus"])
    spread = middle(decoding["answer_length_log_sd"])
    # of n answers the longest lies where a share n / (n + 1) of all is shorter
    far = spread * NORMAL.inv_cdf(answers / (answers + 1))
    median_tokens = mean_tokens / exp(spread**2 / 2)
    longest = min(median_tokens * exp(far), limit_tokens)
    writing = max(
        answers * mean_tokens / (gpus * tokens_per_s_per_gpu()),
        longest * middle(decoding["time_per_output_token_ms"]) / 1000,
    )
    forward = answers * mean_tokens * work.forward_flop(work.sizes_of_v3())
    one_pass = forward / (gpus * PEAK * update_mfu())
    passes = middle(decoding["scoring_forward_passes"]) + 3
    return writing + passes * one_pass + fixed_seconds()


def reinforcement_gpu_hours(given: Stage, pieces: int | None = None) -> float:
    """All rollouts one after the other, or all of a piece of the run as its middle one."""
    steps = steps_of(given)
    answers = steps * middle(given["prompts_per_step"]) * middle(given["samples_per_prompt"])
    rollouts = answers / middle(given["answers_per_rollout"])
    if "length_curve" not in given:
        pieces = 1  # all rollouts are alike
    pieces = pieces or round(rollouts)
    seconds = 0.0
    for piece in range(pieces):
        at_step = (piece + 0.5) * steps / pieces
        mean, limit = mean_tokens_at(given, at_step), limit_at(given, at_step)
        seconds += rollout_seconds(given, mean, limit) * rollouts / pieces
    return seconds * middle(given["gpus"]) / 3600


def mean_tokens_at(given: Stage, step: float) -> float:
    """Mean length of the answers of a step: by the published curve, where there is one."""
    if "length_curve" not in given:
        return middle(given["mean_answer_tokens"])
    curve = rows(f"curves/{given['length_curve']}")
    steps, means = ([number(row[name]) for row in curve] for name in ("step", "mean_answer_tokens"))
    return float(np.interp(step, steps, means))


def limit_at(given: Stage, step: float) -> float:
    """Length at which an answer of a step is cut."""
    holds = [limit for limit in given["limits"] if middle(limit.get("from_step", "0")) <= step]
    return middle(holds[-1]["tokens"])


# --- an owned hour


def owned_usd_per_gpu_hour(chip: str) -> float:
    """Machines over the hours they work, electricity, and a place for all hours of their life."""
    prices = [
        number(row["usd"])
        for row in rows("purchase_prices")
        if row["chip"] == chip and row["with_server"] == "yes" and row["price_is"] != "estimated"
    ]
    assert max(prices) < 2 * min(prices)  # the middle of the range is the mean of its ends
    with_network = (max(prices) + min(prices)) / 2 / (1 - middle("network_share_of_cluster_price"))
    hours_at_work = 365.25 * 24 * middle("fleet_utilisation")  # of a year
    machines = with_network / (middle("server_life_years") * hours_at_work)
    kw = number(chips()[chip]["tdp_w"]) / 1000 * middle("node_power_per_tdp")
    energy = kw * middle("datacentre_pue") * middle("industrial_electricity_price")
    return machines + energy + 12 * kw * middle("hosting_price") / hours_at_work
