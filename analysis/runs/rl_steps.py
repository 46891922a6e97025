"""Step time of a reinforcement run that nobody disclosed, from those that somebody did.

A step is what its tokens cost to write, score and learn from; what its longest answer takes, one
token after the other; and what does not grow with tokens. Each part has one coefficient, held near
what physics says of it and moved by the disclosed steps of other developers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from analysis.data.chips import chip_rows, peaks_of
from analysis.data.mistakes import InputError, refuse_few
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution
from analysis.physics.flop import FORWARD_FLOP_PER_PARAMETER, TRAINING_FLOP_PER_PARAMETER
from analysis.physics.rollout import longest_answer_tokens
from analysis.runs.references import (
    TABLE,
    developer_weights,
    left_out,
    reference_runs,
)
from analysis.runs.rl_fit import StepFit, fit_steps, is_own_run, step_priors

NEEDED = [
    "params_active",
    "params_total",
    "chips",
    "prompts_per_step",
    "samples_per_prompt",
    "mean_len_tokens",
    "step_seconds",
]
# a forward pass to write a token and one to score it; a forward and a backward one to learn from it
FLOP_PER_PARAMETER = {
    "generation": FORWARD_FLOP_PER_PARAMETER,
    "scoring": FORWARD_FLOP_PER_PARAMETER,
    "update": TRAINING_FLOP_PER_PARAMETER,
}
FLOP_PER_PARAMETER_AND_TOKEN = sum(FLOP_PER_PARAMETER.values())
BILLION = 1e9


@dataclass(frozen=True)
class StepPrediction:
    """Median seconds of a step by part, and how step time is distributed around their sum."""

    parts: dict[str, float]
    step_seconds: Distribution


class StepEstimator:
    """Coefficients of the parts of a step, fitted without some developers.

    Parameters
    ----------
    evidence
        The tables.
    exclude
        Developers whose steps are in neither fit nor interval.

    Attributes
    ----------
    runs
        The rows of rl_runs.csv that are fit to be compared and disclose what is needed.
    columns
        Their `design`.
    priors
        What is known of their coefficients before.
    fit
        The coefficients, and how far own runs lie from benchmarks.
    """

    def __init__(self, evidence: Evidence, exclude: tuple[str, ...] = ()) -> None:
        runs = evidence["rl_runs"]
        usable = (runs.unfit == "") & (runs.chip != "") & runs[NEEDED].notna().all(axis=1)
        self.hardware = evidence["hardware"]
        self.log_sd = evidence.facts.constant("answer_length_log_sd", "log_sd").value
        self.overlap = evidence.facts.constant("asynchronous_step_share", "ratio").value
        self.runs = runs[usable & ~runs.developer.isin(exclude)].reset_index(drop=True)
        self.sparsity_cost = sparsity_cost(evidence, exclude)
        self.columns = self.design(self.runs)
        self.priors = step_priors(evidence.facts)
        self.fit = self.fit_of(np.ones(len(self.runs), dtype=bool))

    def design(self, runs: pd.DataFrame) -> np.ndarray:
        """Seconds of each part of a step at coefficients of one; shape (runs, 3).

        Tokens: what they cost at the chips' peak. Waiting: the longest answer. Fixed: weights to
        move, by the square root of their number, as larger models have more chips to move them.
        """
        parts = [
            self._seconds_at_the_peak(runs),
            self._seconds_of_the_longest(runs),
            np.sqrt(numbers(runs.params_total) / BILLION),
        ]
        overlap = np.where(runs["mode"] == "asynchronous", self.overlap, 1.0)
        return np.column_stack(parts) * overlap[:, np.newaxis]

    def _seconds_at_the_peak(self, runs: pd.DataFrame) -> np.ndarray:
        """Ten FLOP a parameter and token over the chips' peak, times what sparsity costs."""
        active, total = numbers(runs.params_active), numbers(runs.params_total)
        tokens = numbers(answers(runs) * runs.mean_len_tokens)
        flop = FLOP_PER_PARAMETER_AND_TOKEN * active * tokens
        peak = numbers(runs.chips) * peaks_of(runs.chip, self.hardware).to_numpy()
        return flop * (total / active) ** self.sparsity_cost / peak

    def _seconds_of_the_longest(self, runs: pd.DataFrame) -> np.ndarray:
        """The longest answer by the time to read the active weights, which many chips share: the
        larger the model, the more of them, so time grows with the square root of its size.
        """
        limit = numbers(runs.max_len_tokens.fillna(np.inf))
        mean, many = numbers(runs.mean_len_tokens), numbers(answers(runs))
        longest = longest_answer_tokens(mean, self.log_sd, many, limit)
        bandwidth_gb_s = 1000.0 * numbers(chip_rows(runs.chip, self.hardware).hbm_tb_s)
        return longest * np.sqrt(numbers(runs.params_active) / BILLION) / bandwidth_gb_s

    def fit_of(self, rows: np.ndarray) -> StepFit:
        """The fit to some of the rows."""
        return fit_steps(self.columns[rows], self.runs[rows], self.priors)

    @cached_property
    def makers(self) -> pd.Series:
        """Share of the rows that each developer has, the largest first; none at all is refused."""
        needs = (*NEEDED, "chip")  # of one developer alone the priors stand for all others
        refuse_few(self.runs.developer, "rl_runs.csv", "the time of a step", needs, fewest=1)
        return self.runs.developer.value_counts(normalize=True)

    @cached_property
    def log_error(self) -> tuple[float, int]:
        """Root-mean-square log error with each run's developer left out, every developer alike, and
        how many there are.

        So few developers cannot bear the tail quantiles of conformal prediction, which would stop
        at the worst error seen: Student's t, with a degree of freedom a developer, goes on beyond
        it.
        """
        developers = len(self.makers)
        errors = np.log(self.left_out() / numbers(self.runs.step_seconds))
        return rms_log_error(errors, self.runs.developer), developers

    def left_out(self, units: pd.Series | None = None) -> np.ndarray:
        """Predicted seconds of each step, all rows of its unit left out: of its developer, or of
        what is named for each row.
        """
        own_run = is_own_run(self.runs)

        def without(_: str, own: np.ndarray) -> np.ndarray:
            return self.fit_of(~own).seconds(self.columns[own], own_run[own]).sum(axis=1)

        return left_out(self.runs.developer if units is None else units, without)

    def predict(self, run: pd.DataFrame) -> StepPrediction:
        """Step time of one run, a frame of one row with the columns of rl_runs.csv."""
        tokens, waiting, fixed = self.fit.seconds(self.design(run), is_own_run(run))[0].tolist()
        parts = {
            name: flop / FLOP_PER_PARAMETER_AND_TOKEN * tokens
            for name, flop in FLOP_PER_PARAMETER.items()
        }
        parts["generation"] += waiting
        parts["fixed"] = fixed
        spread, developers = self.log_error
        distribution = Distribution(
            "log_t",
            low=0.0,
            high=np.inf,
            basis=f"{len(self.runs)} steps of {developers} developers",
            centre=float(np.log(sum(parts.values()))),
            spread=spread,
            freedom=developers,
        )
        return StepPrediction(parts, distribution)


