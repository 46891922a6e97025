"""What the page of disagreements shows: groups, likely reasons, and a bill only where it moves."""

import html
import math
import re
from types import SimpleNamespace

import pytest

from analysis.check import disputes
from analysis.check.contradictions import GROUPS, contradictions, moves
from analysis.show import charts
from tests.check.test_tables import row_of


@pytest.fixture(scope="module")
def shown(account):
    return {group: disputes.disagreements(account, group) for group in GROUPS}


def test_every_disagreement_stands_in_one_group_with_its_likely_reason(account, shown):
    rows = contradictions(account)
    assert set(rows.group) == set(GROUPS)
    for row in rows.itertuples():
        assert [group for group in GROUPS if f'id="{row.id}"' in shown[group]] == [row.group]
        assert row.likely_reason.split("'")[0] in row_of(shown[row.group], row.id)


def test_a_plus_means_that_the_other_side_makes_the_bill_larger(account, shown):
    rows = contradictions(account).set_index("id")
    told = {
        name: re.search(r'data-label="bill[^>]*>(.*?)</td>', row_of(shown[row.group], name))[1]
        for name, row in rows.iterrows()
    }
    for name, effect in rows.effect_usd.items():
        if effect != effect:
            assert told[name] == "cannot be computed"
        elif not moves(effect):
            assert told[name] == ""
        else:
            words = re.sub("<[^>]*>", "", told[name])
            assert words.startswith("+$" if effect > 0 else "−$")


def test_the_presss_eighty_hours_are_a_slip_and_the_fleet_is_other_accounting(account):
    groups = contradictions(account).set_index("id").group
    assert groups["c28_press_80h"] == "slip"
    assert groups["c03_four_days_80h"] == "open"
    assert groups["c30_r1_equals_v3"] == "accounting"


def test_each_estimate_that_parts_does_so_once_and_has_a_table_of_its_own(account):
    shown = disputes.estimates(account)
    assert shown.count("Here they part.") == 7
    assert shown.count("it agrees with ours at every step</caption>") == 1
    assert shown.count("<table") == 8 == shown.count('<p class="source">')


def test_what_no_efficiency_can_make_true_is_said_so(account):
    shown = disputes.to_believe(account)
    assert "no value: less would be left than nothing" in shown
    assert ">possible</td>" in shown and ">out of range</td>" in shown
    assert "verdict" not in shown  # its colours are those of claims alone


def test_a_study_is_followed_from_its_figure_to_ours(evidence):
    shown = disputes.studies(evidence)
    assert "ours with its inputs" in shown and "the study&#x27;s inputs" in shown


# --- cells by hand


@pytest.mark.parametrize(
    ("usd", "bill", "words"),
    [
        (2_345_678.0, 8_765_432.0, "+$2.35M to $8.765M"),
        (-2_345_678.0, 8_765_432.0, "−$2.35M to $8.765M"),
        (0.7, 12_345.6, "+$0.7 to $12.35K"),
        (-40_000.0, 5.87e6, "−$40K to $5.87M"),
    ],
)
def test_a_bill_that_moves_says_by_how_much_and_what_it_becomes(usd, bill, words):
    cell = disputes._effect({"what": "a cost", "effect_usd": usd, "bill_b": bill})
    assert re.sub("<[^>]*>", "", cell.shown.replace("<br>", " ")) == words
    assert cell.value == usd
    assert 'data-row="counted:contradictions.effect = a cost = contradictions.html"' in cell.shown


def test_an_effect_is_the_same_figure_in_the_chart_and_in_the_table(account, shown):
    spec = charts.effects_on_the_bill(contradictions(account)).to_dict()
    drawn = {
        row["what"]: row["text"]
        for data in spec["datasets"].values()
        for row in data
        if row.get("text")
    }
    assert len(drawn) == 12
    every = "".join(shown.values())
    for what, text in drawn.items():
        opens = f'data-row="counted:contradictions.effect = {html.escape(what)} = '
        assert re.search(rf"{re.escape(opens)}[^>]*>{re.escape(text)}<", every), what


def test_a_bill_that_stays_says_nothing_and_an_unknown_one_so():
    stays = disputes._effect({"effect_usd": -0.4, "bill_b": 5.0})
    assert (stays.shown, stays.value) == ("", 0.0)
    unknown = disputes._effect({"effect_usd": math.nan, "bill_b": 5.0})
    assert unknown.shown == "cannot be computed" and math.isnan(unknown.value)


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1.0, "0 %"),
        (1.0456, "4.6 %"),
        (1.099, "9.9 %"),
        (1.1, "1.1 times"),
        (1.5, "1.5 times"),
        (19.932, "19.9 times"),
        (math.nan, ""),
    ],
)
def test_sides_are_apart_by_per_cent_up_to_a_tenth_and_else_by_times(factor, words):
    cell = disputes._apart(factor)
    assert cell.shown == words and cell.value == pytest.approx(factor, nan_ok=True)


def test_a_step_has_both_figures_and_the_first_has_the_address_of_its_estimate(account):
    row = account.rows("others")[0]
    sides = {"theirs": 3.0e6, "ours": 6.0e6, "theirs_is": "3e6", "ours_is": "6e6", "unit": "usd"}
    step = row | sides | {"estimate": "whose", "step": 1, "ratio": 0.5, "parts_here": True}
    first = disputes._step(step, account)
    assert (first["theirs"].shown, first["theirs"].value) == ("$3M", 3e6)
    assert (first["ours"].shown, first["ours"].value) == ("$6M", 6e6)
    assert first["anchor"] == "whose" and first["theirs over ours"] == 0.5
    assert first["step"].startswith("1. ") and first["step"].endswith("Here they part.</strong>")
    second = disputes._step(step | {"step": 2, "parts_here": False}, account)
    assert second["anchor"] == "" and "part" not in second["step"].removeprefix("2. ")[-10:]


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.38612, "ratio", "39 %"),
        (1.2345, "times", "1.23 times"),
        (0.0, "times", "0 times"),
        (0.5, "times", "0.5 times"),
        (-0.01, "times", "less than none"),
        (1.9032, "usd_per_gpu_hour", "$1.90 a GPU-hour"),
        (1_234.5, "usd_per_gpu_hour", "$1,230.00 a GPU-hour"),
        (math.inf, "ratio", "no value: less would be left than nothing"),
    ],
)
def test_what_would_have_to_be_is_written_in_two_or_three_figures(value, unit, words):
    assert disputes._needed(value, unit) == words


def test_what_is_possible_is_said_of_the_line_or_as_a_range():
    assert [disputes._allowed(allowed) for allowed in (True, False, None)] == [
        "possible",
        "out of range",
        "not known",
    ]
    row = SimpleNamespace(unit="ratio", low=0.1, high=0.5, why="the disclosed runs", lever="MFU")
    shown = disputes._possible(row)
    said = re.sub("<[^>]*>", "", shown).replace("&nbsp;", " ")
    assert said == "10 % to 50 %: the disclosed runs"
    assert shown.count('data-row="counted:contradictions.possible = MFU = ') == 2
    row.unit = "usd"
    assert disputes._possible(row) == "inside the interval of that line, or within 1 % of it"
