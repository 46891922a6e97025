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
from analysis.physics.flop import TRAINING_FLOP_PER_PARAMETER
from analysis.runs.candidates import Sample, candidates, fitted, predictions_left_out
from analysis.runs.efficiency import CHOSEN, estimator_for
from analysis.runs.references import each_developer, left_out, reference_runs

LEVELS = (0.5, 0.8, 0.9, 0.95)
RULES_OF_THUMB = (0.30, 0.375, 0.40)
BOOTSTRAPS = 400
FIGURES = {
    "n": "runs",
    "median_error_factor": "median error factor",
    "p90_error_factor": "90th percentile of the error factor",
    "coverage_90": "disclosed figures inside the 90 % interval",
    "median_width_factor": "median width of the interval, p95 over p05",
}
CLEARLY_WORSE = 1.0  # standard errors of the difference, by developer


def backtest(evidence: Evidence) -> pd.DataFrame:
    """Every reference run predicted by the chosen candidate without its developer.

    Returns
    -------
    DataFrame
        The rows of the runs, with `predicted` (median GPU-hours), `p05`, `p95`, `error_factor`,
        `log_error` (of the hours), `level` (of the narrowest interval that holds the disclosed
        figure) and `inside` the 90 % one.
    """
    runs = reference_runs(evidence)
    parts = []
    for developer, own in each_developer(runs.developer):
        expected = estimator_for(evidence, (developer,)).predict(runs[own])
        pairs = zip(runs[own].itertuples(), expected, strict=True)
        parts += [_beside(run, mfu) for run, mfu in pairs]
    tested = runs.merge(pd.DataFrame(parts), on="id", validate="one_to_one")
    return tested.assign(
        error_factor=np.exp(tested.log_error.abs()),
        inside=tested.gpu_hours.between(tested.p05, tested.p95),
    )


