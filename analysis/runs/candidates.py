"""Ways to predict the log MFU of a run from what is public of it, and how one is fitted.

Developers are clusters: a developer weighs as the square root of its rows, and a grid is chosen by
folds of whole developers.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
import sklearn
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.dummy import DummyRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, ParameterGrid
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from analysis.data.chips import chip_rows, peak_flop_s
from analysis.runs.references import left_out, row_weights, year_of

NUMBERS = ["log_active", "log_sparsity", "log_peak", "log_flop", "log_length", "fp8", "year"]
FOLDS = 5
FIRST_YEAR_OF_HOPPER = 2022
# of a single run that does not say: the commonest length; only the richer candidates look at it
USUAL_LENGTH_TOKENS = 4096.0


@dataclass(frozen=True)
class Candidate:
    """A way to predict log MFU; `rank` orders by simplicity, `grid` of the model is chosen within
    each fit.
    """

    rank: int
    columns: ColumnTransformer
    model: BaseEstimator
    grid: Mapping[str, list[Any]]
    uses: str


def candidates() -> dict[str, Candidate]:
    """The candidates, from the simplest to the richest.

    Grids and kernel were set once, before the backtest: strengths a factor of about three apart;
    over standardised columns, a signal variance of 0.1 and a noise of 0.08 share the variance of
    log MFU among runs.
    """
    numbers = (StandardScaler(), NUMBERS)
    kernel = ConstantKernel(0.1) * RBF(3.0) + WhiteKernel(0.08)
    light, strong = {"alpha": [0.3, 1.0, 3.0]}, {"alpha": [3.0, 10.0, 30.0]}
    kind = make_column_transformer(_one_hot("architecture"))
    chip = make_column_transformer(_one_hot("architecture", "generation"))
    plain = make_column_transformer(numbers, _one_hot("architecture"))
    pooled = make_column_transformer(numbers, _one_hot("architecture", "developer", "chip"))
    return {
        "constant": Candidate(0, kind, DummyRegressor(), {}, "nothing"),
        "by type": Candidate(1, kind, Ridge(), light, "dense or mixture of experts"),
        "by type and chip": Candidate(2, chip, Ridge(), light, "and the chip's generation"),
        "linear": Candidate(
            3, plain, Ridge(), {"alpha": [3.0, 10.0, 30.0, 100.0]}, "all features, regularised"
        ),
        "pooled": Candidate(
            4, pooled, Ridge(), strong, "all features, developers and chips as pooled effects"
        ),
        "Gaussian process": Candidate(
            5,
            make_column_transformer(numbers),
            GaussianProcessRegressor(kernel, optimizer=None),
            {"kernel__k1__k2__length_scale": [2.0, 5.0]},
            "all features, smooth",
        ),
    }


def _one_hot(*fields: str) -> tuple[OneHotEncoder, list[str]]:
    return OneHotEncoder(handle_unknown="ignore", sparse_output=False), list(fields)


def design(runs: pd.DataFrame, hardware: pd.DataFrame) -> pd.DataFrame:
    """Features of runs: what is public of a run before anyone knows its hours.

    Parameters
    ----------
    runs
        Rows with the columns of training_runs.csv that are used here, and `flop_per_token`.
    hardware
        The chips; one that is not among them has no peak here.

    Returns
    -------
    DataFrame
        A row a run: natural logs of its sizes, its `year`, and the words it is known by. Unknown
        sequence lengths take the median.
    """
    chips = chip_rows(runs.chip, hardware).reset_index()
    said = runs.seq_len_tokens.dropna()
    lengths = runs.seq_len_tokens.fillna(said.median() if len(said) else USUAL_LENGTH_TOKENS)
    sparsity = (runs.params_total / runs.params_active).clip(lower=1.0)
    recent = chips.year >= FIRST_YEAR_OF_HOPPER
    return pd.DataFrame(
        {
            "log_active": np.log(runs.params_active.to_numpy()),
            "log_sparsity": np.log(sparsity.to_numpy()),
            "log_peak": np.log(peak_flop_s(chips).to_numpy()),
            "log_flop": np.log((runs.tokens * runs.flop_per_token).to_numpy()),
            "log_length": np.log(lengths.to_numpy(dtype=float)),
            "fp8": (runs.precision == "fp8").to_numpy(dtype=float),
            "year": year_of(runs.release_date).to_numpy(),
            "architecture": runs.architecture.to_numpy(),
            "generation": np.where(recent, "Hopper and later", "before Hopper"),
            "chip": runs.chip.to_numpy(),
            "developer": runs.developer.to_numpy(),
        }
    )


@dataclass(frozen=True)
class Sample:
    """What a candidate is fitted on: a row a run, all parts in the same order."""

    features: pd.DataFrame
    log_mfu: np.ndarray
    weights: np.ndarray
    developers: pd.Series

    @classmethod
    def of(cls, runs: pd.DataFrame, hardware: pd.DataFrame) -> Self:
        """The sample of reference runs."""
        weights = row_weights(runs.developer, runs.trust)
        return cls(design(runs, hardware), np.log(runs.mfu.to_numpy()), weights, runs.developer)

    def rows(self, chosen: np.ndarray) -> Sample:
        """Some of the rows."""
        return Sample(
            self.features[chosen],
            self.log_mfu[chosen],
            self.weights[chosen],
            self.developers[chosen],
        )


def fitted(candidate: Candidate, sample: Sample) -> Pipeline:
    """The candidate with its grid chosen by folds of whole developers, fitted on the whole sample.

    Columns are encoded once for all folds: what a fold has not seen is a column of zeros in it.
    """
    columns = clone(candidate.columns).fit(sample.features)
    encoded = columns.transform(sample.features)
    with _unchecked():
        model = _fit(_chosen(candidate, encoded, sample), encoded, sample)
    return Pipeline([("columns", columns), ("model", model)])


def predictions_left_out(model: Pipeline, sample: Sample, groups: pd.Series) -> np.ndarray:
    """Predicted log MFU of each row by the same model fitted without the row's group; columns stay
    encoded as they are.
    """
    encoded = model["columns"].transform(sample.features)
    return _left_out_of(smoother(model["model"], encoded, sample.weights), sample.log_mfu, groups)


def smoother(model: BaseEstimator, encoded: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What the prediction of each row takes of the value of each, of shape (rows, rows).

    All candidates are linear in the values that they learn, so a fit without some rows follows from
    the one with all, and nothing is fitted again.
    """
    if isinstance(model, GaussianProcessRegressor):
        noisy = model.kernel(encoded) + model.alpha * np.eye(len(encoded))
        return np.linalg.solve(noisy, model.kernel(encoded, encoded)).T
    ones = np.ones((len(encoded), 1))
    ridge = isinstance(model, Ridge)
    columns = np.hstack([ones, encoded]) if ridge else ones
    pulled = np.r_[0.0, np.full(columns.shape[1] - 1, model.alpha if ridge else 0.0)]
    weighed = columns.T * weights
    return columns @ np.linalg.solve(weighed @ columns + np.diag(pulled), weighed)


