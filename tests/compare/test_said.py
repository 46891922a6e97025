"""What a maker says, by the rows of disclosed.csv, by the disclosure sheet, or by neither."""

import re
from types import SimpleNamespace

import pytest

from analysis.compare.disclosure import load_card
from analysis.compare.said import NOBODY, said
from analysis.reconstruction.account_tables import NINE
from tests.by_hand import with_tables


def text(html) -> str:
    return " ".join(re.sub("<[^>]*>", " ", html).replace("&nbsp;", " ").split())


def of(name: str, evidence):
    return SimpleNamespace(evidence=evidence, model=SimpleNamespace(name=name, title="M", sheet=""))


def test_a_model_with_rows_has_its_nine_quantities(evidence):
    assert text(said(of("kimi-k2", evidence))).startswith(NINE)


def test_a_model_with_a_sheet_alone_has_what_the_sheet_is_filled_with(evidence):
    shown = said(of("qwen2.5-72b", evidence))
    told = text(shown)
    assert "its maker discloses no other field of it. It names Qwen2.5" in told
    assert "pre-training tokens 18T tokens" in told and "the model architecture dense" in told
    card = load_card("qwen2.5-72b", evidence)
    assert shown.count("<tr") - 1 == sum(card.fields.values())
    assert shown.count('data-row="counted:account.sheet = M = qwen2.5-72b.html"') == 6


@pytest.mark.parametrize("name", ["bloom-176b", "smollm3-3b", "deepseek-r1"])
def test_every_sheet_can_be_shown(evidence, name):
    alone = with_tables(evidence, disclosed=evidence["disclosed"].iloc[:0])
    assert "Its disclosure sheet holds what stands here" in text(said(of(name, alone)))


def test_a_sheet_that_holds_nothing_says_so(evidence):
    assert "nothing in it is filled" in text(said(of("gpt-4o", evidence)))


def test_where_there_is_neither_the_page_says_so(evidence):
    assert text(said(of("nobody", evidence))) == NOBODY
