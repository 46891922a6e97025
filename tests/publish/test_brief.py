"""The brief: two pages whose figures are those of the results, for any model and any edition."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from analysis.check.claims import judge_all
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.publish.brief import CLAIMS, NAME, _chart, content, typeset, write_brief
from analysis.publish.citation import read_citation
from analysis.publish.pages import Line, PageText, Section
from analysis.reconstruction.account import Account, account_of
from analysis.show.numbers import VERDICT_WORDS, hours_text, usd_text
from analysis.show.rounded import short_usd
from tests.book.texts import read_page
from tests.conftest import ROOT
from tests.pdf import Pdf

FIRST = PageText("index", [Section("", "What is found", [Line("In a sentence or two.")])])


def set_brief(account: Account, first: PageText = FIRST) -> Pdf:
    cited = read_citation(ROOT)
    told = content(account, cited, first, "https://example.org/book/")
    return Pdf(typeset({"data": json.dumps(told), "chart": _chart(account)}, cited.date))


@pytest.fixture(scope="session")
def brief(account) -> Pdf:
    return set_brief(account)


@pytest.fixture(scope="session")
def published(edition) -> Pdf:
    return Pdf((edition / NAME).read_bytes())


def test_it_has_two_pages_and_its_fonts_are_embedded(published):
    assert len(published.pages) == 2
    fonts = published.fonts()
    assert len(fonts) >= 2 and all(fonts.values())


def test_its_figures_are_those_of_the_results(edition, published):
    results = json.loads((edition / "results.json").read_text(encoding="utf-8"))
    text = published.text()
    for line in results["boundaries"]:
        if not line["marker"]:
            usd = line["usd"]
            known = usd["p05"] == usd["p95"]
            shown = usd_text(usd["p50"], 3) if known else short_usd(usd["p05"], usd["p95"])
            assert f" {shown} " in text, line["id"]
    for phase in results["models"]["deepseek-r1"]["phases"]:
        hours = phase["gpu_hours"]
        low, middle, high = (
            hours_text(hours["reconstructed"][end]) for end in ("p05", "p50", "p95")
        )
        row = f"{hours_text(hours['disclosed'])} {middle} {low} to {high}"
        assert f"{phase['label']} {row}" in text
    assert results["edition"]["data_sha256"][:12] in text


def test_it_says_what_the_first_page_says_and_has_the_picture(edition, published):
    first, text = read_page(edition / "index.html"), " ".join(published.text().split())
    assert " ".join(first.title.split()) in text
    for line in first.sections[0].lines[:3]:
        assert " ".join(line.text.split()) in text
    assert read_citation(ROOT).day in text
    assert text.replace(" ", "").count("middle$") == 2  # of both intervals of the picture


def test_five_claims_stand_with_their_verdicts_and_reasons(account, brief):
    text = brief.text()
    told = [one for one in judge_all(account) if f"“{one.claim}”" in text]
    assert len(told) == CLAIMS
    for one in told:
        assert f"{VERDICT_WORDS[one.verdict].capitalize()} : {one.reason}" in text


def test_the_same_inputs_give_the_same_bytes(account, brief, tmp_path):
    assert set_brief(account).content == brief.content
    write_brief(account, read_citation(ROOT), FIRST, "", tmp_path)
    assert (tmp_path / NAME).read_bytes()[:5] == b"%PDF-"


def test_an_edition_with_parameters_says_which(evidence):
    scenario = load_scenario("paper", price_usd_per_gpu_hour="4", samples="256")
    text = set_brief(account_of("deepseek-r1", scenario, evidence)).text()
    assert "price_usd_per_gpu_hour=4" in text
    assert "at $4.00 a GPU-hour" in text and "$588K" in text


@pytest.mark.parametrize("model", ["quiet", "learner", "plain", "deepseek-v3"])
def test_any_model_has_one(small_models, model):
    scenario = load_scenario("paper", small_models, samples="256")
    account = account_of(model, scenario, Evidence.load(small_models))
    found = set_brief(account)
    assert len(found.pages) <= 2
    assert account.model.title in found.text()
    assert all(phase.phase.label in found.text() for phase in account.phases)


@pytest.fixture
def told(account) -> Callable[..., dict]:
    def change(**changed: object) -> dict:
        return content(account, read_citation(ROOT), FIRST, "") | changed

    return change


def test_nothing_that_is_said_is_read_as_markup(told):
    text = '#panic("no") $x^2$ *a* _b_ [c] <d> \\e // == @f `g`'
    said = told(headline=text, standfirst=text, unknown=[text])
    found = Pdf(typeset({"data": json.dumps(said), "chart": ""}, read_citation(ROOT).date))
    assert found.text().count(text) == 3


def test_a_long_account_is_set_smaller_and_nothing_is_left_out(told):
    lines = [line | {"label": f"line {number}"} for number, line in enumerate(told()["bill"] * 4)]
    found = Pdf(
        typeset({"data": json.dumps(told(bill=lines)), "chart": ""}, read_citation(ROOT).date)
    )
    assert len(found.pages) == 2
    assert all(f"line {number} " in found.text() for number in range(len(lines)))
