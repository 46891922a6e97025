"""The files of an edition: the pages that Sphinx makes, through Jupyter Book, of the book's sources
and the executed notebooks, and what stands beside them.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jupyter_book.sphinx import build_sphinx
from sphinx.application import builtin_extensions

from analysis.compare.card import card_schema
from analysis.data.cells import plain_table
from analysis.data.folder import named_files, read_bytes, regular_file
from analysis.data.tables import Evidence
from analysis.publish.cards import SCRIPT as CARDS
from analysis.publish.cards import Words, rows_shown, script_of
from analysis.publish.carried import ARCHIVE, BESIDE_PAGES, left_out, write_archive
from analysis.publish.citation import OTHERS
from analysis.publish.contents import check_addresses, contents_of, write_moved
from analysis.publish.failed import BookFailed
from analysis.publish.figures import drawings_of, publish_figures
from analysis.publish.first import usd_at_middle, whole_in_short
from analysis.publish.forking.forks import beside
from analysis.publish.kept import (
    book_room,
    forget_oldest,
    keep,
    kept_folder,
    read_kept,
    rounded,
    write_json,
)
from analysis.publish.pages import PageText, texts_of
from analysis.publish.pictures import draw_pictures, place_pictures
from analysis.publish.place import KEPT, NEW
from analysis.publish.plan import Plan, list_moved
from analysis.publish.policy import set_policy
from analysis.publish.results import evidence_results, scenario_results
from analysis.publish.sharing import share
from analysis.publish.sources import SCRIPTS, write_sources
from analysis.publish.try_numbers import page_data, write_script
from analysis.publish.ways import Ways
from analysis.reconstruction.account import Account, account_of

RESULTS, TRY = "results.json", "try-data.js"
OWN_TAG = "own"  # of what stands in the book about the edition's own model alone
OTHER_TAG = "other_evidence"  # in the book of evidence that is not the project's
CARRIED_TAG = "carried_evidence"  # where the archive has another evidence folder
NOT_PUBLISHED = ".buildinfo"  # a hash that paths of this machine go into; Sphinx alone reads it


def prepare(plan: Plan, evidence: Evidence, use_cache: bool, work: Path) -> None:
    """What the edition needs and no page's execution gives, done while the first pages start."""
    # first: these find what is wrong, and all arithmetic is done before pages stop at a part of it
    if not plan.other:
        check_addresses(plan.root / "book", plan.pages, list_moved(plan.root))
    account = account_of(plan.model, plan.scenario, evidence)
    _ = account.numbers
    import_extensions(plan.root / "book")
    unreached = _evidence_results(plan, account, use_cache)
    write_json(work / RESULTS, scenario_results(account) | unreached)
    if not plan.other:
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
    html, names = work / NEW, contents_of(plan).pages
    account = account_of(plan.model, plan.scenario, evidence)
    with book_room(plan, use_cache, work) as room:
        sources, pages = room / "sources", room / "pages"
        write_sources(plan, executed, sources)
        settings, tags = _settings(plan, evidence), _tags(plan, evidence)
        drawn = draw_pictures(
            drawings_of(sources / f"{name}.ipynb" for name in executed),
            room / "pictures",
            lambda: run_sphinx(
                sources, pages, room / "doctrees", settings, work / "sphinx.log", tags
            ),
        )
        shutil.copytree(pages, html, ignore=shutil.ignore_patterns(NOT_PUBLISHED, *KEPT))
    known = usd_at_middle(account) if plan.other else whole_in_short(account)
    check(html, names, known)

    def finish_pages() -> None:
        _write_cards(plan, account, html)
        place_pictures(publish_figures(html, names, report), drawn)

    as_written = {name: (html / f"{name}.html").read_text(encoding="utf-8") for name in names}
    texts = beside(texts_of, as_written, finish_pages)
    _write_beside(plan, account, texts, work)
    for name in left_out(plan.root):
        report(f"{name}: not in {ARCHIVE}, for git does not track it")


def _tags(plan: Plan, evidence: Evidence) -> list[str]:
    """What of the texts stands in this book alone, by the tags of its `only`."""
    told = {
        OWN_TAG: plan.other is None,
        OTHER_TAG: not evidence.is_own,
        CARRIED_TAG: "data" in plan.given,
    }
    return [tag for tag, it_is in told.items() if it_is]


def _settings(plan: Plan, evidence: Evidence) -> dict[str, Any]:
    """What the extensions of Sphinx are told of an edition."""
    return {
        "traincost_data": str(evidence.directory),
        "traincost_given": dict(plan.given),
        "traincost_model": plan.model,
        "traincost_base_url": plan.base_url,
        **({} if evidence.is_own else {"author": OTHERS}),
    }


