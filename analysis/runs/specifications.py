"""A run's hours under every choice that could have been made: what moves them most."""

from __future__ import annotations

from itertools import product
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.data.protocol import protocol
from analysis.data.tables import Evidence
from analysis.physics.durations import SECONDS_PER_HOUR
from analysis.physics.step_time.step import step_time
from analysis.runs.measured_rates import measured_rates, predicted_rates
from analysis.runs.planned import Planned, billed_over_running
from analysis.runs.random_effects import RandomEffects, spreads_tried
from analysis.runs.step_constants import OTHER, PREFIX, Constants, middles, processor
from analysis.runs.step_view import borrowed_spread

CHOICES = {
    "fp8_ceiling": "ceiling of products in eight bits",
    "exchange_on_processors": "multiprocessors that the exchange takes",
    "exposed_exchange": "exchange that nothing hides",
    "imbalance": "imbalance of experts",
    "version": "the developer's own kernel figures",
    "rows": "measured rates that make the shift",
    "ratio": "hours billed over hours running",
    "borrowed_spread": "spread between developers",
}
PHYSICAL = {
    "fp8_ceiling": "product_ceiling_fp8_hopper",
    "exchange_on_processors": "exchange_multiprocessors",
    "exposed_exchange": "exposed_expert_exchange",
    "imbalance": "routing_imbalance",
}
# the percentiles that the protocol names beside its levels of `ratio`
RATIOS = {"low": 0.25, "middle": 0.5, "high": 0.75}
PUBLISHED = {
    "fp8_ceiling": "middle",
    "exchange_on_processors": "middle",
    "exposed_exchange": "middle",
    "imbalance": "middle",
    "version": "with",
    "rows": "all",
    "ratio": "middle",
    "borrowed_spread": "bound",
}


def specifications(run: Planned, tokens: float, evidence: Evidence) -> pd.DataFrame:
    """GPU-hours of a run at the middle of everything else, for every combination of choices.

    Returns
    -------
    DataFrame
        The columns of `CHOICES`, `gpu_hours`, and `published`: whether all choices are those that
        the published view makes.
    """
    physical = pd.DataFrame(_combinations(*PHYSICAL, "version"))
    constants = _constants(physical, evidence)
    rates = _own_rates(run, constants, evidence)
    shifts = _shifts(run, constants, evidence)
    ratio = billed_over_running(evidence, run.developers)
    frames = []
    for (rows, spread), shift in shifts.items():
        for name, probability in RATIOS.items():
            billed = float(ratio.quantile(probability))
            hours = tokens / (rates * np.exp(shift)) / SECONDS_PER_HOUR * billed
            chosen = {"rows": rows, "borrowed_spread": spread, "ratio": name}
            frames.append(physical.assign(**chosen, gpu_hours=hours))
    frame = pd.concat(frames, ignore_index=True)
    same = [frame[name] == value for name, value in PUBLISHED.items()]
    return frame.assign(published=np.logical_and.reduce(same))


def _combinations(*names: str) -> list[dict[str, Any]]:
    levels = protocol().specifications.levels()
    return [
        dict(zip(names, values, strict=True)) for values in product(*(levels[n] for n in names))
    ]


def _constants(physical: pd.DataFrame, evidence: Evidence) -> Constants:
    """One draw for each combination of the physical choices, all else at its fact's value."""
    facts = evidence.facts
    values = middles(facts, {}, len(physical))
    for choice, name in PHYSICAL.items():
        fact = facts[f"{PREFIX}{name}"]
        low, high = facts.ends(fact.id)
        levels = {"low": low, "middle": fact.value, "high": high}
        values[fact.id] = physical[choice].map(levels).to_numpy(dtype=float)
    without = (physical.version == "without").to_numpy()
    for other in [name for name in values if name.endswith(OTHER)]:
        own = other.removesuffix(OTHER)
        lowered = (physical.fp8_ceiling == "low").to_numpy() & ("ceiling" in own)
        instead = np.where(lowered, facts[other].low, facts[other].value)
        values[own] = np.where(without, instead, values[own])
    return Constants(facts, values)


