"""GPU-hours to money, energy and carbon."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

NEAR_DAYS = 183  # quotes within half a year of a date count as of that date


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
