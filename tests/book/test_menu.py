"""The menu and a page's contents, driven by tap, mouse and keyboard, at every width."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from analysis.publish.contents import contents
from analysis.publish.plan import list_moved
from tests.book.conftest import PHONE, wait_until
from tests.conftest import ROOT

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


@pytest.mark.parametrize("page", ["v3_pretraining", "claims"])  # whose table is wide
@pytest.mark.parametrize("width", WIDTHS_PX)
def test_the_contents_of_a_page_open_close_and_lead_on(visit, width, page):
    with visit(page, viewport={"width": width, "height": 844}, has_touch=True) as (opened, wrong):
        button = opened.get_by_role("button", name=CONTENTS)
        link = opened.locator("#pst-page-toc-nav a").last
        target = link.get_attribute("href")
        if width >= CONTENTS_ARE_FROM_PX and page == "v3_pretraining":
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
        for _ in range(10):
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
        opened.locator("nav.bd-docs-nav a", has_text="The answer").click()
        opened.wait_for_url("**/index.html")
        opened.get_by_role("button", name=MENU, exact=True).click()
        assert box.evaluate("box => box.scrollTop") == 0


def test_a_drawer_closes_when_the_page_becomes_wide_enough_to_show_it_beside_the_text(visit):
    with visit("bill", viewport=PHONE) as (opened, _):
        button = opened.get_by_role("button", name=MENU, exact=True)
        button.click()
        opened.set_viewport_size({"width": 1440, "height": 900})
        expect(opened.locator("#pst-primary-sidebar nav.bd-docs-nav")).to_be_visible()
        expect(button).to_have_attribute("aria-expanded", "true")
        assert not opened.locator("dialog[open]").count()


def test_the_menu_of_the_first_page_is_closed_beside_the_text_and_one_click_away(visit):
    with visit("index") as (opened, _):
        button = opened.get_by_role("button", name=MENU, exact=True)
        link = opened.locator("nav.bd-docs-nav a", has_text="Who discloses what")
        expect_shown(button, link, False)
        button.click()
        expect_shown(button, link, True)
        button.press("Enter")
        expect_shown(button, link, False)


def test_pages_of_phases_are_folded_under_theirs_until_one_is_open(visit):
    with visit("bill") as (opened, _):
        under = opened.locator("nav.bd-docs-nav a[href='v3_pretraining.html']")
        expect(under).to_be_hidden()
        phase = opened.locator("a[href='v3_pretraining.html']")
        folded = opened.locator("nav.bd-docs-nav li.has-children", has=phase)
        folded.locator(".toctree-toggle").click()
        under.click()
        opened.wait_for_url("**/v3_pretraining.html")
        expect(opened.locator("nav.bd-docs-nav a.current").last).to_have_text("V3 pre-training")


@pytest.mark.parametrize("part", contents(ROOT / "book").parts, ids=lambda part: part.caption)
def test_the_bar_leads_to_each_part_and_says_which_is_open(visit, part):
    with visit("index") as (opened, _):
        current = opened.locator(".bar-parts [aria-current]")
        expect(current).to_have_count(0)
        opened.locator(".bar-parts a", has_text=part.caption).click()
        opened.wait_for_url(f"**/{part.pages[0]}.html")
        expect(current).to_have_text(part.caption)
        expect(current).to_have_attribute("aria-current", "page")
        opened.goto(opened.url.replace(part.pages[0], part.pages[-1]))
        expect(current).to_have_text(part.caption)
        expect(current).to_have_attribute("aria-current", "true")


@pytest.mark.parametrize("width", WIDTHS_PX)
def test_the_bar_is_one_row_within_the_screen_and_stays_when_the_page_is_scrolled(visit, width):
    with visit("bill", viewport={"width": width, "height": 844}) as (opened, _):
        opened.mouse.wheel(0, 3000)
        wait_until(opened, "scrollY > 1000")
        box = opened.locator(".bar").bounding_box()
        assert box["y"] == 0 and box["height"] < 60
        ends = opened.locator(".bar a, .bar button").evaluate_all(
            "all => all.filter(one => one.checkVisibility())"
            ".map(one => [one.getBoundingClientRect().right, one.getBoundingClientRect().bottom])"
        )
        assert len(ends) >= 4
        assert all(right <= width and bottom <= box["height"] for right, bottom in ends)


def test_without_scripts_the_menu_stands_beside_the_text_or_the_parts_in_the_bar(visit):
    for width in (390, 1440):
        size = {"width": width, "height": 844}
        with visit("index", viewport=size, java_script_enabled=False) as (opened, _):
            parts = opened.locator(".bar-parts a")
            assert all(link.is_visible() for link in parts.all()) and parts.count() == 4
            menu = opened.locator("nav.bd-docs-nav a", has_text="Who discloses what")
            assert menu.is_visible() == (width == 1440)
            assert not opened.get_by_role("button").count()
            under = [link.bounding_box() for link in parts.all()]
            assert all(box["height"] > 20 for box in under)
            title = opened.get_by_role("heading", level=1).bounding_box()
            assert max(box["y"] + box["height"] for box in under) <= title["y"]
            assert opened.locator("html").evaluate("page => page.scrollWidth") <= width


OLD = [("facts", "r1_total_cost_usd"), ("rows", "prices.price_001"), ("ladder", "with_staff")]


@pytest.mark.parametrize(("old", "anchor"), OLD)
def test_an_old_address_arrives_at_the_same_anchor(visit, old, anchor):
    new = list_moved(ROOT)[old]
    with visit(old, anchor=anchor) as (opened, trouble):
        opened.wait_for_url(f"**/{new}.html#{anchor}")
        expect(opened.locator(f"[id='{anchor}']")).to_be_in_viewport()
        assert trouble == []


def test_an_old_address_leads_on_without_scripts_too(visit):
    with visit("facts", java_script_enabled=False) as (opened, _):
        opened.get_by_role("link").click()
        opened.wait_for_url("**/evidence.html")
