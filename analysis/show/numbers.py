"""Figures in words: one way to write a value with its unit, in prose, tables and charts alike."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterable

UNIT_WORDS = {
    "chips": "GPUs",
    "cny": "yuan",
    "cny_per_pflops_year": "yuan a PFLOPS and year",
    "cny_per_server": "yuan a server",
    "cny_per_server_month": "yuan a server and month",
    "cny_per_usd": "yuan a dollar",
    "days_per_trillion_tokens": "days a trillion tokens",
    "draws_per_kept_sample": "draws a kept sample",
    "eur": "euros",
    "flop": "FLOP",
    "flop_per_s": "FLOP/s",
    "flop_per_token": "FLOP a token",
    "gb_per_s": "GB/s",
    "gpu_hours_per_trillion_tokens": "GPU-hours a trillion tokens",
    "kg_co2": "kg CO₂",
    "kg_co2_per_kwh": "kg CO₂ a kWh",
    "kwh": "kWh",
    "log_sd": "",
    "count": "",
    "ms_per_token": "ms a token",
    "oom_per_year": "orders of magnitude a year",
    "percent": "%",
    "pflops": "PFLOPS",
    "prompts_per_step": "prompts",
    "samples_per_day": "answers a day",
    "samples_per_prompt": "answers",
    "samples_per_rollout": "answers",
    "samples_per_step": "answers",
    "tflop_per_s": "TFLOP/s",
    "tokens_per_day": "tokens a day",
    "tokens_per_s": "tokens/s",
    "tokens_per_s_per_gpu": "tokens/s a GPU",
    "tokens_per_s_per_node": "tokens/s a node",
    "us": "µs",
    "watts": "W",
}

# of one of them the plural ends without its s
SINGLE_WORDS = {"GPUs", "bytes", "days", "epochs", "hours", "models", "nodes", "pages", "pairs"}
SINGLE_WORDS |= {"prompts", "samples", "seconds", "sequences", "steps", "times", "tokens", "years"}
ARCHITECTURE_WORDS = {"dense": "dense", "moe": "mixture of experts"}
VERDICT_WORDS = {
    "supported": "supported",
    "supported_within_boundary": "true of what it counts",
    "misleading": "misleading",
    "contradicted": "contradicted",
    "not_checkable": "not checkable",
}


AS_GOOD_AS_THE_SAME = 1e-5  # results carry six digits


def significant(value: float, figures: int) -> float:
    """A value rounded to some significant figures.

    >>> significant(5_873_500.0, 3)
    5870000.0
    """
    return float(f"{value:.{figures}g}")


def quantity_text(value: float, unit: str) -> str:
    """A value with its unit as a reader writes it; what is NaN nobody disclosed.

    >>> quantity_text(5.87e6, "usd"), quantity_text(2_664_000, "gpu_hours")
    ('$5.87M', '2,664K GPU-hours')
    >>> quantity_text(0.3894, "ratio")
    '38.9 %'
    >>> quantity_text(1.0, "epochs"), quantity_text(2.0, "chips")
    ('1 epoch', '2 GPUs')
    """
    if math.isnan(value):
        return "not disclosed"
    if unit == "usd":
        return usd_text(value)
    if unit == "gpu_hours":
        return f"{hours_text(value)} GPU-hours"
    if unit == "ratio":
        return (
            f"{value * 100:.{3 if value >= 0.01 else 1}g} %"
            if 1e-4 <= abs(value) <= 1
            else _plain(value, 3)
        )
    if unit in {"times", "days"}:
        return f"{value:.{3 if value >= 1 else 2}g} {_words(value, unit)}"
    if unit.startswith("usd_per_"):
        return f"${value:,.2f} a {per_unit(unit)}"
    return f"{_short(value)} {_words(value, unit)}".rstrip()


def _words(value: float, unit: str) -> str:
    """A unit in words, of one thing no plural."""
    words = UNIT_WORDS.get(unit, unit.replace("_", " "))
    return words.removesuffix("s") if value == 1 and words in SINGLE_WORDS else words


def date_text(date: str, month: str = "%b") -> str:
    """A day, a month or a year as a reader writes it, in one line.

    >>> [date_text(date).replace(chr(160), " ") for date in ("2025-09-18", "2025-09", "2025")]
    ['18 Sep 2025', 'Sep 2025', '2025']
    """
    if len(date) <= len("2025"):
        return date
    found = datetime.date.fromisoformat(f"{date}-01"[: len("2025-09-18")])
    words = f"{found:{month} %Y}"
    words = words if len(date) == len("2025-09") else f"{found.day} {words}"
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def per_unit(unit: str) -> str:
    """What a price is for, in words.

    >>> per_unit("usd_per_gpu_hour"), per_unit("usd_per_kwh"), per_unit("usd_per_kw_month")
    ('GPU-hour', 'kWh', 'kW month')
    """
    words = unit.removeprefix("usd_per_").replace("gpu_hour", "GPU-hour").replace("gpu", "GPU")
    return words.replace("kw", "kW").replace("_", " ")


def ratio_text(ratio: float) -> str:
    """A ratio in reading direction, before what it is a ratio to.

    >>> ratio_text(2.137), ratio_text(1.29), ratio_text(0.89), ratio_text(1.001)
    ('2.1 times', '29 % above', '11 % below', '0.1 % above')
    >>> ratio_text(1.996)
    '100 % above'
    """
    if ratio >= 2.0:
        return f"{ratio:.2g} times"
    apart = f"{significant(abs(ratio - 1.0) * 100, 2):g} %"
    if abs(ratio - 1.0) < AS_GOOD_AS_THE_SAME:
        return "the same as"
    return f"{apart} {'above' if ratio > 1.0 else 'below'}"


def exact_text(value: float, unit: str) -> str:
    """A value with its unit, digit by digit as its source prints it.

    >>> exact_text(2_664_000, "gpu_hours"), exact_text(294_000, "usd"), exact_text(0.38945, "ratio")
    ('2,664,000 GPU-hours', '$294,000', '38.945 %')
    """
    if value >= 1e15 or unit.startswith("usd_per_") or (unit == "ratio" and value > 1):
        return quantity_text(value, unit)
    if unit == "ratio":
        return f"{value * 100:.10g} %" if value >= 1e-4 else quantity_text(value, unit)
    if unit == "usd":
        return f"${value:,.12g}"
    words = "GPU-hours" if unit == "gpu_hours" else _words(value, unit)
    return f"{value:,.15g} {words}".rstrip()


def alike(
    values: Iterable[float], unit: str, write: Callable[[float, str], str] = quantity_text
) -> list[str]:
    """Figures of one quantity, as a middle and its ends, each in the same way: where one of some
    ratios is above one, none of them is a share in per cent.

    >>> alike([0.8, 1.25], "ratio"), alike([0.2, 0.75], "ratio")
    (['0.8', '1.25'], ['20 %', '75 %'])
    """
    values = list(values)
    no_share = unit == "ratio" and max(values, default=0.0) > 1
    return [write(value, "count" if no_share else unit) for value in values]


def usd_text(value: float, decimals: int | None = None) -> str:
    """Dollars: `$294K`, `$5.87M`; `decimals` of the millions, so that a column lines up.

    >>> usd_text(5_622_000), usd_text(5_860_000, 3), usd_text(294_000, 3)
    ('$5.622M', '$5.860M', '$294K')
    """
    if 1e3 <= value < 1e6:
        return f"${value / 1e3:.4g}K"
    if decimals is not None and value >= 1e6:
        return f"${value / 1e6:,.{decimals}f}M"
    return f"${_short(value)}"


def hours_text(value: float) -> str:
    """GPU-hours in thousands: `2,664K`, `5.6K`.

    >>> hours_text(2_664_000), hours_text(5_000), hours_text(5_638), hours_text(750)
    ('2,664K', '5K', '5.6K', '750')
    """
    if value < 1e3:
        return f"{value:,.0f}"
    return f"{value / 1e3:,.0f}K" if value >= 1e4 else f"{value / 1e3:.2g}K"


def _plain(value: float, figures: int) -> str:
    """A number with some figures, one that is very small by a power of ten.

    >>> _plain(3e-6, 3), _plain(0.05, 3), _plain(12.5, 3)
    ('3 × 10^-6', '0.05', '12.5')
    """
    text = f"{value:,.{figures}g}"
    if "e-" not in text:
        return text
    mantissa, exponent = text.split("e-")
    return f"{mantissa} × 10^-{int(exponent)}"


def _short(value: float) -> str:
    if value >= 1e15:
        mantissa, exponent = f"{value:.2e}".split("e+")
        return f"{mantissa} × 10^{int(exponent)}"
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if value >= size:
            return f"{value / size:.4g}{letter}"
    if value >= 1e5:
        return f"{value / 1e3:,.4g}K"
    return f"{value:,.0f}" if value >= 100 and value == round(value) else _plain(value, 4)
