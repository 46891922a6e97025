"""The published book: whole, and the same each time."""

import html
import inspect
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import nbformat
import pytest

import analysis
from analysis import physics
from analysis.cli import main
from analysis.data.scenario import load_scenario
from analysis.publish import book
from analysis.publish.execute import execute_all
from analysis.publish.job import Job
from analysis.publish.kept import copy_of
from analysis.publish.place import MARK
from analysis.publish.plan import list_moved, list_pages, plan
from tests.book.conftest import EVERY_PAGE
from tests.conftest import ROOT


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class Links(HTMLParser):
    """The ids and the local links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.outside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        target = found.get("href") if tag in {"a", "link"} else found.get("src")
        if target and re.match(r"https?:|//", target):
            if tag != "a":
                self.outside.append(target)
        elif target and not target.startswith(("data:", "mailto:", "javascript:")):
            self.links.append(target)


@pytest.fixture(scope="session")
def links(edition) -> dict[str, Links]:
    return {
        page: Links((edition / f"{page}.html").read_text(encoding="utf-8")) for page in EVERY_PAGE
    }


def test_every_page_is_there_and_the_executed_ones_hold_their_charts(edition):
    for page in list_pages(ROOT):
        text = (edition / f"{page.page}.html").read_text(encoding="utf-8")
        assert text.count('<figure class="chart" ') >= 1
        assert page.title.replace("'", "’") in text


def test_a_page_of_a_notebook_says_where_to_get_it_and_how_to_run_it_and_has_no_bars(edition):
    for page in list_pages(ROOT):
        text = (edition / f"{page.page}.html").read_text(encoding="utf-8")
        line = re.search(r'<p class="where-from">(.*?)</p>', text)[1]
        assert f'href="notebooks/{page.notebook}.ipynb" download' in line
        assert f"traincost rerun notebooks/{page.notebook}.ipynb" in line
        for key, value in page.parameters.items():
            assert f"-p {shlex.quote(f'{key}={value}')}" in html.unescape(line)
        assert "Show code cell" not in text


def test_results_json_is_the_contract(edition, evidence):
    results = json.loads((edition / "results.json").read_text())
    parts = {"edition", "models", "boundaries", "claims", "comparison", "estimator"}
    assert set(results) == parts | {"step_time", "combined"}
    assert set(results["estimator"]) == {
        "n",
        "median_error_factor",
        "p90_error_factor",
        "coverage_90",
        "median_width_factor",
    }
    assert len(results["comparison"]) >= 60
    assert results["edition"]["data_sha256"] == evidence.sha256
    assert set(results["edition"]) == {"version", "scenario", "parameters", "data_sha256"}
    usd = [rung["usd"]["p50"] for rung in results["boundaries"] if not rung["marker"]]
    assert usd == sorted(usd) and len(results["claims"]) >= 40
    assert results["models"]["deepseek-r1"]["total"]["gpu_hours"][
        "disclosed"
    ] == evidence.facts.calculate("v3_total_gpu_hours + r1_total_gpu_hours")


def test_a_second_build_is_the_same_to_the_byte_and_an_unchanged_one_does_nothing(
    edition, evidence, tmp_path
):
    """Every executed copy and every published file, executed again in another time zone and
    language, where a locale has no letters but those of ASCII, with another hash seed, on one core,
    into another folder.
    """
    planned = plan(load_scenario(), "paper", {}, evidence.directory)
    copies = [copy_of(page, planned) for page in planned.pages]
    forked = {path.name: path.read_bytes() for path in copies}
    again = tmp_path / "elsewhere" / "again"
    ascii_alone = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    elsewhere = {"TZ": "Pacific/Auckland", "LANGUAGE": "tr", "PYTHONHASHSEED": "7"}
    environment = os.environ | elsewhere | ascii_alone
    on_one_core = (
        "import os, sys; from analysis.cli import main\n"
        "if hasattr(os, 'sched_setaffinity'):\n"
        "    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "sys.exit(main())"
    )
    program = [
        sys.executable,
        "-c",
        on_one_core,
        "build",
        "--no-cache",
        "--out",
        str(again),
    ]
    subprocess.run(program, cwd=ROOT, env=environment, check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in copies} == forked
    first, second = tree(edition), tree(again)
    assert sorted(first) == sorted(second)
    for name, content in first.items():
        assert second[name] == content, name
    before = (again / "index.html").stat().st_mtime_ns
    unchanged = (  # seen without a number: what computes takes longer to import than to look
        "import sys; from analysis.cli import main; code = main(sys.argv[1:]);"
        "sys.exit(code or bool({'numpy', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    program = [sys.executable, "-c", unchanged, "build", "--out", str(again)]
    found = subprocess.run(program, cwd=ROOT, check=True, capture_output=True, text=True)
    assert "nothing changed" in found.stderr
    assert (again / "index.html").stat().st_mtime_ns == before


# a kernel of its own imports everything: one page of each kind here, all in `make soak`
OF_EACH_KIND = ("bill", "backtest", "r1_zero_rl", "kimi-k2")


@pytest.mark.parametrize(
    "names",
    [
        OF_EACH_KIND,
        pytest.param(
            tuple(page.page for page in list_pages(ROOT) if page.page not in OF_EACH_KIND),
            marks=pytest.mark.soak,
        ),
    ],
    ids=["one of each kind", "all others"],
)
def test_fresh_kernels_execute_pages_to_the_same_bytes(edition, evidence, tmp_path, names):
    planned = plan(load_scenario(), "paper", {}, evidence.directory)
    pages = [page for page in planned.pages if page.page in names]
    jobs = [
        Job(
            page.page,
            page.path(ROOT),
            planned.parameters_of(page),
            tmp_path / copy_of(page, planned).name,
        )
        for page in pages
    ]
    execute_all(jobs, lambda _: None, fresh_kernels=True)
    assert len(jobs) == len(names)
    for page, job in zip(pages, jobs, strict=True):
        assert job.output.read_bytes() == copy_of(page, planned).read_bytes(), page.page


def test_a_page_that_changed_alone_is_written_as_in_a_whole_book(edition, evidence, tmp_path):
    """A page is changed and changed back, the others kept: what stands then is the edition, which
    was written whole.
    """
    planned = plan(load_scenario(), "paper", {}, evidence.directory)
    executed = {page.page: copy_of(page, planned) for page in planned.pages}
    notebook = nbformat.read(executed["bill"], as_version=4)
    notebook.cells.append(nbformat.v4.new_markdown_cell("Another sentence.", id="another"))
    nbformat.write(notebook, tmp_path / "bill.ipynb")
    prepared = {book.RESULTS: book.RESULTS, book.TRY: f"_static/{book.TRY}"}
    pages = []
    for name, bill in (("changed", tmp_path / "bill.ipynb"), ("back", executed["bill"])):
        (tmp_path / name).mkdir()
        for beside, published in prepared.items():
            shutil.copy(edition / published, tmp_path / name / beside)
        copies = executed | {"bill": bill}
        book.write(planned, copies, evidence, True, tmp_path / name, lambda _: None)
        pages.append((tmp_path / name / "html" / "bill.html").read_text(encoding="utf-8"))
    assert ["Another sentence." in page for page in pages] == [True, False]
    whole = tree(edition)
    whole.pop(MARK)  # what the edition depended on, written last
    assert tree(tmp_path / "back" / "html") == whole


def test_every_fact_and_source_has_its_anchor(links, evidence):
    ids = set(links["evidence"].ids)
    assert set(evidence.facts) <= ids
    assert set(evidence["sources"].source_id) <= ids
    assert set(evidence["arithmetic"].id) <= ids


def test_the_doors_stand_on_a_page_whose_first_lines_run(edition, capsys):
    text = (edition / "api.html").read_text(encoding="utf-8")
    for name in set(analysis.__all__) - {"charts"}:
        assert f'id="analysis.{name}"' in text
    source = (ROOT / "book" / "api.md").read_text(encoding="utf-8")
    exec(re.search(r"```python\n(.*?)```", source, re.S)[1], {})
    assert "GPU-hours" in capsys.readouterr().out


FORMULAS = [found.name for found in walk_packages(physics.__path__, "analysis.physics.")]


@pytest.mark.parametrize("name_of_module", FORMULAS)
def test_every_formula_is_explained_with_its_example(edition, name_of_module):
    text = (edition / "api.html").read_text(encoding="utf-8")
    module = import_module(name_of_module)
    for name, formula in inspect.getmembers(module, inspect.isfunction):
        if formula.__module__ == module.__name__ and not name.startswith("_"):
            entry = text.partition(f'id="{module.__name__}.{name}"')[2].partition('<dl class="py')[
                0
            ]
            assert ">>>" in html.unescape(re.sub("<[^>]*>", "", entry)), name


def test_second_hand_rows_are_marked_one_by_one(edition, evidence):
    text = (edition / "evidence.html").read_text(encoding="utf-8")
    rows = dict(re.findall(r'<tr id="(\w+)">(.*?)</tr>', text, re.S))
    for name, fact in evidence.facts.items():
        assert ("second-hand" in rows[name]) == fact.second_hand, name


def test_nothing_on_any_page_comes_from_another_host(links):
    assert {page: found.outside for page, found in links.items() if found.outside} == {}


def test_prose_types_no_figure(edition):
    """Dollars, GPU-hours and shares in the prose pages come from roles."""
    for path in [*(ROOT / "book").glob("*.md"), *(ROOT / "book" / "parts").glob("*.md")]:
        text = re.sub(r"`[^`]*`|```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
        # headings of the story quote the claim itself
        prose = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
        found = re.findall(r"\$\d[\d.,]*\s?[KMB]?|\d[\d.,]*\s?%|\d[\d.,]*[KMB]\b", prose)
        assert [item for item in found if item not in {"$294K", "4.0"}] in ([], ["$294K"]), (
            path.name,
            found,
        )


def test_readme_shows_the_figures_and_the_picture_of_the_build(edition, evidence):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    texts = [
        rung["usd"]["p50"]
        for rung in json.loads((edition / "results.json").read_text())["boundaries"]
    ]
    allowed = {f"${usd / 1e3:,.0f}K" for usd in texts} | {f"${usd / 1e6:.2f}M" for usd in texts}
    assert set(re.findall(r"\$\d[\d.,]*[KM]", readme)) <= allowed
    picture = ROOT / "book" / "_static" / "hero.svg"
    assert picture.read_bytes() == (edition / "figures" / "hero.svg").read_bytes(), (
        "copy figures/hero.svg from the edition to book/_static"
    )


def test_another_price_is_announced_on_every_page_and_moves_the_rungs(edition, tmp_path):
    out = tmp_path / "dear"
    assert main(["build", "-p", "price_usd_per_gpu_hour=4", "--out", str(out)]) == 0
    default, dear = (json.loads((folder / "results.json").read_text()) for folder in (edition, out))
    for before, after in zip(default["boundaries"], dear["boundaries"], strict=True):
        if before["id"] == "fleet_capital":  # a stock has no rent
            continue
        assert after["usd"]["p50"] == pytest.approx(
            2 * before["usd"]["p50"], rel=1e-5
        )  # printed to six figures
    for page in EVERY_PAGE:
        assert "Not the default edition" in (out / f"{page}.html").read_text(encoding="utf-8")
        assert "Not the default edition" not in (edition / f"{page}.html").read_text(
            encoding="utf-8"
        )
    first, opened = (
        (folder / "index.html").read_text(encoding="utf-8") for folder in (edition, out)
    )
    assert "the whole from $5.86M to $11.7M" in opened and "first-moved" not in first
    assert '"standfirst' in first and '"standfirst' not in opened
    assert "stroke-dasharray" in opened and "stroke-dasharray" not in first


def test_a_page_that_fails_stops_the_build_and_the_last_edition_stands(
    edition, tmp_path, edited, capsys
):
    standing = tmp_path / "standing"
    shutil.copytree(edition, standing)
    before = (standing / "index.html").read_bytes()
    folder = edited(
        "arithmetic.csv",
        "v3_total_cost_usd + r1_total_cost_usd",
        "v3_total_cost + r1_total_cost_usd",
    )
    assert main(["build", "--data", str(folder), "--out", str(standing)]) != 0
    assert "v3_total_cost is not a fact" in capsys.readouterr().err
    assert (standing / "index.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_old_address_that_leads_nowhere_stops_the_build_and_the_last_edition_stands(
    edition, tmp_path, monkeypatch, capsys
):
    standing = tmp_path / "standing"
    shutil.copytree(edition, standing)
    monkeypatch.setattr(book, "list_moved", lambda _: {"old": "nowhere"})
    assert main(["build", "--no-cache", "--out", str(standing)]) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last == "error: pages.toml, moved: leads to no page: nowhere"
    assert tree(standing) == tree(edition)


def test_a_page_says_once_what_it_is_called_and_how_wide_it_is(edition):
    for page in EVERY_PAGE:
        head = (edition / f"{page}.html").read_text(encoding="utf-8").partition("</head>")[0]
        (title,) = re.findall("<title>(.*?)</title>", head)
        names = title.split(" · ")
        assert len(names) == len(set(names)) == (1 if page == "index" else 2)
        assert head.count('name="viewport"') == 1


def test_every_old_address_leads_to_a_page(edition):
    for old, page in list_moved(ROOT).items():
        assert f'href="{page}.html"' in (edition / f"{old}.html").read_text(encoding="utf-8")
        assert (edition / f"{page}.html").is_file()
