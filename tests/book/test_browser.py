"""Every page in a real browser: whole, readable and without a network, on a screen and a phone."""

import re

import pytest
from playwright.sync_api import Page

from tests.book.conftest import PAGES, PHONE

pytestmark = pytest.mark.browser


def drawn(page: Page) -> int:
    """Charts with a visible drawing of some size."""
    return page.evaluate(
        """() => [...document.querySelectorAll('figure.chart')]
            .filter(figure => [...figure.querySelectorAll('svg')].some(svg =>
                svg.getBoundingClientRect().width > 200 && svg.querySelector('path, text')
            )).length"""
    )


def icons_not_drawn(page: Page) -> list[str]:
    """Icons in sight that have no drawing or no size."""
    return page.evaluate(
        """() => [...document.querySelectorAll('[class*="fa-"]')].filter(icon => {
            const box = icon.getBoundingClientRect(), mark = getComputedStyle(icon, '::before');
            const isDrawn = box.width >= 10 && box.height >= 10
                && mark.maskImage.startsWith('url("data:');
            return icon.checkVisibility({visibilityProperty: true}) && !isDrawn;
        }).map(icon => icon.className)"""
    )


def sidebar(page: Page) -> dict[str, float]:
    """How far the menu is scrolled, and where in it the entry of the open page ends."""
    return page.evaluate(
        """() => {
            const box = document.querySelector('#pst-primary-sidebar');
            const entry = box.querySelector('a.current'), top = box.getBoundingClientRect().top;
            const end = entry ? entry.getBoundingClientRect().bottom - top : 0;
            return {
                scrolled: box.scrollTop, end: end, height: box.clientHeight, most: box.scrollHeight
            };
        }"""
    )


def test_a_page_is_whole_from_a_folder_on_a_screen_and_on_a_phone_by_day_and_night(shown):
    opened, trouble = shown
    charts = opened.locator("figure.chart").count()
    assert drawn(opened) == charts
    assert icons_not_drawn(opened) == []
    menu = sidebar(opened)
    assert menu["end"] <= menu["height"]
    assert menu["scrolled"] == 0 or menu["end"] + menu["scrolled"] > menu["height"]
    opened.set_viewport_size(PHONE)
    for scheme in ("light", "dark"):
        opened.emulate_media(color_scheme=scheme)
        assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert drawn(opened) == charts
        assert icons_not_drawn(opened) == []
    assert trouble == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole_from_a_server(look, served, page):
    opened, trouble = look(page, served)
    assert drawn(opened) == opened.locator("figure.chart").count()
    assert trouble == []


def test_a_mark_of_a_chart_says_what_it_stands_for_until_escape(visit):
    with visit("bill") as (opened, trouble):
        mark = opened.locator("figure.chart .chart-wide .role-mark path[aria-label]").first
        for reach in (mark.hover, lambda: mark.click(force=True)):
            reach()
            said = opened.locator(".chart-tip").inner_text()
            assert said == mark.get_attribute("aria-label") != ""
            opened.keyboard.press("Escape")
            assert opened.locator(".chart-tip").count() == 0
            opened.mouse.move(0, 0)
        assert trouble == []


def test_a_figure_has_a_number_an_address_to_copy_and_files(visit, edition):
    with visit("bill") as (opened, _):
        opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
        figures = opened.locator("figure.chart")
        numbers = figures.locator(".chart-number").all_inner_texts()
        assert numbers == [f"Figure {number}" for number in range(1, figures.count() + 1)]
        figure = figures.first
        address = f"#{figure.get_attribute('id')}"
        figure.locator(".chart-link").click()
        assert opened.evaluate("navigator.clipboard.readText()").endswith(f"bill.html{address}")
        files = figure.locator(".chart-files a[download]").evaluate_all(
            "links => links.map(link => link.getAttribute('href'))"
        )
        assert [name.rpartition(".")[2] for name in files] == ["png", "svg", "csv", "json"]
        assert all((edition / name).stat().st_size > 0 for name in files)


def test_text_of_charts_is_readable_in_the_dark(visit):
    with visit("bill", color_scheme="dark") as (opened, _):
        color = opened.evaluate(
            "getComputedStyle(document.querySelector('figure.chart svg text')).fill"
        )
        assert min(int(part) for part in re.findall(r"\d+", color)[:3]) > 150


def test_the_switch_of_colours_and_the_search_button_work_on_a_phone(visit):
    with visit("bill", viewport=PHONE, has_touch=True) as (opened, trouble):
        switch = opened.get_by_role("button", name="Color mode")
        seen = set()
        for _ in range(3):
            seen.add(opened.evaluate("document.documentElement.dataset.mode"))
            switch.tap()
            assert icons_not_drawn(opened) == []
        assert seen == {"auto", "dark", "light"}
        opened.locator("button.search-button").tap()
        opened.locator("dialog[open] input[type=search]").fill("rollout")
        opened.keyboard.press("Enter")
        opened.wait_for_selector(".search-found li:has-text('R1-Zero')")
        assert trouble == []


def test_notes_and_downloads_have_their_marks_without_the_icon_font(visit):
    note = '<div class="admonition note"><p class="admonition-title">Note</p></div>'
    download = '<a class="reference download" href="#">file</a>'
    with visit("disclosure") as (opened, trouble):
        opened.locator("article").evaluate("(box, html) => (box.innerHTML = html)", note + download)
        mark = "getComputedStyle(document.querySelector('{}'), '::{}').content"
        assert opened.evaluate(mark.format(".admonition-title", "after")) == '"i"'
        assert opened.evaluate(mark.format("a.download", "before")) == '"↓"'
        opened.evaluate("document.fonts.ready")
        opened.wait_for_timeout(100)
        assert trouble == []
