"""What an edition depends on, and when it stands."""

from __future__ import annotations

import pytest

from analysis.data.mistakes import InputError
from analysis.data.scenario import load_scenario
from analysis.publish.place import MARK, write_mark
from analysis.publish.plan import Plan, list_pages, plan


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


PAGE = """
model = "deepseek-r1"

[[page]]
page = "bill"
title = "The bill"
notebook = "bill"
"""


@pytest.mark.parametrize(
    ("faulty", "said"),
    [
        (PAGE + "scenario = true", "pages.toml, page, 0: scenario is not known"),
        (PAGE + 'titel = "x"', "did you mean title?"),
        (PAGE.replace("notebook", "note_book"), "note_book is not known; did you mean notebook?"),
        (PAGE.replace('"bill"', "3"), "pages.toml, page.0.page: "),
        (PAGE.replace("[[page]]", "[page]"), "pages.toml, page: "),
        (PAGE.replace('notebook = "bill"', 'notebook = "bil"'), "bil.ipynb: "),
    ],
)
def test_a_mistake_in_the_list_of_pages_is_one_line(tmp_path, faulty, said):
    for name in ("book", "notebooks"):
        (tmp_path / name).mkdir()
    (tmp_path / "book" / "pages.toml").write_text(faulty)
    with pytest.raises(InputError) as stopped:
        list_pages(tmp_path)
    assert said in str(stopped.value) and "\n" not in str(stopped.value)
