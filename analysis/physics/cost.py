"""GPU-hours to money, rented or owned, to energy and carbon."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

HOURS_PER_YEAR = 365.25 * 24.0


MONTHS_PER_YEAR = 12.0


def rental_usd(gpu_hours: ArrayLike, price_usd_per_gpu_hour: ArrayLike) -> np.ndarray:
    """Rent [US$] of `gpu_hours` [GPU-hour] at a price [US$ per GPU-hour]; both broadcast."""
    return np.asarray(gpu_hours) * np.asarray(price_usd_per_gpu_hour)


def energy_kwh(
    gpu_hours: ArrayLike, tdp_w: ArrayLike, node_power_per_tdp: ArrayLike, pue: ArrayLike
) -> np.ndarray:
    """Electricity [kWh] of `gpu_hours` [GPU-hour] on chips of `tdp_w` [W], with the server's and
    the building's share [1].
    """
    return (
        np.asarray(gpu_hours)
        * np.asarray(tdp_w)
        / 1000.0
        * np.asarray(node_power_per_tdp)
        * np.asarray(pue)
    )


def capital_usd_per_gpu(system_price_usd: ArrayLike, network_share: ArrayLike) -> np.ndarray:
    """Price of a GPU with its share of server and network [US$].

    `system_price_usd` [US$ per GPU with its server] over what the network leaves of the cluster's
    price [1]; both broadcast. Source: the build-up of Cottier et al. (2024), as in the code of the
    training-cost-trends study.
    """
    return np.asarray(system_price_usd) / (1.0 - np.asarray(network_share))


def written_off_usd_per_gpu_hour(
    capital_usd: ArrayLike, life_years: ArrayLike, utilisation: ArrayLike
) -> np.ndarray:
    """Capital [US$ per GPU] written off in equal parts over the used hours of a life [years], a
    share of them used [1].
    """
    return np.asarray(capital_usd) / (
        np.asarray(life_years) * HOURS_PER_YEAR * np.asarray(utilisation)
    )


def declined_value_usd(
    price_usd: ArrayLike, oom_per_year: ArrayLike, years: ArrayLike
) -> np.ndarray:
    """What a price [US$] is worth after some years of falling by factors of ten a year."""
    return np.asarray(price_usd) * 10.0 ** (-np.asarray(oom_per_year) * np.asarray(years))


def life_of_decline_years(oom_per_year: ArrayLike) -> np.ndarray:
    """The life [years] over which equal parts cost an hour as much as a value that falls by factors
    of ten a year does at first.
    """
    return 1.0 / (np.asarray(oom_per_year) * np.log(10.0))


def owned_parts(values: Mapping[str, ArrayLike], tdp_w: float) -> dict[str, np.ndarray]:
    """US$ per used GPU-hour of an owned machine by part: `machines`, `energy`, `hosting`; of the
    shape of the values.

    `values` has the names of `OwnershipInputs.distributions`. Machines stand and are hosted for all
    hours of their life, so both are carried by the used ones; power is drawn when they are used.
    """
    given = {name.removeprefix("own_"): np.asarray(value) for name, value in values.items()}
    energy = energy_kwh(1.0, tdp_w, given["node_power_per_tdp"], given["pue"])
    hosting_per_year = (
        tdp_w
        / 1000.0
        * given["node_power_per_tdp"]
        * given["hosting_usd_per_kw_month"]
        * MONTHS_PER_YEAR
    )
    capital = capital_usd_per_gpu(given["system_price_usd"], given["network_share"])
    return {
        "machines": written_off_usd_per_gpu_hour(
            capital, given["life_years"], given["utilisation"]
        ),
        "energy": energy * given["electricity_usd_per_kwh"],
        "hosting": hosting_per_year / (HOURS_PER_YEAR * given["utilisation"]),
    }


def owned_usd_per_gpu_hour(values: Mapping[str, ArrayLike], tdp_w: float) -> np.ndarray:
    """US$ per used GPU-hour of an owned machine, all parts; of the shape of the values."""
    return np.sum(list(owned_parts(values, tdp_w).values()), axis=0)
