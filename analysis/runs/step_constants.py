"""The constants of a step's time, drawn all at once from their facts, and the chips they meet."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from analysis.data.chips import chip_rows, peak_flop_s
from analysis.data.facts import Facts
from analysis.data.mistakes import InputError
from analysis.data.protocol import protocol
from analysis.data.tables import Evidence
from analysis.data.uncertainty import between, draw, from_fact
from analysis.physics.durations import DAYS_PER_YEAR
from analysis.physics.step_time.layout import Efficiencies, Processor

PREFIX = "step_"
OTHER = "_other"  # a second row without figures of the developer that the first one has
PAIRS = ("product_ceiling", "product_half_length")  # drawn as one: both high or both low
GENERATIONS = ("no_fused", "first", "second", "third")  # of attention kernels
GIB, GIGA, TERA, MICRO = 2.0**30, 1e9, 1e12, 1e-6
# Fields that have another unit in their fact, or a value for each generation of chip or kernel.
BY_CHIP = {
    "product_ceiling": "product_ceiling_fp8_{kernels}",
    "product_half_length": "product_half_length_fp8_{kernels}",
    "product_ceiling_bf16": "product_ceiling_bf16_{kernels}",
    "product_half_length_bf16": "product_half_length_bf16_{kernels}",
    "attention_forward": "attention_forward_{generation}_{kernels}",
    "attention_backward": "attention_backward_{generation}_{kernels}",
    "exposed_tensor_exchange": "exposed_tensor_exchange_{kernels}",
    "kernel_gap_s": "kernel_gap_us",
}


@dataclass(frozen=True)
class Constants:
    """One draw of every constant, by fact id, arrays of shape (draws,).

    Without `developers_figures`, a constant that has a row without the figures of the developer who
    is reconstructed takes that row.
    """

    facts: Facts
    values: Mapping[str, np.ndarray]
    developers_figures: bool = True

    def efficiencies(self, kernels: str, date: str) -> Efficiencies:
        """What kernels and links reach on chips of a generation, at a date (YYYY-MM-DD)."""
        found = {}
        for field in fields(Efficiencies):
            name = BY_CHIP.get(field.name, field.name)
            if kernels == "ampere":  # has no units for eight bits
                name = name.replace("_fp8_", "_bf16_")
            unit = MICRO if field.name == "kernel_gap_s" else 1.0
            found[field.name] = unit * self._reached(name, kernels, date)
        return Efficiencies(**found)

    def _reached(self, name: str, kernels: str, date: str) -> np.ndarray:
        if "{generation}" not in name:
            return self.value(name.format(kernels=kernels))
        generations = self.generations(kernels, date)
        named = {at: name.format(kernels=kernels, generation=at) for at in generations}
        return np.select(list(generations.values()), [self.value(at) for at in named.values()])

    def value(self, name: str) -> np.ndarray:
        """The draws of a constant, by its fact less the prefix."""
        other = f"{PREFIX}{name}{OTHER}"
        wanted = f"{PREFIX}{name}"
        if not self.developers_figures and other in self.values:
            wanted = other
        if wanted not in self.values:
            raise self.facts.unknown(wanted)
        return self.values[wanted]

    def generations(self, kernels: str, date: str) -> dict[str, np.ndarray]:
        """Which kernels of attention ran at a date, of those with figures for the chip: the newest
        that had found their way into use, the oldest where none had.

        Returns
        -------
        dict
            Whether they ran, in each draw, of shape (draws,), by the name of the generation.
        """
        day = datetime.date.fromisoformat(date)
        year = day.year + day.timetuple().tm_yday / DAYS_PER_YEAR
        known = [
            name
            for name in GENERATIONS
            if f"{PREFIX}attention_forward_{name}_{kernels}" in self.facts
        ]
        delay = self.value("attention_delay_years")
        in_use = [self.value(f"attention_{name}_from") + delay <= year for name in known[1:]]
        newest = np.sum([np.zeros_like(delay), *in_use], axis=0)
        return {name: newest == rank for rank, name in enumerate(known)}

    def scaled(self, changed: Mapping[str, np.ndarray]) -> Constants:
        """With other values of some constants, by fact id."""
        return Constants(self.facts, {**self.values, **changed}, self.developers_figures)


def draw_constants(facts: Facts, developers_figures: bool = True) -> Constants:
    """All constants drawn at once, as the protocol says; a product's ceiling and half length are
    one draw.
    """
    rules = protocol().constants
    known = {name: from_fact(fact) for name, fact in facts.items() if name.startswith(PREFIX)}
    alike = {name: _pair(name) for name in known}
    points = draw(
        {
            alike[name]: UNIT if found.shape != "constant" else found
            for name, found in known.items()
        },
        rules.draws,
        rules.seed,
    )
    values = {
        name: found.quantile(points[alike[name]] if found.shape != "constant" else UNUSED)
        for name, found in known.items()
    }
    whole = {name: np.broadcast_to(value, rules.draws) for name, value in values.items()}
    return Constants(facts, whole, developers_figures)


UNIT = between(0.0, 1.0, "points")
UNUSED = np.zeros(1)


def middles(facts: Facts, choices: Mapping[str, np.ndarray], count: int) -> dict[str, np.ndarray]:
    """Constants at their facts' values, some of them at `choices`, in arrays of `count`."""
    known = {name: fact.value for name, fact in facts.items() if name.startswith(PREFIX)}
    return {name: np.full(count, value) for name, value in known.items()} | dict(choices)


def _pair(name: str) -> str:
    return name.replace(PAIRS[1], PAIRS[0])


def processor(chip: str, evidence: Evidence) -> Processor:
    """A chip as a step meets it.

    Raises
    ------
    InputError
        If no measured kernels are known for the chip, or its row lacks a figure that is needed.
    """
    row = chip_rows(pd.Series([chip]), evidence["hardware"]).iloc[0]
    if not isinstance(row.kernels, str) or not row.kernels:
        raise InputError("no measured kernels are known for this chip", f"hardware.csv, {chip}")
    for field in ("hbm_gib", "hbm_tb_s", "interconnect_gb_s", "peak_bf16_dense_tflops"):
        if not row[field] > 0:
            raise InputError(
                f"{field} is missing; without it a step cannot be timed", f"hardware.csv, {chip}"
            )
    facts = evidence.facts
    peak = float(peak_flop_s(pd.DataFrame([row])).iloc[0])
    eight_bits = row.peak_fp8_dense_tflops * TERA
    return Processor(
        chip,
        peak,
        peak if np.isnan(eight_bits) else float(eight_bits),
        row.hbm_gib * GIB,
        row.hbm_tb_s * TERA,
        int(facts.constant(f"{PREFIX}multiprocessors_{row.kernels}", "count").value),
        row.interconnect_gb_s / 2.0 * GIGA,  # the row counts both ways
        facts.constant(f"{PREFIX}network_gb_per_s_{row.kernels}", "gb_per_s").value * GIGA,
        facts.constant("chips_per_node", "chips", least=1.0).value,
    )
