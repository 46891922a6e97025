"""Sentences on the record say what invented rows say, and turn where these turn."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.data.protocol import protocol
from analysis.runs import verdicts
from analysis.runs.efficiency import CHOSEN, FORM
from analysis.runs.intervals import FIRST_FORM, FORMS

BEFORE, AFTER = "2026-11-26", "2026-11-27"


def read(shown):
    return re.sub("<[^>]+>", "", str(shown)).replace("&nbsp;", " ")


def runs(developers, date):
    return pd.DataFrame(
        {
            "developer": developers,
            "release_date": date,
            "error_factor": np.linspace(1.0, 3.0, len(developers)),
        }
    )


def test_the_rules_name_the_day_and_how_many_runs_a_verdict_takes():
    rules = protocol().new_runs
    assert rules.after.isoformat() == BEFORE
    assert (rules.fewest_runs, rules.fewest_developers) == (12, 8)


@pytest.mark.parametrize(
    ("developers", "date", "counts", "verdict"),
    [
        ("ABCDEFGHABCD", BEFORE, "0 runs of 0", False),
        ("ABCDEFGHABC", AFTER, "11 runs of 8", False),
        ("ABCDEFGABCDE", AFTER, "12 runs of 7", False),
        ("ABCDEFGHABCD", AFTER, "12 runs of 8", True),
    ],
)
def test_there_is_a_verdict_from_enough_new_runs_of_enough_developers(
    monkeypatch, developers, date, counts, verdict
):
    monkeypatch.setattr(verdicts, "gain_over_first", lambda new, evidence: (0.1, 0.2))
    said = read(verdicts.on_new_runs(runs(list(developers), date), None))
    assert "takes 12 runs of 8 developers" in said and f"On record are {counts} developers." in said
    assert ("no verdict" in said) != verdict
    assert ("within a factor of 2." in said) == ("Run by run" in said) == verdict


@pytest.mark.parametrize(
    ("gain", "word", "turn"),
    [
        (0.3, "predicted better than", "0.30 higher"),
        (0.2, "no better than", "0.20 higher"),
        (-0.1, "no better than", "0.10 lower"),
        (-0.3, "predicted worse than", "0.30 lower"),
    ],
)
def test_the_verdict_takes_a_gain_of_more_than_its_standard_error(monkeypatch, gain, word, turn):
    new = runs(list("ABCDEFGHABCD"), AFTER)

    def gained(rows, evidence):
        assert rows.equals(new)
        return gain, 0.2

    monkeypatch.setattr(verdicts, "gain_over_first", gained)
    before = runs(["Z"], BEFORE)
    said = read(verdicts.on_new_runs(pd.concat([before, new], ignore_index=False), None))
    assert word in said and f"{turn}, with a standard error of 0.20." in said


@pytest.mark.parametrize(("used", "word"), [(2.0, "narrower"), (4.0, "as wide"), (5.0, "wider")])
def test_the_width_in_use_is_told_beside_that_of_the_first_version(used, word):
    widths = dict.fromkeys(FORMS, 3.0) | {FIRST_FORM: 4.0, FORM: used}
    compared = pd.DataFrame(
        {"candidate": CHOSEN, "form": widths.keys(), "median_width_factor": widths.values()}
    )
    said = read(verdicts.on_forms(compared))
    assert f"The one in use is {word}: {used:g} times" in said and "4 times then" in said
    assert f"among {len(FORMS)} forms" in said


@pytest.mark.parametrize(
    ("ours", "rate", "word"),
    [([1, 1], [2, 2], "worth more"), ([1, 3], [2, 2], "no more"), ([2, 2], [2, 2], "no more")],
)
def test_intervals_are_worth_more_if_both_scores_are_less(monkeypatch, ours, rate, word):
    scores = ["interval_score", "interval_score_by_developer"]
    found = pd.DataFrame([ours, rate], columns=scores)
    monkeypatch.setattr(verdicts, "intervals_by_way", lambda evidence: found)
    assert word in read(verdicts.on_step_intervals(None))


@pytest.mark.parametrize(("at_least", "word"), [(0.89, "too few"), (0.9, "enough")])
def test_developers_are_enough_once_they_leave_no_less_than_the_level(monkeypatch, at_least, word):
    found = pd.DataFrame([{"developers": 30, "inside": 29, "at_least": at_least}])
    monkeypatch.setattr(verdicts, "what_so_few_show", lambda evidence: found)
    said = read(verdicts.on_few_developers(None))
    assert f"30 developers, {word} to say" in said


def test_the_developer_with_most_steps_and_what_its_errors_go_with_are_told(monkeypatch):
    estimator = SimpleNamespace(makers=pd.Series({"A": 0.6, "B": 0.2, "C": 0.2}))
    monkeypatch.setattr(verdicts, "step_estimator_for", lambda evidence: estimator)
    assert "60 % are of one developer, A." in read(verdicts.on_makers_of_steps(None))
    names, turned = list(verdicts.PROPERTIES), {}
    for sign in (1.0, -1.0):
        found = pd.DataFrame({"what": names, "share": [0.1, 0.2, 0.3], "correlation": sign})
        monkeypatch.setattr(verdicts, "what_errors_go_with", lambda estimator, f=found: f)
        turned[sign] = read(verdicts.on_errors_of_steps(None))
    assert "higher peak" in turned[-1.0] and "sparser" in turned[-1.0]
    assert "lower peak" in turned[1.0] and "denser" in turned[1.0]
    assert "size goes with 10 %" in turned[1.0] and "2 other developers" in turned[1.0]
