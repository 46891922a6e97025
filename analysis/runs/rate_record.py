"""How well measured rates are predicted, each developer left out: by the time of a step, and by
what an MFU by kind, precision and chip says of the same rows.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import ndtri

from analysis.data.protocol import protocol
from analysis.data.tables import Evidence
from analysis.data.uncertainty import normal_log_density
from analysis.runs.intervals import OUTSIDE
from analysis.runs.step_view import FIXED, Shift, borrowed_spread, misses_of

HALF_WIDTH = float(ndtri(1.0 - OUTSIDE / 2.0))
VIEWS = {"step_time": "step time, shifted", "baseline": "MFU by kind, precision and chip"}


@lru_cache(maxsize=4)
def rate_record(evidence: Evidence) -> pd.DataFrame:
    """Every rate that counts, predicted by both ways without its developer.

    Returns
    -------
    DataFrame
        The rows once for each `view`, with `log_error` (of measured over predicted), `deviation`
        (of the prediction's log), `log_score`, `interval_score` and `inside` the 90 % interval.
    """
    rows, misses = misses_of(evidence)
    return _both_views(rows, misses, rows[protocol().groups.fold], evidence)


@lru_cache(maxsize=4)
def mixture_record(evidence: Evidence) -> pd.DataFrame:
    """As :func:`rate_record`, of mixtures alone, each model left out, not its developer: what can
    be said where too few developers measured mixtures.
    """
    rows, misses = misses_of(evidence)
    kept = (rows.mixture == 1).to_numpy()
    fold = rows.configuration.where(kept, "")
    record = _both_views(rows, misses, fold, evidence)
    return record[record.mixture == 1].reset_index(drop=True)


def _both_views(
    rows: pd.DataFrame, misses: np.ndarray, fold: pd.Series, evidence: Evidence
) -> pd.DataFrame:
    log_mfu = np.log(rows.mfu.to_numpy())[:, None]
    baseline = protocol().record.baseline_fixed_effects
    parts = [
        _left_out(rows, misses, FIXED, fold, evidence).assign(view="step_time"),
        _left_out(rows, log_mfu, baseline, fold, evidence).assign(view="baseline"),
    ]
    return pd.concat(parts, ignore_index=True)


def _left_out(
    rows: pd.DataFrame,
    values: np.ndarray,
    fixed: tuple[str, ...],
    fold: pd.Series,
    evidence: Evidence,
) -> pd.DataFrame:
    """Each fold predicted from the others; a fold without a name is never predicted."""
    centre, deviation = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    for name in filter(None, fold.unique()):
        own = (fold == name).to_numpy()
        bound = borrowed_spread(evidence, set(rows.who[own]) - set(rows.who[~own]))
        shift = Shift(rows[~own].reset_index(drop=True), values[~own], bound, fixed)
        means, deviations = shift.of(rows[own])
        errors = values[own] - means
        centre[own] = errors.mean(axis=1)
        deviation[own] = np.sqrt((deviations**2).mean(axis=1) + errors.var(axis=1))
    return scored(rows, centre, deviation)


def scored(rows: pd.DataFrame, log_error: np.ndarray, deviation: np.ndarray) -> pd.DataFrame:
    """Rows with the scores of normal predictions of their logs."""
    half = HALF_WIDTH * deviation
    beyond = np.maximum(np.abs(log_error) - half, 0.0)
    return rows.assign(
        log_error=log_error,
        deviation=deviation,
        log_score=normal_log_density(log_error, 0.0, deviation),
        interval_score=2.0 * half + 2.0 / OUTSIDE * beyond,
        inside=np.abs(log_error) <= half,
    )


def by_developer(record: pd.DataFrame, column: str, unit: str | None = None) -> pd.Series:
    """A score by developer, or by another unit: the mean over its groups, each the mean of its
    rows.
    """
    unit = unit or protocol().groups.fold
    groups = record.groupby([unit, "group"])[column].mean()
    return groups.groupby(unit).mean()


def figures(record: pd.DataFrame, unit: str | None = None) -> dict[str, float]:
    """What is published of a record: rows, groups, developers, error, coverage, width, scores, each
    developer (or other unit) alike in a score.
    """
    factors = np.exp(record.log_error.abs())
    groups = factors.groupby(record.group).mean()
    return {
        "n": len(record),
        "groups": record.group.nunique(),
        "developers": record[protocol().groups.fold].nunique(),
        "median_error_factor": float(groups.median()),
        "p90_error_factor": float(groups.quantile(0.9)),
        "coverage_90": float(record.inside.mean()),
        "coverage_90_developers": float(by_developer(record, "inside").mean()),
        "median_width_factor": float(np.exp(2.0 * HALF_WIDTH * record.deviation).median()),
        "log_score": float(by_developer(record, "log_score", unit).mean()),
        "interval_score": float(by_developer(record, "interval_score", unit).mean()),
    }


def gain(record: pd.DataFrame, unit: str | None = None) -> tuple[float, float]:
    """By how much the time of a step beats the baseline in log score, each developer (or other
    unit) alike, and the standard error of that over them.
    """
    scores = [by_developer(record[record.view == view], "log_score", unit) for view in VIEWS]
    difference = scores[0] - scores[1]
    return float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference)))
