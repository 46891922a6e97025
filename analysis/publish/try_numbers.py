"""What the page of a reader's own numbers knows: the tables, the parameters, the lines of the bill,
as one script that the page loads.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.scenario import declared
from analysis.reconstruction.account import Account
from analysis.reconstruction.agreement import agreement
from analysis.reconstruction.open_ranges import open_ranges
from analysis.reconstruction.rent import rent_of
from analysis.reconstruction.tabulated import (
    CHOSEN,
    PRICE,
    TOTAL,
    Axis,
    Quantity,
    Tabulated,
    opened,
    tabulate,
    tabulated_range,
)
from analysis.reconstruction.whole import whole_line
from analysis.show.numbers import significant

FIGURES = 5  # of a number in a table
SLIDER_STEPS = 200
STEPS = (1.0, 2.0, 5.0, 10.0)


def page_data(account: Account) -> dict[str, Any]:
    """All that the page's script needs to answer, as JSON has it."""
    tables = tabulate(account.reconstruction, account.evidence)
    whole = whole_line(account)
    held = agreement(tables, account.reconstruction, account.evidence)
    return {
        "model": {"id": account.model.name, "title": account.model.title},
        "chip": account.chip.name,
        "parameters": _parameters(account, tables),
        "also": _also_given(account),
        "axes": _axes(tables),
        "phases": _phases(account, tables),
        "lines": _lines(account, tables),
        "whole": None if whole is None else whole.id,
        "agreement": asdict(held),
    }


def write_script(data: Mapping[str, Any], target: Path) -> None:
    """The data as a script that puts it on the window."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    target.write_text(f"window.traincostTry = {text};\n", encoding="utf-8")


# --- the parameters


def _parameters(account: Account, tables: Tabulated) -> list[dict[str, Any]]:
    free = opened(account.reconstruction)
    rent = rent_of(account.model, free.scenario, account.evidence).usd_per_gpu_hour
    ranges = open_ranges(free, account.evidence)
    return [
        _parameter(name, account)
        | {"open": ranges.get(name), "unset": rent if name == PRICE else None}
        for name in tables.parameters
    ]


def _parameter(name: str, account: Account) -> dict[str, Any]:
    """A parameter as it is declared, its range on the page, and its value in this edition."""
    said, slider = declared(name), tabulated_range(name)
    low, high = page_range(name)
    given = getattr(account.scenario.parameters, name)
    if name == PRICE:
        given = account.price_usd_per_gpu_hour
    words = {key: said[key] for key in ("label", "unit", "meaning")}
    return words | {
        "name": name,
        "low": low,
        "high": high,
        "slider": list(slider),
        "step": slider_step(*slider),
        "given": given,
    }


def page_range(name: str) -> tuple[float, float]:
    """What a reader may set: a price is a factor and has its declared bounds, all else the range
    that was tabulated.
    """
    if name != PRICE:
        return tabulated_range(name)
    bounds = declared(name)["bounds"]
    return 0.01, float(bounds["maximum"])


def slider_step(low: float, high: float) -> float:
    """A round step for a slider over a range.

    >>> slider_step(1.0, 10.0), slider_step(0.1, 0.6), slider_step(8192, 65536)
    (0.05, 0.005, 500.0)
    """
    step = (high - low) / SLIDER_STEPS
    power = 10.0 ** math.floor(math.log10(step))
    return significant(next(round for round in STEPS if round * power >= step) * power, 1)


def _also_given(account: Account) -> dict[str, Any]:
    """What the edition sets beside what a reader may: part of the command."""
    return {name: value for name, value in account.scenario.changed.items() if name not in CHOSEN}


# --- the tables


def _axes(tables: Tabulated) -> dict[str, Any]:
    every = (*tables.hours.values(), *tables.rent.values(), *tables.owned.values())
    axes: Iterable[Axis] = (
        axis for quantity in every for table in quantity.tables.values() for axis in table.axes
    )
    return {
        axis.name: {"of": axis.parameters, "rest": axis.rest, "knots": _short(axis.knots)}
        for axis in axes
    }


def _quantity(quantity: Quantity) -> dict[str, Any]:
    tables = {
        " ".join(names): {
            "axes": [axis.name for axis in table.axes],
            **{name: _short(np.ravel(values)) for name, values in table.values.items()},
        }
        for names, table in quantity.tables.items()
    }
    return {"by": quantity.reached_by, "tables": tables}


def _short(values: Iterable[float]) -> list[float]:
    """Numbers of few figures, whole ones without a point."""
    shown = [significant(float(value), FIGURES) for value in values]
    return [int(value) if value == int(value) else value for value in shown]


# --- phases and lines


def _phases(account: Account, tables: Tabulated) -> list[dict[str, Any]]:
    rows = account.frame().set_index("id")
    own = headline_phases(account)
    labels = {**rows.label.to_dict(), TOTAL: "All phases"}
    disclosed = {**rows.disclosed.to_dict(), TOTAL: rows.disclosed.sum(skipna=False)}
    return [
        {
            "id": phase,
            "label": labels[phase],
            "disclosed": _or_none(disclosed[phase]),
            "headline": phase in own,
            "hours": _quantity(quantity),
        }
        for phase, quantity in tables.hours.items()
    ]


def headline_phases(account: Account) -> list[str]:
    """The phases that the headline's line counts."""
    lines = account.bill[account.bill.headline]
    return [] if lines.empty else list(lines.includes.iloc[0])


def _lines(account: Account, tables: Tabulated) -> list[dict[str, Any]]:
    return [_line(line, tables) for line in account.bill.to_dict("records")]


def _line(line: Mapping[str, Any], tables: Tabulated) -> dict[str, Any]:
    words = {key: line[key] for key in ("id", "label", "short", "assumed", "marker", "headline")}
    stock = {"p05": line["usd_p05"], "p50": line["usd"], "p95": line["usd_p95"]}
    is_stock = math.isnan(line["gpu_hours"]) and not math.isnan(line["usd"])
    quantities = {"rent": tables.rent.get(line["id"]), "owned": tables.owned.get(line["id"])}
    return words | {
        "hours": _or_none(line["gpu_hours"]),
        "includes": line["includes"],
        "stock": stock if is_stock else None,
        **{name: _quantity(found) if found else None for name, found in quantities.items()},
    }


def _or_none(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
