"""Facts: single figures as their sources give them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from analysis.data.expressions import ENDS, fact_of, parse
from analysis.data.mistakes import InputError, UnknownName, find

LISTED = "traincost facts lists all of facts.csv"


class Row(NamedTuple):
    """A row of the evidence, by table and id: what a figure rests on, and where it leads."""

    table: str
    id: str


@dataclass(frozen=True)
class Fact:
    """One figure as its source gives it; `low` and `high` are NaN where it gives no range."""

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
        return self.confidence != "read"

    @property
    def has_range(self) -> bool:
        """Whether the source gives two different ends."""
        return not (math.isnan(self.low) or math.isnan(self.high)) and self.low != self.high

    @property
    def written(self) -> list[float]:
        """The value, and both ends where there is a range."""
        return [self.value, self.low, self.high] if self.has_range else [self.value]


@dataclass(frozen=True)
class Number:
    """A figure derived from facts: a row of arithmetic.csv with its value.

    `kind` says whether an assumption is in it, `second_hand` whether a fact behind it was seen only
    as restated by another source.
    """

    id: str
    label: str
    value: float
    unit: str
    kind: str
    expression: str
    note: str
    second_hand: bool


class Facts(Mapping[str, Fact]):
    """Facts by id. A name that is not there is the user's mistake, answered with the nearest."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = dict(facts)

    def __getitem__(self, fact_id: str) -> Fact:
        return find(fact_id, self._facts, "a fact", LISTED)

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __contains__(self, fact_id: object) -> bool:
        return fact_id in self._facts

    def unknown(self, name: str, also: Collection[str] = ()) -> UnknownName:
        """The mistake of a name that is no fact, and none of those known beside them."""
        return UnknownName(name, "a fact", [*self._facts, *also], hint=LISTED)

    def without(self, fact_ids: Collection[str]) -> Facts:
        """The same facts, less those named."""
        return Facts({key: fact for key, fact in self._facts.items() if key not in fact_ids})

    def with_unit(self, fact_id: str, unit: str) -> Fact:
        """The fact, if it is in `unit`; an `InputError` otherwise."""
        fact = self[fact_id]
        if fact.unit != unit:
            raise InputError(f"fact {fact_id}: unit is {fact.unit}, expected {unit}")
        return fact

    def constant(self, fact_id: str, unit: str, least: float = 0.0) -> Fact:
        """A fact that a method stands on, named in the code: facts.csv must have it in `unit`, and
        neither value nor range below what the method works with at `least`.
        """
        try:
            fact = self.with_unit(fact_id, unit)
        except InputError as error:
            raise error.at("facts.csv") from None
        if min(fact.written) < least:
            raise InputError(
                f"found {min(fact.written):g}, allowed is {least:g} or more",
                f"facts.csv, {fact_id}",
            )
        return fact

    def ends(self, fact_id: str) -> tuple[float, float]:
        """Both ends of the range of a fact whose range a method needs."""
        try:
            low, high = (self.named(f"{fact_id}__{end}") for end in ENDS)
        except InputError as error:
            raise error.at(f"facts.csv, {fact_id}") from None
        return low, high

    def calculate(self, expression: str, also: Mapping[str, float] | None = None) -> float:
        """Value of an arithmetic expression of fact ids, such as `gpus * hours`.

        `NAME__low` and `NAME__high` are the ends of a fact's range; `also` adds names to those of
        the facts.

        Raises
        ------
        InputError
            For anything but arithmetic, a name that is not known, or the end of a range that is
            not there.
        """
        also = also or {}

        def value_of(name: str) -> float:
            return float(also[name]) if name in also else self.named(name, also)

        return float(parse(str(expression)).value(value_of))

    def named(self, name: str, also: Collection[str] = ()) -> float:
        """The value of a fact, or an end of its range by `NAME__low` or `NAME__high`."""
        fact_id = fact_of(name)
        if fact_id not in self._facts:
            raise self.unknown(fact_id, also)
        end = name.removeprefix(f"{fact_id}__")
        found = float(getattr(self._facts[fact_id], end if end in ENDS else "value"))
        if math.isnan(found):
            raise InputError(f"fact {fact_id} has no {end} end: its source gives no range")
        return found
