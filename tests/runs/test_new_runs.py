"""Whether new runs are predicted better than by the first version, on invented runs."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from analysis.runs import new_runs
from analysis.runs.efficiency import FORM, Estimator
from analysis.runs.intervals import FIRST_FORM
from analysis.runs.references import reference_runs
from tests.by_hand import with_runs

RUNS = [("A", 0.2), ("B", 0.3), ("B", 0.35), ("C", 0.5), ("D", 0.4)]


def test_each_run_is_scored_without_its_developer_by_a_normal_of_the_log(evidence):
    few = with_runs(evidence, *RUNS)
    runs = reference_runs(few).iloc[[3, 1, 2]]  # in another order, and not all
    scores = new_runs.log_scores(runs, few)
    assert scores.index.tolist() == [3, 1, 2]
    for form in (FORM, FIRST_FORM):
        for index, run in runs.iterrows():
            others = Estimator(few, (run.developer,))
            low, middle, high = np.log(
                others.predict(runs.loc[[index]], form)[0].quantile([0.05, 0.5, 0.95])
            )
            by_hand = norm.logpdf(np.log(run.mfu), middle, (high - low) / (2 * norm.ppf(0.95)))
            assert scores.loc[index, form] == pytest.approx(by_hand)
    assert (scores[FORM] != scores[FIRST_FORM]).all()


def test_the_gain_is_paired_and_a_developer_counts_once(monkeypatch):
    new = pd.DataFrame({"developer": list("AAB")}, index=[7, 5, 6])
    scores = pd.DataFrame({FORM: [3.0, 5.0, 2.0], FIRST_FORM: [0.0, 0.0, 1.0]}, index=new.index)
    monkeypatch.setattr(new_runs, "log_scores", lambda runs, evidence: scores)
    # A gains (3 + 5) / 2, B gains 1: in the mean 2.5, and 1.5 is half of what they lie apart
    assert new_runs.gain_over_first(new, None) == pytest.approx((2.5, 1.5))
