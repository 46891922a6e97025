"""What the page says of how an edition differs from the default one."""

from __future__ import annotations

import html
import math
from typing import Any

import pandas as pd

from analysis.report.ledger import table_html
from analysis.report.wording import Html
from analysis.show.numbers import quantity_text

UNITS = {"hours": "gpu_hours", "dollars": "usd", "ladder": "usd"}
TITLES = {
    "parameters": "Parameters",
    "hours": "Reconstructed hours",
    "dollars": "Reconstructed dollars",
    "ladder": "The ladder",
    "verdicts": "Verdicts",
    "ranks": "Ranks among all models",
}


def changes_html(changes: pd.DataFrame) -> Html:
    """The differences as tables by part; one sentence if there are none."""
    if changes.empty:
        return Html("<p><strong>Nothing differs from the default edition.</strong></p>")
    parts = []
    for part, rows in changes.groupby("part", sort=False):
        table = pd.DataFrame(
            [
                {
                    "what": html.escape(row.what),
                    "default": value_text(row.before, UNITS.get(row.part, "")),
                    "here": value_text(row.after, UNITS.get(row.part, "")),
                    "factor": ""
                    if math.isnan(row.factor) or row.part not in UNITS
                    else f"{row.factor:.3g}",
                }
                for row in rows.itertuples()
            ]
        )
        parts.append(f"<h2>{TITLES[str(part)]}</h2>{table_html(table)}")
    return Html("".join(parts))


def value_text(value: Any, unit: str) -> str:
    """A value as a reader writes it; what is not set is left to the facts."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "from the facts"
    if unit:
        return quantity_text(float(value), unit)
    return html.escape(f"{value:g}" if isinstance(value, float) else str(value).replace("_", " "))
