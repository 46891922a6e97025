"""What a claim may be a figure of, and what each comes to: the rows of boundaries.csv."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from analysis.data.mistakes import InputError, UnknownName, did_you_mean
from analysis.reconstruction.account import Account
from analysis.show.numbers import quantity_text, significant

WIDE = 1.1  # an interval of more than this from end to end has two figures


@dataclass(frozen=True)
class Counted:
    """What is counted, and what it comes to: an interval in a unit; NaN where no figure is public.

    `line` is the line of the bill that stands for it, empty where none does.
    """

    label: str
    low: float
    high: float
    unit: str
    facts: tuple[str, ...]
    line: str = ""

    @property
    def known(self) -> bool:
        """Whether a figure is public."""
        return not math.isnan(self.low)

    @property
    def text(self) -> str:
        """The figure in words."""
        if not self.known:
            return "no figure is public"
        figures = 2 if self.high > WIDE * self.low else 4
        low, high = (
            value_text(significant(end, figures), self.unit) for end in (self.low, self.high)
        )
        return low if low == high else f"{low.removesuffix(_unit_of(high))} to {high}"

    def beside(self, value: str) -> str:
        """The label with what it comes to, unless that is the very figure beside it."""
        return self.label if self.text == value else f"{self.label} ({self.text})"


def _unit_of(figure: str) -> str:
    """The words behind a figure, with the blank before them.

    >>> _unit_of("96 hours"), _unit_of("$97M")
    (' hours', '')
    """
    _, blank, unit = figure.partition(" ")
    return blank + unit


def counted_quantities(account: Account) -> dict[tuple[str, str], Counted]:
    """Every row of boundaries.csv that is of the model, by what is counted and the quantity.

    Raises
    ------
    InputError
        For an expression or a line that names what is not there, with file, row and field.
    """
    return {(row["boundary"], row["quantity"]): _counted(row, account) for row in _rows(account)}


def find(name: str, quantity: str, counted: dict[tuple[str, str], Counted], where: str) -> Counted:
    """One of them by name and quantity; an `InputError` with the nearest if there is none."""
    known = {boundary for boundary, _ in counted}
    if name not in known:
        said = f"{name or 'an empty cell'} is not a boundary{did_you_mean(name, known)}"
        raise InputError(f"{said} (boundaries.csv has all)", where)
    if (name, quantity) not in counted:
        quantities = sorted(other for boundary, other in counted if boundary == name)
        said = f"boundaries.csv has no {quantity} of {name}, only {', '.join(quantities)}"
        raise InputError(said, where)
    return counted[name, quantity]


def find_label(name: str, quantity: str, account: Account) -> str:
    """What a row of boundaries.csv calls what it counts."""
    return find(name, quantity, counted_quantities(account), "claims.csv").label


def value_text(value: float, unit: str) -> str:
    """A figure in words, a ratio above one in times."""
    return f"{value:.4g} times" if unit == "ratio" and value > 1 else quantity_text(value, unit)


def _rows(account: Account) -> list[dict[str, Any]]:
    rows, lines = account.rows("boundaries"), set(account.bill.id)
    for row in rows:
        if row["line"] and row["line"] not in lines:
            where = f"{row['where']}, line"
            raise UnknownName(row["line"], "a line of the bill", lines, where=where)
    return rows


def _counted(row: dict[str, Any], account: Account) -> Counted:
    expressions = {field: row[field] for field in ("low", "high") if row[field]}
    ends = [
        account.names.value(text, f"{row['where']}, {field}") for field, text in expressions.items()
    ] or [math.nan]
    low, high = (math.nan, math.nan) if any(map(math.isnan, ends)) else (min(ends), max(ends))
    facts = tuple(account.names.facts_behind(expressions.values()))
    return Counted(row["label"], low, high, row["unit"], facts, row["line"])
