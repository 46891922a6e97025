"""The choice of candidate and form: held to its rule, and blind to the runs that are predicted."""

import numpy as np
import pandas as pd
import pytest

from analysis.data.protocol import protocol
from analysis.runs import choice as choosing
from analysis.runs.choice import (
    _figures,
    _scored,
    choice,
    compare,
    difference,
    errors_of_thumb,
    predictions,
    rule_at,
    rules_of_thumb,
    runs_of_the_choice,
    standard_errors,
)
from analysis.runs.efficiency import CHOSEN, FORM, Estimator
from analysis.runs.intervals import FORMS
from tests.by_hand import with_facts, with_runs, with_tables

CANDIDATES = 6


@pytest.fixture(scope="module")
def compared(evidence):
    return compare(evidence)


def test_the_choice_is_what_the_rule_says(compared, evidence):
    assert choice(compared, evidence.facts) == (CHOSEN, FORM)


def test_every_candidate_meets_every_form_and_every_run(compared, evidence):
    assert len(compared) == CANDIDATES * len(FORMS)
    rows = predictions(evidence)
    assert len(rows) == len(compared) * len(runs_of_the_choice(evidence))
    assert compared.worse_by.min() == 0.0 == compared.worse_by[compared.interval_score.idxmin()]


def test_the_rule_prefers_the_simpler_of_equals(evidence):
    facts, patient = (
        data.facts for data in (evidence, with_facts(evidence, clearly_worse_standard_errors=2.0))
    )
    table = pd.DataFrame({"candidate": ["a", "b"], "form": ["x", "y"], "worse_by": [0.5, 0.0]})
    assert choice(table, facts) == ("a", "x")
    assert choice(table.assign(worse_by=[1.5, 0.0]), facts) == ("b", "y")
    assert choice(table.assign(worse_by=[1.0, 0.0]), facts) == ("a", "x")
    assert choice(table.assign(worse_by=[1.5, 0.0]), patient) == ("a", "x")


def test_the_interval_score_is_no_worse_than_that_of_the_first_version(evidence):
    """The first version took the errors themselves, by type; the bound was set beforehand."""
    found = difference(evidence, (CHOSEN, FORM), ("by type", "conformal"))
    assert found["low"] < found["value"] < found["high"] <= 0.05
    assert difference(evidence, (CHOSEN, FORM), (CHOSEN, FORM)) == {
        "value": 0.0, "low": 0.0, "high": 0.0,
    }  # fmt: skip


def test_runs_that_the_book_predicts_are_in_no_score_and_no_choice(evidence):
    """Their hours are nowhere. Without the rows, the usual length of their type moves, and with it
    the work of runs that do not say theirs; the choice stays.
    """
    table = evidence["training_runs"]
    own = table.developer.isin(protocol().rows.shown_beside_developers)
    assert own.sum() >= 3
    doubled = table.assign(gpu_hours=table.gpu_hours.where(~own, 2.0 * table.gpu_hours))
    before = predictions(evidence)
    after = predictions(with_tables(evidence, training_runs=doubled))
    assert after.score.tolist() == before.score.tolist()
    removed = with_tables(evidence, training_runs=table[~own])
    assert predictions(removed).score.to_numpy() == pytest.approx(before.score, rel=1e-3)
    assert choice(compare(removed), evidence.facts) == (CHOSEN, FORM)


def test_a_score_by_hand(evidence):
    """Six developers at 0.2 or 0.8: the constant is off by 3/5 of log 4 for each, and so are the
    errors it learns its width from, but for the one that is missing.
    """
    made = with_runs(evidence, *((name, 0.2 if name < "D" else 0.8) for name in "ABCDEF"))
    rows = predictions(made).query("candidate == 'constant' and form == 'normal'")
    assert rows.log_error.abs().to_numpy() == pytest.approx(0.6 * np.log(4))
    # of five left, two are alike and three: off by 3/4 and by 2/4 of log 4
    spread = np.log(4) * np.sqrt((2 * 0.75**2 + 3 * 0.5**2) / 5)
    width = 2 * 1.644854 * spread
    capped = rows.width < width - 1e-6  # no MFU above the highest that is possible
    assert rows.width[~capped].to_numpy() == pytest.approx(width)
    assert rows.score.to_numpy() == pytest.approx(rows.width.to_numpy())


