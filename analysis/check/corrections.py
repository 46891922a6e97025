"""Corrections of others' figures and of ours, each with its guard."""

from __future__ import annotations

import math

import pandas as pd

from analysis.reconstruction.account import Account


def corrections(account: Account) -> pd.DataFrame:
    """Every row of corrections.csv, newest first, with `seen_value` and `use_value` (NaN where
    there is none).
    """
    rows = []
    for row in account.rows("corrections"):
        where = row["where"]
        seen, use = (
            account.names.value(row[name], f"{where}, {name}") if row[name] else math.nan
            for name in ("seen", "use")
        )
        rows.append(row | {"seen_value": seen, "use_value": use})
    return pd.DataFrame(rows).sort_values(
        ["date", "id"], ascending=[False, True], ignore_index=True
    )
