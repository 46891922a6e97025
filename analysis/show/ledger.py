"""The evidence as tables of the book, in which every row has an address that figures lead to."""

from __future__ import annotations

import pandas as pd

from analysis.data.facts import Fact, Row
from analysis.data.tables import Evidence
from analysis.show import links
from analysis.show.columns import number_text
from analysis.show.links import KIND_WORDS, SECOND_HAND, Html
from analysis.show.numbers import quantity_text
from analysis.show.tables import table

TABLES = ("facts", "sources", "prices", "purchase_prices", "training_runs", "hardware")
CONFIDENCE = {"read": "read", "read_via_secondary": "restated by another source"}
RUN_UNITS = {"params_active": "params", "tokens": "tokens", "gpu_hours": "gpu_hours"}


def facts(evidence: Evidence) -> Html:
    """Every fact with its value, range, kind, source and place."""
    rows = [_fact(fact, evidence) for fact in evidence.facts.values()]
    return table(pd.DataFrame(rows), classes="ledger facts", anchors="anchor")


def sources(evidence: Evidence) -> Html:
    """Every source with its address, and how many facts rest on it."""
    counts = evidence["facts"].source_id.value_counts()
    rows = [
        {
            "anchor": row.source_id,
            "source": _titled(row.title, row.url),
            "publisher": row.publisher,
            "year": str(row.year),
            "kind": row.kind,
            "licence": row.licence,
            "facts": int(counts.get(row.source_id, 0)),
        }
        for row in evidence["sources"].itertuples()
    ]
    return table(pd.DataFrame(rows), classes="ledger", anchors="anchor")


def prices(evidence: Evidence) -> Html:
    """Every quote of a rent."""
    columns = ["chip", "provider", "usd_per_gpu_hour", "commitment", "date", "region"]
    head = {"usd_per_gpu_hour": "US$ a GPU-hour"}
    return _rows("prices", evidence["prices"], columns, evidence, head)


def purchase_prices(evidence: Evidence) -> Html:
    """Every price of a chip that is bought, with or without its server."""
    columns = ["chip", "usd", "date", "with_server"]
    return _rows("purchase_prices", evidence["purchase_prices"], columns, evidence, {"usd": "US$"})


def training_runs(evidence: Evidence) -> Html:
    """Every run of pre-training that others disclose."""
    columns = ["model", "developer", "release_date", "chip", *RUN_UNITS, "unfit", "note"]
    head = {
        "params_active": "active parameters",
        "release_date": "released",
        "unfit": "left out as",
    }
    return _rows("training_runs", evidence["training_runs"], columns, evidence, head, RUN_UNITS)


def hardware(evidence: Evidence) -> Html:
    """Every chip with its dense peak, memory and rated power."""
    columns = ["chip", "vendor", "peak_bf16_dense_tflops", "hbm_gib", "tdp_w", "note"]
    head = {
        "peak_bf16_dense_tflops": "BF16 peak, TFLOP/s",
        "hbm_gib": "memory, GiB",
        "tdp_w": "rated power, W",
    }
    rows = evidence["hardware"].assign(id=lambda chips: chips.chip, confidence="read")
    return _rows("hardware", rows, columns, evidence, head)


def _rows(
    name: str,
    rows: pd.DataFrame,
    columns: list[str],
    evidence: Evidence,
    head: dict[str, str],
    units: dict[str, str] | None = None,
) -> Html:
    """The columns of a table with the source of each row, each row under its address."""
    shown = rows[columns].assign(
        source=[links.source(source, evidence) for source in rows.source_id],
        place=[_place(locator) for locator in rows.locator],
        seen=rows.confidence.map(CONFIDENCE).fillna("restated by Epoch AI"),
        anchor=[links.anchor(Row(name, row)) for row in rows.id],
    )
    return table(shown, head=head, units=units, classes="rows", anchors="anchor")


def _fact(fact: Fact, evidence: Evidence) -> dict[str, object]:
    value = quantity_text(fact.value, fact.unit)
    figure = links.figure(value, fact.kind, Row("facts", fact.id))
    ends = f"<br><small>{number_text(fact.low)} to {number_text(fact.high)}</small>"
    ends = ends if fact.has_range else ""
    mark = SECOND_HAND if fact.second_hand else ""
    source = links.source(fact.source_id, evidence)
    return {
        "anchor": fact.id,
        "fact": Html(f"{links.text(fact.quantity)}<br><code>{fact.id}</code>"),
        "value": Html(f"{figure}{ends}"),
        "known how": Html(f"{KIND_WORDS[fact.kind]} {mark}"),
        "source": Html(f"{source}, {links.text(fact.locator)}"),
        "note": fact.note,
    }


def _place(locator: str) -> Html | str:
    """Where in its source a row stands; an address of the web is a link."""
    address = links.web_address(locator)
    return Html(f'<a href="{links.text(address)}">page</a>') if address else locator


def _titled(title: str, url: str) -> Html:
    """A title as a link to its address; one that no browser should follow is text."""
    if address := links.web_address(url):
        return Html(f'<a href="{links.text(address)}" rel="noopener">{links.text(title)}</a>')
    return links.text(f"{title} ({url})" if url else title)