def test_standard_errors_by_hand():
    # mean 2, deviation sqrt(2), of two developers: standard error 1
    assert standard_errors(pd.Series([1.0, 3.0])) == pytest.approx(2.0)
    assert standard_errors(pd.Series([0.0, 0.0])) == 0.0


def test_the_chosen_one_beats_every_rule_of_thumb_on_the_same_rows(compared, evidence):
    own = compared.set_index(["candidate", "form"]).loc[(CHOSEN, FORM)]
    rules = rules_of_thumb(evidence)
    assert len(rules) >= 4
    assert (own.median_error_factor < rules.median_error_factor).all()
    assert (own.p90_error_factor < rules.p90_error_factor).all()


def test_the_forms_agree_on_the_candidates_errors(evidence):
    rows = predictions(evidence).set_index(["candidate", "form", "id"]).log_error.sort_index()
    for name in ("by type", "pooled"):
        assert rows[name, "normal"].tolist() == pytest.approx(rows[name, "conformal"].tolist())


def test_an_estimator_predicts_by_the_form_in_use_unless_told(evidence):
    estimator = Estimator(evidence, protocol().rows.shown_beside_developers)
    run = estimator.runs.head(1)
    assert estimator.predict(run) == estimator.predict(run, FORM)
    assert estimator.predict(run, "conformal")[0].shape == "log_conformal"


FIGURES = pd.DataFrame(
    {
        "log_error": np.log([1.0, 0.5, 8.0]),
        "score": [1.0, 2.0, 6.0],
        "inside": [True, False, True],
        "width": np.log([2.0, 3.0, 16.0]),
    }
)


def test_figures_of_a_candidate_by_hand():
    assert _figures(FIGURES) == pytest.approx(
        {
            "score_by_rows": 3.0,
            "median_error_factor": 2.0,
            "p90_error_factor": 2.0 + 0.8 * 6.0,
            "coverage_90": 2 / 3,
            "median_width_factor": 3.0,
        }
    )


def test_a_prediction_is_scored_in_logs_and_its_ends_are_inside():
    """From 0.1 to 0.4 around 0.2; a value at an end is inside, one beyond it is not."""
    mfus = [0.1, 0.4, 0.3, 0.05, 0.8]
    names = {"candidate": "constant", "form": "normal", "developer": "A", "id": list("abcde")}
    expected = pd.DataFrame(names | {"p05": 0.1, "p50": 0.2, "p95": 0.4})
    found = _scored(expected, np.log(pd.Series(mfus)))
    assert found.log_error.tolist() == pytest.approx(np.log([0.5, 2.0, 1.5, 0.25, 4.0]).tolist())
    assert found.width.tolist() == pytest.approx([np.log(4)] * 5)
    assert found.inside.tolist() == [True, True, True, False, False]
    beyond = np.log(4) + 20 * np.log(2)
    assert found.score.tolist() == pytest.approx([np.log(4)] * 3 + [beyond] * 2)
    assert found[[*names]].equals(expected[[*names]]) and not {"p05", "p50", "p95"} & {*found}


def scores(candidate, form, developers, values):
    frame = pd.DataFrame({"developer": list(developers), "score": values})
    return frame.assign(candidate=candidate, form=form, log_error=0.0, inside=True, width=0.0)


MADE = pd.concat(
    [
        scores("constant", "normal", "AAABC", [1.0, 1.0, 4.0, 3.0, 4.0]),
        scores("by type", "conformal", "ABC", [1.0, 1.0, 2.5]),
        scores("by type", "normal", "ABC", [0.3, 0.9, 9.9]),
    ],
    ignore_index=True,
)


