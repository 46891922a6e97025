"""The one rule by which a claim is judged, on properties that a reader can check in its source.

A figure *fits* what is counted if the range that its printed digits allow (half a unit of the last
digit to either side) meets the value or interval that it comes to; said to be above or below, if
the whole interval is. The rule:

- it fits what it is said of: `supported`;
- it fits only what it counts, and the claim names what it leaves out: `supported_within_boundary`;
- the same, unnamed: `misleading`;
- it fits neither: `contradicted`;
- intent, judgement, or nothing to compare with: `not_checkable`.
"""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

from analysis.check.counted import Counted, value_text
from analysis.data.mistakes import InputError

Verdict = Literal[
    "supported", "supported_within_boundary", "misleading", "contradicted", "not_checkable"
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


def fits(claim: dict[str, Any], counted: Counted) -> bool:
    """Whether a claim's figure fits what is counted; the one place that says so."""
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


def off_by(claim: dict[str, Any], said_of: Counted) -> float:
    """A claim's figure over the nearer end of what it is said of; 1 where it fits, NaN where it
    gives no figure or a bound, or is held against nothing.
    """
    if not said_of.known or math.isnan(claim["value"]) or claim["relation"] != "is":
        return math.nan
    if fits(claim, said_of):
        return 1.0
    low = claim["value"] < said_of.low
    value = claim["value"] if low or math.isnan(claim["value_to"]) else claim["value_to"]
    end = said_of.low if low else said_of.high
    return float(value / end) if end else math.nan


def verdict_of(fits_said_of: bool, fits_asserted: bool, named: bool, comparable: bool) -> Verdict:
    """The rule."""
    if not comparable:
        return "not_checkable"
    if fits_said_of:
        return "supported"
    if fits_asserted:
        return "supported_within_boundary" if named else "misleading"
    return "contradicted"


def reason(claim: dict[str, Any], verdict: Verdict, said_of: Counted, asserted: Counted) -> str:
    """The judgement in plain words, with the figures that decide."""
    if verdict == "not_checkable":
        held = f"we hold no independent figure of {said_of.label}"
        return f"There is nothing to compare it with: {held}."
    value = figure_text(claim, said_of.unit)
    whole, part = said_of.beside(value), asserted.beside(value)
    if verdict == "supported":
        return f"{value} is right for {whole}."
    if verdict == "supported_within_boundary":
        other = "less" if said_of.high <= asserted.low else "more"
        named = f"{value} is right for {part}, and the claim names what it leaves out."
        return f"{named} For {said_of.label} it is {other}: {said_of.text}."
    if verdict == "misleading":
        said = f"The claim applies it to {whole} and does not name the difference."
        return f"Right number, wrong thing. {value} is right for {part}. {said}"
    if asserted == said_of:
        return f"{value} is wrong for {whole}."
    return f"{value} is wrong for {whole}, and for {part}."


def figure_text(claim: dict[str, Any], unit: str) -> str:
    """A claim's figure in words, with how it is meant."""
    value = value_text(claim["value"], unit)
    if not math.isnan(claim["value_to"]):
        return f"{value} to {value_text(claim['value_to'], unit)}"
    return {"above": "More than ", "below": "Less than "}.get(claim["relation"], "") + value


def check_figure(claim: dict[str, Any]) -> None:
    """A printed value comes with its digits and its relation, and these with their value."""
    of_a_value = {"value": claim["value"], "digits": claim["digits"], "relation": claim["relation"]}
    missing = [name for name, cell in of_a_value.items() if cell == "" or cell != cell]
    if missing and (len(missing) < len(of_a_value) or not math.isnan(claim["value_to"])):
        where = f"{claim['where']}, {missing[0]}"
        raise InputError("empty, but required where a value is printed", where)
