"""What makes a claimed total true does make it true, and physics says no where it must."""

import math
from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.check.beliefs import _Doubt, _lever, _mfu, _rent, _what_it_counts, beliefs
from analysis.data.tables import Evidence
from tests.by_hand import with_facts, with_runs


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


# --- by hand, on a bill of three lines


LINES = [("one", 10.0, 10.0), ("two", 20.0, 30.0), ("all", 1.0, 1_000.0), ("none", None, None)]


def counts(usd, *names, **facts):
    """What a total counts, of some of the lines."""
    lines = [line for line in LINES if line[0] in names]
    bill = pd.DataFrame(lines, columns=["label", "usd_p05", "usd_p95"]).astype(
        {"usd_p05": float, "usd_p95": float}
    )
    account = SimpleNamespace(
        bill=bill.assign(usd=bill.usd_p05), evidence=with_facts(Evidence.load(), **facts)
    )
    return _what_it_counts(_Doubt(usd, None, account))


def test_the_nearest_line_is_so_by_the_ratio_and_the_first_of_those_that_hold_the_total():
    assert counts(14.0, "one", "two")["why"] == "one"  # 1.40 times ten; twenty is 1.43 times it
    assert counts(14.2, "one", "two")["why"] == "two"
    assert counts(25.0, "two", "all")["why"] == "two" and counts(35.0, "two", "all")["why"] == "all"
    found = counts(25.0, "one", "two", "none")
    assert (found["low"], found["high"]) == pytest.approx((20.0 * 0.99, 30.0 * 1.01))
    assert (found["needed"], found["unit"], found["allowed"]) == (25.0, "usd", True)
    nearer = counts(25.0, "one", "two", "none", same_total_ratio=0.5)
    assert (nearer["low"], nearer["high"]) == pytest.approx((20.0 * 0.5, 30.0 * 1.5))


def test_no_line_counts_where_none_is_known():
    found = counts(25.0, "none")
    assert (found["why"], found["allowed"]) == ("no line is known", None)
    assert math.isnan(found["needed"]) and math.isnan(found["low"]) and math.isnan(found["high"])


class ByHand(SimpleNamespace):
    """An account of one phase that took 60 of the 100 hours of its bill."""

    def __getitem__(self, phase):
        return {"x": SimpleNamespace(disclosed_gpu_hours=60.0, phase=SimpleNamespace(label="X"))}[
            phase
        ]


@pytest.fixture(scope="module")
def by_hand(evidence):
    bill = pd.DataFrame([{"id": "base", "gpu_hours": 100.0, "usd": 200.0, "own_usd_p05": 150.0}])
    quotes = [("C", 3.0), ("C", 5.0), ("C", 4.0), ("D", 9.0), ("D", 1.0)]
    prices = pd.DataFrame(quotes, columns=["chip", "usd_per_gpu_hour"])
    account = ByHand(
        bill=bill,
        chip=SimpleNamespace(name="C"),
        price_usd_per_gpu_hour=2.0,
        evidence=with_runs(evidence, ("A", 0.2), ("B", 0.5), ("C", 0.3), prices=prices),
        names=SimpleNamespace(value=lambda name, where: {"needed": 0.4}[name]),
        model=SimpleNamespace(name="m"),
    )
    belief = SimpleNamespace(boundary="base", phase="x", needed_mfu="needed")
    return lambda usd: _Doubt(usd, belief, account)


def test_a_rent_lies_between_the_low_end_of_owning_and_the_highest_quote_of_the_chip(by_hand):
    rent = _rent(by_hand(260.0))
    assert (rent["low"], rent["needed"], rent["high"]) == (1.5, 2.6, 5.0) and rent["allowed"]
    assert not _rent(by_hand(149.0))["allowed"] and not _rent(by_hand(501.0))["allowed"]


@pytest.mark.parametrize(
    ("usd", "needed"),
    [
        (200.0, 0.4),  # as disclosed: 40 hours at $2 are the others', 60 are left
        (140.0, 0.8),  # $60 are left for 60 hours at $2
        (320.0, 0.2),
        (80.5, 0.4 * 120 / 0.5),
        (80.0, math.inf),
        (70.0, math.inf),
    ],
)
def test_the_efficiency_at_which_the_phase_takes_what_is_left(usd, needed, by_hand):
    found = _mfu(by_hand(usd))
    assert found["needed"] == pytest.approx(needed)
    assert (found["low"], found["high"]) == pytest.approx((0.2, 0.5))
    assert found["allowed"] == (0.2 - 1e-9 <= needed <= 0.5)
    assert (found["lever"], found["unit"]) == ("MFU of X", "ratio")


@pytest.mark.parametrize(
    ("needed", "low", "high", "allowed"),
    [
        (1.0, 1.0, 2.0, True),
        (2.0, 1.0, 2.0, True),
        (1.5, 1.0, 2.0, True),
        (0.9, 1.0, 2.0, False),
        (2.1, 1.0, 2.0, False),
        (math.nan, 1.0, 2.0, None),
        (1.0, math.nan, 2.0, None),
        (1.0, 1.0, math.nan, None),
    ],
)
def test_what_is_needed_is_allowed_between_the_ends_and_at_them(needed, low, high, allowed):
    assert _lever("x", needed, "ratio", low, high, "why")["allowed"] is allowed
