"""GPU-hours to money, rented or owned, to energy and carbon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.data import Evidence, InputError
from analysis.hardware import Chip, find_chip
from analysis.sampling import Distribution, between, constant, from_fact
from analysis.scenario import Parameters

NEAR_DAYS = 183  # quotes within half a year of a date count as of that date
HOURS_PER_YEAR = 365.25 * 24.0
DAYS_PER_YEAR = 365.25
MONTHS_PER_YEAR = 12.0
# From a study's inputs to ours, in this order; the first step takes the disclosed hours alone.
OWNERSHIP_STEPS = {
    "the disclosed hours": (),
    "the range of system prices, at its middle, and no fall before the start": ("system_price_usd",),
    "written off in equal parts over a life": ("life_years",),
    "idle hours carried by the used ones": ("utilisation",),
    "our share of the network": ("network_share",),
    "our power and its price": ("node_power_per_tdp", "pue", "electricity_usd_per_kwh"),
    "a place in a datacentre": ("hosting_usd_per_kw_month",),
}


def rental_usd(gpu_hours: ArrayLike, price_usd_per_gpu_hour: ArrayLike) -> np.ndarray:
    """Rent [US$] of `gpu_hours` [GPU-hour] at a price [US$ per GPU-hour]; both broadcast."""
    return np.asarray(gpu_hours) * np.asarray(price_usd_per_gpu_hour)


def market_price(chip: str, date: str, prices: pd.DataFrame) -> float | None:
    """Median quote [US$ per GPU-hour] for a chip near a date: for a year's commitment, else any; None without quotes.

    Quotes within half a year of the date count; where there are none, the chip's nearest ones.
    """
    quotes = prices[prices.chip == chip]
    if quotes.empty:
        return None
    quotes = quotes[quotes.commitment == "1y"] if (quotes.commitment == "1y").any() else quotes
    distance = (pd.to_datetime(quotes.date) - pd.Timestamp(date)).abs().dt.days
    return float(quotes.usd_per_gpu_hour[distance <= max(NEAR_DAYS, distance.min())].median())


def energy_kwh(gpu_hours: ArrayLike, tdp_w: ArrayLike, node_power_per_tdp: ArrayLike, pue: ArrayLike) -> np.ndarray:
    """Electricity [kWh] of `gpu_hours` [GPU-hour] on chips of `tdp_w` [W], with the server's and the building's share [1]."""
    return np.asarray(gpu_hours) * np.asarray(tdp_w) / 1000.0 * np.asarray(node_power_per_tdp) * np.asarray(pue)


def capital_usd_per_gpu(system_price_usd: ArrayLike, network_share: ArrayLike) -> np.ndarray:
    """Price of a GPU with its share of server and network [US$].

    `system_price_usd` [US$ per GPU with its server] over what the network leaves of the cluster's price [1]; both
    broadcast. Source: the build-up of Cottier et al. (2024), as in the code of the training-cost-trends study.
    """
    return np.asarray(system_price_usd) / (1.0 - np.asarray(network_share))


def written_off_usd_per_gpu_hour(capital_usd: ArrayLike, life_years: ArrayLike, utilisation: ArrayLike) -> np.ndarray:
    """Capital [US$ per GPU] written off in equal parts over the used hours of a life [years], a share of them used [1]."""
    return np.asarray(capital_usd) / (np.asarray(life_years) * HOURS_PER_YEAR * np.asarray(utilisation))


def declined_value_usd(price_usd: ArrayLike, oom_per_year: ArrayLike, years: ArrayLike) -> np.ndarray:
    """What a price [US$] is worth after some years of falling by factors of ten a year."""
    return np.asarray(price_usd) * 10.0 ** (-np.asarray(oom_per_year) * np.asarray(years))


def life_of_decline_years(oom_per_year: ArrayLike) -> np.ndarray:
    """The life [years] over which equal parts cost an hour as much as a value that falls by factors of ten a year does at first."""
    return 1.0 / (np.asarray(oom_per_year) * np.log(10.0))


@dataclass(frozen=True)
class OwnershipInputs:
    """What an owned GPU-hour costs, input by input, each with its distribution."""

    distributions: Mapping[str, Distribution]
    tdp_w: float

    @classmethod
    def of(cls, chip: Chip, parameters: Parameters, evidence: Evidence) -> Self | None:
        """The inputs for a chip under a scenario, a parameter before a fact; None if no price of the chip is known."""
        price = system_price(chip.name, evidence)
        if price is None:
            return None
        facts = evidence.facts

        def chosen(parameter: str, fact: str, unit: str) -> Distribution:
            given = getattr(parameters, parameter)
            return from_fact(facts.with_unit(fact, unit)) if given is None else constant(given, f"parameter {parameter}")

        return cls(
            {
                "own_system_price_usd": price,
                "own_network_share": from_fact(facts.with_unit("network_share_of_cluster_price", "ratio")),
                "own_life_years": chosen("depreciation_years", "server_life_years", "years"),
                "own_utilisation": chosen("utilisation", "fleet_utilisation", "ratio"),
                "own_node_power_per_tdp": from_fact(facts.with_unit("node_power_per_tdp", "ratio")),
                "own_pue": chosen("pue", "datacentre_pue", "ratio"),
                "own_electricity_usd_per_kwh": chosen("electricity_usd_per_kwh", "industrial_electricity_price", "usd_per_kwh"),
                "own_hosting_usd_per_kw_month": from_fact(facts.with_unit("hosting_price", "usd_per_kw_month")),
            },
            float(evidence["hardware"].set_index("chip").tdp_w[chip.name]),
        )


def system_price(chip: str, evidence: Evidence) -> Distribution | None:
    """Price of a GPU with its share of the server [US$]: the range of prices that hold it, else of chips times the server's part.

    None where no price of the chip is known.
    """
    prices = evidence["purchase_prices"]
    prices = prices[prices.chip == chip]
    whole = prices[prices.with_server == "yes"].usd
    if len(whole):
        return between(float(whole.min()), float(whole.max()), f"purchase_prices.csv, {len(whole)} prices with the server")
    if prices.empty:
        return None
    factor = evidence.facts.with_unit("server_price_over_chips", "ratio").value
    basis = f"purchase_prices.csv, {len(prices)} prices of the chip, times server_price_over_chips"
    return between(float(prices.usd.min()) * factor, float(prices.usd.max()) * factor, basis)


def owned_parts(values: Mapping[str, ArrayLike], tdp_w: float) -> dict[str, np.ndarray]:
    """US$ per used GPU-hour of an owned machine by part: `machines`, `energy`, `hosting`; of the shape of the values.

    `values` has the names of `OwnershipInputs.distributions`. Machines stand and are hosted for all hours of their
    life, so both are carried by the used ones; power is drawn when they are used.
    """
    given = {name.removeprefix("own_"): np.asarray(value) for name, value in values.items()}
    energy = energy_kwh(1.0, tdp_w, given["node_power_per_tdp"], given["pue"])
    hosting_per_year = tdp_w / 1000.0 * given["node_power_per_tdp"] * given["hosting_usd_per_kw_month"] * MONTHS_PER_YEAR
    capital = capital_usd_per_gpu(given["system_price_usd"], given["network_share"])
    return {
        "machines": written_off_usd_per_gpu_hour(capital, given["life_years"], given["utilisation"]),
        "energy": energy * given["electricity_usd_per_kwh"],
        "hosting": hosting_per_year / (HOURS_PER_YEAR * given["utilisation"]),
    }


def owned_usd_per_gpu_hour(values: Mapping[str, ArrayLike], tdp_w: float) -> np.ndarray:
    """US$ per used GPU-hour of an owned machine, all parts; of the shape of the values."""
    return np.sum(list(owned_parts(values, tdp_w).values()), axis=0)


def study_values(study: Any) -> dict[str, float]:
    """A row of ownership_studies.csv as the inputs of an owned GPU-hour.

    The study charges an hour what the value falls by at the start of training, counts no idle hours and no hosting.
    """
    years = (pd.Timestamp(study.training_start) - pd.Timestamp(study.value_from)).days / DAYS_PER_YEAR
    return {
        "own_system_price_usd": float(declined_value_usd(study.system_price_usd, study.oom_per_year, years)),
        "own_network_share": study.network_share,
        "own_life_years": float(life_of_decline_years(study.oom_per_year)),
        "own_utilisation": 1.0,
        "own_node_power_per_tdp": study.server_rating_per_tdp * study.power_per_rating,
        "own_pue": study.pue,
        "own_electricity_usd_per_kwh": study.electricity_usd_per_kwh,
        "own_hosting_usd_per_kw_month": 0.0,
    }


def study_usd(study: Any) -> float:
    """What our ownership cost gives for a run when fed a study's inputs [US$]."""
    return float(study.gpu_hours * owned_usd_per_gpu_hour(study_values(study), study.tdp_w))


def from_theirs_to_ours(study: Any, evidence: Evidence) -> pd.DataFrame:
    """A study's cost of a run turned into ours, one input after the other, each at its middle.

    Returns
    -------
    DataFrame
        `step`, `usd` (after it), `factor` (of the step); the first row is the study's inputs as they are.
    """
    inputs = OwnershipInputs.of(find_chip(study.chip, evidence["hardware"]), Parameters(), evidence)
    if inputs is None:
        raise InputError(f"ownership_studies.csv, {study.id}: purchase_prices.csv has no price of {study.chip}")
    ours = {name: float(found.quantile(0.5)) for name, found in inputs.distributions.items()}
    values, hours = study_values(study), study.gpu_hours
    rows = [{"step": "the study's inputs", "usd": study_usd(study)}]
    for label, names in OWNERSHIP_STEPS.items():
        hours = evidence.facts.with_unit(study.disclosed_gpu_hours, "gpu_hours").value
        values = values | {f"own_{name}": ours[f"own_{name}"] for name in names}
        rows.append({"step": label, "usd": float(hours * owned_usd_per_gpu_hour(values, inputs.tdp_w))})
    frame = pd.DataFrame(rows)
    return frame.assign(factor=frame.usd / frame.usd.shift(1))
