"""What an owned GPU-hour costs, from rows of the evidence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import pandas as pd

from analysis.data.chips import Chip, rated_power_w
from analysis.data.facts import Facts
from analysis.data.prices import system_price
from analysis.data.scenario import Parameters
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution, from_fact, set_by
from analysis.physics.cost import owned_parts
from analysis.show.columns import measure
from analysis.show.tables import code, table

# input: the fact it comes from, its unit, and the parameter that may take the fact's place
INPUTS: Mapping[str, tuple[str, str, str | None]] = {
    "own_network_share": ("network_share_of_cluster_price", "ratio", None),
    "own_life_years": ("server_life_years", "years", "depreciation_years"),
    "own_utilisation": ("fleet_utilisation", "ratio", "utilisation"),
    "own_node_power_per_tdp": ("node_power_per_tdp", "ratio", None),
    "own_pue": ("datacentre_pue", "ratio", "pue"),
    "own_electricity_usd_per_kwh": (
        "industrial_electricity_price",
        "usd_per_kwh",
        "electricity_usd_per_kwh",
    ),
    "own_hosting_usd_per_kw_month": ("hosting_price", "usd_per_kw_month", None),
}

LABELS = {
    "own_system_price_usd": "price of a GPU with its share of the server",
    "own_network_share": "network, as a share of the cluster's price",
    "own_life_years": "life over which servers are written off",
    "own_utilisation": "share of time at work",
    "own_node_power_per_tdp": "power of a server over the rated power of its GPUs",
    "own_pue": "power of the datacentre over that of its servers",
    "own_electricity_usd_per_kwh": "electricity",
    "own_hosting_usd_per_kw_month": "a place in a datacentre, power apart",
}
UNITS = {
    "own_system_price_usd": "usd_per_gpu",
    **{name: unit for name, (_, unit, _) in INPUTS.items()},
}


@dataclass(frozen=True, repr=False)
class OwnedHour:
    """The inputs of an owned GPU-hour at their middles, for a sum that is done by hand.

    Each input is an attribute without its `own_`: `x.life_years`; NaN where no price of the chip is
    known.
    """

    chip: str
    values: Mapping[str, float]
    tdp_w: float

    def __getattr__(self, name: str) -> float:
        if f"own_{name}" not in UNITS:
            raise AttributeError(f"no input {name}; there are {', '.join(UNITS)}")
        return self.values.get(f"own_{name}", math.nan)

    def __repr__(self) -> str:
        return self.frame().to_string(index=False)

    def _repr_html_(self) -> str:
        caption = f"An owned hour of {self.chip}: its inputs, by the names of the sum below"
        shown = self.frame()
        return table(
            shown.assign(input=shown.input.map(code)),
            caption=caption,
            name="owned-hour",
            kind="assumption",
        )._repr_html_()

    def frame(self) -> pd.DataFrame:
        """A row an input: `input`, `what_it_is`, `middle` and `unit`."""
        names = [*(name.removeprefix("own_") for name in UNITS), "tdp_w"]
        middles = [*(self.values.get(name, math.nan) for name in UNITS), self.tdp_w]
        return pd.DataFrame(
            {
                "input": names,
                "what_it_is": [*LABELS.values(), "rated power of the chip"],
                "middle": middles,
                "unit": [*map(_words_of, UNITS.values()), "W"],
            }
        )

    @property
    def parts(self) -> dict[str, float]:
        """The hour by part [US$], as the package computes it; empty where no price is known."""
        if not self.values:
            return {}
        return {name: float(part) for name, part in owned_parts(self.values, self.tdp_w).items()}

    @property
    def usd_per_gpu_hour(self) -> float:
        """All parts [US$]; NaN where no price of the chip, or no rated power, is known."""
        return sum(self.parts.values()) if self.parts else math.nan


def _words_of(unit: str) -> str:
    """A unit in words; the sum by hand takes a share as it is, not in per cent."""
    return unit if unit == "ratio" else measure(unit, []).words


def owned_hour_at_middle(chip: Chip, parameters: Parameters, evidence: Evidence) -> OwnedHour:
    """An owned hour of a chip under a scenario, each input at its middle."""
    found = OwnershipInputs.of(chip, parameters, evidence)
    distributions = found.distributions if found else {}
    values = {name: float(item.quantile(0.5)) for name, item in distributions.items()}
    return OwnedHour(chip.name, values, found.tdp_w if found else math.nan)


@dataclass(frozen=True)
class OwnershipInputs:
    """What an owned GPU-hour costs, input by input, each with its distribution."""

    distributions: Mapping[str, Distribution]
    tdp_w: float

    @classmethod
    def of(cls, chip: Chip, parameters: Parameters, evidence: Evidence) -> Self | None:
        """The inputs for a chip under a scenario; None if no price of the chip is known.

        A parameter that is set takes the place of a fact.
        """
        price = system_price(chip.name, evidence)
        if price is None:
            return None
        found = {name: _chosen(name, parameters, evidence.facts) for name in INPUTS}
        tdp_w = rated_power_w(chip.name, evidence["hardware"])
        return cls({"own_system_price_usd": price, **found}, tdp_w)


def _chosen(name: str, parameters: Parameters, facts: Facts) -> Distribution:
    fact, unit, parameter = INPUTS[name]
    otherwise = from_fact(facts.with_unit(fact, unit))
    given = getattr(parameters, parameter) if parameter else None
    return otherwise if parameter is None or given is None else set_by(parameter, given, otherwise)
