"""What an edition has for those who share and cite it: previews, citation, linked data."""

import html
import json
import re
from html.parser import HTMLParser

import pytest
import yaml
from playwright.sync_api import expect

from analysis.cli import main
from analysis.publish.citation import (
    Citation,
    bibtex,
    citation_html,
    read_citation,
    software_bibtex,
    software_html,
)
from analysis.publish.linked_data import RATING, script
from analysis.publish.pages import Line, PageText, Section
from analysis.publish.previews import HEIGHT_PX, WIDTH_PX, preview_tags, write_pictures
from analysis.publish.sharing import book_title
from analysis.show.links import PAGES as PAGES_OF_TABLES
from analysis.show.numbers import VERDICT_WORDS
from tests.book.conftest import EVERY_PAGE
from tests.book.texts import read_page
from tests.conftest import ROOT

BASE = "https://example.org/book/"


class Head(HTMLParser):
    """The elements of a page's head that previews and machines read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.scripts: list[dict] = []
        self._in_script = False
        self.feed(text.partition("</head>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "meta":
            name = found.get("name") or found.get("property", "")
            assert name == "viewport" or name not in self.meta or not name, name
            self.meta[name] = found.get("content", "")
        if tag == "link":
            self.links[found.get("rel", "")] = found.get("href", "")
        self._in_script = tag == "script" and found.get("type") == "application/ld+json"

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts.append(json.loads(data))
            self._in_script = False


@pytest.fixture(scope="session")
def heads(edition) -> dict[str, Head]:
    return {
        page: Head((edition / f"{page}.html").read_text(encoding="utf-8")) for page in EVERY_PAGE
    }


def test_every_page_says_what_it_is_and_no_two_say_the_same(heads):
    titles = [head.meta["og:title"] for head in heads.values()]
    assert len(set(titles)) == len(EVERY_PAGE)
    for head in heads.values():
        assert 20 <= len(head.meta["description"]) <= 202
        assert head.meta["description"] == head.meta["og:description"]
        assert head.meta["og:site_name"] == book_title(ROOT / "book")


def test_without_an_address_nothing_is_said_that_needs_one(heads, edition):
    for head in heads.values():
        assert {"og:url", "og:image"} & set(head.meta) == set()
        assert "canonical" not in head.links
    assert not (edition / "previews").exists()


def test_with_an_address_each_page_has_its_own_and_a_picture(edition, tmp_path):
    page = read_page(edition / f"{EVERY_PAGE[0]}.html")
    head = Head(f"{preview_tags(page, 'Book', BASE)}</head>")
    assert head.meta["og:url"] == head.links["canonical"] == f"{BASE}{EVERY_PAGE[0]}.html"
    write_pictures([page, page], "Book", read_citation(ROOT), tmp_path)
    picture = (tmp_path / head.meta["og:image"].removeprefix(BASE)).read_bytes()
    assert picture.startswith(b"\x89PNG")
    size = [int.from_bytes(picture[start : start + 4]) for start in (16, 20)]
    assert size == [WIDTH_PX, HEIGHT_PX]
    assert head.meta["og:image:width"] == str(WIDTH_PX)


def test_a_page_of_many_words_still_has_one_picture(tmp_path):
    page = PageText("long", [Section("", "a title " * 60, [Line("and a sentence " * 20)])])
    write_pictures([page], "Book", read_citation(ROOT), tmp_path)
    assert [path.name for path in (tmp_path / "previews").iterdir()] == ["long.png"]


def test_what_a_page_says_is_no_markup_in_its_head(tmp_path):
    title = '"><script>alert(1)</script> #emph[x] $y$'
    path = tmp_path / "one.html"
    escaped = title.replace("<", "&lt;")
    path.write_text(f"<article><section id='a'><h1>{escaped}</h1></section></article>")
    page = read_page(path)
    assert page.title == title
    head = Head(f"{preview_tags(page, page.title, BASE)}</head>")
    assert head.meta["og:title"] == head.meta["description"] == title
    assert head.scripts == []
    write_pictures([page], "Book", read_citation(ROOT), tmp_path)
    assert (tmp_path / "previews" / "one.png").exists()


@pytest.mark.parametrize(
    "address",
    ["ftp://x.org/", "example.org", "https://", 'https://x.org/"a', "javascript:alert(1)", "",
     "https://x.org/?a=1", "https://x.org/#a", "https://a@x.org/", "file:///etc", "https://x org"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_in_one_line(address, tmp_path, capsys):
    assert main(["build", "--base-url", address, "--out", str(tmp_path / "out")]) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert len(said) == 1 and "--base-url" in said[0]
    assert not (tmp_path / "out").exists()


# --- linked data


@pytest.fixture(scope="session")
def reviews(edition) -> list[dict]:
    found = json.loads((edition / "claims.jsonld").read_text(encoding="utf-8"))
    assert found["@context"] == "https://schema.org"
    return found["@graph"]


def test_every_claim_is_reviewed_with_the_verdict_of_the_results(edition, reviews):
    claims = json.loads((edition / "results.json").read_text())["claims"]
    assert [review["identifier"] for review in reviews] == [claim["id"] for claim in claims]
    for claim, review in zip(claims, reviews, strict=True):
        assert review["claimReviewed"] == claim["claim"]
        assert review["reviewRating"]["alternateName"] == VERDICT_WORDS[claim["verdict"]]
        assert review["reviewRating"].get("ratingValue") == RATING.get(claim["verdict"])
        assert review["reviewRating"]["ratingExplanation"] == claim["reason"]


def test_every_review_has_what_readers_of_reviews_ask_for(edition, reviews, evidence):
    sources = evidence.by_id("sources")
    text = (edition / f"{PAGES_OF_TABLES['claims']}.html").read_text(encoding="utf-8")
    for review in reviews:
        assert review["@type"] == "ClaimReview"
        assert review["author"]["name"] and review["datePublished"] and review["reviewBody"]
        claim = review["itemReviewed"]
        assert claim["@type"] == "Claim" and claim["author"]["name"] and claim["datePublished"]
        assert claim["appearance"]["name"] in {source["title"] for source in sources.values()}
        page, _, anchor = review["url"].partition("#")
        assert page == f"{PAGES_OF_TABLES['claims']}.html" and f'id="{anchor}"' in text
        rating = review["reviewRating"]
        if "ratingValue" in rating:
            assert rating["worstRating"] <= rating["ratingValue"] <= rating["bestRating"]


def test_the_first_page_and_the_evidence_describe_the_data_as_it_lies_there(
    heads, edition, evidence
):
    for page in (EVERY_PAGE[0], PAGES_OF_TABLES["facts"]):
        (found,) = heads[page].scripts
        assert found["@type"] == "Dataset" and "by/4.0" in found["license"]
        assert len(found["description"]) > 20 and found["name"]
        assert evidence.sha256 in found["identifier"]
        names = [file["contentUrl"] for file in found["distribution"]]
        assert all((edition / name).is_file() for name in names)
        assert {"results.json", "data/facts.csv", "data/sources.csv"} <= set(names)
    assert heads[PAGES_OF_TABLES["claims"]].links["alternate"] == "claims.jsonld"


def test_nothing_in_linked_data_ends_its_script():
    text = script({"name": "</script><b>", "n": "<!--"})
    assert text.count("<") == 2
    assert json.loads(re.sub("<[^>]*>", "", text))["name"] == "</script><b>"


# --- how to cite


def test_the_citation_has_the_day_of_the_evidence_and_the_hash_of_the_data(evidence):
    cited, file = read_citation(ROOT), yaml.safe_load((ROOT / "CITATION.cff").read_text())
    entry = bibtex(cited, evidence.sha256, "", BASE)
    for part in (str(cited.date), evidence.sha256[:12], cited.version, cited.title, BASE):
        assert part in entry
    assert cited.title == file["title"]
    assert len(re.findall(r"^  \w+ = ", entry, re.M)) == entry.count(" = ")
    assert entry.count("{") == entry.count("}")


def test_a_citation_of_an_edition_with_parameters_says_which(evidence):
    assert "mfu=0.3" in bibtex(read_citation(ROOT), evidence.sha256, "mfu=0.3", "")


def test_of_anothers_evidence_the_software_is_cited_and_the_figures_are_theirs():
    """The day of the project's evidence and the address of the book are no part of it."""
    sha256, cited = "0123456789abcdef", read_citation(ROOT)
    shown = html.unescape(str(software_html(cited, sha256)))
    assert "<code>0123456789ab</code>" in shown and "those of whoever made this book" in shown
    entry = software_bibtex(cited)
    assert entry in shown and entry.startswith("@software{") and cited.version in entry
    assert cited.title in entry and str(cited.date) not in entry and "data" not in entry


