"""What an owned GPU-hour costs, from rows of the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from analysis.data.chips import Chip, rated_power_w
from analysis.data.facts import Facts
from analysis.data.prices import system_price
from analysis.data.scenario import Parameters
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution, from_fact, set_by

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
    given = getattr(parameters, parameter) if parameter else None
    if parameter and given is not None:
        return set_by(parameter, given)
    return from_fact(facts.with_unit(fact, unit))
