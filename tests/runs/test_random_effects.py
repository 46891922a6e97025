"""The random-effects model: where a sum by hand knows the answer, and by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.runs.random_effects import RandomEffects

GRIDS = np.linspace(0.0, 0.8, 41), np.linspace(0.02, 0.8, 40)


def one_mean(developers: str, between=GRIDS[0], within=GRIDS[1]) -> RandomEffects:
    names = pd.Series(list(developers))
    return RandomEffects(np.ones((len(names), 1)), names, between, within)


def test_rows_of_as_many_developers_give_the_mean_and_their_scatter():
    values = np.array([[0.1, 0.3, 0.5, 0.7, 0.2, 0.6]])
    found = one_mean("ABCDEF").fit(values)
    assert found.coefficients[0, 0] == pytest.approx(0.4)
    total = found.between[0] ** 2 + found.within[0] ** 2
    assert np.sqrt(total) == pytest.approx(values.std(ddof=1), abs=0.02)
    assert found.covariance[0, 0, 0] == pytest.approx(total / 6)


def test_balanced_developers_by_the_analysis_of_variance():
    """Three developers of four rows: the mean squares give both spreads."""
    values = np.array([0.0, 0.2, 0.1, 0.3, 0.8, 1.0, 0.9, 0.7, 0.4, 0.6, 0.3, 0.5])
    groups = values.reshape(3, 4)
    within = np.sqrt(groups.var(axis=1, ddof=1).mean())
    between = np.sqrt(groups.mean(axis=1).var(ddof=1) - within**2 / 4)
    found = one_mean("AAAABBBBCCCC").fit(values[None])
    assert found.within[0] == pytest.approx(within, abs=0.02)
    assert found.between[0] == pytest.approx(between, abs=0.02)
    assert found.coefficients[0, 0] == pytest.approx(values.mean())


def test_a_fixed_spread_between_developers_weighs_each_developer_alike():
    alike = one_mean("AAAAAAAAB", between=np.array([0.8]), within=np.array([0.02]))
    values = np.array([[0.0] * 8 + [1.0]])
    assert alike.fit(values).coefficients[0, 0] == pytest.approx(0.5, abs=0.01)
    rows = one_mean("AAAAAAAAB", between=np.array([0.0]), within=np.array([0.02]))
    assert rows.fit(values).coefficients[0, 0] == pytest.approx(1 / 9)


def test_a_constant_added_to_all_values_moves_the_mean_alone():
    values = np.array([0.1, 0.5, 0.3, 0.9, 0.4])
    model = one_mean("AABBC")
    found, moved = model.fit(values[None]), model.fit(values[None] + 3.0)
    assert moved.coefficients == pytest.approx(found.coefficients + 3.0)
    assert (moved.between, moved.within) == (found.between, found.within)


def test_draws_are_fitted_as_one_by_one():
    values = np.array([[0.1, 0.5, 0.3, 0.9, 0.4], [0.4, 0.1, 0.8, 0.2, 0.0]])
    model = one_mean("AABBC")
    both = model.fit(values)
    for draw in (0, 1):
        alone = model.fit(values[[draw]])
        assert both.coefficients[draw] == pytest.approx(alone.coefficients[0])
        assert both.between[draw] == alone.between[0]


def test_a_column_explains_what_differs_by_it():
    kinds = np.array([0.0, 0, 0, 1, 1, 1])
    columns = np.stack([np.ones(6), kinds], axis=1)
    model = RandomEffects(columns, pd.Series(list("ABCDEF")), *GRIDS)
    found = model.fit((0.2 - 0.5 * kinds)[None])
    assert found.coefficients[0] == pytest.approx([0.2, -0.5])
    mean, variance = found.predict(np.array([1.0, 1.0]))
    assert mean == pytest.approx(-0.3)
    expected = found.within**2 * (1 + 1 / 3) + found.between**2 * (1 + 1 / 3)
    assert variance == pytest.approx(expected)


def test_the_bound_holds_nine_times_in_ten_where_developers_do_not_differ():
    """Drawn without a spread between developers, the bound is above 0 and shrinks with rows; drawn
    with one of 0.3, it holds it in about nine of ten trials.
    """
    rng = np.random.default_rng(1)
    few, many = "ABCDEFGH" * 2, "ABCDEFGH" * 12
    bounds = [
        np.mean(
            [one_mean(names).upper_bound_between(rng.normal(0, 0.3, len(names))) for _ in range(20)]
        )
        for names in (few, many)
    ]
    assert 0 < bounds[1] < bounds[0]
    model, held = one_mean(few), 0
    for _ in range(100):
        shared = dict(zip("ABCDEFGH", rng.normal(0, 0.3, 8), strict=True))
        values = np.array([shared[name] for name in few]) + rng.normal(0, 0.2, len(few))
        held += model.upper_bound_between(values) >= 0.3
    assert 82 <= held <= 97
