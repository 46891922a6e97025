"""Kinds of error that were found in the tables once: none may come back."""

import re

import pandas as pd
import pytest

from analysis.data.facts import Row
from analysis.data.prices import system_price
from analysis.reconstruction.new_model import SOURCE

GIGABYTES = re.compile(r"(\d+) ?GB\b")
ARCHIVED = re.compile(r"web\.archive\.org/web/(\d{4})(\d\d)(\d\d)")
LONGEST_GAP_DAYS = 45
ON_ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf|html)/(\d\d)\d\d\.\d{4,5}(v\d+)?")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


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


OF_THE_PROCESSOR = "GH200 480GB"  # as tools print it; the chip beside it has 96 GB


def test_a_chip_has_the_memory_that_its_name_gives(evidence):
    chips = evidence["hardware"]
    names = chips.chip + "|" + chips.other_names.str.replace(OF_THE_PROCESSOR, "")
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


def year_mistakes(sources: pd.DataFrame) -> list[str]:
    """Papers whose year is not that of their number on arXiv; a later version may be later."""
    lines = []
    for row in sources.itertuples():
        found = ON_ARXIV.search(row.url)
        first = 2000 + int(found[1]) if found else int(row.year[:4])
        later = found is not None and (found[2] or "v1") != "v1" and int(row.year) > first
        if int(row.year[:4]) != first and not later:
            lines.append(f"{row.source_id}: {row.year}, not {first}")
    return lines


def test_a_paper_is_of_the_year_of_its_number(evidence):
    sources = evidence["sources"]
    assert year_mistakes(sources) == []
    assert year_mistakes(sources.assign(year="2019"))
    assert sum(bool(ON_ARXIV.search(url)) for url in sources.url) >= 40


def test_an_address_is_of_one_source_and_every_source_is_named(evidence):
    sources = evidence["sources"]
    known = sources.url[sources.url != ""].str.rstrip("/")
    assert sorted(known[known.duplicated()]) == []
    files = [path for path in evidence.directory.rglob("*") if path.suffix in {".csv", ".toml"}]
    text = "\n".join(path.read_text() for path in files if path.name != "sources.csv") + SOURCE
    assert [name for name in sources.source_id if not re.search(rf"\b{name}\b", text)] == []


def hours_mistakes(runs: pd.DataFrame) -> list[str]:
    """Runs whose hours are said to be days times chips, and are not, or lack one of them."""
    said = runs[runs.gpu_hours_kind == "from_days_times_chips"]
    product = said.chips * said.days * 24
    return list(said.id[~((said.gpu_hours / product - 1).abs() < 0.01)])


def test_hours_from_days_and_chips_are_their_product(evidence):
    runs = evidence["training_runs"]
    assert hours_mistakes(runs) == []
    for column in ("chips", "days"):
        broken = runs.assign(**{column: runs[column].mask(runs.id == "mpt-7b")})
        assert hours_mistakes(broken) == ["mpt-7b"]
    assert hours_mistakes(runs.assign(gpu_hours=runs.gpu_hours * 1.02)) != []


def test_every_date_is_a_day(evidence):
    seen = 0
    for table in evidence.tables:
        rows = evidence[table]
        names = [name for name in rows if name == "date" or name.endswith("_date")]
        for column in [
            *names,
            *(name for name in rows if name in {"value_from", "training_start"}),
        ]:
            for value in rows[column]:
                assert DAY.fullmatch(str(value)), (table, column, value)
                assert pd.Timestamp(str(value)).year >= 2010, (table, column, value)
                seen += 1
    assert seen > 500
