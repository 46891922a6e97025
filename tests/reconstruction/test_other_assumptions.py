"""What the time of a step rests on, told beside the published view."""

import re

import pandas as pd
import pytest

from analysis.data.protocol import protocol
from analysis.reconstruction import measured, other_assumptions, placebos
from analysis.reconstruction.account import account_of
from analysis.runs.interval_shares import shares_of_constants


@pytest.fixture(scope="module")
def hours(account):
    return other_assumptions.hours_otherwise(account).set_index("assumption")


def test_the_first_row_is_the_published_view(hours, account):
    result, _ = measured.laid_out(account)
    published = result.hours_by_view["step_time"]
    assert hours.iloc[0].to_dict() == pytest.approx(published, rel=0.02)  # that is of its own draws


def test_the_further_makers_lie_apart_the_wider_is_the_range(hours):
    width = hours.p95 / hours.p05
    assert (
        width["all makers alike"]
        < width["as in the answer"]
        < width["makers a factor of 1.4 apart"]
    )
    assert len(hours) == len(protocol().shift.shown_with) + 2


def test_of_few_makers_the_published_view_borrows_the_bound(hours):
    bound = hours.loc["makers apart by the most that is not refuted"]
    assert bound.to_dict() == pytest.approx(hours.loc["as in the answer"].to_dict())


def test_without_the_makers_own_figures_the_hours_are_others(hours):
    own = "without the maker's own kernel figures"
    assert hours.loc[own].to_dict() != pytest.approx(
        hours.loc["as in the answer"].to_dict(), rel=1e-3
    )


def test_a_model_without_a_layout_has_no_such_table(account, evidence):
    without = account_of("minimax-m1", account.scenario, evidence)
    assert other_assumptions.hours_otherwise(without).empty
    assert str(other_assumptions.otherwise(without)) == ""


def test_what_the_interval_goes_with_stands_with_its_ten_first_constants(account):
    run = measured.laid_out(account)[1].run
    shown = str(other_assumptions.interval(account))
    ranked = shares_of_constants(run, account.evidence)
    first, eleventh = ranked.index[0], ranked.index[10]
    assert shown.count("<tr") == 1 + 10
    assert account.evidence.facts[first].quantity in shown
    assert account.evidence.facts[eleventh].quantity not in shown
    ends = re.findall('data-label="(?:from|to)".*?</td>', shown)
    texts = [re.sub("<[^>]*>|&nbsp;", " ", end.partition(">")[2]) for end in ends]
    for low, high in zip(texts[::2], texts[1::2], strict=True):
        assert ("%" in low) == ("%" in high), (low, high)


def test_a_model_without_a_layout_has_no_such_interval(account, evidence):
    without = account_of("minimax-m1", account.scenario, evidence)
    assert str(other_assumptions.interval(without)) == ""


def test_no_run_of_the_makers_own_is_among_the_ratios(account):
    shown = str(other_assumptions.billed(account))
    assert "billed-over-running" in shown and "DeepSeek" not in shown


@pytest.mark.parametrize(("makers", "said"), [(2, True), (4, True), (5, False)])
def test_few_makers_of_mixtures_are_said(account, monkeypatch, makers, said):
    record = pd.DataFrame({protocol().groups.fold: [f"M{number}" for number in range(makers)]})
    monkeypatch.setattr(other_assumptions, "mixture_record", lambda evidence: record)
    shown = str(other_assumptions.makers_of_mixtures(account))
    assert (f">{makers}<" in shown) == said and bool(shown) == said


def test_other_models_of_the_evidence_with_layout_and_hours_are_placebos_too(account, evidence):
    found = placebos.expected_over_disclosed(account).set_index("label")
    assert found.index.str.casefold().is_unique
    others = {"Llama 3.1 405B": "llama-3.1-405b", "Olmo 3 Think 32B": "olmo-3-32b"}
    assert set(others) < set(found.index)
    other = account_of(others["Llama 3.1 405B"], account.scenario, evidence)
    result, _ = measured.laid_out(other)
    expected = result.hours_by_view["combined"]["p50"] / result.disclosed_gpu_hours
    assert found.middle["Llama 3.1 405B"] == pytest.approx(expected)
