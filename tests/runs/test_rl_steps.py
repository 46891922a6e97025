import numpy as np
import pandas as pd
import pytest

from analysis.runs.rl_backtest import (
    BY_TOKENS,
    alternatives,
    alternatives_by_kind,
    explained,
    generation_shares,
    intervals_by_way,
    least_share,
    left_out_intervals,
    steps_by_kind,
    what_errors_go_with,
    what_so_few_show,
)
from analysis.runs.rl_fit import models_of
from analysis.runs.rl_steps import StepEstimator, sparsity_cost
from tests.by_hand import dense_run, with_runs, with_tables


@pytest.fixture(scope="module")
def estimator(evidence):
    return StepEstimator(evidence)


def test_r1_zero_and_its_developer_are_not_among_the_rows(estimator):
    assert "DeepSeek" not in set(estimator.runs.developer)
    assert len(estimator.runs) >= 40


def test_no_part_of_a_step_is_negative(estimator):
    assert (estimator.fit.coefficients > 0).all()
    assert (estimator.columns >= 0).all()


def test_left_out_steps_are_within_a_factor_of_two_in_the_median(estimator):
    errors = np.exp(np.abs(np.log(estimator.left_out() / estimator.runs.step_seconds)))
    assert np.median(errors) < 2


def test_overlap_is_that_of_pairs_in_the_table(estimator):
    runs = estimator.runs
    keys = ["model_size", "chip", "chips", "mean_rounded"]
    runs = runs.assign(
        model_size=runs.params_total, mean_rounded=(runs.mean_len_tokens / 300).round()
    )
    sync, overlapped = (runs[runs["mode"] == mode] for mode in ("synchronous", "asynchronous"))
    pairs = sync.merge(overlapped, on=keys)
    assert len(pairs) > 5
    assert np.median(pairs.step_seconds_y / pairs.step_seconds_x) == pytest.approx(
        estimator.overlap, abs=0.1
    )


def test_sparsity_costs_something_but_less_than_the_parameters_it_saves(evidence):
    assert 0 < sparsity_cost(evidence) < 1


def test_naive_ways_miss_by_more_than_the_model(estimator, evidence):
    medians = alternatives(estimator, evidence).drop(columns=["id", "developer"]).median()
    assert medians.idxmin() == "this model"
    assert (medians >= 1).all()


def test_intervals_widen_with_the_level_and_hold_more(evidence):
    narrow, wide = (left_out_intervals(evidence, level) for level in (0.5, 0.9))
    assert len(narrow) == len(wide)
    assert (narrow.width < wide.width).all()
    assert narrow.inside.mean() < wide.inside.mean()


def test_generation_is_a_part_of_a_step(estimator):
    shares = generation_shares(estimator)
    assert len(shares) > 1
    assert shares[["disclosed", "predicted"]].gt(0).all().all()
    assert shares[["disclosed", "predicted"]].lt(1).all().all()


def test_all_steps_are_those_of_the_developers_together(estimator, evidence):
    for table in (steps_by_kind(evidence), alternatives_by_kind(evidence)):
        steps = table.set_index("steps").n
        developers = [steps[f"of {name}"] for name in estimator.runs.developer.unique()]
        assert steps["all steps"] == sum(developers) == len(estimator.runs)


STEP = {
    "params_active": 1e9,
    "params_total": 1e9,
    "chip": "H100 SXM",
    "chips": 100,
    "prompts_per_step": 10,
    "samples_per_prompt": 10,
    "mean_len_tokens": 1000.0,
    "max_len_tokens": 1000.0,
    "mode": "synchronous",
}


def test_what_makes_a_step_longer_by_hand(estimator):
    def parts(**changes):
        return estimator.design(pd.DataFrame([STEP | changes]))[0] / before

    before = estimator.design(pd.DataFrame([STEP]))[0]
    sparse = 4**estimator.sparsity_cost
    assert parts(params_total=4e9) == pytest.approx([sparse, 1, 2])
    assert parts(params_active=4e9, params_total=4e9) == pytest.approx([4, 2, 2])
    assert parts(chips=200) == pytest.approx([0.5, 1, 1])
    assert parts(mode="asynchronous") == pytest.approx([0.75, 0.75, 0.75])


def test_a_prediction_adds_up_its_parts(estimator):
    found = estimator.predict(pd.DataFrame([STEP]))
    longer = np.exp(estimator.fit.own_run_log)  # a run to be predicted is nobody's benchmark
    parts = estimator.design(pd.DataFrame([STEP]))[0] * estimator.fit.coefficients * longer
    tokens, waiting, fixed = parts
    assert found.parts == pytest.approx(
        {
            "generation": 0.2 * tokens + waiting,
            "scoring": 0.2 * tokens,
            "update": 0.6 * tokens,
            "fixed": fixed,
        }
    )
    assert found.step_seconds.quantile(0.5) == pytest.approx(sum(found.parts.values()))


def test_a_left_out_step_is_predicted_by_the_fit_of_the_others(estimator):
    for units in (estimator.runs.developer, models_of(estimator.runs)):
        for unit in units.unique():
            own = (units == unit).to_numpy()
            fit, rows = estimator.fit_of(~own), estimator.runs[own]
            longer = np.where(rows.grade == "vendor_benchmark", 1.0, np.exp(fit.own_run_log))
            assert estimator.left_out(units)[own] == pytest.approx(
                estimator.columns[own] @ fit.coefficients * longer
            )


