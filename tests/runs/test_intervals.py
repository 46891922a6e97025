"""Forms of the interval, by hand."""

from math import log, sqrt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.runs.intervals import (
    FORMS,
    conformal,
    interval_score,
    normal,
    of_developers,
)
from analysis.runs.random_effects import spreads_tried


def test_a_normal_is_as_wide_as_the_root_mean_square_of_all_errors():
    found = normal(np.array([0.1, -0.2, 0.2]), pd.Series(list("AAB")))
    assert (found.centre, found.spread) == (0.0, pytest.approx(sqrt(0.09 / 3)))
    assert np.log(found.quantile([0.05, 0.5, 0.95])) == pytest.approx(
        stats.norm.ppf([0.05, 0.5, 0.95]) * found.spread, abs=1e-12
    )


def test_a_conformal_one_gives_each_developer_the_same_and_leaves_room_for_one_more():
    found = conformal(np.array([0.1, -0.4, 0.2]), pd.Series(list("AAB")))
    assert found.misses == pytest.approx((0, 0.1, 0.2, 0.4))
    assert found.coverage == pytest.approx((0, 0.5 / 3, 1.5 / 3, 2 / 3))


def test_random_effects_of_developers_with_one_run_each_are_the_mean_and_its_scatter():
    errors = np.array([0.1, 0.3, 0.5, 0.7, 0.2, 0.6])
    found = of_developers(errors, pd.Series(list("ABCDEF")))
    assert found.centre == pytest.approx(0.4)
    assert found.spread == pytest.approx(errors.std(ddof=1) * sqrt(7 / 6), abs=0.02)


def test_random_effects_are_wider_where_developers_differ():
    names = pd.Series(list("ABCDEF")).repeat(4).reset_index(drop=True)
    own = np.tile([-0.1, 0.1, -0.1, 0.1], 6)
    apart = np.repeat([-0.5, -0.3, -0.1, 0.1, 0.3, 0.5], 4) + own
    assert of_developers(own, names).spread < 0.13
    assert of_developers(apart, names).spread > 0.35


def test_a_value_outside_costs_twenty_times_its_distance():
    low, high = np.array([log(1), log(1)]), np.array([log(4), log(4)])
    found = interval_score(low, high, np.array([log(2), log(0.5)]))
    assert found == pytest.approx([log(4), log(4) + 20 * log(2)])


def test_the_right_width_has_the_best_score():
    values = np.random.default_rng(0).normal(0.0, 0.3, 4000)
    scores = [
        interval_score(-half * np.ones(4000), half * np.ones(4000), values).mean()
        for half in (0.5 * 0.3 * 1.645, 0.3 * 1.645, 2 * 0.3 * 1.645)
    ]
    assert scores[1] == min(scores)


def test_forms_hold_for_every_value_above_nothing_and_the_simplest_is_the_first():
    errors, names = np.array([0.1, -0.4, 0.2]), pd.Series(list("AAB"))
    for form in FORMS.values():
        found = form.around(errors, names)
        assert (found.low, found.high) == (0.0, np.inf)
    assert conformal(errors, names).spread == 1.0
    assert {name: form.rank for name, form in FORMS.items()} == {
        "normal": 0,
        "random effects": 1,
        "conformal": 2,
    }


def test_spreads_are_searched_up_to_eight_tenths_in_steps_of_a_fiftieth():
    between, within = spreads_tried()
    assert between.tolist() == pytest.approx([n / 50 for n in range(41)])
    assert within.tolist() == pytest.approx([n / 50 for n in range(1, 41)])
