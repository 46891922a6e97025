"""All accounts side by side, and the page of one."""

import re
from html import unescape

import pytest

import analysis
from analysis.compare import accounts as sides
from analysis.data.scenario import load_scenario
from analysis.reconstruction import account_tables
from analysis.reconstruction.account import account_of
from analysis.reconstruction.rent import rent_of

CHOSEN = ["deepseek-r1", "kimi-k2", "minimax-m1"]


@pytest.fixture(scope="module")
def found(evidence):
    return sides.accounts_of(load_scenario(), evidence, CHOSEN)


def text(html) -> str:
    said = unescape(re.sub("<[^>]*>", " ", html)).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r" ([,.;])", r"\1", " ".join(said.split()))


def test_every_model_with_phases_has_an_account_the_newest_first(evidence):
    models = [account.model for account in sides.accounts_of(load_scenario(), evidence)]
    assert len(models) == 12
    dates = [model.release_date for model in models]
    assert dates == sorted(dates, reverse=True)


def test_shares_of_a_model_are_of_all_its_middles(found):
    frame = sides.phases_of(found)
    assert frame.groupby("model").share.sum().tolist() == pytest.approx([1.0] * 3)
    for account in found:
        own = frame[frame.model == account.model.name]
        assert own.p50.sum() == pytest.approx(account.frame().p50.sum())
        assert own.usd.sum() == pytest.approx(account.frame().usd_p50.sum())


def test_phases_are_grouped_by_what_they_do(found):
    by_model = {account.model.name: account for account in found}
    told = {
        row.id: sides.group_of(account[row.id].phase, account)
        for account in by_model.values()
        for row in account.frame().itertuples()
    }
    assert told["v3_pretraining"] == told["k2_pretraining"] == sides.FIRST
    assert told["v3_context_extension"] == told["m1_continued_pretraining"] == sides.LATER
    assert told["r1_sft_data"] == sides.TUNING
    assert told["r1_zero_rl"] == told["m1_rl"] == sides.REINFORCEMENT


def test_what_is_not_disclosed_is_empty_and_what_is_adds_up(found):
    frame = sides.phases_of(found).set_index(["model", "group"])
    assert frame.disclosed["deepseek-r1", sides.FIRST] == 2_664_000
    assert frame.disclosed[:, sides.FIRST].isna()["kimi-k2"]
    assert frame.disclosed["minimax-m1", sides.REINFORCEMENT] == 512 * 21 * 24


def test_the_finding_names_the_model_with_most_reinforcement(found):
    said = text(sides.finding(found))
    assert "In 3 of 3 accounts most hours go into pre-training." in said
    assert "takes most of them in DeepSeek-R1" in said
    assert "In 2 accounts the maker discloses hours" in said


def test_tables_have_a_row_a_model_and_lead_to_its_page(found):
    assert '<a href="kimi-k2.html">Kimi K2</a>' in sides.side_by_side(found)
    assert text(sides.by_group(found)).count("MiniMax-M1") == 1
    said = text(sides.who_says_what(found))
    assert re.search(r"Kimi K2 yes yes yes yes – – – – yes", said)


def test_the_page_of_a_model_says_what_is_disclosed_and_what_is_not(evidence):
    kimi = account_of("kimi-k2", load_scenario(), evidence)
    assert "Its maker discloses no hours" in text(account_tables.finding(kimi))
    told = text(account_tables.said(kimi))
    assert "15.5T tokens" in told and "energy not in: report and repository" in told
    r1 = account_of("deepseek-r1", load_scenario(), evidence)
    assert "Its maker discloses 2,935K GPU-hours;" in text(account_tables.finding(r1))


def test_an_assumed_chip_is_said(evidence):
    glm = account_of("glm-4.5", load_scenario(), evidence)
    assert "The chip, H800 SXM, is assumed. No source" in text(account_tables.finding(glm))


def test_other_prices_of_the_same_hours_by_hand(evidence):
    found = account_of("deepseek-v3", load_scenario(), evidence)
    table = text(account_tables.rents(found))
    assert "as the account has it 2 5.58" in table  # 2,788,000 hours at $2
    owned = rent_of(found.model, load_scenario("owned"), evidence).usd_per_gpu_hour
    assert f"on machines of one's own {owned:.3g} {2.788 * owned:.3g}" in table


def test_what_is_not_known_is_told_phase_by_phase(evidence):
    found = account_of("minimax-m1", load_scenario(), evidence)
    html = account_tables.not_known(found)
    assert html.count("<li>") == sum(bool(phase.phase.not_known) for phase in found.phases)


def test_the_door_opens_several_accounts():
    found = analysis.accounts("kimi-k2, deepseek-v3", samples=64)
    assert [account.model.name for account in found] == ["kimi-k2", "deepseek-v3"]
