"""What the lines of the bill tell of themselves, and the rent that they are counted at."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from analysis.data.facts import Row
from analysis.data.mistakes import UnknownName, find
from analysis.reconstruction.account import Account
from analysis.reconstruction.cards import NINE_IN_TEN, range_card
from analysis.reconstruction.operands import input_part, operand
from analysis.reconstruction.ownership import LABELS, UNITS, OwnershipInputs
from analysis.show.cards import Card, Part, range_text
from analysis.show.numbers import quantity_text, significant

# field of a line of the bill -> its words and its unit
LINE_FIELDS = {
    "usd": ("rented", "usd"),
    "added_usd": ("what it adds, rented", "usd"),
    "own_usd": ("on machines of one's own", "usd"),
    "gpu_hours": ("GPU-hours", "gpu_hours"),
}


def line_card(path: str, account: Account) -> Card:
    """A line of the bill, `LINE.usd`: what it counts, on which hours and assumptions."""
    line_id, _, field = path.partition(".")
    lines = {line["id"]: line for line in account.bill.to_dict("records")}
    if line_id not in lines or field not in LINE_FIELDS:
        known = [f"{name}.{field}" for name in lines for field in LINE_FIELDS]
        raise UnknownName(path, "a line of the bill", known)
    line, (words, _) = lines[line_id], LINE_FIELDS[field]
    assumed = bool(line["assumed"]) or field == "own_usd"
    value, ends = _line_texts(line, field)
    return Card(
        f"{line['label']}: {words}",
        value,
        "assumption" if assumed else "derived",
        Row("bill", path),
        range=ends,
        says=f"{line['counts']} Left out: {line['leaves_out']}",
        parts=[operand(name, account) for name in line["facts"]]
        + (_owned(account) if field == "own_usd" else []),
    )


def edition_card(parameter: str, account: Account) -> Card:
    """A parameter of the edition: the rent of a GPU-hour."""
    rent = account.reconstruction.rent
    return Card(
        "Rent of a GPU-hour",
        quantity_text(rent.usd_per_gpu_hour, "usd_per_gpu_hour"),
        "assumption",
        Row("edition", parameter),
        says=rent.says,
        parts=[operand(rent.fact, account)] if rent.fact else [],
    )


def owned_card(name: str, account: Account) -> Card:
    """An input of an owned GPU-hour: its range, and what it was taken from."""
    inputs = OwnershipInputs.of(account.chip, account.scenario.parameters, account.evidence)
    found = inputs.distributions if inputs else {}
    ranged = find(name, found, "an input of an owned hour")
    label, facts = f"An owned hour: {LABELS[name]}", account.evidence.facts
    return range_card(label, UNITS[name], ranged, Row("owned", name), facts)


def _line_texts(line: dict[str, Any], field: str) -> tuple[str, str]:
    """A line's middle, and its interval where it has one, in two figures."""
    unit, middle = LINE_FIELDS[field][1], line[field]
    low, high = (line.get(f"{field}_{end}", middle) for end in ("p05", "p95"))
    if math.isnan(middle) or np.isclose(low, high):
        return quantity_text(middle, unit), ""
    low, middle, high = (significant(value, 2) for value in (low, middle, high))
    return quantity_text(middle, unit), f"{range_text(low, high, unit)}, {NINE_IN_TEN}"


def _owned(account: Account) -> list[Part]:
    """What an hour of an owned chip is made of."""
    inputs = OwnershipInputs.of(account.chip, account.scenario.parameters, account.evidence)
    found, facts = inputs.distributions if inputs else {}, account.evidence.facts
    return [input_part(LABELS[name], UNITS[name], item, facts) for name, item in found.items()]
