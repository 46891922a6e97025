"""Tables, facts and what lies in the middle of an input, read from the files themselves."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from math import exp, inf, isnan, log, nan, sqrt
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
PUBLISHED = json.loads((ROOT / "tests" / "golden" / "results.json").read_text(encoding="utf-8"))

Row = dict[str, str]


@lru_cache
def rows(table: str) -> tuple[Row, ...]:
    """The rows of a table, every cell as it is written."""
    with (DATA / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def number(cell: str | None) -> float:
    """A cell as a number; nothing where it is empty."""
    return float(cell) if cell else nan


@lru_cache
def model(name: str) -> dict[str, Any]:
    """A model's file."""
    return tomllib.loads((DATA / "models" / f"{name}.toml").read_text(encoding="utf-8"))


def stage(phase: str, name: str) -> dict[str, Any]:
    """A stage of a phase of R1 or of the base that it stands on."""
    phases = [*model("deepseek-v3")["phase"], *model("deepseek-r1")["phase"]]
    found = next(one for one in phases if one["id"] == phase)
    return next(one for one in found["stage"] if one["id"] == name)


@lru_cache
def names() -> dict[str, float]:
    """What arithmetic on facts may name: each fact, those of one model too, and its two ends."""
    found = {}
    own = sorted(f"models/{path.stem}" for path in (DATA / "models").glob("*.facts.csv"))
    for row in (row for table in ("facts", *own) for row in rows(table)):
        found[row["id"]] = number(row["value"])
        found |= {f"{row['id']}__{end}": number(row[end]) for end in ("low", "high")}
    return found


def value(expression: str) -> float:
    """Arithmetic on facts."""
    return float(eval(expression, {"__builtins__": {}}, names()))


def ends(quantity: str | dict[str, str]) -> tuple[float, float]:
    """The range of a quantity: of a fact, between two expressions, or of a fact that is borrowed.

    A fact at one end of a range stands for its own end, where it has one.
    """
    if isinstance(quantity, str):
        low, high = (names().get(f"{quantity}__{end}", nan) for end in ("low", "high"))
        return (value(quantity),) * 2 if isnan(low) or isnan(high) else (low, high)
    if "take" in quantity:
        return ends(quantity["take"])
    return ends(quantity["low"])[0], ends(quantity["high"])[1]


def middle(quantity: str | dict[str, str]) -> float:
    """Of a range up to twofold the mean of its ends, of a wider one the mean of their logs."""
    low, high = ends(quantity)
    return sqrt(low * high) if low > 0 and high / low > 2 else (low + high) / 2


def usual(values: Sequence[float], developers: Sequence[str], least: float = 0.0) -> float:
    """The middle of what other developers do, each counted once, by the mean of its logs.

    Of five or more: Student's t for one developer more, cut at the least that there can be. Of
    fewer, the range seen.
    """
    logs: dict[str, list[float]] = {}
    for one, developer in zip(values, developers, strict=True):
        logs.setdefault(developer, []).append(log(one))
    if len(logs) < value("fewest_developers_for_t"):
        return sqrt(min(values) * max(values))
    means = np.array([np.mean(found) for found in logs.values()])
    spread = means.std(ddof=1) * sqrt(1 + 1 / len(means))
    cut = (log(least) - means.mean()) / spread if least else -inf
    return exp(means.mean() + spread * middle_of_t(len(means) - 1, cut))


def middle_of_t(freedom: float, cut: float) -> float:
    """The median of Student's t beyond a point, from its density; zero where nothing is cut off."""
    if cut == -inf:
        return 0.0
    # by x = tan(angle) all of the tail lies on a finite way
    angles = np.linspace(np.arctan(cut), np.pi / 2, 200_001)
    inner = (angles[1:] + angles[:-1]) / 2
    density = (1 + np.tan(inner) ** 2 / freedom) ** (-(freedom + 1) / 2) / np.cos(inner) ** 2
    reached = np.r_[0.0, np.cumsum(density)]
    return float(np.tan(np.interp(reached[-1] / 2, reached, angles)))


@lru_cache
def chips() -> dict[str, Row]:
    """The rows of the chips by name."""
    return {row["chip"]: row for row in rows("hardware")}


def peak(chip: str) -> float:
    """Dense peak of a chip [FLOP/s]: in BF16, or in FP16 where there is none."""
    row = chips()[chip]
    return 1e12 * float(row["peak_bf16_dense_tflops"] or row["peak_fp16_dense_tflops"])
