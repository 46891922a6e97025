"""What a page shows of disclosure sheets: their scores, what is missing, and what a sheet asks."""

from __future__ import annotations

import pandas as pd

from analysis.compare.card import standard
from analysis.show.links import Html
from analysis.show.tables import ROUGH, code, folded, table


def by_score(scored: pd.DataFrame) -> Html:
    """Every sheet by its score, folded: the chart above it shows the same."""
    shown = table(
        scored[["model", "developer", "score", "disclosed", "asked", "hours_known", "phases"]],
        units={"score": "ratio"},
        head={
            "disclosed": "fields filled",
            "asked": "of",
            "hours_known": "phases with hours",
            "phases": "of all",
        },
        figures={"score": ROUGH},
        caption="Disclosure sheets by their score",
        name="scores",
        choices=("developer",),
    )
    return folded(f"All {len(scored)} sheets as a table", shown)


def missing(counted: pd.DataFrame) -> Html:
    """How many sheets fill each field, the rarest first."""
    return table(
        counted,
        units={"share": "ratio"},
        head={"disclosed": "filled in", "asked": "asked of"},
        figures={"share": ROUGH},
        caption="Fields of the sheets, the rarest first",
        name="missing",
    )


def fields() -> Html:
    """What a sheet asks for."""
    asked = standard()
    return table(
        asked.assign(field=asked.field.map(code))[["field", "meaning", "unit", "of"]],
        head={"of": "asked of"},
        caption="What a disclosure sheet asks for",
        name="fields",
        choices=("of",),
    )
