"""The published book: whole, the same each time, and working in a real browser with no network."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, sync_playwright

from analysis.cli import main
from analysis.data.scenario import load_scenario
from analysis.publish import site
from analysis.publish.book import BookFailed, assemble, page_names
from analysis.publish.kept import copy_of
from analysis.publish.plan import list_pages, plan
from tests.conftest import ROOT

CHROMIUM = shutil.which("chromium")
browser_test = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
PAGES = page_names(ROOT / "book")
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@pytest.fixture(scope="session")
def edition(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("edition") / "html"
    assert main(["build", "--out", str(out)]) == 0
    return out


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
    return {page: Links((edition / f"{page}.html").read_text(encoding="utf-8")) for page in PAGES}


def test_every_page_is_there_and_the_executed_ones_hold_their_charts(edition):
    for page in list_pages(ROOT):
        text = (edition / f"{page.page}.html").read_text(encoding="utf-8")
        assert text.count('<figure class="chart">') >= (page.page != "others")
        assert page.title.replace("'", "’") in text


def test_results_json_is_the_contract(edition, evidence):
    results = json.loads((edition / "results.json").read_text())
    assert set(results) == {"edition", "models", "boundaries", "claims", "comparison", "estimator"}
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
    edition, tmp_path, capsys
):
    """Every published file, executed again in another time zone, with another hash seed, into
    another folder.
    """
    again = tmp_path / "elsewhere" / "again"
    environment = os.environ | {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "7"}
    program = [
        sys.executable,
        "-c",
        "import sys; from analysis.cli import main; sys.exit(main())",
        "build",
        "--no-cache",
        "--out",
        str(again),
    ]
    subprocess.run(program, cwd=ROOT, env=environment, check=True, capture_output=True)
    first, second = tree(edition), tree(again)
    assert sorted(first) == sorted(second)
    for name, content in first.items():
        assert second[name] == content, name
    before = (again / "index.html").stat().st_mtime_ns
    capsys.readouterr()
    assert main(["build", "--out", str(again)]) == 0
    assert "nothing changed" in capsys.readouterr().err
    assert (again / "index.html").stat().st_mtime_ns == before


def test_a_page_that_changed_alone_is_written_as_in_a_whole_book(edition, evidence, tmp_path):
    planned = plan(load_scenario(), "paper", {}, evidence.directory)
    executed = {page.page: copy_of(page, planned) for page in planned.pages}
    notebook = nbformat.read(executed["bill"], as_version=4)
    notebook.cells.append(nbformat.v4.new_markdown_cell("Another sentence.", id="another"))
    nbformat.write(notebook, tmp_path / "bill.ipynb")
    changed = executed | {"bill": tmp_path / "bill.ipynb"}
    for name, copies, use_cache in (
        ("before", executed, True),
        ("alone", changed, True),
        ("whole", changed, False),
    ):
        (tmp_path / name).mkdir()
        for prepared in (site.VEGA, site.RESULTS):
            (tmp_path / name / prepared).touch()
        site.write(planned, copies, evidence, use_cache, tmp_path / name)
    alone, whole = tmp_path / "alone" / "html", tmp_path / "whole" / "html"
    assert "Another sentence." in (alone / "bill.html").read_text(encoding="utf-8")
    assert "Another sentence." not in (tmp_path / "before" / "html" / "bill.html").read_text(
        encoding="utf-8"
    )
    assert tree(alone) == tree(whole)


def test_every_local_link_leads_to_a_file_and_an_anchor(edition, links):
    for page, found in links.items():
        for link in found.links:
            target, _, anchor = link.partition("#")
            name = target.split("?")[0] or f"{page}.html"
            assert (edition / name).exists(), (page, link)
            if anchor and name.removesuffix(".html") in links:
                assert anchor in links[name.removesuffix(".html")].ids, (page, link)


def test_every_fact_and_source_has_its_anchor(links, evidence):
    assert set(evidence.facts) <= set(links["facts"].ids)
    assert set(evidence["sources"].source_id) <= set(links["sources"].ids)
    assert set(evidence["arithmetic"].id) <= set(links["arithmetic"].ids)


def test_second_hand_rows_are_marked_one_by_one(edition, evidence):
    rows = re.findall(
        r'<tr>(?:(?!</tr>).)*<span id="(\w+)">(?:(?!</tr>).)*</tr>',
        (edition / "facts.html").read_text(),
        re.S,
    )
    assert len(rows) == len(evidence.facts)
    for row in re.findall(r"<tr>.*?</tr>", (edition / "facts.html").read_text(), re.S):
        name = re.search(r'<span id="(\w+)">', row)
        if name:
            assert ("second-hand" in row) == evidence.facts[name[1]].second_hand, name[1]


def test_nothing_on_any_page_comes_from_another_host(links):
    assert {page: found.outside for page, found in links.items() if found.outside} == {}


def test_prose_types_no_figure(edition):
    """Dollars, GPU-hours and shares in the prose pages come from roles."""
    for path in (ROOT / "book").glob("*.md"):
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
    picture = ROOT / "book" / "_static" / "bill.svg"
    assert picture.read_bytes() == (edition / "bill.svg").read_bytes(), (
        "copy bill.svg from the edition to book/_static"
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
    for page in PAGES:
        assert "Not the default edition" in (out / f"{page}.html").read_text(encoding="utf-8")
        assert "Not the default edition" not in (edition / f"{page}.html").read_text(
            encoding="utf-8"
        )


def test_a_page_that_is_missing_stops_the_build(tmp_path):
    with pytest.raises(
        BookFailed, match=r"_toc\.yml names pages that are not there: v3_pretraining"
    ):
        assemble(ROOT / "book", {}, {}, tmp_path / "sources")


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


# --- in a real browser


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        arguments = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(edition):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(edition)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def visit(chromium, address: str, page: str, **context: object) -> tuple[Page, list[str]]:
    """Open a page; collect failed and outside requests and console errors."""
    opened = chromium.new_context(**context).new_page()
    trouble: list[str] = []
    opened.on("requestfailed", lambda request: trouble.append(f"failed: {request.url}"))
    opened.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((address, "data:"))
            else trouble.append(f"outside: {request.url}")
        ),
    )
    opened.on(
        "response",
        lambda response: (
            trouble.append(f"{response.status}: {response.url}") if response.status >= 400 else None
        ),
    )
    opened.on(
        "console", lambda message: trouble.append(message.text) if message.type == "error" else None
    )
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.goto(f"{address}/{page}.html", wait_until="networkidle")
    return opened, trouble


def drawn(page: Page) -> int:
    """Charts with a visible drawing of some size."""
    return page.evaluate(
        """() => [...document.querySelectorAll('figure.chart')].filter(figure => [...figure.querySelectorAll('svg')]
            .some(svg => svg.getBoundingClientRect().width > 200 && svg.querySelector('path, text'))).length"""
    )


@browser_test
@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("how", ["file", "http"])
def test_pages_open_without_a_network_and_without_an_error(chromium, edition, served, how, page):
    address = f"file://{edition}" if how == "file" else served
    opened, trouble = visit(chromium, address, page, viewport=WIDE)
    assert trouble == []
    assert drawn(opened) == opened.locator("figure.chart").count()
    opened.context.close()


@browser_test
@pytest.mark.browser
@pytest.mark.parametrize("how", ["file", "http"])
def test_a_chart_becomes_interactive_when_a_reader_reaches_for_it(chromium, edition, served, how):
    address = f"file://{edition}" if how == "file" else served
    opened, trouble = visit(chromium, address, "index", viewport=WIDE)
    figure = opened.locator("figure.chart").first
    figure.hover()
    opened.wait_for_selector("figure.chart.live .chart-live svg")
    assert figure.locator(".chart-live svg").bounding_box()["width"] > 200
    assert trouble == []
    opened.context.close()


@browser_test
@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_phone(chromium, edition, page, scheme):
    opened, trouble = visit(
        chromium, f"file://{edition}", page, viewport=PHONE, color_scheme=scheme
    )
    assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert drawn(opened) == opened.locator("figure.chart").count()
    assert trouble == []
    opened.context.close()


@browser_test
@pytest.mark.browser
def test_the_answer_stands_on_one_screen(chromium, edition):
    opened, _ = visit(chromium, f"file://{edition}", "index", viewport=WIDE)
    box = opened.locator(".answer").bounding_box()
    assert box["y"] + box["height"] <= WIDE["height"]
    opened.context.close()


@browser_test
@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280, 1440, 1920])
def test_the_ladder_shows_its_dollars_without_scrolling(chromium, edition, width):
    opened, _ = visit(
        chromium, f"file://{edition}", "index", viewport={"width": width, "height": 900}
    )
    assert (
        opened.evaluate(
            "(box => box.scrollWidth - box.clientWidth)(document.querySelector('.table-box:has(.ladder)'))"
        )
        <= 0
    )
    opened.context.close()


@browser_test
@pytest.mark.browser
def test_a_figure_leads_to_its_row(chromium, edition, evidence):
    opened, _ = visit(chromium, f"file://{edition}", "index", viewport=WIDE)
    opened.locator("a.figure.disclosed").first.click()
    assert opened.url.endswith("facts.html#r1_total_cost_usd")
    assert (
        evidence.facts["r1_total_cost_usd"].locator.split(" (")[0]
        in opened.locator("tr:has(:target)").inner_text()
    )
    opened.context.close()


@browser_test
@pytest.mark.browser
def test_text_of_charts_is_readable_in_the_dark(chromium, edition):
    opened, _ = visit(chromium, f"file://{edition}", "bill", viewport=WIDE, color_scheme="dark")
    color = opened.evaluate(
        "getComputedStyle(document.querySelector('figure.chart svg text')).fill"
    )
    assert min(int(part) for part in re.findall(r"\d+", color)[:3]) > 150
    opened.context.close()


@browser_test
@pytest.mark.browser
def test_search_finds_a_page_from_a_folder(chromium, edition):
    opened, trouble = visit(chromium, f"file://{edition}", "search", viewport=WIDE)
    opened.goto(f"file://{edition}/search.html?q=rollout")
    opened.wait_for_selector(
        "ul.search li:has-text('R1-Zero')"
    )  # results arrive one after the other
    assert [line for line in trouble if "favicon" not in line] == []
    opened.context.close()
