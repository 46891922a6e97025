"""Others' estimates recomputed beside ours, step by step to where they part, and the corrections
that follow.
"""

from __future__ import annotations

import pandas as pd

from analysis.reconstruction.account import Account

SAME = 0.02  # steps closer than this do not part: sources print two or three figures


def others_estimates(account: Account) -> pd.DataFrame:
    """Every step of every estimate of others.csv.

    Returns
    -------
    DataFrame
        `estimate`, `title`, `step`, `label`, `theirs`, `ours` (values in `unit`), `ratio` (theirs
        over ours), `parts_here` (the first step of an estimate that is further apart than
        rounding), `source_id`, `locator`, `note`.
    """
    rows = []
    for row in account.rows("others"):
        where = row["where"]
        theirs, ours = (
            account.names.value(row[side], f"{where}, {side}") for side in ("theirs", "ours")
        )
        rows.append(
            row
            | {
                "theirs": theirs,
                "ours": ours,
                "ratio": theirs / ours,
                "theirs_is": row["theirs"],
                "ours_is": row["ours"],
            }
        )
    frame = pd.DataFrame(rows).sort_values(["estimate", "step"], kind="stable", ignore_index=True)
    apart = (frame.ratio - 1).abs() > SAME
    first = frame[apart].groupby("estimate").step.min()
    return frame.assign(parts_here=apart & (frame.step == frame.estimate.map(first)))
