"""The method of both views on other runs, untouched: whether it always gives too much."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from typing import Any

import pandas as pd

from analysis.data.protocol import kept_out
from analysis.reconstruction import measured
from analysis.reconstruction.account import Account, account_of
from analysis.reconstruction.model_file import list_models, load_model
from analysis.runs.views import hours_record


def expected_over_disclosed(account: Account) -> pd.DataFrame:
    """Expected over disclosed hours by both views together, of the model's phase and of every other
    run with a layout, among them those of other models of the evidence: `label, low, middle, high`
    and `kind`, dense or moe; the model's first.
    """
    record = hours_record(account.evidence)
    record = record[record["view"] == "combined"]
    kinds = account.evidence["training_runs"].set_index("id").architecture
    rows = [
        {
            "label": row.model,
            "low": row.p05 / row.gpu_hours,
            "middle": row.predicted / row.gpu_hours,
            "high": row.p95 / row.gpu_hours,
            "kind": kinds[row.id],
        }
        for row in record.itertuples()
    ]
    others = [
        _met(other, other.model.title) for other in _others_with_layout(account, set(record.id))
    ]
    rows = [*_met(account, measured.subject(account)), *rows, *chain.from_iterable(others)]
    return pd.DataFrame(rows, columns=["label", "low", "middle", "high", "kind"])


def _met(account: Account, label: str) -> list[dict[str, Any]]:
    """How the hours of an account's phase with a layout are met, if they are disclosed."""
    found = measured.laid_out(account)
    disclosed = found[0].disclosed_gpu_hours if found else None
    if found is None or disclosed is None:
        return []
    low, middle, high = (hours / disclosed for hours in found[0].hours_by_view["combined"].values())
    kind = account.model.architecture_kind
    return [{"label": label, "low": low, "middle": middle, "high": high, "kind": kind}]


def _others_with_layout(account: Account, known: Collection[str]) -> Iterator[Account]:
    """The accounts of other makers' models of the evidence that have a layout, but for those whose
    run is known.
    """
    evidence = account.evidence
    out = {account.model.developer, *kept_out()}
    for name in list_models(evidence):
        model = load_model(name, evidence)
        laid = (getattr(stage, "layout", None) is not None for stage in model.stages)
        if name not in known and model.developer not in out and any(laid):
            yield account_of(name, account.scenario, evidence)
