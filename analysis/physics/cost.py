"""GPU-hours to money, rented or owned, and to energy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from analysis.physics.durations import HOURS_PER_YEAR, MONTHS_PER_YEAR

W_PER_KW = 1000.0


def rental_usd(gpu_hours: ArrayLike, price_usd_per_gpu_hour: ArrayLike) -> np.ndarray:
    """Rent of some GPU-hours.

    Parameters
    ----------
    gpu_hours
        Hours [GPU-hour].
    price_usd_per_gpu_hour
        Rent of one of them [US$ per GPU-hour].

    Returns
    -------
    ndarray
        Rent [US$] of the shape that both arguments broadcast to.

    Notes
    -----
    Source: the definition of a price.

    Examples
    --------
    >>> float(rental_usd(147_000, 2.0))
    294000.0
    """
    return np.asarray(gpu_hours) * np.asarray(price_usd_per_gpu_hour)


def energy_kwh(
    gpu_hours: ArrayLike, tdp_w: ArrayLike, node_power_per_tdp: ArrayLike, pue: ArrayLike
) -> np.ndarray:
    """Electricity of some GPU-hours, with the server's and the building's share.

    Parameters
    ----------
    gpu_hours
        Hours in which the chips work [GPU-hour].
    tdp_w
        Rated power of a chip [W].
    node_power_per_tdp
        Power of the server over the rated power of its chips [1].
    pue
        Energy of the building over energy of its machines [1].

    Returns
    -------
    ndarray
        Electricity [kWh] of the shape that all arguments broadcast to.

    Notes
    -----
    Source: the definition of power usage effectiveness, ISO/IEC 30134-2.

    Examples
    --------
    1,000 hours of a chip of 700 W, a server at 1.5 of it, a building at 1.2:

    >>> round(float(energy_kwh(1000, 700, 1.5, 1.2)), 6)
    1260.0
    """
    at_the_chips = np.asarray(gpu_hours) * np.asarray(tdp_w) / W_PER_KW
    return at_the_chips * np.asarray(node_power_per_tdp) * np.asarray(pue)


def capital_usd_per_gpu(system_price_usd: ArrayLike, network_share: ArrayLike) -> np.ndarray:
    """Price of a GPU with its share of server and network.

    Parameters
    ----------
    system_price_usd
        Price of a GPU with its share of the server [US$ per GPU].
    network_share
        The network's part of the price of the whole cluster [1].

    Returns
    -------
    ndarray
        Capital [US$ per GPU] of the shape that both arguments broadcast to.

    Notes
    -----
    Source: the build-up of Cottier et al. (2024), as in the code of the training-cost-trends study.

    Examples
    --------
    A system of $40,000 that is four fifths of the whole:

    >>> float(capital_usd_per_gpu(40_000, 0.2))
    50000.0
    """
    return np.asarray(system_price_usd) / (1.0 - np.asarray(network_share))


def written_off_usd_per_gpu_hour(
    capital_usd: ArrayLike, life_years: ArrayLike, utilisation: ArrayLike
) -> np.ndarray:
    """Capital written off in equal parts over the used hours of a life.

    Parameters
    ----------
    capital_usd
        What a GPU cost [US$ per GPU].
    life_years
        Years over which it is written off [year].
    utilisation
        Share of the hours of its life in which it is used [1].

    Returns
    -------
    ndarray
        Cost [US$ per used GPU-hour] of the shape that all arguments broadcast to.

    Notes
    -----
    Source: straight-line depreciation, IAS 16, paragraph 62.

    Examples
    --------
    $17,532 over two years of 8,766 hours, half of them used:

    >>> float(written_off_usd_per_gpu_hour(17_532, 2, 0.5))
    2.0
    """
    used_hours = np.asarray(life_years) * HOURS_PER_YEAR * np.asarray(utilisation)
    return np.asarray(capital_usd) / used_hours


def declined_value_usd(
    price_usd: ArrayLike, oom_per_year: ArrayLike, years: ArrayLike
) -> np.ndarray:
    """What a price is worth after some years of falling by factors of ten a year.

    Parameters
    ----------
    price_usd
        Price at first [US$].
    oom_per_year
        Orders of magnitude lost each year [1/year].
    years
        How many years later [year].

    Returns
    -------
    ndarray
        Value [US$] of the shape that all arguments broadcast to.

    Notes
    -----
    Source: Cottier et al. (2024), section on hardware depreciation.

    Examples
    --------
    >>> float(declined_value_usd(1000, 0.5, 2))
    100.0
    """
    return np.asarray(price_usd) * 10.0 ** (-np.asarray(oom_per_year) * np.asarray(years))


def life_of_decline_years(oom_per_year: ArrayLike) -> np.ndarray:
    """The life over which equal parts cost an hour as much as a falling value does at first.

    Parameters
    ----------
    oom_per_year
        Orders of magnitude of value lost each year [1/year].

    Returns
    -------
    ndarray
        Life [year] of the shape of the argument.

    Notes
    -----
    Source: the derivative of :func:`declined_value_usd` at the start.

    Examples
    --------
    A value that falls by 0.14 orders of magnitude a year loses 0.14 x ln 10 = 0.3224 of itself a
    year at first:

    >>> round(float(life_of_decline_years(0.14)), 2)
    3.1
    """
    return 1.0 / (np.asarray(oom_per_year) * np.log(10.0))


def owned_parts(values: Mapping[str, ArrayLike], tdp_w: float) -> dict[str, np.ndarray]:
    """Cost of a used GPU-hour of an owned machine, part by part.

    Machines stand and are hosted for all hours of their life, so both are carried by the used ones;
    power is drawn when they are used.

    Parameters
    ----------
    values
        By name: `own_system_price_usd` [US$ per GPU], `own_network_share` [1], `own_life_years`
        [year], `own_utilisation` [1], `own_node_power_per_tdp` [1], `own_pue` [1],
        `own_electricity_usd_per_kwh` [US$/kWh], `own_hosting_usd_per_kw_month` [US$ per kW and
        month].
    tdp_w
        Rated power of a chip [W].

    Returns
    -------
    dict of ndarray
        `machines`, `energy` and `hosting` [US$ per used GPU-hour], each of the shape that its
        values broadcast to.

    Raises
    ------
    KeyError
        If a value is missing.

    Notes
    -----
    Source: Cottier et al. (2024) for machines and energy; hosting by the kilowatt and month, as the
    CBRE reports on datacentres quote it.

    Examples
    --------
    One kilowatt in all; hosting $73.05 x 12 months over 8,766 hours of which half are used:

    >>> values = {
    ...     "own_system_price_usd": 17_532, "own_network_share": 0.0, "own_life_years": 2.0,
    ...     "own_utilisation": 0.5, "own_node_power_per_tdp": 1.0, "own_pue": 1.2,
    ...     "own_electricity_usd_per_kwh": 0.1, "own_hosting_usd_per_kw_month": 73.05,
    ... }
    >>> {part: round(float(usd), 6) for part, usd in owned_parts(values, 1000.0).items()}
    {'machines': 2.0, 'energy': 0.12, 'hosting': 0.2}
    """
    given = {name.removeprefix("own_"): np.asarray(value) for name, value in values.items()}
    energy = energy_kwh(1.0, tdp_w, given["node_power_per_tdp"], given["pue"])
    server_kw = tdp_w / W_PER_KW * given["node_power_per_tdp"]
    hosting_per_year = server_kw * given["hosting_usd_per_kw_month"] * MONTHS_PER_YEAR
    capital = capital_usd_per_gpu(given["system_price_usd"], given["network_share"])
    return {
        "machines": written_off_usd_per_gpu_hour(
            capital, given["life_years"], given["utilisation"]
        ),
        "energy": energy * given["electricity_usd_per_kwh"],
        "hosting": hosting_per_year / (HOURS_PER_YEAR * given["utilisation"]),
    }


def owned_usd_per_gpu_hour(values: Mapping[str, ArrayLike], tdp_w: float) -> np.ndarray:
    """Cost of a used GPU-hour of an owned machine, all parts.

    Parameters
    ----------
    values, tdp_w
        As of :func:`owned_parts`.

    Returns
    -------
    ndarray
        Cost [US$ per used GPU-hour] of the shape that all values broadcast to.

    Examples
    --------
    2.00 for the machine, 0.12 for power, 0.20 for its place, as in :func:`owned_parts`:

    >>> values = {
    ...     "own_system_price_usd": 17_532, "own_network_share": 0.0, "own_life_years": 2.0,
    ...     "own_utilisation": 0.5, "own_node_power_per_tdp": 1.0, "own_pue": 1.2,
    ...     "own_electricity_usd_per_kwh": 0.1, "own_hosting_usd_per_kw_month": 73.05,
    ... }
    >>> round(float(owned_usd_per_gpu_hour(values, 1000.0)), 6)
    2.32
    """
    return np.sum(list(owned_parts(values, tdp_w).values()), axis=0)
