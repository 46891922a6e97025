"""Every name that a table shows leads to a row of the book."""

import re

import pytest

from analysis.data.expressions import parse
from analysis.data.facts import Row
from analysis.reconstruction.arithmetic import arithmetic_table, linked, row_of
from analysis.reconstruction.cards import named_card
from analysis.reconstruction.model_checks import quantities
from analysis.reconstruction.model_file import list_models, load_model
from analysis.reconstruction.stages import expressions_of
from analysis.show import ledger, links

CELLS = {
    "arithmetic": ("expression",),
    "boundaries": ("low", "high"),
    "contradictions": ("value_a", "value_b", "bill_a", "bill_b"),
    "others": ("theirs", "ours"),
    "corrections": ("guard", "seen", "use"),
}


@pytest.fixture(scope="module")
def addresses(account, evidence):
    """Every anchor of the pages with the evidence, with its page."""
    pages = {name: getattr(ledger, name)(evidence) for name in ledger.TABLES}
    pages["arithmetic"] = arithmetic_table(account.names)
    return {
        f"{links.PAGES[name]}.html#{anchor}"
        for name, page in pages.items()
        for anchor in re.findall(r'\bid="([^"]+)"', page)
    }


def lead_nowhere(expressions, account, addresses):
    """The names in expressions that no row of the book is behind."""
    names = {name for text in expressions for name in parse(text).names}
    assert names
    return sorted(
        name for name in names if links.address(row_of(name, account.names)) not in addresses
    )


@pytest.mark.parametrize("table", CELLS)
def test_every_name_of_a_table_leads_to_a_row(table, account, addresses):
    cells = [row[field] for row in account.rows(table) for field in CELLS[table] if row[field]]
    assert lead_nowhere(cells, account, addresses) == []


def test_every_row_behind_a_name_is_in_the_book_not_the_first_alone(account, addresses):
    cells = [row[field] for name in CELLS for row in account.rows(name) for field in CELLS[name]]
    rows = account.names.rows_behind(cell for cell in cells if cell)
    assert {row.table for row in rows} == {
        "facts", "prices", "purchase_prices", "training_runs", "hardware"
    }  # fmt: skip
    assert [row for row in rows if links.address(row) not in addresses] == []


def test_every_name_of_a_model_file_leads_to_a_row(account, evidence, addresses):
    cells = [
        expression
        for model in list_models(evidence)
        for _, quantity, _ in quantities(load_model(model, evidence))
        for expression in expressions_of(quantity)
    ]
    assert lead_nowhere(cells, account, addresses) == []


def test_both_sides_of_an_identity_lead_to_rows(account, evidence, addresses):
    rows = evidence["identities"]
    assert lead_nowhere([*rows.left, *rows.right], account, addresses) == []


def test_an_expression_stands_as_it_is_written_with_a_link_for_each_name(account):
    shown = linked("(v3_total_gpu_hours - 2 * sum_usd) / v3_total_gpu_hours", account.names)
    text = re.sub("<[^>]*>", "", shown)
    assert text == "(v3_total_gpu_hours - 2 * sum_usd) / v3_total_gpu_hours"
    found = re.findall(r'data-row="([^"]+)"', shown)
    assert found == ["facts:v3_total_gpu_hours", "arithmetic:sum_usd", "facts:v3_total_gpu_hours"]


def test_a_name_with_many_rows_leads_to_the_first_and_its_card_says_how_many(account):
    name = "moe_reference_runs"
    shown, rows = linked(name, account.names), account.names.named(name).rows
    key = f"{name} = training_runs:{rows[0].id}"
    assert len(rows) > 1 and f'data-row="named:{key}"' in shown
    assert links.address(Row("named", key)) == links.address(rows[0])
    card = named_card(key, account)
    assert f"from {len(rows)} rows" in card.name and card.value == str(len(rows))
    assert [part.row for part in card.parts] == list(rows[: len(card.parts)])


def test_a_chip_leads_to_its_row_whatever_its_name(account):
    assert row_of("own_peak_flop_s", account.names) == Row("hardware", "H800 SXM")
    assert links.address(Row("hardware", "H800 SXM")) == "evidence.html#hardware.H800-SXM"
