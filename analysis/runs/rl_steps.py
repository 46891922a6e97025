"""Step time of a reinforcement run that nobody disclosed, from those that somebody did.

A step is what its tokens cost to write, score and learn from; what its longest answer takes, one
token after the other; and what does not grow with tokens. Each part has one coefficient, none below
zero, fitted on the disclosed steps of other developers: one developer's benchmarks weigh as one
developer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import nnls

from analysis.data.chips import peak_flop_s
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution
from analysis.physics.rollout import longest_answer_tokens
from analysis.runs.references import developer_weights, reference_runs

NEEDED = [
    "params_active",
    "params_total",
    "chips",
    "prompts_per_step",
    "samples_per_prompt",
    "mean_len_tokens",
    "step_seconds",
]
# FLOP a parameter and token: a forward pass to write it and one to score it, a forward and a
# backward one to learn from it.
FLOP_PER_PARAMETER = {"generation": 2.0, "scoring": 2.0, "update": 6.0}
OVERLAP = 0.75  # of a step, where generation runs beside training; a test holds it to the pairs in the table


@dataclass(frozen=True)
class StepPrediction:
    """Median seconds of a step by part, and how step time is distributed around their sum."""

    parts: dict[str, float]
    step_seconds: Distribution


class StepEstimator:
    """Coefficients of the parts of a step, fitted without some developers."""

    def __init__(self, evidence: Evidence, exclude: tuple[str, ...] = ()) -> None:
        runs = evidence["rl_runs"]
        usable = (runs.unfit == "") & (runs.chip != "") & runs[NEEDED].notna().all(axis=1)
        self.hardware = evidence["hardware"]
        self.log_sd = evidence.facts["answer_length_log_sd"].value
        self.runs = runs[usable & ~runs.developer.isin(exclude)].reset_index(drop=True)
        self.sparsity_cost = sparsity_cost(evidence, exclude)
        self.columns = self.design(self.runs)
        self.coefficients = self._fit(np.ones(len(self.runs), dtype=bool))

    def design(self, runs: pd.DataFrame) -> np.ndarray:
        """Seconds of each part of a step at coefficients of one; shape (runs, 3): tokens, waiting,
        fixed.

        Tokens: ten FLOP a parameter and token (writing, scoring, updating) over the chips' peak,
        times what sparsity costs. Waiting: the longest answer by the time to read the active
        weights, which many chips share, so it grows with their square root. Fixed: weights to move,
        by the square root of their number.
        """
        answers = (runs.prompts_per_step * runs.samples_per_prompt).to_numpy(dtype=float)
        mean, active, total = (
            runs[name].to_numpy(dtype=float)
            for name in ("mean_len_tokens", "params_active", "params_total")
        )
        chips = self.hardware.set_index("chip")
        capacity = (runs.chips * runs.chip.map(peak_flop_s(chips))).to_numpy(dtype=float)
        limit = runs.max_len_tokens.fillna(np.inf).to_numpy(dtype=float)
        longest = longest_answer_tokens(mean, self.log_sd, answers, limit)
        flop = (
            sum(FLOP_PER_PARAMETER.values())
            * active
            * answers
            * mean
            * (total / active) ** self.sparsity_cost
        )
        waiting = (
            longest
            * np.sqrt(active / 1e9)
            / runs.chip.map(chips.hbm_tb_s).to_numpy(dtype=float)
            / 1000.0
        )
        overlap = np.where(runs["mode"] == "asynchronous", OVERLAP, 1.0)
        return (
            np.column_stack([flop / capacity, waiting, np.sqrt(total / 1e9)])
            * overlap[:, np.newaxis]
        )

    def _fit(self, rows: np.ndarray) -> np.ndarray:
        """Non-negative coefficients that make relative errors small, every developer of the same
        weight.
        """
        runs, columns = self.runs[rows], self.columns[rows]
        weights = 1.0 / np.sqrt(
            runs.groupby("developer").id.transform("count").to_numpy(dtype=float)
        )
        found, _ = nnls(
            columns / runs.step_seconds.to_numpy()[:, np.newaxis] * weights[:, np.newaxis], weights
        )
        return found

    @cached_property
    def log_error(self) -> tuple[float, int]:
        """Root-mean-square log error with each run's developer left out, every developer alike, and
        how many there are.

        So few developers cannot bear the tail quantiles of conformal prediction, which would stop
        at the worst miss seen: Student's t, with a degree of freedom a developer, goes on beyond
        it.
        """
        errors = np.log(self.left_out() / self.runs.step_seconds.to_numpy())
        weights = developer_weights(self.runs.developer)
        return float(np.sqrt(np.average(errors**2, weights=weights))), int(
            self.runs.developer.nunique()
        )

    def coefficients_without(self, developer: str) -> np.ndarray:
        """The coefficients of a fit without one developer."""
        return self._fit((self.runs.developer != developer).to_numpy())

    def left_out(self) -> np.ndarray:
        """Predicted seconds of each step, its developer left out."""
        predicted = np.empty(len(self.runs))
        for developer in self.runs.developer.unique():
            inside = (self.runs.developer == developer).to_numpy()
            predicted[inside] = self.columns[inside] @ self.coefficients_without(str(developer))
        return predicted

    def predict(self, run: pd.DataFrame) -> StepPrediction:
        """Step time of one run, a frame of one row with the columns of rl_runs.csv."""
        tokens, waiting, fixed = (self.design(run)[0] * self.coefficients).tolist()
        shares = {
            name: flop / sum(FLOP_PER_PARAMETER.values()) * tokens
            for name, flop in FLOP_PER_PARAMETER.items()
        }
        parts = shares | {"generation": shares["generation"] + waiting, "fixed": fixed}
        spread, developers = self.log_error
        basis = f"{len(self.runs)} steps of {developers} developers"
        total = float(np.log(sum(parts.values())))
        return StepPrediction(
            parts, Distribution("log_t", 0.0, np.inf, basis, False, total, spread, developers)
        )


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
    runs = reference_runs(evidence["training_runs"], evidence["hardware"])
    runs = runs[~runs.developer.isin(exclude)]
    mfu = runs.groupby("architecture").mfu.median()
    sparse = runs[runs.architecture == "moe"]
    return float(
        np.log(mfu["dense"] / mfu["moe"])
        / np.log((sparse.params_total / sparse.params_active).median())
    )


def alternatives(estimator: StepEstimator, evidence: Evidence) -> pd.DataFrame:
    """Error factors of naive ways to predict the same steps, each without the step's developer.

    Returns
    -------
    DataFrame
        A row a step: `id`, `developer`, and a column for each way: `this model`, `pre-training MFU`
        (ten FLOP a parameter and token at the median MFU of pre-training), `throughput only` (the
        same at the utilisation of other developers' steps), `GPU-hours a token` (of the median
        run).
    """
    runs = estimator.runs
    seconds = runs.step_seconds.to_numpy()
    at_peak = estimator.columns[:, 0]
    references = reference_runs(evidence["training_runs"], evidence["hardware"])
    tokens = (runs.prompts_per_step * runs.samples_per_prompt * runs.mean_len_tokens).to_numpy(
        dtype=float
    )
    chip_seconds = seconds * runs.chips.to_numpy(dtype=float) / tokens
    predicted = {
        "this model": estimator.left_out(),
        "pre-training MFU": at_peak / references.mfu.median(),
    }
    for name, ratio, unit in (
        ("throughput only", seconds / at_peak, at_peak),
        ("GPU-hours a token", chip_seconds, tokens / runs.chips.to_numpy(dtype=float)),
    ):
        others = [
            np.median(pd.Series(ratio[runs.developer != developer])) for developer in runs.developer
        ]
        predicted[name] = np.array(others) * unit
    factors = {name: np.exp(np.abs(np.log(found / seconds))) for name, found in predicted.items()}
    return pd.DataFrame({"id": runs.id, "developer": runs.developer, **factors})


def left_out_intervals(evidence: Evidence, level: float = 0.9) -> pd.DataFrame:
    """Intervals of every step, fitted and calibrated without the step's developer.

    Returns
    -------
    DataFrame
        A row a step: `id`, whether its seconds are `inside`, and the interval's `width` (upper over
        lower bound).
    """
    frames = []
    everyone = step_estimator_for(evidence).runs
    for developer, rows in everyone.groupby("developer", sort=False):
        others = step_estimator_for(evidence, (str(developer),))
        spread, developers = others.log_error
        reach = spread * stats.t(developers).ppf((1.0 + level) / 2.0)
        errors = np.abs(np.log(others.design(rows) @ others.coefficients / rows.step_seconds))
        frames.append(
            pd.DataFrame({"id": rows.id, "inside": errors <= reach, "width": np.exp(2.0 * reach)})
        )
    return pd.concat(frames).sort_index()


def generation_shares(estimator: StepEstimator) -> pd.DataFrame:
    """Generation's share of a step: as disclosed, and by the model without the step's developer;
    `id, disclosed, predicted`.
    """
    runs = estimator.runs
    known = runs.generation_seconds.notna()
    rows = []
    for index in runs.index[known]:
        fitted = estimator.columns[index] * estimator.coefficients_without(
            str(runs.developer[index])
        )
        writing = (
            FLOP_PER_PARAMETER["generation"] / sum(FLOP_PER_PARAMETER.values()) * fitted[0]
            + fitted[1]
        )
        disclosed = runs.generation_seconds[index] / runs.step_seconds[index]
        rows.append(
            {
                "id": runs.id[index],
                "model": runs.model[index],
                "disclosed": disclosed,
                "predicted": writing / fitted.sum(),
            }
        )
    return pd.DataFrame(rows)
