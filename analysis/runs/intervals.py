"""Forms of the interval around a predicted MFU, each found from errors of developers left out.

An error is the log of an MFU less its prediction by a fit without its developer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.data.uncertainty import Distribution
from analysis.runs.random_effects import RandomEffects, spreads_tried
from analysis.runs.references import developer_weights

OUTSIDE = 0.1  # share of values that an interval leaves out


@dataclass(frozen=True)
class Form:
    """A form; `rank` orders by how many numbers are found from the errors.

    `around` makes a distribution around one of errors and the developer of each.
    """

    rank: int
    words: str
    around: Callable[[np.ndarray, pd.Series], Distribution]


def normal(errors: np.ndarray, developers: pd.Series) -> Distribution:
    """A normal of the log; its one spread is the root mean square of all errors.

    >>> normal(np.array([0.5, -0.5]), pd.Series(["A", "B"])).spread
    0.5
    """
    return _log_normal(0.0, float(np.sqrt(np.mean(errors**2))))


def of_developers(errors: np.ndarray, developers: pd.Series) -> Distribution:
    """A normal of the log for one more run of one more developer, by random effects of developers:
    a mean error, a spread between developers and one within.
    """
    mean, variance = _effects(tuple(developers)).fit(errors[None]).predict(np.ones(1))
    return _log_normal(float(mean[0]), float(np.sqrt(variance[0])))


@lru_cache(maxsize=1)
def _effects(developers: tuple[str, ...]) -> RandomEffects:
    """What random effects of a mean need of the rows: the same for all errors of these."""
    return RandomEffects(np.ones((len(developers), 1)), pd.Series(developers), *spreads_tried())


def conformal(errors: np.ndarray, developers: pd.Series) -> Distribution:
    """As wide as the errors themselves, every developer weighing the same; one more developer,
    never within, stands for the one that is predicted.

    Notes
    -----
    Source: split conformal prediction by group, Dunn et al., arXiv:1809.07441.
    """
    misses = np.abs(errors)
    order = np.argsort(misses)
    cumulated = np.cumsum(developer_weights(developers)[order])
    return Distribution(
        "log_conformal",
        low=0.0,
        high=np.inf,
        basis="",
        spread=1.0,
        misses=(0.0, *misses[order].tolist()),
        coverage=(0.0, *(cumulated / (cumulated[-1] + 1.0)).tolist()),
    )


def _log_normal(centre: float, spread: float) -> Distribution:
    return Distribution("log_normal", 0.0, np.inf, "", centre=centre, spread=spread)


FIRST_FORM = "conformal"  # that of version 0.1
FORMS = {
    "normal": Form(0, "one spread for all runs", normal),
    "random effects": Form(1, "a spread between developers and one within", of_developers),
    "conformal": Form(2, "the errors themselves, developers alike", conformal),
}


def interval_score(low: np.ndarray, high: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Width of each 90 % interval, and by how much the value lies outside, times 20.

    Notes
    -----
    Source: Gneiting and Raftery, JASA 102 (2007), 359-378, equation 43.

    Examples
    --------
    >>> interval_score(np.array([0.0, 0.0]), np.array([1.0, 1.0]), np.array([0.5, 1.25])).tolist()
    [1.0, 6.0]
    """
    outside = np.maximum(low - value, 0.0) + np.maximum(value - high, 0.0)
    return high - low + 2.0 / OUTSIDE * outside
