"""What a machine costs to buy: the range of its prices, each of them a row."""

import pandas as pd
import pytest

from analysis.data.facts import Row
from analysis.data.prices import market_price, market_quotes, system_price
from tests.by_hand import with_tables


def prices(*rows):
    frame = pd.DataFrame(rows, columns=["id", "chip", "usd", "with_server"])
    return frame.assign(price_is="asked")


def test_prices_with_their_server_are_taken_as_they_are(evidence):
    table = prices(("a", "C", 30_000.0, "yes"), ("b", "C", 50_000.0, "yes"), ("c", "C", 1.0, "no"))
    found = system_price("C", with_tables(evidence, purchase_prices=table))
    assert (found.low, found.high) == (30_000, 50_000)
    assert found.rows == (Row("purchase_prices", "a"), Row("purchase_prices", "b"))


def test_prices_of_the_chip_alone_carry_the_rest_of_the_server(evidence):
    table = prices(("a", "C", 20_000.0, "no"), ("b", "C", 30_000.0, "no"))
    found = system_price("C", with_tables(evidence, purchase_prices=table))
    factor = evidence.facts["server_price_over_chips"].value
    assert (found.low, found.high) == pytest.approx((20_000 * factor, 30_000 * factor))
    assert found.rows[0] == Row("facts", "server_price_over_chips")
    assert system_price("D", with_tables(evidence, purchase_prices=table)) is None


def test_an_estimate_is_no_price(evidence):
    table = prices(("a", "C", 30_000.0, "yes"), ("b", "C", 90_000.0, "yes"))
    table.loc[table.id == "b", "price_is"] = "estimated"
    found = system_price("C", with_tables(evidence, purchase_prices=table))
    assert (found.low, found.high) == (30_000, 30_000)
    alone = table[table.id == "b"]
    assert system_price("C", with_tables(evidence, purchase_prices=alone)) is None


@pytest.mark.parametrize("day", ["20250120", "2025-1-20", "2025-01-20"])
def test_a_day_is_one_however_it_is_written(evidence, day):
    found = market_quotes("H100 SXM", day, evidence)
    assert len(found) and found.equals(market_quotes("H100 SXM", "2025-01-20", evidence))


def test_quotes_that_somebody_changes_are_changed_for_nobody_else(evidence):
    before = market_price("H100 SXM", "2025-01-20", evidence)
    quotes = market_quotes("H100 SXM", "2025-01-20", evidence)
    quotes["usd_per_gpu_hour"] = 99.0
    assert market_price("H100 SXM", "2025-01-20", evidence) == before < 99
