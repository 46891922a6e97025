"""The weight of the pool is told by its formula, and what is printed gives what is used."""

import re

import pytest

from analysis.data.protocol import protocol
from analysis.reconstruction import measured, measured_tables, pool_tables
from analysis.reconstruction.account import account_of


def read(shown):
    return re.sub("<[^>]+>", "", str(shown)).replace("&nbsp;", " ")


def test_the_printed_formula_gives_the_printed_weight():
    rules = protocol().combined
    told = read(pool_tables.formula({"developers": 3, "stacking": 0.8, "weight": 0.6125}))
    assert "w = (D × s + K × p) / (D + K) = (3 × 0.80 + 5 × 0.5) / (3 + 5) = 0.61" in told
    assert (rules.prior_developers, rules.prior_weight) == (5, 0.5)
    assert pytest.approx(0.6125) == (3 * 0.8 + 5 * 0.5) / (3 + 5)


def test_without_a_layout_no_weight_is_told(account, evidence):
    without = account_of("minimax-m1", account.scenario, evidence)
    assert "leads alone" in read(pool_tables.views(without))


def test_the_pool_stands_with_its_tables(account):
    shown = str(pool_tables.views(account))
    assert "tab-views" in shown and "tab-weights" in shown and "(D × s" in read(shown)


def test_hours_of_a_rate_are_those_of_all_tokens_of_the_run(account, monkeypatch):
    """By hand: ten tokens a second are 36,000 an hour."""
    made = measured.rates(account).head(1).assign(tokens_per_s_per_gpu=10.0)
    monkeypatch.setattr(measured, "rates", lambda account: made)
    monkeypatch.setattr(measured, "tokens_of", lambda result: 7.2e9)
    frames = []
    monkeypatch.setattr(measured_tables, "table", lambda frame, **look: frames.append(frame))
    measured_tables.rates(account)
    assert frames[0].own.tolist() == pytest.approx([200_000.0])
    assert frames[0].hours.tolist() == pytest.approx([1e12 / 36_000])
