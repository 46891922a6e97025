"""Pre-training and context extension: tokens through the model at one sequence length."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.architecture import flop_per_token, flop_per_token_from_dimensions
from analysis.hardware import peak_flop_s
from analysis.phases.setting import Input, Setting, Work
from analysis.stages import PretrainingStage

SMALLEST_REFERENCE_PARAMS = 1e9


def gpu_hours(tokens: ArrayLike, flop_per_token: ArrayLike, peak_flop_s: ArrayLike, mfu: ArrayLike) -> np.ndarray:
    """GPU-hours to train on `tokens`.

    tokens [token]; flop_per_token [FLOP/token], forward and backward; peak_flop_s [FLOP/s per GPU], dense, of
    the precision that `mfu` refers to; mfu [1]. All broadcast.
    Source: the definition of model FLOP utilisation, PaLM (arXiv:2204.02311), appendix B.

    >>> round(float(gpu_hours(14.8e12, 250.4e9, 989e12, 0.3894)), -3)
    2673000.0
    """
    return np.asarray(tokens) * flop_per_token / (np.asarray(peak_flop_s) * mfu) / 3600.0


def reference_runs(training_runs: pd.DataFrame, hardware: pd.DataFrame, kind: str | None = None) -> pd.DataFrame:
    """The runs that may serve as references, with their FLOP per token and MFU on one basis.

    A row serves if it has no reason against it, a billion parameters or more, and tokens, hours and chip.

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
    usable["mfu"] = usable.tokens * usable.flop_per_token / (usable.gpu_hours * 3600.0 * peaks)
    return usable if kind is None else usable[usable.architecture == kind]


def flop_per_token_of(runs: pd.DataFrame) -> pd.Series:
    """FLOP per token of rows of training_runs.csv, attention counted causally.

    A run whose sequence length is not known takes the median of its kind, and one whose dimensions are not known
    its kind's median ratio to six FLOP per active parameter.
    """
    lengths = runs.seq_len_tokens.fillna(runs.groupby("architecture").seq_len_tokens.transform("median"))
    tied = runs.tied_embeddings == "yes"
    counted = flop_per_token_from_dimensions(runs.params_active, runs.layers, runs.d_model, runs.vocab, lengths, tied)
    ratio = pd.Series(counted, runs.index) / (6.0 * runs.params_active)
    return ratio.fillna(ratio.groupby(runs.architecture).transform("median")) * 6.0 * runs.params_active


def inputs(stage: PretrainingStage, setting: Setting) -> dict[str, Input]:
    """The inputs of a stage, by field."""
    return setting.stage_inputs(stage) | {"mfu": setting.parameter_or("mfu", setting.mfu)}


def work(stage: PretrainingStage, values: Mapping[str, np.ndarray], setting: Setting) -> Work:
    """Hours of a stage; multi-token prediction counts as the work it is."""
    length = values["seq_len_tokens"]
    tokens = values["tokens"] if "tokens" in values else values["steps"] * values["sequences_per_step"] * length
    return training_work(tokens, length, values["mfu"], setting, mtp=True)


def training_work(tokens: np.ndarray, seq_len_tokens: np.ndarray, mfu: np.ndarray, setting: Setting, mtp: bool) -> Work:
    """Hours of training on `tokens` of `seq_len_tokens`, split into work at the peak and what is lost to it."""
    flop = tokens * flop_per_token(setting.configuration, seq_len_tokens, mtp=mtp)
    hours = gpu_hours(tokens, flop / tokens, setting.chip.peak_flop_s, mfu)
    return Work(hours, flop, {"arithmetic at the peak": hours * mfu, "below the peak": hours * (1.0 - mfu)})
