"""Efficiency (MFU) of a pre-training run that nobody disclosed, from those that somebody did.

Fitted on the log MFU of disclosed runs, attention and vocabulary counted. Developers are clusters:
a developer weighs as the square root of its rows, every comparison leaves out a whole developer,
and intervals are calibrated by developer with residuals that no fit has seen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

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

from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution
from analysis.runs.references import developer_weights, reference_runs, row_weights

NUMBERS = ["log_active", "log_sparsity", "log_peak", "log_flop", "log_length", "fp8", "year"]


FOLDS = 5


CHOSEN = "by kind"  # by `choice` on the backtest, once; a test holds it to that


BEYOND = ["log_active", "log_flop"]


KIND_WORDS = {"dense": "dense", "moe": "mixture-of-experts"}


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


def _one_hot(*fields: str) -> tuple[OneHotEncoder, list[str]]:
    return OneHotEncoder(handle_unknown="ignore", sparse_output=False), list(fields)


def candidates() -> dict[str, Candidate]:
    """The candidates, from the simplest to the richest."""
    plain = make_column_transformer((StandardScaler(), NUMBERS), _one_hot("architecture"))
    kernel = ConstantKernel(0.1) * RBF(3.0) + WhiteKernel(0.08)
    kind = make_column_transformer(_one_hot("architecture"))
    chip = make_column_transformer(_one_hot("architecture", "generation"))
    pooled = make_column_transformer(
        (StandardScaler(), NUMBERS), _one_hot("architecture", "developer", "chip")
    )
    smooth = make_column_transformer((StandardScaler(), NUMBERS))
    light, strong = {"alpha": [0.3, 1.0, 3.0]}, {"alpha": [3.0, 10.0, 30.0]}
    return {
        "constant": Candidate(0, kind, DummyRegressor(), {}, "nothing"),
        "by kind": Candidate(1, kind, Ridge(), light, "dense or mixture of experts"),
        "by kind and chip": Candidate(2, chip, Ridge(), light, "and the chip's generation"),
        "linear": Candidate(
            3, plain, Ridge(), {"alpha": [3.0, 10.0, 30.0, 100.0]}, "all features, regularised"
        ),
        "pooled": Candidate(
            4, pooled, Ridge(), strong, "all features, developers and chips as pooled effects"
        ),
        "Gaussian process": Candidate(
            5,
            smooth,
            GaussianProcessRegressor(kernel, optimizer=None),
            {"kernel__k1__k2__length_scale": [2.0, 5.0]},
            "all features, smooth",
        ),
    }


def design(runs: pd.DataFrame, hardware: pd.DataFrame) -> pd.DataFrame:
    """Features of runs: what is public of a run before anyone knows its hours.

    `runs` has the columns of training_runs.csv that are used here, and `flop_per_token`; unknown
    sequence lengths take the median, and a chip that hardware.csv does not hold has no peak here.
    """
    chips = hardware.set_index("chip").reindex(runs.chip).reset_index()
    peak = chips.peak_bf16_dense_tflops.fillna(chips.peak_fp16_dense_tflops).to_numpy()
    dates = pd.to_datetime(runs.release_date)
    lengths = runs.seq_len_tokens.fillna(
        runs.seq_len_tokens.median() if runs.seq_len_tokens.notna().any() else 4096.0
    )
    return pd.DataFrame(
        {
            "log_active": np.log(runs.params_active.to_numpy()),
            "log_sparsity": np.log(
                (runs.params_total / runs.params_active).clip(lower=1.0).to_numpy()
            ),
            "log_peak": np.log(peak),
            "log_flop": np.log((runs.tokens * runs.flop_per_token).to_numpy()),
            "log_length": np.log(lengths.to_numpy(dtype=float)),
            "fp8": (runs.precision == "fp8").to_numpy(dtype=float),
            "year": (dates.dt.year + dates.dt.dayofyear / 365.25).to_numpy(),
            "architecture": runs.architecture.to_numpy(),
            "generation": np.where(chips.year >= 2022, "Hopper and later", "before Hopper"),
            "chip": runs.chip.to_numpy(),
            "developer": runs.developer.to_numpy(),
        }
    )


class Estimator:
    """A candidate fitted on the runs of all developers but some."""

    def __init__(
        self, evidence: Evidence, exclude: Collection[str] = (), name: str = CHOSEN
    ) -> None:
        runs = reference_runs(evidence["training_runs"], evidence["hardware"])
        self.hardware = evidence["hardware"]
        self.runs = runs[~runs.developer.isin(exclude)].reset_index(drop=True)
        self.features = design(self.runs, self.hardware)
        self.target = np.log(self.runs.mfu.to_numpy())
        self.weights = row_weights(self.runs)
        self.model = fitted(
            candidates()[name], self.features, self.target, self.weights, self.runs.developer
        )

    @cached_property
    def misses(self) -> tuple[np.ndarray, np.ndarray]:
        """Absolute log errors with each run's developer left out, rising, and the share of
        developers within each.

        Every developer weighs the same, and one more, never within, stands for the one that is
        predicted (split conformal prediction by group, Dunn et al., arXiv:1809.07441).
        """
        errors = np.abs(
            self.target
            - leave_out(self.model, self.features, self.target, self.weights, self.runs.developer)
        )
        order = np.argsort(errors)
        cumulated = np.cumsum(developer_weights(self.runs.developer)[order])
        return np.r_[0.0, errors[order]], np.r_[0.0, cumulated / (cumulated[-1] + 1.0)]

    def predict(self, runs: pd.DataFrame) -> list[Distribution]:
        """MFU of runs whose hours are not known, each a calibrated distribution, wider where less
        like it was seen.
        """
        features = design(runs, self.hardware)
        log_mfu = self.model.predict(features)
        spreads = self.spreads(features)
        misses, coverage = (tuple(float(value) for value in values) for values in self.misses)
        basis = {
            kind: f"estimator on {len(self.runs)} runs, of them {count} {KIND_WORDS[kind]} of {developers} developers"
            for kind, count, developers in self.runs.groupby("architecture")
            .developer.agg(["count", "nunique"])
            .itertuples()
        }
        return [
            Distribution(
                "log_conformal",
                0.0,
                0.99,
                basis[kind],
                False,
                float(centre),
                float(spread),
                1.0,
                misses,
                coverage,
            )
            for centre, spread, kind in zip(log_mfu, spreads, features.architecture, strict=True)
        ]

    def spreads(self, features: pd.DataFrame) -> np.ndarray:
        """How much wider than usual an interval is [1]: by how far a run lies beyond the ranges
        that were seen.

        Size and work beyond the largest run seen, in natural logs, add to the width; within, it is
        one.
        """
        seen = self.features[BEYOND]
        beyond = (features[BEYOND] - seen.max()).clip(lower=0.0) + (
            seen.min() - features[BEYOND]
        ).clip(lower=0.0)
        unseen_chip = ~features.chip.isin(self.features.chip)
        return (1.0 + 0.1 * beyond.sum(axis=1) + 0.1 * unseen_chip).to_numpy(dtype=float)


def estimator_for(evidence: Evidence, exclude: Collection[str] = ()) -> Estimator:
    """The chosen estimator without some developers; fitted once for the same evidence."""
    return _estimator(evidence, tuple(sorted(exclude)))


@lru_cache(maxsize=128)
def _estimator(evidence: Evidence, exclude: tuple[str, ...]) -> Estimator:
    return Estimator(evidence, exclude)


def _unchecked() -> AbstractContextManager[None]:
    """Rows are checked when they are loaded; thousands of small fits would check them again."""
    return sklearn.config_context(assume_finite=True, skip_parameter_validation=True)


def fitted(
    candidate: Candidate,
    features: pd.DataFrame,
    target: np.ndarray,
    weights: np.ndarray,
    developers: pd.Series,
) -> Pipeline:
    """The candidate with its grid chosen by folds of whole developers, fitted on all rows given.

    Columns are encoded once for all folds: what a fold has not seen is a column of zeros in it.
    """
    columns = clone(candidate.columns).fit(features)
    encoded = columns.transform(features)
    with _unchecked():
        model = _chosen(candidate, encoded, target, weights, developers)
        model.fit(encoded, target, **_weighted(model, weights))
    return Pipeline([("columns", columns), ("model", model)])


def _chosen(
    candidate: Candidate,
    encoded: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray,
    developers: pd.Series,
) -> BaseEstimator:
    """The candidate's model with the values of its grid that miss least over folds of whole
    developers.

    The choice that GridSearchCV makes, without its bookkeeping, which weighs more than fits as
    small as these.
    """
    models = [
        clone(candidate.model).set_params(**values) for values in ParameterGrid(candidate.grid)
    ]
    if len(models) == 1:
        return models[0]
    folds = list(GroupKFold(FOLDS).split(encoded, target, developers.to_numpy()))

    def miss(model: BaseEstimator) -> float:
        misses = [
            np.abs(
                target[test]
                - _refit(model, encoded[train], target[train], weights[train]).predict(
                    encoded[test]
                )
            ).mean()
            for train, test in folds
        ]
        return float(np.mean(misses))

    return min(models, key=miss)


def _refit(
    model: BaseEstimator, encoded: np.ndarray, target: np.ndarray, weights: np.ndarray
) -> BaseEstimator:
    return clone(model).fit(encoded, target, **_weighted(model, weights))


def leave_out(
    model: Pipeline,
    features: pd.DataFrame,
    target: np.ndarray,
    weights: np.ndarray,
    developers: pd.Series,
) -> np.ndarray:
    """Prediction of each row by the same model fitted without the row's developer; columns stay
    encoded as they are.
    """
    encoded, predicted = model["columns"].transform(features), np.empty(len(target))
    for developer in developers.unique():
        inside = (developers == developer).to_numpy()
        with _unchecked():
            refit = _refit(model["model"], encoded[~inside], target[~inside], weights[~inside])
            predicted[inside] = refit.predict(encoded[inside])
    return predicted


def _weighted(model: BaseEstimator, weights: np.ndarray) -> dict[str, np.ndarray]:
    """The weights as a model takes them; a Gaussian process takes none."""
    return {} if isinstance(model, GaussianProcessRegressor) else {"sample_weight": weights}
