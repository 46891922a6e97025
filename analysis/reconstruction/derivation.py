"""A reconstruction with every name that tables may use of it: rungs of the bill and the rent too."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import pandas as pd

from analysis.data.facts import Row
from analysis.data.scenario import Scenario
from analysis.data.tables import Evidence
from analysis.reconstruction.ladder import ladder
from analysis.reconstruction.names import Named, Names, Number
from analysis.reconstruction.ownership import OwnershipInputs
from analysis.reconstruction.reconstruction import Reconstruction, reconstruct


@dataclass(frozen=True, eq=False)
class Derivation:
    """What an expression may name under one scenario, and its value.

    Names are those of `Names`, and for each line of the bill `rung_ID_usd` (with `_low` and
    `_high`), `rung_ID_gpu_hours` and `rung_ID_own_usd`, and `edition_price_usd_per_gpu_hour`.
    """

    reconstruction: Reconstruction
    evidence: Evidence

    @cached_property
    def boundaries(self) -> pd.DataFrame:
        """The bill, line by line."""
        return ladder(self.reconstruction, self.evidence)

    @cached_property
    def names(self) -> Names:
        """Every name with its value, unit and rows."""
        return Names(self.reconstruction.model, self.evidence, self._of_edition)

    @property
    def numbers(self) -> dict[str, Number]:
        """The rows of arithmetic.csv, evaluated."""
        return self.names.numbers

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table that are of this model, each with its place (`where`)."""
        rows = self.evidence.for_model(table, self.reconstruction.model.name)
        return rows.to_dict("records")

    def _of_edition(self) -> dict[str, Named]:
        rent = Row("facts", self.reconstruction.model.price_usd_per_gpu_hour)
        price = self.reconstruction.price_usd_per_gpu_hour
        found = {"edition_price_usd_per_gpu_hour": Named(price, "usd_per_gpu_hour", rows=(rent,))}
        parameters, chip = self.reconstruction.scenario.parameters, self.reconstruction.chip
        owned = OwnershipInputs.of(chip, parameters, self.evidence)
        inputs = owned.distributions.values() if owned else ()
        own_rows = tuple(row for item in inputs for row in item.rows)
        for rung in self.boundaries.to_dict("records"):
            found |= self._of_rung(rung, own_rows)
        return found

    def _of_rung(self, rung: dict[str, Any], own_rows: tuple[Row, ...]) -> dict[str, Named]:
        facts = tuple(Row("facts", name) for name in rung["facts"])
        hours = tuple(row for row in facts if self.evidence.facts[row.id].unit == "gpu_hours")
        name = f"rung_{rung['id']}"
        return {
            f"{name}_usd": Named(rung["usd"], "usd", rows=facts),
            f"{name}_usd_low": Named(rung["usd_p05"], "usd", rows=facts),
            f"{name}_usd_high": Named(rung["usd_p95"], "usd", rows=facts),
            f"{name}_gpu_hours": Named(rung["gpu_hours"], "gpu_hours", rows=hours),
            f"{name}_own_usd": Named(rung["own_usd"], "usd", rows=(*facts, *own_rows)),
        }


@lru_cache(maxsize=8)
def derive(model: str, scenario: Scenario, evidence: Evidence) -> Derivation:
    """The derivation of a model under a scenario: one object for all who ask for the same.

    Raises
    ------
    InputError
        As `reconstruct` does.
    """
    return Derivation(reconstruct(model, scenario, evidence), evidence)


def expressions_in(*cells: str) -> list[str]:
    """The cells that hold an expression."""
    return [cell for cell in cells if cell]
