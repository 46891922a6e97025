"""Many parameter sets at once: every combination's hours, dollars and rungs.

A stage is evaluated once for each set of values that reaches it, in every sample; what only scales
(rent, shares, owned machines) is arithmetic on the percentiles. A row is what `reconstruct` and the
ladder say with the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.chips import find_chip
from analysis.data.finite import each_finite, finite
from analysis.data.folder import package_version
from analysis.data.mistakes import InputError
from analysis.data.scenario import Parameters, Scenario, with_values
from analysis.data.tables import Evidence
from analysis.data.uncertainty import percentiles
from analysis.reconstruction.grids import NOT_SWEPT
from analysis.reconstruction.ground import ground_of
from analysis.reconstruction.ladder import Assumptions
from analysis.reconstruction.model import NamedStage, Phase
from analysis.reconstruction.reconstruction import disclosed_value
from analysis.reconstruction.rent import rent_of

CHUNK = 500  # combinations that are evaluated, reported and, on a cluster, retried together
# samples of stages, and of phases, that are kept for other combinations with the same values
KEPT_NUMBERS = 2_097_152  # 16 MB; the tables of the page to try ask for three fifths of it
LEAST_KEPT = 64  # of more samples too: a combination has a dozen stages
# what reaches the hours, the dearest first
HOURS_FIRST = ("time_per_output_token_ms", "longest_answer_tokens", "mfu")
OWNED = ("utilisation", "depreciation_years", "pue", "electricity_usd_per_kwh")
Report = Callable[[int, int], None]
Stages = dict[tuple[Any, ...], np.ndarray]  # samples, by stage and the values that reach it


def sweep(
    model: str,
    scenario: Scenario,
    evidence: Evidence,
    sets: pd.DataFrame,
    report: Report = lambda done, of: None,
    whose: str | Path | None = None,
) -> pd.DataFrame:
    """Every combination evaluated in this process, each finite; `whose` is the folder that
    :func:`finite` names.

    Parameters
    ----------
    sets : DataFrame
        A row a combination, a column a parameter, as `combinations` returns them.

    Returns
    -------
    DataFrame
        The parameters, then `gpu_hours` and `usd` of all phases and `gpu_hours` of each with
        `_p05`, `_p50`, `_p95`, `own_usd_per_gpu_hour`, each rung's `usd` (middle), and the
        scenario, version and hash of the data.
    """
    with finite(whose):
        sets = checked(model, scenario, evidence, sets)
    parts = each_finite(evaluated(model, scenario, evidence, sets), whose)
    frame = (
        pd.concat(counted(parts, len(sets), report))
        .sort_index(kind="stable")
        .reset_index(drop=True)
    )
    return frame.assign(**marks(scenario, evidence))


def counted(parts: Iterable[pd.DataFrame], of: int, report: Report) -> Iterator[pd.DataFrame]:
    """The pieces as they come, each reported."""
    done = 0
    for part in parts:
        done += len(part)
        report(done, of)
        yield part


def evaluated(
    model: str, scenario: Scenario, evidence: Evidence, sets: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    """Combinations that are `checked`, evaluated piece by piece in this process, in another order;
    the index says where each stands.
    """
    for chunk in chunks(sets):
        yield evaluate(model, scenario, evidence, chunk)


def checked(model: str, scenario: Scenario, evidence: Evidence, sets: pd.DataFrame) -> pd.DataFrame:
    """The combinations with chips by their own names, every value within its bounds.

    Raises
    ------
    InputError
        For a chip that nobody knows, a value out of bounds, or a parameter that all rows share.
    """
    if fixed := [name for name in NOT_SWEPT if name in sets]:
        raise InputError(f"{fixed[0]} is not a parameter that can be swept")
    sets = (
        sets.assign(
            chip=sets.chip.map(lambda name: find_chip(str(name), evidence["hardware"]).name)
        )
        if "chip" in sets
        else sets
    )
    for column in sets:
        for value in _ends(sets[column]):
            with_values(scenario, {column: value})
    ground_of(model, scenario, evidence)
    return sets


def _ends(values: pd.Series) -> list[Any]:
    """The values of a parameter that are out of bounds if any is: a number's bounds are two."""
    if not pd.api.types.is_numeric_dtype(values):
        return list(values.unique())
    ends = [float(values.min()), float(values.max())]
    return [*values[~np.isfinite(values)].head(1).tolist(), *ends]


