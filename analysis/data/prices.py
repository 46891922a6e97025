"""What a GPU-hour is rented for, and what a GPU with its server costs to buy."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.data.facts import Row
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution, between


def market_quotes(chip: str, date: str, evidence: Evidence) -> pd.DataFrame:
    """The quotes for a chip near a date: for a year's commitment where there are such, else any.

    Quotes within `quotes_near_days` of the date count; where there are none, the nearest ones.

    Returns
    -------
    DataFrame
        Rows of prices.csv, a copy; none where there is no quote of the chip.
    """
    quotes, days = _dated_quotes(chip, evidence)
    if quotes.empty:
        return quotes.copy()
    distance = np.abs(days - np.datetime64(pd.Timestamp(date), "D")).astype(int)
    near_days = evidence.facts.constant("quotes_near_days", "days").value
    return quotes[distance <= max(near_days, distance.min())].copy()


@lru_cache(maxsize=64)
def _dated_quotes(chip: str, evidence: Evidence) -> tuple[pd.DataFrame, np.ndarray]:
    """The quotes for a chip that count, and the day of each."""
    prices = evidence["prices"]
    quotes = prices[prices.chip == chip]
    quotes = quotes[quotes.commitment == "1y"] if (quotes.commitment == "1y").any() else quotes
    return quotes, quotes.date.to_numpy("datetime64[D]")


def market_price(chip: str, date: str, evidence: Evidence) -> float | None:
    """Median of a chip's quotes near a date [US$ per GPU-hour]; None where there are none."""
    quotes = market_quotes(chip, date, evidence)
    return None if quotes.empty else float(quotes.usd_per_gpu_hour.median())


def newest_quote(chip: str, evidence: Evidence) -> str:
    """The day of the newest quote for a chip; the empty string where there is none."""
    prices = evidence["prices"]
    return str(max(prices.date[prices.chip == chip], default=""))


def quarter_middle(quarter: str) -> str:
    """The day in the middle of a quarter.

    >>> quarter_middle("2025q1")
    '2025-02-15'
    """
    return f"{quarter[:4]}-{int(quarter[-1]) * 3 - 1:02}-15"


def system_price(chip: str, evidence: Evidence) -> Distribution | None:
    """Price of a GPU with its share of the server [US$].

    The range of the prices that hold the server; where there are none, of the chip's prices times
    what a server costs over its chips. A price that somebody estimated is no price. None where no
    price of the chip is known.
    """
    prices = evidence["purchase_prices"]
    prices = prices[(prices.chip == chip) & (prices.price_is != "estimated")]
    whole = prices[prices.with_server == "yes"]
    if len(whole):
        basis = f"purchase_prices.csv, {len(whole)} prices with the server"
        return _range_of(whole, 1.0, basis, ())
    if prices.empty:
        return None
    factor = evidence.facts.constant("server_price_over_chips", "ratio")
    basis = f"purchase_prices.csv, {len(prices)} prices of the chip, times {factor.id}"
    return _range_of(prices, factor.value, basis, (Row("facts", factor.id),))


def _range_of(
    prices: pd.DataFrame, factor: float, basis: str, also: tuple[Row, ...]
) -> Distribution:
    rows = tuple(Row("purchase_prices", name) for name in prices.id)
    low, high = float(prices.usd.min()) * factor, float(prices.usd.max()) * factor
    return between(low, high, basis, rows=(*also, *rows))
