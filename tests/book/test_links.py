"""Every address of every page, and every page without scripts."""

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.book.conftest import EVERY_PAGE

ELSEWHERE = re.compile(r"(https?:|//|data:|mailto:)")
NAMES = ("aria-describedby", "aria-labelledby", "aria-controls", "for")


class Addresses(HTMLParser):
    """The ids of a page, what its links lead to, and the ids that its elements name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.named: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids += [found["id"]] if "id" in found else []
        self.targets += [found[name] for name in ("href", "src") if name in found]
        self.named += [name for key in NAMES for name in found.get(key, "").split()]


@pytest.fixture(scope="session")
def addresses(edition: Path) -> dict[str, Addresses]:
    """Of every page, those that lead on from old addresses and the page of search included."""
    return {
        path.stem: Addresses(path.read_text(encoding="utf-8")) for path in edition.glob("*.html")
    }


def broken(page: str, addresses: dict[str, Addresses], edition: Path) -> Iterator[str]:
    """The links of a page that lead nowhere."""
    for target in addresses[page].targets:
        if ELSEWHERE.match(target):
            continue
        path, _, anchor = target.partition("#")
        name = path.partition("?")[0] or f"{page}.html"
        ids = addresses[name.removesuffix(".html")].ids if name.endswith(".html") else []
        if not (edition / name).is_file() or (anchor and anchor not in ids):
            yield target


def test_every_link_of_every_page_leads_to_a_file_and_an_anchor(addresses, edition):
    assert set(EVERY_PAGE) < set(addresses)
    found = {page: list(broken(page, addresses, edition)) for page in addresses}
    assert {page: targets for page, targets in found.items() if targets} == {}


def test_no_id_stands_twice_on_a_page_and_every_id_that_is_named_is_there(addresses):
    for page, found in addresses.items():
        twice = [name for name, count in Counter(found.ids).items() if count > 1]
        assert twice == [], page
        assert set(found.named) <= set(found.ids), page


@pytest.mark.browser
@pytest.mark.parametrize("page", EVERY_PAGE)
def test_without_scripts_charts_numbers_and_tables_stand(look, page):
    opened, trouble = look(page, java_script_enabled=False)
    # the page runs none of its own scripts; these are the test's
    seen = opened.evaluate(
        """() => {
            const shown = selector => [...document.querySelectorAll(selector)].filter(
                item => item.checkVisibility() && item.getBoundingClientRect().height > 0);
            return {
                charts: document.querySelectorAll('figure.chart').length,
                drawn: shown('figure.chart svg').length,
                tables: [...document.querySelectorAll('table.report')]
                    .filter(item => !item.closest('details')).length,
                full: shown('table.report').filter(box => box.rows.length > 1).length,
                dead: shown('article .figure[data-row]').filter(item => !item.href).length,
            };
        }"""
    )
    assert seen["drawn"] >= seen["charts"]
    assert seen["full"] == seen["tables"]
    assert seen["dead"] == 0
    assert trouble == []


@pytest.mark.browser
def test_pages_that_lead_on_and_the_page_of_search_ask_for_nothing_and_are_quiet(
    visit, edition, addresses
):
    others = sorted(set(addresses) - set(EVERY_PAGE))
    assert "search" in others
    for page in others:
        with visit(page) as (opened, trouble):
            opened.wait_for_load_state("load")
            assert [line for line in trouble if "favicon" not in line] == [], page
