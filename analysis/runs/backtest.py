"""How good the estimator is: every disclosed run predicted as if never seen, its whole developer
left out.

Nothing that a figure here is judged on was in the fit, in the choice of its grid, or in the width
of its interval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.mistakes import UnknownName
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution
from analysis.runs.basis import basis
from analysis.runs.efficiency import FORM, estimator_for
from analysis.runs.features import designs_by_developer
from analysis.runs.intervals import interval_score
from analysis.runs.references import reference_runs

LEVELS = (0.5, 0.8, 0.9, 0.95)
PROBABILITIES = np.linspace(0.0, 1.0, 2001)
BOOTSTRAPS = 400
FIGURES = {
    "n": "runs",
    "median_error_factor": "median error factor",
    "p90_error_factor": "90th percentile of the error factor",
    "coverage_90": "disclosed figures inside the 90 % interval",
    "median_width_factor": "median width of the interval, p95 over p05",
    "interval_score": "interval score, each developer alike: less is better",
}


def backtest(evidence: Evidence) -> pd.DataFrame:
    """Every reference run predicted by the chosen candidate without its developer.

    Returns
    -------
    DataFrame
        The rows of the runs, with `predicted` (median GPU-hours), `p05`, `p95`, `error_factor`,
        `log_error` (of the hours), `level` (of the narrowest interval that holds the disclosed
        figure), `inside` the 90 % one, and its `score`.
    """
    return _backtest(basis(evidence)).copy()


@lru_cache(maxsize=4)
def _backtest(evidence: Evidence) -> pd.DataFrame:
    runs = reference_runs(evidence)
    parts = []
    for developer, own, features in designs_by_developer(runs, evidence):
        expected = estimator_for(evidence, (developer,)).by_form(features, [FORM])[FORM]
        pairs = zip(runs[own].itertuples(), expected, strict=True)
        parts += [_beside(run, mfu) for run, mfu in pairs]
    tested = runs.merge(pd.DataFrame(parts), on="id", validate="one_to_one")
    return tested.assign(
        error_factor=np.exp(tested.log_error.abs()),
        inside=tested.gpu_hours.between(tested.p05, tested.p95),
        score=interval_score(np.log(tested.p05), np.log(tested.p95), np.log(tested.gpu_hours)),
    )


def _beside(run: Any, mfu: Distribution) -> dict[str, Any]:
    """What is expected of a run, in hours, and how far the disclosed figure lies from it."""
    expected = mfu.percentiles()
    useful_hours = run.mfu * run.gpu_hours  # of work at the peak
    probability = np.interp(run.mfu, mfu.quantile(PROBABILITIES), PROBABILITIES)
    return {
        "id": run.id,
        "predicted": useful_hours / expected["p50"],
        "p05": useful_hours / expected["p95"],  # a high MFU is few hours
        "p95": useful_hours / expected["p05"],
        "log_error": float(np.log(run.mfu / expected["p50"])),
        "level": float(abs(2.0 * probability - 1.0)),
    }


def one_run(tested: pd.DataFrame, run: str | None = None) -> pd.Series:
    """One tested run by its id; without one, that of the largest error.

    Raises
    ------
    InputError
        If no tested run has that id.
    """
    if run is None:
        return tested.loc[tested.error_factor.idxmax()]
    if run not in set(tested.id):
        raise UnknownName(run, "a reference run", tested.id)
    return tested[tested.id == run].iloc[0]


def summary(tested: pd.DataFrame) -> dict[str, float]:
    """The contract of results.json: n, median and 90th percentile of the error factor, coverage and
    width.
    """
    return {
        "n": len(tested),
        "median_error_factor": float(tested.error_factor.median()),
        "p90_error_factor": float(tested.error_factor.quantile(0.9)),
        "coverage_90": float(tested.inside.mean()),
        "median_width_factor": float((tested.p95 / tested.p05).median()),
    }


def figures(tested: pd.DataFrame) -> dict[str, float]:
    """What a page prints of the record: the summary, and the interval score, developers alike."""
    score = tested.score.groupby(tested.developer).mean().mean()
    return summary(tested) | {"interval_score": float(score)}


def with_ranges(tested: pd.DataFrame) -> pd.DataFrame:
    """Each of the figures with the 90 % range of a bootstrap by developer: `figure, words,
    value, low, high`.
    """
    draws = bootstrap(tested, figures)
    rows = [
        {
            "figure": name,
            "words": FIGURES[name],
            "value": value,
            "low": draws[name].quantile(0.05),
            "high": draws[name].quantile(0.95),
        }
        for name, value in figures(tested).items()
    ]
    return pd.DataFrame(rows)


def bootstrap(
    tested: pd.DataFrame, statistic: Callable[[pd.DataFrame], Mapping[str, float]], seed: int = 0
) -> pd.DataFrame:
    """A statistic over samples of whole developers, drawn with replacement."""
    rng = np.random.default_rng(seed)
    groups = list(tested.groupby("developer").indices.values())
    picks = rng.integers(0, len(groups), (BOOTSTRAPS, len(groups)))
    return pd.DataFrame(
        [
            statistic(tested.iloc[np.concatenate([groups[index] for index in pick])])
            for pick in picks
        ]
    )


def calibration(tested: pd.DataFrame) -> pd.DataFrame:
    """How many disclosed figures lie inside intervals of each level: `level, share`."""
    return pd.DataFrame(
        {"level": LEVELS, "share": [float((tested.level <= level).mean()) for level in LEVELS]}
    )
