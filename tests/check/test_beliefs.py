"""What makes a claimed total true does make it true, and physics says no where it must."""

import pytest

from analysis.check.beliefs import _Doubt, _what_it_counts, beliefs


@pytest.fixture(scope="module")
def table(account):
    return beliefs(account)


def test_each_total_has_every_lever(table):
    assert table.groupby("total").lever.nunique().eq(4).all() and table.total.nunique() == 3


def test_the_needed_rent_gives_the_total_back(table, account):
    hours = account.bill.set_index("id").gpu_hours["with_v3_context_extension"]
    for row in table[table.lever == "rent of a GPU-hour"].itertuples():
        assert row.needed * hours == pytest.approx(row.usd)


def test_the_headline_is_true_of_its_own_boundary_and_of_no_rent_or_efficiency(table):
    headline = table[table.total == "the headline"].set_index("lever")
    assert headline.allowed["what it counts"] and not headline.allowed.drop("what it counts").any()


def test_a_larger_total_needs_less_efficiency(table):
    needed = table[table.lever == "MFU of V3 pre-training"].sort_values("usd").needed
    assert needed.is_monotonic_decreasing


def test_a_total_counts_the_line_whose_interval_holds_it(account):
    """Between what failed runs make of the bill at most and what staff makes of it."""
    bill = account.bill.set_index("id")
    total = (bill.usd_p95["with_failed_runs"] + bill.usd_p95["with_staff"]) / 2
    found = _what_it_counts(_Doubt(total, account.model.belief, account))
    assert found["why"] == bill.label["with_staff"]
