"""The files of an edition: the pages that Sphinx makes, through Jupyter Book, of the book's sources
and the executed notebooks, and what stands beside them.
"""

from __future__ import annotations

import contextlib
import html as markup
import importlib
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
import yaml
from jupyter_book.sphinx import build_sphinx
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from sphinx.application import builtin_extensions

from analysis.compare.card import card_schema
from analysis.data.folder import edition_model, named_files, regular_file
from analysis.data.tables import Evidence
from analysis.publish.cards import SCRIPT as CARDS
from analysis.publish.cards import Words, rows_shown, script_of
from analysis.publish.contents import check_addresses, page_names, prose_path, write_moved
from analysis.publish.failed import BookFailed
from analysis.publish.figures import publish_figures
from analysis.publish.first import whole_in_short
from analysis.publish.kept import (
    book_room,
    forget_oldest,
    kept_folder,
    read_kept,
    rounded,
    write_json,
)
from analysis.publish.pages import read_page
from analysis.publish.place import KEPT, NEW
from analysis.publish.plan import Page, Plan, list_moved
from analysis.publish.results import evidence_results, scenario_results
from analysis.publish.sharing import share
from analysis.publish.try_numbers import page_data, write_script
from analysis.reconstruction.account import Account, account_of
from analysis.show.links import in_book

RESULTS, TRY = "results.json", "try-data.js"
SCRIPTS = "_scripts"
NOT_SOURCES = ("_build", "__pycache__", SCRIPTS)
NOT_PUBLISHED = ".buildinfo"  # a hash that paths of this machine go into; Sphinx alone reads it
WITH_MARKUP = ("text/html", "text/markdown")


def prepare(plan: Plan, evidence: Evidence, use_cache: bool, work: Path) -> None:
    """What the edition needs and no page's execution gives, done while the first pages start."""
    # first: these find what is wrong, and all arithmetic is done before pages stop at a part of it
    check_addresses(plan.root / "book", plan.pages, list_moved(plan.root))
    account = account_of(edition_model(), plan.scenario, evidence)
    _ = account.numbers
    import_extensions(plan.root / "book")
    unreached = _evidence_results(plan, account, use_cache)
    write_json(work / RESULTS, scenario_results(account) | unreached)
    write_script(_try_numbers(plan, account, use_cache), work / TRY)


def write(
    plan: Plan,
    executed: Mapping[str, Path],
    evidence: Evidence,
    use_cache: bool,
    work: Path,
    report: Callable[[str], None],
) -> None:
    """The edition's files, in `NEW` of the workplace, from executed copies and what was prepared
    there.
    """
    book, html = plan.root / "book", work / NEW
    account = account_of(edition_model(), plan.scenario, evidence)
    with book_room(plan, use_cache, work) as room:
        sources, pages = room / "sources", room / "pages"
        assemble(book, executed, plan.pages, sources)
        if not plan.scenario.is_default:
            announce(
                sources,
                f"Not the default edition: {plan.scenario.summary}. "
                "Disclosed figures stay as printed.",
            )
        settings = {
            "traincost_data": str(evidence.directory),
            "traincost_given": dict(plan.given),
            "traincost_model": edition_model(),
            "traincost_base_url": plan.base_url,
        }
        run_sphinx(sources, pages, room / "doctrees", settings, work / "sphinx.log")
        shutil.copytree(pages, html, ignore=shutil.ignore_patterns(NOT_PUBLISHED, *KEPT))
    script = script_of(rows_shown(sorted(html.glob("*.html"))), account, Words.of(book))
    (html / "_static" / CARDS).write_text(script, encoding="utf-8")
    check(html, book, whole_in_short(account))
    publish_figures(html, page_names(book), report)
    _write_beside(plan, account, work)


def _write_beside(plan: Plan, account: Account, work: Path) -> None:
    """What an edition has besides its pages: scripts, results, evidence, notebooks."""
    html, book = work / NEW, plan.root / "book"
    # scripts of single pages, not among the sources: every page would load them
    shutil.copytree(book / SCRIPTS, html / "_static", dirs_exist_ok=True)
    (work / TRY).rename(html / "_static" / TRY)
    (work / RESULTS).rename(html / RESULTS)
    pages = [read_page(html / f"{name}.html") for name in page_names(book)]
    share(pages, account, plan, html)
    write_json(html / "card.schema.json", card_schema())
    publish_evidence(account.evidence.directory, html / "data")
    write_moved(html, list_moved(plan.root))
    (html / "notebooks").mkdir()
    for page in plan.pages:
        shutil.copy(page.path(plan.root), html / "notebooks")


def publish_evidence(directory: Path, target: Path) -> None:
    """Copy what an evidence folder names, and nothing that lies beside it or a link leads to."""
    for name in named_files(directory):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(regular_file(directory, name), target / name)


