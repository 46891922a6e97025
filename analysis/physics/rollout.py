"""Reinforcement learning: writing answers, scoring them, learning from them.

Generation has two bounds: all GPUs write at full throughput, or all wait for the longest answer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from analysis.physics.durations import SECONDS_PER_HOUR
from analysis.physics.flop import FORWARD_FLOP_PER_PARAMETER

MS_PER_SECOND = 1000.0
FORWARDS_OF_AN_UPDATE = 3.0  # one forward and, at twice its work, one backward


def generation_gpu_hours(tokens: ArrayLike, tokens_per_s_per_gpu: ArrayLike) -> np.ndarray:
    """GPU-hours to write some tokens at full throughput.

    Parameters
    ----------
    tokens
        Tokens written [token].
    tokens_per_s_per_gpu
        Decode throughput [token/s per GPU].

    Returns
    -------
    ndarray
        Hours [GPU-hour] of the shape that both arguments broadcast to.

    Notes
    -----
    Source: the definition of throughput.

    Examples
    --------
    >>> float(generation_gpu_hours(7.2e9, 2000))
    1000.0
    """
    return np.asarray(tokens) / np.asarray(tokens_per_s_per_gpu) / SECONDS_PER_HOUR


def longest_answer_tokens(
    mean_tokens: ArrayLike, log_sd: ArrayLike, answers: ArrayLike, limit_tokens: ArrayLike
) -> np.ndarray:
    """Length of the longest of many answers, no longer than the limit.

    Parameters
    ----------
    mean_tokens
        Mean length of the answers [token].
    log_sd
        Standard deviation of the natural log of their lengths [1], which are log-normal.
    answers
        How many there are [count].
    limit_tokens
        Length at which an answer is cut [token].

    Returns
    -------
    ndarray
        Length [token] of the shape that all arguments broadcast to.

    Notes
    -----
    The largest of n draws is taken at its characteristic value, the quantile n/(n+1). Source:
    Gumbel, Statistics of Extremes, section 3.1.

    Examples
    --------
    Without spread the longest is as long as the mean; the longest of 8,191 lies 3.67 standard
    deviations above the middle, which is exp(0.7 x 3.67 - 0.7^2/2) = 10.2 times the mean:

    >>> float(longest_answer_tokens(6000, 0.0, 8191, 32768))
    6000.0
    >>> round(float(longest_answer_tokens(1000, 0.7, 8191, 32768)), -2)
    10200.0
    >>> float(longest_answer_tokens(6000, 0.7, 8191, 32768))
    32768.0
    """
    n = np.asarray(answers, dtype=float)
    sigma = np.asarray(log_sd, dtype=float)
    above_the_middle = ndtri(n / (n + 1.0))
    longest = np.asarray(mean_tokens) * np.exp(sigma * above_the_middle - sigma**2 / 2.0)
    return np.minimum(longest, limit_tokens)


def generation_seconds(
    answers: ArrayLike,
    mean_tokens: ArrayLike,
    longest_tokens: ArrayLike,
    gpus: ArrayLike,
    tokens_per_s_per_gpu: ArrayLike,
    time_per_output_token_ms: ArrayLike,
) -> tuple[np.ndarray, np.ndarray]:
    """The two lower bounds of a rollout's generation: by throughput, and by latency.

    Parameters
    ----------
    answers
        Answers of the rollout [count].
    mean_tokens, longest_tokens
        Their mean length, and that of the longest [token].
    gpus
        GPUs that write them [count].
    tokens_per_s_per_gpu
        Decode throughput [token/s per GPU].
    time_per_output_token_ms
        Time from one token of an answer to its next [ms].

    Returns
    -------
    tuple of ndarray
        Seconds by throughput and by latency, each of the shape its own arguments broadcast to.

    Notes
    -----
    Source: the definitions of throughput and of time per output token. A rollout takes the larger.

    Examples
    --------
    100 answers of 1,000 tokens on 10 GPUs of 500 token/s; the longest has 4,000 tokens at 50 ms:

    >>> by_throughput, by_latency = generation_seconds(100, 1000, 4000, 10, 500, 50)
    >>> float(by_throughput), float(by_latency)
    (20.0, 200.0)
    """
    by_throughput = np.asarray(answers) * mean_tokens / (np.asarray(gpus) * tokens_per_s_per_gpu)
    by_latency = np.asarray(longest_tokens) * time_per_output_token_ms / MS_PER_SECOND
    return by_throughput, by_latency


def forward_seconds(
    parameters: ArrayLike,
    tokens: ArrayLike,
    gpus: ArrayLike,
    peak_flop_s: ArrayLike,
    utilisation: ArrayLike,
) -> np.ndarray:
    """Time of one forward pass over some tokens, as scoring the answers of a rollout takes.

    Parameters
    ----------
    parameters
        Parameters that multiply for one token [count].
    tokens
        Tokens in all [token].
    gpus
        GPUs at work [count].
    peak_flop_s
        Dense peak of one GPU [FLOP/s].
    utilisation
        Share of the peak that does useful work [1].

    Returns
    -------
    ndarray
        Seconds of the shape that all arguments broadcast to.

    Notes
    -----
    Two FLOP a parameter and token; attention's products are left out. Source: PaLM
    (arXiv:2204.02311), appendix B, forward part.

    Examples
    --------
    2 x 1e9 parameters x 1e6 tokens over 10 GPUs of 1e15 FLOP/s, used to a fifth:

    >>> float(forward_seconds(1e9, 1e6, 10, 1e15, 0.2))
    1.0
    """
    flop = FORWARD_FLOP_PER_PARAMETER * np.asarray(parameters) * np.asarray(tokens)
    return flop / (np.asarray(gpus) * np.asarray(peak_flop_s) * np.asarray(utilisation))


def update_seconds(
    parameters: ArrayLike,
    tokens: ArrayLike,
    gpus: ArrayLike,
    peak_flop_s: ArrayLike,
    utilisation: ArrayLike,
) -> np.ndarray:
    """Time of the policy updates on some tokens: three forward passes.

    Parameters
    ----------
    parameters, tokens, gpus, peak_flop_s, utilisation
        As of :func:`forward_seconds`.

    Returns
    -------
    ndarray
        Seconds of the shape that all arguments broadcast to.

    Notes
    -----
    A backward pass is twice the work of a forward pass. Source: PaLM (arXiv:2204.02311),
    appendix B.

    Examples
    --------
    >>> float(update_seconds(1e9, 1e6, 10, 1e15, 0.2))
    3.0
    """
    once = forward_seconds(parameters, tokens, gpus, peak_flop_s, utilisation)
    return FORWARDS_OF_AN_UPDATE * once
