"""A model's answers in tables: the package's own at the knots, near them between."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.data.scenario import load_scenario, with_values
from analysis.data.tables import Evidence
from analysis.reconstruction import agreement as agreeing
from analysis.reconstruction.agreement import _gaps, agreement, random_settings
from analysis.reconstruction.ladder import ladder
from analysis.reconstruction.open_ranges import open_ranges
from analysis.reconstruction.reconstruction import reconstruct
from analysis.reconstruction.tabulated import (
    LONGEST,
    PRICE,
    SHARE,
    TIME,
    TOTAL,
    USE,
    Axis,
    axes_of,
    choices,
    opened,
    tabulate,
    tabulated_range,
)

SAMPLES = 256  # few, so that all is fast


@pytest.fixture(scope="module")
def few(evidence):
    return reconstruct("deepseek-r1", load_scenario(samples=SAMPLES), evidence)


@pytest.fixture(scope="module")
def tables(few, evidence):
    return tabulate(few, evidence)


def test_what_is_left_open_is_the_packages_own(few, tables, evidence):
    for result in few.phases:
        found = tables.hours[result.phase.id].at({})
        assert {name: float(value) for name, value in found.items()} == result.interval
    bill = ladder(few, evidence).set_index("id")
    for line, quantity in tables.rent.items():
        usd = quantity.at({})["p95"] * bill.gpu_hours[line] * few.price_usd_per_gpu_hour
        assert usd == pytest.approx(bill.usd_p95[line])
    for line, quantity in tables.owned.items():
        owned = quantity.at({})["p05"] * bill.gpu_hours[line]
        assert owned == pytest.approx(bill.own_usd_p05[line])


def test_a_knot_is_the_packages_own_and_a_parameter_reaches_what_it_reaches(few, tables, evidence):
    at = {"mfu": tables.hours["v3_pretraining"].tables[("mfu",)].axes[0].knots[3]}
    again = reconstruct("deepseek-r1", with_values(few.scenario, at), evidence)
    for result in again.phases:
        found = tables.hours[result.phase.id].at(at)
        assert found["p50"] == pytest.approx(result.interval["p50"])
    assert tables.hours["v3_pretraining"].reached_by == ("mfu",)
    assert tables.hours["r1_zero_rl"].reached_by == (TIME, LONGEST)
    assert tables.hours["r1_sft_data"].reached_by == ()
    assert tables.rent["with_staff"].reached_by == (SHARE,)
    assert tables.owned["with_v3_pretraining"].reached_by == (USE,)


def test_twice_the_efficiency_is_half_the_hours_of_pretraining(tables):
    found = tables.hours["v3_pretraining"].at({"mfu": np.array([0.15, 0.3])})["p50"]
    assert found[0] / found[1] == pytest.approx(2.0)


def test_a_share_that_fails_is_exact_from_nothing_on(tables):
    found = tables.rent["with_failed_runs"].at({SHARE: np.array([0.0, 0.6, 0.9])})["p50"]
    assert found == pytest.approx([1.0, 2.5, 10.0])


def test_a_tokens_time_and_the_longest_answer_reach_the_hours_by_their_product(tables):
    at = {TIME: np.array([10.0, 20.0]), LONGEST: np.array([40_000.0, 20_000.0])}
    found = tables.hours["r1_zero_rl"].at(at)["p50"]
    assert found[0] == pytest.approx(found[1])
    (axis,) = axes_of((TIME, LONGEST))
    low, high = np.prod([tabulated_range(name) for name in (TIME, LONGEST)], axis=0)
    assert (axis.knots[0], axis.knots[-1]) == pytest.approx((low, high))
    settings = axis.settings(axis.knots[4])
    assert axis.place(settings) == pytest.approx(axis.knots[4])


def test_tables_are_near_the_package_at_random_settings(few, tables, evidence):
    found = agreement(tables, few, evidence)
    assert found.settings >= 1000
    assert 0 < found.middles < 0.05 and 0 < found.ends < 0.1  # of few samples


def test_agreement_notices_a_table_that_is_wrong(few, tables, evidence):
    table = tables.hours[TOTAL].tables[("mfu",)]
    right = table.values["p50"][2]
    table.values["p50"][2] *= 1.2
    try:
        assert agreement(tables, few, evidence).middles > 0.05
    finally:
        table.values["p50"][2] = right


def test_the_editions_own_settings_do_not_move_the_tables(few, tables, evidence):
    given = {"mfu": 0.4, PRICE: 5.0, SHARE: 0.7}
    other = reconstruct("deepseek-r1", with_values(few.scenario, given), evidence)
    assert opened(other).scenario.parameters == few.scenario.parameters
    again = tabulate(other, evidence)
    assert again.hours[TOTAL].at({}) == tables.hours[TOTAL].at({})
    assert again.rent["with_staff"].at({})["p50"] == pytest.approx(
        float(tables.rent["with_staff"].at({})["p50"])
    )


def test_what_a_parameter_left_open_is_drawn_from(few, evidence):
    found = open_ranges(opened(few), evidence)
    assert set(found) == {"mfu", TIME, SHARE, USE}
    assert found[TIME] == few["r1_zero_rl"].inputs[TIME].distribution.percentiles()
    assert found["mfu"] == few["v3_context_extension"].inputs["mfu"].distribution.percentiles()
    # evenly from 1 less 0.226 to 1 less 0.096, of the line that has it; from 0.75 to 0.85
    assert found[SHARE] == pytest.approx({"p05": 0.7805, "p50": 0.839, "p95": 0.8975})
    assert found[USE] == pytest.approx({"p05": 0.755, "p50": 0.8, "p95": 0.845})


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        ("plain", (PRICE, "mfu", USE)),
        ("quiet", (PRICE, "mfu")),
        ("learner", (PRICE, TIME, LONGEST)),
    ],
)
def test_a_model_has_the_parameters_that_reach_it(small_models, model, parameters):
    evidence = Evidence.load(small_models)
    found = reconstruct(model, load_scenario(samples=64), evidence)
    tables = tabulate(found, evidence)
    assert tables.parameters == parameters
    assert set(open_ranges(opened(found), evidence)) >= set(parameters) - {PRICE, LONGEST}
    assert set(tables.rent) == ({"run"} if model == "plain" else set())


@pytest.mark.parametrize("names", [("mfu",), (TIME,), (LONGEST,), (USE,), (TIME, LONGEST)])
def test_knots_are_as_few_as_leave_no_step_above_eighteen_hundredths_of_the_log(names):
    axis = Axis.over(*names)
    ends = np.prod([tabulated_range(name) for name in names], axis=0)
    assert (axis.knots[0], axis.knots[-1]) == pytest.approx(tuple(ends))
    steps = np.diff(np.log(axis.knots))
    assert steps == pytest.approx(steps[0]) and steps[0] <= 0.18 + 1e-9
    assert steps[0] * len(steps) / (len(steps) - 1) > 0.18  # one knot less is too few
    assert axis.name == "*".join(names) and not axis.rest


def test_a_share_has_two_knots_by_what_it_leaves():
    axis, (low, high) = Axis.over(SHARE), tabulated_range(SHARE)
    assert axis.knots == (1.0 - high, 1.0 - low) and low == 0.0 and axis.rest
    assert axis.settings(0.25) == {SHARE: 0.75}
    assert axis.place({SHARE: np.array([0.2, 0.75])}).tolist() == pytest.approx([0.8, 0.25])


def test_of_two_parameters_all_but_the_first_are_at_the_middle_of_their_ranges():
    settings = Axis.over(TIME, LONGEST).settings(1e6)
    low, high = tabulated_range(LONGEST)
    assert settings == pytest.approx(
        {LONGEST: (low * high) ** 0.5, TIME: 1e6 / (low * high) ** 0.5}
    )


def test_every_choice_of_some_names_by_their_number():
    assert choices(("a", "b")) == [(), ("a",), ("b",), ("a", "b")]
    assert axes_of(("mfu", TIME, LONGEST)) == (Axis.over(TIME, LONGEST), Axis.over("mfu"))
    assert axes_of(("mfu", TIME)) == (Axis.over("mfu"), Axis.over(TIME))


def test_a_gap_is_the_largest_to_either_side():
    rows = pd.DataFrame({"mfu": [0.1, 0.2], "x_p05": [10.0, 20.0], "x_p50": [10.0, 20.0]})
    found = {"p05": np.array([10.1, 15.0]), "p50": np.array([11.0, 20.0])}
    asked = []
    quantity = SimpleNamespace(at=lambda settings: asked.append(settings) or found)
    assert _gaps(quantity, "x", ("mfu",), rows) == pytest.approx({"p05": 0.25, "p50": 0.1})
    assert asked[0]["mfu"].tolist() == [0.1, 0.2]


def test_random_settings_are_every_value_with_every_other_within_the_tabulated_ranges():
    found = random_settings(("mfu", TIME))
    assert len(found) == 40 * 4 and found.mfu.nunique() == 40 and found[TIME].nunique() == 4
    for name in ("mfu", TIME):
        low, high = tabulated_range(name)
        assert found[name].between(low, high).all() and found[name].max() > low + (high - low) / 2
    pd.testing.assert_frame_equal(found, random_settings(("mfu", TIME), 0))
    alone = random_settings(("mfu",)).mfu
    assert sorted(alone) == sorted(found.mfu.unique())


def test_the_largest_differences_are_of_the_middle_and_of_the_ends_apart(monkeypatch):
    few, many = pd.DataFrame({"mfu": [0.1, 0.2]}), pd.DataFrame({"mfu": [0.1] * 5})
    gaps = [
        (few, {"p05": 0.01, "p50": 0.02, "p95": 0.03}),
        (few, {"p05": 0.04, "p50": 0.01, "p95": 0.02}),
        (many, {"p05": 0.01, "p50": 0.09, "p95": 0.05}),
    ]
    monkeypatch.setattr(agreeing, "opened", lambda found: found)
    monkeypatch.setattr(agreeing, "_of_hours", lambda *_: iter(gaps[:2]))
    monkeypatch.setattr(agreeing, "_of_bill", lambda *_: iter(gaps[2:]))
    found = agreement(None, None, None)
    assert (found.settings, found.middles, found.ends) == (7, 0.09, 0.05)