def _evidence_results(plan: Plan, account: Account, use_cache: bool) -> dict[str, Any]:
    """The results that no scenario reaches, kept for the next edition of the same code and data."""
    date = str(account.reconstruction.model.release_date)
    kept = kept_folder(plan) / f"{RESULTS}.{plan.evidence_key}.{date}.json"
    found = read_kept(kept) if use_cache else {}
    if not found:
        found = evidence_results(account.evidence, date)
        write_json(kept, found)
        forget_oldest(kept.parent, f"{RESULTS}.*.json")
    return found


def _try_numbers(plan: Plan, account: Account, use_cache: bool) -> dict[str, Any]:
    """What the page of a reader's own numbers answers from, kept for the next edition of the same
    account.
    """
    kept = kept_folder(plan) / f"{TRY}.{plan.account_key}.{account.model.name}.json"
    found = read_kept(kept) if use_cache else {}
    if not found:
        found = rounded(page_data(account))  # as it is kept, or a next build would differ
        write_json(kept, found)
        forget_oldest(kept.parent, f"{TRY}.*.json")
    return found


# --- the sources of the pages


def assemble(book: Path, executed: Mapping[str, Path], pages: Sequence[Page], target: Path) -> None:
    """Copy the book's sources and the executed notebooks, each under its page's title and with its
    prose, into one folder.

    Where the sources are there already, only notebooks that differ are written.
    """
    if not target.exists():
        shutil.copytree(book, target, ignore=shutil.ignore_patterns(*NOT_SOURCES))
    for page in pages:
        notebook = _as_page(page, nbformat.read(executed[page.page], as_version=4))
        if page.prose:
            text = prose_path(book, page.prose).read_text(encoding="utf-8")
            notebook.cells.insert(-1, new_markdown_cell(text, id=page.prose))
        _write_if_new(target / f"{page.page}.ipynb", nbformat.writes(notebook))


def _as_page(page: Page, notebook: NotebookNode) -> NotebookNode:
    """An executed notebook as a page of the book: under its title, its figures linked to their
    rows, and without an error.
    """
    heading, _, rest = notebook.cells[0].source.partition("\n")
    if not heading.startswith("# "):
        raise BookFailed(f"{page.page}: the first cell of its notebook has no title")
    notebook.cells[0].source = f"# {page.title}\n{rest}"
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        if output.output_type == "error":
            raise BookFailed(f"{page.page}: the executed notebook holds an error: {output.ename}")
        data = output.get("data", {})
        data.update({kind: in_book(data[kind]) for kind in WITH_MARKUP if kind in data})
    return notebook


def _write_if_new(path: Path, text: str) -> None:
    """Sphinx goes by the time of a file: one that stays the same keeps it."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def announce(sources: Path, text: str) -> None:
    """Put a banner at the top of every page."""
    path = sources / "_config.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["html"]["announcement"] = markup.escape(text)
    path.write_text(yaml.safe_dump(config), encoding="utf-8")


# --- Sphinx


def import_extensions(book: Path) -> None:
    """Import what Sphinx would import when it starts, so that it need not then."""
    settings = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))["sphinx"]
    for name in [*builtin_extensions, *settings["config"]["extensions"]]:
        if name not in settings["local_extensions"]:
            importlib.import_module(name)


def run_sphinx(
    sources: Path, html: Path, doctrees: Path, settings: Mapping[str, Any], log: Path
) -> None:
    """Build the pages, every warning an error; what Sphinx prints goes to `log`."""
    # where this sheet stands already, its address on the pages is another
    for sheet in (html / "_static").glob("mystnb.*.css"):
        sheet.unlink()
    with (
        log.open("w", encoding="utf-8") as stream,
        contextlib.redirect_stdout(stream),
        contextlib.redirect_stderr(stream),
    ):
        status = build_sphinx(
            str(sources),
            str(html),
            path_config=sources / "_config.yml",
            noconfig=True,
            confoverrides={"nitpicky": True, "latex_individualpages": False, **settings},
            doctreedir=str(doctrees),
            warningiserror=True,
            keep_going=True,
        )
    if status != 0:
        said = log.read_text(encoding="utf-8").splitlines()
        lines = [line for line in said if re.search("WARNING|ERROR|[a-z]Error|Exception", line)]
        raise BookFailed("Sphinx: " + "\n  ".join(lines[:8] or [repr(status)]))


def check(html: Path, book: Path, known_text: str) -> None:
    """Every page of the contents is there and holds no failure, and the first page holds a figure
    we know.
    """
    for page in page_names(book):
        path = html / f"{page}.html"
        if not path.is_file():
            raise BookFailed(f"{page}.html was not built")
        if "Traceback (most recent call last)" in path.read_text(encoding="utf-8"):
            raise BookFailed(f"{page}.html shows a traceback")
    if known_text not in (html / f"{page_names(book)[0]}.html").read_text(encoding="utf-8"):
        raise BookFailed(f"the first page does not show {known_text}")
