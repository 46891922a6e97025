"""Every page by the rules of WCAG A and AA, and the book by the keys alone."""

from __future__ import annotations

from statistics import median

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.book.conftest import PAGES, PHONE, WIDE

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# what has the focus stands in the window and is marked
SEEN = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    return one === document.body || (one.checkVisibility({visibilityProperty: true})
        && box.bottom > 0 && box.top < innerHeight && style.outlineStyle !== "none");
}"""
FEW = [
    ("index", "light", WIDE),
    ("bill", "dark", WIDE),
    ("hours", "light", PHONE),
    ("about", "dark", PHONE),
]


def violations(visit, page: str, scheme: str, size: dict[str, int]) -> list[str]:
    """What breaks a rule: its id, how often, and the first place."""
    still = {"reduced_motion": "reduce"}  # a colour that fades in is not its own yet
    with visit(page, viewport=size, color_scheme=scheme, **still) as (opened, _):
        found = Axe().run(opened, options=RULES).response["violations"]
    return [
        f"{rule['id']}: {len(rule['nodes'])}, {rule['nodes'][0]['target']} "
        f"{rule['nodes'][0]['html'][:200]}"
        for rule in found
    ]


@pytest.mark.parametrize(("page", "scheme", "size"), FEW)
def test_a_page_keeps_the_rules(visit, page, scheme, size):
    assert violations(visit, page, scheme, size) == []


@pytest.mark.soak
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", [*PAGES, "search"])
def test_every_page_keeps_the_rules(visit, page, scheme, size, record_property):
    assert violations(visit, page, scheme, size) == []
    record_property("pages without a violation of the rules of access", 1)


def test_text_is_large_and_its_lines_have_60_to_75_characters(visit):
    with visit("method") as (opened, _):
        texts = opened.locator("article section > p")
        style = texts.last.evaluate(
            "text => [getComputedStyle(text).fontSize, getComputedStyle(text).lineHeight]"
        )
        assert style == ["17px", "27.2px"]
        per_line = texts.evaluate_all(
            "all => all.filter(text => text.clientHeight > 4 * 27)"
            ".map(text => text.textContent.length / (text.clientHeight / 27.2 - 0.5))"
        )
        assert 60 <= median(per_line) <= 75


def tab_to(opened: Page, selector: str, most: int = 80) -> None:
    """Press Tab until the focus is on what is wanted; wherever it stops on the way is seen."""
    for _ in range(most):
        opened.keyboard.press("Tab")
        assert opened.evaluate(SEEN), opened.evaluate("document.activeElement.outerHTML")[:300]
        if opened.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector}")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("page", ["try", "hours", "about"])
def test_text_of_twice_the_size_stays_on_the_screen(visit, page, size):
    with visit(page, viewport=size) as (opened, _):
        opened.evaluate("document.documentElement.style.fontSize = '32px'")
        assert opened.evaluate("document.documentElement.scrollWidth") <= size["width"]
        box = opened.locator(".bar").bounding_box()
        for one in opened.locator(".bar a, .bar button").all():
            if one.is_visible():
                inside = one.bounding_box()
                assert inside["x"] + inside["width"] <= size["width"]
                assert inside["y"] + inside["height"] <= box["y"] + box["height"]


def test_the_first_key_skips_to_the_text(visit):
    with visit("bill") as (opened, _):
        opened.keyboard.press("Tab")
        assert opened.evaluate("document.activeElement.textContent") == "Skip to main content"
        expect(opened.get_by_role("link", name="Skip to main content")).to_be_in_viewport()
        opened.keyboard.press("Enter")
        tab_to(opened, "article a", most=2)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_keys_alone_reach_the_menu_and_a_page_in_it(visit, size):
    with visit("index", viewport=size) as (opened, trouble):
        tab_to(opened, "[data-drawer=primary]")
        opened.keyboard.press("Enter")
        tab_to(opened, "nav.bd-docs-nav summary")
        opened.keyboard.press("Enter")
        tab_to(opened, "nav.bd-docs-nav a[href='v3_pretraining.html']")
        opened.keyboard.press("Enter")
        opened.wait_for_url("**/v3_pretraining.html")
        assert trouble == []


def test_keys_alone_search(visit):
    with visit("bill") as (opened, trouble):
        tab_to(opened, ".bar .search-button")
        opened.keyboard.press("Enter")
        opened.keyboard.type("rollout")
        opened.keyboard.press("Enter")
        opened.wait_for_url("**/search.html?q=rollout")
        tab_to(opened, ".search-found a")
        opened.keyboard.press("Enter")
        opened.wait_for_url(lambda url: "search.html" not in url)
        assert trouble == []


def test_keys_alone_open_a_number_and_close_it(visit):
    with visit("bill") as (opened, trouble):
        tab_to(opened, "article a.figure")
        opened.keyboard.press("Enter")
        card = opened.locator("#number-card")
        expect(card).to_be_visible()
        opened.keyboard.press("Escape")
        expect(card).to_be_hidden()
        assert opened.evaluate("document.activeElement.matches('a.figure')")
        assert opened.url.endswith("bill.html") and trouble == []


def test_keys_alone_sort_and_filter_a_table(visit):
    with visit("evidence") as (opened, trouble):
        tab_to(opened, ".table-tools input")
        opened.keyboard.type("rental price")
        shown = opened.locator("table.facts tbody tr:visible")
        expect(shown.first).to_contain_text("rental price")
        tab_to(opened, "table.facts th button")
        opened.keyboard.press("Enter")
        expect(opened.locator("table.facts th[aria-sort]").first).to_be_visible()
        assert trouble == []
