"""What the page of disagreements shows: groups, likely reasons, and a bill only where it moves."""

import re

import pytest

from analysis.check import disputes
from analysis.check.contradictions import GROUPS, contradictions, moves
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
            assert told[name].startswith("<strong>+$" if effect > 0 else "<strong>−$")


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
