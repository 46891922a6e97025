"""The claims of the first page: who said it, the verdict, and how far off it is."""

import re
from html import unescape

import pytest

from analysis.check.claims import frame
from analysis.check.counted import Counted
from analysis.check.famous import claim_cards, off_words
from analysis.check.rule import fits, off_by
from analysis.show.numbers import VERDICT_WORDS

NAN = float("nan")


def cards(account) -> list[str]:
    return re.findall("<article.*?</article>", claim_cards(account), re.S)


def test_the_cards_are_the_claims_that_the_table_names(account, evidence):
    told = evidence["claims"].query("story == 'yes'")
    assert len(cards(account)) == len(told) == 7
    for card, claim in zip(cards(account), told.itertuples(), strict=True):
        assert claim.claim in unescape(card) and claim.who in unescape(card)


def test_every_card_leads_to_an_article_that_can_be_opened_and_to_its_reasons(account, evidence):
    for card, claim in zip(cards(account), frame(account).query("story").itertuples(), strict=True):
        url = evidence.by_id("sources")[claim.source_id]["url"]
        assert url.startswith("https://") and f'href="{url}"' in unescape(card)
        assert f'href="claims.html#{claim.id}">{VERDICT_WORDS[claim.verdict]}<' in card


def test_only_what_is_judged_wrong_is_said_to_be_too_low_or_too_high(account):
    for card in cards(account):
        wrong = "verdict misleading" in card or "verdict contradicted" in card
        assert wrong or ("too low" not in card and "too high" not in card)


def test_the_book_opens_with_the_agency_whose_figure_is_one_twentieth(account):
    first = cards(account)[0]
    assert (
        "Reuters, 18 September 2025" in first.replace("\xa0", " ") and "20 times too low" in first
    )


@pytest.mark.parametrize(
    ("value", "value_to", "low", "high", "factor"),
    [
        (2.0, NAN, 8.0, 12.0, 0.25),  # against the nearer end
        (24.0, NAN, 8.0, 12.0, 2.0),
        (2.0, 4.0, 8.0, 12.0, 0.25),
        (20.0, 24.0, 8.0, 12.0, 2.0),
        (9.0, NAN, 8.0, 12.0, 1.0),
        (2.0, NAN, NAN, NAN, NAN),
        (2.0, NAN, 0.0, 0.0, NAN),
    ],
)
def test_a_figure_is_held_against_the_nearer_end(value, value_to, low, high, factor):
    claim = {"value": value, "value_to": value_to, "relation": "is", "digits": 2}
    found = off_by(claim, Counted("it", low, high, "usd", ()))
    assert found == pytest.approx(factor, nan_ok=True)
    assert (found == 1) == fits(claim, Counted("it", low, high, "usd", ()))


def test_a_bound_is_off_by_nothing():
    claim = {"value": 2.0, "value_to": NAN, "relation": "above", "digits": 1}
    assert off_words(off_by(claim, Counted("it", 1.0, 1.0, "usd", ()))) == ""


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1.09, "9 % too high"),
        (1 / 1.09, "8.3 % too low"),
        (0.95, "5 % too low"),
        (1.1, "1.1 times too high"),
        (1.5, "1.5 times too high"),
        (1 / 1.5, "1.5 times too low"),
        (0.5, "2 times too low"),
    ],
)
def test_a_figure_is_off_by_per_cent_up_to_a_tenth_and_else_by_times(factor, words):
    assert off_words(factor) == words
