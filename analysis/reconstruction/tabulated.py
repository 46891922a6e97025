"""A model's answers tabulated over the parameters of a scenario, for who asks without the package.

Each quantity (the hours of a phase, what a line of the bill makes of a dollar, what an owned hour
costs it) has a table for every choice of the parameters that reach it: those that are set span its
axes, the others keep their whole range. Between its knots a table is a straight line in logarithms,
so what is proportional to a parameter or to its inverse needs two knots. Prices are factors, and in
no table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, combinations, product

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.interpolate import RegularGridInterpolator

from analysis.data.scenario import usual_range, with_values
from analysis.data.tables import Evidence
from analysis.data.uncertainty import PERCENTILES
from analysis.reconstruction.ground import Ground, ground_of
from analysis.reconstruction.ladder import ladder
from analysis.reconstruction.reconstruction import Reconstruction
from analysis.reconstruction.sweep import HOURS_FIRST, Stages, evaluate

PRICE, SHARE, USE = "price_usd_per_gpu_hour", "failed_run_share", "utilisation"
TIME, LONGEST = "time_per_output_token_ms", "longest_answer_tokens"
CHOSEN = (PRICE, "mfu", TIME, LONGEST, SHARE, USE)  # in the order of the page
TOTAL = "total"
# Of the natural logarithm of a parameter, from knot to knot. It moves no answer of the package, and
# the page tells how far its tables lie from it; half of it would be four times as many knots where
# two parameters cross.
STEP = 0.18


@dataclass(frozen=True)
class Axis:
    """A side of a table: the product of some parameters' values, or of what each leaves of one, at
    its knots.

    A token's time and the longest answer, both set, reach the hours by their product alone.
    """

    parameters: tuple[str, ...]
    knots: tuple[float, ...]
    rest: bool = False

    @classmethod
    def over(cls, *parameters: str) -> Axis:
        """The axis of some parameters over the ranges that a sweep samples."""
        if parameters == (SHARE,):
            low, high = tabulated_range(SHARE)
            return cls(parameters, (1.0 - high, 1.0 - low), rest=True)
        low, high = np.prod([tabulated_range(name) for name in parameters], axis=0)
        count = int(np.ceil(np.log(high / low) / STEP)) + 1
        return cls(parameters, tuple(np.geomspace(low, high, count).tolist()))

    @property
    def name(self) -> str:
        """Its parameters by name."""
        return "*".join(self.parameters)

    def place(self, settings: Mapping[str, ArrayLike]) -> np.ndarray:
        """Where on the axis some settings are."""
        values = [np.asarray(settings[name], dtype=float) for name in self.parameters]
        return np.prod([1.0 - value if self.rest else value for value in values], axis=0)

    def settings(self, knot: float) -> dict[str, float]:
        """Settings at a knot: of several parameters, all but the first at the middle of their
        ranges.
        """
        others = {
            name: float(np.sqrt(np.prod(tabulated_range(name)))) for name in self.parameters[1:]
        }
        first = knot / float(np.prod(list(others.values())))
        return {self.parameters[0]: 1.0 - first if self.rest else first, **others}


@dataclass(frozen=True)
class Table:
    """Percentiles of a quantity over its axes; arrays of the shape of the axes, by name."""

    axes: tuple[Axis, ...]
    values: Mapping[str, np.ndarray]

    def at(self, settings: Mapping[str, ArrayLike]) -> dict[str, np.ndarray]:
        """The percentiles at some settings, of the shape of their values."""
        if not self.axes:
            return dict(self.values)
        knots = [np.log(axis.knots) for axis in self.axes]
        places = np.stack([np.log(axis.place(settings)) for axis in self.axes], axis=-1)
        return {
            name: np.exp(RegularGridInterpolator(knots, np.log(values))(places))
            for name, values in self.values.items()
        }


@dataclass(frozen=True)
class Quantity:
    """What is tabulated: the parameters that reach it, and a table for each choice of them."""

    reached_by: tuple[str, ...]
    tables: Mapping[tuple[str, ...], Table]

    def at(self, settings: Mapping[str, ArrayLike]) -> dict[str, np.ndarray]:
        """The percentiles at some settings; what is not among them keeps its range."""
        return self.tables[tuple(name for name in self.reached_by if name in settings)].at(settings)


@dataclass(frozen=True)
class Tabulated:
    """All that a model's page of settings asks: hours by phase (and in all), and for each line of
    the bill what it makes of a dollar of rent and what an owned hour costs it.
    """

    hours: Mapping[str, Quantity]
    rent: Mapping[str, Quantity]
    owned: Mapping[str, Quantity]

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that reach any of it, in the order of the page."""
        every = [*self.hours.values(), *self.rent.values(), *self.owned.values()]
        reaching = {name for quantity in every for name in quantity.reached_by}
        return tuple(name for name in CHOSEN if name == PRICE or name in reaching)


def opened(found: Reconstruction) -> Reconstruction:
    """A reconstruction whose scenario leaves every parameter of the page to its facts."""
    return replace(found, scenario=with_values(found.scenario, dict.fromkeys(CHOSEN)))


def tabulate(found: Reconstruction, evidence: Evidence) -> Tabulated:
    """The tables of a reconstruction's model, all but the chosen parameters as its scenario has
    them.
    """
    free = opened(found)
    return Tabulated(_hours(free, evidence), *_bill(free, evidence))


