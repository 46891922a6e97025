"""What the pages of checks show: each row under its address, verdicts in one place's words."""

import re

import numpy as np
import pytest

from analysis.check import claims, tables
from analysis.data.mistakes import InputError
from analysis.show.links import in_book
from analysis.show.numbers import VERDICT_WORDS


def row_of(shown, name):
    return re.search(rf'<tr id="{name}">.*?</tr>', shown, re.S)[0]


def test_every_claim_has_its_address_and_its_verdict(account):
    shown = tables.claims(account)
    for one in claims.judge_all(account):
        assert f'class="verdict {one.verdict}">{VERDICT_WORDS[one.verdict]}' in row_of(
            shown, one.id
        )


def test_claims_of_one_verdict_alone(account):
    shown = tables.claims(account, "contradicted")
    counts = claims.counts_of(claims.judge_all(account)).set_index("verdict").claims
    assert shown.count("<tr") - 1 == counts["contradicted"]
    assert set(re.findall('verdict (\\w+)"', shown)) == {"contradicted"}


def test_a_claim_says_how_far_off_it_is_and_links_the_article_once(account):
    """$294K of $5.86M is one twentieth; $5.6M is 4.4 % less than $5.86M."""
    shown = tables.claims(account)
    reuters = row_of(shown, "reuters_294k")
    assert (
        ">20&nbsp;times&nbsp;too&nbsp;low</span></td>" in reuters
        and reuters.count("https://www.reuters.com") == 1
    )
    assert ">4.4&nbsp;%&nbsp;too&nbsp;low</span></td>" in row_of(shown, "mapletech_56m")
    assert ">20&nbsp;times&nbsp;less</span></td>" in row_of(
        shown, "nature_news"
    )  # it names what it leaves out
    assert ">fits</td>" in row_of(shown, "register_20x")
    assert 'data-label="how far off" class="number" data-value=""></td>' in row_of(
        shown, "semi_16b"
    )


def test_the_claim_that_is_furthest_off_comes_first_and_what_fits_after_all_that_do_not(account):
    apart = np.log(claims.furthest_first(claims.frame(account)).factor).abs().to_numpy()
    known = apart[~np.isnan(apart)]
    assert (np.diff(known) <= 0).all() and known[-1] == 0.0
    assert np.isnan(apart[len(known) :]).all() and len(known) < len(apart)


def test_a_claim_leads_to_its_reason_in_the_book(account):
    assert in_book(tables.claim("seed_587m", account)) == (
        '<a class="verdict supported_within_boundary" data-row="claims:seed_587m" '
        'href="claims.html#seed_587m">'
        "true of what it counts</a>"
    )
    assert 'href="claims.html#r1_si_147k">' in in_book(tables.said("r1_si_147k", account))
    with pytest.raises(InputError, match="seed_578m is not a claim; did you mean seed_587m"):
        tables.claim("seed_578m", account)


def test_a_correction_shows_what_was_seen_and_what_we_use(account):
    shown = row_of(tables.corrected(account), "press_80_hours")
    assert ">80 hours<" in shown and ">278 hours<" in shown


def test_a_figure_by_hand_meets_the_rule_for_every_claim_of_so_much(account):
    """Half a unit of the last digit, written out; 294K stands for 293.5K to 294.5K."""
    first = claims.by_figure(account).iloc[0]
    low, high = 293_500, 294_500
    assert (first.value, first.digits, first.verdict) == (294_000, 3, "misleading")
    assert not low <= first.said_of_low <= high and low <= first.counts_low <= high
