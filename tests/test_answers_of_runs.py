"""The backtest and estimates, worked out by hand."""

from math import log

import numpy as np
import pandas as pd
import pytest

from analysis.compare.estimate import estimate
from analysis.compare.specification import PretrainingSpec, ReinforcementSpec
from analysis.runs.backtest import bootstrap, calibration, figures, summary
from analysis.runs.candidates import CANDIDATES
from analysis.runs.choice import rules_of_thumb
from analysis.runs.features import design
from analysis.runs.floor import known_developer, noise_floor
from analysis.runs.public_estimators import OURS, beside_public_estimators
from analysis.runs.references import reference_runs
from tests.by_hand import CHIP, dense_run, with_runs, with_tables

# --- the backtest


def test_the_summary_of_a_backtest_by_hand():
    tested = pd.DataFrame(
        {
            "error_factor": [1.0, 1.2, 1.4, 3.0],
            "inside": [True, True, True, False],
            "p05": [1.0, 1.0, 2.0, 4.0],
            "p95": [2.0, 4.0, 12.0, 40.0],
            "level": [0.1, 0.5, 0.85, 0.99],
            "developer": ["A", "A", "B", "B"],
            "score": [1.0, 2.0, 3.0, 6.0],
        }
    )
    assert summary(tested) == pytest.approx(
        {
            "n": 4,
            "median_error_factor": 1.3,
            "p90_error_factor": 1.4 + 0.7 * 1.6,
            "coverage_90": 0.75,
            "median_width_factor": 5.0,
        }
    )
    assert figures(tested)["interval_score"] == pytest.approx((1.5 + 4.5) / 2)
    assert calibration(tested).share.tolist() == [0.5, 0.5, 0.75, 0.75]


def test_a_bootstrap_draws_whole_developers():
    tested = pd.DataFrame({"developer": list("ABB"), "x": [1.0, 3.0, 3.0]})
    draws = bootstrap(tested, lambda rows: {"mean": rows.x.mean(), "n": len(rows)})
    assert set(draws["mean"].round(4)) == {1.0, 2.3333, 3.0}  # A twice, one of each, B twice
    assert set(draws.n) == {2, 3, 4}
    assert len(draws) == 400


def test_equal_runs_are_pairs_of_one_developer_within_a_third_in_size(evidence):
    runs = [("A", 0.2), ("A", 0.3), ("A", 0.5), ("B", 0.4)]
    made = pd.DataFrame([dense_run(*run, number) for number, run in enumerate(runs)])
    made.loc[2, ["params_active", "params_total"]] *= 1.4
    other = dense_run("A", 0.2, 9) | {"params_active": 5e9, "params_total": 5e9}
    made.loc[len(made)] = other
    pairs = noise_floor(with_runs(evidence, training_runs=made))
    assert pairs[["first", "second"]].to_numpy().tolist() == [["A0", "A1"]]
    assert pairs.ratio.tolist() == pytest.approx([1.5])


def test_a_rule_of_thumb_counts_six_flop_a_parameter(evidence):
    """Six developers at the same efficiency: the rule misses what attention adds, and its 0.4."""
    made = with_runs(evidence, *((name, 0.5) for name in "ABCDEF"))
    table = rules_of_thumb(made).set_index("candidate")
    run = reference_runs(made).iloc[0]
    counted = run.flop_per_token / (6 * 10e9)
    assert table.median_error_factor["6ND at 0.4"] == pytest.approx(0.5 / counted / 0.4)
    assert table.p90_error_factor["6ND at the constant best in hindsight"] == pytest.approx(1.0)


def test_a_developers_other_run_is_known_or_left_out(evidence):
    runs = [("A", 0.2), ("A", 0.2), ("B", 0.4), ("C", 0.4), ("D", 0.4), ("E", 0.4), ("F", 0.4)]
    table = known_developer(with_runs(evidence, *runs))
    assert table.id.tolist() == ["A0", "A1"]
    assert table.without.tolist() == pytest.approx([2, 2])  # by all others: 0.4
    assert (table.error_factor < 2).all()


def test_public_estimators_are_off_by_the_larger_ratio(evidence):
    tested = pd.DataFrame(
        {"id": ["a", "b", "c"], "gpu_hours": [100.0, 100.0, 9.0], "error_factor": [1.5, 2.5, 9.0]}
    )
    peers = pd.DataFrame(
        [("X", "a", 50.0), ("X", "b", 400.0), ("Y", "a", 125.0), ("Y", "b", np.nan)],
        columns=["estimator", "run", "estimated_gpu_hours"],
    )
    table = beside_public_estimators(tested, with_tables(evidence, peer_estimates=peers))
    assert table.index.tolist() == [0, 1, 2]
    table = table.set_index("estimator")
    assert table.index.tolist() == ["Y", OURS, "X"]
    assert table.loc["X", ["runs", "median_factor", "worst_factor"]].tolist() == [2, 3, 4]
    assert table.p90_factor["X"] == pytest.approx(2 + 0.9 * 2)
    assert table.loc[OURS, ["runs", "median_factor", "worst_factor"]].tolist() == [2, 2, 2.5]
    assert table.runs["Y"] == 1 and table.median_factor["Y"] == pytest.approx(1.25)


def test_the_strengths_that_are_tried_were_chosen_once(evidence):
    facts = evidence.facts
    assert {name: candidate.strengths(facts) for name, candidate in CANDIDATES.items()} == {
        "constant": [0.0],
        "by type": [0.3, 1.0, 3.0],
        "by type and chip": [0.3, 1.0, 3.0],
        "linear": [3.0, 10.0, 30.0, 100.0],
        "pooled": [3.0, 10.0, 30.0],
        "Gaussian process": [2.0, 5.0],
    }
    assert [candidate.rank for candidate in CANDIDATES.values()] == [0, 1, 2, 3, 4, 5]


