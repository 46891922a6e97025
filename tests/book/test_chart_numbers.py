"""Numbers in charts open as those of a text do: labels and marks, by tap and by keys."""

import re

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from tests.book.conftest import PAGES, PHONE, WIDE
from tests.book.test_numbers import CARD, open_and_close
from tests.book.test_typed_numbers import names_of_models

pytestmark = pytest.mark.browser
LABELS = "figure.chart svg a.figure:not([aria-label])"
MARKS = "figure.chart svg a.figure[aria-label]"
MOVED = "[tabindex='-1']"


@pytest.mark.parametrize("page", PAGES)
def test_every_number_in_a_drawing_leads_to_a_row(edition, evidence, page):
    """But for the numbers of an axis, of names and in the titles of panels."""
    article = BeautifulSoup((edition / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
    names = re.compile("|".join(map(re.escape, names_of_models(evidence))))
    for link in article.select("figure.chart svg a.figure"):
        assert link["href"] and link["data-row"]
    drawn = article.select("figure.chart svg g.role-mark:not(.titles_marks) text")
    loose = [text.get_text(" ") for text in drawn if not text.find_parent("a")]
    assert [text for text in loose if re.search(r"\d", names.sub("", text))] == []
    labels = article.select("figure.chart svg g.role-axis-label text")
    said = [text.get_text(" ") for text in labels if not text.find_parent("a")]
    assert [text for text in said if re.search(r": [×$]?\d|,\s\d+\s%", text)] == []


@pytest.mark.parametrize(
    ("page", "viewport", "scheme"),
    [("bill", WIDE, "light"), ("index", PHONE, "dark"), ("disclosure", WIDE, "dark")],
)
def test_a_label_opens_by_tap_and_by_key(visit, page, viewport, scheme):
    with visit(page, viewport=viewport, color_scheme=scheme) as (opened, trouble):
        labels = opened.locator(f"{LABELS}:visible").all()
        assert len(labels) >= 5
        for label in (labels[0], labels[-1]):
            open_and_close(opened, label)
        assert trouble == []


def test_a_dollar_label_of_the_bill_tells_what_its_line_adds(visit):
    with visit("bill") as (opened, _):
        opened.locator(f"{LABELS}:visible", has_text="$5.328M").click()
        card = opened.locator(CARD)
        expect(card).to_contain_text("what it adds, rented")
        expect(card).to_contain_text("2,664K GPU-hours")


def test_one_mark_of_a_drawing_is_reached_by_tab_and_the_others_by_arrows(visit):
    with visit("claims") as (opened, trouble):
        marks = opened.locator(f".chart-wide {MARKS.partition('chart ')[2]}")
        count = marks.count()
        assert count > 20 and marks.locator("xpath=self::*[not(@tabindex)]").count() == 1
        first, second = marks.nth(0), marks.nth(1)
        first.focus()
        expect(opened.locator(".chart-tip")).to_have_text(first.get_attribute("aria-label"))
        opened.keyboard.press("ArrowRight")
        expect(second).to_be_focused()
        expect(opened.locator(".chart-tip")).to_have_text(second.get_attribute("aria-label"))
        opened.keyboard.press("Enter")
        expect(opened.locator(CARD)).to_contain_text(second.get_attribute("aria-label"))
        expect(opened.locator(".chart-tip")).to_have_count(0)
        opened.keyboard.press("Escape")
        expect(second).to_be_focused()
        opened.keyboard.press("ArrowLeft")
        opened.keyboard.press("ArrowLeft")
        expect(marks.nth(count - 1)).to_be_focused()
        assert trouble == []


def test_a_mark_that_is_tapped_opens_its_card_and_one_that_is_pointed_at_its_words(visit):
    with visit("comparison") as (opened, trouble):
        mark = opened.locator(f".chart-wide {MARKS.partition('chart ')[2]}").last
        mark.scroll_into_view_if_needed()
        mark.hover()
        expect(opened.locator(".chart-tip")).to_have_text(mark.get_attribute("aria-label"))
        opened.wait_for_timeout(500)
        expect(opened.locator(CARD)).to_have_count(0)
        mark.click()
        expect(opened.locator(CARD)).to_contain_text(mark.get_attribute("aria-label"))
        assert trouble == []


def test_without_scripts_a_label_is_a_link_to_its_row(visit):
    with visit("bill", java_script_enabled=False) as (opened, _):
        opened.locator(f"{LABELS}:visible", has_text="$5.328M").click()
        assert opened.url.endswith("bill.html#with_v3_pretraining")


def test_a_drawing_taken_along_has_no_links(edition):
    files = list((edition / "figures").glob("*.svg"))
    assert len(files) > 20
    assert [path.name for path in files if "<a " in path.read_text(encoding="utf-8")] == []
