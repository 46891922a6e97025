"""What is disclosed, estimated and assumed never look alike: the marks of the columns of hours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup, Tag

from tests.book.conftest import EVERY_PAGE

KNOWN = {"disclosed", "derived"}
ESTIMATED = {"reconstructed", "assumption"}
MAY_BE = {
    "disclosed": KNOWN,
    "as disclosed": KNOWN,
    **dict.fromkeys(("5 %", "middle", "95 %", "predicted"), ESTIMATED),
}


def columns_of_hours(table: Tag) -> Iterator[tuple[str, set[str]]]:
    """Each column of GPU-hours whose head says how they are known, with the marks in it."""
    for place, head in enumerate(table.select("thead th")):
        unit = head.select_one(".unit")
        if unit is None or "GPU-hours" not in unit.extract().get_text():
            continue
        cells = [row.find_all(["td", "th"])[place] for row in table.select("tbody tr")]
        marks = {name for cell in cells for one in cell.select(".figure") for name in one["class"]}
        yield head.get_text(" ", strip=True), marks - {"figure"}


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_hours_are_marked_as_their_head_says_they_are_known(edition, page):
    text = (edition / f"{page}.html").read_text(encoding="utf-8")
    tables = BeautifulSoup(text, "html.parser").select("article table.report")
    columns = [column for table in tables for column in columns_of_hours(table)]
    wrong = [(head, marks) for head, marks in columns if not marks <= MAY_BE.get(head, marks)]
    assert wrong == []


def test_columns_of_hours_are_found_and_a_wrong_mark_is_told(edition):
    text = (edition / "models.html").read_text(encoding="utf-8")
    table = BeautifulSoup(text, "html.parser").select_one("#tab-accounts table")
    found = dict(columns_of_hours(table))
    assert found["disclosed"] == {"derived"} and found["95 %"] == {"reconstructed"}
    swapped = text.replace("figure derived", "figure reconstructed")
    table = BeautifulSoup(swapped, "html.parser").select_one("#tab-accounts table")
    assert not dict(columns_of_hours(table))["disclosed"] <= MAY_BE["disclosed"]
