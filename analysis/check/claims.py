"""Public claims and their verdicts: one rule, on properties that a reader can check in the claim's
source.

A figure *fits* a boundary if the range that its printed digits allow (half a unit of the last digit
to either side) meets the boundary's value or interval; said to be above or below, if the whole
interval is. The rule:

- it fits what it is said of: `supported`;
- it fits only the boundary that it counts, and the claim names what it leaves out:
`supported_within_boundary`;
- the same, unnamed: `misleading`;
- it fits neither: `contradicted`;
- intent, judgement, or nothing to compare with: `not_checkable`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

import pandas as pd

from analysis.data.mistakes import InputError, did_you_mean
from analysis.data.tables import Evidence
from analysis.reconstruction.account import Account
from analysis.show.numbers import quantity_text

Verdict = Literal[
    "supported", "supported_within_boundary", "misleading", "contradicted", "not_checkable"
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
WITHOUT_FIGURE = {"intent": "about intent", "judgement": "a judgement"}


@dataclass(frozen=True)
class Counted:
    """What a boundary comes to: an interval in a unit; NaN where no figure is public."""

    label: str
    low: float
    high: float
    unit: str
    facts: tuple[str, ...]

    @property
    def known(self) -> bool:
        return not math.isnan(self.low)

    @property
    def text(self) -> str:
        """The figure in words."""
        if not self.known:
            return "no figure is public"
        ends = list(dict.fromkeys(_text(value, self.unit) for value in (self.low, self.high)))
        return " to ".join(ends)


@dataclass(frozen=True)
class Judged:
    """A claim with its verdict, the reason in a sentence, and the facts that it rests on."""

    id: str
    claim: str
    who: str
    date: str
    source_id: str
    verdict: Verdict
    reason: str
    facts: tuple[str, ...]
    note: str


@lru_cache(maxsize=4)
def judge_all(account: Account) -> tuple[Judged, ...]:
    """Every claim of claims.csv with its verdict, in the table's order; judged once for all tables
    and roles of a page.

    Raises
    ------
    InputError
        For a claim that names an unknown boundary, or a boundary that names an unknown fact.
    """
    counted = counted_quantities(account)
    return tuple(_judge(row, counted, account) for row in account.rows("claims"))


def counted_quantities(account: Account) -> dict[tuple[str, str], Counted]:
    """Every row of boundaries.csv as its interval, by boundary and quantity."""
    found = {}
    for row in account.rows("boundaries"):
        low, high = (
            account.names.value(row[field], f"{row['where']}, {field}") if row[field] else math.nan
            for field in ("low", "high")
        )
        facts = account.names.facts_behind(
            [
                text
                for text in (
                    row["low"],
                    row["high"],
                )
                if text
            ]
        )
        found[row["boundary"], row["quantity"]] = Counted(
            row["label"], min(low, high), max(low, high), row["unit"], tuple(facts)
        )
    return found


def fits(claim: dict[str, Any], counted: Counted) -> bool:
    """Whether a claim's figure fits what a boundary comes to; the one place that says so."""
    if not counted.known or math.isnan(claim["value"]):
        return False
    if claim["relation"] == "above":
        return counted.low > claim["value"]
    if claim["relation"] == "below":
        return counted.high < claim["value"]
    low, high = printed_range(claim["value"], claim["value_to"], int(claim["digits"]))
    return low <= counted.high and counted.low <= high


def printed_range(value: float, value_to: float, digits: int) -> tuple[float, float]:
    """What a figure printed to some significant digits may stand for, half a unit of the last digit
    to either side.

    >>> [round(end) for end in printed_range(5.87e6, float("nan"), 3)]
    [5865000, 5875000]
    """
    upper = value if math.isnan(value_to) else value_to
    if value == 0:
        return 0.0, upper
    half = 0.5 * 10.0 ** (math.floor(math.log10(value)) - digits + 1)
    slack = 1e-9 * value  # 0.95 is no exact binary number
    return value - half - slack if slack < half else value - half, upper + half


def verdict_of(fits_said_of: bool, fits_asserted: bool, named: bool, comparable: bool) -> Verdict:
    """The rule."""
    if not comparable:
        return "not_checkable"
    if fits_said_of:
        return "supported"
    if fits_asserted:
        return "supported_within_boundary" if named else "misleading"
    return "contradicted"


def to_list(judged: Iterable[Judged]) -> list[dict[str, Any]]:
    """The contract of `traincost claims --json`."""
    return [
        {
            "id": one.id,
            "claim": one.claim,
            "verdict": one.verdict,
            "reason": one.reason,
            "facts": list(one.facts),
        }
        for one in judged
    ]


