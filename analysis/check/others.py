"""Others' estimates recomputed beside ours, step by step to where they part."""

from __future__ import annotations

import pandas as pd

from analysis.reconstruction.account import Account


def others_estimates(account: Account) -> pd.DataFrame:
    """Every step of every estimate of others.csv that is of the model.

    Returns
    -------
    DataFrame
        `estimate`, `title`, `step`, `label`, `theirs`, `ours` (values in `unit`), `ratio` (theirs
        over ours), `parts_here` (the first step of an estimate that is further apart than
        rounding), `theirs_is` and `ours_is` (their arithmetic), `source_id`, `locator`, `note`.
    """
    rows = []
    for row in account.rows("others"):
        theirs, ours = (
            account.names.value(row[side], f"{row['where']}, {side}") for side in ("theirs", "ours")
        )
        arithmetic = {"theirs_is": row["theirs"], "ours_is": row["ours"]}
        rows.append(row | {"theirs": theirs, "ours": ours, "ratio": theirs / ours} | arithmetic)
    columns = [*account.evidence["others"].columns, "ratio", "theirs_is", "ours_is"]
    steps = pd.DataFrame(rows, columns=columns).astype({"ratio": float})
    steps = steps.sort_values(["estimate", "step"], kind="stable", ignore_index=True)
    same = account.evidence.facts.constant("same_step_ratio", "ratio").value
    apart = (steps.ratio - 1).abs() > same
    first = steps[apart].groupby("estimate").step.min()
    return steps.assign(parts_here=apart & (steps.step == steps.estimate.map(first)))


def partings(steps: pd.DataFrame) -> pd.DataFrame:
    """The step at which each estimate parts from ours, the furthest apart first."""
    found = steps[steps.parts_here]
    further = found.ratio.where(found.ratio >= 1, 1 / found.ratio)
    return found.loc[further.sort_values(ascending=False, kind="stable").index]
