"""Runs that were released after the rules were fixed: whether they are predicted better than the
first version would have predicted them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.data.protocol import protocol
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution, normal_log_density
from analysis.runs.basis import basis
from analysis.runs.efficiency import FORM, estimator_for
from analysis.runs.features import design
from analysis.runs.intervals import FIRST_FORM
from analysis.runs.references import each_developer
from analysis.runs.views import normal_of


def released_since(tested: pd.DataFrame) -> pd.DataFrame:
    """The rows of runs that were released after the day that the rules name."""
    after = protocol().new_runs.after.isoformat()
    return tested[tested.release_date.astype(str) > after]


def are_enough(new: pd.DataFrame) -> bool:
    """Whether so many new runs, of so many developers, allow a verdict."""
    rules = protocol().new_runs
    return len(new) >= rules.fewest_runs and new.developer.nunique() >= rules.fewest_developers


def log_scores(runs: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """The log score of each run's log MFU [1], its developer left out, by the form of the interval
    in use and by that of the first version, a column each; features and their fit are the same.

    Parameters
    ----------
    runs
        Rows as :func:`analysis.runs.references.reference_runs` gives them, numbered in any way.
    evidence
        The tables.

    Notes
    -----
    The density is that of `[combined]` in protocol.toml: normal in the log, with the middle of the
    prediction and its width from 5 to 95 %.
    """
    features = design(runs, evidence)
    scores = pd.DataFrame(np.nan, runs.index, [FORM, FIRST_FORM])
    for developer, own in each_developer(runs.developer):
        found = estimator_for(basis(evidence), (developer,)).by_form(features[own], scores.columns)
        for form, expected in found.items():
            scores.loc[own, form] = _scored(runs.mfu[own], expected)
    return scores


def _scored(mfu: pd.Series, expected: list[Distribution]) -> np.ndarray:
    middle, deviation = np.transpose([normal_of(one) for one in expected])
    return normal_log_density(np.log(mfu), middle, deviation)


def gain_over_first(new: pd.DataFrame, evidence: Evidence) -> tuple[float, float]:
    """By how much the form in use beats that of the first version in log score, run by run, each
    developer alike, and the standard error of that over developers.
    """
    scores = log_scores(new, evidence)
    gains = (scores[FORM] - scores[FIRST_FORM]).groupby(new.developer).mean()
    return float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(len(gains)))
