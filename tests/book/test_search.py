"""Search, from a folder and from a server: words and numbers, each with its line of context."""

import base64
import gzip
import json
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from analysis.publish.pages import Line
from analysis.publish.search import VARIABLE
from analysis.publish.sharing import SEARCH
from tests.book.conftest import EVERY_PAGE, PHONE
from tests.book.texts import read_page

pytestmark = pytest.mark.browser


def index_of(edition: Path) -> list[list]:
    """The index that the page of search reads."""
    script = (edition / "_static" / SEARCH).read_text(encoding="utf-8")
    packed = script.removeprefix(f'{VARIABLE} = "').removesuffix('";\n')
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def search(opened: Page, words: str) -> list[dict[str, str]]:
    """What is found: where each place leads, and what its line says and marks."""
    opened.wait_for_selector(".search-found:not([aria-busy])", state="attached")
    opened.locator("#search-words").fill(words)
    return opened.locator(".search-found li").evaluate_all(
        """items => items.map(item => ({
            href: item.querySelector('a').getAttribute('href'),
            title: item.querySelector('a').textContent,
            line: item.querySelector('p')?.textContent ?? '',
            marked: [...item.querySelectorAll('mark')].map(mark => mark.textContent).join('|'),
        }))"""
    )


def test_the_index_says_what_the_published_pages_say(edition):
    """It is read while figures are numbered and links mended: none of that is in it."""
    published = [read_page(edition / f"{name}.html") for name in ("index", "hours", "claims")]
    index = {name: [title, sections] for name, title, sections in index_of(edition)}
    for page in published:
        title, sections = index[page.name]
        assert title == page.title
        assert [[anchor, heading] for anchor, heading, _ in sections] == [
            [section.anchor, section.heading] for section in page.sections
        ]
        assert [line[0] for *_, lines in sections for line in lines] == [
            line.text for section in page.sections for line in section.lines
        ]


@pytest.mark.parametrize("how", ["file", "http"])
@pytest.mark.parametrize(
    ("words", "marked"), [("294", "294"), ("MFU", "MFU"), ("Reuters", "Reuters")]
)
def test_search_finds_each_with_a_line_of_context(visit, edition, served, how, words, marked):
    with visit("search", f"file://{edition}" if how == "file" else served) as (opened, trouble):
        found = search(opened, words)
        assert len(found) >= 3
        for place in found:
            assert marked.lower() in (place["marked"] or place["title"]).lower(), place
            assert len(place["line"]) > 10, place
        expect(opened.locator(".search-said")).to_contain_text("places")
        assert trouble == []


def test_a_found_place_leads_to_its_section(visit, edition):
    with visit("search") as (opened, _):
        for place in search(opened, "MFU")[:12]:
            name, _, anchor = place["href"].partition("#")
            text = (edition / name).read_text(encoding="utf-8")
            assert not anchor or f'id="{anchor}"' in text
        place = next(place for place in search(opened, "MFU") if "#" in place["href"])
        opened.locator(".search-found a", has_text=place["title"]).first.click()
        expect(opened.locator(":target")).to_be_in_viewport()


@pytest.mark.parametrize(
    ("words", "same"),
    [
        ("2664", "2,664"),
        ("$294K", "294K"),
        ("reut", "Reuters"),
        ("294,000", "294K"),
        ("$5.9 million", "5.9M"),
        ("2,788,000", "2.788 million"),
    ],
)
def test_a_number_is_found_however_it_is_written_and_words_by_their_beginnings(visit, words, same):
    with visit("search") as (opened, _):
        found, others = ([item["href"] for item in search(opened, one)] for one in (words, same))
        assert found and set(others) <= set(found)


def test_a_number_is_not_found_inside_another(visit):
    with visit("search") as (opened, _):
        for place in search(opened, "66"):
            assert not re.search(r"\d[.,]?66|66\d", place["marked"]), place
        for place in search(opened, "5.6 million"):
            marks = set(place["marked"].split("|")) - {""}  # one in the heading is not marked
            assert all(re.fullmatch(r"5\.6\s?(M|million)|5,?600,?000", one) for one in marks), place
        assert all("5.66" not in place["line"] for place in search(opened, "66") if place["marked"])


