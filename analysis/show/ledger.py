"""The evidence as tables of the book, in which every row has an address that figures lead to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.data.facts import Fact, Row
from analysis.data.tables import Evidence
from analysis.show import links
from analysis.show.columns import number_text
from analysis.show.links import KIND_WORDS, SECOND_HAND, Html
from analysis.show.numbers import alike, quantity_text
from analysis.show.tables import ALL, PRINTED, Cell, day, folded, table

TABLES = (
    "facts",
    "sources",
    "prices",
    "purchase_prices",
    "training_runs",
    "training_throughput",
    "architectures",
    "hardware",
)
CONFIDENCE = {"read": "", "read_via_secondary": " (as another source restates it)"}
AS_EPOCH_SAYS = " (as Epoch AI restates it)"
COMMITMENTS = {"on_demand": "on demand", "1y": "one year", "3y": "three years", "spot": "spot"}
WORDS = {"date": day, "release_date": day, "commitment": COMMITMENTS, "precision": str.upper}
RUN_UNITS = {"params_active": "params", "tokens": "tokens", "gpu_hours": "gpu_hours"}


def rests_on(names: Sequence[str], evidence: Evidence) -> Html:
    """Facts by their ids, folded: what each is, and its figure."""
    found = [evidence.facts[name] for name in dict.fromkeys(names)]
    lines = [f"<li>{links.text(one.quantity)}: {links.fact(one, evidence)}</li>" for one in found]
    count = f"rests on {len(found)} {'fact' if len(found) == 1 else 'facts'}"
    return folded(count, f"<ul>{''.join(lines)}</ul>" if lines else "")


def facts(evidence: Evidence) -> Html:
    """Every fact with its value, range, kind, source and place."""
    rows = [_fact(fact, evidence) for fact in evidence.facts.values()]
    return table(
        pd.DataFrame(rows),
        caption=f"All {len(rows)} facts, each as its source gives it",
        name="facts",
        classes="ledger facts",
        anchors="anchor",
        choices=("about", "known how"),
    )


def sources(evidence: Evidence) -> Html:
    """Every source with its address, and how many facts rest on it."""
    counts = evidence["facts"].source_id.value_counts()
    rows = [
        {
            "anchor": row.source_id,
            "source": _titled(row.title, row.url),
            "publisher": row.publisher,
            "year": str(row.year),
            "kind": Cell(
                f"{row.kind}, {row.licence}" if row.licence else row.kind, row.kind, row.kind
            ),
            "facts from it": counts.get(row.source_id),
        }
        for row in evidence["sources"].itertuples()
    ]
    return table(
        pd.DataFrame(rows),
        caption=f"All {len(rows)} sources",
        name="sources",
        classes="ledger",
        anchors="anchor",
        choices=("publisher", "year", "kind"),
    )


def prices(evidence: Evidence) -> Html:
    """Every quote of a rent."""
    return _rows(
        "prices",
        ["chip", "usd_per_gpu_hour", "provider", "commitment", "region", "date"],
        evidence,
        head={"usd_per_gpu_hour": "rent"},
        units={"usd_per_gpu_hour": "usd_per_gpu_hour"},
        caption="Quotes of a rent",
        choices=("chip", "provider", "commitment"),
    )


def purchase_prices(evidence: Evidence) -> Html:
    """Every price of a chip that is bought, with or without its server."""
    return _rows(
        "purchase_prices",
        ["chip", "usd", "price_is", "with_server", "date"],
        evidence,
        head={"usd": "price"},
        units={"usd": "usd"},
        caption="Prices of a chip that is bought",
        choices=("chip", "price_is", "with_server"),
    )


def training_runs(evidence: Evidence) -> Html:
    """Every run of pre-training that others disclose."""
    return _rows(
        "training_runs",
        ["model", "developer", "chip", *RUN_UNITS, "release_date"],
        evidence,
        head={
            "params_active": "active parameters",
            "release_date": "released",
            "gpu_hours": "hours",
        },
        units=RUN_UNITS,
        caption="Runs of pre-training that others disclose",
        choices=("developer", "chip"),
    )


def training_throughput(evidence: Evidence) -> Html:
    """Every measured rate of pre-training, by whomever."""
    return _rows(
        "training_throughput",
        ["model", "who", "chip", "chips", "precision", "tokens_per_s_per_gpu", "date"],
        evidence,
        head={"who": "measured by", "tokens_per_s_per_gpu": "rate"},
        units={"tokens_per_s_per_gpu": "tokens/s per GPU"},
        caption="Measured rates of pre-training",
        choices=("who", "chip", "precision"),
    )


def architectures(evidence: Evidence) -> Html:
    """The sizes of every model that was measured, or whose run is a reference."""
    return _rows(
        "architectures",
        ["id", "n_layers", "dim", "n_heads", "n_routed_experts", "vocab_size"],
        evidence,
        head={
            "id": "model",
            "n_layers": "layers",
            "dim": "width",
            "n_heads": "heads",
            "n_routed_experts": "experts",
            "vocab_size": "vocabulary",
        },
        units={},
        caption="Sizes of models",
        choices=(),
    )


def hardware(evidence: Evidence) -> Html:
    """Every chip with its dense peak, memory and rated power."""
    return _rows(
        "hardware",
        ["chip", "vendor", "peak_bf16_dense_tflops", "hbm_gib", "tdp_w"],
        evidence,
        head={
            "peak_bf16_dense_tflops": "BF16 peak",
            "hbm_gib": "memory",
            "tdp_w": "rated power",
        },
        units={"peak_bf16_dense_tflops": "tflop_per_s", "hbm_gib": "GiB", "tdp_w": "W"},
        caption="Chips, each with its dense peak",
        choices=("vendor",),
    )


def _rows(name: str, columns: list[str], evidence: Evidence, **look: Any) -> Html:
    """The columns of a table as they are printed, each row under its address, and in the last cell
    where it was read.
    """
    rows = evidence[name]
    names = rows.chip if name == "hardware" else rows.id
    words = {column: rows[column].map(say) for column, say in WORDS.items() if column in columns}
    shown = rows[columns].assign(
        **words,
        row=names,
        source=[_read_in(row, evidence) for row in rows.to_dict("records")],
        anchor=[links.anchor(Row(name, row)) for row in names],
    )
    printed, rests = dict.fromkeys(columns, PRINTED), {ALL: ("disclosed", f"{name}:row")}
    return table(
        shown, name=name, classes="ledger", anchors="anchor", figures=printed, rests=rests, **look
    )


def _read_in(row: Mapping[str, Any], evidence: Evidence) -> Html:
    """Where a row was read, why it is left out if it is, and its note."""
    reason = row.get("unfit") or row.get("left_out")
    unfit = f"<strong>Left out:</strong> {links.text(reason)}. " if reason else ""
    seen = CONFIDENCE.get(row.get("confidence", "read"), AS_EPOCH_SAYS)
    note = f"<br><small>{links.text(row['note'])}</small>" if row.get("note") else ""
    source = links.source(row["source_id"], evidence)
    return Html(f"{unfit}{source}, {_place(row['locator'])}{seen}{note}")


def _fact(fact: Fact, evidence: Evidence) -> dict[str, object]:
    value, *_ = alike(fact.written, fact.unit)
    _, *ends = alike(fact.written, fact.unit, _end)
    figure = links.figure(value, fact.kind, Row("facts", fact.id))
    between = f"<br><small>{' to '.join(ends)}</small>" if ends else ""
    mark = SECOND_HAND if fact.second_hand else ""
    place = f"{links.source(fact.source_id, evidence)}, {links.text(fact.locator)}"
    note = f"<br><small>{links.text(fact.note)}</small>" if fact.note else ""
    kind = KIND_WORDS[fact.kind]
    return {
        "anchor": fact.id,
        "fact": fact.quantity,
        "about": fact.subject.replace("_", " ").capitalize(),
        "value": Cell(Html(figure.replace("&nbsp;", " ") + between), fact.value),
        "known how": Cell(Html(f"{kind} {mark}"), kind, kind),
        "source": Html(f"{place}{note}"),
    }


def _end(value: float, unit: str) -> str:
    """An end of a range: a share in per cent, else a bare number, for the unit stands above it."""
    return quantity_text(value, unit) if unit == "ratio" else number_text(value)


def _place(locator: str) -> Html:
    """Where in its source a row stands; an address of the web is a link."""
    address = links.web_address(locator)
    return Html(f'<a href="{links.text(address)}">page</a>') if address else links.text(locator)


def _titled(title: str, url: str) -> Html:
    """A title as a link to its address; one that no browser should follow is text."""
    if address := links.web_address(url):
        return Html(f'<a href="{links.text(address)}" rel="noopener">{links.text(title)}</a>')
    return links.text(f"{title} ({url})" if url else title)
