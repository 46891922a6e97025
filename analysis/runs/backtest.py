"""How good the estimator is: every disclosed run predicted as if never seen, its whole developer
left out.

Nothing that a figure here is judged on was in the fit, in the choice of its grid, or in the width
of its interval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.data.tables import Evidence
from analysis.runs.efficiency import CHOSEN, candidates, design, estimator_for, fitted, leave_out
from analysis.runs.references import reference_runs, row_weights

LEVELS = (0.5, 0.8, 0.9, 0.95)
RULES_OF_THUMB = (0.30, 0.375, 0.40)
BOOTSTRAPS = 400
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
    runs = reference_runs(evidence["training_runs"], evidence["hardware"]).reset_index(drop=True)
    parts = []
    for developer, group in runs.groupby("developer", sort=False):
        estimator = estimator_for(evidence, (str(developer),))
        for (_, run), found in zip(group.iterrows(), estimator.predict(group), strict=True):
            at = run.mfu * run.gpu_hours
            middle, low_mfu, high_mfu = found.quantile([0.5, 0.05, 0.95])
            miss = np.log(run.mfu) - found.centre
            covered = float(np.interp(abs(miss) / found.spread, found.misses, found.coverage))
            parts.append(
                {
                    "id": run.id,
                    "predicted": at / middle,
                    "p05": at / high_mfu,
                    "p95": at / low_mfu,
                    "log_error": float(np.log(run.mfu / middle)),
                    "level": covered,
                }
            )
    found = runs.merge(pd.DataFrame(parts), on="id", validate="one_to_one")
    return found.assign(
        error_factor=np.exp(found.log_error.abs()),
        inside=found.gpu_hours.between(found.p05, found.p95),
    )


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
    """Each figure of the summary with the 90 % range of a bootstrap by developer: `figure, value,
    low, high`.
    """
    draws = bootstrap(tested, summary)
    rows = [
        {
            "figure": name,
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
    runs = reference_runs(evidence["training_runs"], evidence["hardware"]).reset_index(drop=True)
    target = np.log(runs.mfu.to_numpy())
    errors = {name: np.abs(target - _nested(name, evidence)) for name in candidates()}
    by_six = np.log((runs.mfu * 6.0 * runs.params_active / runs.flop_per_token).to_numpy())
    for mfu in RULES_OF_THUMB:
        errors[f"6ND at {mfu:g}"] = np.abs(by_six - np.log(mfu))
    errors["6ND at the constant best in hindsight"] = np.abs(by_six - np.median(by_six))
    table = pd.DataFrame(
        {
            "candidate": list(errors),
            "uses": [
                candidates()[name].uses if name in candidates() else "a rule of thumb"
                for name in errors
            ],
            "rank": [candidates()[name].rank if name in candidates() else -1 for name in errors],
            "median_error_factor": [float(np.exp(np.median(error))) for error in errors.values()],
            "p90_error_factor": [
                float(np.exp(np.quantile(error, 0.9))) for error in errors.values()
            ],
            "mean_log_error": [float(error.mean()) for error in errors.values()],
        }
    )
    best = errors[table.candidate[table[table["rank"] >= 0].mean_log_error.idxmin()]]
    return table.assign(
        worse_by=[_standard_errors(error - best, runs.developer) for error in errors.values()]
    )


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
    runs = reference_runs(evidence["training_runs"], evidence["hardware"]).reset_index(drop=True)
    features, target, weights = (
        design(runs, evidence["hardware"]),
        np.log(runs.mfu.to_numpy()),
        row_weights(runs),
    )
    model = fitted(candidates()["pooled"], features, target, weights, runs.developer)
    several = runs.developer.map(runs.developer.value_counts()) > 1
    alone = leave_out(
        model, features, target, weights, pd.Series([str(index) for index in range(len(runs))])
    )
    chosen = _nested(CHOSEN, evidence)
    frame = runs[["id", "developer"]].assign(
        error_factor=np.exp(np.abs(target - alone)), without=np.exp(np.abs(target - chosen))
    )
    return frame[several]


def noise_floor(evidence: Evidence) -> pd.DataFrame:
    """Pairs of runs of one developer, chip and size (within a third): how far apart equal runs are.

    Returns
    -------
    DataFrame
        `first`, `second` and `ratio` of their MFUs, at least one: no estimator from these features
        can do better.
    """
    runs = reference_runs(evidence["training_runs"], evidence["hardware"])
    pairs = runs.merge(runs, on=["developer", "chip", "architecture"], suffixes=("", "_other"))
    size = pairs.params_active / pairs.params_active_other
    pairs = pairs[(pairs.id < pairs.id_other) & size.between(3 / 4, 4 / 3)]
    ratio = np.exp(np.abs(np.log(pairs.mfu / pairs.mfu_other)))
    return pd.DataFrame({"first": pairs.id, "second": pairs.id_other, "ratio": ratio})


@lru_cache(maxsize=16)
def _nested(name: str, evidence: Evidence) -> np.ndarray:
    """Predictions of a candidate whose grid is chosen again without each developer; made once for
    the same evidence.
    """
    runs = reference_runs(evidence["training_runs"], evidence["hardware"]).reset_index(drop=True)
    features, target = design(runs, evidence["hardware"]), np.log(runs.mfu.to_numpy())
    predicted = np.empty(len(target))
    for developer in runs.developer.unique():
        inside = (runs.developer == developer).to_numpy()
        rest = runs[~inside]
        model = fitted(
            candidates()[name],
            features[~inside],
            target[~inside],
            row_weights(rest),
            rest.developer,
        )
        predicted[inside] = model.predict(features[inside])
    return predicted


def _standard_errors(difference: np.ndarray, developers: pd.Series) -> float:
    """Mean difference in units of its standard error, every developer one observation of its summed
    difference.
    """
    sums = pd.Series(difference).groupby(developers.to_numpy()).sum().to_numpy()
    error = float(np.sqrt(np.sum((sums - sums.mean()) ** 2)))
    return float(difference.sum()) / error if error > 0 else 0.0
