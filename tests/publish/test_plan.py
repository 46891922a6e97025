"""What an edition depends on, and when it stands."""

from __future__ import annotations

import pytest

from analysis.data.scenario import load_scenario
from analysis.publish.place import MARK, write_mark
from analysis.publish.plan import Plan, plan


def planned(directory, **overrides: str) -> Plan:
    return plan(load_scenario("paper", directory, **overrides), "paper", overrides, directory)


def test_a_parameter_changes_the_pages_that_it_reaches_and_no_other(evidence):
    before, after = planned(evidence.directory), planned(evidence.directory, mfu="0.3")
    for page in before.pages:
        assert (before.key(page) != after.key(page)) == ("mfu" in page.declares), page.page
    assert before.edition_key != after.edition_key
    assert before.evidence_key == after.evidence_key


def test_a_fact_changes_every_page_and_says_so(evidence, edited):
    folder = edited("facts.csv", "2788000", "2788001")
    before, after = planned(evidence.directory), planned(folder)
    for page in before.pages:
        differing = [
            word
            for word, found in before.parts[page.page].items()
            if after.parts[page.page][word] != found
        ]
        assert differing == ["data"]
    assert before.evidence_key != after.evidence_key


def test_an_equal_plan_has_equal_keys(evidence):
    assert (
        planned(evidence.directory, mfu="0.3").edition_key
        == planned(evidence.directory, mfu="0.30").edition_key
    )


@pytest.mark.parametrize("missing", [None, MARK, "bill.html"])
def test_an_edition_stands_when_it_is_this_one_and_whole(evidence, tmp_path, missing):
    wanted = planned(evidence.directory)
    for page in wanted.pages:
        (tmp_path / f"{page.page}.html").touch()
    write_mark(tmp_path, wanted.edition_key)
    if missing:
        (tmp_path / missing).unlink()
    assert wanted.stands_in(tmp_path) == (missing is None)
    assert not planned(evidence.directory, mfu="0.3").stands_in(tmp_path)
