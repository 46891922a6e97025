"""Matrix products of an architecture that were timed at their own sizes, beside what the constants
of a step say of them; no constant is fitted on them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.data.tables import Evidence
from analysis.data.uncertainty import percentiles
from analysis.physics.step_time.products import Product, product_seconds
from analysis.runs.basis import basis
from analysis.runs.step_constants import processor
from analysis.runs.step_view import constants_of

TABLE = "timed_products"
# ways to multiply -> the scales that they use; products of groups have scales by row
RECIPES = {
    "sixteen bits": ("none",),
    "eight bits, scales by block": ("blocks", "rows"),
    "eight bits, one scale": ("one", "rows"),
    "eight bits, one scale, fast sums": ("one, fast sums", "rows, fast sums"),
}
# what a layout that names a precision multiplies with
RECIPE_OF = {"bf16": "sixteen bits", "fp8": "eight bits, scales by block"}
SIZES = ["part", "way", "height", "width", "summed", "groups"]
COLUMNS = ["recipe", "chip", "seconds", "p05", "p50", "p95", "over", "clock_mhz"]
US_PER_S = 1e6


def predicted_us(rows: pd.DataFrame, date: str, evidence: Evidence) -> np.ndarray:
    """Time that the constants of a step give each product [us], of shape (rows, draws).

    Parameters
    ----------
    rows
        Rows of timed_products.csv.
    date
        Of the run that is timed, YYYY-MM-DD.
    evidence
        With the constants.

    Raises
    ------
    InputError
        If no measured kernels are known for a chip.
    """
    kernels = evidence["hardware"].set_index("chip").kernels
    chips = {chip: processor(chip, evidence) for chip in rows.chip.unique()}
    constants = constants_of(basis(evidence), True)
    reached = {chip: constants.efficiencies(str(kernels[chip]), date) for chip in chips}
    found = [
        product_seconds(
            Product(row.height, row.width, row.summed, row.groups),
            row.precision,
            chips[row.chip],
            reached[row.chip],
        )
        for row in rows.itertuples()
    ]
    return np.stack(found) * US_PER_S


def of_recipe(rows: pd.DataFrame, scales: Sequence[str]) -> pd.DataFrame:
    """The rows of one chip that use these scales; in sixteen bits what has no other row."""
    found = rows[rows.scales.isin(scales)]
    there = pd.MultiIndex.from_frame(found[SIZES])
    rest = rows[rows.precision == "bf16"]
    rest = rest[~pd.MultiIndex.from_frame(rest[SIZES]).isin(there)]
    return pd.concat([found, rest])


def products_of_micro_batch(rows: pd.DataFrame, date: str, evidence: Evidence) -> pd.DataFrame:
    """Time of all products of a micro-batch over the whole model, by chip and way to multiply.

    Returns
    -------
    DataFrame
        `recipe, chip, seconds` as timed, `p05, p50, p95` [s] by the constants of a step, `over`
        [1], timed over the middle, and `clock_mhz`, the mean over that time.
    """
    found = []
    for recipe, scales in RECIPES.items():
        for chip, of_chip in rows.groupby("chip"):
            chosen = of_recipe(of_chip, scales)
            if chosen.empty:  # nobody timed it
                continue
            spent = chosen.median_us * chosen.times / US_PER_S
            seconds, clock = float(spent.sum()), float(np.average(chosen.clock_mhz, weights=spent))
            drawn = chosen.times.to_numpy() @ predicted_us(chosen, date, evidence) / US_PER_S
            low, middle, high = percentiles(drawn).values()
            found.append((recipe, chip, seconds, low, middle, high, seconds / middle, clock))
    return pd.DataFrame(found, columns=COLUMNS)
