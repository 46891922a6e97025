"""What a page of checks finds: how many, and of the commonest and the largest, which."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest

import analysis
from analysis.check import findings
from analysis.check.claims import judge_all
from analysis.check.contradictions import contradictions, moving
from analysis.check.others import others_estimates, partings

ROWS = [
    # id, what it counts, what it is said of, quantity
    ("a", "part", "whole", "usd"),
    ("b", "run", "fleet", "gpu_hours"),
    ("c", "run", "fleet", "gpu_hours"),
    ("d", "part", "whole", "usd"),
    ("e", "part", "whole", "usd"),
]


def words(shown) -> str:
    return re.sub("<[^>]*>", "", str(shown)).replace("&nbsp;", " ")


def commonest(monkeypatch, **verdicts) -> str:
    judged = [SimpleNamespace(id=name, verdict=verdict) for name, verdict in verdicts.items()]
    names = ("id", "asserted_boundary", "said_of", "quantity")
    rows = [dict(zip(names, row, strict=True)) for row in ROWS]
    monkeypatch.setattr(findings, "judge_all", lambda account: judged)
    monkeypatch.setattr(
        findings, "find_label", lambda name, quantity, account: f"{name} {quantity}"
    )
    return words(findings._commonest(SimpleNamespace(rows=lambda table: rows)))


def test_the_commonest_slip_is_counted_among_the_misleading_alone(monkeypatch):
    slips = dict.fromkeys("bc", "misleading")
    assert commonest(monkeypatch, **slips, a="misleading", d="supported", e="contradicted") == (
        "The commonest slip, 2 times, is to take the figure of run gpu_hours for fleet gpu_hours. "
    )
    # of b one and of d another: neither is the commonest
    assert commonest(monkeypatch, b="misleading", d="misleading").startswith("A common slip, 1 ")
    assert commonest(monkeypatch, a="supported", b="contradicted") == ""


@pytest.mark.parametrize(
    ("effects", "said"),
    [
        ([-1_234_567.0, 400_000.0], "2 places, worth up to $1.23M. "),
        ([9_876.0], "1 places, worth up to $9.88K. "),
        ([], ""),
    ],
)
def test_the_largest_effect_is_so_to_either_side(effects, said):
    frame = pd.DataFrame({"effect_usd": pd.Series(effects, dtype=float)})
    assert words(findings._worth(frame, "places", "one_publisher")) == said


def test_claims_are_counted_by_what_becomes_of_them(account):
    verdicts = [one.verdict for one in judge_all(account)]
    said = words(findings.claims(account))
    slips, wrong = verdicts.count("misleading"), verdicts.count("contradicted")
    holds = verdicts.count("supported") + verdicts.count("supported_within_boundary")
    assert said.startswith(f"{slips} of {len(verdicts)} public claims on the cost of DeepSeek-R1")
    assert f"The figures of another {wrong} are wrong, and {holds} claims hold. " in said
    rest = verdicts.count("not_checkable")
    assert f"Another {rest} cannot be checked. A common slip" in said
    assert slips + wrong + holds + rest == len(verdicts)


def test_disagreements_are_counted_by_whether_they_move_the_bill_and_whose_they_are(account):
    found = contradictions(account)
    touching = moving(found)
    said = words(findings.contradicting_sources(account))
    assert f"disagree in {len(found)} places, and {len(touching)} of them would move" in said
    own = int(touching.same_publisher.sum())
    assert f"{own} are within one publisher, worth up to $" in said
    assert f"{len(touching) - own} are between two publishers, worth up to $" in said


def test_estimates_are_counted_by_whether_they_part_from_ours(account):
    steps = others_estimates(account)
    apart, every = len(partings(steps)), steps.estimate.nunique()
    assert words(findings.estimates(account)).startswith(f"{apart} of {every} estimates by others")
    assert 0 < apart < every


def test_where_a_reader_set_the_rent_claims_in_dollars_are_said_to_be_judged_at_it():
    at_own, at_three = analysis.reconstruct(), analysis.reconstruct(price_usd_per_gpu_hour=3)
    assert "rent set here" not in words(findings.claims(at_own))
    assert (
        "Dollars are judged at the rent set here, $3.00 a GPU-hour, and not at the one that a "
        "claim rests on." in words(findings.claims(at_three))
    )