# --- hours


def reaching(ground: Ground) -> dict[str, tuple[str, ...]]:
    """The parameters that reach the hours of each phase, and of all, where every one is set."""
    phases = {
        phase.id: {name for stage in phase.stages for name in ground.parameters_of(phase.id, stage)}
        for phase in ground.model.phases
    }
    every = phases | {TOTAL: set().union(*phases.values())}
    return {phase: tuple(n for n in HOURS_FIRST if n in names) for phase, names in every.items()}


def _hours(free: Reconstruction, evidence: Evidence) -> dict[str, Quantity]:
    everything = {name: float(np.mean(tabulated_range(name))) for name in HOURS_FIRST}
    ground = ground_of(free.model.name, with_values(free.scenario, everything), evidence)
    reached = reaching(ground)
    stages: Stages = {}  # what a parameter does not reach is drawn alike, set or not
    rows = {
        names: evaluate(
            free.model.name, free.scenario, evidence, _knots(names).assign(**{PRICE: 1.0}), stages
        )
        for names in choices(reached[TOTAL])
    }
    columns = {phase: f"{phase}_gpu_hours" for phase in reached} | {TOTAL: "gpu_hours"}
    return {phase: _quantity(columns[phase], names, rows) for phase, names in reached.items()}


# --- the bill


def _bill(
    free: Reconstruction, evidence: Evidence
) -> tuple[dict[str, Quantity], dict[str, Quantity]]:
    """What each line that has hours makes of a dollar of rent, and what an owned hour costs it."""
    rows = {names: bill_at(_knots(names), free, evidence) for names in choices((SHARE, USE))}
    shares = {line.id for line in free.model.boundaries if line.parameter == SHARE}
    rent, owned = {}, {}
    for line in ladder(free, evidence).dropna(subset="gpu_hours").to_dict("records"):
        by_share = (SHARE,) if shares & set(line["includes"]) else ()
        rent[line["id"]] = _quantity(f"{line['id']}_usd", by_share, rows)
        if not np.isnan(line["own_usd"]):
            owned[line["id"]] = _quantity(f"{line['id']}_own_usd", (*by_share, USE), rows)
    return rent, owned


def bill_at(sets: pd.DataFrame, free: Reconstruction, evidence: Evidence) -> pd.DataFrame:
    """Percentiles of the lines of the bill at some settings, a row each: rented over the rent of
    their hours alone, owned over these hours.
    """
    every = sets.to_dict("records") or [{}]  # pandas sees no rows where there are no columns
    return pd.DataFrame([at | _lines_at(at, free, evidence) for at in every])


def _lines_at(
    settings: Mapping[str, float], free: Reconstruction, evidence: Evidence
) -> dict[str, float]:
    lines = ladder(replace(free, scenario=with_values(free.scenario, settings)), evidence)
    per_hour = {"usd": free.price_usd_per_gpu_hour, "own_usd": 1.0}
    return {
        f"{line['id']}_{kind}_{name}": line[column] / line["gpu_hours"] / unit
        for line in lines.to_dict("records")
        for kind, unit in per_hour.items()
        for name, column in _columns_of(kind).items()
    }


def _columns_of(kind: str) -> dict[str, str]:
    return {"p05": f"{kind}_p05", "p50": kind, "p95": f"{kind}_p95"}


# --- tables


def axes_of(names: Iterable[str]) -> tuple[Axis, ...]:
    """The axes that some parameters span."""
    both = (TIME, LONGEST)
    if not set(both) <= set(names):
        return tuple(Axis.over(name) for name in names)
    return (Axis.over(*both), *(Axis.over(name) for name in names if name not in both))


def choices(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Every choice of some names, none and all of them too."""
    return [chosen for count in range(len(names) + 1) for chosen in combinations(names, count)]


def _knots(names: tuple[str, ...]) -> pd.DataFrame:
    """Settings at every crossing of the knots of some parameters' axes, a row each, the last axis
    moving fastest.
    """
    axes = axes_of(names)
    rows = product(*(axis.knots for axis in axes))
    settings = [[axis.settings(knot) for axis, knot in zip(axes, row, strict=True)] for row in rows]
    return pd.DataFrame([dict(chain.from_iterable(map(dict.items, row))) for row in settings])


def _quantity(
    column: str, names: tuple[str, ...], rows: Mapping[tuple[str, ...], pd.DataFrame]
) -> Quantity:
    """A quantity from the rows at the knots of every choice of parameters."""
    return Quantity(
        names, {chosen: _table(column, chosen, rows[chosen]) for chosen in choices(names)}
    )


def _table(column: str, names: tuple[str, ...], rows: pd.DataFrame) -> Table:
    axes = axes_of(names)
    shape = tuple(len(axis.knots) for axis in axes)
    return Table(
        axes, {name: rows[f"{column}_{name}"].to_numpy().reshape(shape) for name in PERCENTILES}
    )


def tabulated_range(name: str) -> tuple[float, float]:
    """The range that a parameter is tabulated over: the one that a sweep samples; a share, which
    two knots tell exactly, from nothing on.
    """
    found = usual_range(name)
    assert found is not None, name
    return (0.0, found[1]) if name == SHARE else found
