"""Both views and their pool beside the hours of every run that publishes a layout, each run's
developer left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.protocol import kept_out, protocol
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution, named_percentiles, normal_log_density
from analysis.physics.flop import flop_per_token
from analysis.physics.training import gpu_hours
from analysis.runs.basis import basis
from analysis.runs.configurations import configuration_of
from analysis.runs.efficiency import estimator_for
from analysis.runs.measured_rates import TABLE, layout_of
from analysis.runs.planned import Planned, by_step_time, pooled
from analysis.runs.rate_record import HALF_WIDTH, scored
from analysis.runs.references import reference_runs

VIEWS = {"by_kind": "by kind", "step_time": "by step time", "combined": "combined"}
VIEW_WORDS = {
    "by_kind": "by what such runs reach",
    "step_time": "by the time of a step",
    "combined": "both together",
}
WEIGHTS = np.linspace(0.0, 1.0, 101)


def listed(hours: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    """The percentiles of GPU-hours by each view as answers list them: `id`, `label`, `gpu_hours`,
    and `leads`, whether it is the answer: both together, or the one that there is.
    """
    leads = "combined" if "combined" in hours else "by_kind"
    return [
        {"id": name, "label": VIEW_WORDS[name], "gpu_hours": dict(found), "leads": name == leads}
        for name, found in hours.items()
    ]


def runs_with_layout(evidence: Evidence) -> pd.DataFrame:
    """Reference runs that publish hours and a layout: the run's row, with `measured`, the row of
    training_throughput.csv that has the layout; of several, the first.
    """
    rules = protocol().rows
    rates = evidence[TABLE]
    rates = rates[
        (rates.run != "")
        & (rates.left_out == "")
        & rates.chip.isin(rules.chips)
        & ~rates.who.isin(rules.shown_beside_developers)
        & ~rates.like.isin(rules.shown_beside_architectures)
    ].drop_duplicates("run")
    runs = reference_runs(evidence)
    found = runs.merge(
        rates[["run", "id", "who"]], left_on="id", right_on="run", suffixes=("", "_")
    )
    return found.rename(columns={"id_": "measured"}).drop(columns="run")


@lru_cache(maxsize=64)
def predicted_runs(evidence: Evidence, exclude: tuple[str, ...] = ()) -> pd.DataFrame:
    """Runs with hours and a layout, by each view without their developer.

    Parameters
    ----------
    exclude
        developers whose rows are in no part of this, beside those that the protocol keeps out:
        neither runs that are predicted, nor in what predicts the others.

    Returns
    -------
    DataFrame
        `id, developer, gpu_hours` and, for both views, the middle and the deviation of the log
        efficiency: `by_kind, by_kind_deviation, step_time, step_time_deviation`, and `mfu`.
    """
    found, exclude = [], tuple(sorted({*exclude, *kept_out()}))
    runs = runs_with_layout(evidence)
    for run in runs[~runs.developer.isin(exclude)].itertuples():
        kind, step = _views(run, evidence, exclude)
        row = {"id": run.id, "developer": run.developer, "gpu_hours": run.gpu_hours, "mfu": run.mfu}
        for name, view in (("by_kind", kind), ("step_time", step)):
            row[name], row[f"{name}_deviation"] = normal_of(view)
        found.append(row)
    return pd.DataFrame(found)


def _views(
    run: Any, evidence: Evidence, exclude: tuple[str, ...] = ()
) -> tuple[Distribution, Distribution]:
    own = tuple(sorted({run.developer, run.who, *exclude}))
    kind = estimator_for(evidence, own).predict(pd.DataFrame([run._asdict()]))[0]
    return kind, by_step_time(_planned(run, own, evidence), evidence)


def _planned(run: Any, own: tuple[str, ...], evidence: Evidence) -> Planned:
    rates = evidence[TABLE]
    row = rates[rates.id == run.measured].iloc[0]
    shape = configuration_of(row.configuration, evidence)
    flop = float(flop_per_token(shape, row.seq_len_tokens))
    return Planned(shape, layout_of(row), row.chip, str(run.release_date), flop, own)


def normal_of(view: Distribution) -> tuple[float, float]:
    """Middle and deviation of the log, by the middle and the width from 5 to 95 %."""
    low, middle, high = np.log(view.quantile([0.05, 0.5, 0.95]))
    return float(middle), float((high - low) / (2.0 * HALF_WIDTH))


def stacking_weight(evidence: Evidence, exclude: Collection[str] = ()) -> dict[str, float]:
    """The weight of step time in the pool, by the protocol's formula.

    Returns
    -------
    dict
        `stacking` (the best weight s), `developers` (D) and `weight` (w).
    """
    runs = predicted_runs(basis(evidence), tuple(sorted(exclude)))
    rules = protocol().combined
    count = int(runs.developer.nunique()) if len(runs) else 0
    best = float(WEIGHTS[np.argmax(_mean_scores(runs))]) if count else rules.prior_weight
    prior = rules.prior_developers * rules.prior_weight
    weight = (count * best + prior) / (count + rules.prior_developers)
    return {"stacking": best, "developers": count, "weight": weight}


def _mean_scores(runs: pd.DataFrame) -> np.ndarray:
    """Mean log score of the pool at each weight, each developer alike."""
    log_mfu = np.log(runs.mfu.to_numpy())
    step, kind = (
        np.exp(normal_log_density(log_mfu, runs[view], runs[f"{view}_deviation"]))
        for view in ("step_time", "by_kind")
    )
    scores = np.log(np.outer(step, WEIGHTS) + np.outer(kind, 1.0 - WEIGHTS))
    return pd.DataFrame(scores).groupby(runs.developer.to_numpy()).mean().mean().to_numpy()


@lru_cache(maxsize=4)
def hours_record(evidence: Evidence) -> pd.DataFrame:
    """Every run with hours and a layout, by all three views without its developer: `id, developer,
    view, predicted, p05, p95` in GPU-hours, and the scores of `scored`.
    """
    parts = []
    for run in runs_with_layout(evidence).itertuples():
        kind, step = _views(run, evidence, kept_out())
        weight = stacking_weight(evidence, {run.developer})["weight"]
        views = {"by_kind": kind, "step_time": step, "combined": pooled(step, kind, weight)}
        parts += [_beside(run, name, view) for name, view in views.items()]
    frame = pd.DataFrame(parts)
    return scored(frame, frame.log_error.to_numpy(), frame.deviation.to_numpy())


def _beside(run: Any, name: str, view: Distribution) -> dict[str, Any]:
    middle, deviation = normal_of(view)
    useful_hours = run.mfu * run.gpu_hours  # of work at the peak
    low, half, high = view.quantile([0.05, 0.5, 0.95])
    return {
        "id": run.id,
        "model": run.model,
        "developer": run.developer,
        "view": name,
        "gpu_hours": run.gpu_hours,
        "predicted": useful_hours / half,
        "p05": useful_hours / high,
        "p95": useful_hours / low,
        "log_error": float(np.log(run.mfu) - middle),
        "deviation": deviation,
    }


def view_figures(record: pd.DataFrame) -> dict[str, float]:
    """The contract of results.json for a view: n, median and 90th percentile of the error factor,
    coverage, width, and both scores, each developer alike in these.
    """
    factors = np.exp(record.log_error.abs())
    of_developers = record.groupby("developer")[["log_score", "interval_score"]].mean().mean()
    return {
        "n": len(record),
        "median_error_factor": float(factors.median()),
        "p90_error_factor": float(factors.quantile(0.9)),
        "coverage_90": float(record.inside.mean()),
        "median_width_factor": float((record.p95 / record.p05).median()),
        "log_score": float(of_developers.log_score),
        "interval_score": float(of_developers.interval_score),
    }


def hours_by(
    view: Distribution, tokens: float, flop_per_token: float, peak_flop_s: float
) -> dict[str, float]:
    """GPU-hours of a run by a view of its efficiency, at the percentiles by name."""
    ends = np.array([0.95, 0.5, 0.05])  # a high efficiency is few hours
    return named_percentiles(gpu_hours(tokens, flop_per_token, peak_flop_s, view.quantile(ends)))


def pool_over_weight(
    step: Distribution, kind: Distribution, flop: float, peak_flop_s: float
) -> pd.DataFrame:
    """A run's GPU-hours by the pool at each tenth of a weight: `weight, p05, p50, p95`."""
    rows = []
    for weight in np.linspace(0.0, 1.0, 11):
        both = pooled(step, kind, float(weight))
        rows.append({"weight": weight, **hours_by(both, 1.0, flop, peak_flop_s)})
    return pd.DataFrame(rows)
