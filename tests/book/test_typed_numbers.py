"""No number is typed: each digit in the prose of a page is of a figure, a name or a date."""

import re

import pytest
from bs4 import BeautifulSoup

from analysis.compare.disclosure import list_cards
from analysis.publish.contents import page_names
from analysis.reconstruction.model_file import list_models, load_model
from tests.conftest import ROOT

NOT_PROSE = (
    "[data-row], [data-try], .known, table, figure, figcaption, pre, code, script, style, svg, "
    "math, h1, h2, h3, h4, nav, summary, .headerlink, .where-from, .table-number, .table-tools, "
    "dl.py, .formula, .cell_input, .marks, sup.second-hand, .try, [class^='try-'], .claim-card, "
    ".quote, .chart-sentence, .source, .citation, .eyebrow, q, blockquote, [popover], template"
)
GENERATED = {"api", "try"}  # docstrings; numbers that a reader sets
ALLOWED = (
    r"\d{1,2} (January|February|March|April|May|June|July|August|September|October|November|"
    r"December)( \d{4})?",
    r"(January|February|March|April|May|June|July|August|September|October|November|December) "
    r"\d{4}",
    r"\d{4}-\d{2}(-\d{2})?",
    r"\((19|20)\d\d\)",
    r"(Tables?|Figures?|sections?|appendix|level|SI|line|question) \d[\d.]*( and \d+)?",
    r"90 % (intervals?|ranges?|of runs)",
    r"to 1 in the sum",
    r"\d+(st|nd|rd|th)\b",
    r"(5|50|95) %(?=[,.]| end)",
    r"\d+-bit",
    r"CC BY 4\.0|Python \d\.\d+( to \d\.\d+)?|WCAG \d\.\d",
    r"10[⁰¹²³⁴⁵⁶⁷⁸⁹]+",
    r"^\d\. |^\(\d\)|\(\d\) ",  # a numbered question or task
    r"version \d+\.\d+\.\d+",
    r"\b[A-Za-z][A-Za-z-]*\d[\w.-]*",  # R1, V3, H800, BF16: a name that begins with a letter
)


def names_of_models(evidence) -> list[str]:
    """Names that hold digits, and what they begin with up to a number: `Llama 4` of `Llama 4 X`."""
    names = {*evidence["training_runs"].model, *evidence["rl_runs"].model}
    names |= {card.model for card in list_cards(evidence)} | {*evidence["hardware"].chip}
    names |= {load_model(name, evidence).title for name in list_models(evidence)}
    for name in list(names):
        words = name.split()
        names |= {" ".join(words[: place + 1]) for place in range(1, len(words))}
    return sorted((name for name in names if re.search(r"\d", name)), key=len, reverse=True)


def typed(html: str, names: list[str]) -> list[str]:
    """Texts of a page's prose with a digit that is of none of these."""
    article = BeautifulSoup(html, "html.parser").select_one("article")
    for node in article.select(NOT_PROSE):
        node.decompose()
    allowed = re.compile("|".join([*map(re.escape, names), *ALLOWED]))
    texts = [" ".join(text.split()) for text in article.find_all(string=re.compile(r"\d"))]
    return [text for text in texts if re.search(r"\d", allowed.sub("", text))]


@pytest.fixture(scope="session")
def names(evidence) -> list[str]:
    return names_of_models(evidence)


@pytest.mark.parametrize("page", page_names(ROOT / "book"))
def test_prose_types_no_number(edition, names, page):
    found = typed((edition / f"{page}.html").read_text(encoding="utf-8"), names)
    assert page in GENERATED or found == []


@pytest.mark.parametrize(
    ("text", "is_typed"),
    [
        ("It cost $294K.", True),
        ("About 39.1 % of the peak.", True),
        ("The hours are 2,788,000 in all.", True),
        ("It took 12 days.", True),
        ("Llama 3.1 405B, Llama 4 and R1-Zero on H800 chips in BF16.", False),
        ("On 26 December 2024, as Table 4 of the paper (2024) says.", False),
        ("The 90 % interval runs from the 5th to the 95th percentile.", False),
        ('It cost <a class="figure" data-row="facts:x">$294K</a>.', False),
        ("<table><tr><td>5</td></tr></table><code>x = 5</code>", False),
    ],
)
def test_a_typed_number_is_told_from_a_name_and_a_date(names, text, is_typed):
    assert bool(typed(f"<article><p>{text}</p></article>", names)) == is_typed
