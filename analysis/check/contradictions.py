"""Where sources disagree: both values, how far apart they are, and the bill computed both ways."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from analysis.reconstruction.account import Account

SIDES = {"a": "value_a", "b": "value_b", "bill_a": "bill_a", "bill_b": "bill_b"}
LEAST_USD = 0.5  # what moves the bill by less does not move it
GROUPS = {  # the column `group`, in words
    "slip": "Slips of the press and others",
    "open": "Open questions in the papers",
    "accounting": "Other accounting",
}


def contradictions(account: Account) -> pd.DataFrame:
    """Every row of contradictions.csv that is of the model, the largest effect on the bill first;
    unknown effects last.

    Returns
    -------
    DataFrame
        The table's texts, `a` and `b` (NaN where a side has no figure), `apart` (the larger over
        the smaller), `bill_a`, `bill_b` and `effect_usd` (b less a; NaN where it cannot be
        computed), `facts`, `same_publisher`: whether one publisher disagrees with itself, and
        `panel`: its group in words.

    Raises
    ------
    InputError
        For an expression that names what is not known, with file, row and field.
    """
    rows = [_row(row, account) for row in account.rows("contradictions")]
    computed = [*SIDES, "apart", "effect_usd", "facts", "same_publisher", "panel"]
    columns = dict.fromkeys([*account.evidence["contradictions"].columns, *computed])
    found = pd.DataFrame(rows, columns=list(columns))
    found = found.astype(dict.fromkeys((*SIDES, "apart", "effect_usd"), float))
    return found.sort_values(
        "effect_usd", key=abs, ascending=False, na_position="last", kind="stable", ignore_index=True
    )


def moving(found: pd.DataFrame) -> pd.DataFrame:
    """Those of them that move the bill."""
    return found[found.effect_usd.map(moves)]


def moves(effect_usd: float) -> bool:
    """Whether an effect on the bill [US$] is one; not if it is unknown."""
    return abs(effect_usd) >= LEAST_USD


def _row(row: dict[str, Any], account: Account) -> dict[str, Any]:
    value, where = account.names.value, row["where"]
    sides = {
        name: value(row[field], f"{where}, {field}") if row[field] else math.nan
        for name, field in SIDES.items()
    }
    a, b, bill_a, bill_b = sides.values()
    sources = account.evidence.by_id("sources")
    first, second = (sources[row[name]]["publisher"] for name in ("source_a", "source_b"))
    return row | {
        **sides,
        "apart": max(a, b) / min(a, b) if a > 0 and b > 0 else math.nan,
        "effect_usd": bill_b - bill_a,
        "facts": account.names.facts_behind(row[name] for name in SIDES.values() if row[name]),
        "same_publisher": first == second,
        "panel": GROUPS[row["group"]],
    }
