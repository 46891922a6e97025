"""Training rates by the time of a step, shifted by how far measured rates lie from it.

The shift and the spread around it are found anew in each draw of the constants, from the rates of
other developers: a random-effects model with a fixed effect of mixtures, by the protocol.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
import pandas as pd

from analysis.data.protocol import kept_out, protocol
from analysis.data.tables import Evidence
from analysis.runs.basis import basis
from analysis.runs.measured_rates import measured_rates, predicted_rates, refuse_few_rates
from analysis.runs.random_effects import Fitted, RandomEffects, spreads_tried
from analysis.runs.references import reference_runs, refuse_few_references
from analysis.runs.step_constants import Constants, draw_constants

Between = float | Literal["bound"] | None  # None: as the protocol says
FIXED = ("mixture",)


@dataclass(frozen=True, eq=False)
class Shift:
    """How far measured rates lie from predicted ones, in logs.

    Parameters
    ----------
    rows
        Measured rates, as :func:`measured_rates` gives them.
    misses
        Log of measured over predicted rate, of shape (rows, draws).
    bound
        The spread between developers that is borrowed where a kind has few.
    fixed
        Columns of the fixed effects.
    """

    rows: pd.DataFrame
    misses: np.ndarray
    bound: float
    fixed: tuple[str, ...] = FIXED

    @cached_property
    def effects(self) -> list[str]:
        """The fixed effects that differ among the rows: no other can be found."""
        return [name for name in self.fixed if self.rows[name].nunique() > 1]

    @cached_property
    def groups(self) -> pd.DataFrame:
        """One row a group: its developer and the columns of the fixed effects."""
        columns = list(dict.fromkeys([protocol().groups.fold, "mixture", *self.fixed]))
        return self.rows.groupby("group", sort=False)[columns].first()

    @cached_property
    def group_means(self) -> np.ndarray:
        """Mean log miss of each group, of shape (draws, groups)."""
        frame = pd.DataFrame(self.misses).groupby(self.rows.group.to_numpy(), sort=False).mean()
        return frame.to_numpy().T

    @cached_property
    def spread_within(self) -> np.ndarray:
        """Pooled standard deviation of rows about their group's mean, of shape (draws,)."""
        codes = pd.factorize(self.rows.group)[0]
        about = self.misses - self.group_means.T[codes]
        freedom = len(self.rows) - len(self.groups)
        return np.sqrt(np.sum(about**2, axis=0) / freedom) if freedom else np.zeros(about.shape[1])

    def developers(self, mixture: bool) -> int:
        """How many developers measured rates of a kind."""
        own = self.groups[self.groups.mixture == float(mixture)]
        return int(own[protocol().groups.fold].nunique())

    def fitted(self, between: float | None = None) -> Fitted:
        """The random-effects model of the group means; with a spread between developers that is
        given, or found.
        """
        return self._fitted[between] if between in self._fitted else self._fit(between)

    @cached_property
    def _fitted(self) -> dict[float | None, Fitted]:
        return {}

    def _fit(self, between: float | None) -> Fitted:
        of_developers, of_groups = spreads_tried()
        model = RandomEffects(
            self._columns(self.groups),
            self.groups[protocol().groups.fold],
            of_developers if between is None else np.array([between]),
            of_groups,
        )
        return self._fitted.setdefault(between, model.fit(self.group_means))

    def _columns(self, rows: pd.DataFrame) -> np.ndarray:
        return np.column_stack([np.ones(len(rows)), rows[self.effects].to_numpy(dtype=float)])

    def of(self, rows: pd.DataFrame, between: Between = None) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the log miss of rows by one more developer, each of shape
        (rows, draws).
        """
        columns = np.column_stack([self._columns(rows), rows.mixture.to_numpy(dtype=float)])
        alike, which = np.unique(columns, axis=0, return_inverse=True)
        found = [self._of(row[:-1], bool(row[-1]), between) for row in alike]
        means, deviations = zip(*found, strict=True)
        return np.stack(means)[which], np.stack(deviations)[which]

    def _of(
        self, row: np.ndarray, mixture: bool, between: Between
    ) -> tuple[np.ndarray, np.ndarray]:
        few = self.developers(mixture) < protocol().shift.fewest_developers
        if between == "bound" or (between is None and few):
            between = self.bound
        mean, variance = self.fitted(between).predict(row)
        return mean, np.sqrt(variance + self.spread_within**2)


def shift_without(
    evidence: Evidence,
    exclude: Collection[str] = (),
    like: Collection[str] = (),
    developers_figures: bool = True,
) -> Shift:
    """The shift from the rates that count, some developers and architectures left out; found once
    for the same evidence.
    """
    names = tuple(sorted(exclude)), tuple(sorted(like))
    return _shift(basis(evidence), *names, developers_figures)


@lru_cache(maxsize=64)
def _shift(
    evidence: Evidence, exclude: tuple[str, ...], like: tuple[str, ...], developers_figures: bool
) -> Shift:
    rows, misses = misses_of(evidence, developers_figures)
    kept = ~(rows.who.isin(exclude) | rows.like.isin(like)).to_numpy()
    refuse_few_rates(rows[kept])
    return Shift(
        rows[kept].reset_index(drop=True), misses[kept], borrowed_spread(evidence, exclude)
    )


@lru_cache(maxsize=8)
def misses_of(
    evidence: Evidence, developers_figures: bool = True
) -> tuple[pd.DataFrame, np.ndarray]:
    """The rows that count, and the log of measured over predicted rate of each, (rows, draws)."""
    rows = measured_rates(evidence)
    rows = rows[~rows.beside].reset_index(drop=True)
    refuse_few_rates(rows)
    predicted = predicted_rates(rows, constants_of(evidence, developers_figures), evidence)
    return rows, np.log(rows.tokens_per_s_per_gpu.to_numpy()[:, None] / predicted)


@lru_cache(maxsize=8)
def constants_of(evidence: Evidence, developers_figures: bool = True) -> Constants:
    """The draws of all constants; made once for the same evidence."""
    return draw_constants(evidence.facts, developers_figures)


def borrowed_spread(evidence: Evidence, exclude: Collection[str] = ()) -> float:
    """The upper 90 % bound of the spread between developers, in the log MFU of the reference runs
    given their kind; found once for the same evidence.
    """
    return _borrowed_spread(basis(evidence), frozenset({*exclude, *kept_out()}))


@lru_cache(maxsize=64)
def _borrowed_spread(evidence: Evidence, exclude: frozenset[str]) -> float:
    runs = reference_runs(evidence, exclude=exclude)
    refuse_few_references(runs)
    mixture = (runs.architecture == "moe").to_numpy(dtype=float)
    kinds = [mixture] if np.ptp(mixture) else []  # of one kind alone no difference can be found
    model = RandomEffects(
        np.column_stack([np.ones(len(runs)), *kinds]),
        runs.developer,
        *spreads_tried(),
    )
    return model.upper_bound_between(np.log(runs.mfu.to_numpy()))
