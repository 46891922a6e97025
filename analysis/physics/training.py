"""Training: tokens, work and efficiency to GPU-hours."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def gpu_hours(
    tokens: ArrayLike, flop_per_token: ArrayLike, peak_flop_s: ArrayLike, mfu: ArrayLike
) -> np.ndarray:
    """GPU-hours to train on `tokens`.

    tokens [token]; flop_per_token [FLOP/token], forward and backward; peak_flop_s [FLOP/s per GPU],
    dense, of the precision that `mfu` refers to; mfu [1]. All broadcast. Source: the definition of
    model FLOP utilisation, PaLM (arXiv:2204.02311), appendix B.

    >>> round(float(gpu_hours(14.8e12, 250.4e9, 989e12, 0.3894)), -3)
    2673000.0
    """
    return np.asarray(tokens) * flop_per_token / (np.asarray(peak_flop_s) * mfu) / 3600.0