def _own_rates(run: Planned, constants: Constants, evidence: Evidence) -> np.ndarray:
    kernels = str(evidence["hardware"].set_index("chip").kernels[run.chip])
    reached = constants.efficiencies(kernels, run.date)
    chip = processor(run.chip, evidence)
    return step_time(run.configuration, run.layout, chip, reached).tokens_per_s_per_gpu


def _shifts(
    run: Planned, constants: Constants, evidence: Evidence
) -> dict[tuple[str, float | Literal["bound"]], np.ndarray]:
    """The mean shift of the run's kind, of shape (combinations,), by rows and spread."""
    rows = measured_rates(evidence)
    rows = rows[~(rows.beside | rows.who.isin(run.developers))].reset_index(drop=True)
    measured = rows.tokens_per_s_per_gpu.to_numpy()[:, None]
    misses = np.log(measured / predicted_rates(rows, constants, evidence))
    bound = borrowed_spread(evidence, run.developers)
    levels = protocol().specifications
    found = {}
    for name, spread in product(levels.rows, levels.borrowed_spread):
        value = bound if spread == "bound" else float(spread)
        found[name, spread] = _shift_of(run, rows, misses, name, value)
    return found


def _shift_of(
    run: Planned, rows: pd.DataFrame, misses: np.ndarray, name: str, between: float
) -> np.ndarray:
    """The shift from a choice of rows, with a spread between developers that is given."""
    if name == "none":
        return np.zeros(misses.shape[1])
    kept = {"mixtures": rows.mixture == 1, "fp8 mixtures": (rows.mixture == 1) & (rows.fp8 == 1)}
    chosen = kept.get(name, pd.Series(True, rows.index)).to_numpy()
    units = rows.configuration if name == "one value a model" else rows.group
    means, first = _grouped(rows[chosen], misses[chosen], units[chosen], name == "best release")
    mixture = first.mixture.to_numpy()
    both = len(set(mixture)) > 1
    columns = np.column_stack([np.ones(len(first)), *([mixture] if both else [])])
    model = RandomEffects(columns, first.who, np.array([between]), spreads_tried()[1])
    asked = np.array([1.0, float(run.row.mixture.iloc[0])])[: columns.shape[1]]
    return model.fit(means.T).coefficients @ asked


def _grouped(
    rows: pd.DataFrame, misses: np.ndarray, units: pd.Series, best: bool
) -> tuple[np.ndarray, pd.DataFrame]:
    """One row of misses a unit: its mean, or that of its fastest rate; and the unit's first row."""
    first = rows.groupby(units, sort=False).first()
    if best:
        fastest = rows.reset_index(drop=True).groupby(units.to_numpy(), sort=False)
        return misses[fastest.mfu.idxmax().to_numpy()], first
    grouped = pd.DataFrame(misses).groupby(units.to_numpy(), sort=False).mean()
    return grouped.to_numpy(), first


def shares_of_choices(found: pd.DataFrame) -> pd.Series:
    """How much of the variance of the log hours each choice explains alone [1], the most first."""
    logs = np.log(found.gpu_hours)
    explained = {
        name: float(
            logs.groupby(found[name].astype(str)).mean().reindex(found[name].astype(str)).var()
        )
        for name in CHOICES
    }
    return (pd.Series(explained) / logs.var()).sort_values(ascending=False)


def near_and_below(found: pd.DataFrame, disclosed_gpu_hours: float) -> dict[str, float]:
    """The middle, 5 and 95 % of all specifications [GPU-hours], and which share lies below the
    disclosed hours, and within the protocol's factor of them [1].
    """
    factor = np.exp(np.abs(np.log(found.gpu_hours / disclosed_gpu_hours)))
    low, middle, high = found.gpu_hours.quantile([0.05, 0.5, 0.95])
    return {
        "count": len(found),
        "p05": float(low),
        "p50": float(middle),
        "p95": float(high),
        "below": float((found.gpu_hours < disclosed_gpu_hours).mean()),
        "near": float((factor <= protocol().specifications.near).mean()),
    }
