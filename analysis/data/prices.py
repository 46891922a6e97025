"""What a GPU-hour is rented for, and what a GPU with its server costs to buy."""

from __future__ import annotations

import pandas as pd

from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution, between

NEAR_DAYS = 183  # quotes within half a year of a date count as of that date


def market_price(chip: str, date: str, prices: pd.DataFrame) -> float | None:
    """Median quote [US$ per GPU-hour] for a chip near a date: for a year's commitment, else any;
    None without quotes.

    Quotes within half a year of the date count; where there are none, the chip's nearest ones.
    """
    quotes = prices[prices.chip == chip]
    if quotes.empty:
        return None
    quotes = quotes[quotes.commitment == "1y"] if (quotes.commitment == "1y").any() else quotes
    distance = (pd.to_datetime(quotes.date) - pd.Timestamp(date)).abs().dt.days
    return float(quotes.usd_per_gpu_hour[distance <= max(NEAR_DAYS, distance.min())].median())


def system_price(chip: str, evidence: Evidence) -> Distribution | None:
    """Price of a GPU with its share of the server [US$]: the range of prices that hold it, else of
    chips times the server's part.

    None where no price of the chip is known.
    """
    prices = evidence["purchase_prices"]
    prices = prices[prices.chip == chip]
    whole = prices[prices.with_server == "yes"].usd
    if len(whole):
        return between(
            float(whole.min()),
            float(whole.max()),
            f"purchase_prices.csv, {len(whole)} prices with the server",
        )
    if prices.empty:
        return None
    factor = evidence.facts.with_unit("server_price_over_chips", "ratio").value
    basis = f"purchase_prices.csv, {len(prices)} prices of the chip, times server_price_over_chips"
    return between(float(prices.usd.min()) * factor, float(prices.usd.max()) * factor, basis)
