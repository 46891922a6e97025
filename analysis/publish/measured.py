"""What was measured of this project's speed, beside what was promised, and on which machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.show.links import Html, text
from analysis.show.tables import table


def measured(content: Mapping[str, Any]) -> pd.DataFrame:
    """The measurements of benchmarks/results.json, a row a comparison.

    Returns
    -------
    DataFrame
        `work`, `against`; `times_as_fast` with its `least` and `most` over the `runs`; `promised`
        and whether it is `kept`; `seconds_ours`, `seconds_theirs`.
    """
    rows = [
        {
            "work": row["work"],
            "against": row["against"],
            "times_as_fast": row["ratio"],
            "least": row["least"],
            "most": row["most"],
            "runs": row["runs"],
            "promised": _promise(row),
            "kept": _is_kept(row),
            "seconds_ours": row["ours_s"],
            "seconds_theirs": row["theirs_s"],
        }
        for rows_of_one in content["measured"].values()
        for row in rows_of_one
    ]
    return pd.DataFrame(rows)


def _promise(row: Mapping[str, Any]) -> str:
    if row["promised"] is None:
        return f"{row['at_most_s']:g} s at most"
    return f"{row['promised']:,.4g} times as fast"


def _is_kept(row: Mapping[str, Any]) -> bool:
    if row["promised"] is None:
        return bool(row["ours_s"] <= row["at_most_s"])
    return bool(row["ratio"] >= row["promised"])


def measured_html(content: Mapping[str, Any]) -> Html:
    """The measurements as a table, with the machine and the weight of the first page."""
    machine = ", ".join(f"{name} {value}" for name, value in content["machine"].items())
    notes = [f"Measured on: {machine}."]
    page = content.get("first_page")
    if page:
        notes.insert(
            0,
            f"The first page asks for {page['requests']} files, {page['megabytes_gzip']} MB after "
            f"compression, and for {page['outside_requests']} of other hosts.",
        )
    return Html(table(measured(content)) + "".join(f"<p>{text(note)}</p>" for note in notes))
