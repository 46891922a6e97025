"""What the pages of checks show: each row under its address, verdicts in one place's words."""

import re

import pytest

from analysis.check import claims, tables
from analysis.check.contradictions import contradictions
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


def test_a_claim_leads_to_its_reason_in_the_book(account):
    assert in_book(tables.claim("seed_587m", account)) == (
        '<a class="verdict supported_within_boundary" data-row="claims:seed_587m" '
        'href="claims.html#seed_587m">'
        "true of what it counts</a>"
    )
    assert 'href="claims.html#r1_si_147k">' in in_book(tables.said("r1_si_147k", account))
    with pytest.raises(InputError, match="seed_578m is not a claim; did you mean seed_587m"):
        tables.claim("seed_578m", account)


def test_a_plus_means_that_the_other_side_makes_the_bill_larger(account):
    effects = contradictions(account).set_index("id").effect_usd
    shown = tables.disagreements(account)
    larger, smaller = effects.idxmax(), effects.idxmin()
    assert ">+$" in row_of(shown, larger) and ">−$" in row_of(shown, smaller)
    nothing = effects[effects == 0].index[0]
    assert ">none</td>" in row_of(shown, nothing)
    assert "cannot be computed" in row_of(shown, effects[effects.isna()].index[0])


def test_each_estimate_that_parts_does_so_once(account):
    assert tables.estimates(account).count("here they part") == 7
    assert tables.estimates(account).count("agrees with ours at every step") == 1


def test_what_no_efficiency_can_make_true_is_said_so(account):
    shown = tables.to_believe(account)
    assert "no value: less would be left than nothing" in shown
    assert "possible</span>" in shown and "outside</span>" in shown


def test_a_correction_shows_what_was_seen_and_what_we_use(account):
    shown = row_of(tables.corrected(account), "press_80_hours")
    assert "80 hours" in shown and "278 hours" in shown


def test_a_study_is_followed_from_its_figure_to_ours(evidence):
    shown = tables.studies(evidence)
    assert "ours with its inputs" in shown and "the study&#x27;s inputs" in shown


def test_a_figure_by_hand_meets_the_rule_for_every_claim_of_so_much(account):
    """Half a unit of the last digit, written out; 294K stands for 293.5K to 294.5K."""
    first = claims.by_figure(account).iloc[0]
    low, high = 293_500, 294_500
    assert (first.value, first.digits, first.verdict) == (294_000, 3, "misleading")
    assert not low <= first.said_of_low <= high and low <= first.counts_low <= high
