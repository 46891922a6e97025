"""One name has one value in the whole book, or two with the reason in the same sentence."""

import re

from analysis.check.claims import judge_all
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
