"""A step of reinforcement learning, and what others' steps say of it, worked out by hand."""

from math import exp, log, sqrt
from statistics import NormalDist
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.data.scenario import load_scenario
from analysis.reconstruction.reconstruction import reconstruct
from analysis.reconstruction.reinforcement import (
    fixed_seconds_input,
    steps_input,
    update_mfu_input,
)
from analysis.runs.rl_backtest import (
    BY_TOKENS,
    _kinds_of_steps,
    alternatives,
    generation_shares,
    left_out_intervals,
)
from analysis.runs.rl_fit import fit_steps, step_priors
from analysis.runs.rl_steps import StepEstimator, sparsity_cost, step_estimator_for
from tests.by_hand import CHIP, PEAK, dense_run, with_tables

STEP = {
    "params_total": 16e9,
    "params_active": 4e9,
    "chip": "C",
    "chips": 10.0,
    "prompts_per_step": 2.0,
    "samples_per_prompt": 4.0,
    "mean_len_tokens": 1_000.0,
    "max_len_tokens": 1_500.0,
    "mode": "synchronous",
    "unfit": "",
    "grade": "vendor_benchmark",
}
TOKENS = 10 * 4e9 * 8_000 / (10 * PEAK) * sqrt(2)  # ten FLOP; what sparsity costs is 4^0.25
WAITING = 1_500 * sqrt(4) / 2_000  # the longest of eight would be 1,839 tokens; 2,000 GB/s
FIXED = sqrt(16)


def steps(*changes):
    rows = [
        {"id": f"s{number}", "model": "m", "developer": f"D{number}", **STEP, **change}
        for number, change in enumerate(changes)
    ]
    missing = ["steps", "generation_seconds", "scoring_seconds", "update_seconds", "fixed_seconds",
               "mean_len_low_tokens", "mean_len_high_tokens"]  # fmt: skip
    frame = pd.DataFrame(rows)
    return frame.assign(**{name: np.nan for name in missing if name not in frame})


@pytest.fixture
def made(evidence):
    """A dense run at 0.4, a mixture of sixteen times its active parameters at 0.2, and steps."""

    def with_steps(*changes):
        sparse = dense_run("B", 0.2, 1) | {"architecture": "moe", "params_total": 160e9}
        runs = pd.DataFrame([dense_run("A", 0.4, 0), sparse])
        tables = {"training_runs": runs, "hardware": CHIP, "rl_runs": steps(*changes)}
        return with_tables(evidence, **tables)

    return with_steps


# --- a step of reinforcement learning


def test_half_the_efficiency_at_sixteen_times_the_parameters_is_a_fourth_root(made):
    assert sparsity_cost(made({"step_seconds": 1.0})) == pytest.approx(log(2) / log(16))


def test_the_parts_of_a_step_by_hand(made):
    estimator = StepEstimator(made({"step_seconds": 1.0}))
    assert estimator.columns[0] == pytest.approx([TOKENS, WAITING, FIXED])
    longest = 1_000 * exp(0.7 * NormalDist().inv_cdf(8 / 9) - 0.7**2 / 2)
    free, beside = (
        estimator.design(steps({"max_len_tokens": np.nan, "mode": mode}))[0]
        for mode in ("synchronous", "asynchronous")
    )
    assert free == pytest.approx([TOKENS, longest * 2 / 2_000, FIXED])
    assert beside == pytest.approx(0.75 * free)


FOUR = [
    {"step_seconds": 1.0, "params_total": 16e9 + number} for number in range(4)
]  # four models, to which rows below give seconds


def test_without_rows_the_coefficients_are_the_priors(made):
    evidence = made({"step_seconds": np.nan})
    estimator = StepEstimator(evidence)
    facts = evidence.facts
    reads = facts["rl_weight_reads_a_token"].value
    by_hand = [facts["rl_seconds_over_peak"].value, 2 * reads,
               facts["rl_fixed_seconds_by_root_of_size"].value]  # fmt: skip
    assert len(estimator.runs) == 0
    assert estimator.fit.coefficients == pytest.approx(by_hand)
    assert estimator.fit.own_run_log == 0.0
    tokens, waiting, fixed = np.array([TOKENS, WAITING, FIXED]) * by_hand
    unseen = estimator.fit.seconds(estimator.design(steps({})), np.zeros(1))[0]
    assert unseen == pytest.approx([tokens, waiting, fixed])


