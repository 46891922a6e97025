"""Training: work and efficiency to GPU-hours, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.physics.durations import SECONDS_PER_HOUR


def gpu_hours(
    tokens: ArrayLike, flop_per_token: ArrayLike, peak_flop_s: ArrayLike, mfu: ArrayLike
) -> np.ndarray:
    """GPU-hours to train on some tokens.

    Parameters
    ----------
    tokens
        Tokens trained on [token].
    flop_per_token
        Work for one of them, forward and backward [FLOP/token].
    peak_flop_s
        Dense peak of one GPU [FLOP/s], of the precision that `mfu` refers to.
    mfu
        Model FLOP utilisation: the share of the peak that does useful work [1].

    Returns
    -------
    ndarray
        Hours [GPU-hour] of the shape that all arguments broadcast to.

    Notes
    -----
    Source: the definition of model FLOP utilisation, PaLM (arXiv:2204.02311), appendix B.

    Examples
    --------
    A run of 14.8 trillion tokens at 250.4 GFLOP, on chips of 989 TFLOP/s used to 38.94 %:

    >>> round(float(gpu_hours(14.8e12, 250.4e9, 989e12, 0.3894)), -3)
    2673000.0
    """
    return np.asarray(tokens) * flop_per_token / (np.asarray(peak_flop_s) * mfu) / SECONDS_PER_HOUR


def mfu(flop: ArrayLike, gpu_hours: ArrayLike, peak_flop_s: ArrayLike) -> np.ndarray:
    """Model FLOP utilisation of a run: the share of the peak that did useful work.

    Parameters
    ----------
    flop
        All work of the run, forward and backward [FLOP].
    gpu_hours
        Hours that it took [GPU-hour].
    peak_flop_s
        Dense peak of one GPU [FLOP/s].

    Returns
    -------
    ndarray
        Utilisation [1] of the shape that all arguments broadcast to.

    Notes
    -----
    The inverse of :func:`gpu_hours`. Source: PaLM (arXiv:2204.02311), appendix B.

    Examples
    --------
    A thousand GPU-hours at a peak of 1e15 FLOP/s could do 3.6e21 FLOP; 1.8e21 are half of it:

    >>> float(mfu(1.8e21, 1000, 1e15))
    0.5
    """
    at_the_peak = np.asarray(gpu_hours) * SECONDS_PER_HOUR * np.asarray(peak_flop_s)
    return np.asarray(flop) / at_the_peak
