"""All accounts side by side, and the page of one."""

import re
from html import unescape
from math import nan
from types import SimpleNamespace

import pandas as pd
import pytest

import analysis
from analysis.compare import accounts as sides
from analysis.data.scenario import load_scenario
from analysis.reconstruction import account_tables
from analysis.reconstruction.account import account_of
from analysis.reconstruction.rent import rent_of
from tests.by_hand import with_tables

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
    assert "In 3 of 3 accounts most hours that can be estimated go into pre-training." in said
    assert "has its largest share in DeepSeek-R1" in said
    assert "In 2 accounts the maker discloses the hours" in said


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


# --- by hand, of accounts made up

LONE, BOTH = ("pretraining",), ("fine_tuning", "reinforcement")


def made(title, phases, released="2025-01-01", evidence=None):
    """An account of phases (kinds, disclosed hours, middle), at two dollars an hour."""
    known = [
        SimpleNamespace(phase=SimpleNamespace(id=f"{title}{n}", kinds=kinds))
        for n, (kinds, *_) in enumerate(phases)
    ]
    frame = pd.DataFrame(
        [(f"{title}{n}", hours, p50, 2 * p50) for n, (_, hours, p50) in enumerate(phases)],
        columns=["id", "disclosed", "p50", "usd_p50"],
    )
    middle = {"p05": frame.p50.sum() / 2, "p50": frame.p50.sum(), "p95": frame.p50.sum() * 2}
    usd = {name: 2 * hours for name, hours in middle.items()}

    class Made(SimpleNamespace):
        def __getitem__(self, phase):
            return next(found for found in known if found.phase.id == phase)

    return Made(
        model=SimpleNamespace(name=title.lower(), title=title, release_date=released),
        chip=SimpleNamespace(name="C"),
        evidence=evidence,
        phases=known,
        frame=lambda: frame,
        to_dict=lambda: {
            "total": {"gpu_hours": {"reconstructed": middle}, "usd": {"reconstructed": usd}}
        },
    )


# in the order of an edition, which is not that of their names
TWO = made("Two", [(LONE, nan, 40e3), (BOTH, 5e3, 30e3), (BOTH, nan, 30e3)], "2025-06-02")
ONE = made(
    "One",
    [(("fine_tuning",), nan, 10e3), (LONE, nan, 60e3), (LONE, nan, 20e3), (BOTH, nan, 10e3)],
)


def test_phases_of_one_group_are_one_row_in_the_order_of_accounts_and_of_training():
    frame = sides.phases_of([TWO, ONE])
    assert frame[["model", "group", "p50", "usd", "share"]].values.tolist() == [
        ["two", sides.FIRST, 40e3, 80e3, 0.4],
        ["two", sides.REINFORCEMENT, 60e3, 120e3, 0.6],
        ["one", sides.TUNING, 10e3, 20e3, 0.1],
        ["one", sides.FIRST, 60e3, 120e3, 0.6],
        ["one", sides.LATER, 20e3, 40e3, 0.2],
        ["one", sides.REINFORCEMENT, 10e3, 20e3, 0.1],
    ]
    assert frame.disclosed.tolist() == pytest.approx([nan, 5e3, nan, nan, nan, nan], nan_ok=True)


def test_the_first_phase_that_reads_is_pre_training_whatever_stands_before():
    groups = [sides.group_of(found.phase, ONE) for found in ONE.phases]
    assert groups == [sides.TUNING, sides.FIRST, sides.LATER, sides.REINFORCEMENT]


def test_the_finding_counts_accounts_by_hand():
    """In Half pre-training takes a half, which is not most; it has no reinforcement."""
    half = made("Half", [(LONE, 1e3, 50e3), (("fine_tuning",), 1e3, 50e3)])
    assert text(sides.finding([half, ONE, TWO])) == (
        "In 1 of 3 accounts most hours that can be estimated go into pre-training. Reinforcement "
        "learning has its largest share in Two: 60 %. In 2 accounts the maker discloses the hours "
        "of at least one phase, or what they follow from. The others rest on public facts alone."
    )
    assert "Reinforcement" not in text(sides.finding([half]))


def test_models_side_by_side_by_hand():
    said = text(sides.side_by_side([TWO, ONE]))
    assert said.endswith(
        "Two 2 Jun 2025 C 5 50 100 200 200,000 One 1 Jan 2025 C 50 100 200 200,000"
    )


def test_middles_by_group_by_hand():
    said = text(sides.by_group([TWO, ONE]))
    assert said.endswith("Two 40 60 One 60 20 10 10")
    heads = [said.index(f" {group} thousand GPU-hours") for group in sides.GROUPS]
    assert heads == sorted(heads)


def test_who_says_what_by_hand(evidence):
    """A fact or a source is a figure or a word; of a model without rows nothing is said."""
    rows = [
        ("one", "tokens", "a_fact", ""),
        ("one", "gpus", "", ""),
        ("two", "tokens", "", "a_source"),
        ("two", "gpus", "a_fact", "a_source"),
        ("two", "energy", "", ""),
    ]
    table = pd.DataFrame(rows, columns=["model", "quantity", "facts", "source_id"])
    found = with_tables(evidence, disclosed=table)
    phases = [(LONE, nan, 1e3)]
    known = [made(title, phases, evidence=found) for title in ("Two", "Three", "One")]
    said = text(sides.who_says_what(known))
    assert said.endswith("maker of tokens GPUs energy Two yes yes – One yes – –")


def test_models_without_phases_have_no_account_and_the_newest_is_first(monkeypatch):
    days = {"a": "2024-01-01", "b": "2025-01-01", "none": "2026-01-01", "c": "2024-06-01"}
    known = {
        name: SimpleNamespace(name=name, release_date=day, phases=[] if name == "none" else [1])
        for name, day in days.items()
    }
    monkeypatch.setattr(sides, "list_models", lambda evidence: list(known))
    monkeypatch.setattr(sides, "load_model", lambda name, evidence: known[name])
    monkeypatch.setattr(sides, "account_of", lambda name, scenario, evidence: name)
    assert sides.accounts_of("scenario", "evidence") == ["b", "c", "a"]
    assert sides.accounts_of("scenario", "evidence", ["a", "none", "c"]) == ["c", "a"]


def test_the_books_own_model_has_the_first_page(monkeypatch):
    monkeypatch.setattr(sides, "edition_model", lambda: "two")
    said = sides.side_by_side([TWO, ONE])
    assert '<a href="index.html">Two</a>' in said and '<a href="one.html">One</a>' in said
