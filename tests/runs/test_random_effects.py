"""The random-effects model: where a sum by hand knows the answer, and by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.runs.random_effects import RandomEffects, spreads_tried

GRIDS = spreads_tried()


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


# --- beside the formula with whole matrices


DEVELOPERS = "AABBBCDD"
COLUMNS = np.stack([np.ones(8), [0.0, 1, 0, 0, 1, 1, 0, 0]], axis=1)
VALUES = np.array([0.1, 0.5, 0.3, 0.9, 0.4, -0.2, 0.6, 0.25])


def whole(values: np.ndarray, between: float, within: float):
    """REML log likelihood less a constant, coefficients and covariance, by inverting all."""
    member = pd.get_dummies(pd.Series(list(DEVELOPERS))).to_numpy(dtype=float)
    variance = within**2 * np.eye(8) + between**2 * member @ member.T
    inverse = np.linalg.inv(variance)
    covariance = np.linalg.inv(COLUMNS.T @ inverse @ COLUMNS)
    coefficients = covariance @ COLUMNS.T @ inverse @ values
    rest = values - COLUMNS @ coefficients
    logs = np.linalg.slogdet(variance)[1] - np.linalg.slogdet(covariance)[1]
    return -0.5 * (logs + rest @ inverse @ rest), coefficients, covariance


def test_the_likelihood_is_that_of_whole_matrices_at_every_point_of_the_grid():
    spreads = np.array([0.0, 0.15, 0.4]), np.array([0.1, 0.25, 0.7])
    model = RandomEffects(COLUMNS, pd.Series(list(DEVELOPERS)), *spreads)
    draws = np.stack([VALUES, VALUES[::-1] * 2])
    found = model.log_likelihood(draws)
    assert model.grid.tolist() == [[b, w] for b in spreads[0] for w in spreads[1]]
    for values, likelihood in zip(draws, found, strict=True):
        by_hand = np.array([whole(values, *point)[0] for point in model.grid])
        assert likelihood - likelihood[0] == pytest.approx(by_hand - by_hand[0])


def test_coefficients_and_what_is_predicted_are_those_of_whole_matrices():
    for between, within in ((0.0, 0.2), (0.3, 0.2), (0.5, 0.05)):
        one = np.array([between]), np.array([within])
        found = RandomEffects(COLUMNS, pd.Series(list(DEVELOPERS)), *one).fit(VALUES[None])
        _, coefficients, covariance = whole(VALUES, between, within)
        assert found.coefficients[0] == pytest.approx(coefficients)
        assert found.covariance[0] == pytest.approx(covariance)
        assert (found.between[0], found.within[0]) == (between, within)
        row = np.array([1.0, 0.5])
        mean, variance = found.predict(row)
        assert mean[0] == pytest.approx(row @ coefficients)
        assert variance[0] == pytest.approx(row @ covariance @ row + between**2 + within**2)


def test_the_likeliest_point_of_the_grid_is_taken():
    model = RandomEffects(COLUMNS, pd.Series(list(DEVELOPERS)), *GRIDS)
    found = model.fit(VALUES[None])
    likelihood = [whole(VALUES, *point)[0] for point in model.grid]
    best = model.grid[int(np.argmax(likelihood))]
    assert [found.between[0], found.within[0]] == best.tolist()


def test_the_bound_is_the_last_spread_that_the_profile_does_not_refute():
    """Twice the loss of log likelihood is 1.2816 squared where nine of ten are held."""
    model = RandomEffects(COLUMNS, pd.Series(list(DEVELOPERS)), *GRIDS)
    values = VALUES / 4
    profile = [max(whole(values, b, w)[0] for w in GRIDS[1]) for b in GRIDS[0]]
    kept = [
        b for b, one in zip(GRIDS[0], profile, strict=True) if 2 * (max(profile) - one) <= 1.2816**2
    ]
    assert model.upper_bound_between(values) == pytest.approx(max(kept))
    assert GRIDS[0][0] < max(kept) < GRIDS[0][-1]
