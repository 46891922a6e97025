"""How good the model of a step of reinforcement learning is: every step as if never seen, its
developer left out, and beside it its model alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy.special import betaincinv, stdtrit

from analysis.data.chips import peaks_of
from analysis.data.facts import Facts
from analysis.data.tables import Evidence
from analysis.runs.references import each_developer, left_out, reference_runs
from analysis.runs.rl_fit import is_own_run, models_of
from analysis.runs.rl_steps import (
    BILLION,
    FLOP_PER_PARAMETER,
    FLOP_PER_PARAMETER_AND_TOKEN,
    StepEstimator,
    answers,
    numbers,
    rms_log_error,
    step_estimator_for,
)

THIS_MODEL, BY_TOKENS = "this model", "GPU-hours a token"
LEVEL = 0.9


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
    predicted = {
        THIS_MODEL: estimator.left_out(),
        "pre-training MFU": at_peak / reference_runs(evidence).mfu.median(),
        "throughput only": _by_the_median(at_peak, runs),
        BY_TOKENS: _by_the_median(_tokens_a_chip(runs), runs),
    }
    factors = {way: np.exp(np.abs(np.log(each / seconds))) for way, each in predicted.items()}
    return pd.DataFrame({"id": runs.id, "developer": runs.developer, **factors})


def _tokens_a_chip(runs: pd.DataFrame) -> np.ndarray:
    return numbers(answers(runs) * runs.mean_len_tokens / runs.chips)


def _by_the_median(unit: np.ndarray, runs: pd.DataFrame) -> np.ndarray:
    """Seconds at other developers' median seconds per unit."""
    ratio = numbers(runs.step_seconds) / unit
    return unit * left_out(runs.developer, lambda _, own: np.median(ratio[~own]))


def left_out_intervals(
    evidence: Evidence, level: float = LEVEL, way: str = THIS_MODEL
) -> pd.DataFrame:
    """Intervals of every step, fitted and calibrated without the step's developer.

    Parameters
    ----------
    evidence
        The tables.
    level
        How many of the steps the intervals are to hold [1].
    way
        `THIS_MODEL` or `BY_TOKENS`.

    Returns
    -------
    DataFrame
        A row a step: `id`, `developer`, whether its seconds are `inside`, the interval's `width`
        (upper over lower bound), and its `interval_score` in logs: the width and, for each step
        beyond, the distance times two over what is to lie outside.
    """
    steps, predict = step_estimator_for(evidence).runs, WAYS[way]
    frames = []
    for developer, own in each_developer(steps.developer):
        others, rows = step_estimator_for(evidence, (developer,)), steps[own]
        seconds, spread = predict(others, rows)
        reach = spread * stdtrit(others.log_error[1], (1.0 + level) / 2.0)
        errors = np.abs(np.log(seconds / numbers(rows.step_seconds)))
        score = 2.0 * reach + 2.0 / (1.0 - level) * np.maximum(errors - reach, 0.0)
        found = {"inside": errors <= reach, "width": np.exp(2.0 * reach), "interval_score": score}
        frames.append(rows[["id", "developer"]].assign(**found))
    return pd.concat(frames).sort_index()


def _by_this_model(others: StepEstimator, rows: pd.DataFrame) -> tuple[np.ndarray, float]:
    """Seconds of steps, and how far those of the others lie from the model."""
    parts = others.fit.seconds(others.design(rows), is_own_run(rows))
    return parts.sum(axis=1), others.log_error[0]


def _by_tokens(others: StepEstimator, rows: pd.DataFrame) -> tuple[np.ndarray, float]:
    """As `_by_this_model`, by the seconds that a chip of the others takes for a token."""
    seconds, tokens = numbers(others.runs.step_seconds), _tokens_a_chip(others.runs)
    errors = np.log(_by_the_median(tokens, others.runs) / seconds)
    predicted = _tokens_a_chip(rows) * np.median(seconds / tokens)
    return predicted, rms_log_error(errors, others.runs.developer)


WAYS: dict[str, Callable[[StepEstimator, pd.DataFrame], tuple[np.ndarray, float]]] = {
    THIS_MODEL: _by_this_model,
    BY_TOKENS: _by_tokens,
}


def intervals_by_way(evidence: Evidence) -> pd.DataFrame:
    """What the intervals are worth, by rows and with every developer alike.

    Returns
    -------
    DataFrame
        A row a way: `way`, `inside` and `inside_by_developer` [1], `interval_score` and
        `interval_score_by_developer`, the median `width`.
    """
    rows = []
    for way in WAYS:
        found = left_out_intervals(evidence, way=way)
        mean = found.groupby("developer")[["inside", "interval_score"]].mean().mean()
        rows.append(
            {
                "way": way,
                "inside": found.inside.mean(),
                "inside_by_developer": mean.inside,
                "interval_score": found.interval_score.mean(),
                "interval_score_by_developer": mean.interval_score,
                "width": found.width.median(),
            }
        )
    return pd.DataFrame(rows)


def what_so_few_show(evidence: Evidence, level: float = LEVEL) -> pd.DataFrame:
    """What the developers whose steps are inside their intervals say of those of a new one.

    Returns
    -------
    DataFrame
        One row: `developers`, `inside` (those of whose steps the level is inside), `at_least`: the
        share of developers [1] that fewer hits than these would follow from with nine in ten.
    """
    shares = left_out_intervals(evidence, level).groupby("developer").inside.mean()
    inside = int((shares >= level).sum())
    at_least = least_share(inside, len(shares))
    return pd.DataFrame([{"developers": len(shares), "inside": inside, "at_least": at_least}])


