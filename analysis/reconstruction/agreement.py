"""How far a model's tables are from the package, at random settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from analysis.data.tables import Evidence
from analysis.reconstruction.reconstruction import Reconstruction
from analysis.reconstruction.sweep import Stages, evaluate
from analysis.reconstruction.tabulated import (
    LONGEST,
    PRICE,
    SHARE,
    TIME,
    TOTAL,
    USE,
    Quantity,
    Tabulated,
    bill_at,
    choices,
    opened,
    tabulated_range,
)

VALUES = {TIME: 4, LONGEST: 4, "mfu": 40, SHARE: 3, USE: 3}  # of each parameter, at random
MIDDLE = "p50"


@dataclass(frozen=True)
class Agreement:
    """The largest differences found, as shares of what the package says, over some settings."""

    settings: int
    middles: float
    ends: float


def agreement(tables: Tabulated, found: Reconstruction, evidence: Evidence) -> Agreement:
    """The tables against the package, at random values of every choice of parameters."""
    free = opened(found)
    compared = [*_of_hours(tables, free, evidence), *_of_bill(tables, free, evidence)]
    middles = [gap[MIDDLE] for _, gap in compared]
    ends = [value for _, gap in compared for name, value in gap.items() if name != MIDDLE]
    hours = {id(sets): len(sets) for sets, _ in compared}
    return Agreement(sum(hours.values()), max(middles), max(ends))


def random_settings(names: tuple[str, ...], seed: int = 0) -> pd.DataFrame:
    """Some random values of each parameter, every one with every other; a row a combination."""
    randoms = {name: np.random.default_rng((seed, at)) for at, name in enumerate(VALUES)}
    values = [randoms[name].uniform(*tabulated_range(name), VALUES[name]) for name in names]
    return pd.DataFrame(product(*values), columns=list(names))


def _of_hours(
    tables: Tabulated, free: Reconstruction, evidence: Evidence
) -> Iterator[tuple[pd.DataFrame, dict[str, float]]]:
    stages: Stages = {}
    for names in choices(tables.hours[TOTAL].reached_by):
        sets = random_settings(names)
        asked = sets.assign(**{PRICE: 1.0})
        rows = evaluate(free.model.name, free.scenario, evidence, asked, stages)
        for phase, quantity in tables.hours.items():
            column = "gpu_hours" if phase == TOTAL else f"{phase}_gpu_hours"
            yield sets, _gaps(quantity, column, names, rows)


def _of_bill(
    tables: Tabulated, free: Reconstruction, evidence: Evidence
) -> Iterator[tuple[pd.DataFrame, dict[str, float]]]:
    for names in choices((SHARE, USE)):
        sets = random_settings(names)
        rows = bill_at(sets, free, evidence)
        for kind, quantities in (("usd", tables.rent), ("own_usd", tables.owned)):
            for line, quantity in quantities.items():
                yield sets, _gaps(quantity, f"{line}_{kind}", names, rows)


def _gaps(
    quantity: Quantity, column: str, names: tuple[str, ...], rows: pd.DataFrame
) -> dict[str, float]:
    """The largest difference of each percentile from the rows of the package."""
    settings: Mapping[str, np.ndarray] = {name: rows[name].to_numpy() for name in names}
    return {
        name: float(np.max(np.abs(values / rows[f"{column}_{name}"].to_numpy() - 1.0)))
        for name, values in quantity.at(settings).items()
    }
