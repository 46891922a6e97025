"""Chips: peak, memory, power, price."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from analysis.data.mistakes import InputError

if TYPE_CHECKING:
    from analysis.data.scenario import Scenario

# what tools and shops add to the name of a chip
ADDED = re.compile(
    r"\b(nvidia|amd|google|intel|huawei|aws|tesla|geforce|instinct|quadro|graphics|gpu|ac|oam"
    r"|hbm\d\w?|cerebras)\b|[(),/_-]"
)
FORMS = frozenset({"sxm", "pcie"})
MEMORY = re.compile(r"\d+gb")
PART = re.compile(r"gcds?|dies?|cores?|\d+")
SAME = 0.02  # two peaks are one figure, rounded
FAR = 10.0  # from all peaks by this factor, another unit is the likelier reason


@dataclass(frozen=True)
class Chip:
    """One accelerator. `peak_flop_s` is the dense BF16 peak (FP16 where the chip has no BF16)."""

    name: str
    peak_flop_s: float


def find_chip(name: str, hardware: pd.DataFrame) -> Chip:
    """The chip of that name, or of an unambiguous other spelling of it.

    Case, blanks, order and the vendor's name do not count, nor what tools add to a name: `H800`,
    `H800 SXM5` and `NVIDIA H800 SXM` are one chip.

    Raises
    ------
    InputError
        If no chip, or more than one, has that name, or it names a part or a slice of chips.
    """
    if not name.strip():
        raise InputError("an empty name is not in hardware.csv, the table of chips", "chip")
    fits = _fits(name, hardware)
    if len(fits) == 1:
        return _chip(fits[0], hardware)
    if fits:
        raise InputError(f"{name} may be {' or '.join(sorted(fits))}; name one", "chip")
    wanted, found = _words(name), _spellings(hardware)
    whole = found.get(frozenset(word for word in wanted if not PART.fullmatch(word)), [])
    if len(whole) == 1:
        raise InputError(f"{name} {_counted_as(whole[0], hardware)}", "chip")
    raise InputError(
        f"{name} is not in hardware.csv, the table of chips in the evidence folder"
        f"{_alike(wanted, found)}",
        "chip",
    )


def chip_of(scenario: Scenario, otherwise: str, hardware: pd.DataFrame) -> Chip:
    """The chip that a scenario or `-p` sets, else the one that is given otherwise.

    Raises
    ------
    InputError
        As `find_chip` does, with the scenario's file where it sets the chip.
    """
    try:
        return find_chip(scenario.parameters.chip or otherwise, hardware)
    except InputError as error:
        own = scenario.origins.get("chip") == "scenario"
        raise error.at(f"{scenario.name}.toml" if own else "") from None


def parts_of(chip: str, hardware: pd.DataFrame) -> str:
    """What a GPU-hour of a chip counts, where tools count parts of it: `2 GCDs`; else nothing."""
    row = chip_rows(pd.Series([chip]), hardware).iloc[0]
    return f"{row.parts:g} {row.part}s" if pd.notna(row.parts) else ""


def peak_slips(chip: Chip, peak_tflops: float, hardware: pd.DataFrame) -> list[str]:
    """A word on a peak [TFLOP/s] that is not the chip's own dense one in BF16."""
    ratio = peak_tflops * 1e12 / chip.peak_flop_s
    fp8 = chip_rows(pd.Series([chip.name]), hardware).peak_fp8_dense_tflops.iloc[0]
    if abs(ratio - 1.0) <= SAME:
        return []
    own = f"{chip.peak_flop_s / 1e12:g} TFLOP/s is the dense BF16 peak of {chip.name}"
    likely = "is twice as much, as sparse or FP8 figures are"
    if not abs(ratio - 2.0) <= SAME and not abs(peak_tflops / fp8 - 1.0) <= SAME:
        likely = "looks like another unit" if not 0.02 < ratio < 50 else "differs and counts"
    return [f"peak_bf16_tflops = {peak_tflops:g} {likely}: {own}"]


def peak_slips_of_unknown(name: str, peak_tflops: float, hardware: pd.DataFrame) -> list[str]:
    """A word on the peak [TFLOP/s] of a name that is no one chip: it is the dense one of none that
    the name may stand for, or far from that of every known chip.
    """
    alike = [_chip(chip, hardware) for chip in _fits(name, hardware)]
    slips = [peak_slips(chip, peak_tflops, hardware) for chip in alike]
    if slips:
        return slips[0] if all(slips) else []
    known = peak_flop_s(hardware) / 1e12
    if known.min() / FAR <= peak_tflops <= known.max() * FAR:
        return []
    return [
        f"peak_bf16_tflops = {peak_tflops:g} looks like another unit: the chips known here have "
        f"{known.min():g} to {known.max():g} TFLOP/s"
    ]


