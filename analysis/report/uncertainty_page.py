"""What the page on uncertainty says."""

from __future__ import annotations

import html

import pandas as pd

from analysis.reconstruction.sensitivity import sobol_indices
from analysis.report.ledger import table_html
from analysis.report.phase_page import BillPage
from analysis.report.wording import Html
from analysis.show.numbers import hours_text


def uncertainty_finding(page: BillPage) -> Html:
    """The paragraph that opens the page on uncertainty."""
    found = page.indices
    lead = found.iloc[0]
    return Html(
        f'<div class="finding"><p><strong>Of all inputs, the {html.escape(lead.input)} alone accounts for '
        f"{lead.total:.0%} of how uncertain the "
        f"total is.</strong> Were it disclosed for runs like this one, the answer would narrow most; within single "
        f"phases other inputs lead, "
        f"as below.</p></div>"
    )


def leading_inputs_table(page: BillPage) -> Html:
    """For each phase and the total: percentiles, and the inputs that would narrow it most."""
    content = page.reconstruction.to_dict()
    rows = []
    for row in [*content["phases"], content["total"] | {"label": "total", "id": None}]:
        indices = sobol_indices(page.reconstruction, row["id"]) if row["id"] else page.indices
        interval = row["gpu_hours"]["reconstructed"]
        rows.append(
            {
                "phase": html.escape(row["label"]),
                "5th": hours_text(interval["p05"]),
                "50th": hours_text(interval["p50"]),
                "95th percentile": hours_text(interval["p95"]),
                "would narrow it most": "; ".join(
                    f"{html.escape(item.input)} ({item.total:.0%})"
                    for item in indices.head(2).itertuples()
                ),
            }
        )
    return table_html(pd.DataFrame(rows))
