"""Ways to predict the log MFU of a run from what is public of it, and how one is fitted.

All are linear in the values that they learn, so a fit is one system of equations, and a fit without
some rows follows from the one with all. Developers are clusters: a row weighs less the more its
developer has, and a strength is chosen by folds of whole developers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from analysis.data.facts import Facts
from analysis.runs.features import Sample
from analysis.runs.references import left_out

NUMBERS = ("log_active", "log_sparsity", "log_peak", "log_flop", "log_length", "fp8", "year")
FEW_COLUMNS = 10  # sums of their products are quicker to solve for each group than its rows
LEAST = 1e-6  # of a strength or a variance: columns of words add up to the column of ones


@dataclass(frozen=True)
class Candidate:
    """A way to predict log MFU: a regression on columns, with or without a penalty, or a Gaussian
    process over them.

    Attributes
    ----------
    rank
        Simpler candidates come first.
    uses
        What it looks at, in words.
    numbers, words
        Features that enter as they are, in standard deviations, and as a column for each word.
    tried
        Facts whose values and ends are strengths of the penalty, or length scales of a `smooth`
        one, to be chosen from; without any there is no penalty.
    smooth
        Whether it is a Gaussian process; that takes no weights of rows.
    """

    rank: int
    uses: str
    numbers: tuple[str, ...]
    words: tuple[str, ...]
    tried: tuple[str, ...]
    smooth: bool = False

    def strengths(self, facts: Facts) -> list[float]:
        """The strengths to be chosen from, the smallest first."""
        found = (facts.constant(name, "ratio", LEAST).written for name in self.tried)
        return sorted(set().union(*found)) or [0.0]


CANDIDATES = {
    "constant": Candidate(0, "nothing", (), (), ()),
    "by type": Candidate(
        1, "dense or mixture of experts", (), ("architecture",), ("penalty_on_types",)
    ),
    "by type and chip": Candidate(
        2,
        "and the chip's generation",
        (),
        ("architecture", "generation"),
        ("penalty_on_types",),
    ),
    "linear": Candidate(
        3,
        "all features, regularised",
        NUMBERS,
        ("architecture",),
        ("penalty_on_features", "strongest_penalty_on_features"),
    ),
    "pooled": Candidate(
        4,
        "all features, developers and chips as pooled effects",
        NUMBERS,
        ("architecture", "developer", "chip"),
        ("penalty_on_features",),
    ),
    "Gaussian process": Candidate(
        5, "all features, smooth", NUMBERS, (), ("smooth_length_scale",), smooth=True
    ),
}


@dataclass(frozen=True)
class Columns:
    """How features become columns, by those of a sample: a word that it does not have is none."""

    numbers: tuple[str, ...]
    means: np.ndarray
    deviations: np.ndarray
    words: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, candidate: Candidate, features: pd.DataFrame) -> Self:
        """The columns of a candidate."""
        numbers = features[[*candidate.numbers]].to_numpy(dtype=float)
        deviations = np.where(np.ptp(numbers, axis=0) > 0, numbers.std(axis=0), 1.0)
        return cls(
            candidate.numbers,
            numbers.mean(axis=0),
            deviations,
            {field: np.unique(features[field].to_numpy(dtype=str)) for field in candidate.words},
        )

    def encode(self, features: pd.DataFrame) -> np.ndarray:
        """The columns of some runs, of shape (runs, columns)."""
        numbers = features[[*self.numbers]].to_numpy(dtype=float)
        words = [
            (features[field].to_numpy(dtype=str)[:, None] == seen).astype(float)
            for field, seen in self.words.items()
        ]
        return np.hstack([(numbers - self.means) / self.deviations, *words])


@dataclass(frozen=True)
class Fitted:
    """A candidate on a sample, with a strength."""

    candidate: Candidate
    sample: Sample
    strength: float
    columns: Columns
    encoded: np.ndarray

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Log MFU of each run."""
        return self._taken(self.columns.encode(features)) @ self.sample.log_mfu

    def left_out(self, groups: pd.Series) -> np.ndarray:
        """Log MFU of each row of the sample by the same fit without the row's group: its residual
        grows by what the group saw of itself. Columns stay as they are.
        """
        if self.encoded.shape[1] < FEW_COLUMNS and not self.candidate.smooth:
            return self._left_out_by_sums(groups)
        values, taken = self.sample.log_mfu, self._taken_of_sample
        residuals = values - taken @ values

        def predict(_: str, own: np.ndarray) -> np.ndarray:
            unseen = np.eye(own.sum()) - taken[np.ix_(own, own)]
            return values[own] - np.linalg.solve(unseen, residuals[own])

        return left_out(groups, predict)

    def _left_out_by_sums(self, groups: pd.Series) -> np.ndarray:
        """The same where columns are few, by the sums that a fit solves: what remains of those of
        all rows less a group's own is the fit without it.
        """
        codes, _ = pd.factorize(groups)
        columns = _with_ones(self.encoded)
        weighed = columns * self.sample.weights[:, None]
        products = _sums(weighed[:, :, None] * columns[:, None, :], codes)
        targets = _sums(weighed * self.sample.log_mfu[:, None], codes)[..., None]
        without = products.sum(axis=0) - products + self._penalty
        learnt = np.linalg.solve(without, targets.sum(axis=0) - targets)[..., 0]
        return (columns * learnt[codes]).sum(axis=1)

    @property
    def _penalty(self) -> np.ndarray:
        """On every column but the first, of ones."""
        return np.diag(np.r_[0.0, np.full(self.encoded.shape[1], self.strength)])

    @cached_property
    def _taken_of_sample(self) -> np.ndarray:
        return self._taken(self.encoded)

    def _taken(self, encoded: np.ndarray) -> np.ndarray:
        """What the prediction of each run takes of each value of the sample: (runs, sample)."""
        if self.candidate.smooth:
            noise = self._variance("smooth_noise_variance") * np.eye(len(self.encoded))
            noisy = self._covariance(self.encoded) + noise
            return np.linalg.solve(noisy, self._covariance(encoded)).T
        columns = _with_ones(self.encoded)
        weighed = columns.T * self.sample.weights
        return _with_ones(encoded) @ np.linalg.solve(weighed @ columns + self._penalty, weighed)

    def _covariance(self, encoded: np.ndarray) -> np.ndarray:
        squares = ((self.encoded[:, None] - encoded[None]) ** 2).sum(axis=2)
        signal = self._variance("smooth_signal_variance")
        return signal * np.exp(-squares / (2.0 * self.strength**2))

    def _variance(self, fact: str) -> float:
        return self.sample.facts.constant(fact, "ratio", LEAST).value


def _sums(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Sums over the rows of each group, by the number of the group."""
    flat = values.reshape(len(values), -1)
    sums = np.stack([np.bincount(codes, column) for column in flat.T], axis=1)
    return sums.reshape(-1, *values.shape[1:])


def _with_ones(encoded: np.ndarray) -> np.ndarray:
    return np.hstack([np.ones((len(encoded), 1)), encoded])


def fitted(candidate: Candidate, sample: Sample) -> Fitted:
    """The candidate with the strength that misses least over folds of whole developers, on the
    whole sample.

    Columns are encoded once for all folds: what a fold has not seen is a column of zeros in it.
    """
    columns = Columns.of(candidate, sample.features)
    encoded = columns.encode(sample.features)
    tried = [
        Fitted(candidate, sample, strength, columns, encoded)
        for strength in candidate.strengths(sample.facts)
    ]
    if len(tried) == 1:
        return tried[0]
    folds = sample.folds

    def error(fit: Fitted) -> float:
        errors = np.abs(sample.log_mfu - fit.left_out(folds))
        sums, rows = np.bincount(folds, errors), np.bincount(folds)
        return float((sums[rows > 0] / rows[rows > 0]).mean())

    return min(tried, key=error)
