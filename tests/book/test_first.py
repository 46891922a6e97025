"""The first screen: what stands on it, how much, and that it fits, on a screen and a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from benchmarks.weight import loaded_by
from tests.book.conftest import PHONE, WIDE
from tests.conftest import ROOT

pytestmark = pytest.mark.browser

HEADLINE = "article h1"
TOP = ".first-line, article h1, .standfirst, .first, .first-questions"
LINKED = ":is(article h1, .standfirst, .first) a.figure:not(svg a)"  # outside the drawing
ONE_AND_A_HALF = 1.5 * PHONE["height"]
TABLET = {"width": 700, "height": 1000}
SCREENS = [
    pytest.param(size, scheme, id=f"{size['width']}-{scheme}")
    for size in (WIDE, TABLET, PHONE)
    for scheme in ("light", "dark")
]


def bottom(page: Page, selector: str) -> float:
    """Where the last of the elements ends, from the top of the page [px]."""
    return page.locator(selector).evaluate_all(
        "all => Math.max(...all.map(one => one.getBoundingClientRect().bottom + scrollY))"
    )


def words(page: Page) -> list[str]:
    """The words of the first screen outside its drawing and its links to questions."""
    text = page.evaluate(
        """() => [...document.querySelectorAll(
            '.first-line, article h1, .standfirst, .first-numbers'
        )].map(one => one.innerText).join(' ')"""
    )
    return [word for word in re.split(r"[\s#]+", text) if re.search(r"\w", word)]


def text_outside(page: Page) -> list[str]:
    """Texts of the drawing in sight that leave its frame or lie on another text."""
    return page.evaluate(
        """() => {
            const svg = [...document.querySelectorAll('#fig-hero svg')].find(
                one => one.getBoundingClientRect().width > 0);
            const frame = svg.getBoundingClientRect();
            const texts = [...svg.querySelectorAll('text')].map(
                one => [one.textContent, one.getBoundingClientRect()]);
            const leaves = ([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1
                || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
            const meet = (one, other) => one.left < other.right - 1 && other.left < one.right - 1
                && one.top < other.bottom - 3 && other.top < one.bottom - 3;
            const lies = ([, box], place) => texts.some(
                ([, other], at) => at !== place && meet(box, other));
            return texts.filter((text, at) => leaves(text) || lies(text, at)).map(text => text[0]);
        }"""
    )


@pytest.mark.parametrize(("size", "scheme"), SCREENS)
def test_the_hero_is_drawn_with_its_texts_inside_and_apart(visit, size, scheme):
    with visit("index", viewport=size, color_scheme=scheme) as (opened, trouble):
        drawing = opened.locator("#fig-hero svg:visible")
        assert drawing.count() == 1
        assert drawing.bounding_box()["width"] >= 330
        assert text_outside(opened) == []
        sizes = drawing.locator("text").evaluate_all(
            "all => all.map(one => parseFloat(getComputedStyle(one).fontSize)"
            " * one.ownerSVGElement.getScreenCTM().a)"
        )
        assert min(sizes) >= 12.9
        assert trouble == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_written_on_a_bar_reads_on_its_colour(visit, scheme):
    with visit("index", color_scheme=scheme) as (opened, _):
        colors = [
            opened.locator(f"#fig-hero svg:visible .{name}").first.evaluate(
                "one => getComputedStyle(one).fill"
            )
            for name in ("ink-on-mark", "ink-disclosed")
        ]
        ink, bar = sorted(luminance(color) for color in colors)
        assert (bar + 0.05) / (ink + 0.05) >= 4.5


def luminance(color: str) -> float:
    """The relative luminance of a colour as CSS computes it, by WCAG 2."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [part / 12.92 if part <= 0.04 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_first_screen_says_the_ratio_in_130_words_and_eight_linked_numbers(visit):
    with visit("index") as (opened, _):
        assert len(words(opened)) <= 140
        assert opened.locator(LINKED).count() <= 8
        assert "5 %" in opened.locator(HEADLINE).inner_text().replace("\xa0", " ")
        assert opened.locator(".standfirst p").inner_text().count(". ") <= 2


def test_all_of_it_stands_on_one_screen(visit):
    with visit("index") as (opened, _):
        assert bottom(opened, TOP) <= WIDE["height"]


def test_on_a_phone_headline_picture_and_numbers_take_one_screen_and_a_half(visit):
    with visit("index", viewport=PHONE) as (opened, _):
        assert (
            bottom(opened, f"{HEADLINE}, .standfirst, #fig-hero, .first-number") <= ONE_AND_A_HALF
        )
        order = [
            opened.locator(one).first.bounding_box()["y"]
            for one in (".first-line", HEADLINE, ".standfirst", "#fig-hero", ".first-number")
        ]
        assert order == sorted(order)


def test_the_sentence_to_quote_is_copied_as_it_stands(visit, served):
    with visit("index", served) as (opened, _):
        opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
        opened.locator(".quote button").click()
        opened.wait_for_selector(".quote button.success")
        copied = opened.evaluate("navigator.clipboard.readText()")
        assert copied == opened.locator(".quote p").inner_text()
        assert copied == (
            "“DeepSeek’s $294,000 covers R1’s last steps, 147,000 GPU-hours. With its "
            "base model it is 2,930,000 GPU-hours: about $5.9 million at an assumed $2 an hour, "
            "without failed runs and staff.”"
        )


def test_the_questions_lead_to_their_answers(visit):
    with visit("index") as (opened, _):
        links = opened.locator(".first-questions a")
        assert links.count() == 5
        assert links.last.inner_text().startswith("Try your own price")
        for link in links.all()[:4]:
            target = link.get_attribute("href")
            assert target.startswith("#") and opened.locator(target).count() == 1


def test_the_first_page_is_light(chromium, edition):
    weight = loaded_by(chromium, edition / "index.html")
    assert weight["megabytes_gzip"] <= 0.3
    assert weight["outside_requests"] == 0


def test_the_readme_says_what_the_first_screen_says(visit):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    with visit("index") as (opened, _):
        for part in (HEADLINE, ".standfirst p"):
            said = opened.locator(part).inner_text().replace("\xa0", " ")
            assert said.rstrip("#\n ") in readme
