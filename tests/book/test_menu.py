"""The menu and a page's contents, driven by tap, mouse and keyboard, at every width."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.book.conftest import PHONE

pytestmark = pytest.mark.browser
WIDTHS_PX = (390, 768, 1000, 1440)
MENU, CONTENTS = "Menu", "Contents of this page"
MENU_IS_BESIDE_TEXT_FROM_PX, CONTENTS_ARE_FROM_PX = 960, 1200


def expect_shown(button: Locator, link: Locator, shown: bool) -> None:
    """What the button opens is there or not, and it says so."""
    expect(link).to_be_visible(visible=shown)
    expect(button).to_have_attribute("aria-expanded", str(shown).lower())


def drive_drawer(opened: Page, button: Locator, link: Locator, backdrop_x: int) -> None:
    """Open and close a drawer in every way; it is open afterwards."""
    expect_shown(button, link, False)
    button.tap()
    expect_shown(button, link, True)
    opened.keyboard.press("Escape")
    expect_shown(button, link, False)
    expect(button).to_be_focused()
    opened.keyboard.press("Enter")
    expect_shown(button, link, True)
    for _ in range(40):  # the focus stays within, or with the browser
        opened.keyboard.press("Tab")
        assert opened.evaluate("!document.querySelector('.bd-article:focus-within')")
    opened.touchscreen.tap(backdrop_x, 400)
    expect_shown(button, link, False)
    button.click()
    expect_shown(button, link, True)


@pytest.mark.parametrize("width", WIDTHS_PX)
def test_the_menu_opens_closes_and_leads_on(visit, width):
    with visit("bill", viewport={"width": width, "height": 844}, has_touch=True) as (opened, wrong):
        button = opened.get_by_role("button", name=MENU, exact=True)
        link = opened.locator("nav.bd-docs-nav a", has_text="Who discloses what")
        if width < MENU_IS_BESIDE_TEXT_FROM_PX:
            drive_drawer(opened, button, link, width - 5)
        else:
            expect_shown(button, link, True)
            button.tap()
            expect_shown(button, link, False)
            button.click()
            expect_shown(button, link, True)
            button.press("Enter")
            expect_shown(button, link, False)
            button.press("Enter")
            expect_shown(button, link, True)
        link.tap()
        opened.wait_for_url("**/disclosure.html")
        assert wrong == []


@pytest.mark.parametrize("page", ["bill", "claims"])  # the latter gives its width to a table
@pytest.mark.parametrize("width", WIDTHS_PX)
def test_the_contents_of_a_page_open_close_and_lead_on(visit, width, page):
    with visit(page, viewport={"width": width, "height": 844}, has_touch=True) as (opened, wrong):
        button = opened.get_by_role("button", name=CONTENTS)
        link = opened.locator("#pst-page-toc-nav a").last
        target = link.get_attribute("href")
        if width >= CONTENTS_ARE_FROM_PX and page == "bill":
            expect(link).to_be_visible()
            expect(button).to_have_count(0)
            link.tap()
        else:
            drive_drawer(opened, button, link, 5)
            link.tap()
            expect_shown(button, link, False)
        assert opened.url.endswith(target)
        expect(opened.locator(target).locator("h2").first).to_be_in_viewport()
        assert wrong == []


def test_tab_reaches_the_menu_button_soon_and_nothing_that_is_out_of_sight(visit):
    with visit("bill", viewport=PHONE) as (opened, _):
        reached = []
        for _ in range(8):
            opened.keyboard.press("Tab")
            assert opened.evaluate(
                "document.activeElement.checkVisibility({visibilityProperty: true})"
            )
            reached.append(opened.evaluate("document.activeElement.title"))
        assert MENU in reached[:3]
        assert CONTENTS in reached


def test_a_menu_that_was_scrolled_starts_at_its_top_on_the_next_page(visit):
    with visit("evidence") as (opened, _):
        box = opened.locator("#pst-primary-sidebar")
        box.evaluate("box => box.scrollTo(0, box.scrollHeight)")
        opened.locator("nav.bd-docs-nav a", has_text=re.compile("^About$")).click()
        opened.wait_for_url("**/about.html")
        opened.locator("#pst-primary-sidebar .navbar-brand").click()
        opened.wait_for_url("**/index.html")
        assert box.evaluate("box => box.scrollTop") == 0


def test_a_drawer_closes_when_the_page_becomes_wide_enough_to_show_it_beside_the_text(visit):
    with visit("bill", viewport=PHONE) as (opened, _):
        button = opened.get_by_role("button", name=MENU, exact=True)
        button.click()
        opened.set_viewport_size({"width": 1440, "height": 900})
        expect(opened.locator("#pst-primary-sidebar nav.bd-docs-nav")).to_be_visible()
        expect(button).to_have_attribute("aria-expanded", "true")
        assert not opened.locator("dialog[open]").count()
