"""What is public of a run before anyone knows its hours, and what a way to predict its efficiency
is fitted on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Self

import numpy as np
import pandas as pd

from analysis.data.chips import chip_rows, peak_flop_s
from analysis.data.tables import Evidence
from analysis.runs.references import (
    reference_runs,
    refuse_few_references,
    row_weights,
    year_of,
)

FIRST_YEAR_OF_HOPPER = 2022  # what its generation means
FOLDS = 5
# of a single run that does not say: the commonest length; only the richer candidates look at it
USUAL_LENGTH_TOKENS = 4096.0


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
    sparsity = (runs.params_total / runs.params_active).clip(lower=1.0)
    recent = chips.year >= FIRST_YEAR_OF_HOPPER
    return pd.DataFrame(
        {
            "log_active": np.log(runs.params_active.to_numpy(dtype=float)),
            "log_sparsity": np.log(sparsity.to_numpy()),
            "log_peak": np.log(peak_flop_s(chips).to_numpy()),
            "log_flop": np.log((runs.tokens * runs.flop_per_token).to_numpy()),
            "log_length": log_lengths(runs),
            "fp8": (runs.precision == "fp8").to_numpy(dtype=float),
            "year": year_of(runs.release_date).to_numpy(),
            "architecture": runs.architecture.to_numpy(),
            "generation": np.where(recent, "Hopper and later", "before Hopper"),
            "chip": runs.chip.to_numpy(),
            "developer": runs.developer.to_numpy(),
        }
    )


def log_lengths(runs: pd.DataFrame) -> np.ndarray:
    """Natural log of the sequence lengths of runs [tokens], an unknown one the median of the rest.

    >>> np.exp(log_lengths(pd.DataFrame({"seq_len_tokens": [2048.0, 8192.0, None]}))).round()
    array([2048., 8192., 5120.])
    """
    said = runs.seq_len_tokens.dropna()
    lengths = runs.seq_len_tokens.fillna(said.median() if len(said) else USUAL_LENGTH_TOKENS)
    return np.log(lengths.to_numpy(dtype=float))


@dataclass(frozen=True)
class Sample:
    """What a candidate is fitted on: a row a run, all parts in the same order."""

    features: pd.DataFrame
    log_mfu: np.ndarray
    weights: np.ndarray
    developers: pd.Series

    @cached_property
    def folds(self) -> pd.Series:
        """The fold of each row when strengths are chosen: developers stay whole."""
        return folds_of(self.developers)

    @classmethod
    def of(cls, runs: pd.DataFrame, hardware: pd.DataFrame) -> Self:
        """The sample of reference runs."""
        weights = row_weights(runs.developer, runs.trust)
        return cls(design(runs, hardware), np.log(runs.mfu.to_numpy()), weights, runs.developer)


@lru_cache(maxsize=64)
def sample_of(evidence: Evidence, exclude: tuple[str, ...]) -> tuple[pd.DataFrame, Sample]:
    """The reference runs without some developers, and what any candidate is fitted on."""
    runs, sample = _sample_of_all(evidence)
    kept = ~runs.developer.isin(exclude).to_numpy()
    runs = runs[kept].reset_index(drop=True)
    refuse_few_references(runs)
    features = sample.features[kept].reset_index(drop=True)
    # all else of a row is its own: a weight counts the rows of its developer
    features["log_length"] = log_lengths(runs)
    return runs, Sample(features, sample.log_mfu[kept], sample.weights[kept], runs.developer)


@lru_cache(maxsize=4)
def _sample_of_all(evidence: Evidence) -> tuple[pd.DataFrame, Sample]:
    runs = reference_runs(evidence)
    return runs, Sample.of(runs, evidence["hardware"])


def folds_of(developers: pd.Series) -> pd.Series:
    """The fold of each row: developers stay whole, and the largest go first, each into the fold
    that has the fewest rows.
    """
    rows = developers.value_counts().sort_index(ascending=False).sort_values(
        ascending=False, kind="stable"
    )  # fmt: skip
    filled, found = np.zeros(FOLDS), {}
    for developer, count in rows.items():
        found[developer] = int(np.argmin(filled))
        filled[found[developer]] += count
    return developers.map(found).reset_index(drop=True)