def chip_rows(chips: pd.Series, hardware: pd.DataFrame) -> pd.DataFrame:
    """The row of hardware.csv for each chip named, by name; empty fields where there is none."""
    return hardware.set_index("chip").reindex(chips)


def peaks_of(chips: pd.Series, hardware: pd.DataFrame) -> pd.Series:
    """Dense BF16 peak of each chip named [FLOP/s], in the place of its name; NaN where unknown."""
    return pd.Series(peak_flop_s(chip_rows(chips, hardware)).to_numpy(), chips.index)


def rated_power_w(chip: str, hardware: pd.DataFrame) -> float:
    """Rated power of a chip [W]; NaN where unknown."""
    return float(chip_rows(pd.Series([chip]), hardware).tdp_w.iloc[0])


def usual_rated_power_w(peak: float, hardware: pd.DataFrame) -> float:
    """Rated power [W] of a chip of that peak [FLOP/s], by the median of the chips that have both.

    Raises
    ------
    InputError
        If none has.
    """
    by_peak = (hardware.tdp_w / peak_flop_s(hardware)).dropna()
    if by_peak.empty:
        raise InputError("no chip has one, and an estimate needs it", "hardware.csv, tdp_w")
    return float(by_peak.median() * peak)


def peak_flop_s(chips: pd.DataFrame) -> pd.Series:
    """Dense BF16 peak of rows of hardware.csv [FLOP/s], FP16 where there is no BF16."""
    return chips.peak_bf16_dense_tflops.fillna(chips.peak_fp16_dense_tflops) * 1e12


def _chip(name: str, hardware: pd.DataFrame) -> Chip:
    return Chip(name, float(peaks_of(pd.Series([name]), hardware).iloc[0]))


def _fits(name: str, hardware: pd.DataFrame) -> list[str]:
    """The chips that a name may stand for."""
    wanted, found = _words(name), _spellings(hardware)
    return found.get(wanted) or _like(wanted, found)


@lru_cache(maxsize=1024)
def _words(name: str) -> frozenset[str]:
    """The words of a chip's name that tell it from others."""
    joined = re.sub(r"(\d) gb?\b", r"\1gb", name.lower())
    parts = re.findall(r"[a-z0-9.]+", ADDED.sub(" ", joined))
    return frozenset(
        re.sub(r"^(\d+)g$", r"\1gb", re.sub(r"^sxm\d?$", "sxm", part)) for part in parts
    )


def _spellings(hardware: pd.DataFrame) -> dict[frozenset[str], list[str]]:
    """The chips of each spelling."""
    found: dict[frozenset[str], list[str]] = {}
    for chip, others in zip(hardware.chip, hardware.other_names, strict=True):
        for spelling in {_words(one) for one in (chip, *others.split("|")) if one}:
            found.setdefault(spelling, []).append(chip)
    return found


def _like(wanted: frozenset[str], found: Mapping[frozenset[str], list[str]]) -> list[str]:
    """The chips that a name may stand for: it leaves out a word of theirs, or adds the form of a
    card.
    """
    short = {chip for words, chips in found.items() if wanted and wanted < words for chip in chips}
    long = {
        chip
        for words, chips in found.items()
        if words < wanted and wanted - words <= FORMS
        for chip in chips
    }
    return sorted(long or short)


def _counted_as(chip: str, hardware: pd.DataFrame) -> str:
    """Why a part or a slice is refused."""
    parts = parts_of(chip, hardware)
    if not parts:
        return f"is a part or a slice; hardware.csv counts whole chips: name {chip}"
    return f"counts parts; hardware.csv counts whole chips of {parts}: name {chip}, half as many"


def _alike(wanted: frozenset[str], found: Mapping[frozenset[str], list[str]]) -> str:
    """The nearest chip of the same model number: another number is another chip."""
    numbers = {word for word in wanted if re.search(r"\d", word) and not MEMORY.fullmatch(word)}
    same = {words: chips[0] for words, chips in found.items() if numbers & words}
    best = max(same, key=lambda words: len(words & wanted) / len(words | wanted), default=None)
    return f"; did you mean {same[best]}?" if best else ""
