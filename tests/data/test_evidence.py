"""Kinds of error that were found in the tables once: none may come back."""

import re

import pandas as pd
import pytest

from analysis.data.facts import Row
from analysis.data.prices import system_price

GIGABYTES = re.compile(r"(\d+) ?GB\b")
ARCHIVED = re.compile(r"web\.archive\.org/web/(\d{4})(\d\d)(\d\d)")
LONGEST_GAP_DAYS = 45


def memory_mistakes(names: pd.Series, texts: pd.Series, memory: pd.Series) -> list[str]:
    """Rows in which a text names another memory than the chip has, as lines."""
    said = [[int(found) for found in GIGABYTES.findall(text)] for text in texts]
    rows = zip(names, said, memory, strict=True)
    return [
        f"{name}: {one} GB, not {has:g}" for name, all_, has in rows for one in all_ if one != has
    ]


def archive_mistakes(rows: pd.DataFrame) -> list[str]:
    """Rows whose date is far from that of their archived copy, and that do not say so."""
    lines = []
    for row in rows.itertuples():
        found = ARCHIVED.search(row.locator)
        copied = "-".join(found.groups()) if found else row.date
        gap = abs((pd.Timestamp(row.date) - pd.Timestamp(copied)).days)
        if gap > LONGEST_GAP_DAYS and f"the archived copy is of {copied}" not in row.note:
            lines.append(f"{row.id}: {row.date}, copied {copied}")
    return lines


def test_a_chip_has_the_memory_that_its_name_gives(evidence):
    chips = evidence["hardware"]
    names = chips.chip + "|" + chips.other_names
    assert memory_mistakes(chips.chip, names, chips.hbm_gib) == []
    assert GIGABYTES.findall("A100 80GB PCIe of 94 GB") == ["80", "94"]


@pytest.mark.parametrize("table", ["prices", "purchase_prices"])
def test_a_price_is_of_a_chip_with_the_memory_that_its_row_gives(evidence, table):
    rows = evidence[table]
    memory = rows.chip.map(evidence["hardware"].set_index("chip").hbm_gib)
    assert memory_mistakes(rows.id, rows.note, memory) == []
    wrong = memory_mistakes(rows.id, rows.note.map(lambda _: "a card of 7 GB"), memory)
    assert len(wrong) == len(rows)


def test_a_quote_is_of_the_time_of_its_archived_copy_or_says_so(evidence):
    prices = evidence["prices"]
    assert archive_mistakes(prices) == []
    unmarked = archive_mistakes(prices.assign(note=""))
    assert [line.split(":")[0] for line in unmarked] == list(
        prices.id[prices.note.str.contains("the archived copy is of")]
    )


def test_what_nobody_sells_has_no_price_and_no_estimate_is_computed_with(evidence):
    bought = evidence["purchase_prices"]
    makers = bought.chip.map(evidence["hardware"].set_index("chip").vendor)
    assert set(bought.price_is[makers == "Google"]) == {"estimated"}
    guessed = {Row("purchase_prices", row) for row in bought.id[bought.price_is == "estimated"]}
    for chip in set(bought.chip):
        price = system_price(chip, evidence)
        assert price is None or not guessed & set(price.rows), chip
    assert len(guessed) >= 10


def test_no_locator_has_blanks_at_its_ends_or_the_traces_of_a_copied_row(evidence):
    for table in evidence.tables:
        rows = evidence[table]
        for column in [name for name in rows if name.startswith("locator")]:
            assert (rows[column] == rows[column].str.strip()).all(), (table, column)
            assert not rows[column].str.contains(r" copy$").any(), (table, column)
