import numpy as np
import pandas as pd
import pytest

from analysis.runs.rl_backtest import (
    alternatives,
    alternatives_by_kind,
    generation_shares,
    left_out_intervals,
    steps_by_kind,
)
from analysis.runs.rl_steps import StepEstimator, sparsity_cost


@pytest.fixture(scope="module")
def estimator(evidence):
    return StepEstimator(evidence)


def test_r1_zero_and_its_developer_are_not_among_the_rows(estimator):
    assert "DeepSeek" not in set(estimator.runs.developer)
    assert len(estimator.runs) >= 40


def test_no_part_of_a_step_is_negative(estimator):
    assert (estimator.coefficients >= 0).all()
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
    tokens, waiting, fixed = estimator.design(pd.DataFrame([STEP]))[0] * estimator.coefficients
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
    for developer in estimator.runs.developer.unique():
        own = (estimator.runs.developer == developer).to_numpy()
        assert estimator.left_out()[own] == pytest.approx(
            estimator.columns[own] @ estimator.coefficients_without(developer)
        )


def test_a_step_is_inside_if_it_is_less_far_off_than_half_the_width_to_either_side(
    estimator, evidence
):
    found = left_out_intervals(evidence)
    errors = np.log(estimator.left_out() / estimator.runs.step_seconds.to_numpy())
    far_off = np.abs(errors) > np.log(found.width.to_numpy()) / 2
    assert (found.inside.to_numpy() == ~far_off).all()
    assert 0 < far_off.sum() < len(far_off)
