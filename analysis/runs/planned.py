"""A run of pre-training that has a published layout, and its efficiency by each view.

By kind: what the MFU of other developers' runs says. By step time: the rate that the layout gives,
shifted by measured rates, over hours billed for each hour running. Combined: their linear pool.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import ndtri

from analysis.data.mistakes import InputError
from analysis.data.protocol import protocol
from analysis.data.tables import Evidence
from analysis.data.uncertainty import (
    Distribution,
    between,
    draw,
    fewest_for_t,
    from_other_developers,
)
from analysis.physics.architecture import Configuration
from analysis.physics.durations import SECONDS_PER_HOUR
from analysis.physics.step_time.layout import Layout
from analysis.physics.step_time.step import StepTime, step_time
from analysis.runs.basis import basis
from analysis.runs.measured_rates import TABLE
from analysis.runs.step_constants import processor
from analysis.runs.step_view import Between, constants_of, shift_without

PROBABILITIES = tuple((np.arange(1000) / 1000.0 + 0.0005).tolist())
UNIT = between(0.0, 1.0, "points")


@dataclass(frozen=True)
class Planned:
    """What is public of a run before it starts: its model, layout, chip and date; `flop_per_token`
    counts all work, and `like` names architectures whose measured rates are left out.
    """

    configuration: Configuration
    layout: Layout
    chip: str
    date: str
    flop_per_token: float
    developers: tuple[str, ...]
    like: tuple[str, ...] = ()

    @property
    def row(self) -> pd.DataFrame:
        """Its fixed effects, as those of a measured rate."""
        return pd.DataFrame([{"mixture": float(self.configuration.n_routed_experts > 0)}])


def step_of(run: Planned, evidence: Evidence, developers_figures: bool = True) -> StepTime:
    """The time of its step, without any shift; arrays of one value a draw of the constants.

    Raises
    ------
    InputError
        If its chip has no measured kernels, or the layout does not fit.
    """
    kernels = str(evidence["hardware"].set_index("chip").kernels[run.chip])
    chip = processor(run.chip, evidence)
    constants = constants_of(basis(evidence), developers_figures)
    reached = constants.efficiencies(kernels, run.date)
    try:
        return step_time(run.configuration, run.layout, chip, reached)
    except ValueError as error:
        raise InputError(str(error), "layout") from None


def by_step_time(
    run: Planned,
    evidence: Evidence,
    developers_figures: bool = True,
    between_developers: Between = None,
) -> Distribution:
    """Efficiency over the hours billed [1, of the dense BF16 peak] by the time of a step.

    Rate, shift, spread and ratio are drawn together: a draw of the constants has its own shift.
    """
    parts = log_rate_by_part(run, evidence, developers_figures, between_developers)
    rows = shift_without(evidence, run.developers, run.like, developers_figures).rows
    peak = processor(run.chip, evidence).peak_bf16_flop_s
    return tabulated(
        run.flop_per_token * np.exp(sum(parts.values())) / peak,
        f"time of a step; {len(rows)} rates of {rows.who.nunique()} developers",
    )


def log_rate_by_part(
    run: Planned,
    evidence: Evidence,
    developers_figures: bool = True,
    between_developers: Between = None,
) -> dict[str, np.ndarray]:
    """The log of tokens per second and chip over the hours billed, by the time of a step: parts
    that add up, each drawn apart from the others.

    Returns
    -------
    dict
        Arrays of shape (points,), as many for each draw of the constants: `constants`, the rate
        that the layout allows with the shift found by the same constants; `makers`, how far one
        more maker lies from the shift; `billed`, the hours running over those billed.
    """
    rate = step_of(run, evidence, developers_figures).tokens_per_s_per_gpu
    shift = shift_without(evidence, run.developers, run.like, developers_figures)
    mean, deviation = (found[0] for found in shift.of(run.row, between_developers))
    rules = protocol().constants
    ratio = billed_over_running(evidence, run.developers)
    count = rules.draws * rules.points_per_draw
    points = draw({"noise": UNIT, "ratio": ratio}, count, rules.seed + 1)
    return {
        "constants": np.repeat(np.log(rate) + mean, rules.points_per_draw),
        "makers": np.repeat(deviation, rules.points_per_draw) * ndtri(points["noise"]),
        "billed": -np.log(points["ratio"]),
    }


def step_time_or_why(run: Planned, evidence: Evidence) -> Distribution | str:
    """Efficiency by the time of a step; where the table of chips lacks what that needs, why."""
    try:
        return by_step_time(run, evidence)
    except InputError as error:
        if "hardware.csv" in error.where:
            return str(error)
        raise


def tabulated(samples: np.ndarray, basis: str) -> Distribution:
    """The distribution of samples."""
    values = tuple(np.quantile(samples, PROBABILITIES).tolist())
    return Distribution(
        "tabulated", min(values), max(values), basis, misses=values, coverage=PROBABILITIES
    )


def pooled(step: Distribution, kind: Distribution, weight: float) -> Distribution:
    """The linear pool: a share `weight` of draws by step time, the rest by kind."""
    probabilities = np.array(PROBABILITIES)
    values = np.concatenate([view.quantile(probabilities) for view in (step, kind)])
    shares = np.repeat([weight, 1.0 - weight], len(probabilities)) / len(probabilities)
    order = np.argsort(values)
    reached = np.cumsum(shares[order]) - shares[order] / 2.0
    basis = f"{weight:.0%} {step.basis}; {1 - weight:.0%} {kind.basis}"
    table = tuple(np.interp(probabilities, reached, values[order]).tolist())
    return Distribution(
        "tabulated", min(table), max(table), basis, misses=table, coverage=PROBABILITIES
    )


def billed_over_running(evidence: Evidence, exclude: Collection[str] = ()) -> Distribution:
    """GPU-hours billed over GPU-hours running [1], by other developers' runs that publish both."""
    ratios = ratios_of_runs(basis(evidence))
    ratios = ratios[~(ratios.developer.isin(exclude) | ratios.who.isin(exclude))]
    return from_other_developers(
        ratios.ratio,
        ratios.developer,
        "hours billed over hours running",
        fewest_for_t(evidence.facts),
        protocol().ratio.least,
        where=f"{TABLE}.csv, run",
    )


@lru_cache(maxsize=8)
def ratios_of_runs(evidence: Evidence) -> pd.DataFrame:
    """Runs that publish a rate while running and hours that were not computed from it: `run, who,
    developer, ratio`; of several rates of a run, the mean of their logs.
    """
    rates, rules = evidence[TABLE], protocol().rows
    rates = rates[(rates.kind == "run") & (rates.run != "") & rates.tokens_per_s_per_gpu.notna()]
    beside = rates.who.isin(rules.shown_beside_developers)
    rates = rates[~(beside | rates.like.isin(rules.shown_beside_architectures))]
    runs = evidence["training_runs"].set_index("id").reindex(rates.run)
    running = runs.tokens.to_numpy() / (rates.tokens_per_s_per_gpu.to_numpy() * SECONDS_PER_HOUR)
    found = rates[["run", "who"]].assign(
        developer=runs.developer.to_numpy(), ratio=runs.gpu_hours.to_numpy() / running
    )
    found = found[found.ratio.notna() & (runs.hours_are != "computed").to_numpy()]
    found = (
        found.assign(ratio=np.log(found.ratio))
        .groupby("run", as_index=False)
        .agg({"who": "first", "developer": "first", "ratio": "mean"})
    )
    return found.assign(ratio=np.exp(found.ratio))