ONLY_FIXED = np.array([[0.0, 0.0, 1.0]])


def fixed_steps(*changes):
    """Fits to steps of fixed seconds alone, e of them each, and what was known before."""
    rows = steps(*({"step_seconds": exp(1.0), **change} for change in changes))
    return rows, np.repeat(ONLY_FIXED, len(rows), axis=0)


def log_of_fixed(evidence, *changes):
    """By how much of the way from its prior to one the log of the coefficient goes."""
    rows, columns = fixed_steps(*changes)
    priors = step_priors(evidence.facts)
    found = fit_steps(columns, rows, priors)
    start = log(priors.middle[2])
    return (log(found.coefficients[2]) - start) / (1 - start), priors


def test_rows_pull_by_their_weight_against_the_prior_by_hand(evidence):
    """Means weighted by one over the square of each deviation."""
    one, priors = log_of_fixed(evidence, {})
    prior, row = priors.log_sd[2] ** -2, priors.row_log_sd**-2
    assert one == pytest.approx(row / (row + prior))
    two, _ = log_of_fixed(evidence, {}, {})
    assert two == pytest.approx(2 * row / (2 * row + prior))
    same, _ = log_of_fixed(evidence, {"developer": "A"}, {"developer": "A"})
    assert same == pytest.approx(one)  # one developer, one size: one model


def test_a_length_off_a_curve_pulls_less_by_hand(evidence):
    curve = {"mean_len_low_tokens": 500.0, "mean_len_high_tokens": 2_000.0}
    found, priors = log_of_fixed(evidence, curve)
    length = log(4) / (2 * NormalDist().inv_cdf(0.95))
    row = 1 / (priors.row_log_sd**2 + length**2)
    assert found == pytest.approx(row / (row + priors.log_sd[2] ** -2))


def test_a_run_of_ones_own_may_take_longer_than_benchmarks_by_hand(evidence):
    """One row of another grade: its distance is shared by the coefficient and the grade."""
    rows, columns = fixed_steps({"grade": "paper"})
    priors = step_priors(evidence.facts)
    found = fit_steps(columns, rows, priors)
    before, grade, row = priors.log_sd[2] ** 2, priors.own_run_log_sd**2, priors.row_log_sd**2
    distance = 1 - log(priors.middle[2])
    assert found.own_run_log == pytest.approx(distance * grade / (before + grade + row))
    assert found.seconds(columns, np.ones(1)).sum() == pytest.approx(
        found.coefficients[2] * exp(found.own_run_log)
    )


def test_many_steps_outweigh_what_was_known(made):
    """Thirty models on few chips, whose seconds have coefficients 12, 20 and 3."""
    rows = [
        {
            "developer": f"D{number % 6}",
            "params_total": 16e9 + number,
            "chips": 0.01 / (1 + number % 5),
            "max_len_tokens": 1_500.0 / (1 + number % 3),
            "step_seconds": 12e3 * TOKENS * (1 + number % 5)
            + 20 * WAITING / (1 + number % 3)
            + 3 * FIXED,
        }
        for number in range(30)
    ]
    found = StepEstimator(made(*rows))
    predicted = (found.columns @ found.fit.coefficients) / found.runs.step_seconds
    known = step_priors(made(*rows).facts).middle
    before = (found.columns @ known) / found.runs.step_seconds
    assert np.abs(np.log(predicted)).max() < 0.2 < np.abs(np.log(before)).max()


