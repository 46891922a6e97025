import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import qmc

from analysis.data.facts import Row
from analysis.data.uncertainty import (
    Distribution,
    between,
    constant,
    draw,
    from_fact,
    from_other_developers,
    set_by,
)

FEW = pd.Series([1.0, 2.0, 4.0]), pd.Series(["a", "b", "c"])
MANY = pd.Series([1.0, 2.0, 4.0, 8.0, 16.0, 32.0]), pd.Series(list("abcdef"))


def test_a_fixed_seed_gives_the_same_bytes_and_another_seed_does_not():
    inputs = {"a": between(1, 10, ""), "b": between(0, 1, "")}
    first, second, other = draw(inputs, 256, 1), draw(inputs, 256, 1), draw(inputs, 256, 2)
    assert all((first[name] == second[name]).all() for name in inputs)
    assert not (first["a"] == other["a"]).any()


def test_constants_take_no_dimension():
    with_constant = draw({"a": between(1, 10, ""), "c": constant(3, "")}, 64, 0)
    assert (with_constant["c"] == 3).all()
    assert (with_constant["a"] == draw({"a": between(1, 10, "")}, 64, 0)["a"]).all()


@given(low=st.floats(0.001, 1e6), factor=st.floats(1.01, 1e3))
def test_samples_stay_within_the_range_and_cover_it(low, factor):
    values = draw({"a": between(low, low * factor, "")}, 256, 0)["a"]
    assert values.min() >= low * (1 - 1e-9)
    assert values.max() <= low * factor * (1 + 1e-9)
    assert values.max() / values.min() > factor**0.9


def test_wide_ranges_are_even_on_the_log_scale_and_narrow_ones_on_the_plain_one():
    assert between(1, 100, "").quantile(0.5) == pytest.approx(10)
    assert between(1, 1.5, "").quantile(0.5) == pytest.approx(1.25)


def test_few_developers_give_the_range_seen():
    found = from_other_developers(*FEW, "x", 5)
    assert found.shape == "log_uniform"
    assert (found.low, found.high) == (1.0, 4.0)


def test_many_developers_give_students_t_around_their_mean():
    found = from_other_developers(*MANY, "x", 5)
    logs = np.log(MANY[0])
    assert found.quantile(0.5) == pytest.approx(np.exp(logs.mean()))
    # the 95th percentile of one more draw: t(5) = 2.015, printed in any table
    assert np.log(found.quantile(0.95)) == pytest.approx(
        logs.mean() + 2.015 * logs.std(ddof=1) * np.sqrt(1 + 1 / 6), rel=1e-3
    )


def test_a_developer_counts_once_however_many_rows_it_has():
    twice = from_other_developers(
        pd.concat([MANY[0], pd.Series([1.0] * 9)]),
        pd.concat([MANY[1], pd.Series(["a"] * 9)]),
        "x",
        5,
    )
    assert twice.quantile([0.1, 0.5, 0.9]) == pytest.approx(
        from_other_developers(*MANY, "x", 5).quantile([0.1, 0.5, 0.9])
    )


def test_scaling_the_rows_scales_the_prior():
    once, doubled = (
        from_other_developers(*MANY, "x", 5),
        from_other_developers(MANY[0] * 2, MANY[1], "x", 5),
    )
    assert doubled.quantile([0.05, 0.5, 0.95]) == pytest.approx(
        2 * once.quantile([0.05, 0.5, 0.95])
    )


def test_physics_cuts_the_tails():
    found = from_other_developers(MANY[0] / 40, MANY[1], "x", 5, high=1.0)
    assert found.quantile([0.0001, 0.9999]).max() <= 1.0


def test_a_fact_with_a_range_is_drawn_and_one_without_is_not(evidence):
    assert from_fact(evidence.facts["r1_sft_epochs"]).shape == "uniform"
    assert from_fact(evidence.facts["r1_zero_steps"]).shape == "constant"
    assert from_fact(evidence.facts["answer_length_log_sd"]).assumed


