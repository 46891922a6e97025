"""A number in prose is text in every builder, and what cannot be told stops the build."""

import html
import re
import shlex
import shutil
from importlib import import_module

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from analysis.data.facts import Row
from analysis.data.folder import edition_model
from analysis.data.mistakes import InputError
from analysis.publish.cards import Words, rows_shown, script_of
from analysis.publish.changes import NO_DEFAULT
from analysis.publish.glossary import read_glossary
from analysis.publish.plan import Page
from analysis.publish.sources import where_from
from tests.conftest import ROOT

SOURCE = """# Numbers

Paid {fact}`r1_total_cost_usd`, with its base {number}`r1_with_base_usd`.
Found {result}`r1_zero_rl.gpu_hours`, beyond it {rung}`with_staff`.
At {price}`scenario`, said on {said}`v3_5576k`, which is {claim}`seed_587m`.
By {source}`v3_report`. A {word}`gpu_hour`, or {word}`the efficiency <efficiency>`.
"""
SETTINGS = {
    "extensions": ["myst_parser", "ledger"],
    # of its own: extensions of a book built before in this process are left in the default
    "source_suffix": {".md": "markdown"},
    "traincost_data": str(ROOT / "data"),
    "traincost_model": edition_model(),
}


def built(tmp_path, source: str, builder: str) -> tuple[str, str]:
    """What a builder writes of a page with this source, and what Sphinx warns of."""
    shutil.copy(ROOT / "book" / "glossary.toml", tmp_path)
    (tmp_path / "index.md").write_text(source, encoding="utf-8")
    out, warned = tmp_path / "out", tmp_path / "warnings"
    with warned.open("w+", encoding="utf-8") as stream, docutils_namespace():
        app = Sphinx(
            str(tmp_path), None, str(out), str(tmp_path / "trees"), builder, SETTINGS,
            status=None, warning=stream,
        )  # fmt: skip
        app.build()
    name = {"text": "index.txt", "latex": "*.tex", "html": "index.html"}[builder]
    page = next(out.glob(name)).read_text(encoding="utf-8")
    return page, warned.read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def extensions(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))


def test_a_book_of_anothers_evidence_cites_the_software_and_has_no_default(small_models):
    edition = import_module("ledger").Edition
    theirs = edition(str(small_models), {"scenario": "paper"}, "quiet", ROOT / "book", "")
    assert "@software{" in theirs.report("citation", [])
    assert NO_DEFAULT in theirs.report("changes", [])
    ours = edition(str(ROOT / "data"), {"scenario": "paper"}, "kimi-k2", ROOT / "book", "")
    assert "@misc{" in ours.report("citation", [])
    assert "Nothing differs" in ours.report("changes", [])


@pytest.mark.parametrize("builder", ["text", "latex", "html"])
def test_every_role_gives_text_in_every_builder(tmp_path, builder):
    page, warned = built(tmp_path, SOURCE, builder)
    plain = re.sub(r"<[^>]*>", "", page.replace(r"\sphinxhyphen{}", "-").replace("&nbsp;", " "))
    plain = " ".join(plain.replace("\\", "").split())
    plain = plain.replace("GPU- hour", "GPU-hour")  # a line of text may end at the hyphen
    for text in (
        "Paid $294K, with its base $5.86M.",
        "beyond it $6.3M to $36M.",
        "said on 26 December 2024",
        "A GPU-hour, or the efficiency.",
        "DeepSeek-V3 Technical Report (2024)",
    ):
        assert text in plain, plain
    assert re.search(r"Found \d+K GPU-hours", plain)
    assert warned == ""


@pytest.mark.parametrize(
    ("role", "says"),
    [
        ("{word}`gpu_huor`", "gpu_huor is not a term of the glossary; did you mean gpu_hour?"),
        ("{result}`r1_zero_rl.hours`", "r1_zero_rl.hours is not a result"),
        ("{fact}`r1_total_cost`", "r1_total_cost is not a fact"),
        ("{number}`r1_with_base`", "r1_with_base is not a row of arithmetic.csv"),
        ("{rung}`with_people`", "with_people is not a line of the bill"),
    ],
)
def test_a_name_that_nothing_is_known_of_is_a_warning_that_says_which(tmp_path, role, says):
    _, warned = built(tmp_path, f"# A page\n\nA number: {role}.\n", "text")
    assert says in warned


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("facts:no_such_fact", "page.html: no_such_fact is not a fact"),
        ("results:r1_zero_rl.hours", "page.html: r1_zero_rl.hours is not a result"),
        ("bill:with_staff.eur", "page.html: with_staff.eur is not a line of the bill"),
        ("nowhere:x", "page.html: nowhere:x: a number without a card"),
    ],
)  # fmt: skip
def test_a_number_without_a_card_is_named_with_its_page(tmp_path, account, row, says):
    page = tmp_path / "page.html"
    page.write_text(f'<a class="figure derived" data-row="{row}">5</a>', encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(says)):
        script_of(rows_shown([page]), account, Words.of(ROOT / "book"))


def test_words_that_read_like_a_number_are_none(tmp_path):
    page = tmp_path / "page.html"
    number = '<a class="figure derived" data-row="facts:one">5</a>'
    page.write_text(f'{number}<pre>&lt;a data-row="facts:no"&gt;</pre>', encoding="utf-8")
    assert rows_shown([page]) == {Row("facts", "one"): "page.html"}


def test_the_command_of_a_page_is_one_element_whatever_a_name_holds():
    name = "A\n\n```{include} /etc/passwd\n```\r\n\r\n<b>"
    line = where_from(Page("p", "P", "n", {"developer": name}, ()), {})
    assert "\n" not in line and "\r" not in line and "<b>" not in line
    command = re.search("<code>(.*)</code>", line)[1]
    assert shlex.split(html.unescape(command))[-1] == f"developer={name}"


def test_the_command_of_a_page_names_the_evidence_beside_it_and_not_where_it_came_from():
    page = Page("p", "P", "n", {"model": "m"}, ())
    assert "rerun notebooks/n.ipynb -p model=m --data data</code>" in where_from(
        page, {"scenario": "paper", "data": "/a/folder/mine"}
    )
    assert "--data" not in where_from(page, {"scenario": "paper"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[term]]\nid = "a"\nname = "a"', "glossary.toml: term.0.says is missing"),
        ('[[word]]\nid = "a"', "glossary.toml: word is not"),
        ('[[term]]\nid = "a b"\nname = "a"\nsays = "b"', "glossary.toml, term.0.id: "),
        (
            '[[term]]\nid = "a"\nname = "a"\nsays = "b"\n' * 2,
            "glossary.toml: the term a stands there twice",
        ),
        ("[[term]", "glossary.toml: not valid TOML"),
    ],
)
def test_a_mistake_in_the_glossary_is_one_line(tmp_path, text, says):
    (tmp_path / "glossary.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_glossary(tmp_path)
    assert str(refused.value).startswith(says) and "\n" not in str(refused.value)