def chunks(sets: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The combinations in pieces, those alike for the hours together."""
    dearest = [name for name in ("chip", *HOURS_FIRST) if name in sets]
    order = sets.sort_values(dearest, kind="stable") if dearest else sets
    for start in range(0, len(order), CHUNK):
        yield order.iloc[start : start + CHUNK]


def evaluate(
    model: str,
    scenario: Scenario,
    evidence: Evidence,
    sets: pd.DataFrame,
    stages: Stages | None = None,
) -> pd.DataFrame:
    """Some combinations evaluated; the index is kept. `stages` are those evaluated before."""
    rows: list[dict[str, float]] = []
    grounds: dict[Any, _OnOneChip] = {}
    for values in sets.to_dict("records"):
        chip = values.get("chip")
        one = with_values(scenario, values)
        if chip not in grounds:
            grounds[chip] = _OnOneChip(model, one, evidence, {} if stages is None else stages)
        rows.append(grounds[chip].row(one.parameters))
    return pd.concat([sets, pd.DataFrame(rows, index=sets.index)], axis=1)


class _OnOneChip:
    """What all combinations on one chip share: one draw, and what has been evaluated with it."""

    def __init__(self, model: str, scenario: Scenario, evidence: Evidence, stages: Stages) -> None:
        self.ground = ground_of(model, scenario, evidence)
        parameters = scenario.parameters
        self.assumed = Assumptions.of(self.ground.model, self.ground.chip, parameters, evidence)
        self.price = rent_of(self.ground.model, scenario, evidence).usd_per_gpu_hour
        self.disclosed = {
            phase.id: disclosed_value(phase, "gpu_hours", evidence.facts) or np.nan
            for phase in self.ground.model.phases
        }
        self.reaching = {
            phase.id: dict.fromkeys(
                name
                for stage in phase.stages
                for name in self.ground.parameters_of(phase.id, stage)
            )
            for phase in self.ground.model.phases
        }
        self.stages = stages
        self.phases: dict[tuple[Any, ...], tuple[np.ndarray, dict[str, float]]] = {}
        self.hours: dict[tuple[Any, ...], dict[str, float]] = {}
        self.own: dict[tuple[Any, ...], dict[str, float]] = {}
        self.factors: dict[float | None, dict[str, dict[str, float]]] = {}

    def row(self, parameters: Parameters) -> dict[str, float]:
        """The results of one combination."""
        price = parameters.price_usd_per_gpu_hour
        price = self.price if price is None else price
        hours = self._hours(parameters)
        money = {
            name.replace("gpu_hours", "usd", 1): value * price
            for name, value in hours.items()
            if name.startswith("gpu_hours")
        }
        return hours | money | self._rungs(parameters, price) | self._own(parameters)

    def _hours(self, parameters: Parameters) -> dict[str, float]:
        """Percentiles of GPU-hours in all and by phase; what is paid a GPU-hour does not reach
        them.
        """
        key = tuple(getattr(parameters, name) for name in HOURS_FIRST)
        if key not in self.hours:
            phases = [self._phase(phase, parameters) for phase in self.ground.model.phases]
            found = _columns("gpu_hours", np.sum([samples for samples, _ in phases], axis=0))
            for _, columns in phases:
                found |= columns
            self.hours[key] = found
        return self.hours[key]

    def _phase(self, phase: Phase, parameters: Parameters) -> tuple[np.ndarray, dict[str, float]]:
        """A phase's samples and their percentiles, found once for the values that reach it."""
        key = (phase.id, *((name, getattr(parameters, name)) for name in self.reaching[phase.id]))
        if key not in self.phases:
            _make_room(self.phases, parameters.samples)
            samples = np.sum(
                [self._stage(phase.id, stage, parameters) for stage in phase.stages], axis=0
            )
            self.phases[key] = samples, _columns(f"{phase.id}_gpu_hours", samples)
        return self.phases[key]

    def _stage(self, phase: str, stage: NamedStage, parameters: Parameters) -> np.ndarray:
        """A stage's samples, evaluated once for the values that reach it."""
        reaching = self.ground.parameters_of(phase, stage)
        key = (phase, stage.id, *((name, getattr(parameters, name)) for name in reaching))
        if key not in self.stages:
            _make_room(self.stages, parameters.samples)
            self.stages[key] = self.ground.stage_gpu_hours(phase, stage, parameters)
        return self.stages[key]

    def _rungs(self, parameters: Parameters, price: float) -> dict[str, float]:
        """Dollars of each rung: disclosed hours at the price, over what assumed shares leave of the
        whole.
        """
        key = parameters.failed_run_share
        rungs = [rung for rung in self.ground.model.boundaries if not rung.marker]
        if key not in self.factors:
            factor, found = np.ones(parameters.samples), {}
            for rung in rungs:
                if rung.share is not None:
                    factor = factor / (1.0 - self.assumed.share(rung, parameters))
                    found[rung.id] = _columns(f"{rung.id}_usd", factor)
            self.factors[key] = found
        usd, row = 0.0, {}
        for rung in rungs:
            usd += price * sum(self.disclosed[phase] for phase in rung.adds)
            if rung.share is None:
                row[f"{rung.id}_usd"] = usd
            else:
                row |= {name: usd * value for name, value in self.factors[key][rung.id].items()}
        return row

    def _own(self, parameters: Parameters) -> dict[str, float]:
        """Percentiles of what an owned GPU-hour costs."""
        key = tuple(getattr(parameters, name) for name in OWNED)
        if key not in self.own:
            self.own[key] = _columns(
                "own_usd_per_gpu_hour", self.assumed.own_usd_per_gpu_hour(parameters)
            )
        return self.own[key]


def _make_room(kept: dict[tuple[Any, ...], Any], samples: int) -> None:
    """Forget the oldest of what is kept for other combinations, if there is too much."""
    if len(kept) >= max(LEAST_KEPT, KEPT_NUMBERS // samples):
        kept.pop(next(iter(kept)))


def _columns(name: str, samples: np.ndarray) -> dict[str, float]:
    return {f"{name}_{percentile}": value for percentile, value in percentiles(samples).items()}


def marks(scenario: Scenario, evidence: Evidence) -> dict[str, str]:
    """What a sweep rests on, as columns by which its file is known."""
    return {
        "scenario": scenario.summary,
        "version": package_version(),
        "data_sha256": evidence.sha256,
    }