def test_nothing_that_is_typed_is_markup_and_nothing_found_is_said(visit):
    with visit("search") as (opened, trouble):
        for words in ("<img src=x onerror=alert(1)>", "((", "\\", "zzzzqq", "", "+*?[", "−"):
            search(opened, words)
        assert search(opened, "zzzzqq") == []
        expect(opened.locator(".search-said")).to_have_text("0 places")
        assert opened.locator(".search-found img").count() == 0
        assert trouble == []


def test_the_search_of_every_page_leads_there_by_the_keyboard_alone(visit):
    with visit("index") as (opened, trouble):
        opened.keyboard.press("Control+k")
        opened.keyboard.type("Reuters")
        opened.keyboard.press("Enter")
        opened.wait_for_url("**/search.html?q=Reuters")
        expect(opened.locator("#search-words")).to_be_focused()
        expect(opened.locator("[role=status]")).to_contain_text("places")
        opened.keyboard.press("Tab")
        expect(opened.locator(".search-found a").first).to_be_focused()
        opened.keyboard.press("Enter")
        opened.wait_for_url(re.compile(r"\.html#"))
        assert trouble == []


def test_the_index_is_light_and_loaded_by_the_page_of_search_alone(edition):
    assert (edition / "_static" / SEARCH).stat().st_size <= 300_000
    for page in EVERY_PAGE:
        assert "search-index" not in (edition / f"{page}.html").read_text(encoding="utf-8")
    assert not (edition / "searchindex.js").exists()
    assert not (edition / "_static" / "searchtools.js").exists()


def test_every_page_is_in_the_index_and_its_code_is_not(edition):
    """`isclose` stands in the cells that hold a sum against the package, and in no sentence."""
    index = index_of(edition)
    assert [name for name, *_ in index] == EVERY_PAGE
    code = re.compile(r"\bisclose\b")
    assert code.search((edition / "backtest.html").read_text(encoding="utf-8"))
    assert not code.search(json.dumps(index))


def test_every_anchor_of_the_index_is_on_its_page(edition):
    for name, _, sections in index_of(edition):
        text = (edition / f"{name}.html").read_text(encoding="utf-8")
        ids = set(re.findall(r'\bid="([^"]+)"', text))
        anchors = {anchor for anchor, *_ in sections}
        anchors |= {line[1] for *_, lines in sections for line in lines if line[1:]}
        assert anchors - {""} <= ids, name


def test_without_scripts_the_page_says_so_and_shows_no_field_and_no_label(visit):
    with visit("search", java_script_enabled=False) as (opened, _):
        assert "Search needs scripts" in opened.inner_text(".search-page noscript")
        assert not opened.get_by_text("Words or a number").is_visible()
        assert not opened.locator("#search-words").is_visible()


def test_search_fits_a_phone(visit):
    with visit("search", viewport=PHONE) as (opened, _):
        search(opened, "GPU")
        assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_search_can_be_read_by_all(visit, scheme):
    with visit("search", color_scheme=scheme) as (opened, _):
        search(opened, "294")
        rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
        assert Axe().run(opened, options=rules).response["violations"] == []


def test_a_page_is_read_as_its_reader_meets_it(tmp_path):
    (tmp_path / "one.html").write_text(
        """<nav>menu</nav><article><section id="one"><h1>One<a class="headerlink">#</a></h1>
        <p>First <b>sentence</b> of $294K. Second.</p><svg><text>drawn</text></svg>
        <div class="cell_input"><pre>code</pre></div>
        <section id="two"><h2>Two</h2><table><thead><tr><th>head</th></tr></thead><tbody>
        <tr><td id="row">a</td><td>b<br>c</td></tr><tr><td>d</td></tr></tbody></table></section>
        </section></article>footer"""
    )
    page = read_page(tmp_path / "one.html")
    assert page.title == "One"
    first, second = page.sections
    assert first.lines == [Line("First sentence of $294K."), Line("Second.")]
    assert (second.anchor, second.heading) == ("two", "Two")
    assert second.lines == [Line("a · b c", "row"), Line("d")]
