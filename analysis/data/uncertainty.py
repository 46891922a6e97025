"""Distributions of the uncertain inputs, and quasi-Monte-Carlo points over all of them at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtr, stdtrit

from analysis.data.facts import Fact, Facts, Row
from analysis.data.mistakes import InputError
from analysis.data.points import sobol_points

# A range of more than this factor between its ends is even in its logarithm: half is then as
# likely as twice. Below it both scales give middles within 6 % of each other.
EVEN_IN_LOGS_BEYOND = 2.0

PERCENTILES = {"p05": 5, "p50": 50, "p95": 95}

Shape = Literal[
    "constant", "uniform", "log_uniform", "log_t", "log_normal", "log_conformal", "tabulated"
]


@dataclass(frozen=True)
class Distribution:
    """How an input is distributed, and why.

    `low` and `high` bound uniform shapes; for `log_t` they bound the values that physics allows,
    and `centre` and `spread` (of the natural log) and `freedom` say the rest; `log_normal` and
    `log_conformal` stop at them. For `log_conformal`, `misses` are the log errors that a share
    `coverage` of earlier predictions stayed within, multiplied by `spread`; for `tabulated`, they
    are its values at the probabilities `coverage`. `basis` says in words where it comes from,
    `rows` are the rows behind it, and `parameter` is the scenario's parameter that set it, if one
    did; `has_points` where it then stands for one that has a range, and leaves the points of a draw
    to the others as they are; `why` is the reason of whoever assumed it.
    """

    shape: Shape
    low: float
    high: float
    basis: str
    assumed: bool = False
    centre: float = 0.0
    spread: float = 0.0
    freedom: float = 1.0
    misses: tuple[float, ...] = ()
    coverage: tuple[float, ...] = ()
    parameter: str | None = None
    rows: tuple[Row, ...] = ()
    has_points: bool = False
    why: str = ""

    def __post_init__(self) -> None:
        """Refuse what has no finite middle: tables divide by nothing without a word."""
        numbers = (self.centre, self.spread, self.low if self.shape != "tabulated" else 0.0)
        if not all(map(math.isfinite, numbers)) or math.isnan(self.high):
            raise FloatingPointError(f"no finite number: {self.basis}")

    def quantile(self, probability: ArrayLike) -> np.ndarray:
        """Values at the given probabilities; same shape."""
        p = np.asarray(probability, dtype=float)
        if self.shape == "constant":
            return np.full_like(p, self.low)
        if self.shape == "uniform":
            return self.low + p * (self.high - self.low)
        if self.shape == "log_uniform":
            return np.exp(np.log(self.low) + p * np.log(self.high / self.low))
        if self.shape in ("log_normal", "log_conformal"):
            return np.clip(np.exp(self.centre + self.spread * self._reach(p)), self.low, self.high)
        if self.shape == "tabulated":
            return np.interp(p, self.coverage, self.misses)
        low, high = (
            stdtr(self.freedom, (_log(end) - self.centre) / self.spread)
            for end in (self.low, self.high)
        )
        return np.exp(self.centre + self.spread * stdtrit(self.freedom, low + p * (high - low)))

    def _reach(self, p: np.ndarray) -> np.ndarray:
        """How far from the centre a probability lies, in units of the spread."""
        if self.shape == "log_normal":
            return ndtri(p)
        return np.sign(p - 0.5) * np.interp(np.abs(2.0 * p - 1.0), self.coverage, self.misses)

    def percentiles(self) -> dict[str, float]:
        """The 5th, 50th and 95th percentile, by name."""
        return named_percentiles(self.quantile(np.array(list(PERCENTILES.values())) / 100.0))


def constant(
    value: float, basis: str, assumed: bool = False, rows: tuple[Row, ...] = ()
) -> Distribution:
    """A value without a range."""
    return Distribution("constant", value, value, basis, assumed, rows=rows)


def set_by(parameter: str, value: float, otherwise: Distribution) -> Distribution:
    """The value that a parameter of the scenario sets, in the place of what holds otherwise."""
    return Distribution(
        "constant",
        value,
        value,
        f"parameter {parameter}",
        parameter=parameter,
        has_points=otherwise.shape != "constant",
    )


def between(
    low: float, high: float, basis: str, assumed: bool = False, rows: tuple[Row, ...] = ()
) -> Distribution:
    """Uniform over a range; over its logarithm where the range spans more than a factor of two. A
    range that is one value is that value.
    """
    if low == high:
        return constant(low, basis, assumed, rows)
    shape: Shape = "log_uniform" if low > 0 and high / low > EVEN_IN_LOGS_BEYOND else "uniform"
    return Distribution(shape, low, high, basis, assumed, rows=rows)


def from_fact(fact: Fact) -> Distribution:
    """A fact's range if it has one, else its value."""
    assumed, rows = fact.kind == "assumption", (Row("facts", fact.id),)
    if fact.has_range:
        return between(fact.low, fact.high, fact.id, assumed, rows)
    return constant(fact.value, fact.id, assumed, rows)


