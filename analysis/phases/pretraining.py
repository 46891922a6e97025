"""Pre-training and context extension: tokens through the model at one sequence length."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.architecture import flop_per_token, flop_per_token_from_dimensions
from analysis.hardware import peak_flop_s
from analysis.phases.setting import Input, Setting, Work
from analysis.sampling import from_other_developers
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
    Attention is counted causally; a run whose sequence length is not known takes the median of its kind, and
    one whose dimensions are not known takes its kind's median ratio to six FLOP per active parameter.

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
    seq_len_tokens = usable.seq_len_tokens.fillna(usable.groupby("architecture").seq_len_tokens.transform("median"))
    counted = flop_per_token_from_dimensions(usable.params_active, usable.layers, usable.d_model, usable.vocab, seq_len_tokens)
    ratio = pd.Series(counted, usable.index) / (6.0 * usable.params_active)
    ratio = ratio.fillna(ratio.groupby(usable.architecture).transform("median"))
    usable["flop_per_token"] = ratio * 6.0 * usable.params_active
    peaks = usable.chip.map(peak_flop_s(hardware.set_index("chip")))
    usable["mfu"] = usable.tokens * usable.flop_per_token / (usable.gpu_hours * 3600.0 * peaks)
    return usable if kind is None else usable[usable.architecture == kind]


def mfu_input(setting: Setting) -> Input:
    """The MFU of training, from other developers' runs of the same kind.

    Student's t on the developers' mean log MFU; the same draw in every stage that trains the model.
    """
    runs = reference_runs(setting.tables["training_runs"], setting.tables["hardware"], setting.architecture_kind)
    basis = f"other developers' {'mixture-of-experts' if setting.architecture_kind == 'moe' else 'dense'} runs"
    prior = Input("mfu", "MFU of training", "ratio", from_other_developers(runs.mfu, runs.developer, basis, high=1.0))
    return setting.parameter_or("mfu", prior)


def inputs(stage: PretrainingStage, setting: Setting) -> dict[str, Input]:
    """The inputs of a stage, by field."""
    return setting.stage_inputs(stage) | {"mfu": mfu_input(setting)}


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
