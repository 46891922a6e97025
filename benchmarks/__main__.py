"""All benchmarks in one run: a table on standard output, benchmarks/results.json and README.md."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

from benchmarks import (
    answers,
    books,
    estimates,
    growth,
    percentiles,
    settings,
    suite,
    sweeps,
    weight,
)
from benchmarks.measure import machine
from benchmarks.page import measured_markdown

RESULTS = Path(__file__).with_name("results.json")
PAGE = RESULTS.with_name("README.md")
ALL = {
    "books": books,
    "sweeps": sweeps,
    "percentiles": percentiles,
    "estimates": estimates,
    "answers": answers,
    "settings": settings,
    "suite": suite,
}
GROWTH = "growth"


def main() -> None:
    """Measure what is asked for, keep what was measured before of the rest."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("names", nargs="*", choices=[[], *ALL, GROWTH], help="which (all)")
    options = parser.parse_args()
    content = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    found = content.setdefault("measured", {})
    for name in options.names or [*ALL, GROWTH]:
        print(f"measuring {name}, {options.runs} runs", file=sys.stderr, flush=True)
        if name == GROWTH:
            content[GROWTH] = growth.measure(options.runs)
            growth.draw(content[GROWTH])
        else:
            found[name] = [row.as_row() for row in ALL[name].measure(options.runs)]
        content |= {"machine": machine(), "first_page": weight.first_page()}
        kept = json.dumps(content, indent=1, sort_keys=True)
        RESULTS.write_text(f"{kept}\n", encoding="utf-8")
        PAGE.write_text(measured_markdown(json.loads(kept)), encoding="utf-8")
    rows = [row for rows in found.values() for row in rows]
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
