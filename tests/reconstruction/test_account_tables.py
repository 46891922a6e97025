"""What the page of an account says and shows, of two phases made by hand."""

import re
from html import unescape
from math import isnan, nan
from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.data.mistakes import InputError
from analysis.data.scenario import load_scenario
from analysis.reconstruction import account_tables
from analysis.reconstruction.phase_words import NOTHING_OPEN
from analysis.reconstruction.rent import Rent
from analysis.show.tables import PRINTED, Cell
from tests.by_hand import with_tables

HOURS = {"p05": 81_000.0, "p50": 123_456.0, "p95": 250_000.0}
FOUND = "public facts alone give 120K GPU-hours, 81K to 250K nine times in ten."
AT_TWO = (
    "At $2.00 a GPU-hour that is $250K, between $160K and $500K. "
    "That range is of the hours: price and chip are held."
)
DISCLOSED = "The chip, C, is disclosed."


SCOPE = "This counts First, and no post-training. It leaves out: All else."


def of_kinds(*kinds, label="First", assumes=frozenset()):
    return SimpleNamespace(assumes=assumes, phase=SimpleNamespace(label=label, kinds=kinds))


def a_model(chip_assumed="", whole=SimpleNamespace(leaves_out="All else.")):  # noqa: B008
    return SimpleNamespace(name="m", title="M", chip_assumed=chip_assumed, whole=whole)


class Made(SimpleNamespace):
    """An account; a phase of it has what its source discloses of its hours as a cell."""

    def __getitem__(self, phase):
        hours = self.frame().set_index("id").disclosed[phase]
        cell = "not disclosed" if isnan(hours) else Cell(str, hours, figures=PRINTED)
        return SimpleNamespace(tables=SimpleNamespace(disclosed_cell=lambda field: cell))


def made(disclosed=(nan, nan), **more):
    """An account of two phases; their rent is two dollars an hour."""
    frame = pd.DataFrame(
        [("First", 60e3, 90e3, 200e3, 180e3), ("Second", 10e3, 33e3, 61_234.0, 66e3)],
        columns=["label", "p05", "p50", "p95", "usd_p50"],
    ).assign(disclosed=disclosed, id=["first", "second"])
    usd = {name: 2.0 * hours for name, hours in HOURS.items()}
    total = {"gpu_hours": {"reconstructed": HOURS}, "usd": {"reconstructed": usd}}
    rows = {
        "phases": [of_kinds("pretraining")],
        "model": a_model(),
        "chip": SimpleNamespace(name="C"),
        "scenario": load_scenario(),
        "evidence": None,
        "frame": lambda: frame,
        "reconstruction": SimpleNamespace(rent=Rent(2.0, "As told.")),
        "to_dict": lambda: {"total": total},
    }
    return Made(**rows | more)


def text(html) -> str:
    said = unescape(re.sub("<[^>]*>", " ", html)).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r" ([,.;])", r"\1", " ".join(said.split()))


@pytest.mark.parametrize(
    ("disclosed", "said"),
    [
        ((nan, nan), "Its maker discloses no hours;"),
        ((12_345_678.0, nan), "Its maker discloses 12,350K GPU-hours for 1 of 2 phases;"),
        ((12_000_000.0, 345_678.0), "Its maker discloses 12,350K GPU-hours;"),
    ],
)
def test_the_finding_says_what_is_disclosed_what_is_found_and_what_it_costs(disclosed, said):
    """123,456 hours in two figures, at two dollars 246,912."""
    assert text(account_tables.finding(made(disclosed))) == (
        f"{said} {FOUND} {SCOPE} {AT_TWO} As told. {DISCLOSED}"
    )


@pytest.mark.parametrize(
    ("phases", "said"),
    [
        ([("pretraining",), ("generation",)], "This counts 0 and 1. It leaves out"),
        ([("pretraining",)] * 3, "This counts 3 phases, from 0 to 2, and no post-training."),
    ],
)
def test_the_finding_says_which_phases_its_sum_counts(phases, said):
    found = [of_kinds(*kinds, label=str(at)) for at, kinds in enumerate(phases)]
    assert said in text(account_tables.finding(made(phases=found)))
    alone = text(account_tables.finding(made(phases=found, model=a_model(whole=None))))
    assert "leaves out" not in alone


def test_figures_of_the_finding_are_told_apart_by_what_they_are_of():
    html = account_tables.finding(made((12_345_678.0, nan)))
    places = re.findall(
        r'class="figure (\w+)" data-row="counted:account\.(\w+) = M = m\.html"', html
    )
    assert places == [
        ("disclosed", "disclosed"),
        ("derived", "phases"),
        *[("reconstructed", "hours")] * 3,
        ("assumption", "rent"),
        *[("reconstructed", "usd")] * 3,
    ]


def test_an_assumed_chip_is_said_at_the_end_and_is_no_public_fact():
    guessed = a_model("Nobody says.")
    phases = [of_kinds("pretraining"), of_kinds("pretraining", assumes=frozenset({"chip"}))]
    said = text(account_tables.finding(made(model=guessed, phases=phases)))
    assert said.endswith(" As told. The chip, C, is assumed. Nobody says.")
    assert "public facts and an assumed chip give 120K" in said and "alone" not in said


