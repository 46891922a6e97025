"""What the page says of how an edition differs from the default one."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from analysis.show.links import Html
from analysis.show.numbers import quantity_text
from analysis.show.tables import table

NO_DEFAULT = "The default edition has no account of this evidence, so nothing can be compared."
UNITS = {"hours": "gpu_hours", "dollars": "usd", "ladder": "usd"}
TITLES = {
    "parameters": "Parameters",
    "hours": "Reconstructed hours",
    "dollars": "Reconstructed dollars",
    "ladder": "The bill",
    "verdicts": "Verdicts",
    "ranks": "Ranks among all models",
}


def changes_html(changes: pd.DataFrame, evidence_is_own: bool = True) -> Html:
    """The differences as tables by part; one sentence if there are none, and none of a default
    edition that lacks the account for its evidence is another's.
    """
    if changes.empty and not evidence_is_own:
        return Html(f"<p><strong>{NO_DEFAULT}</strong></p>")
    if changes.empty:
        return Html("<p><strong>Nothing differs from the default edition.</strong></p>")
    parts = changes.groupby("part", sort=False)
    return Html(
        "".join(f"<h3>{TITLES[str(part)]}</h3>{_part(str(part), rows)}" for part, rows in parts)
    )


def value_text(value: Any, unit: str) -> str:
    """A value as a reader writes it; what is not set is left to the facts."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "not disclosed" if unit else "from the facts"
    if unit:
        return quantity_text(float(value), unit)
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")


def _part(part: str, rows: pd.DataFrame) -> Html:
    unit = UNITS.get(part, "")
    shown = pd.DataFrame(
        {
            "what": rows.what,
            "default": [value_text(value, unit) for value in rows.before],
            "here": [value_text(value, unit) for value in rows.after],
        }
    )
    shown = shown.assign(times_the_default=rows.factor.to_numpy()) if unit else shown
    caption = f"{TITLES[part]}: the default edition and this one"
    return table(shown, caption=caption, name=part, place="changes")
