import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.data.uncertainty import between, constant, draw, from_fact, from_other_developers

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
    found = from_other_developers(*FEW, "x")
    assert found.shape == "log_uniform"
    assert (found.low, found.high) == (1.0, 4.0)


def test_many_developers_give_students_t_around_their_mean():
    found = from_other_developers(*MANY, "x")
    logs = np.log(MANY[0])
    assert found.quantile(0.5) == pytest.approx(np.exp(logs.mean()))
    # the 95th percentile of one more draw: t(5) = 2.015, printed in any table
    assert np.log(found.quantile(0.95)) == pytest.approx(
        logs.mean() + 2.015 * logs.std(ddof=1) * np.sqrt(1 + 1 / 6), rel=1e-3
    )


def test_a_developer_counts_once_however_many_rows_it_has():
    twice = from_other_developers(
        pd.concat([MANY[0], pd.Series([1.0] * 9)]), pd.concat([MANY[1], pd.Series(["a"] * 9)]), "x"
    )
    assert twice.quantile([0.1, 0.5, 0.9]) == pytest.approx(
        from_other_developers(*MANY, "x").quantile([0.1, 0.5, 0.9])
    )


def test_scaling_the_rows_scales_the_prior():
    once, doubled = (
        from_other_developers(*MANY, "x"),
        from_other_developers(MANY[0] * 2, MANY[1], "x"),
    )
    assert doubled.quantile([0.05, 0.5, 0.95]) == pytest.approx(
        2 * once.quantile([0.05, 0.5, 0.95])
    )


def test_physics_cuts_the_tails():
    found = from_other_developers(MANY[0] / 40, MANY[1], "x", high=1.0)
    assert found.quantile([0.0001, 0.9999]).max() <= 1.0


def test_a_fact_with_a_range_is_drawn_and_one_without_is_not(evidence):
    assert from_fact(evidence.facts["r1_sft_epochs"]).shape == "uniform"
    assert from_fact(evidence.facts["r1_zero_steps"]).shape == "constant"
    assert from_fact(evidence.facts["answer_length_log_sd"]).assumed


def test_a_constant_is_assumed_only_where_it_is_said():
    assert not constant(3, "x").assumed and constant(3, "x", assumed=True).assumed
