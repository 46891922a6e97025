"""Where sources disagree: both values, how far apart they are, and the bill computed both ways."""

from __future__ import annotations

import math

import pandas as pd

from analysis.reconstruction.account import Account


def contradictions(account: Account) -> pd.DataFrame:
    """Every row of contradictions.csv with its values, largest effect on the bill first; unknown
    effects last.

    Returns
    -------
    DataFrame
        The table's texts, `a` and `b` (NaN where a side has no figure), `apart` (the larger over
        the smaller), `bill_a`, `bill_b` and `effect_usd` (b less a; NaN where it cannot be
        computed), `facts`.

    Raises
    ------
    InputError
        For an expression that names what is not known, with file, row and field.
    """
    rows = []
    for row in account.rows("contradictions"):
        where = row["where"]
        names = ("value_a", "value_b", "bill_a", "bill_b")
        a, b, bill_a, bill_b = (
            account.names.value(row[name], f"{where}, {name}") if row[name] else math.nan
            for name in names
        )
        facts = account.names.facts_behind([row[name] for name in names if row[name]])
        apart = max(a, b) / min(a, b) if min(a, b) > 0 else math.nan
        rows.append(
            row
            | {
                "a": a,
                "b": b,
                "apart": apart,
                "bill_a": bill_a,
                "bill_b": bill_b,
                "effect_usd": bill_b - bill_a,
                "facts": facts,
            }
        )
    frame = pd.DataFrame(rows)
    return frame.sort_values(
        "effect_usd", key=abs, ascending=False, na_position="last", kind="stable", ignore_index=True
    )