def test_a_chip_is_of_hoppers_time_from_2022_on_and_lengths_take_the_middle(evidence):
    chips = pd.concat([CHIP.assign(chip=str(year), year=year) for year in (2021, 2022, 2023)])
    runs = pd.DataFrame([dense_run("A", 0.4, number) for number in range(4)])
    runs = runs.assign(chip=["2021", "2022", "2023", "2023"], flop_per_token=6e10)
    runs["seq_len_tokens"] = [1_000.0, np.nan, 8_000.0, 2_000.0]  # their mean is not their middle
    runs["precision"] = ["fp8", "", "bf16", "bf16"]
    made = design(runs, on_chips := with_tables(evidence, hardware=chips))
    assert made.generation.tolist() == ["before Hopper"] + ["Hopper and later"] * 3
    assert made.log_length.tolist() == pytest.approx([log(n) for n in (1e3, 2e3, 8e3, 2e3)])
    assert made.log_flop.tolist() == pytest.approx([log(6e22)] * 4)
    assert made.fp8.tolist() == [1, 0, 0, 0]
    assert made.log_sparsity.tolist() == [0, 0, 0, 0]
    runs = runs.assign(seq_len_tokens=np.nan, params_total=[1e10, 1e9, 4e10, 2e10])
    silent = design(runs, on_chips)
    assert silent.log_length.tolist() == [log(4_096)] * 4  # of which nobody says anything
    assert silent.log_sparsity.tolist() == pytest.approx([0, 0, log(4), log(2)])


def test_a_run_that_does_not_say_its_length_takes_the_middle_of_its_kind(evidence):
    made = pd.DataFrame([dense_run("A", 0.5, number) for number in range(4)])
    made["seq_len_tokens"] = [1_000.0, 2_000.0, 6_000.0, np.nan]
    made.loc[3, "layers"] = 20.0  # twice the attention: no other run has its ratio
    flop = reference_runs(with_runs(evidence, training_runs=made)).flop_per_token
    assert flop[1] == pytest.approx(5.88e10 + 6 * 10 * 2 * 2_000 * 1_000)
    assert flop[3] == pytest.approx(5.88e10 + 6 * 20 * 2 * 2_000 * 1_000)


# --- estimates


def test_an_estimate_by_hand(evidence):
    spec = PretrainingSpec(
        name="x", developer="A lab", release_date="2024-12-01", params_total=10e9,
        params_active=10e9, tokens=2e12, hardware="H800", seq_len=4_096, layers=32, d_model=4_096,
        vocab=100_000, architecture="dense", price_usd_per_gpu_hour=3.0,
    )  # fmt: skip
    found = estimate(spec, evidence)
    flop = 6 * (10e9 - 100_000 * 4_096) + 6 * 32 * 2 * 4_096 * 4_096 / 2
    assert found["flop_per_token"] == pytest.approx(flop)
    assert found["flop"] == pytest.approx(2e12 * flop)
    for few, many in (("p05", "p95"), ("p50", "p50"), ("p95", "p05")):
        hours = 2e12 * flop / (989.4e12 * found["mfu"][many]) / 3600
        assert found["gpu_hours"][few] == pytest.approx(hours)
        assert found["usd"][few] == pytest.approx(3 * hours)
        assert found["energy_kwh"][few] == pytest.approx(hours * 0.7 * 1.24 * 1.2)
        assert found["co2_kg"][few] == pytest.approx(hours * 0.7 * 1.24 * 1.2 * 0.45)


def test_a_run_of_unknown_dimensions_takes_the_ratio_of_its_kind(evidence):
    """Six runs that are alike: attention and the table make 5.892e10 of six a parameter."""
    made = with_runs(evidence, *((name, 0.5) for name in "ABCDEF"))
    spec = PretrainingSpec(
        name="x", developer="G", release_date="2024-12-01", params_total=20e9, params_active=20e9,
        tokens=1e12, hardware="C", architecture="dense", price_usd_per_gpu_hour=1.0,
    )  # fmt: skip
    ratio = (6 * (10e9 - 2e8) + 6 * (10 * 2 * 2_000) * 500) / (6 * 10e9)
    assert estimate(spec, made)["flop_per_token"] == pytest.approx(6 * 20e9 * ratio)


def test_an_estimate_of_reinforcement_by_hand(evidence):
    spec = ReinforcementSpec(
        kind="reinforcement", name="x", developer="A lab", release_date="2024-12-01",
        params_total=16e9, params_active=4e9, hardware="H800", chips=64, steps=500,
        prompts_per_step=32, samples_per_prompt=8, mean_len=2_000, max_len=8_000,
    )  # fmt: skip
    found = estimate(spec, evidence)
    flop = 10 * 4e9 * 500 * 32 * 8 * 2_000
    hours = found["step_seconds"]["p50"] * 500 * 64 / 3600
    assert found["gpu_hours"]["p50"] == pytest.approx(hours)
    assert found["flop"] == pytest.approx(flop)
    assert found["mfu"]["p50"] == pytest.approx(flop / (hours * 3600 * 989.4e12))
    assert found["mfu"]["p05"] < found["mfu"]["p50"] < found["mfu"]["p95"]
    assert sum(found["step_seconds"]["parts"].values()) == pytest.approx(
        found["step_seconds"]["p50"]
    )
