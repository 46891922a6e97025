"""Expressions of the tables, evaluated for one edition: facts, rows of arithmetic.csv, rungs of the
ladder, quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pandas as pd

from analysis.data.expressions import facts_in, names_in
from analysis.data.mistakes import InputError, did_you_mean
from analysis.data.scenario import Scenario
from analysis.data.tables import Evidence
from analysis.reconstruction.arithmetic import Number, arithmetic, computed_values
from analysis.reconstruction.ladder import ladder
from analysis.reconstruction.reconstruction import Reconstruction, reconstruct


@dataclass(frozen=True, eq=False)
class Derivation:
    """What an expression may name beside facts, and its value under one scenario.

    Names: every row of arithmetic.csv and what those may use; `rung_ID_usd` (with `_low` and
    `_high`) and `rung_ID_gpu_hours` and `rung_ID_own_usd` for each boundary of the ladder;
    `edition_price_usd_per_gpu_hour`.
    """

    reconstruction: Reconstruction
    evidence: Evidence

    @cached_property
    def boundaries(self) -> pd.DataFrame:
        """The ladder of the edition."""
        return ladder(self.reconstruction, self.evidence)

    @cached_property
    def numbers(self) -> dict[str, Number]:
        """The rows of arithmetic.csv, evaluated."""
        return arithmetic(self.reconstruction.model, self.evidence)

    @cached_property
    def values(self) -> dict[str, float]:
        """Everything that an expression may name and that is no fact."""
        found = computed_values(self.reconstruction.model, self.evidence) | {
            key: number.value for key, number in self.numbers.items()
        }
        found["edition_price_usd_per_gpu_hour"] = self.reconstruction.price_usd_per_gpu_hour
        for rung in self.boundaries.itertuples():
            found |= {
                f"rung_{rung.id}_usd": rung.usd,
                f"rung_{rung.id}_usd_low": rung.usd_p05,
                f"rung_{rung.id}_usd_high": rung.usd_p95,
                f"rung_{rung.id}_gpu_hours": rung.gpu_hours,
                f"rung_{rung.id}_own_usd": rung.own_usd,
            }
        return found

    def value(self, expression: str, where: str) -> float:
        """An expression's value; an `InputError` that begins with `where` if it names what is not
        known.
        """
        try:
            return self.evidence.facts.calculate(expression, self.values)
        except InputError as error:
            name = str(error).split(" ", 1)[0]
            known = [*self.evidence.facts, *self.values]
            if " is not a fact" in str(error):
                raise InputError(
                    f"{where}: {name} is not a fact{did_you_mean(name, known)} (traincost facts lists all)"
                ) from None
            raise InputError(f"{where}: {error}") from None

    def facts_behind(self, expressions: Iterable[str]) -> list[str]:
        """The facts that expressions rest on, however far behind, in order and once each."""
        found: dict[str, None] = {}
        pending, seen = [name for expression in expressions for name in facts_in(expression)], set()
        while pending:
            name = pending.pop(0)
            if name in seen:
                continue
            seen.add(name)
            if name in self.evidence.facts:
                found[name] = None
            elif name in self.numbers:
                pending = facts_in(self.numbers[name].expression) + pending
            elif name == "edition_price_usd_per_gpu_hour":
                pending.insert(0, self.reconstruction.model.price_usd_per_gpu_hour)
            elif name == "own_flop_per_token":
                pending = [*self.reconstruction.model.architecture.values(), *pending]
            elif rung := self._rung_of(name):
                pending = [*rung, *pending]
        return list(found)

    def _rung_of(self, name: str) -> list[str]:
        for rung in self.boundaries.itertuples():
            if re.fullmatch(rf"rung_{rung.id}_(usd|usd_low|usd_high|own_usd)", name):
                return list(rung.facts)
            if name == f"rung_{rung.id}_gpu_hours":
                return [
                    fact for fact in rung.facts if self.evidence.facts[fact].unit == "gpu_hours"
                ]
        return []


@lru_cache(maxsize=8)
def derive(model: str, scenario: Scenario, evidence: Evidence) -> Derivation:
    """The derivation of a model under a scenario: one object for the same evidence, shared by all
    who ask.

    Raises
    ------
    InputError
        As `reconstruct` does.
    """
    return Derivation(reconstruct(model, scenario, evidence), evidence)


def expressions_in(*cells: str) -> list[str]:
    """The cells that hold an expression."""
    return [cell for cell in cells if cell and names_in(cell)]
