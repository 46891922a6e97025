"""A number opens where it stands, says how it is known and whence it comes, and moves nothing."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.book.conftest import PAGES, PHONE, WIDE, wait_until

pytestmark = pytest.mark.browser
MARKS = ("disclosed", "derived", "reconstructed", "assumption")
OPENS = "article a[data-row]:is(.figure, .term, .verdict)"
SHOWS = (("bill", "light", WIDE), ("r1_zero_rl", "dark", PHONE), ("index", "light", PHONE))
# where everything lies that a reader reads, and how far the page is scrolled; it stays in the page
LAYOUT = """(() => JSON.stringify([scrollX, scrollY, document.documentElement.scrollHeight].concat(
    [...document.querySelectorAll('article :is(p, li, tr, h1, h2, h3, figure)')]
        .map(node => node.getBoundingClientRect()).map(box => [box.x, box.y, box.width, box.height])
)))()"""
REMEMBER, SAME = f"() => {{ window.layoutBefore = {LAYOUT} }}", f"window.layoutBefore === {LAYOUT}"
CARD = "#number-card:popover-open"
IS_OPEN = f"document.querySelector('{CARD}') !== null"
# all that is asked of an open card, in one answer: there are thousands of numbers
SAYS = f"""number => {{
    const card = document.querySelector('{CARD}'), box = card.getBoundingClientRect();
    const how = card.querySelector('.card-how .known'), row = card.querySelector('a.card-row');
    return {{
        across: box.left >= 0 && box.right <= innerWidth,
        down: box.top >= 0 && box.bottom <= innerHeight,
        expanded: number.getAttribute('aria-expanded'),
        name: card.querySelector('.card-name').textContent,
        leads: row.getAttribute('href') === number.getAttribute('href'),
        how: how ? how.className : '',
        same: {SAME},
    }};
}}"""
CLOSED = f"""number => ({{
    open: {IS_OPEN}, focused: document.activeElement === number, same: {SAME}
}})"""


# every number in sight is tapped in turn, by the page itself: there are thousands
EACH = f"""async () => {{
    const wait = ms => new Promise(resolve => setTimeout(resolve, ms)), wrong = [];
    const frame = () => new Promise(requestAnimationFrame);
    const blocks = () => JSON.stringify([scrollX, scrollY].concat(
        [...document.querySelectorAll('article section > *')]
            .map(node => node.getBoundingClientRect()).map(box => [box.x, box.y, box.height])));
    for (const table of document.querySelectorAll('.table-room')) {{  // laid out when near
        table.scrollIntoView({{behavior: 'instant'}});
        await frame(), await frame();
    }}
    const numbers = [...document.querySelectorAll("{OPENS}")].filter(one => one.checkVisibility());
    for (const number of numbers) {{
        number.scrollIntoView({{block: 'center', behavior: 'instant'}});
        const before = blocks();
        number.dispatchEvent(new MouseEvent('click', {{bubbles: true, cancelable: true}}));
        for (let tries = 0; tries < 500 && !({IS_OPEN}); tries++) await wait(10);
        const said = ({SAYS.replace(SAME, "blocks() === before")})(number);
        const [first, mark] = number.getAttribute('class').split(' ');
        said.known = first !== 'figure' || said.how === `known ${{mark}}`;
        const asked = ['across', 'down', 'name', 'leads', 'expanded', 'known', 'same'];
        if (!asked.every(one => said[one])) wrong.push([number.outerHTML, said]);
        document.querySelector('{CARD}').hidePopover();
        if (blocks() !== before) wrong.push([number.outerHTML, 'moved as it closed']);
    }}
    return [numbers.length, wrong];
}}"""


def one_of_each_kind(opened: Page) -> list[Locator]:
    """The first number in sight of each kind on a page."""
    found = [opened.locator(f"article a.figure.{mark}:visible") for mark in MARKS]
    return [numbers.first for numbers in found if numbers.count()]


def expect_card(opened: Page, number: Locator) -> None:
    """The card of a number is open, inside the window, says what a card says, and moves nothing."""
    wait_until(opened, IS_OPEN)
    said, marks = number.evaluate(SAYS), number.get_attribute("class")
    assert all(said[part] for part in ("across", "down", "name", "leads", "same")), said
    assert said["expanded"] == "true"
    if "figure" in marks:
        assert said["how"] == f"known {marks.removeprefix('figure ')}", said


def open_and_close(opened: Page, number: Locator) -> None:
    """By tap and by key; it closes by Escape, the focus returns, and nothing on the page moves."""
    number.scroll_into_view_if_needed()
    opened.evaluate(REMEMBER)
    is_mark = number.get_attribute("aria-label")  # of a chart, and perhaps under another one
    tap = (lambda: number.dispatch_event("click")) if is_mark else number.click
    for reach in (tap, lambda: number.press("Enter"), lambda: number.press(" ")):
        reach()
        expect_card(opened, number)
        opened.keyboard.press("Escape")
        assert number.evaluate(CLOSED) == {"open": False, "focused": True, "same": True}


@pytest.mark.parametrize(("page", "scheme", "viewport"), SHOWS)
def test_a_number_of_each_kind_opens_in_place_by_tap_and_by_key(visit, page, scheme, viewport):
    with visit(page, color_scheme=scheme, viewport=viewport) as (opened, trouble):
        numbers = one_of_each_kind(opened)
        assert len(numbers) >= 2
        for number in numbers:
            open_and_close(opened, number)
        assert trouble == []


def test_no_card_is_loaded_before_a_number_is_reached_for(visit):
    with visit("index") as (opened, trouble):
        assert opened.evaluate("window.traincostCards") is None
        opened.locator("a.figure").first.click()
        expect(opened.locator(CARD)).to_be_visible()
        assert opened.evaluate("Object.keys(window.traincostCards.cards).length") > 100
        assert trouble == []


def test_a_pointer_that_rests_opens_the_card_and_leaving_closes_it(visit):
    with visit("index") as (opened, _):
        opened.locator("a.figure").first.hover()
        card = opened.locator(CARD)
        expect(card).to_be_visible()
        card.hover()
        opened.wait_for_timeout(500)
        expect(card).to_be_visible()
        opened.mouse.move(5, 5)
        expect(card).to_have_count(0)


def test_the_keyboard_reaches_the_links_of_a_card_and_comes_back(visit):
    with visit("index") as (opened, _):
        number = opened.locator("a.figure.disclosed").first
        number.press("Enter")
        expect(opened.locator(CARD)).to_be_focused()
        opened.keyboard.press("Tab")
        expect(opened.locator("#number-card a").first).to_be_focused()
        opened.locator("#number-card a").last.focus()
        opened.keyboard.press("Shift+Tab")
        expect(opened.locator(CARD)).to_be_visible()
        opened.locator("#number-card a").first.focus()
        opened.keyboard.press("Shift+Tab")
        expect(number).to_be_focused()
        expect(opened.locator(CARD)).to_have_count(0)


def test_a_click_with_a_key_held_follows_the_link(visit):
    with visit("index") as (opened, _):
        number = opened.locator("a.figure.disclosed").first
        with opened.context.expect_page() as other:
            number.click(modifiers=["Control"])
        assert other.value.url.endswith(number.get_attribute("href"))
        expect(opened.locator(CARD)).to_have_count(0)


def test_without_scripts_a_number_leads_to_its_row_and_the_row_to_the_document(visit, evidence):
    with visit("index", java_script_enabled=False) as (opened, _):
        opened.locator("a.figure.disclosed").first.click()
        opened.wait_for_load_state("load")  # the row is marked when the whole page has been read
        assert opened.url.endswith("#r1_total_cost_usd")
        row = opened.locator("tr:target")
        assert evidence.facts["r1_total_cost_usd"].locator in row.inner_text()
        source = evidence.by_id("sources")[evidence.facts["r1_total_cost_usd"].source_id]
        assert row.locator(f"a[href='{source['url']}']").count() == 1


def test_no_number_says_anything_in_a_tooltip(edition):
    for page in edition.glob("*.html"):
        figures = re.findall('<a class="figure[^>]*>', page.read_text(encoding="utf-8"))
        assert [figure for figure in figures if "title=" in figure] == []


def test_no_page_shows_the_markup_of_a_number(edition):
    for page in edition.glob("*.html"):
        text = re.sub("<pre.*?</pre>", "", page.read_text(encoding="utf-8"), flags=re.S)
        assert '&lt;a class="figure' not in text and "&lt;a class=&quot;figure" not in text, page


@pytest.mark.soak
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_every_number_of_a_page_opens(visit, page, scheme, viewport, record_property):
    with visit(page, color_scheme=scheme, viewport=viewport, reduced_motion="reduce") as (
        opened,
        trouble,
    ):
        count, wrong = opened.evaluate(EACH)
        record_property("numbers opened", count)
        assert (wrong, trouble) == ([], [])
