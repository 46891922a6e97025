"""The choice of candidate and form: held to its rule, and blind to the runs that are predicted."""

import numpy as np
import pandas as pd
import pytest

from analysis.data.protocol import protocol
from analysis.runs.choice import (
    CLEARLY_WORSE,
    choice,
    compare,
    difference,
    predictions,
    rules_of_thumb,
    runs_of_the_choice,
    standard_errors,
)
from analysis.runs.efficiency import CHOSEN, FORM, Estimator
from analysis.runs.intervals import FORMS
from tests.by_hand import with_runs, with_tables

CANDIDATES = 6


@pytest.fixture(scope="module")
def compared(evidence):
    return compare(evidence)


def test_the_choice_is_what_the_rule_says(compared):
    assert choice(compared) == (CHOSEN, FORM)


def test_every_candidate_meets_every_form_and_every_run(compared, evidence):
    assert len(compared) == CANDIDATES * len(FORMS)
    rows = predictions(evidence)
    assert len(rows) == len(compared) * len(runs_of_the_choice(evidence))
    assert compared.worse_by.min() == 0.0 == compared.worse_by[compared.interval_score.idxmin()]


def test_the_rule_prefers_the_simpler_of_equals():
    table = pd.DataFrame({"candidate": ["a", "b"], "form": ["x", "y"], "worse_by": [0.5, 0.0]})
    assert choice(table) == ("a", "x")
    assert choice(table.assign(worse_by=[1.5, 0.0])) == ("b", "y")
    assert choice(table.assign(worse_by=[CLEARLY_WORSE, 0.0])) == ("a", "x")


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
    after = predictions(with_tables(evidence, training_runs=doubled))
    assert after.score.tolist() == predictions(evidence).score.tolist()
    assert choice(compare(with_tables(evidence, training_runs=table[~own]))) == (CHOSEN, FORM)


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
