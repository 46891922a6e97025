"""Corrections of others' figures and of ours, each with its guard."""

from __future__ import annotations

import math

import pandas as pd

from analysis.reconstruction.account import Account


def corrections(account: Account) -> pd.DataFrame:
    """Every row of corrections.csv that is of the model, newest first, with `seen_value` and
    `use_value` (NaN where there is none).
    """
    rows = []
    for row in account.rows("corrections"):
        seen, use = (
            account.names.value(row[name], f"{row['where']}, {name}") if row[name] else math.nan
            for name in ("seen", "use")
        )
        rows.append(row | {"seen_value": seen, "use_value": use})
    columns = [*account.evidence["corrections"].columns, "seen_value", "use_value"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["date", "id"], ascending=[False, True], ignore_index=True
    )
