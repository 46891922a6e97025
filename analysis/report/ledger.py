"""The ledger: facts, sources, derived figures, parameters and the bill as tables in which every row
has its anchor.
"""

from __future__ import annotations

import html
import re

import pandas as pd

from analysis.data.expressions import parse
from analysis.data.facts import Fact
from analysis.data.scenario import parameters_frame
from analysis.data.tables import Evidence
from analysis.reconstruction.account import Account
from analysis.reconstruction.ladder import disclosed_rungs
from analysis.reconstruction.model import Phase
from analysis.reconstruction.names import Names
from analysis.report.wording import KIND_LABELS, SECOND_HAND_MARK, Html, fact_html
from analysis.show.numbers import hours_text, quantity_text, usd_text


def bill_table(account: Account) -> Html:
    """The rungs that rest on disclosed hours: those each adds, all hours, and dollars at the
    scenario's price.
    """
    rows = []
    reconstruction, evidence = account.reconstruction, account.evidence
    for row in disclosed_rungs(account.bill).itertuples():
        added = ", ".join(_added_hours(reconstruction[phase].phase, evidence) for phase in row.adds)
        usd = usd_text(row.usd, 3)
        label = html.escape(row.label)
        rows.append(
            {
                "the bill": label,
                "adds hours": added,
                "GPU-hours": hours_text(row.gpu_hours),
                "US$": f"<strong>{usd}</strong>",
            }
        )
    return table_html(pd.DataFrame(rows), "ladder")


def _added_hours(phase: Phase, evidence: Evidence) -> str:
    disclosed = phase.disclosed_as("gpu_hours")
    if disclosed is None or disclosed not in evidence.facts:
        return "not disclosed"
    fact = evidence.facts[disclosed]
    return fact_html(fact, evidence, hours_text(fact.value))


def facts_table(evidence: Evidence) -> Html:
    """Every fact, each row with its anchor."""
    return facts_list(list(evidence.facts.values()), evidence, anchors=True)


def sources_table(evidence: Evidence) -> Html:
    """Every source, each row with its anchor, and how many facts rest on it."""
    counts = evidence["facts"].source_id.value_counts()
    rows = []
    for row in evidence["sources"].itertuples():
        url = html.escape(row.url, quote=True)
        title = html.escape(row.title)
        if url.startswith(("https://", "http://")):
            title = f'<a href="{url}" rel="noopener">{title}</a>'
        elif url:  # an address that a browser would run, or that leads nowhere
            title = f"{title} ({url})"
        rows.append(
            {
                "source": f'<span id="{row.source_id}">{title}</span>',
                "publisher": html.escape(row.publisher),
                "year": row.year,
                "kind": row.kind,
                "licence": html.escape(row.licence),
                "facts": counts.get(row.source_id, 0),
            }
        )
    return table_html(pd.DataFrame(rows), "ledger")


def arithmetic_table(names: Names, evidence: Evidence) -> Html:
    """Every derived figure with its expression, the facts in it linked."""
    rows = []
    numbers = names.numbers
    for number in numbers.values():
        expression = html.escape(number.expression)
        for name in sorted(set(parse(number.expression).names), key=len, reverse=True):
            fact = re.sub("__(low|high)$", "", name)
            target = (
                f"facts.html#{fact}"
                if fact in evidence.facts
                else f"#{name}"
                if name in numbers
                else ""
            )
            if target:
                expression = re.sub(
                    rf"(?<![\w#]){name}(?![\w\"])", f'<a href="{target}">{name}</a>', expression
                )
        rows.append(
            {
                "figure": f'<span id="{number.id}">{html.escape(number.label)}</span>',
                "value": f'<span class="figure {number.kind}">{quantity_text(number.value, number.unit)}</span>',
                "known how": KIND_LABELS[number.kind]
                + (SECOND_HAND_MARK if names.is_second_hand(number.expression) else ""),
                "arithmetic": f"<code>{expression}</code>",
                "note": html.escape(number.note),
            }
        )
    return table_html(pd.DataFrame(rows), "ledger")


def parameters_table() -> Html:
    """The parameters of a scenario: name, unit, bounds, meaning."""
    return table_html(
        parameters_frame()
        .map(lambda text: html.escape(str(text)))
        .assign(parameter=lambda frame: "<code>" + frame.parameter + "</code>")
    )


def table_html(frame: pd.DataFrame, kind: str = "") -> Html:
    """A frame whose cells are HTML as a table that scrolls in its own box on a narrow page."""
    body = frame.to_html(
        index=False,
        escape=False,
        border=0,
        classes=["report", kind] if kind else ["report"],
        na_rep="",
    )
    return Html(f'<div class="table-box" tabindex="0" role="group" aria-label="table">{body}</div>')


def facts_list(facts: list[Fact], evidence: Evidence, anchors: bool = False) -> Html:
    """Facts as a table; with `anchors` it is the ledger that others link to."""
    titles = evidence["sources"].set_index("source_id").title
    rows = []
    for fact in facts:
        value = (
            f'<span class="figure {fact.kind}">{quantity_text(fact.value, fact.unit)}</span>'
            if anchors
            else fact_html(fact, evidence)
        )
        span = f"<br><small>{fact.low:,.6g} to {fact.high:,.6g}</small>" if fact.has_range else ""
        source = f'<a href="sources.html#{fact.source_id}">{html.escape(titles[fact.source_id])}</a>, {html.escape(fact.locator)}'
        mark = f" {SECOND_HAND_MARK}" if fact.second_hand and anchors else ""
        name = (
            f'<span id="{fact.id}">{html.escape(fact.quantity)}</span><br><code>{fact.id}</code>'
            if anchors
            else html.escape(fact.quantity)
        )
        rows.append(
            {
                "fact": name,
                "value": value + span,
                "known how": KIND_LABELS[fact.kind] + mark,
                "source": source,
                "note": html.escape(fact.note),
            }
        )
    return table_html(pd.DataFrame(rows), "ledger" if anchors else "")