def _left_out_of(smoothing: np.ndarray, values: np.ndarray, groups: pd.Series) -> np.ndarray:
    """Each row predicted without its group: its residual grows by what the group saw of itself."""
    residuals = values - smoothing @ values

    def predict(_: str, own: np.ndarray) -> np.ndarray:
        unseen = np.eye(own.sum()) - smoothing[np.ix_(own, own)]
        return values[own] - np.linalg.solve(unseen, residuals[own])

    return left_out(groups, predict)


def _chosen(candidate: Candidate, encoded: np.ndarray, sample: Sample) -> BaseEstimator:
    """The candidate's model with the values of its grid that miss least over folds of whole
    developers: the choice that GridSearchCV makes.
    """
    models = [
        clone(candidate.model).set_params(**values) for values in ParameterGrid(candidate.grid)
    ]
    if len(models) == 1:
        return models[0]
    folds = _folds(sample.developers)

    def error(model: BaseEstimator) -> float:
        smoothing = smoother(model, encoded, sample.weights)
        errors = np.abs(sample.log_mfu - _left_out_of(smoothing, sample.log_mfu, folds))
        return float(pd.Series(errors).groupby(folds).mean().mean())

    return min(models, key=error)


def _folds(developers: pd.Series) -> pd.Series:
    """The fold of each row: developers stay whole."""
    found = np.zeros(len(developers), dtype=int)
    split = GroupKFold(FOLDS).split(found, groups=developers.to_numpy())
    for number, (_, test) in enumerate(split):
        found[test] = number
    return pd.Series(found).astype(str)


def _fit(model: BaseEstimator, encoded: np.ndarray, sample: Sample) -> BaseEstimator:
    """A copy of the model fitted, weighted; a Gaussian process takes no weights."""
    weighted = not isinstance(model, GaussianProcessRegressor)
    weights = {"sample_weight": sample.weights} if weighted else {}
    return clone(model).fit(encoded, sample.log_mfu, **weights)


def _unchecked() -> AbstractContextManager[None]:
    """Rows are checked when they are loaded; thousands of small fits would check them again."""
    return sklearn.config_context(assume_finite=True, skip_parameter_validation=True)