def _beside(run: Any, mfu: Distribution) -> dict[str, Any]:
    """What is expected of a run, in hours, and how far the disclosed figure lies from it."""
    expected = mfu.percentiles()
    useful_hours = run.mfu * run.gpu_hours  # of work at the peak
    error = abs(np.log(run.mfu) - mfu.centre) / mfu.spread
    return {
        "id": run.id,
        "predicted": useful_hours / expected["p50"],
        "p05": useful_hours / expected["p95"],  # a high MFU is few hours
        "p95": useful_hours / expected["p05"],
        "log_error": float(np.log(run.mfu / expected["p50"])),
        "level": float(np.interp(error, mfu.misses, mfu.coverage)),
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


def with_ranges(tested: pd.DataFrame) -> pd.DataFrame:
    """Each figure of the summary with the 90 % range of a bootstrap by developer: `figure, words,
    value, low, high`.
    """
    draws = bootstrap(tested, summary)
    rows = [
        {
            "figure": name,
            "words": FIGURES[name],
            "value": value,
            "low": draws[name].quantile(0.05),
            "high": draws[name].quantile(0.95),
        }
        for name, value in summary(tested).items()
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


def compare_candidates(evidence: Evidence) -> pd.DataFrame:
    """Every candidate by the same nested scheme, beside rules of thumb on the same rows.

    Returns
    -------
    DataFrame
        `candidate`, `uses`, `rank`, `median_error_factor`, `p90_error_factor`, `mean_log_error`,
        and `worse_by`: how many standard errors (by developer) its mean absolute log error lies
        above the best; negative rank: a rule of thumb.
    """
    runs = reference_runs(evidence)
    log_mfu = np.log(runs.mfu.to_numpy())
    errors = {name: np.abs(log_mfu - _nested(name, evidence)) for name in candidates()}
    best = min(errors.values(), key=np.mean)
    errors |= errors_of_thumb(runs)
    known = candidates()
    return pd.DataFrame(
        [
            {
                "candidate": name,
                "uses": known[name].uses if name in known else "a rule of thumb",
                "rank": known[name].rank if name in known else -1,
                "median_error_factor": float(np.exp(np.median(error))),
                "p90_error_factor": float(np.exp(np.quantile(error, 0.9))),
                "mean_log_error": float(error.mean()),
                "worse_by": _standard_errors(error - best, runs.developer),
            }
            for name, error in errors.items()
        ]
    )


def errors_of_thumb(runs: pd.DataFrame) -> dict[str, np.ndarray]:
    """Absolute log errors of six FLOP per active parameter at a fixed MFU, by name of the rule."""
    by_six = TRAINING_FLOP_PER_PARAMETER * runs.params_active / runs.flop_per_token
    log_mfu = np.log((runs.mfu * by_six).to_numpy())
    rules = {rule_at(mfu): np.log(mfu) for mfu in RULES_OF_THUMB}
    rules["6ND at the constant best in hindsight"] = np.median(log_mfu)
    return {name: np.abs(log_mfu - constant) for name, constant in rules.items()}


def rule_at(mfu: float) -> str:
    """What the rule of thumb at an MFU is called."""
    return f"6ND at {mfu:g}"


def choice(compared: pd.DataFrame) -> str:
    """The simplest candidate that is not clearly worse than the best."""
    fair = compared[(compared["rank"] >= 0) & (compared.worse_by <= CLEARLY_WORSE)]
    return str(fair.sort_values("rank").candidate.iloc[0])


def known_developer(evidence: Evidence) -> pd.DataFrame:
    """The second mode: runs of developers with several, each predicted with the developer's other
    runs in the fit.

    Returns
    -------
    DataFrame
        `id`, `developer`, `error_factor` with the others known, and `without`, the factor with the
        developer left out.
    """
    runs = reference_runs(evidence)
    sample = Sample.of(runs, evidence["hardware"])
    pooled = fitted(candidates()["pooled"], sample)
    run_left_out = predictions_left_out(pooled, sample, runs.id)
    developer_left_out = _nested(CHOSEN, evidence)
    frame = runs[["id", "developer"]].assign(
        error_factor=np.exp(np.abs(sample.log_mfu - run_left_out)),
        without=np.exp(np.abs(sample.log_mfu - developer_left_out)),
    )
    return frame[runs.developer.map(runs.developer.value_counts()) > 1]


def noise_floor(evidence: Evidence) -> pd.DataFrame:
    """Pairs of runs of one developer, chip and size (within a third): how far apart equal runs are.

    Returns
    -------
    DataFrame
        `first`, `second` and `ratio` of their MFUs, at least one: no estimator from these features
        can do better.
    """
    runs = reference_runs(evidence)
    pairs = runs.merge(runs, on=["developer", "chip", "architecture"], suffixes=("", "_other"))
    size = pairs.params_active / pairs.params_active_other
    pairs = pairs[(pairs.id < pairs.id_other) & size.between(3 / 4, 4 / 3)]
    ratio = np.exp(np.abs(np.log(pairs.mfu / pairs.mfu_other)))
    return pd.DataFrame({"first": pairs.id, "second": pairs.id_other, "ratio": ratio})


def limits(evidence: Evidence) -> pd.DataFrame:
    """What would help an estimator, and how good none can be: `what, n, median_factor`."""
    known, pairs = known_developer(evidence), noise_floor(evidence)
    rows = {
        "runs of developers with several, the developer left out": known.without,
        "the same, with the developer's other runs known": known.error_factor,
        "pairs of one developer, chip and size: one against the other": pairs.ratio,
    }
    return pd.DataFrame(
        [
            {"what": what, "n": len(factors), "median_factor": float(factors.median())}
            for what, factors in rows.items()
        ]
    )


@lru_cache(maxsize=16)
def _nested(name: str, evidence: Evidence) -> np.ndarray:
    """Predictions of a candidate whose grid is chosen again without each developer; made once for
    the same evidence.
    """
    runs = reference_runs(evidence)
    sample = Sample.of(runs, evidence["hardware"])

    def predict(_: str, own: np.ndarray) -> np.ndarray:
        return fitted(candidates()[name], sample.rows(~own)).predict(sample.features[own])

    return left_out(runs.developer, predict)


def _standard_errors(difference: np.ndarray, developers: pd.Series) -> float:
    """Mean difference in units of its standard error, every developer one observation of its summed
    difference.
    """
    sums = pd.Series(difference).groupby(developers.to_numpy()).sum().to_numpy()
    error = float(np.sqrt(np.sum((sums - sums.mean()) ** 2)))
    return float(difference.sum()) / error if error > 0 else 0.0