def test_the_error_of_two_developers_is_the_mean_of_their_squares(made):
    found = zip(FOUR, "ABBB", (60.0, 90.0, 90.0, 200.0), strict=True)
    rows = [{**row, "developer": name, "step_seconds": seconds} for row, name, seconds in found]
    estimator = StepEstimator(made(*rows))
    errors = np.log(estimator.left_out() / estimator.runs.step_seconds)
    spread, developers = estimator.log_error
    assert developers == 2
    assert spread == pytest.approx(sqrt((errors[0] ** 2 + (errors[1:] ** 2).mean()) / 2))


def test_naive_ways_by_hand(made):
    evidence = made({"step_seconds": 10.0}, {"step_seconds": 20.0}, {"step_seconds": 40.0})
    factors = alternatives(StepEstimator(evidence), evidence)
    # by the middle of the others: 30 for 10, 25 for 20, 15 for 40
    by_hand = [3, 1.25, 40 / 15]
    assert factors["throughput only"].tolist() == pytest.approx(by_hand)
    assert factors["GPU-hours a token"].tolist() == pytest.approx(by_hand)
    at_mfu = TOKENS / 0.3  # the middle of 0.4 and 0.2
    assert factors["pre-training MFU"].tolist() == pytest.approx([s / at_mfu for s in (10, 20, 40)])


def test_the_share_of_writing_in_a_step(made):
    evidence = made(*({**row, "step_seconds": 80.0, "generation_seconds": 20.0} for row in FOUR))
    estimator = StepEstimator(evidence)
    shares = generation_shares(estimator)
    others = estimator.fit_of(np.arange(4) > 0).coefficients
    tokens, waiting, fixed = others * [TOKENS, WAITING, FIXED]
    assert shares.disclosed.tolist() == pytest.approx([0.25] * 4)
    assert shares.predicted[0] == pytest.approx(
        (0.2 * tokens + waiting) / (tokens + waiting + fixed), rel=1e-6
    )


def test_the_interval_of_a_left_out_step_is_that_of_the_others(made):
    seconds = {"R": 40.0, "S": 80.0, "T": 80.0, "U": 400.0}
    evidence = made(
        *({"developer": name, "step_seconds": value} for name, value in seconds.items())
    )
    found = left_out_intervals(evidence)
    others = step_estimator_for(evidence, ("U",))
    spread, developers = others.log_error
    assert developers == 3
    reach = spread * 2.3534  # Student's t of three degrees of freedom, 95 %
    assert found.width[3] == pytest.approx(exp(2 * reach), rel=1e-3)
    predicted = others.fit.coefficients @ [TOKENS, WAITING, FIXED]
    error = log(400.0 / predicted)
    assert found.inside[3] == (error <= reach)
    assert found.interval_score[3] == pytest.approx(
        2 * reach + 20 * max(error - reach, 0.0), rel=1e-3
    )
    assert left_out_intervals(evidence, 0.5).width[3] == pytest.approx(
        exp(2 * spread * 0.76489), rel=1e-3
    )


def test_the_interval_by_tokens_is_that_of_the_others(made):
    """Ten, twenty and forty seconds of the same tokens: by the middle of the others."""
    evidence = made(*({"step_seconds": value} for value in (10.0, 20.0, 40.0)))
    found = left_out_intervals(evidence, way=BY_TOKENS)
    reach = log(2) * 2.91999  # of ten and twenty, each by the other; two degrees of freedom
    assert found.width[2] == pytest.approx(exp(2 * reach), rel=1e-3)
    error = log(40 / 15)
    assert found.inside[2] == (error <= reach)


# --- inputs that others' steps give


def test_utilisation_of_updates_by_hand():
    rows = steps(
        {"developer": "A", "update_seconds": 0.1, "params_active": 1e9},
        {"developer": "B", "update_seconds": 0.4, "params_active": 1e9},
        {"developer": "C", "update_seconds": 1e3, "mode": "asynchronous"},
        {"developer": "D", "update_seconds": 1e3, "unfit": "a reason"},
        {"developer": "E", "update_seconds": np.nan},
    )
    found = update_mfu_input(rows, CHIP, 5).distribution
    work = 6 * 1e9 * 8 * 1_000  # FLOP of 8,000 tokens
    assert found.quantile([0, 1]) == pytest.approx(
        [work / (0.4 * 10 * PEAK), work / (0.1 * 10 * PEAK)]
    )


