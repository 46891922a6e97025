"""What a page shows of disclosure sheets: their scores, what is missing, and what a sheet asks."""

from __future__ import annotations

import pandas as pd

from analysis.compare.card import Card, standard
from analysis.compare.forms import agreement
from analysis.compare.plausible import plausible
from analysis.data.tables import Evidence
from analysis.show import links
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


def odd(cards: list[Card], evidence: Evidence) -> Html:
    """Sheets whose figures do not go together: work that no chip could do in its hours, or that
    none has done, and hours that are not chips times days.
    """
    rows = [
        {"model": card.model, "what is odd": line, "so": verdict}
        for card in cards
        for found in (plausible(card, evidence),)
        for verdict, lines in (("impossible", found.impossible), ("doubtful", found.warnings))
        for line in lines
    ]
    if not rows:
        return Html("<p>In no sheet do the figures contradict each other.</p>")
    return table(
        pd.DataFrame(rows),
        caption="Sheets whose own figures do not go together",
        name="odd-sheets",
    )


def index(cards: list[Card], evidence: Evidence) -> Html:
    """Our reading of the transparency index's indicators where it differs from its own scores."""
    found = agreement(cards, evidence)
    same = links.counted(f"{int(found.agrees.sum())} of {len(found)}", "disclosure.index")
    apart = found[~found.agrees]
    said = Html(f"<p>Our sheets and the index agree in {same} scores.</p>")
    if apart.empty:
        return said
    shown = table(
        apart[["model", "indicator", "ours", "theirs"]].map(_met, na_action="ignore"),
        head={"ours": "our sheet", "theirs": "the index"},
        caption="Where our sheets and the index differ",
        name="index",
    )
    return Html(said + shown)


def _met(cell: object) -> object:
    return {0: "not met", 1: "met"}.get(cell, cell) if isinstance(cell, int) else cell
