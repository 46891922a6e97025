"""Which disclosed runs may serve as references, on one FLOP basis, how much each weighs, and the
one loop that leaves a developer out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.data.chips import peaks_of
from analysis.data.facts import Facts
from analysis.data.mistakes import InputError, refuse_few
from analysis.data.tables import Evidence
from analysis.physics.durations import DAYS_PER_YEAR
from analysis.physics.flop import (
    TRAINING_FLOP_PER_PARAMETER,
    flop_per_token,
    flop_per_token_from_dimensions,
)
from analysis.physics.training import mfu
from analysis.runs.configurations import configuration_of

TABLE = "training_runs.csv"
NEEDED = ("params_active", "tokens", "gpu_hours")  # without which a row is no reference
HOURS_ARE = ("run", "rounded", "computed", "upper_bound", "with_other_work", "from_energy")


def reference_runs(
    evidence: Evidence, kind: str | None = None, exclude: Collection[str] = ()
) -> pd.DataFrame:
    """The runs that may serve as references, with their FLOP per token and MFU on one basis.

    A row serves if it has no reason against it, parameters enough to be like a large run, and
    tokens, hours and chip.

    Parameters
    ----------
    evidence
        The tables.
    kind
        `dense` or `moe`; both without.
    exclude
        Developers whose runs are left out.

    Returns
    -------
    DataFrame
        The rows, numbered from zero, with `flop_per_token` [FLOP], `mfu` [1] on the dense BF16
        peak, and `trust` [1] in their hours.

    Raises
    ------
    InputError
        If no run is left.
    """
    usable = _usable(evidence)
    others = usable[~usable.developer.isin(exclude)]
    refuse_few_references(others, fewest=1)
    return others[others.architecture == (kind or others.architecture)].reset_index(drop=True)


def refuse_few_references(runs: pd.DataFrame, fewest: int = 2) -> None:
    """Refuse reference runs of too few developers to compare a run with."""
    needs = (*NEEDED, "chip", "nothing in unfit")
    refuse_few(runs.developer, TABLE, "a comparison", needs, fewest)


@lru_cache(maxsize=8)
def _usable(evidence: Evidence) -> pd.DataFrame:
    runs = evidence["training_runs"]
    usable = runs[
        (runs.unfit == "")
        & (runs.params_total >= smallest_params(evidence.facts))
        & runs[[*NEEDED]].notna().all(axis=1)
        & (runs.chip != "")
    ]
    _refuse_large_tables(usable)
    usable = usable.assign(flop_per_token=flop_per_token_of(usable, evidence))
    for kind in usable.architecture[usable.flop_per_token.isna()].head(1):
        raise InputError(
            f"no run that is {kind} has all of seq_len_tokens, layers, d_model and vocab, which "
            "stand for those of the others of its kind",
            f"{TABLE}, seq_len_tokens",
        )
    trust = usable.hours_are.map(trust_in_hours(evidence.facts))
    flop, peaks = usable.tokens * usable.flop_per_token, peaks_of(usable.chip, evidence["hardware"])
    return usable.assign(mfu=mfu(flop, usable.gpu_hours, peaks), trust=trust)


def _refuse_large_tables(runs: pd.DataFrame) -> None:
    """Refuse a run whose table that is looked up has as many parameters as are active, or more."""
    counted = (runs.configuration == "") & (runs.tied_embeddings != "yes")
    large = runs[counted & (runs.vocab * runs.d_model >= runs.params_active)]
    for index, row in large.head(1).iterrows():
        raise InputError(
            f"found {row.vocab:g}, allowed is less than params_active over d_model, "
            f"{row.params_active / row.d_model:g}",
            f"{TABLE}, line {int(str(index)) + 2} ({row.id}), vocab",
        )


def flop_per_token_of(runs: pd.DataFrame, evidence: Evidence) -> pd.Series:
    """FLOP per token of rows of training_runs.csv, attention counted causally.

    A run whose `configuration` is known is counted as the run that is predicted; others by their
    outer dimensions. A run whose sequence length is not known takes the median of its kind, and one
    whose dimensions are not known its kind's median ratio to six FLOP per active parameter.
    """
    lengths = runs.seq_len_tokens.fillna(
        runs.groupby("architecture").seq_len_tokens.transform("median")
    )
    tied = runs.tied_embeddings == "yes"
    outer = flop_per_token_from_dimensions(
        runs.params_active, runs.layers, runs.d_model, runs.vocab, lengths, tied
    )
    counted = pd.Series(outer, runs.index)
    for index, name in runs.configuration[runs.configuration != ""].items():
        configuration = configuration_of(name, evidence)
        counted[index] = float(flop_per_token(configuration, lengths[index]))
    by_parameters = TRAINING_FLOP_PER_PARAMETER * runs.params_active
    ratio = counted / by_parameters
    return ratio.fillna(ratio.groupby(runs.architecture).transform("median")) * by_parameters


def smallest_params(facts: Facts) -> float:
    """Parameters from which on a run is looked at."""
    return facts.constant("smallest_reference_params", "params").value


def trust_in_hours(facts: Facts) -> dict[str, float]:
    """How far the hours of a row can be trusted to be those of the run [1], by what its source says
    they are; the least where it does not say.
    """
    trust = {kind: facts.constant(f"trust_in_hours_{kind}", "ratio").value for kind in HOURS_ARE}
    return trust | {"": min(trust.values())}


def row_weights(developers: pd.Series, trust: ArrayLike, power: float) -> np.ndarray:
    """Weight of each row in a fit: trust in it [1], over a power of its developer's rows.

    >>> row_weights(pd.Series(["A", "A", "A", "A", "B"]), [1, 1, 1, 1, 0.5], 0.5).tolist()
    [0.5, 0.5, 0.5, 0.5, 0.5]
    """
    return np.asarray(trust) / _rows_of_its_developer(developers) ** power


def developer_weights(developers: pd.Series) -> np.ndarray:
    """Weight of each error: every developer the same in all.

    >>> developer_weights(pd.Series(["A", "A", "B"])).tolist()
    [0.5, 0.5, 1.0]
    """
    return 1.0 / _rows_of_its_developer(developers)


def _rows_of_its_developer(developers: pd.Series) -> np.ndarray:
    """How many rows the developer of each row has."""
    _, whose, rows = np.unique(developers, return_inverse=True, return_counts=True)
    return np.asarray(rows[whose], dtype=float)


def each_developer(developers: pd.Series) -> Iterator[tuple[str, np.ndarray]]:
    """Each developer once, with which of the rows are its own.

    >>> [(name, own.tolist()) for name, own in each_developer(pd.Series(["A", "B", "A"]))]
    [('A', [True, False, True]), ('B', [False, True, False])]
    """
    names = developers.to_numpy()
    for developer in developers.unique():
        yield str(developer), names == developer


def left_out(developers: pd.Series, predict: Callable[[str, np.ndarray], ArrayLike]) -> np.ndarray:
    """A prediction for each row by something that never saw the row's developer.

    Parameters
    ----------
    developers
        The developer of each row.
    predict
        Given a developer and which rows are its own, predicts these from all others.

    Returns
    -------
    ndarray
        A prediction a row.

    Examples
    --------
    Each row by the mean of the other developers' rows:

    >>> values, developers = np.array([1.0, 3.0, 8.0]), pd.Series(["A", "A", "B"])
    >>> left_out(developers, lambda name, own: values[~own].mean()).tolist()
    [8.0, 8.0, 2.0]
    """
    predicted = np.empty(len(developers))
    for developer, own in each_developer(developers):
        predicted[own] = predict(developer, own)
    return predicted


def year_of(dates: pd.Series) -> pd.Series:
    """Dates as years with a fraction.

    >>> year_of(pd.Series(["2025-07-02"])).round(2).tolist()
    [2025.5]
    """
    days = pd.to_datetime(dates)
    return days.dt.year + days.dt.dayofyear / DAYS_PER_YEAR
