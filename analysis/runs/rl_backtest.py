"""How good the model of a step of reinforcement learning is: every step as if never seen, its
developer left out.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.chips import peaks_of
from analysis.data.tables import Evidence
from analysis.runs.references import each_developer, left_out, reference_runs
from analysis.runs.rl_steps import (
    FLOP_PER_PARAMETER,
    FLOP_PER_PARAMETER_AND_TOKEN,
    StepEstimator,
    answers,
    numbers,
    step_estimator_for,
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
    runs, at_peak = estimator.runs, estimator.columns[:, 0]
    seconds = numbers(runs.step_seconds)
    tokens_per_chip = numbers(answers(runs) * runs.mean_len_tokens / runs.chips)

    def by_the_median(unit: np.ndarray) -> np.ndarray:
        """Seconds at other developers' median seconds per unit."""
        ratio = seconds / unit
        return unit * left_out(runs.developer, lambda _, own: np.median(ratio[~own]))

    predicted = {
        "this model": estimator.left_out(),
        "pre-training MFU": at_peak / reference_runs(evidence).mfu.median(),
        "throughput only": by_the_median(at_peak),
        "GPU-hours a token": by_the_median(tokens_per_chip),
    }
    factors = {way: np.exp(np.abs(np.log(each / seconds))) for way, each in predicted.items()}
    return pd.DataFrame({"id": runs.id, "developer": runs.developer, **factors})


def left_out_intervals(evidence: Evidence, level: float = 0.9) -> pd.DataFrame:
    """Intervals of every step, fitted and calibrated without the step's developer.

    Returns
    -------
    DataFrame
        A row a step: `id`, whether its seconds are `inside`, and the interval's `width` (upper over
        lower bound).
    """
    steps = step_estimator_for(evidence).runs
    frames = []
    for developer, own in each_developer(steps.developer):
        others, rows = step_estimator_for(evidence, (developer,)), steps[own]
        spread, developers = others.log_error
        reach = spread * stats.t(developers).ppf((1.0 + level) / 2.0)
        errors = np.abs(np.log(others.design(rows) @ others.coefficients / rows.step_seconds))
        frames.append(
            pd.DataFrame({"id": rows.id, "inside": errors <= reach, "width": np.exp(2.0 * reach)})
        )
    return pd.concat(frames).sort_index()


def steps_by_kind(evidence: Evidence) -> pd.DataFrame:
    """How good the model is on steps of each developer and kind, each left out.

    Returns
    -------
    DataFrame
        A row a kind of step: `steps`, `n`; `median_factor` and `p90_factor` of the error; the share
        `inside` their 90 % intervals, and the median `width` of these, p95 over p05.
    """
    estimator, intervals = step_estimator_for(evidence), left_out_intervals(evidence)
    factors = np.exp(np.abs(np.log(estimator.left_out() / numbers(estimator.runs.step_seconds))))
    rows = [
        {
            "steps": kind,
            "n": int(inside.sum()),
            "median_factor": float(np.median(factors[inside])),
            "p90_factor": float(np.quantile(factors[inside], 0.9)),
            "inside": float(intervals.inside[inside].mean()),
            "width": float(intervals.width[inside].median()),
        }
        for kind, inside in _kinds_of_steps(estimator)
    ]
    return pd.DataFrame(rows)


def alternatives_by_kind(evidence: Evidence) -> pd.DataFrame:
    """Median error factors of `alternatives` by kind of step: `steps`, `n`, a column a way."""
    estimator = step_estimator_for(evidence)
    factors = alternatives(estimator, evidence).drop(columns=["id", "developer"])
    rows = [
        {"steps": kind, "n": int(inside.sum()), **factors[inside].median()}
        for kind, inside in _kinds_of_steps(estimator)
    ]
    return pd.DataFrame(rows)


def _kinds_of_steps(estimator: StepEstimator) -> Iterator[tuple[str, np.ndarray]]:
    """Groups of steps and their rows: all, by developer, large, long, of the commonest peak."""
    runs = estimator.runs
    peaks = peaks_of(runs.chip, estimator.hardware)
    commonest = peaks.mode().iloc[0]
    kinds = {"all steps": np.ones(len(runs), dtype=bool)}
    kinds |= {f"of {name}": own for name, own in each_developer(runs.developer)}
    kinds |= {
        "models of 200 billion parameters and more": numbers(runs.params_total) >= 200e9,
        "answers of 8,000 tokens and more": numbers(runs.mean_len_tokens) >= 8e3,
        f"on chips of {commonest / 1e12:,.0f} TFLOP/s": (peaks == commonest).to_numpy(),
    }
    return ((kind, inside) for kind, inside in kinds.items() if inside.any())


def generation_shares(estimator: StepEstimator) -> pd.DataFrame:
    """Generation's share of a step where a source prints it: as `disclosed`, and as `predicted` by
    the model without the step's developer; with `id`, `model`.
    """
    runs = estimator.runs
    rows = []
    for index in runs.index[runs.generation_seconds.notna()]:
        without = estimator.coefficients_without(str(runs.developer[index]))
        tokens, waiting, fixed = estimator.columns[index] * without
        writing = FLOP_PER_PARAMETER["generation"] / FLOP_PER_PARAMETER_AND_TOKEN * tokens + waiting
        rows.append(
            {
                "id": runs.id[index],
                "model": runs.model[index],
                "disclosed": runs.generation_seconds[index] / runs.step_seconds[index],
                "predicted": writing / (tokens + waiting + fixed),
            }
        )
    return pd.DataFrame(rows)