def test_a_title_is_no_markup_in_a_citation(evidence):
    cited = Citation("<b>T</b>", "A & B", "1", read_citation(ROOT).date)
    assert "<b>" not in citation_html(cited, evidence.sha256, "", "")


def test_a_wrong_number_is_reported_where_the_repository_is_known():
    day = read_citation(ROOT).date
    assert Citation("T", "A", "1", day).report_address == ""
    address = Citation("T", "A", "1", day, "https://example.org/a/b/").report_address
    form = address.rpartition("template=")[2]
    assert address.startswith("https://example.org/a/b/issues/new?")
    assert (ROOT / ".github" / "ISSUE_TEMPLATE" / form).is_file()


# --- addresses of headings and charts


@pytest.mark.browser
def test_the_address_of_a_heading_is_reached_by_the_keys_seen_and_copied(visit, served):
    with visit("about", served, permissions=["clipboard-read", "clipboard-write"]) as (opened, _):
        link = opened.locator("article h2 a.headerlink").first
        assert link.evaluate("link => getComputedStyle(link).opacity") == "0"
        opened.locator("article h2").first.hover()
        assert link.evaluate("link => getComputedStyle(link).opacity") == "1"
        opened.mouse.move(0, 0)
        opened.keyboard.press("Tab")  # from here on the keys lead
        for _step in range(400):
            opened.keyboard.press("Tab")
            if link.evaluate("link => link === document.activeElement"):
                break
        assert link.evaluate("link => getComputedStyle(link).opacity") == "1"
        opened.keyboard.press("Enter")
        expect(link).to_have_text("Copied")
        copied = opened.evaluate("navigator.clipboard.readText()")
        assert copied == f"{served}/about.html{link.get_attribute('href')}" == opened.url


@pytest.mark.browser
def test_the_bibtex_entry_is_copied_by_its_button(visit, served, evidence):
    with visit("about", served, permissions=["clipboard-read", "clipboard-write"]) as (opened, _):
        box = opened.locator("div.highlight", has_text="@misc")
        box.hover()
        box.locator("button.copybtn").click()
        opened.wait_for_selector("button.copybtn.success")
        copied = opened.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("@misc{") and evidence.sha256[:12] in copied