def test_candidates_are_compared_each_developer_alike_with_the_best_in_the_mean(monkeypatch):
    monkeypatch.setattr(choosing, "predictions", lambda evidence: MADE)
    found = compare("evidence").set_index(["candidate", "form"])
    assert found.index.tolist() == [
        ("constant", "normal"),
        ("by type", "normal"),
        ("by type", "conformal"),
    ]
    assert found.interval_score.tolist() == pytest.approx([3.0, 3.7, 1.5])
    assert found.score_by_rows.tolist() == pytest.approx([2.6, 3.7, 1.5])
    # above the best by 1, 2 and 1.5; deviation a half
    assert found.worse_by.iloc[0] == pytest.approx(1.5 / (0.5 / 3**0.5))
    assert found.worse_by.iloc[2] == 0.0
    assert found.uses.iloc[0] == "nothing"


def test_a_difference_and_four_thousand_samples_of_whole_developers_by_hand(monkeypatch):
    """1, 2 and 1.5 apart; A has three rows, which count as their mean."""
    monkeypatch.setattr(choosing, "predictions", lambda evidence: MADE)
    pairs = ("constant", "normal"), ("by type", "conformal")
    drawn = np.random.default_rng(0).integers(0, 3, (4000, 3))
    means = np.array([1.0, 2.0, 1.5])[drawn].sum(axis=1) / 3
    found = difference("evidence", *pairs)
    assert found["value"] == pytest.approx(1.5)
    assert (found["low"], found["high"]) == pytest.approx(tuple(np.quantile(means, [0.05, 0.95])))
    assert difference("evidence", *pairs, 0) == found
    above = np.array([0.0, 0.1, 0.3, 0.7, 1.3, 2.9, 10.7])
    uneven = [scores("a", "x", "ABCDEFG", above), scores("b", "x", "ABCDEFG", 0.0 * above)]
    both = pd.concat(uneven, ignore_index=True)
    monkeypatch.setattr(choosing, "predictions", lambda evidence: both)
    found = difference("evidence", ("a", "x"), ("b", "x"))
    means = above[np.random.default_rng(0).integers(0, 7, (4000, 7))].mean(axis=1)
    assert found["value"] == pytest.approx(16.0 / 7)
    assert (found["low"], found["high"]) == pytest.approx(tuple(np.quantile(means, [0.05, 0.95])))


def test_standard_errors_are_of_the_mean_not_of_the_middle():
    # mean 2, deviation sqrt(12), of three developers: standard error 2
    assert standard_errors(pd.Series([0.0, 0.0, 6.0])) == pytest.approx(1.0)


def test_rules_of_thumb_miss_by_the_middle_and_the_ninth_tenth(monkeypatch):
    errors = {"a rule": np.log([1.0, 2.0, 8.0])}
    monkeypatch.setattr(choosing, "runs_of_the_choice", lambda evidence: evidence)
    monkeypatch.setattr(choosing, "errors_of_thumb", lambda runs, _: runs and errors)
    found = rules_of_thumb("evidence").iloc[0].to_dict()
    assert found["candidate"] == "a rule" and found["median_error_factor"] == pytest.approx(2.0)
    assert found["p90_error_factor"] == pytest.approx(2.0 * 4.0**0.8)


def test_errors_of_rules_of_thumb_by_hand(evidence):
    """Runs at 0.2, 0.3 and 0.9 of which attention is half: 6ND has half of their work."""
    runs = pd.DataFrame({"params_active": 1e9, "flop_per_token": 12e9, "mfu": [0.2, 0.3, 0.9]})
    found = errors_of_thumb(runs, evidence)
    by_six = [0.1, 0.15, 0.45]
    for mfu in (0.3, 0.375, 0.4):
        factors = [max(mfu / value, value / mfu) for value in by_six]
        assert np.exp(found[rule_at(mfu)]).tolist() == pytest.approx(factors)
    best = found["6ND at the constant best in hindsight"]
    assert np.exp(best).tolist() == pytest.approx([1.5, 1.0, 3.0])
    assert len(found) == 4