def what_errors_go_with(estimator: StepEstimator) -> pd.DataFrame:
    """What the errors of the developer with most steps go with, each alone and two together.

    Returns
    -------
    DataFrame
        A row a property: `what`, the `share` [1] of the variance of the log error that a line on
        it explains, and its `correlation` with that error, of predicted over measured; NaN for two.
    """
    runs = estimator.runs
    own = (runs.developer == runs.developer.mode().iloc[0]).to_numpy()
    errors = np.log(estimator.left_out() / numbers(runs.step_seconds))[own]
    total, active = np.log(numbers(runs.params_total)), np.log(numbers(runs.params_active))
    peak = np.log(peaks_of(runs.chip, estimator.hardware).to_numpy())
    properties = {
        "size": [total],
        "parameters for each active one": [total - active],
        "peak of the chip": [peak],
        "the last two together": [total - active, peak],
    }
    rows = [
        {"what": what, "share": explained(np.column_stack(found)[own], errors)}
        for what, found in properties.items()
    ]
    signs = [np.corrcoef(found[0][own], errors)[0, 1] for found in properties.values()]
    return pd.DataFrame(rows).assign(correlation=[*signs[:-1], np.nan])


def explained(properties: np.ndarray, errors: np.ndarray) -> float:
    """Share of the variance of errors that a plane on their properties explains [1].

    >>> round(explained(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0])), 3)
    1.0
    """
    plane = np.column_stack([np.ones(len(errors)), properties])
    left = errors - plane @ np.linalg.lstsq(plane, errors, rcond=None)[0]
    return float(1.0 - left.var() / errors.var())


def least_share(hits: int, tries: int) -> float:
    """The share that hits among tries leave possible, the lower end with nine in ten [1].

    Seven of seven leave all above 72 %:

    >>> round(least_share(7, 7), 2)
    0.72
    """
    return float(betaincinv(hits, tries - hits + 1, 1.0 - LEVEL)) if hits else 0.0


def steps_by_kind(evidence: Evidence) -> pd.DataFrame:
    """How good the model is on steps of each developer and kind, each left out.

    Returns
    -------
    DataFrame
        A row a kind of step: `steps`, `n`; `median_factor` and `p90_factor` of the error, and
        `median_of_model_left_out` where the developer's other models are known; the share `inside`
        their 90 % intervals, and the median `width` of these, p95 over p05.
    """
    estimator, intervals = step_estimator_for(evidence), left_out_intervals(evidence)
    seconds = numbers(estimator.runs.step_seconds)
    factors, of_model = (
        np.exp(np.abs(np.log(estimator.left_out(units) / seconds)))
        for units in (None, models_of(estimator.runs))
    )
    rows = [
        {
            "steps": kind,
            "n": int(inside.sum()),
            "median_factor": float(np.median(factors[inside])),
            "p90_factor": float(np.quantile(factors[inside], 0.9)),
            "median_of_model_left_out": float(np.median(of_model[inside])),
            "inside": float(intervals.inside[inside].mean()),
            "width": float(intervals.width[inside].median()),
        }
        for kind, inside in _kinds_of_steps(estimator, evidence.facts)
    ]
    return pd.DataFrame(rows)


def alternatives_by_kind(evidence: Evidence) -> pd.DataFrame:
    """Median error factors of `alternatives` by kind of step: `steps`, `n`, a column a way."""
    estimator = step_estimator_for(evidence)
    factors = alternatives(estimator, evidence).drop(columns=["id", "developer"])
    rows = [
        {"steps": kind, "n": int(inside.sum()), **factors[inside].median()}
        for kind, inside in _kinds_of_steps(estimator, evidence.facts)
    ]
    return pd.DataFrame(rows)


def _kinds_of_steps(estimator: StepEstimator, facts: Facts) -> Iterator[tuple[str, np.ndarray]]:
    """Groups of steps and their rows: all, by developer, large, long, of the commonest peak."""
    runs = estimator.runs
    peaks = peaks_of(runs.chip, estimator.hardware)
    commonest = peaks.mode().iloc[0]
    large = facts.constant("large_model_of_steps_params", "params").value
    long = facts.constant("long_answer_of_steps_tokens", "tokens").value
    kinds = {"all steps": np.ones(len(runs), dtype=bool)}
    kinds |= {f"of {name}": own for name, own in each_developer(runs.developer)}
    kinds |= {
        f"models of {large / BILLION:g} billion parameters and more": (
            numbers(runs.params_total) >= large
        ),
        f"answers of {long:,.0f} tokens and more": numbers(runs.mean_len_tokens) >= long,
        f"on chips of {commonest / 1e12:,.0f} TFLOP/s": (peaks == commonest).to_numpy(),
    }
    return ((kind, inside) for kind, inside in kinds.items() if inside.any())


def generation_shares(estimator: StepEstimator) -> pd.DataFrame:
    """Generation's share of a step where a source prints it: as `disclosed`, and as `predicted` by
    the model without the step's developer; with `id`, `model`.
    """
    runs, own_run = estimator.runs, is_own_run(estimator.runs)
    rows = []
    for index in runs.index[runs.generation_seconds.notna()]:
        fit = estimator.fit_of((runs.developer != runs.developer[index]).to_numpy())
        parts = fit.seconds(estimator.columns[[index]], own_run[[index]])[0]
        writing = FLOP_PER_PARAMETER["generation"] / FLOP_PER_PARAMETER_AND_TOKEN * parts[0]
        rows.append(
            {
                "id": runs.id[index],
                "model": runs.model[index],
                "disclosed": runs.generation_seconds[index] / runs.step_seconds[index],
                "predicted": (writing + parts[1]) / parts.sum(),
            }
        )
    return pd.DataFrame(rows)