def test_a_constant_is_assumed_only_where_it_is_said():
    assert not constant(3, "x").assumed and constant(3, "x", assumed=True).assumed


def test_draws_are_scrambled_sobol_points_an_input_a_dimension_by_name():
    inputs = {"b": between(1, 10, ""), "a": between(0, 1, ""), "c": constant(3, "")}
    points = qmc.Sobol(2, scramble=True, seed=5).random_base2(6).T
    found = draw(inputs, 64, 5)
    assert (found["a"] == points[0]).all()
    assert found["b"] == pytest.approx(inputs["b"].quantile(points[1]))
    alone = qmc.Sobol(1, scramble=True, seed=5).random_base2(6).T[0]
    assert (draw({"a": between(0, 1, "")}, 64, 5)["a"] == alone).all()
    assert draw({"c": constant(3, "")}, 64, 5)["c"].tolist() == [3.0] * 64


def test_an_input_that_is_set_keeps_its_points_if_it_had_a_range():
    inputs = {"a": between(0, 1, ""), "b": between(0, 1, "")}
    free = draw(inputs, 64, 0)
    found = draw(inputs | {"a": set_by("mfu", 0.4, inputs["a"])}, 64, 0)
    assert (found["a"] == 0.4).all() and (found["b"] == free["b"]).all()
    fixed = draw({"a": set_by("mfu", 0.4, constant(1, "")), "b": inputs["b"]}, 64, 0)
    assert (fixed["b"] == draw({"b": inputs["b"]}, 64, 0)["b"]).all()
    assert set_by("mfu", 0.4, inputs["a"]).parameter == "mfu"


def test_nothing_is_assumed_and_no_points_are_kept_unless_it_is_said():
    for found in (Distribution("constant", 1, 1, "x"), constant(1, "x"), between(1, 2, "x")):
        assert not found.assumed and not found.has_points and found.rows == ()
        assert (found.centre, found.spread, found.freedom) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("low", "high", "shape"),
    [
        (1, 2, "uniform"),
        (1, 2.01, "log_uniform"),
        (0.5, 0.99, "uniform"),
        (0.5, 1.01, "log_uniform"),
        (0, 9, "uniform"),
        (-1, 9, "uniform"),
    ],
)
def test_a_range_is_even_in_the_log_from_more_than_twice_on(low, high, shape):
    assert between(low, high, "x").shape == shape


def test_a_facts_distribution_is_its_own_range_or_value_and_leads_to_it(evidence):
    wide, alone = (from_fact(evidence.facts[name]) for name in ("r1_sft_epochs", "r1_zero_steps"))
    assert (wide.low, wide.high, wide.rows) == (2.0, 3.0, (Row("facts", "r1_sft_epochs"),))
    assert (alone.low, alone.high, alone.rows) == (10_400, 10_400, (Row("facts", "r1_zero_steps"),))
    assert (wide.assumed, alone.assumed, wide.basis) == (False, False, "r1_sft_epochs")


def test_five_developers_are_enough_for_students_t_and_four_are_not():
    values = pd.Series([1.0, 2.0, 4.0, 8.0, 16.0])
    five = from_other_developers(values, pd.Series(list("abcde")), "x", 5)
    four = from_other_developers(values, pd.Series(list("abcdd")), "x", 5)
    assert (five.shape, five.freedom) == ("log_t", 4) and four.shape == "log_uniform"
    assert five.basis == "x: 5 rows of 5 developers" and four.basis == "x: 5 rows of 4 developers"
    assert (five.low, five.high) == (0.0, np.inf) and not five.assumed


def test_one_value_that_others_had_is_no_range():
    for values, developers in (([3.0], ["a"]), ([3.0, 3.0], ["a", "b"])):
        found = from_other_developers(pd.Series(values), pd.Series(developers), "x", 5)
        assert found.shape == "constant" and found.quantile([0.05, 0.95]).tolist() == [3.0, 3.0]