def fewest_for_t(facts: Facts) -> float:
    """From how many developers on one more is drawn by Student's t."""
    return facts.constant("fewest_developers_for_t", "count", least=2.0).value


def from_other_developers(
    values: pd.Series,
    developers: pd.Series,
    basis: str,
    fewest: float,
    low: float = 0.0,
    high: float = np.inf,
    where: str = "",
) -> Distribution:
    """What other developers' practice says of an input nobody disclosed.

    Each developer counts once, by the mean of its logs. With `fewest` developers or more: the
    predictive Student's t of one more draw from their population, cut where physics ends (`low`,
    `high`). With fewer: log-uniform over the range seen, cut alike, or the one value that was.
    `where` is the table, with the column that has the values.

    Raises
    ------
    InputError
        If no developer is left.
    """
    if values.empty:
        raise InputError(f"no row of another developer that counts is left for {basis}", where)
    logs = np.log(values.astype(float)).groupby(developers.to_numpy()).mean()
    basis = f"{basis}: {len(values)} rows of {len(logs)} developers"
    if len(logs) < fewest:
        least, most = (min(max(float(end), low), high) for end in (values.min(), values.max()))
        if least == most:
            return constant(least, basis)
        return Distribution("log_uniform", least, most, basis)
    spread = logs.std(ddof=1) * np.sqrt(1 + 1 / len(logs))
    if spread == 0:  # all say the same, and t has no scale
        return constant(float(np.exp(logs.mean())), basis)
    return Distribution(
        "log_t", low, high, basis, False, float(logs.mean()), float(spread), len(logs) - 1
    )


def percentiles(samples: ArrayLike) -> dict[str, float]:
    """The 5th, 50th and 95th percentile of samples, by name.

    >>> percentiles(range(101))
    {'p05': 5.0, 'p50': 50.0, 'p95': 95.0}
    """
    return named_percentiles(np.percentile(np.asarray(samples), list(PERCENTILES.values())))


def named_percentiles(values: ArrayLike) -> dict[str, float]:
    """Three values that are the percentiles already, by name."""
    return dict(zip(PERCENTILES, np.asarray(values, dtype=float).tolist(), strict=True))


def draw(
    distributions: Mapping[str, Distribution], samples: int, seed: int
) -> dict[str, np.ndarray]:
    """Scrambled Sobol points through each distribution.

    Inputs of the same name are the same draw: what moves together has one name. A fixed seed gives
    the same bytes. An input that a parameter sets keeps its points, so that all others are drawn as
    they are without it.

    Returns
    -------
    dict
        An array of shape (samples,) for each input.
    """
    uncertain = sorted(
        name
        for name, distribution in distributions.items()
        if distribution.shape != "constant" or distribution.has_points
    )
    points = sobol_points(max(len(uncertain), 1), samples.bit_length() - 1, seed)
    columns = dict(zip(uncertain, points.T, strict=False))
    return {
        name: distribution.quantile(columns.get(name, np.zeros(samples)))
        for name, distribution in distributions.items()
    }


def normal_log_density(value: ArrayLike, centre: ArrayLike, spread: ArrayLike) -> np.ndarray:
    """The log density of a normal distribution; the arguments broadcast.

    >>> round(float(np.exp(normal_log_density(1.0, 1.0, 2.0))), 4)
    0.1995
    """
    x, mean, deviation = (np.asarray(given, dtype=float) for given in (value, centre, spread))
    return -(((x - mean) / deviation) ** 2) / 2.0 - np.log(np.sqrt(2.0 * np.pi) * deviation)


def _log(value: float) -> float:
    return np.log(value) if value > 0 else -np.inf