def rms_log_error(errors: np.ndarray, developers: pd.Series) -> float:
    """Root mean square of log errors, every developer alike.

    >>> rms_log_error(np.array([1.0, 1.0, 0.0]), pd.Series(["A", "A", "B"])) == 0.5**0.5
    True
    """
    return float(np.sqrt(np.average(errors**2, weights=developer_weights(developers))))


def numbers(column: pd.Series) -> np.ndarray:
    """The values of a column as they are calculated with."""
    return column.to_numpy(dtype=float)


def answers(runs: pd.DataFrame) -> pd.Series:
    """Answers of a step."""
    return runs.prompts_per_step * runs.samples_per_prompt


def step_estimator_for(evidence: Evidence, exclude: tuple[str, ...] = ()) -> StepEstimator:
    """The estimator without some developers; fitted once for the same evidence."""
    return _estimator(evidence, tuple(sorted(exclude)))


@lru_cache(maxsize=128)
def _estimator(evidence: Evidence, exclude: tuple[str, ...]) -> StepEstimator:
    return StepEstimator(evidence, exclude)


def sparsity_cost(evidence: Evidence, exclude: tuple[str, ...] = ()) -> float:
    """Exponent of total over active parameters by which mixtures of experts use chips worse, from
    pre-training runs.
    """
    runs = reference_runs(evidence, exclude=exclude)
    mfu = runs.groupby("architecture").mfu.median()
    sparse = runs[runs.architecture == "moe"]
    sparsity = float((sparse.params_total / sparse.params_active).median())
    if "dense" not in mfu or not sparsity > 1.0:
        raise InputError(
            "what sparsity costs needs dense references and mixtures with more parameters in all "
            f"than active, found {len(runs) - len(sparse)} and {len(sparse)}",
            f"{TABLE}, architecture",
        )
    return float(np.log(mfu["dense"] / mfu["moe"]) / np.log(sparsity))
