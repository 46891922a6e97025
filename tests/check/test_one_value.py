"""One name has one value in the whole book, or two with the reason in the same sentence."""

import re

import pytest

from analysis.check.claims import find_claim, judge_all
from analysis.compare.models import at_one_date, beside_own_accounts, compare
from analysis.runs.backtest import backtest
from analysis.runs.efficiency import estimator_for
from analysis.runs.public_estimators import OURS, beside_public_estimators, beside_the_rule
from analysis.runs.references import reference_runs
from analysis.show import links


def test_the_report_of_v3_is_dated_by_its_release_and_the_note_names_the_archives_day(account):
    """26 December 2024 is the release with the model, 27 December the archive's date."""
    of_report = [one for one in judge_all(account) if one.source_id == "v3_report"]
    assert of_report and {one.date for one in of_report} == {"2024-12-26"}
    assert any("27th" in one.note for one in of_report)


def test_articles_that_can_be_opened_lead_and_the_one_without_an_outlet_comes_last(account):
    sources = account.evidence.by_id("sources")
    opens = [bool(links.web_address(sources[one.source_id]["url"])) for one in judge_all(account)]
    assert opens == sorted(opens, reverse=True) and not all(opens)
    assert all(
        links.web_address(sources[one.source_id]["url"]) for one in judge_all(account) if one.story
    )


def test_an_article_read_in_a_copy_links_to_the_original_and_says_so(evidence):
    sources = evidence["sources"].set_index("source_id")
    assert not sources.url.str.contains("ainews247|smarttechworld").any()
    for name in ("register_2025_09_19", "nature_news_2025_09"):
        assert "original was not opened" in sources.title[name]
        assert re.match(r"https://(www\.theregister\.com|doi\.org)/", sources.url[name])


def plain(shown) -> str:
    return re.sub("<[^>]*>", "", shown).replace("&nbsp;", " ").replace("\N{NO-BREAK SPACE}", " ")


def test_the_efficiency_that_the_hours_need_is_one_and_the_other_basis_is_in_a_note(account):
    """39 % without multi-token prediction, as DeepSeek counts; with it 41 %, and why."""
    phase = account["v3_pretraining"]
    assert phase.needed_mfu == pytest.approx(account.numbers["v3_needed_mfu"].value)
    shown = plain(phase.tables.efficiency())
    first, note = shown.split("The basis is")
    needed = first.partition("The disclosed hours need ")[2]
    assert needed.startswith("39 % as figures are printed;") and "41" not in needed
    assert needed.strip().endswith("on the basis of the range that is more than it holds.")
    assert "It is 41 % if modules for multi-token prediction" in note


def test_a_runs_two_errors_stand_in_one_sentence_with_the_reason(account, evidence):
    """By both views together, and by its type alone where the estimator is judged on all runs."""
    runs = reference_runs(evidence)
    own = runs[runs.id == "deepseek-v3"]
    expected = estimator_for(evidence, ("DeepSeek",)).predict(own)[0].quantile(0.5)
    by_dimensions = float(own.mfu.iloc[0] / expected)
    phase = account["v3_pretraining"]
    by_configuration = phase.interval["p50"] / phase.disclosed_gpu_hours
    here, there = f"{by_configuration:.2g}", f"{by_dimensions:.2g}"
    both = f"Its estimate is {there} times the disclosed hours, "
    beside = "as here." if here == there else f"not {here}."
    assert f"{both}{beside}" in plain(phase.tables.efficiency())


def test_two_prices_of_a_run_stand_in_one_sentence_with_their_basis(evidence):
    """$5.3M is DeepSeek's own account at $2; $9.1M the market's rent of an H800 in January 2025."""
    day = "2025-01-20"
    priced = at_one_date(compare(evidence), day, evidence)
    shown = beside_own_accounts(priced[priced.id == "deepseek-v3"], day)
    assert (
        "$9.1M at the market price of 20 January 2025 ($3.42 a GPU-hour), and $5.3M by its "
        "developer's own account ($2.00 a GPU-hour)"
    ) in plain(shown)


def test_the_rule_of_thumb_is_compared_on_both_samples(evidence):
    """It is better on the 13 well-known runs, worse on all; the table has the same."""
    tested = backtest(evidence)
    everywhere, well_known = beside_the_rule(tested, evidence).itertuples()
    assert everywhere.n == len(tested) and everywhere.ours < everywhere.rule
    public = beside_public_estimators(tested, evidence).set_index("estimator")
    same = public.loc["6ND at 30 %"]
    assert (well_known.n, well_known.rule) == (same.runs, pytest.approx(same.median_factor, 1e-3))
    assert well_known.ours == pytest.approx(public.loc[OURS].median_factor)


def test_intent_is_not_judged_but_dates_are(account):
    one = find_claim("seed_strategic_understatement", account)
    assert one.verdict == "not_checkable"
    assert one.reason.startswith("What was published when, we can say; intent we cannot.")
