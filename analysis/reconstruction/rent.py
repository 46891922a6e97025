"""What a GPU-hour of a reconstruction is rented for, and why."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.data.chips import Chip, chip_of
from analysis.data.mistakes import InputError
from analysis.data.prices import market_quotes, newest_quote, quarter_middle
from analysis.data.scenario import Scenario
from analysis.data.tables import Evidence
from analysis.physics.cost import owned_usd_per_gpu_hour
from analysis.reconstruction.model import Model
from analysis.reconstruction.ownership import owned_hour_at_middle

SET = "That price is set for this edition."
ASSUMED = "That price is what its own sources assume."
OURS = "That price is an assumption of this account."
QUOTED = "That price is {quotes} for its chip {near} its release."
IN_QUARTER = "That price is {quotes} for its chip {near} the quarter {choice}."
NEWEST = "That price is {newest} for its chip."
OWNED = "That price is what an hour of an owned chip costs, each input at its middle."
ONE = {"quotes": "the quote", "near": "nearest to", "newest": "the newest quote"}
MANY = {
    "quotes": "the middle of the quotes",
    "near": "near",
    "newest": "the middle of the newest quotes",
}


@dataclass(frozen=True)
class Rent:
    """A GPU-hour's rent [US$], the fact that it is (where it is one), and why in a sentence.

    `quotes` are the rows of prices.csv that it is the middle of, by id, the oldest first.
    """

    usd_per_gpu_hour: float
    says: str
    fact: str | None = None
    quotes: tuple[str, ...] = ()


def rent_of(model: Model, scenario: Scenario, evidence: Evidence) -> Rent:
    """The rent of a reconstruction: as set, else by the scenario's choice, else by the model's.

    A model that names neither a fact nor a choice is rented at the middle of the quotes for its
    chip near its release.

    Raises
    ------
    InputError
        If no quote of the chip is known, or no price of it to own it.
    """
    given = scenario.parameters.price_usd_per_gpu_hour
    if given is not None:
        return Rent(given, SET)
    fact = model.price_usd_per_gpu_hour
    if scenario.rent is None and fact is not None:
        found = evidence.facts.with_unit(fact, "usd_per_gpu_hour")
        return Rent(found.value, OURS if found.kind == "assumption" else ASSUMED, fact)
    chip = chip_of(scenario, model.chip, evidence["hardware"])
    choice = scenario.rent or model.rent or "release"
    if choice == "owned":
        return Rent(_owned(model, chip, scenario, evidence), OWNED)
    date, says = _when(choice, model, chip, evidence)
    quotes = market_quotes(chip.name, date, evidence).sort_values("date")
    if quotes.empty:
        raise InputError(
            f"no quote for {chip.name} is known; name a fact, or set price_usd_per_gpu_hour",
            f"models/{model.name}.toml, price_usd_per_gpu_hour",
        )
    price = float(quotes.usd_per_gpu_hour.median())
    words = says.format(**(ONE if len(quotes) == 1 else MANY), choice=choice)
    return Rent(price, words, None, tuple(quotes.id))


def _when(choice: str, model: Model, chip: Chip, evidence: Evidence) -> tuple[str, str]:
    """The day near which quotes count, and the sentence of it."""
    if choice == "release":
        return str(model.release_date), QUOTED
    if choice == "today":
        return newest_quote(chip.name, evidence), NEWEST
    return quarter_middle(choice), IN_QUARTER


def _owned(model: Model, chip: Chip, scenario: Scenario, evidence: Evidence) -> float:
    hour = owned_hour_at_middle(chip, scenario.parameters, evidence)
    if not hour.values:
        raise InputError(
            f"no price of {chip.name} is known, so none to own it; choose another rent",
            f"scenario {scenario.name}, rent",
        )
    return float(owned_usd_per_gpu_hour(hour.values, hour.tdp_w))
