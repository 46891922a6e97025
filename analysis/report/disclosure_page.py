"""What the page of disclosure says: the standard, the cards by score, and what is missing most."""

from __future__ import annotations

import html

import pandas as pd

from analysis.compare.card import Card, CardPhase
from analysis.compare.disclosure import list_cards, most_missing, scores
from analysis.data.tables import Evidence
from analysis.report.ledger import table_html
from analysis.report.wording import Html


def disclosure_finding(evidence: Evidence) -> Html:
    """The paragraph that opens the page."""
    table = scores(list_cards(evidence))
    whole = table[table.hours_known == table.phases]
    first, silent = table.iloc[0], table.model[table.disclosed == 0]
    return Html(
        f'<div class="finding"><p><strong>Of {len(table)} models, {len(whole)} disclose the hours of every phase; the median card is '
        f"{table.score.median():.0%} filled.</strong> {html.escape(first.model)} has the most ({first.score:.0%}); "
        f"{len(silent)} disclose nothing ({html.escape(', '.join(silent))}). A base model has fewer phases to disclose than one that "
        "was also tuned: compare the fields, not only the share.</p></div>"
    )


def scores_table(evidence: Evidence) -> Html:
    """Every card by its score."""
    rows = [
        {
            "model": html.escape(row.model),
            "developer": html.escape(row.developer),
            "released": row.release_date,
            "score": f"<strong>{row.score:.0%}</strong>",
            "fields": f"{row.disclosed} of {row.asked}",
            "phases": row.phases,
            "hours of": f"{row.hours_known} of {row.phases}",
            "card": f'<a href="data/cards/{row.card}.toml"><code>{row.card}</code></a>',
        }
        for row in scores(list_cards(evidence)).itertuples()
    ]
    return table_html(pd.DataFrame(rows))


def missing_table(evidence: Evidence) -> Html:
    """How often each field of the standard is disclosed, the rarest first."""
    rows = [
        {
            "field": row.field,
            "disclosed": f"{row.disclosed} of {row.asked}",
            "share": f"{row.share:.0%}",
        }
        for row in most_missing(list_cards(evidence)).itertuples()
    ]
    return table_html(pd.DataFrame(rows))


def standard_table() -> Html:
    """The standard: every field with its unit and meaning."""
    rows = []
    for where, record in (("card", Card), ("each phase", CardPhase)):
        properties = record.model_json_schema()["properties"]
        for name, field in properties.items():
            if name == "phase":
                continue
            rows.append(
                {
                    "field": f"<code>{name}</code>",
                    "of": where,
                    "unit": html.escape(field.get("unit", "")),
                    "meaning": html.escape(field.get("description", "")),
                }
            )
    return table_html(pd.DataFrame(rows))
