"""How far runs and developers lie apart, and where chance puts the coverage of right intervals."""

from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest

from analysis.runs.floor import coverage_band, spreads
from tests.by_hand import with_runs


def test_spreads_by_the_analysis_of_variance(evidence):
    """Four developers of two runs, a tenth (of the log) to either side; their means differ."""
    means = [-0.3, -0.1, 0.1, 0.3]
    runs = [
        (name, 0.3 * exp(mean + own))
        for name, mean in zip("ABCD", means, strict=True)
        for own in (-0.1, 0.1)
    ]
    found = spreads(with_runs(evidence, *runs))
    within = sqrt(2 * 0.1**2)
    of_means = float(np.std(means, ddof=1))
    assert found.within == pytest.approx(within, abs=0.011)
    assert found.between == pytest.approx(sqrt(of_means**2 - within**2 / 2), abs=0.011)
    assert found.of_means == pytest.approx(of_means)
    assert found.between < found.bound
    width = 2 * 1.644854 * sqrt(found.between**2 + found.within**2)
    assert log(found.width) == pytest.approx(width)
    assert found.width < found.width_at_most


def test_means_of_single_runs_scatter_without_developers_that_differ(evidence):
    """Developers of one run each, a factor apart: all of it may be the runs' own."""
    own = [-0.3, 0.3] * 4
    runs = [(name, 0.3 * exp(by)) for name, by in zip("AABBCDEF", own, strict=True)]
    found = spreads(with_runs(evidence, *runs))
    assert found.between == 0.0 < found.of_means


def test_the_published_floor_is_what_the_runs_say(evidence):
    found = spreads(evidence)
    assert found.between <= 0.17 and 0.3 < found.within < 0.4
    assert found.of_means > 2 * found.between
    assert 3.0 < found.width < found.width_at_most < 3.6


def test_by_chance_single_runs_are_as_many_as_a_binomial_says():
    band = coverage_band(pd.Series(range(100)), 0.0, 0.3)
    assert band.loc["runs"].tolist() == pytest.approx([0.85, 0.95], abs=0.011)
    assert band.loc["developers"].tolist() == pytest.approx(band.loc["runs"].tolist())


def test_runs_that_share_their_developer_fall_together():
    names = pd.Series(np.repeat(range(20), 5))
    apart, alike = coverage_band(names, 0.3, 0.05), coverage_band(names, 0.0, 0.3)
    assert (apart.low < alike.low).all()
    few = pd.Series(["A"] * 60 + list("BCDEFGHIJK"))
    band = coverage_band(few, 0.0, 0.3)
    assert band.low["developers"] < band.low["runs"]  # ten of its eleven are single runs


def test_a_seed_gives_the_same_band():
    names = pd.Series(list("AABBC"))
    assert coverage_band(names, 0.1, 0.3, 7).equals(coverage_band(names, 0.1, 0.3, 7))
