"""Chips: peak, memory, power, price."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from analysis.data.mistakes import InputError, did_you_mean


@dataclass(frozen=True)
class Chip:
    """One accelerator. `peak_flop_s` is the dense BF16 peak (FP16 where the chip has no BF16)."""

    name: str
    peak_flop_s: float


def find_chip(name: str, hardware: pd.DataFrame) -> Chip:
    """The chip of that name, or of an unambiguous other spelling of it.

    Case, blanks and the vendor's name do not count: `nvidia h800`, `H800` and `H800 SXM5` are one
    chip.

    Raises
    ------
    InputError
        If no chip, or more than one, has that name.
    """
    spellings = {
        _key(spelling): row
        for row in hardware.itertuples()
        for spelling in (row.chip, *row.other_names.split("|"))
        if spelling
    }
    row = spellings.get(_key(name))
    if row is None:
        begins = sorted(
            {
                found.chip
                for key, found in spellings.items()
                if key.startswith(_key(name)) and _key(name)
            }
        )
        if begins:
            raise InputError(f"chip: {name} may be {' or '.join(begins)}; name one")
        raise InputError(
            f"chip: {name} is not in hardware.csv{did_you_mean(name, list(hardware.chip))}"
        )
    return Chip(row.chip, peak_flop_s(pd.DataFrame([row])).iloc[0])


def chip_rows(chips: pd.Series, hardware: pd.DataFrame) -> pd.DataFrame:
    """The row of hardware.csv for each chip named, by name; empty fields where there is none."""
    return hardware.set_index("chip").reindex(chips)


def peaks_of(chips: pd.Series, hardware: pd.DataFrame) -> pd.Series:
    """Dense BF16 peak of each chip named [FLOP/s], in the place of its name; NaN where unknown."""
    return pd.Series(peak_flop_s(chip_rows(chips, hardware)).to_numpy(), chips.index)


def rated_power_w(chip: str, hardware: pd.DataFrame) -> float:
    """Rated power of a chip [W]; NaN where unknown."""
    return float(chip_rows(pd.Series([chip]), hardware).tdp_w.iloc[0])


def peak_flop_s(chips: pd.DataFrame) -> pd.Series:
    """Dense BF16 peak of rows of hardware.csv [FLOP/s], FP16 where there is no BF16."""
    return chips.peak_bf16_dense_tflops.fillna(chips.peak_fp16_dense_tflops) * 1e12


def _key(spelling: str) -> str:
    return re.sub(r"nvidia|amd|google|intel|huawei|[^a-z0-9]", "", spelling.lower())