def test_fixed_seconds_are_printed_or_what_the_parts_leave():
    parts = {"generation_seconds": 50.0, "scoring_seconds": 10.0, "update_seconds": 30.0}
    rows = steps(
        {"developer": "A", "step_seconds": 100.0, "fixed_seconds": 4.0},
        {"developer": "B", "step_seconds": 100.0, **parts},
        {"developer": "C", "step_seconds": 90.0, **parts},
        {"developer": "D", "step_seconds": 100.0, **parts, "scoring_seconds": np.nan},
        {"developer": "E", "step_seconds": 900.0, **parts, "mode": "asynchronous"},
    )
    assert fixed_seconds_input(rows, 5).distribution.quantile([0, 1]) == pytest.approx([4, 10])


def test_steps_come_from_the_answers_that_others_wrote():
    rows = steps(
        {"developer": "A", "steps": 1_000.0},
        {"developer": "B", "steps": 4_000.0},
        {"developer": "C", "steps": 9_000.0, "unfit": "a reason"},
    )
    # eight answers a step there, sixteen here
    assert steps_input(rows, 16.0, 5).distribution.quantile([0, 1]) == pytest.approx([500, 2_000])


def test_the_developers_own_runs_are_in_no_input(evidence, r1):
    """A hundred times slower steps and runs under its own name change no input."""
    tables = {}
    for name, column in (("rl_runs", "update_seconds"), ("training_runs", "gpu_hours")):
        table = evidence[name]
        own = table.assign(developer=r1.model.developer, id="own_" + table.id)
        tables[name] = pd.concat([table, own.assign(**{column: 100 * own[column]})])
    changed = with_tables(evidence, **{n: t.reset_index(drop=True) for n, t in tables.items()})
    found = reconstruct(r1.model.name, load_scenario(samples=64), changed)
    for before, after in zip(r1.phases, found.phases, strict=True):
        for name, item in before.inputs.items():
            now = after.inputs[name].distribution
            assert now.quantile([0.1, 0.9]) == pytest.approx(item.distribution.quantile([0.1, 0.9]))


def test_hours_a_token_count_the_tokens_of_each_step(made):
    """A second a token and chip: 10, 10 and 5; by the middle of the others 7.5, 7.5 and 10."""
    changes = [
        {"step_seconds": 10.0},
        {"step_seconds": 20.0, "mean_len_tokens": 2_000.0},
        {"step_seconds": 40.0, "mean_len_tokens": 4_000.0, "chips": 5.0},
    ]
    evidence = made(*changes)
    factors = alternatives(StepEstimator(evidence), evidence)
    assert factors["GPU-hours a token"].tolist() == pytest.approx([4 / 3, 4 / 3, 2.0])


def test_kinds_of_steps_begin_at_their_bounds(evidence):
    rows = steps(
        {"developer": "A", "params_total": 200e9, "mean_len_tokens": 7_999.0},
        {"developer": "B", "params_total": 199e9, "mean_len_tokens": 8_000.0},
        {"developer": "A", "chip": "D"},
    )
    chips = pd.concat([CHIP, CHIP.assign(chip="D", peak_bf16_dense_tflops=500.0)])
    estimator = SimpleNamespace(runs=rows, hardware=chips)
    kinds = {kind: inside.tolist() for kind, inside in _kinds_of_steps(estimator, evidence.facts)}
    assert kinds == {
        "all steps": [True, True, True],
        "of A": [True, False, True],
        "of B": [False, True, False],
        "models of 200 billion parameters and more": [True, False, False],
        "answers of 8,000 tokens and more": [False, True, False],
        "on chips of 1,000 TFLOP/s": [True, True, False],
    }
