"""Figures as one says them: two figures that count, and a range under one unit."""

from __future__ import annotations

import math

from analysis.show.numbers import quantity_text, significant, usd_text

SIZES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
FIGURES = 2


def about(value: float, unit: str) -> str:
    """A value to two figures, its size in words.

    >>> about(5_860_000, "usd"), about(2_930_000, "gpu_hours"), about(0.0502, "ratio")
    ('$5.9 million', '2.9 million GPU-hours', '5 %')
    >>> about(147_000, "gpu_hours"), about(12.0, "count")
    ('150,000 GPU-hours', '12')
    >>> about(2.0, "usd_per_gpu_hour")
    '$2'
    """
    rounded = significant(value, FIGURES)
    sized = [(size, word) for size, word in SIZES if rounded >= size]
    if not sized or unit not in {"usd", "gpu_hours", "tokens", "params"}:
        return _small(rounded, unit)
    size, word = sized[0]
    number = f"{rounded / size:g} {word}"
    return f"${number}" if unit == "usd" else f"{number} {_unit(unit)}"


def short_usd(low: float, high: float) -> str:
    """Dollars to two figures, or their range under one sign.

    >>> short_usd(5.86e6, 5.86e6), short_usd(41.8e6, 96.7e6), short_usd(0.8e6, 1.2e6)
    ('$5.9M', '$42–97M', '$800K–$1.2M')
    """
    return _range(*(usd_text(significant(end, FIGURES)) for end in (low, high)))


def about_usd(low: float, high: float) -> str:
    """The same with the size in words.

    >>> about_usd(5.86e6, 5.86e6), about_usd(41.8e6, 96.7e6)
    ('$5.9 million', '$42–97 million')
    """
    return _range(about(low, "usd"), about(high, "usd"))


def _range(low: str, high: str) -> str:
    """Two ends of a range, what they have in common at the end said once."""
    if low == high:
        return low
    number = low.rstrip("KMB ").removesuffix(" million").removesuffix(" billion")
    end = low.removeprefix(number)
    shared = bool(end) and high.endswith(end)
    return f"{number}–{high.removeprefix('$')}" if shared else f"{low}–{high}"


def _small(value: float, unit: str) -> str:
    if unit == "usd_per_gpu_hour":
        return f"${value:g}"
    if unit == "ratio" and math.isfinite(value):
        return f"{100 * value:.2g} %"
    if unit in {"usd", "gpu_hours"} and value >= 1:
        number = f"{value:,.0f}"
        return f"${number}" if unit == "usd" else f"{number} {_unit(unit)}"
    return quantity_text(value, unit)


def _unit(unit: str) -> str:
    return {"gpu_hours": "GPU-hours", "params": "parameters"}.get(unit, unit)
