"""How far runs and developers lie apart, and where chance puts the coverage of right intervals."""

from math import exp, log, sqrt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.runs import floor
from analysis.runs.candidates import CANDIDATES
from analysis.runs.features import Sample
from analysis.runs.floor import (
    Spreads,
    coverage_band,
    coverage_beside_its_band,
    known_developer,
    limits,
    noise_floor,
    spreads,
)
from analysis.runs.references import reference_runs
from tests.by_hand import with_facts, with_runs, with_tables


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


def test_means_scatter_about_what_is_usual_for_a_type(evidence):
    """Two developers of dense models about 0.3 and two of mixtures about 0.2, each a factor e^0.3
    to one side; of three runs of each, two lie a tenth back and one two tenths on.
    """
    runs = [
        (name, usual * exp(side * (0.3 + own)))
        for name, usual, side in (("A", 0.3, 1), ("B", 0.3, -1), ("C", 0.2, 1), ("D", 0.2, -1))
        for own in (-0.1, -0.1, 0.2)
    ]
    made = with_runs(evidence, *runs)
    kinds = made["training_runs"].assign(architecture=["dense"] * 6 + ["moe"] * 6)
    found = spreads(with_tables(made, training_runs=kinds))
    assert found.of_means == pytest.approx(0.3 * sqrt(4 / 3))


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


def test_a_band_without_a_seed_is_that_of_nought_and_of_four_thousand_trials():
    """A developer's runs, one to eight, share what is its own; an interval holds nine tenths of a
    normal.
    """
    names = np.repeat(range(8), range(1, 9))
    found = coverage_band(pd.Series(names), 0.1, 0.3)
    pd.testing.assert_frame_equal(found, coverage_band(pd.Series(names), 0.1, 0.3, 0))
    rng = np.random.default_rng(0)
    of_developer = rng.normal(0.0, 0.1, (4000, 8))[:, names]
    errors = of_developer + rng.normal(0.0, 0.3, (4000, 36))
    inside = np.abs(errors) <= 1.6448536 * sqrt(0.1**2 + 0.3**2)
    alike = np.mean([inside[:, names == name].mean(axis=1) for name in range(8)], axis=0)
    for row, shares in (("runs", inside.mean(axis=1)), ("developers", alike)):
        low, high = np.quantile(shares, [0.05, 0.95])
        assert (found.low[row], found.high[row]) == pytest.approx((low, high))


def test_coverage_beside_its_band_by_hand(monkeypatch):
    made = Spreads(between=0.1, bound=0.2, within=0.3, of_means=0.4)
    monkeypatch.setattr(floor, "spreads", lambda evidence: made)
    tested = pd.DataFrame({"developer": list("AAABC"), "inside": [True, True, False, True, False]})
    found = coverage_beside_its_band(tested, "evidence")
    assert found.inside.to_dict() == pytest.approx(
        {"runs": 3 / 5, "developers": (2 / 3 + 1 + 0) / 3}
    )
    band = coverage_band(tested.developer, 0.1, 0.3)
    pd.testing.assert_frame_equal(found[["low", "high"]], band)


def test_equal_runs_are_of_sizes_from_three_quarters_to_four_thirds(evidence, monkeypatch):
    """Of each pair once: 3 beside 4 and 4 beside 3 billion fit; 2.9 and 4 do not, in either
    order.
    """
    runs = pd.DataFrame(
        [
            ("a", "A", 3e9, 0.2),
            ("b", "A", 4e9, 0.4),
            ("c", "A", 2.9e9, 0.1),
            ("d", "B", 4e9, 0.1),
            ("e", "B", 3e9, 0.1),
            ("f", "C", 2.9e9, 0.1),
            ("g", "C", 4e9, 0.1),
        ],
        columns=["id", "developer", "params_active", "mfu"],
    ).assign(chip="C", architecture="dense")
    monkeypatch.setattr(floor, "reference_runs", lambda evidence: runs)
    found = noise_floor(evidence)
    assert list(found.itertuples(index=False, name=None)) == [
        ("a", "b", pytest.approx(2.0)),
        ("a", "c", pytest.approx(2.0)),
        ("d", "e", pytest.approx(1.0)),
    ]
    wider = noise_floor(with_facts(evidence, equal_size_ratio=0.7))
    assert wider["first"].tolist() == ["a", "a", "b", "d", "f"]


def test_what_would_help_is_told_by_medians(monkeypatch):
    known = pd.DataFrame({"without": [1.0, 2.0, 9.0], "error_factor": [1.0, 1.5, 4.0]})
    pairs = pd.DataFrame({"ratio": [1.0, 1.2, 1.3, 9.0]})
    monkeypatch.setattr(floor, "known_developer", lambda evidence: known)
    monkeypatch.setattr(floor, "noise_floor", lambda evidence: pairs)
    found = limits("evidence")
    assert found.median_factor.tolist() == pytest.approx([2.0, 1.5, 1.25])
    assert found.n.tolist() == [3, 3, 4]


def test_developers_with_several_runs_are_predicted_with_their_others_known(evidence, monkeypatch):
    runs = reference_runs(evidence).iloc[[0, 1, 2, 3]].reset_index(drop=True)
    runs = runs.assign(developer=["A", "B", "C", "A"])
    runs["mfu"] = [0.2, 0.4, 0.5, 0.3]
    tested = pd.DataFrame({"id": runs.id[::-1], "error_factor": [4.0, 3.0, 2.0, 1.0]})
    sample = Sample.of(runs, evidence)
    monkeypatch.setattr(floor, "sample_of", lambda evidence, exclude: (runs, sample))
    monkeypatch.setattr(floor, "backtest", lambda evidence: tested)
    said = {CANDIDATES["pooled"]: np.log([0.4, 0.2, 0.5, 0.9])}

    def fitted(candidate, sample):
        return SimpleNamespace(left_out=lambda groups: said[candidate])

    monkeypatch.setattr(floor, "fitted", fitted)
    found = known_developer(evidence)
    assert found.id.tolist() == [runs.id[0], runs.id[3]]
    assert found.error_factor.tolist() == pytest.approx([2.0, 3.0])
    assert found.without.tolist() == [1.0, 4.0]
