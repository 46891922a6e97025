"""Cost of a unit of training compute over the years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from analysis.data.mistakes import UnknownName
from analysis.runs.references import developer_weights, year_of

CENTRAL = 0.95  # the one-sided level of a 90 % interval
POINTS_OF_THE_LINE = 40


@dataclass(frozen=True)
class Trend:
    """How fast cost falls, and where one developer's runs lie.

    Attributes
    ----------
    factor_per_year, low, high
        What a unit of compute cost over what it cost a year before, and its 90 % interval [1].
    line
        `year, middle, low, high` [US$ per zettaFLOP]; the band is the scatter of single runs.
    runs
        The disclosed runs, with their `year`.
    own
        The developer's runs among them, with `expected` [US$ per zettaFLOP], the `ratio` to it, and
        the `percentile` among the others' scatter.
    """

    factor_per_year: float
    low: float
    high: float
    line: pd.DataFrame
    runs: pd.DataFrame
    own: pd.DataFrame


def trend(compared: pd.DataFrame, developer: str | None = None) -> Trend:
    """Cost per unit of compute over the years, fitted without one developer.

    Parameters
    ----------
    compared
        Models as `compare` gives them.
    developer
        Whose disclosed runs are left out and held against the others' line; nobody's without.

    Returns
    -------
    Trend
        The line of the others, and the developer's runs beside it.

    Raises
    ------
    InputError
        If none of the models is of that developer.
    """
    known = compared[(compared.how == "disclosed") & compared.usd_per_zettaflop.notna()]
    runs = known.assign(year=year_of(known.release_date))
    if developer is not None and developer not in set(compared.developer):
        raise UnknownName(developer, "a developer of these models", compared.developer.unique())
    line = _Line.through(runs[runs.developer != developer])
    low, high = line.factor_interval()
    years = np.linspace(runs.year.min(), runs.year.max(), POINTS_OF_THE_LINE)
    return Trend(
        factor_per_year=float(np.exp(line.slope)),
        low=low,
        high=high,
        line=line.band(years),
        runs=runs,
        own=line.beside(runs[runs.developer == developer]),
    )


@dataclass(frozen=True)
class _Line:
    """Least squares of log cost on the year, every developer of the same weight."""

    origin: float
    slope: float
    middle_year: float
    residuals: pd.Series
    scale: float
    slope_error: float
    freedom: int

    @classmethod
    def through(cls, runs: pd.DataFrame) -> Self:
        weights = np.sqrt(developer_weights(runs.developer))  # they multiply errors, not squares
        years = runs.year - runs.year.mean()
        columns = np.column_stack([np.ones(len(runs)), years])
        target = np.log(runs.usd_per_zettaflop)
        weighted = columns * weights[:, np.newaxis], target * weights
        (origin, slope), *_ = np.linalg.lstsq(*weighted, rcond=None)
        residuals = target - columns @ np.array([origin, slope])
        scale = np.sqrt(np.sum(weights**2 * residuals**2) / np.sum(weights**2))
        slope_error = scale / np.sqrt(np.sum(weights**2 * years**2))
        freedom = runs.developer.nunique() - 2
        return cls(origin, slope, runs.year.mean(), residuals, scale, slope_error, freedom)

    @property
    def reach(self) -> float:
        """How many standard errors a 90 % interval reaches to each side."""
        return float(stdtrit(self.freedom, CENTRAL))

    def factor_interval(self) -> tuple[float, float]:
        """The 90 % interval of the factor a year."""
        error = self.reach * self.slope_error
        return float(np.exp(self.slope - error)), float(np.exp(self.slope + error))

    def at(self, years: np.ndarray | pd.Series) -> np.ndarray | pd.Series:
        """Log cost on the line."""
        return self.origin + self.slope * (years - self.middle_year)

    def band(self, years: np.ndarray) -> pd.DataFrame:
        """The line where nine in ten of single runs lie."""
        middle, reach = self.at(years), self.reach * self.scale
        ends = {"middle": middle, "low": middle - reach, "high": middle + reach}
        return pd.DataFrame({"year": years} | {name: np.exp(end) for name, end in ends.items()})

    def beside(self, runs: pd.DataFrame) -> pd.DataFrame:
        """Runs with what the line expects of them."""
        expected = np.exp(self.at(runs.year))
        gap = np.log(runs.usd_per_zettaflop / expected)
        below = [float((self.residuals < value).mean()) for value in gap]
        return runs.assign(expected=expected, ratio=np.exp(gap), percentile=below)