def test_every_row_says_who_measured_and_a_length_off_a_curve_has_its_range(evidence):
    runs = evidence["rl_runs"]
    benchmarks = runs[runs.source_id == "nemo_rl_perf"]
    assert set(benchmarks.grade) == {"vendor_benchmark"}
    reports = runs.source_id.str.contains("issue")
    assert set(runs.grade[reports]) == {"user_report"}
    read = runs[runs.mean_len_kind == "digitised"]
    assert len(read) >= 4
    assert (read.mean_len_low_tokens < read.mean_len_tokens).all()
    assert (read.mean_len_tokens < read.mean_len_high_tokens).all()
    assert (read.mean_len_high_tokens < read.max_len_tokens).all()
    printed = runs[runs.mean_len_kind == ""]
    assert printed[["mean_len_low_tokens", "mean_len_high_tokens"]].isna().all(axis=None)


def test_intervals_of_this_model_score_better_than_those_by_tokens(evidence):
    scores = intervals_by_way(evidence).set_index("way")
    for column in ("interval_score", "interval_score_by_developer"):
        assert scores[column]["this model"] < scores[column][BY_TOKENS]


def test_an_interval_score_is_the_width_and_more_for_a_step_beyond(evidence):
    found = left_out_intervals(evidence)
    width = np.log(found.width.to_numpy())
    inside, score = found.inside.to_numpy(), found.interval_score.to_numpy()
    assert score[inside] == pytest.approx(width[inside])
    assert (score[~inside] > width[~inside]).all()


def test_errors_go_with_chip_and_sparsity_and_hardly_with_size(estimator):
    shares = what_errors_go_with(estimator).set_index("what").share
    assert shares["size"] < 0.1
    assert shares["size"] < shares["parameters for each active one"]
    both = shares["the last two together"]
    assert both > max(shares["parameters for each active one"], shares["peak of the chip"])
    assert both < 1
    assert explained(np.array([[1.0], [1.0], [0.0], [0.0]]), np.array([3.0, 1.0, 1.0, -1.0])) == (
        pytest.approx(0.5)
    )


def test_few_developers_leave_much_possible(evidence, estimator):
    shown = what_so_few_show(evidence).iloc[0]
    assert shown.developers == estimator.runs.developer.nunique()
    assert 0 < shown["inside"] <= shown.developers
    # all of n inside is what a share of 0.1^(1/n) would give in one of ten
    assert least_share(7, 7) == pytest.approx(0.1 ** (1 / 7))
    assert least_share(5, 7) < least_share(6, 7) < least_share(7, 7) < least_share(70, 70)
    assert least_share(0, 3) == 0.0


def test_a_step_is_inside_if_it_is_less_far_off_than_half_the_width_to_either_side(
    estimator, evidence
):
    found = left_out_intervals(evidence)
    errors = np.log(estimator.left_out() / estimator.runs.step_seconds.to_numpy())
    far_off = np.abs(errors) > np.log(found.width.to_numpy()) / 2
    assert (found.inside.to_numpy() == ~far_off).all()
    assert 0 < far_off.sum() < len(far_off)


ROW = {
    "id": "x",
    "developer": "A",
    "model": "m",
    "grade": "own_run",
    "unfit": "",
    "step_seconds": 60.0,
}


def rows_of_steps(evidence, *changes):
    """The evidence with these steps alone."""
    table = evidence["rl_runs"]
    rows = pd.DataFrame([ROW | STEP | change for change in changes]).reindex(columns=list(table))
    words = [name for name in table if table[name].dtype == object]
    return with_tables(evidence, rl_runs=rows.fillna(dict.fromkeys(words, "")))


def test_a_step_counts_if_nothing_speaks_against_it_and_all_is_there(evidence):
    needed = ["params_active", "params_total", "chips", "prompts_per_step", "samples_per_prompt"]
    needed += ["mean_len_tokens", "step_seconds"]
    made = rows_of_steps(
        evidence,
        {"id": "other", "developer": "B"},
        {"id": "unfit", "unfit": "a reason"},
        {"id": "no chip", "chip": ""},
        *({"id": name, name: np.nan} for name in needed),
        {"id": "fits"},
    )
    estimator = StepEstimator(made)
    assert estimator.runs.id.tolist() == ["other", "fits"]
    assert estimator.runs.index.tolist() == [0, 1] and list(estimator.runs) == list(made["rl_runs"])
    assert StepEstimator(made, ("B",)).runs.id.tolist() == ["fits"]


def test_the_fixed_part_grows_with_the_root_of_billions_exactly(estimator):
    frame = pd.DataFrame([STEP | {"params_total": total} for total in (16e9, 1e9)])
    assert estimator.design(frame)[:, 2].tolist() == [4.0, 1.0]


def test_a_step_takes_any_time_above_nothing(estimator):
    found = estimator.predict(pd.DataFrame([STEP])).step_seconds
    assert (found.low, found.high) == (0.0, np.inf)


def test_what_sparsity_costs_is_that_of_the_middle_runs(evidence):
    """Dense at 0.4 in the middle, mixtures at 0.2 of four times their active parameters."""
    dense = [dense_run("A", mfu, number) for number, mfu in enumerate((0.4, 0.39, 0.7))]
    sparse = [
        dense_run("B", mfu, number) | {"architecture": "moe", "params_total": 10e9 * times}
        for number, (mfu, times) in enumerate(((0.2, 4), (0.19, 3), (0.5, 40)))
    ]
    runs = pd.DataFrame([*dense, *sparse])
    made = with_runs(evidence, training_runs=runs)
    assert sparsity_cost(made) == pytest.approx(0.5)
    assert sparsity_cost(with_runs(evidence, training_runs=runs), ("C",)) == pytest.approx(0.5)