def _write_cards(plan: Plan, account: Account, html: Path) -> None:
    """What each number of the pages opens to."""
    led = _ways(plan, html).card if plan.other else dict
    rows = rows_shown(sorted(html.glob("*.html")))
    script = script_of(rows, account, Words.of(plan.root / "book"), led)
    (html / "_static" / CARDS).write_text(script, encoding="utf-8")


def _ways(plan: Plan, html: Path) -> Ways:
    instead = plan.other.instead if plan.other else {}
    return Ways.of(html, contents_of(plan).root, instead)


def _write_beside(plan: Plan, account: Account, pages: list[PageText], work: Path) -> None:
    """What an edition has besides its pages: archive, scripts, results, evidence, notebooks, and
    what is made of the texts of its `pages`.
    """
    html, book = work / NEW, plan.root / "book"
    write_archive(html / ARCHIVE, plan)
    # scripts of single pages, not among the sources: every page would load them
    shutil.copytree(book / SCRIPTS, html / "_static", dirs_exist_ok=True)
    (work / RESULTS).rename(html / RESULTS)
    write_json(html / "card.schema.json", card_schema())
    publish_evidence(account.evidence.directory, html / BESIDE_PAGES)
    (html / "notebooks").mkdir()
    for page in plan.pages:
        shutil.copy(page.path(plan.root), html / "notebooks")
    if plan.other:
        _ways(plan, html).mend(html)  # now all that a link may lead to is there
    else:
        (work / TRY).rename(html / "_static" / TRY)
        write_moved(html, list_moved(plan.root))
    share(pages, account, plan, html)
    for path in sorted(html.glob("*.html")):
        set_policy(path)


def publish_evidence(directory: Path, target: Path) -> None:
    """Copy what an evidence folder names, and nothing that lies beside it or a link leads to; a
    table in which a spreadsheet would find formulas, with those as text.
    """
    for name in named_files(directory):
        content = read_bytes(regular_file(directory, name))
        if name.endswith(".csv"):
            content = plain_table(content.decode()).encode()
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)


def _evidence_results(plan: Plan, account: Account, use_cache: bool) -> dict[str, Any]:
    """The results that no scenario reaches, kept for the next edition of the same code and data."""
    date = str(account.reconstruction.model.release_date)
    kept = kept_folder(plan) / f"{RESULTS}.{plan.evidence_key}.{date}.json"
    found = read_kept(kept) if use_cache else {}
    if not found:
        found = evidence_results(account.evidence, date)
        keep(kept, found)
        forget_oldest(kept, f"{RESULTS}.*.json")
    return found


def _try_numbers(plan: Plan, account: Account, use_cache: bool) -> dict[str, Any]:
    """What the page of a reader's own numbers answers from, kept for the next edition of the same
    account.
    """
    kept = kept_folder(plan) / f"{TRY}.{plan.account_key}.{account.model.name}.json"
    found = read_kept(kept) if use_cache else {}
    if not found:
        found = rounded(page_data(account))  # as it is kept, or a next build would differ
        keep(kept, found)
        forget_oldest(kept, f"{TRY}.*.json")
    return found


# --- Sphinx


def import_extensions(book: Path) -> None:
    """Import what Sphinx would import when it starts, so that it need not then."""
    settings = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))["sphinx"]
    for name in [*builtin_extensions, *settings["config"]["extensions"]]:
        if name not in settings["local_extensions"]:
            importlib.import_module(name)


def run_sphinx(
    sources: Path,
    html: Path,
    doctrees: Path,
    settings: Mapping[str, Any],
    log: Path,
    tags: Sequence[str],
) -> None:
    """Build the pages, every warning an error; what Sphinx prints goes to `log`. What stands in
    `only` of the sources is built if `tags` have its tag.
    """
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
            tags=[*tags],
            warningiserror=True,
            keep_going=True,
        )
    if status != 0:
        said = log.read_text(encoding="utf-8").splitlines()
        lines = [line for line in said if re.search("WARNING|ERROR|[a-z]Error|Exception", line)]
        raise BookFailed("Sphinx: " + "\n  ".join(lines[:8] or [repr(status)]))


def check(html: Path, pages: Sequence[str], known_text: str) -> None:
    """Every page of the contents is there, and the first page holds a figure we know."""
    for page in pages:
        if not (html / f"{page}.html").is_file():
            raise BookFailed(f"{page}.html was not built")
    if known_text not in (html / f"{pages[0]}.html").read_text(encoding="utf-8"):
        raise BookFailed(f"the first page does not show {known_text}")
