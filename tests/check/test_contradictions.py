"""Both sides of each contradiction have a source; the bill is computed both ways."""

import math

import pandas as pd
import pytest

from analysis.check.contradictions import _row, contradictions, moving
from analysis.data.mistakes import InputError
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.reconstruction.account import Account
from analysis.reconstruction.reconstruction import reconstruct


def test_twenty_five_or_more_sorted_by_what_they_do_to_the_bill(account):
    frame = contradictions(account)
    assert len(frame) >= 25
    known = frame.effect_usd.dropna().abs()
    assert known.is_monotonic_decreasing and frame.effect_usd.isna().sum() == len(frame) - len(
        known
    )


def test_sides_that_have_a_figure_differ(account):
    frame = contradictions(account).dropna(subset=["a", "b"])
    assert (frame.a != frame.b).all()


def test_the_presss_eighty_hours_are_the_last_line_alone(account, evidence):
    row = contradictions(account).set_index("id").loc["c28_press_80h"]
    facts = evidence.facts
    missing = facts["r1_zero_gpu_hours"].value + facts["r1_sft_data_gpu_hours"].value
    assert row.effect_usd == pytest.approx(
        missing * facts["v3_rental_price_assumed"].value, rel=1e-2
    )


def test_effects_scale_with_the_rent(account, evidence):
    dear = Account(
        reconstruct("deepseek-r1", load_scenario(price_usd_per_gpu_hour=4.0), evidence), evidence
    )
    hours = "c34_subsequent_hours"
    before, after = (
        contradictions(found).set_index("id").effect_usd[hours] for found in (account, dear)
    )
    assert after == pytest.approx(2 * before)


def test_an_unknown_name_says_where(edited):
    folder = edited("contradictions.csv", "v3_params_active_stated", "v3_params_stated")
    evidence = Evidence.load(folder)
    with pytest.raises(
        InputError,
        match=r"contradictions.csv, line 3 \(c02_active_params\), value_a: v3_params_stated is not",
    ):
        contradictions(Account(reconstruct("deepseek-r1", load_scenario(), evidence), evidence))


def test_half_a_dollar_moves_the_bill_and_less_does_not():
    effects = pd.DataFrame({"effect_usd": [0.5, -0.6, 0.4, float("nan")]})
    assert moving(effects).effect_usd.tolist() == [0.5, -0.6]


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        ("2", "8", 4.0),
        ("8", "2", 4.0),
        ("0.5", "2", 4.0),
        ("2", "0.5", 4.0),
        ("3", "3", 1.0),
        ("0", "3", math.nan),
        ("3", "0", math.nan),
        ("", "3", math.nan),
        ("3", "", math.nan),
    ],
)
def test_two_sides_are_apart_by_the_larger_over_the_smaller(a, b, apart, account):
    row = account.rows("contradictions")[0] | {"value_a": a, "value_b": b}
    found = _row(row, account)
    assert found["apart"] == pytest.approx(apart, nan_ok=True)
    assert [found["a"], found["b"]] == pytest.approx(
        [float(side) if side else math.nan for side in (a, b)], nan_ok=True
    )


def test_the_effect_is_the_other_bill_less_the_first_and_unknown_where_one_is(account):
    row = account.rows("contradictions")[0]
    for bill_a, bill_b, effect in (("5", "7", 2.0), ("7", "5", -2.0), ("", "7", math.nan)):
        found = _row(row | {"bill_a": bill_a, "bill_b": bill_b}, account)
        assert found["effect_usd"] == pytest.approx(effect, nan_ok=True)


def test_a_row_rests_on_the_facts_of_all_that_it_names_and_knows_its_publishers(account):
    row = account.rows("contradictions")[0]
    named = {"value_a": "r1_zero_gpus", "value_b": "", "bill_a": "2", "bill_b": "r1_zero_hours"}
    found = _row(row | named | {"source_a": "v3_report", "source_b": "v3_report"}, account)
    assert found["facts"] == ["r1_zero_gpus", "r1_zero_hours"] and found["same_publisher"]
    other = _row(row | named | {"source_a": "v3_report", "source_b": "semianalysis"}, account)
    assert not other["same_publisher"]


def test_rows_are_numbered_as_they_stand(account):
    found = contradictions(account)
    assert found.index.tolist() == list(range(len(found)))
