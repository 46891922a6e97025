"""What an interval goes with, on cases whose answer is known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from analysis.data.uncertainty import sobol_points
from analysis.reconstruction import measured
from analysis.runs.interval_shares import rank_shares, shares_of_constants, shares_of_parts
from analysis.runs.planned import by_step_time, log_rate_by_part

DRAWN = dict(zip("abc", sobol_points(3, 9, 0).T, strict=True))


def test_shares_of_an_invented_sum_are_those_of_its_weights():
    result = 2.0 * DRAWN["a"] + DRAWN["b"]  # variances four to one
    found = rank_shares({**DRAWN, "still": np.ones(512)}, result)
    assert list(found.index) == ["a", "b", "c"]
    assert found.to_numpy() == pytest.approx([0.8, 0.2, 0.0], abs=0.03)


def test_a_share_is_the_square_of_spearmans_correlation_whatever_bends_or_turns_the_result():
    result = 2.0 * DRAWN["a"] + DRAWN["b"]
    found = rank_shares(DRAWN, result)
    for name, drawn in DRAWN.items():
        assert found[name] == pytest.approx(spearmanr(drawn, result).statistic ** 2)
    pd.testing.assert_series_equal(rank_shares(DRAWN, -np.exp(result)), found)


def test_parts_share_the_variance_of_their_sum_by_hand():
    found = shares_of_parts({"x": np.array([0.0, 2.0]), "y": np.array([1.0, 5.0])})
    assert found == pytest.approx({"x": 0.2, "y": 0.8})


@pytest.fixture(scope="module")
def run(account):
    return measured.laid_out(account)[1].run


def test_the_parts_of_the_log_rate_add_up_to_the_view(run, evidence):
    parts = log_rate_by_part(run, evidence)
    assert list(parts) == ["constants", "makers", "billed"]
    assert (parts["billed"] <= 0).all()
    middle = float(np.exp(np.median(sum(parts.values()))))
    peak = 989e12  # FLOP/s of its chip
    view = by_step_time(run, evidence).quantile(0.5)
    assert middle * run.flop_per_token / peak == pytest.approx(float(view), rel=2e-3)


def test_each_constant_that_is_drawn_apart_has_its_share(run, evidence):
    found = shares_of_constants(run, evidence)
    assert found.is_monotonic_decreasing and 0.5 < found.sum() < 1.2
    assert not any("half_length" in name or name.endswith("_other") for name in found.index)
    assert set(found.index) <= {name for name in evidence.facts if name.startswith("step_")}
    assert "step_link" in found and "step_multiprocessors_hopper" not in found
