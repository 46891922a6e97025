"""A linear model with developers as random effects, by restricted maximum likelihood (REML).

Values are explained by known columns, by what the rows of one developer share, and by what is each
row's own. Both spreads are found on a grid, so that many value columns are fitted at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.data.protocol import protocol

DRAWS_AT_ONCE = 16  # few enough that a processor keeps them at hand
BOUND_90 = 1.6424  # one-sided, of twice a log likelihood: 1.2816 squared


@dataclass(frozen=True)
class Fitted:
    """What was found, for each of several value columns (draws).

    `coefficients` of shape (draws, columns), `covariance` (draws, columns, columns), the spreads
    `between` developers and of single rows `within`, each (draws,).
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    between: np.ndarray
    within: np.ndarray

    def predict(self, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of one more row of one more developer, each of shape (draws,)."""
        mean = self.coefficients @ row
        uncertain = np.einsum("i,dij,j->d", row, self.covariance, row)
        return mean, uncertain + self.between**2 + self.within**2


def spreads_tried() -> tuple[np.ndarray, np.ndarray]:
    """Grids of the spread between developers and of what is each row's own [log], by the rules.

    >>> [(len(grid), float(grid.max())) for grid in spreads_tried()]
    [(41, 0.8), (40, 0.8)]
    """
    rules = protocol().shift
    return np.linspace(*rules.spread_between_developers), np.linspace(*rules.spread_between_groups)


class RandomEffects:
    """The model for one set of rows.

    Parameters
    ----------
    columns
        Known columns, of shape (rows, columns).
    developers
        The developer of each row.
    between, within
        Grids of the spread between developers and of single rows.

    Notes
    -----
    Source: Patterson and Thompson, Biometrika 58 (1971), 545-554.
    """

    def __init__(
        self,
        columns: np.ndarray,
        developers: pd.Series,
        between: np.ndarray,
        within: np.ndarray,
    ) -> None:
        self.columns = columns
        self.member = pd.get_dummies(developers).to_numpy(dtype=float)  # (rows, developers)
        self.grid = np.stack(np.meshgrid(between, within, indexing="ij"), -1).reshape(-1, 2)

    @cached_property
    def _shared(self) -> np.ndarray:
        """How much of what a developer's rows share counts once, of shape (grid, developers)."""
        between, within = (self.grid[:, [i]] ** 2 for i in (0, 1))
        return between / (within + self.member.sum(axis=0) * between)

    @cached_property
    def _covariance(self) -> np.ndarray:
        """Of the coefficients, of shape (grid, columns, columns)."""
        squares = self.columns.T @ self.columns
        shared = np.einsum("gd,di,dj->gij", self._shared, self._sums, self._sums)
        return np.linalg.inv(squares - shared) * self._within_squared[:, None]

    @cached_property
    def _sums(self) -> np.ndarray:
        """Of each column over each developer's rows, of shape (developers, columns)."""
        return self.member.T @ self.columns

    @cached_property
    def _precision(self) -> np.ndarray:
        """Of what the columns explain, of shape (grid, columns, columns)."""
        return self._covariance / self._within_squared[:, None] ** 2

    @property
    def _within_squared(self) -> np.ndarray:
        return self.grid[:, [1]] ** 2

    @cached_property
    def _penalty(self) -> np.ndarray:
        """Twice the part of the log likelihood that no value enters, of shape (grid,)."""
        count = self.member.sum(axis=0)
        between = self.grid[:, [0]] ** 2
        own = (len(self.columns) - len(count)) * np.log(self._within_squared[:, 0])
        developers = np.log(self._within_squared + count * between).sum(axis=1)
        return np.linalg.slogdet(self._covariance)[1] - own - developers

    def log_likelihood(self, values: np.ndarray) -> np.ndarray:
        """REML log likelihood less a constant, of shape (draws, grid), for values (draws, rows)."""
        own, of_developers = values @ self.columns, values @ self.member
        squares = np.sum(values**2, axis=1) - self._shared @ of_developers.T**2
        explained = [
            own[:, i] - self._shared @ (of_developers * self._sums[:, i]).T
            for i in range(len(own.T))
        ]
        found = self._penalty[:, None] - squares / self._within_squared
        for i, j in np.ndindex(self._precision.shape[1:]):
            found += self._precision[:, i, j, None] * explained[i] * explained[j]
        return 0.5 * found.T

    def fit(self, values: np.ndarray) -> Fitted:
        """The likeliest spreads of each draw, and the coefficients that they give."""
        parts = np.array_split(values, -(-len(values) // DRAWS_AT_ONCE))
        best = np.concatenate([self.log_likelihood(part).argmax(axis=1) for part in parts])
        covariance, shared = self._covariance[best], self._shared[best]
        explained = values @ self.columns - (shared * (values @ self.member)) @ self._sums
        explained /= self._within_squared[best]
        coefficients = np.einsum("kij,kj->ki", covariance, explained)
        return Fitted(coefficients, covariance, *self.grid[best].T)

    def upper_bound_between(self, values: np.ndarray) -> float:
        """The largest spread between developers that is not refuted at 90 %, for one draw."""
        likelihood = self.log_likelihood(values[None])[0]
        profile = pd.Series(likelihood).groupby(self.grid[:, 0]).max()
        return float(profile.index[2.0 * (profile.max() - profile) <= BOUND_90].max())
