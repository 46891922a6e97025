import numpy as np
import pytest

from analysis.rl_estimator import OVERLAP, StepEstimator, sparsity_cost


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
    runs = runs.assign(model_size=runs.params_total, mean_rounded=(runs.mean_len_tokens / 300).round())
    sync, overlapped = (runs[runs["mode"] == mode] for mode in ("synchronous", "asynchronous"))
    pairs = sync.merge(overlapped, on=keys)
    assert len(pairs) > 5
    assert np.median(pairs.step_seconds_y / pairs.step_seconds_x) == pytest.approx(OVERLAP, abs=0.1)


def test_sparsity_costs_something_but_less_than_the_parameters_it_saves(evidence):
    assert 0 < sparsity_cost(evidence) < 1
