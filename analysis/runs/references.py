"""Which disclosed runs may serve as references, on one FLOP basis, and how much each weighs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.data.chips import peak_flop_s
from analysis.physics.architecture import flop_per_token_from_dimensions
from analysis.physics.training import mfu

# How far the hours of a row can be trusted to be those of the run, by what its source says they
# are.
TRUST = {
    "run": 1.0,
    "rounded": 0.7,
    "computed": 0.7,
    "upper_bound": 0.5,
    "with_other_work": 0.5,
    "from_energy": 0.5,
}


def row_weights(runs: pd.DataFrame) -> np.ndarray:
    """Weight of each row in a fit: trust in its hours, over the square root of its developer's
    rows.
    """
    rows = runs.groupby("developer").id.transform("count")
    return (runs.hours_are.map(TRUST).fillna(min(TRUST.values())) / np.sqrt(rows)).to_numpy()


def developer_weights(developers: pd.Series) -> np.ndarray:
    """Weight of each residual: every developer the same."""
    return (1.0 / developers.groupby(developers).transform("count")).to_numpy(dtype=float)


SMALLEST_REFERENCE_PARAMS = 1e9


def reference_runs(
    training_runs: pd.DataFrame, hardware: pd.DataFrame, kind: str | None = None
) -> pd.DataFrame:
    """The runs that may serve as references, with their FLOP per token and MFU on one basis.

    A row serves if it has no reason against it, a billion parameters or more, and tokens, hours and
    chip.

    Returns
    -------
    DataFrame
        The rows, with `flop_per_token` [FLOP] and `mfu` [1] on the dense BF16 peak.
    """
    usable = training_runs[
        (training_runs.unfit == "")
        & (training_runs.params_total >= SMALLEST_REFERENCE_PARAMS)
        & training_runs[["params_active", "tokens", "gpu_hours"]].notna().all(axis=1)
        & (training_runs.chip != "")
    ].copy()
    usable["flop_per_token"] = flop_per_token_of(usable)
    peaks = usable.chip.map(peak_flop_s(hardware.set_index("chip")))
    usable["mfu"] = mfu(usable.tokens * usable.flop_per_token, usable.gpu_hours, peaks)
    return usable if kind is None else usable[usable.architecture == kind]


def flop_per_token_of(runs: pd.DataFrame) -> pd.Series:
    """FLOP per token of rows of training_runs.csv, attention counted causally.

    A run whose sequence length is not known takes the median of its kind, and one whose dimensions
    are not known its kind's median ratio to six FLOP per active parameter.
    """
    lengths = runs.seq_len_tokens.fillna(
        runs.groupby("architecture").seq_len_tokens.transform("median")
    )
    tied = runs.tied_embeddings == "yes"
    counted = flop_per_token_from_dimensions(
        runs.params_active, runs.layers, runs.d_model, runs.vocab, lengths, tied
    )
    ratio = pd.Series(counted, runs.index) / (6.0 * runs.params_active)
    return (
        ratio.fillna(ratio.groupby(runs.architecture).transform("median"))
        * 6.0
        * runs.params_active
    )
