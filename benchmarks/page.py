"""What was measured of this project's speed, beside what was promised, and on which machine."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from benchmarks.growth import CURVES, MOST_EXPONENT, exponents

HEAD = """# Benchmarks

What is said of this project's speed, measured as ratios: both sides in one run, in one environment,
on the machine below; the median of the runs, and the least and the most. A run begins when others
leave the machine alone; the load is the most that they used as one began. `make bench` measures all
of it again and writes this page. A promise that is missed is shown as such. What a chip takes for
a model's matrix products is another matter: `products.py` times them where there is such a chip,
and `data/timed_products.csv` keeps what it found."""

MOST_MEGABYTES = 0.3  # of the first page
GROWTH_HEAD = f"""## Growth

Processor time and memory of one command: over more and more evidence (facts, runs and claims; every
claim is judged), over more and more models (all are set side by side), and over more and more
executed pages of a book that is built anew (once at each size). Dashed: in proportion.

![Time and memory over the size of evidence and the numbers of models and pages]({CURVES.name})"""
POWERS = f"""The power by which each grows between its two largest sizes; 1 is in proportion, and
{MOST_EXPONENT:g} at most was promised."""


def measured(content: Mapping[str, Any]) -> pd.DataFrame:
    """The measurements of benchmarks/results.json, a row a comparison.

    Returns
    -------
    DataFrame
        `work`, `against`; `times_as_fast` with its `least` and `most` over the `runs`, and the most
        that others used of the machine as one began, `load_cores`; `promised` and whether it is
        `kept`; `seconds_ours`, `seconds_theirs`.
    """
    rows = [
        {
            "work": row["work"],
            "against": row["against"],
            "times_as_fast": row["ratio"],
            "least": row["least"],
            "most": row["most"],
            "runs": row["runs"],
            "load_cores": row.get("load_cores", math.nan),
            "promised": _promise(row),
            "kept": _is_kept(row),
            "seconds_ours": row["ours_s"],
            "seconds_theirs": row["theirs_s"],
        }
        for rows_of_one in content["measured"].values()
        for row in rows_of_one
    ]
    return pd.DataFrame(rows)


def _promise(row: Mapping[str, Any]) -> str:
    if row["promised"] is None:
        return f"{row['at_most_s']:g} s at most"
    return f"{row['promised']:,.4g} times as fast"


def _is_kept(row: Mapping[str, Any]) -> bool:
    if row["promised"] is None:
        return bool(row["ours_s"] <= row["at_most_s"])
    return bool(row["ratio"] >= row["promised"])


def measured_markdown(content: Mapping[str, Any]) -> str:
    """The measurements as a page in Markdown, with the machine and the weight of the first page."""
    machine = ", ".join(f"{name} {value}" for name, value in content["machine"].items())
    page = content.get("first_page")
    weight = (
        f"The first page asks for {page['requests']} files, {page['megabytes_gzip']} MB after "
        f"compression ({MOST_MEGABYTES:g} MB at most was promised), and for "
        f"{page['outside_requests']} of other hosts."
        if page
        else ""
    )
    table = _table(measured(content))
    parts = [HEAD, table, weight, *_growth(content.get("growth")), f"Measured on: {machine}."]
    return "\n\n".join(filter(None, parts)) + "\n"


def _growth(rows: list[dict[str, Any]] | None) -> list[str]:
    """The curves of time and memory, their figures and their powers."""
    if not rows:
        return []
    power = exponents(rows)
    return [GROWTH_HEAD, _table(pd.DataFrame(rows)), POWERS, _table(power)]


def _table(frame: pd.DataFrame) -> str:
    """A frame as Markdown has it."""
    rows = frame.fillna("").map(_cell)
    names = [name.replace("_", " ") for name in rows]
    lines = [names, ["---"] * len(names), *rows.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("<", "&lt;")