def test_a_chip_that_was_set_is_neither_disclosed_nor_assumed():
    guessed = a_model("Nobody says.")
    said = text(account_tables.finding(made(model=guessed, scenario=load_scenario(chip="H800"))))
    assert said.endswith(" As told. The chip, C, is set for this edition.")


def test_disclosed_hours_of_a_phase_stand_as_printed_and_estimates_in_two_figures():
    said = text(account_tables.phases(made((2_664_000.0, 346_123.0))))
    assert "First 2,664 60 90 200 180,000 Second 346.123 10 33 61 66,000" in said
    said = text(account_tables.phases(made()))
    assert "First 60 90 200 180,000 Second" in said and " disclosed thousand" not in said
    said = text(account_tables.phases(made((2_664_000.0, nan))))
    assert "First 2,664 60 90 200 180,000 Second not disclosed 10 33" in said


QUOTES = pd.DataFrame(
    [("a", "P", "2024-08-24"), ("b", "P", "2025-03-03"), ("c", "Q", "2025-03-03")],
    columns=["id", "provider", "date"],
)


@pytest.mark.parametrize(
    ("quotes", "said"),
    [
        ((), ""),
        (("a",), "It is one quote, of P, of 24 August 2024. "),
        (("a", "b"), "2 such quotes, all of one provider, of 24 August 2024 to 3 March 2025."),
        (("b", "c"), "There are 2 such quotes, of 3 March 2025. "),
    ],
)
def test_a_price_says_on_how_many_quotes_it_rests_and_of_when(quotes, said):
    rent = SimpleNamespace(rent=Rent(2.0, "As told.", None, quotes))
    shown = made(reconstruction=rent, evidence={"prices": QUOTES})
    told = text(account_tables.finding(shown)).partition("As told. ")[2]
    assert told.removeprefix("There are ").startswith(said.removeprefix("There are "))


def test_prices_that_rest_on_the_same_quotes_stand_in_one_row(monkeypatch):
    """The newest quote is another, though its price is the same."""
    by = {None: ("a",), "release": ("a",), "today": ("b",), "owned": ()}
    monkeypatch.setattr(
        account_tables,
        "rent_of",
        lambda model, scenario, evidence: Rent(2.0, "", None, by[scenario.rent]),
    )
    said = text(account_tables.rents(made(evidence={"prices": QUOTES})))
    assert "as the account has it; the market near the release 2 1 24 Aug 2024 250,000" in said
    assert "the newest quotes 2 1 3 Mar 2025 250,000 on machines of one's own 2 250,000" in said


@pytest.mark.parametrize(
    ("disclosed", "at_two", "at_three", "at_five"),
    [
        ((nan, nan), "", "", ""),
        ((1e5, nan), "200,000 ", "300,000 ", "500,000 "),
        ((1e5, 2e5), "600,000 ", "900,000 ", "1,500,000 "),
    ],
)
def test_the_same_hours_at_other_rents_and_none_where_nobody_quotes(
    monkeypatch, disclosed, at_two, at_three, at_five
):
    def rent_of(model, scenario, evidence):
        if scenario.rent == "owned":
            raise InputError("no price is known")
        return Rent({None: 2.0, "release": 3.0, "today": 5.0}[scenario.rent], "")

    monkeypatch.setattr(account_tables, "rent_of", rent_of)
    assert text(account_tables.rents(made(disclosed))).endswith(
        f"as the account has it 2 {at_two}250,000 "
        f"the market near the release 3 {at_three}370,000 "
        f"the newest quotes 5 {at_five}620,000"
    )


def test_a_rent_that_the_scenario_chose_is_that_of_the_account(monkeypatch):
    asked = []
    monkeypatch.setattr(
        account_tables,
        "rent_of",
        lambda model, scenario, evidence: asked.append(scenario.rent) or Rent(1.0, ""),
    )
    account_tables.rents(made(scenario=load_scenario("owned")))
    assert asked == ["owned", "release", "today", "owned"]


def test_what_is_not_known_stands_by_phase_and_nothing_is_said_so():
    phases = [
        SimpleNamespace(phase=SimpleNamespace(label=label, not_known=sentences))
        for label, sentences in (("First", ["The chip.", "The days."]), ("Second", []))
    ]
    html = account_tables.not_known(made(phases=phases))
    assert html == "<ul><li><strong>First.</strong> The chip. The days.</li></ul>"
    assert text(account_tables.not_known(made(phases=phases[1:]))) == NOTHING_OPEN


def test_what_the_maker_says_is_its_facts_its_words_and_its_source_or_nothing(evidence):
    rows = [
        ("m", "gpus", "r1_zero_gpus|r1_zero_hours", "of one phase", ""),
        ("m", "energy", "", "", ""),
        ("m", "chip", "", "an H800", "r1_nature"),
        ("other", "days", "", "ten", ""),
    ]
    disclosed = pd.DataFrame(rows, columns=["model", "quantity", "facts", "says", "source_id"])
    told = with_tables(evidence, disclosed=disclosed)
    said = text(account_tables.said(made(evidence=told)))
    facts = evidence.facts
    assert (
        "GPUs 512 GPUs; "
        f"198 hours ({facts['r1_zero_hours'].quantity}); of one phase energy not disclosed "
        "chip an H800; " in said
    )
    assert said.endswith("(2025)") and "ten" not in said.partition("chip an H800")[2]
