"""Coefficients of a step of reinforcement learning, held near what physics says of them.

Few developers disclose steps, and a fold of four rows must not settle three coefficients. Each has
a middle and a range from sources of its own (`data/facts.csv`); the rows move it as far as they
weigh against that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from analysis.data.facts import Facts

BENCHMARK = "vendor_benchmark"
WEIGHT_BYTES = 2.0  # of a parameter in BF16, as the prior of reading weights is told
STANDARD_ERRORS_OF_A_RANGE = 2.0 * float(ndtri(0.95))


@dataclass(frozen=True)
class StepPriors:
    """What is known of the coefficients before a step is seen.

    `middle` and `log_sd` are of tokens, waiting and fixed seconds, shape (3,); `row_log_sd` is how
    far a step lies from the model, `own_run_log_sd` how far a developer's own run may lie from a
    benchmark, whose log has the middle zero.
    """

    middle: np.ndarray
    log_sd: np.ndarray
    row_log_sd: float
    own_run_log_sd: float


@dataclass(frozen=True)
class StepFit:
    """Coefficients of the three parts, and the log by which own runs take longer than benchmarks
    that a maker of chips or software publishes.
    """

    coefficients: np.ndarray
    own_run_log: float

    def seconds(self, columns: np.ndarray, own_run: np.ndarray) -> np.ndarray:
        """Seconds of each part, shape (runs, 3), which add up to the step."""
        longer = np.exp(self.own_run_log * own_run)
        return columns * self.coefficients * longer[:, np.newaxis]


def step_priors(facts: Facts) -> StepPriors:
    """The priors, from the facts of the method."""
    tokens = facts.constant("rl_seconds_over_peak", "ratio")
    reads = facts.constant("rl_weight_reads_a_token", "ratio")
    fixed = facts.constant("rl_fixed_seconds_by_root_of_size", "seconds")
    middle = [tokens.value, WEIGHT_BYTES * reads.value, fixed.value]
    ranges = [facts.ends(fact.id) for fact in (tokens, reads, fixed)]
    return StepPriors(
        np.array(middle),
        np.array([log_sd_of_range(low, high) for low, high in ranges]),
        facts.constant("rl_step_log_sd", "log_sd").value,
        facts.constant("rl_own_run_log_sd", "log_sd").value,
    )


def log_sd_of_range(low: float, high: float) -> float:
    """Standard deviation of the log of what lies between two ends with 90 %.

    >>> round(log_sd_of_range(1.0, 10.0), 2)
    0.7
    """
    return float(np.log(high / low)) / STANDARD_ERRORS_OF_A_RANGE


def fit_steps(columns: np.ndarray, runs: pd.DataFrame, priors: StepPriors) -> StepFit:
    """The most probable coefficients: rows of a developer and model weigh as one, and a length that
    was read off a curve makes its row weigh less.
    """
    from scipy.optimize import least_squares  # what estimates pre-training alone need not wait for

    seconds, own_run = runs.step_seconds.to_numpy(dtype=float), is_own_run(runs)
    models = models_of(runs)
    alike = models.map(models.value_counts()).to_numpy(dtype=float)
    weights = 1.0 / np.sqrt(alike * (priors.row_log_sd**2 + length_log_sd(runs) ** 2))
    middle = np.append(np.log(priors.middle), 0.0)
    log_sd = np.append(priors.log_sd, priors.own_run_log_sd)

    def misses(logs: np.ndarray) -> np.ndarray:
        predicted = StepFit(np.exp(logs[:3]), logs[3]).seconds(columns, own_run).sum(axis=1)
        return np.concatenate([weights * np.log(predicted / seconds), (logs - middle) / log_sd])

    logs = least_squares(misses, middle).x
    return StepFit(np.exp(logs[:3]), float(logs[3]))


def models_of(runs: pd.DataFrame) -> pd.Series:
    """Developer and size of each run: its releases, chips and settings are one model's."""
    return runs.developer + " " + runs.params_total.astype(float).astype(str)


def is_own_run(runs: pd.DataFrame) -> np.ndarray:
    """One for who trained or used it, zero for who shows what his chips or software can do; a run
    to be predicted is the former.
    """
    grade = runs.grade if "grade" in runs else pd.Series("", runs.index)
    return (grade != BENCHMARK).to_numpy(dtype=float)


def length_log_sd(runs: pd.DataFrame) -> np.ndarray:
    """How far the log of a mean length may be off: zero where it is printed."""
    low, high = (runs[f"mean_len_{end}_tokens"].to_numpy(dtype=float) for end in ("low", "high"))
    return np.nan_to_num(np.log(high / low) / STANDARD_ERRORS_OF_A_RANGE)
