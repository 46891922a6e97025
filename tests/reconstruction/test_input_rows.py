"""An input as a row of a table: its figures, how it is known, and what it is from."""

import re

import pytest

from analysis.data.facts import Row
from analysis.data.uncertainty import Distribution, between, constant
from analysis.reconstruction.input_rows import input_row
from analysis.reconstruction.stages import Borrowed, Span, distribution
from analysis.show.ledger import rests_on
from analysis.show.links import Html

GPUS, HOURS = Row("facts", "r1_zero_gpus"), Row("facts", "r1_zero_hours")
RUN = Row("training_runs", "llama4-scout")


def words(shown) -> str:
    return re.sub("<[^>]*>", "", str(shown)).replace("&nbsp;", " ")


def row(evidence, found, unit="tokens_per_s", opens=None) -> dict:
    return input_row("an input", found, unit, evidence, opens)


def test_an_input_with_a_range_has_two_figures_and_one_without_all_that_are_printed(evidence):
    wide = row(evidence, between(1_234.0, 1_434.0, "b"))
    # nine in ten between 1,244 and 1,424, the middle 1,334
    assert (wide["middle"].shown, wide["nine times in ten"]) == ("1,300", "1,200 to 1,400")
    assert wide["middle"].value == 1_334
    alone = row(evidence, constant(1_234.56, "b"))
    assert (alone["middle"].shown, alone["nine times in ten"]) == ("1,234.56", "")
    assert (alone["input"], alone["unit"]) == ("an input", "tokens/s")


def test_a_range_says_why_beside_the_facts_that_it_is_from(evidence):
    span = Span(low="r1_zero_gpus", high="2 * r1_zero_gpus", why="Half <to> all of them.")
    found = distribution(span, "chips", evidence.facts)
    assert found.rows == (GPUS,)  # one fact, once
    said = words(row(evidence, found, "chips")["from"])
    assert said.startswith("Half &lt;to&gt; all of them. ") and said.endswith("2025")
    borrowed = distribution(Borrowed(take="r1_zero_gpus", why="As then."), "chips", evidence.facts)
    assert words(row(evidence, borrowed, "chips")["from"]).startswith("As then. ")
    plain = distribution("r1_zero_gpus", "chips", evidence.facts)
    assert "As then" not in words(row(evidence, plain, "chips")["from"])


def test_facts_that_something_rests_on_are_counted_once(evidence):
    assert "rests on 2 facts" in rests_on(
        ["r1_zero_gpus", "r1_zero_hours", "r1_zero_gpus"], evidence
    )


def test_the_middle_and_its_ends_are_on_one_scale(evidence):
    found = row(evidence, between(1e12, 3e12, "b"), "tokens")
    assert (found["middle"].shown, found["unit"]) == ("1.7", "trillion tokens")
    assert found["nine times in ten"] == "1.1 to 2.8"  # even in the log, for the ends are 3 apart
    assert found["middle"].value == pytest.approx(3**0.5 * 1e12)


def test_an_input_with_a_row_opens_its_card_with_the_mark_of_how_it_is_known(evidence):
    opens = Row("input", "r1_zero_rl.gpus")
    found = row(evidence, constant(512.0, "b", rows=(GPUS,)), "chips", opens)
    assert 'class="figure disclosed" data-row="input:r1_zero_rl.gpus"' in found["middle"].shown
    assert words(found["middle"].shown) == "512"
    assert found["nine times in ten"] == ""
    wide = row(evidence, between(1.0, 4.0, "b"), "chips", opens)
    for shown in (wide["middle"].shown, wide["nine times in ten"]):
        assert 'class="figure reconstructed" data-row="input:r1_zero_rl.gpus"' in shown
    assert words(wide["nine times in ten"]) == "1.1 to 3.7"


@pytest.mark.parametrize(
    ("found", "how"),
    [
        (constant(1.0, "b", assumed=True), "assumed"),
        (between(1.0, 2.0, "b", assumed=True), "assumed range"),
        (between(1.0, 2.0, "b", assumed=True, rows=(GPUS,)), "assumed range"),
        (Distribution("constant", 1.0, 1.0, "b", parameter="mfu", rows=(GPUS,)), "chosen by you"),
        (constant(1.0, "b", rows=(GPUS,)), "disclosed"),
        (between(1.0, 2.0, "b", rows=(Row("facts", "answer_length_log_sd"),)), "assumed"),
        (constant(1.0, "b", rows=(GPUS, HOURS)), "from data"),
        (constant(1.0, "b", rows=(GPUS, RUN)), "from data"),
        (constant(1.0, "b", rows=(RUN,)), "from data"),
        (between(1.0, 2.0, "b"), "from data"),
    ],
)
def test_how_an_input_is_known(found, how, evidence):
    assert words(row(evidence, found)["known how"]) == how


def test_what_is_assumed_has_the_mark_of_it(evidence):
    shown = row(evidence, between(1.0, 2.0, "b", assumed=True))["known how"]
    assert shown == '<span class="known assumption">assumed range</span>'


def test_an_input_leads_to_the_document_of_its_one_fact(evidence):
    shown = row(evidence, constant(512.0, "b", rows=(GPUS,)))["from"]
    assert isinstance(shown, Html) and words(shown) == "DeepSeek-AI, 2025"
    assert "&nbsp;" not in shown and 'data-row="facts:r1_zero_gpus"' in shown


def test_an_input_of_several_facts_lists_them(evidence):
    shown = words(row(evidence, constant(1.0, "b", rows=(GPUS, HOURS)))["from"])
    assert shown.startswith("rests on 2 facts") and "512 GPUs" in shown and "198 hours" in shown


@pytest.mark.parametrize("rows", [(), (RUN,), (GPUS, RUN), (RUN, GPUS)])
def test_an_input_that_rests_on_more_than_facts_says_so_in_words(rows, evidence):
    assert row(evidence, constant(1.0, "runs of others", rows=rows))["from"] == "runs of others"
