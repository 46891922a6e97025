"""What is public of a run before anyone knows its hours, and what a way to predict its efficiency
is fitted on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Self

import numpy as np
import pandas as pd

from analysis.data.chips import chip_rows, peak_flop_s
from analysis.data.facts import Facts
from analysis.data.tables import Evidence
from analysis.runs.references import (
    each_developer,
    reference_runs,
    refuse_few_references,
    row_weights,
    year_of,
)


def design(runs: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Features of runs: what is public of a run before anyone knows its hours.

    Parameters
    ----------
    runs
        Rows with the columns of training_runs.csv that are used here, and `flop_per_token`.
    evidence
        The tables; a chip that is not among theirs has no peak here.

    Returns
    -------
    DataFrame
        A row a run: natural logs of its sizes, its `year`, and the words it is known by. Unknown
        sequence lengths take the median.
    """
    chips = chip_rows(runs.chip, evidence["hardware"]).reset_index()
    sparsity = (runs.params_total / runs.params_active).clip(lower=1.0)
    recent = chips.year >= evidence.facts.constant("newer_chips_from_year", "years").value
    return pd.DataFrame(
        {
            "log_active": np.log(runs.params_active.to_numpy(dtype=float)),
            "log_sparsity": np.log(sparsity.to_numpy()),
            "log_peak": np.log(peak_flop_s(chips).to_numpy()),
            "log_flop": np.log((runs.tokens * runs.flop_per_token).to_numpy()),
            "log_length": log_lengths(runs, evidence.facts),
            "fp8": (runs.precision == "fp8").to_numpy(dtype=float),
            "year": year_of(runs.release_date).to_numpy(),
            "architecture": runs.architecture.to_numpy(),
            "generation": np.where(recent, "Hopper and later", "before Hopper"),
            "chip": runs.chip.to_numpy(),
            "developer": runs.developer.to_numpy(),
        }
    )


def log_lengths(runs: pd.DataFrame, facts: Facts) -> np.ndarray:
    """Natural log of the sequence lengths of runs [tokens], an unknown one the median of the rest,
    or the usual length where none is known.

    >>> from analysis.data.tables import Evidence
    >>> runs = pd.DataFrame({"seq_len_tokens": [2048.0, 8192.0, None]})
    >>> np.exp(log_lengths(runs, Evidence.load().facts)).round()
    array([2048., 8192., 5120.])
    """
    said = runs.seq_len_tokens.dropna()
    usual = facts.constant("usual_length_tokens", "tokens").value
    lengths = runs.seq_len_tokens.fillna(said.median() if len(said) else usual)
    return np.log(lengths.to_numpy(dtype=float))


def designs_by_developer(
    runs: pd.DataFrame, evidence: Evidence
) -> Iterator[tuple[str, np.ndarray, pd.DataFrame]]:
    """Each developer once, with which of the runs are its own and their features, as :func:`design`
    gives them for these alone.
    """
    features = design(runs, evidence)
    for developer, own in each_developer(runs.developer):
        lengths = log_lengths(runs[own], evidence.facts)
        yield developer, own, features[own].assign(log_length=lengths)


@dataclass(frozen=True)
class Sample:
    """What a candidate is fitted on: a row a run, all parts in the same order; and the facts, which
    hold what a fit assumes.
    """

    features: pd.DataFrame
    log_mfu: np.ndarray
    weights: np.ndarray
    developers: pd.Series
    facts: Facts

    @cached_property
    def folds(self) -> pd.Series:
        """The fold of each row when strengths are chosen: developers stay whole."""
        return folds_of(self.developers, self.facts)

    @classmethod
    def of(cls, runs: pd.DataFrame, evidence: Evidence) -> Self:
        """The sample of reference runs."""
        power = evidence.facts.constant("power_of_a_developers_rows", "ratio").value
        weights = row_weights(runs.developer, runs.trust, power)
        features, log_mfu = design(runs, evidence), np.log(runs.mfu.to_numpy())
        return cls(features, log_mfu, weights, runs.developer, evidence.facts)


@lru_cache(maxsize=64)
def sample_of(evidence: Evidence, exclude: tuple[str, ...]) -> tuple[pd.DataFrame, Sample]:
    """The reference runs without some developers, and what any candidate is fitted on."""
    runs, sample = _sample_of_all(evidence)
    kept = ~runs.developer.isin(exclude).to_numpy()
    runs = runs[kept].reset_index(drop=True)
    refuse_few_references(runs)
    features = sample.features[kept].reset_index(drop=True)
    # all else of a row is its own: a weight counts the rows of its developer
    features["log_length"] = log_lengths(runs, evidence.facts)
    log_mfu, weights = sample.log_mfu[kept], sample.weights[kept]
    return runs, Sample(features, log_mfu, weights, runs.developer, evidence.facts)


@lru_cache(maxsize=4)
def _sample_of_all(evidence: Evidence) -> tuple[pd.DataFrame, Sample]:
    runs = reference_runs(evidence)
    return runs, Sample.of(runs, evidence)


def folds_of(developers: pd.Series, facts: Facts) -> pd.Series:
    """The fold of each row: developers stay whole, and the largest go first, each into the fold
    that has the fewest rows. Of more folds than developers the rest would be empty.
    """
    folds = facts.constant("folds_of_developers", "count", least=2).value
    rows = developers.value_counts().sort_index(ascending=False).sort_values(
        ascending=False, kind="stable"
    )  # fmt: skip
    filled, found = np.zeros(int(min(folds, len(rows)))), {}
    for developer, count in rows.items():
        found[developer] = int(np.argmin(filled))
        filled[found[developer]] += count
    return developers.map(found).reset_index(drop=True)
