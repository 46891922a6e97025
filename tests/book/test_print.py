"""The pages on paper: nothing cut, nothing to press, and the address of each source."""

import re

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser
DARK = 0.2
SHEET = {"width": 688, "height": 1016}  # A4 less its margins, at 96 px to the inch


def luminance(color: str) -> float:
    """How bright a colour is in grey, from 0 to 1."""
    red, green, blue = (int(part) / 255 for part in re.findall(r"\d+", color)[:3])
    return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2


def beyond_the_sheet(page: Page) -> list[str]:
    """What leaves the sheet, or is cut by the box that it stands in."""
    return page.evaluate(
        """seen => {
            const width = document.documentElement.clientWidth, found = [];
            for (const item of document.querySelectorAll('article, article *')) {
                if (!item.checkVisibility(seen) || item.closest('svg, math')) continue;
                const box = item.getBoundingClientRect(), style = getComputedStyle(item);
                const isCut = style.overflowX !== 'visible' && item.scrollWidth > box.width + 1;
                const leaves = box.width && (box.right > width + 1 || box.left < -1);
                if (isCut || leaves) found.push(item.outerHTML.slice(0, 120));
            }
            return found;
        }""",
        {"opacityProperty": True, "visibilityProperty": True},
    )


def to_press(page: Page) -> list[str]:
    """Buttons, menus and boxes in sight that do nothing on paper; the head of a column is text."""
    return page.evaluate(
        """() => [...document.querySelectorAll(
            'button:not(.sort), nav, header, footer, dialog, input[type=range], input[type=search],'
            + '.headerlink, .chart-files, .skip-link, #number-card, .prev-next-footer'
        )].filter(item => item.checkVisibility() && item.getBoundingClientRect().height > 0)
          .map(item => item.outerHTML.slice(0, 120))"""
    )


def test_a_page_on_paper_is_whole_and_has_nothing_to_press(shown):
    opened, trouble = shown
    opened.set_viewport_size(SHEET)
    charts = opened.locator("figure.chart").count()
    opened.emulate_media(media="print")
    assert beyond_the_sheet(opened) == []
    assert to_press(opened) == []
    assert opened.locator("article h1").first.is_visible()
    assert opened.locator("div.cell_input:visible").count() == 0
    drawings = opened.locator("figure.chart svg:visible")
    assert drawings.count() >= charts
    assert trouble == []


def test_a_source_is_followed_by_its_address_and_no_other_link_is(visit):
    with visit("claims", viewport=SHEET) as (opened, _):
        opened.emulate_media(media="print")
        after = opened.evaluate(
            """() => [...document.querySelectorAll('article a[href]')].map(link =>
                [link.getAttribute('href'), getComputedStyle(link, '::after').content])"""
        )
        sources = [row for row in after if row[0].startswith("http")]
        assert len(sources) > 20
        assert all(href in content for href, content in sources)
        assert all("#" not in content for href, content in after if not href.startswith("http"))


@pytest.mark.parametrize("page", ["index", "claims"])
def test_paper_is_white_and_its_text_dark_though_the_screen_is_not(visit, page):
    with visit(page, viewport=SHEET, color_scheme="dark") as (opened, _):
        opened.emulate_media(media="print", color_scheme="dark")
        colors = opened.evaluate(
            """() => [...document.querySelectorAll(
                'article :is(h1, p, a.figure, .verdict, .known, td, .chart-title, .chart-source)'
            )].filter(item => item.checkVisibility())
              .map(item => getComputedStyle(item).color)"""
        )
        assert len(colors) > 20
        assert [color for color in set(colors) if luminance(color) > DARK] == []
        fill = opened.evaluate(
            "getComputedStyle(document.querySelector('figure.chart svg:not([hidden]) text')).fill"
        )
        assert luminance(fill) <= DARK
        assert opened.evaluate("getComputedStyle(document.body).backgroundColor") in {
            "rgb(255, 255, 255)",
            "rgba(0, 0, 0, 0)",
        }


def test_a_page_prints(visit):
    with visit("index") as (opened, _):
        printed = opened.pdf(format="A4")
        assert printed.startswith(b"%PDF")
        assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 8
