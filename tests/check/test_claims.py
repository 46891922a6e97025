"""Verdicts follow from the claim's properties and the facts, and from nothing else."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.check import claims
from analysis.check.claims import (
    _judge,
    find_claim,
    frame,
    inexpressible,
    judge_all,
    on_bill,
    to_list,
)
from analysis.check.counted import Counted, counted_quantities
from analysis.check.rule import VERDICTS, check_figure, fits, printed_range, verdict_of
from analysis.data.mistakes import InputError
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.reconstruction.account import Account
from analysis.reconstruction.reconstruction import reconstruct

# A fact that each verdict rests on: the claim's own lines, or the boundary it is held against.
FLIPS = {
    "seed_r1_294k": "r1_zero_gpu_hours",
    "seed_64_boxes": "r1_zero_gpus",
    "seed_587m": "v3_pretraining_gpu_hours",
    "seed_2048_two_months": "v3_cluster_gpus",
    "seed_llama4": "llama4_maverick_gpu_hours",
    "v2_42pct": "v2_gpu_hours_per_T",
    "register_95pct": "r1_total_gpu_hours",
    "register_tokens": "v3_pretraining_tokens",
}


def derive(evidence, **parameters) -> Account:
    return Account(
        reconstruct(
            "deepseek-r1", load_scenario("paper", evidence.directory, **parameters), evidence
        ),
        evidence,
    )


def verdicts(account) -> dict[str, str]:
    return {one.id: one.verdict for one in judge_all(account)}


def test_forty_claims_or_more_each_with_verdict_reason_and_known_facts(account, evidence):
    found = to_list(judge_all(account))
    assert len(found) >= 40
    for one in found:
        assert set(one) == {"id", "claim", "verdict", "reason", "facts"}
        assert one["verdict"] in VERDICTS and len(one["reason"]) > 20
        assert all(fact in evidence.facts for fact in one["facts"])


@pytest.mark.parametrize(
    ("date", "known_to", "said"),
    [
        ("2025-09-18", "", "2025-09-18"),
        ("2025-09-01", "month", "2025-09"),
        ("2025-01-01", "year", "2025"),
    ],
)
def test_a_claim_is_dated_as_far_as_its_source_dates_it(date, known_to, said, evidence):
    assert find_claim("reuters_294k", dated(evidence, date, known_to)).date == said


@pytest.mark.parametrize(
    ("date", "known_to"), [("2025-09-18", "month"), ("2025-09-01", "year"), ("2025-01-02", "year")]
)
def test_a_day_that_is_not_known_is_refused(date, known_to, evidence):
    says = f"(reuters_294k), date: found {date}, known to the {known_to} alone"
    with pytest.raises(InputError, match=re.escape(says)):
        judge_all(dated(evidence, date, known_to))


def dated(evidence, date: str, known_to: str) -> Account:
    """The account with a claim of another date."""
    table = evidence["claims"]
    table.loc[table.id == "reuters_294k", ["date", "date_known_to"]] = date, known_to
    others = {name: evidence[name] for name in evidence.tables}
    return derive(Evidence.of(evidence.directory, others | {"claims": table}))


def test_no_column_states_a_verdict(evidence):
    for column in evidence["claims"].columns:
        assert not set(evidence["claims"][column].astype(str)) & set(VERDICTS)


@pytest.mark.parametrize(("claim", "fact"), FLIPS.items())
def test_doubling_a_fact_flips_the_verdict_that_rests_on_it(claim, fact, account, scaled):
    before = next(one for one in judge_all(account) if one.id == claim)
    assert fact in before.facts
    assert verdicts(derive(scaled(fact)))[claim] != before.verdict


def test_doubling_a_fact_behind_no_verdict_changes_none(account, scaled):
    assert verdicts(derive(scaled("v3_rollbacks", "serving_nodes_peak"))) == verdicts(account)


def test_the_rules_five_ends():
    assert verdict_of(True, True, False, True) == "supported"
    assert verdict_of(False, True, True, True) == "supported_within_boundary"
    assert verdict_of(False, True, False, True) == "misleading"
    assert verdict_of(False, False, True, True) == "contradicted"
    assert verdict_of(False, False, True, False) == "not_checkable"


def test_naming_the_boundary_is_all_that_parts_misleading_from_supported_within(edited, account):
    """Two papers print one figure of one boundary; only the one that names the base is right within
    it.
    """
    before = verdicts(account)
    assert (before["reuters_294k"], before["nature_news"]) == (
        "misleading",
        "supported_within_boundary",
    )
    row = next(
        line
        for line in (account.evidence.directory / "claims.csv").read_text().splitlines()
        if line.startswith("reuters_294k")
    )
    after = verdicts(derive(Evidence.load(edited("claims.csv", row, row.replace(",no,", ",yes,")))))
    assert after["reuters_294k"] == "supported_within_boundary"


@given(st.floats(1e-3, 1e12), st.integers(1, 6))
def test_a_printed_figure_fits_itself_and_not_its_double(value, digits):
    value = float(f"{value:.{digits - 1}e}")
    claim = {"value": value, "value_to": math.nan, "digits": float(digits), "relation": "is"}
    assert fits(claim, Counted("itself", value, value, "usd", ()))
    assert not fits(claim, Counted("twice", 2.1 * value, 2.1 * value, "usd", ()))


@given(st.floats(1.0, 1e9), st.integers(1, 5))
def test_more_digits_allow_less(value, digits):
    wide, narrow = (
        printed_range(value, math.nan, digits),
        printed_range(value, math.nan, digits + 1),
    )
    assert narrow[1] - narrow[0] < wide[1] - wide[0]


def test_above_and_below_ask_for_the_whole_interval():
    figure = Counted("between", 2.0, 4.0, "usd", ())
    claim = {"value": 1.0, "value_to": math.nan, "digits": 1.0, "relation": "above"}
    assert fits(claim, figure) and not fits(claim | {"value": 3.0}, figure)
    assert fits(claim | {"relation": "below", "value": 5.0}, figure) and not fits(
        claim | {"relation": "below", "value": 3.0}, figure
    )


def test_what_nobody_printed_fits_nothing():
    claim = {"value": 1.0, "value_to": math.nan, "digits": 1.0, "relation": "is"}
    assert not fits(claim, Counted("unknown", math.nan, math.nan, "usd", ()))


def test_the_rent_that_an_edition_assumes_decides_claims_of_dollars(evidence, account):
    dearer = verdicts(derive(evidence, price_usd_per_gpu_hour=4.0))
    assert dearer["seed_587m"] != verdicts(account)["seed_587m"]
    assert dearer["v3_under_two_months"] == verdicts(account)["v3_under_two_months"]


def test_what_gives_no_figure_is_listed_with_a_reason(account):
    found = inexpressible(account)
    assert (found.note != "").all() and "seed_strategic_understatement" in set(found.id)


def test_a_claim_of_dollars_stands_at_the_line_it_counts_or_is_said_of(account):
    line = on_bill(account).set_index("id").boundary
    assert line["seed_r1_294k"] == "r1_own_phases"  # said of R1 with its base
    assert line["seed_only_rl"] == "r1_own_phases"
    assert set(line) <= set(account.bill.id)


def test_every_boundary_has_an_interval_in_order_or_none(account):
    for counted in counted_quantities(account).values():
        assert math.isnan(counted.low) == math.isnan(counted.high)
        assert math.isnan(counted.low) or counted.low <= counted.high


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            "claims.csv",
            ",r1_own_phases,no,,",
            ",r1_own_phase,no,,",
            "line 2 (reuters_294k), asserted_boundary: r1_own_phase is not",
        ),
        (
            "claims.csv",
            "v3_total_cost_usd r1_total_cost_usd",
            "v3_totl_cost_usd",
            "see: v3_totl_cost_usd is not a fact; did you mean v3_total",
        ),
        (
            "boundaries.csv",
            "r1_zero_gpus,r1_zero_gpus",
            "r1_zero_gpuz,r1_zero_gpus",
            "low: r1_zero_gpuz is not a fact; did you",
        ),
        ("claims.csv", ",is,294000,,3,", ",,294000,,3,", "relation: empty"),
        (
            "boundaries.csv",
            "deepseek-r1,r1_zero\n",
            "deepseek-r1,r1_zeros\n",
            "line 2 (r1_zero.usd), line: r1_zeros is not a line of the bill; did you mean r1_zero",
        ),
    ],
)
def test_a_claim_that_names_what_is_not_there_is_refused_in_one_line(file, old, new, says, edited):
    with pytest.raises(InputError) as error:
        judge_all(derive(Evidence.load(edited(file, old, new))))
    assert says in str(error.value) and "\n" not in str(error.value)


def test_claims_without_a_figure_are_listed_as_they_come(account):
    listed = inexpressible(account)
    claims = frame(account)
    assert listed.id.tolist() == claims.id[claims.value.isna()].tolist() != []
    assert listed.index.tolist() == list(range(len(listed)))


def test_what_is_not_known_of_the_whole_is_judged_by_its_part(account):
    """What is said of the unknown can be misleading; without a figure it is not checkable."""
    counted = {
        (name, "usd"): Counted(name, value, value, "usd", ())
        for name, value in (("whole", math.nan), ("part", 5e6))
    }
    row = account.rows("claims")[0] | {
        "quantity": "usd",
        "said_of": "whole",
        "asserted_boundary": "part",
        "boundary_named": "no",
        "relation": "is",
        "value_to": math.nan,
        "digits": 1,
    }
    without = {"value": math.nan, "digits": math.nan, "relation": ""}
    given = [{"value": 5e6}, {"value": 9e6}, without]
    verdicts = [_judge(row | figure, counted, account).verdict for figure in given]
    assert verdicts == ["misleading", "not_checkable", "not_checkable"]


@pytest.mark.parametrize("field", ["value", "digits"])
def test_a_value_comes_with_its_digits_and_these_with_their_value(account, field):
    row = next(row for row in account.rows("claims") if row["digits"] > 0)
    said = f"{re.escape(row['where'])}, {field}: empty, but required where a value is printed"
    with pytest.raises(InputError, match=said):
        check_figure(row | {field: math.nan})


def test_what_fits_is_not_off_and_what_is_contradicted_or_misleading_is(account):
    claims = frame(account).set_index("id")
    assert (claims.factor[claims.verdict == "supported"].dropna() == 1.0).all()
    assert (claims.factor[claims.verdict.isin(["contradicted", "misleading"])] != 1.0).all()
    assert claims.factor["reuters_294k"] == pytest.approx(294 / 5_860, rel=1e-3)


@pytest.mark.parametrize(
    ("value", "named", "verdict", "facts", "line"),
    [
        (9e6, "no", "supported", ("whole", "see"), "line of the part"),
        (5e6, "no", "misleading", ("part", "whole", "see"), "line of the part"),
        (5e6, "yes", "supported_within_boundary", ("part", "whole", "see"), "line of the part"),
        (7e6, "no", "contradicted", ("part", "whole", "see"), "line of the whole"),
    ],
)
def test_a_verdict_rests_on_what_it_is_judged_by(
    value, named, verdict, facts, line, account, monkeypatch
):
    counted = {
        (name, "usd"): Counted(name, worth, worth, "usd", (name,), f"line of the {name}")
        for name, worth in (("whole", 9e6), ("part", 5e6))
    }
    monkeypatch.setattr(claims, "_known_facts", lambda row, account: ["see"])
    changes = {"quantity": "usd", "said_of": "whole", "asserted_boundary": "part", "value": value}
    changes |= {"boundary_named": named, "relation": "is", "value_to": math.nan, "digits": 1}
    found = _judge(account.rows("claims")[0] | changes, counted, account)
    assert (found.verdict, found.facts, found.line) == (verdict, facts, line)
