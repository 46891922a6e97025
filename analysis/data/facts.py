"""Facts: single figures as their sources give them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.data.expressions import names_in
from analysis.data.mistakes import InputError, did_you_mean


@dataclass(frozen=True)
class Fact:
    """One figure as its source gives it; `low` and `high` are NaN where the source gives no range."""

    id: str
    subject: str
    quantity: str
    value: float
    low: float
    high: float
    unit: str
    kind: str
    confidence: str
    source_id: str
    locator: str
    note: str

    @property
    def second_hand(self) -> bool:
        """Whether the source was seen only as restated by another."""
        return self.confidence == "read_via_secondary"

    @property
    def has_range(self) -> bool:
        return not (math.isnan(self.low) or math.isnan(self.high)) and self.low != self.high


class Facts(Mapping[str, Fact]):
    """Facts by id. A name that is not there is the user's mistake, answered with the nearest one."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = dict(facts)

    def __getitem__(self, fact_id: str) -> Fact:
        try:
            return self._facts[fact_id]
        except KeyError:
            raise InputError(
                f"{fact_id} is not a fact{did_you_mean(fact_id, self._facts)} (traincost facts lists all)"
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __contains__(self, fact_id: object) -> bool:
        return fact_id in self._facts

    def without(self, fact_ids: Collection[str]) -> Facts:
        """The same facts, less those named."""
        return Facts({key: fact for key, fact in self._facts.items() if key not in fact_ids})

    def with_unit(self, fact_id: str, unit: str) -> Fact:
        """The fact, if it is in `unit`; an `InputError` otherwise."""
        fact = self[fact_id]
        if fact.unit != unit:
            raise InputError(f"fact {fact_id}: unit is {fact.unit}, expected {unit}")
        return fact

    def calculate(self, expression: str, also: Mapping[str, float] | None = None) -> float:
        """Value of an arithmetic expression of fact ids, such as `r1_zero_gpus * r1_zero_hours`.

        `NAME__low` and `NAME__high` are the ends of a fact's range; `also` adds names to those of
        the facts.
        """
        also = also or {}
        values = {
            name: also[name] if name in also else self._named(name) for name in names_in(expression)
        }
        try:
            return float(pd.eval(expression, local_dict=values, engine="python"))
        except (
            SyntaxError,
            TypeError,
            ValueError,
            NotImplementedError,
            ZeroDivisionError,
        ) as error:
            raise InputError(f"{expression!r} is not arithmetic on facts: {error}") from None

    def _named(self, name: str) -> float:
        for end in ("low", "high"):
            if name.endswith(f"__{end}"):
                return float(getattr(self[name.removesuffix(f"__{end}")], end))
        return self[name].value
