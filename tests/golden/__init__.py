"""The published results of the default edition, pinned: every figure at six digits, and which of
them moved.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analysis.data.folder import edition_model
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.publish.kept import rounded
from analysis.publish.results import evidence_results, scenario_results
from analysis.reconstruction.account import account_of

GOLDEN = Path(__file__).parent / "results.json"
NOT_A_RESULT = ("edition.data_sha256", "edition.version")


def computed() -> dict[str, Any]:
    """The results of the default edition, as they are computed now."""
    evidence = Evidence.load()
    account = account_of(edition_model(), load_scenario(), evidence)
    date = str(account.reconstruction.model.release_date)
    found = scenario_results(account) | evidence_results(evidence, date)
    return json.loads(json.dumps(rounded(found)))


def moved(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """A line for each figure that is not the same: its place, from what, to what."""
    old, new = dict(_figures(before)), dict(_figures(after))
    absent = "nothing"
    return [
        f"{place}: {old.get(place, absent)} -> {new.get(place, absent)}"
        for place in dict.fromkeys([*old, *new])
        if place not in NOT_A_RESULT and old.get(place, absent) != new.get(place, absent)
    ]


def _figures(content: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every single value with its place; rows that have an id are placed by it, not by their
    number.
    """
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _figures(value, f"{place}.{key}" if place else key)
    elif (
        isinstance(content, list)
        and content
        and all(isinstance(row, dict) and "id" in row for row in content)
    ):
        yield f"{place}[order]", [row["id"] for row in content]
        for row in content:
            yield from _figures(row, f"{place}[{row['id']}]")
    else:
        yield place, content
