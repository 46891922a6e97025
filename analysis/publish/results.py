"""The results of an edition by the contract of results.json, and how two of them differ."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.check.claims import judge_all
from analysis.check.claims import to_list as claims_list
from analysis.compare import models as comparison
from analysis.data.folder import package_version, read_bytes
from analysis.data.mistakes import InputError, first_mistake
from analysis.data.tables import Evidence
from analysis.reconstruction.account import Account
from analysis.reconstruction.ladder import to_list as boundaries_list
from analysis.runs.backtest import backtest, summary
from analysis.runs.views import hours_record, view_figures

SAME = 1e-5  # results carry six significant digits
PARTS = ("parameters", "hours", "dollars", "ladder", "verdicts", "ranks")


def evidence_results(evidence: Evidence, date: str) -> dict[str, Any]:
    """Those of the results in the contract of results.json that no scenario reaches; models are
    compared at the prices of one `date`.
    """
    models = comparison.at_one_date(comparison.compare(evidence), date, evidence)
    record = hours_record(evidence)
    views = {
        name: view_figures(record[record["view"] == name]) for name in ("step_time", "combined")
    }
    return {
        "comparison": comparison.to_list(models),
        "estimator": summary(backtest(evidence)),
        **views,
    }


def scenario_results(account: Account) -> dict[str, Any]:
    """The others, that a scenario reaches."""
    reconstruction, evidence = account.reconstruction, account.evidence
    scenario = reconstruction.scenario
    effective = scenario.parameters.model_dump() | {
        "price_usd_per_gpu_hour": reconstruction.price_usd_per_gpu_hour,
        "chip": reconstruction.chip.name,
    }
    return {
        "edition": {
            "version": package_version(),
            "scenario": scenario.name,
            "parameters": effective,
            "data_sha256": evidence.sha256,
        },
        "models": {reconstruction.model.name: reconstruction.to_dict()},
        "boundaries": boundaries_list(account.bill),
        "claims": claims_list(judge_all(account)),
    }


def read_results(edition: Path) -> dict[str, Any]:
    """The results.json of an edition's folder.

    Raises
    ------
    InputError
        If there is none, or it is not one of ours.
    """
    path = edition / "results.json"
    try:
        found = json.loads(read_bytes(path).decode("utf-8"))
        _Results.model_validate(found)
    except InputError as error:
        raise InputError(f"{error}; an edition's folder has a results.json") from None
    except ValidationError as error:
        where = f"{path}: not the results of an edition"
        raise first_mistake(error, where, _Results.model_fields) from None
    except (ValueError, RecursionError):
        raise InputError(f"{path}: not the results of an edition") from None
    return dict(found)


class _Part(BaseModel):
    """What is read of a part of the results; other keys are left as they are."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)


class _Interval(_Part):
    reconstructed: dict[str, float]


class _Phase(_Part):
    gpu_hours: _Interval
    usd: _Interval


class _NamedPhase(_Phase):
    label: str


class _Model(_Part):
    phases: list[_NamedPhase]
    total: _Phase


class _Line(_Part):
    label: str
    usd: dict[str, float | None]


class _Verdict(_Part):
    id: str
    verdict: str


class _Ranked(_Part):
    id: str
    usd_common: float | None


class _Edition(_Part):
    parameters: dict[str, float | str | None]
    data_sha256: str


class _Results(_Part):
    edition: _Edition
    models: dict[str, _Model]
    boundaries: list[_Line]
    claims: list[_Verdict] = Field(default_factory=list)
    comparison: list[_Ranked] = Field(default_factory=list)


def difference(before: dict[str, Any], after: dict[str, Any]) -> pd.DataFrame:
    """What differs between the results of two editions.

    Returns
    -------
    DataFrame
        `part` (parameters, hours, dollars, ladder, verdicts or ranks), `what`, `before` and `after`
        (numbers, words or None) and `factor` (after over before; NaN where that says nothing);
        empty if nothing differs.
    """
    rows = []
    first, second = _flat(before), _flat(after)
    for key in dict.fromkeys([*first, *second]):
        old, new = first.get(key), second.get(key)
        if not _same(old, new):
            rows.append(
                {
                    "part": key[0],
                    "what": key[1],
                    "before": old,
                    "after": new,
                    "factor": _factor(old, new),
                }
            )
    frame = pd.DataFrame(rows, columns=["part", "what", "before", "after", "factor"])
    return frame.sort_values(
        "part", key=lambda parts: parts.map(PARTS.index), kind="stable", ignore_index=True
    )


def _flat(found: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """The results as one value each, by part and what it is."""
    flat: dict[tuple[str, str], Any] = {
        ("parameters", name): value for name, value in found["edition"]["parameters"].items()
    }
    flat["parameters", "data"] = found["edition"]["data_sha256"][:12]
    for model, content in found["models"].items():
        for phase in [*content["phases"], {"label": "total", **content["total"]}]:
            for part, quantity in (("hours", "gpu_hours"), ("dollars", "usd")):
                for percentile, value in phase[quantity]["reconstructed"].items():
                    flat[part, f"{model}, {phase['label']}, {percentile}"] = value
    for rung in found["boundaries"]:
        flat |= {
            ("ladder", f"{rung['label']}, {percentile}"): value
            for percentile, value in rung["usd"].items()
        }
    flat |= {("verdicts", claim["id"]): claim["verdict"] for claim in found.get("claims", [])}
    ranked = [row["id"] for row in found.get("comparison", []) if row["usd_common"] is not None]
    return flat | {("ranks", name): rank for rank, name in enumerate(ranked, 1)}


def _factor(old: Any, new: Any) -> float:
    numbers = isinstance(old, int | float) and isinstance(new, int | float)
    return float(new / old) if numbers and old else math.nan


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, float) and isinstance(new, int | float):
        return math.isclose(old, new, rel_tol=SAME)
    return bool(old == new)
