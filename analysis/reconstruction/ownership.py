"""What an owned GPU-hour costs, from rows of the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from analysis.data.chips import Chip
from analysis.data.prices import system_price
from analysis.data.scenario import Parameters
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution, constant, from_fact


@dataclass(frozen=True)
class OwnershipInputs:
    """What an owned GPU-hour costs, input by input, each with its distribution."""

    distributions: Mapping[str, Distribution]
    tdp_w: float

    @classmethod
    def of(cls, chip: Chip, parameters: Parameters, evidence: Evidence) -> Self | None:
        """The inputs for a chip under a scenario, a parameter before a fact; None if no price of
        the chip is known.
        """
        price = system_price(chip.name, evidence)
        if price is None:
            return None
        facts = evidence.facts

        def chosen(parameter: str, fact: str, unit: str) -> Distribution:
            given = getattr(parameters, parameter)
            return (
                from_fact(facts.with_unit(fact, unit))
                if given is None
                else constant(given, f"parameter {parameter}")
            )

        return cls(
            {
                "own_system_price_usd": price,
                "own_network_share": from_fact(
                    facts.with_unit("network_share_of_cluster_price", "ratio")
                ),
                "own_life_years": chosen("depreciation_years", "server_life_years", "years"),
                "own_utilisation": chosen("utilisation", "fleet_utilisation", "ratio"),
                "own_node_power_per_tdp": from_fact(facts.with_unit("node_power_per_tdp", "ratio")),
                "own_pue": chosen("pue", "datacentre_pue", "ratio"),
                "own_electricity_usd_per_kwh": chosen(
                    "electricity_usd_per_kwh", "industrial_electricity_price", "usd_per_kwh"
                ),
                "own_hosting_usd_per_kw_month": from_fact(
                    facts.with_unit("hosting_price", "usd_per_kw_month")
                ),
            },
            float(evidence["hardware"].set_index("chip").tdp_w[chip.name]),
        )
