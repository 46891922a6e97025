"""What a GPU-hour of a run is rented for where nobody says: the quotes near its release."""

from __future__ import annotations

import pandas as pd

from analysis.data.chips import Chip
from analysis.data.prices import market_quotes
from analysis.data.tables import Evidence


def rent_on_market(chip: Chip, release_date: str, evidence: Evidence) -> tuple[float, str]:
    """The middle rent [US$ per GPU-hour] of the quotes for a chip near a day, and whose they are;
    an assumed one where there is no quote.
    """
    quotes = market_quotes(chip.name, release_date, evidence)
    if quotes.empty:
        assumed = evidence.facts.constant("rent_where_no_quote_is_known", "usd_per_gpu_hour")
        return assumed.value, "no quote is known for this chip: an assumed rent"
    return float(quotes.usd_per_gpu_hour.median()), _whose(quotes)


def _whose(quotes: pd.DataFrame) -> str:
    """How many quotes a rent rests on, whose, of when, and for which commitment."""
    names, kinds = (", ".join(sorted(quotes[key].unique())) for key in ("provider", "commitment"))
    days = " to ".join(dict.fromkeys([min(quotes.date), max(quotes.date)]))
    number = "one quote" if len(quotes) == 1 else f"the middle of {len(quotes)} quotes"
    return f"{number}, of {names}, {days}, {kinds.replace('_', ' ')}"
