"""The book of another model than the edition's own."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest

from analysis.cli import main
from analysis.publish.carried import ARCHIVE
from analysis.publish.linked_data import CLAIMS
from tests.book.test_links import Addresses, broken

FAST = ["-p", "samples=64"]
# tables of data, which name whoever is compared there
COMPARED = ("backtest", "bill", "comparison", "disclosure", "evidence")
OWN_PAGES = ("claims", "contradictions", "others_measured", "try", "models")
WITHOUT_WORDS = re.compile(r"<(svg|script|style)\b.*?</\1>", re.S)
OTHERS = ["glm-4.5", "llama-3.1-405b", "minimax-m1", "olmo-3-32b", "bloom-176b", "smollm3-3b"]


def article(path: Path) -> str:
    """The words of a page."""
    found = path.read_text(encoding="utf-8").partition("<article")[2].partition("</article>")[0]
    return html.unescape(re.sub("<[^>]*>", " ", WITHOUT_WORDS.sub(" ", f"<article{found}")))


def built(out: Path, *arguments: str) -> Path:
    assert main(["build", *arguments, *FAST, "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def kimi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book of a model whose maker discloses no hours."""
    return built(tmp_path_factory.mktemp("kimi") / "html", "--model", "kimi-k2")


def test_every_figure_leads_to_its_files(kimi):
    pages = [path.read_text(encoding="utf-8") for path in kimi.glob("*.html")]
    figures = [
        one
        for text in pages
        for one in re.findall(r'<figure class="chart".*?</figure>', text, re.S)
    ]
    assert len(figures) > 5
    for figure in figures:
        files = re.findall(r'href="(figures/[^"]+)" download', figure)
        assert [name.rpartition(".")[2] for name in files] == ["png", "svg", "csv", "json"]
        assert all((kimi / name).stat().st_size > 0 for name in files)


def check_links(book: Path) -> None:
    """Every link leads to a file and an anchor, from the pages and from the cards."""
    pages = book.glob("*.html")
    addresses = {path.stem: Addresses(path.read_text(encoding="utf-8")) for path in pages}
    written = (book / "_static" / "cards.js").read_text(encoding="utf-8")
    cards = json.loads(written.partition("=")[2].rstrip(";\n"))["cards"].values()
    parts = [part for card in cards for part in card.get("parts", [])]
    told = Addresses("")
    told.targets = [one["href"] for one in [*cards, *parts] if "href" in one]
    assert len(told.targets) > 50
    addresses["index"].targets += told.targets
    found = {page: list(broken(page, addresses, book)) for page in addresses}
    assert {page: targets for page, targets in found.items() if targets} == {}


def check_words(book: Path) -> None:
    """No page speaks of the edition's own model but where models are compared."""
    for path in book.glob("*.html"):
        if path.stem not in COMPARED:
            assert "deepseek" not in article(path).lower(), path.stem
        head = path.read_text(encoding="utf-8").partition("</head>")[0]
        said = "".join(re.findall("<title>.*?</title>", head)) if path.stem in COMPARED else head
        assert "deepseek" not in said.lower(), path.stem


def test_every_link_of_the_book_leads_somewhere(kimi):
    check_links(kimi)


def test_nothing_is_said_of_the_editions_own_model(kimi):
    check_words(kimi)


def test_it_opens_with_the_account_and_has_a_page_for_each_phase(kimi):
    first = (kimi / "index.html").read_text(encoding="utf-8")
    assert "<title>What Kimi K2 cost to train</title>" in first
    assert "Its maker discloses no hours" in article(kimi / "index.html")
    for phase in ("k2_pretraining", "k2_context_extension"):
        page = (kimi / f"{phase}.html").read_text(encoding="utf-8")
        assert f"-p model=kimi-k2 -p phase={phase}" in page and 'class="chart"' in page
        assert f'href="{phase}.html"' in first
    for page in (*OWN_PAGES, "hours", "bill", "v3_pretraining"):
        assert not (kimi / f"{page}.html").exists(), page


def test_what_cannot_be_said_of_the_model_is_left_out(kimi):
    results = json.loads((kimi / "results.json").read_text(encoding="utf-8"))
    assert [*results["models"]] == ["kimi-k2"] and results["claims"] == []
    assert [line["id"] for line in results["boundaries"]][:2] == ["pretraining", "base_model"]
    for beside in ("traincost-brief.pdf", CLAIMS, "_static/try-data.js"):
        assert not (kimi / beside).exists(), beside
    assert "the brief" not in article(kimi / "about.html")
    assert f'href="{ARCHIVE}"' in (kimi / "rerun.html").read_text(encoding="utf-8")
    assert {path.stem for path in (kimi / "notebooks").iterdir()} >= {"account", "pretraining"}


def test_the_book_stands_until_something_changes(kimi, capsys):
    built(kimi, "--model", "kimi-k2")
    assert "nothing changed" in capsys.readouterr().err


def test_an_unknown_model_is_one_line_with_the_nearest_name(tmp_path, capsys):
    assert main(["build", "--model", "kimi-k3", "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("error: kimi-k3 is not among models") and "did you mean kimi-k2" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.soak
@pytest.mark.parametrize("model", OTHERS)
def test_every_account_has_a_book(tmp_path, model):
    book = built(tmp_path / "html", "--model", model)
    check_links(book)
    check_words(book)


@pytest.mark.soak
@pytest.mark.parametrize("model", ["quiet", "learner", "plain"])
def test_a_model_of_a_strangers_folder_has_a_book(tmp_path, small_models, model):
    check_links(built(tmp_path / "html", "--model", model, "--data", str(small_models)))


@pytest.mark.soak
def test_the_editions_own_model_is_the_ordinary_book(tmp_path):
    out = built(tmp_path / "html", "--model", "deepseek-r1")
    assert (out / "claims.html").is_file() and (out / "try.html").is_file()
