"""A column of numbers: one unit and one scale in its head, and each number on that scale."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Any

from analysis.show.numbers import UNIT_WORDS, per_unit, significant

SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
SCALED = {"usd": "US$", "gpu_hours": "GPU-hours", "tokens": "tokens", "params": "", "count": ""}
THOUSANDS_OF_HOURS = (1e4, 1e7)  # hours between these are told in thousands
POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
SMALLEST_POWER = 1e15  # from here on a scale is a power of ten
WHOLE = 1e5  # whole numbers below it stand as they are, where they have no scale


@dataclass(frozen=True)
class Measure:
    """What a head says of its numbers, and by what they are divided."""

    words: str = ""
    size: float = 1.0


def measure(unit: str, values: Iterable[Any]) -> Measure:
    """The unit of a column in words, with the scale on which its larger numbers are read easily.

    >>> measure("usd", [202e3, 5.3e6, 1.6e9])
    Measure(words='US$ million', size=1000000.0)
    >>> measure("ratio", [0.389]).words, measure("usd_per_gpu_hour", [2.0]).words
    ('%', 'US$ a GPU-hour')
    """
    if unit == "ratio":
        return Measure("%", 0.01) if _large(values) <= 1 else Measure()
    if unit.startswith("usd_per_"):
        return Measure(f"US$ a {per_unit(unit)}")
    if unit in SCALED or unit.startswith("flop"):
        return _scaled(unit, _large(values))
    return Measure(UNIT_WORDS.get(unit, unit.replace("_", " ")))


def number_text(value: float, measure: Measure | None = None, figures: int = 3) -> str:
    """A number on the scale of its column, to some figures; empty where there is none.

    >>> number_text(0.3894, Measure("%", 0.01)), number_text(1234.5), number_text(float("nan"))
    ('38.9', '1,230', '')
    >>> number_text(2025), number_text(2_664_000, Measure("thousand", 1e3), 2)
    ('2,025', '2,700')
    """
    if math.isnan(value):
        return ""
    measure = measure or Measure()
    if not measure.words and value == round(value) and abs(value) < WHOLE:
        return f"{value:,.0f}".replace("-", "\N{MINUS SIGN}")
    shown = significant(value / measure.size, figures)
    return f"{shown:,.10g}".replace("-", "\N{MINUS SIGN}")


def _large(values: Iterable[Any]) -> float:
    """The upper quartile of the numbers of a column, by size; 0 where there is none."""
    numbers = [float(value) for value in values if isinstance(value, Real)]
    known = sorted(abs(number) for number in numbers if not math.isnan(number))
    return known[3 * (len(known) - 1) // 4] if known else 0.0


def _scaled(unit: str, large: float) -> Measure:
    words = SCALED.get(unit, UNIT_WORDS.get(unit, "FLOP"))
    if large >= SMALLEST_POWER:
        power = 3 * math.floor(math.log10(large) / 3)
        return Measure(f"10{str(power).translate(POWERS)} {words}".strip(), 10.0**power)
    size, scale = next((found for found in SCALES if large >= found[0]), (1.0, ""))
    if unit == "gpu_hours" and THOUSANDS_OF_HOURS[0] <= large < THOUSANDS_OF_HOURS[1]:
        size, scale = 1e3, "thousand"
    order = (words, scale) if unit == "usd" else (scale, words)
    return Measure(" ".join(filter(None, order)), size)
