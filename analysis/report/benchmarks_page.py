"""What the page of benchmarks says: measured ratios beside what was promised, and the machine."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.report.ledger import table_html
from analysis.report.wording import Html


def _promise(row: Mapping[str, Any]) -> str:
    return (
        f"{row['at_most_s']:g} s at most" if row["promised"] is None else f"{row['promised']:,.4g}"
    )


def _is_kept(row: Mapping[str, Any]) -> bool:
    return bool(
        row["ours_s"] <= row["at_most_s"]
        if row["promised"] is None
        else row["ratio"] >= row["promised"]
    )


def benchmarks_html(content: dict[str, Any]) -> Html:
    """The measurements of benchmarks/results.json as a table, with the machine and the weight of
    the first page.
    """
    rows = [row for measured in content["measured"].values() for row in measured]
    table = pd.DataFrame(
        [
            {
                "work": f"{html.escape(row['work'])}<br><small>against {html.escape(row['against'])}</small>",
                "times as fast": f"<strong>{row['ratio']:,.4g}</strong><br><small>{row['least']:,.4g} to {row['most']:,.4g}, "
                f"{row['runs']} runs</small>",
                "promised": f"{_promise(row)}<br><small>{'kept' if _is_kept(row) else 'missed'}</small>",
                "seconds, ours and theirs": f"{row['ours_s']:.3g} and {row['theirs_s']:.3g}",
            }
            for row in rows
        ]
    )
    machine = ", ".join(
        f"{html.escape(name)} {html.escape(str(value))}"
        for name, value in content["machine"].items()
    )
    page = content.get("first_page") or {}
    weight = (
        f"<p>The first page asks for {page['requests']} files, {page['megabytes_gzip']} MB after compression, and for "
        f"{page['outside_requests']} of other hosts.</p>"
        if page
        else ""
    )
    return Html(f"{table_html(table)}{weight}<p><small>Measured on: {machine}.</small></p>")
