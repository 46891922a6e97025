"""Writing answers: at full throughput, and while all wait for the longest."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def generation_gpu_hours(tokens: ArrayLike, tokens_per_s_per_gpu: ArrayLike) -> np.ndarray:
    """GPU-hours to write `tokens` [token] at a decode throughput [token/s per GPU]; both broadcast."""
    return np.asarray(tokens) / np.asarray(tokens_per_s_per_gpu) / 3600.0


def longest_answer_tokens(
    mean_tokens: ArrayLike, log_sd: ArrayLike, answers: ArrayLike, limit_tokens: ArrayLike
) -> np.ndarray:
    """Length of the longest of `answers` answers, no longer than the limit.

    mean_tokens [token], log_sd [1] and answers [count] of a log-normal, limit_tokens [token]; all
    broadcast. The largest of n draws is taken at its characteristic value, the quantile n/(n+1)
    (Gumbel, Statistics of Extremes, section 3.1).
    """
    n = np.asarray(answers, dtype=float)
    sigma = np.asarray(log_sd, dtype=float)
    longest = np.asarray(mean_tokens) * np.exp(
        sigma * stats.norm.ppf(n / (n + 1.0)) - sigma**2 / 2.0
    )
    return np.minimum(longest, limit_tokens)


def generation_seconds(
    answers: ArrayLike,
    mean_tokens: ArrayLike,
    longest_tokens: ArrayLike,
    gpus: ArrayLike,
    tokens_per_s_per_gpu: ArrayLike,
    time_per_output_token_ms: ArrayLike,
) -> tuple[np.ndarray, np.ndarray]:
    """The two lower bounds of a rollout's generation time [s]: by throughput and by latency. All
    broadcast.
    """
    by_throughput = np.asarray(answers) * mean_tokens / (np.asarray(gpus) * tokens_per_s_per_gpu)
    by_latency = np.asarray(longest_tokens) * time_per_output_token_ms / 1000.0
    return by_throughput, by_latency