def counts_of(judged: Iterable[Judged]) -> pd.DataFrame:
    """How many claims have each verdict: `verdict, claims`, in the order of the rule."""
    counts = Counter(one.verdict for one in judged)
    return pd.DataFrame([{"verdict": verdict, "claims": counts[verdict]} for verdict in VERDICTS])


def inexpressible(evidence: Evidence) -> pd.DataFrame:
    """The claims that the rule cannot express, for they give no figure: `id, claim, who, date,
    quantity, note`.
    """
    claims = evidence["claims"]
    return claims[claims.value.isna()][
        ["id", "claim", "who", "date", "source_id", "quantity", "note"]
    ].reset_index(drop=True)


def _judge(
    row: dict[str, Any],
    counted: dict[tuple[str, str], Counted],
    account: Account,
) -> Judged:
    where = row["where"]
    see = tuple(_known_facts(row["see"], account, where))
    if row["quantity"] in WITHOUT_FIGURE:
        return _judged(
            row,
            "not_checkable",
            f"This is {WITHOUT_FIGURE[row['quantity']]}, which no figure can settle.",
            see,
        )
    said_of, asserted = (
        _boundary(row, field, counted, where) for field in ("said_of", "asserted_boundary")
    )
    _check_figure(row, where)
    said, counts = fits(row, said_of), fits(row, asserted)
    comparable = not math.isnan(row["value"]) and (said_of.known or counts)
    verdict = verdict_of(said, counts, row["boundary_named"] == "yes", comparable)
    facts = (
        said_of.facts
        if verdict == "supported"
        else tuple(dict.fromkeys(asserted.facts + said_of.facts))
    )
    return _judged(
        row, verdict, _reason(row, verdict, said_of, asserted), tuple(dict.fromkeys(facts + see))
    )


def _judged(row: dict[str, Any], verdict: Verdict, reason: str, facts: tuple[str, ...]) -> Judged:
    text = f"{reason} {row['note']}".strip()
    return Judged(
        row["id"],
        row["claim"],
        row["who"],
        row["date"],
        row["source_id"],
        verdict,
        text,
        facts,
        row["note"],
    )


def _reason(row: dict[str, Any], verdict: Verdict, said_of: Counted, asserted: Counted) -> str:
    """One sentence with the figures that decide."""
    if verdict == "not_checkable":
        return f"There is nothing to compare it with: we hold no independent figure of {said_of.label}."
    value = value_text(row, said_of.unit)
    whole = f"{said_of.label} ({said_of.text})"
    part = f"{asserted.label} ({asserted.text})"
    other = "less" if said_of.high < asserted.low else "more"
    return {
        "supported": f"{value} fits {whole}.",
        "supported_within_boundary": f"{value} fits {part}, and the claim names that boundary; {whole} is {other}.",
        "misleading": f"{value} fits {part}, but is said of {whole}, and the claim does not name the difference.",
        "contradicted": f"{value} fits neither {whole} nor {part}."
        if asserted != said_of
        else f"{value} does not fit {whole}.",
    }[verdict]


def value_text(row: dict[str, Any], unit: str) -> str:
    """A claim's figure in words, with how it is meant."""
    value = _text(row["value"], unit)
    if not math.isnan(row["value_to"]):
        return f"{value} to {_text(row['value_to'], unit)}"
    return {"above": "More than ", "below": "Less than "}.get(row["relation"], "") + value


def _boundary(
    row: dict[str, Any], field: str, counted: dict[tuple[str, str], Counted], where: str
) -> Counted:
    name, quantity = row[field], row["quantity"]
    known = {boundary for boundary, _ in counted}
    if name not in known:
        raise InputError(
            f"{where}, {field}: {name or 'an empty cell'} is not a boundary{did_you_mean(name, known)} (boundaries.csv has all)"
        )
    if (name, quantity) not in counted:
        quantities = sorted(other for boundary, other in counted if boundary == name)
        raise InputError(
            f"{where}, {field}: boundaries.csv has no {quantity} of {name}, only {', '.join(quantities)}"
        )
    return counted[name, quantity]


def _known_facts(cell: str, account: Account, where: str) -> list[str]:
    names = cell.split()
    for name in names:
        if name not in account.evidence.facts:
            raise InputError(
                f"{where}, see: {name} is not a fact{did_you_mean(name, account.evidence.facts)} (traincost facts lists all)"
            )
    return names


def _check_figure(row: dict[str, Any], where: str) -> None:
    """A printed value comes with its digits and its relation."""
    if math.isnan(row["value"]):
        return
    for field in ("digits", "relation"):
        if row[field] == "" or (isinstance(row[field], float) and math.isnan(row[field])):
            raise InputError(f"{where}, {field}: empty, but required where a value is printed")


def _text(value: float, unit: str) -> str:
    """A figure in words, a ratio above one in times."""
    return f"{value:.4g} times" if unit == "ratio" and value > 1 else quantity_text(value, unit)
