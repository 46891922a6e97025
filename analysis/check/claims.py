"""Public claims and their verdicts, each with the reason and the facts that it rests on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.check.counted import Counted, counted_quantities, find
from analysis.check.rule import VERDICTS, Verdict, check_figure, fits, off_by, reason, verdict_of
from analysis.data.mistakes import InputError, UnknownName
from analysis.reconstruction.account import Account

WITHOUT_FIGURE = {
    "intent": "What was published when, we can say; intent we cannot.",
    "judgement": "This is a judgement, which no figure can settle.",
}


@dataclass(frozen=True)
class Judged:
    """A claim with its verdict, the reason in a sentence, and the facts that it rests on.

    `value` is its figure in `quantity` (NaN where it gives none), `line` the line of the bill that
    it counts, or is said of where it fits none; empty where no line stands for that. `factor` is
    its figure over what it is said of (`off_by`). `story` says whether the first page shows it.
    """

    id: str
    claim: str
    who: str
    date: str
    source_id: str
    verdict: Verdict
    reason: str
    facts: tuple[str, ...]
    note: str
    quantity: str
    value: float
    line: str
    factor: float
    story: bool


DATED = {"month": len("2025-01"), "year": len("2025")}  # of a day, what is known of it
FIELDS = tuple(Judged.__dataclass_fields__)


@lru_cache(maxsize=4)
def judge_all(account: Account) -> tuple[Judged, ...]:
    """Every claim on the model with its verdict, in the table's order; judged once for all who ask.

    Raises
    ------
    InputError
        For a claim that names an unknown boundary, or a boundary that names an unknown fact.
    """
    counted = counted_quantities(account)
    return tuple(_judge(row, counted, account) for row in account.rows("claims"))


def frame(account: Account, verdict: str | None = None) -> pd.DataFrame:
    """The claims as a frame, a row a claim; with a verdict, those alone.

    Returns
    -------
    DataFrame
        The fields of `Judged`.
    """
    judged = [one for one in judge_all(account) if verdict in (None, one.verdict)]
    rows = [{name: getattr(one, name) for name in FIELDS} for one in judged]
    return pd.DataFrame(rows, columns=FIELDS).astype(
        {"value": float, "factor": float, "story": bool}
    )


def on_bill(account: Account) -> pd.DataFrame:
    """The claims of dollars that count a line of the bill, or, where they fit nothing, are said of
    one: `id, claim, who, value, boundary` (the line) and `verdict`.
    """
    claims = frame(account)
    shown = (claims.quantity == "usd") & claims.value.notna() & (claims.line != "")
    columns = ["id", "claim", "who", "value", "line", "verdict"]
    return claims.loc[shown, columns].rename(columns={"line": "boundary"}).reset_index(drop=True)


def by_figure(account: Account) -> pd.DataFrame:
    """The claims that say a figure is so much, with what it is held against, for a rule that is
    applied by hand.

    Returns
    -------
    DataFrame
        `claim`, `value` and `digits` as printed, `said_of` and `counts` (labels) with what they
        come to (`said_of_low`, `said_of_high`, `counts_low`, `counts_high`, in the unit of the
        figure), and `verdict`.
    """
    counted, judged = counted_quantities(account), {one.id: one for one in judge_all(account)}
    rows = []
    for row in account.rows("claims"):
        if row["relation"] == "is" and math.isnan(row["value_to"]):
            sides = {"said_of": row["said_of"], "counts": row["asserted_boundary"]}
            found = {side: counted[name, row["quantity"]] for side, name in sides.items()}
            kept = {name: row[name] for name in ("claim", "value", "digits")}
            rows.append(kept | _sides(found) | {"verdict": judged[row["id"]].verdict})
    ends = [f"{side}{end}" for side in ("said_of", "counts") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["claim", "value", "digits", *ends, "verdict"])


def _sides(found: dict[str, Counted]) -> dict[str, Any]:
    """What a claim is held against: labels, and what they come to."""
    return {
        f"{side}{end}": value
        for side, one in found.items()
        for end, value in (("", one.label), ("_low", one.low), ("_high", one.high))
    }


def find_claim(claim_id: str, account: Account) -> Judged:
    """A claim by its id; an `InputError` with the nearest one if there is none."""
    judged = {one.id: one for one in judge_all(account)}
    if claim_id not in judged:
        raise UnknownName(claim_id, "a claim", judged)
    return judged[claim_id]


def to_list(judged: Iterable[Judged]) -> list[dict[str, Any]]:
    """The contract of `traincost claims --json`."""
    names = ("id", "claim", "verdict", "reason")
    return [
        {name: getattr(one, name) for name in names} | {"facts": list(one.facts)} for one in judged
    ]


def furthest_first(claims: pd.DataFrame) -> pd.DataFrame:
    """Claims by how many times they are off, to either side; those that cannot be compared last."""
    apart = np.log(claims.factor).abs()
    return claims.loc[apart.sort_values(ascending=False, kind="stable").index]


def counts_of(judged: Iterable[Judged]) -> pd.DataFrame:
    """How many claims have each verdict: `verdict, claims`, in the order of the rule."""
    counts = Counter(one.verdict for one in judged)
    return pd.DataFrame([{"verdict": verdict, "claims": counts[verdict]} for verdict in VERDICTS])


def inexpressible(account: Account) -> pd.DataFrame:
    """The claims that the rule cannot express, for they give no figure: `id, claim, who, date,
    source_id, quantity, note`.
    """
    columns = ["id", "claim", "who", "date", "source_id", "quantity", "note"]
    claims = frame(account)
    return claims.loc[claims.value.isna(), columns].reset_index(drop=True)


def _judge(
    row: dict[str, Any], counted: dict[tuple[str, str], Counted], account: Account
) -> Judged:
    see = tuple(_known_facts(row, account))
    if row["quantity"] in WITHOUT_FIGURE:
        return _judged(row, "not_checkable", WITHOUT_FIGURE[row["quantity"]], see)
    said_of, asserted = (
        find(row[field], row["quantity"], counted, f"{row['where']}, {field}")
        for field in ("said_of", "asserted_boundary")
    )
    check_figure(row)
    said, counts = fits(row, said_of), fits(row, asserted)
    comparable = not math.isnan(row["value"]) and (said_of.known or counts)
    verdict = verdict_of(said, counts, row["boundary_named"] == "yes", comparable)
    facts = said_of.facts if verdict == "supported" else asserted.facts + said_of.facts
    line = said_of.line if verdict == "contradicted" else asserted.line
    why, rests_on = reason(row, verdict, said_of, asserted), tuple(dict.fromkeys(facts + see))
    return _judged(row, verdict, why, rests_on, line, off_by(row, said_of))


def _judged(
    row: dict[str, Any],
    verdict: Verdict,
    why: str,
    facts: tuple[str, ...],
    line: str = "",
    factor: float = math.nan,
) -> Judged:
    kept = {
        name: row[name] for name in ("id", "claim", "who", "source_id", "note", "quantity", "value")
    }
    text = f"{why} {row['note']}".strip()
    story = row["story"] == "yes"
    found = {"line": line, "factor": factor, "story": story}
    return Judged(date=_said_on(row), verdict=verdict, reason=text, facts=facts, **found, **kept)


def _said_on(row: dict[str, Any]) -> str:
    """When a claim was made, as far as its source dates it."""
    date, known_to = str(row["date"]), row["date_known_to"]
    said = date[: DATED.get(known_to)]
    if not f"{said}-01-01".startswith(date):
        where = f"{row['where']}, date"
        raise InputError(f"found {date}, known to the {known_to} alone: give its first day", where)
    return said


def _known_facts(row: dict[str, Any], account: Account) -> list[str]:
    names, facts = row["see"].split(), account.evidence.facts
    for name in names:
        if name not in facts:
            raise facts.unknown(name).at(f"{row['where']}, see")
    return names
