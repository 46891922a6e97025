"""An edition: what must run again, built beside the last one and swapped in when it is whole."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from analysis import charts
from analysis.arithmetic import arithmetic
from analysis.boundaries import disclosed_rungs
from analysis.data import Evidence, InputError
from analysis.derivation import Derivation
from analysis.disclosure import card_schema
from analysis.figure import WIDTHS_PX, svg
from analysis.publish.book import announce, assemble, check, run_sphinx, write_json, write_vega
from analysis.publish.execute import Job, execute_all
from analysis.publish.place import MARK, refuse_foreign, standing_key, swap, workplace
from analysis.quantity import quantity_text
from analysis.reconstruction import reconstruct
from analysis.results import results
from analysis.scenario import Scenario

BENCHMARKS = Path("benchmarks", "results.json")
LAST = "last.json"  # beside the executed copies: what each depended on
COPIES_KEPT = 8  # of each page, so that going back and forth between a few editions costs nothing
Report = Callable[[str], None]


@dataclass(frozen=True)
class Page:
    """A page that is executed: its name, title, notebook and parameters, and whether a scenario reaches it."""

    page: str
    title: str
    notebook: str
    parameters: Mapping[str, Any]
    scenario: bool = True


def checkout() -> Path:
    """The root of the checkout that this package runs from."""
    root = Path(__file__).parents[2]
    if not (root / "notebooks").is_dir():
        raise InputError("building a book needs a checkout of the project: the notebooks are not in the package")
    return root


def list_pages(root: Path) -> list[Page]:
    """The edition's declared pages, in the order of book/pages.toml."""
    content = tomllib.loads((root / "book" / "pages.toml").read_text(encoding="utf-8"))
    return [Page(**page) for page in content["page"]]


def edition_model(root: Path) -> str:
    """The model that the edition is about."""
    return str(tomllib.loads((root / "book" / "pages.toml").read_text(encoding="utf-8"))["model"])


def build(
    scenario: Scenario,
    scenario_name: str,
    overrides: Mapping[str, str],
    evidence: Evidence,
    out: Path,
    use_cache: bool,
    report: Report,
    fresh_kernels: bool = False,
) -> Path:
    """Build an edition into `out` and return its first page.

    Pages whose code, data, lock, notebook and parameters are unchanged are not executed again; if nothing at
    all has changed, the edition that stands is left alone.

    Raises
    ------
    InputError
        If `out` cannot be written, or holds something that is not an edition.
    NotebookFailed, BookFailed
        If a page fails; the last edition stands.
    """
    root = checkout()
    pages = list_pages(root)
    given = {"scenario": str(Path(scenario_name).resolve()) if scenario_name.endswith(".toml") else scenario_name, **overrides}
    if evidence.directory != root / "data":
        given["data"] = str(evidence.directory.resolve())
    parts = {page.page: _parts(page, root, scenario, evidence) for page in pages}
    keys = {name: _digest([], root, *found.values()) for name, found in parts.items()}
    edition_key = _digest([*_files(root / "book"), root / BENCHMARKS], root, *keys.values(), scenario.title, str(scenario.is_default))
    if use_cache and standing_key(out) == edition_key and all((out / f"{page.page}.html").is_file() for page in pages):
        report(f"nothing changed: {len(pages)} pages stand")
        return out / "index.html"
    refuse_foreign(out)
    with workplace(out) as work:
        executed = _execute_changed(root, pages, parts, keys, given, use_cache, report, fresh_kernels)
        started = perf_counter()
        _write_edition(root, pages, executed, scenario, given, evidence, work, report)
        (work / "html" / MARK).write_text(edition_key, encoding="utf-8")
        report(f"book built and checked ({perf_counter() - started:.1f} s)")
        swap(work / "html", out)
    return out / "index.html"


def _write_edition(
    root: Path,
    pages: list[Page],
    executed: Mapping[str, Path],
    scenario: Scenario,
    given: Mapping[str, str],
    evidence: Evidence,
    work: Path,
    report: Report,
) -> None:
    report("building the book")
    sources, html = work / "sources", work / "html"
    assemble(root / "book", executed, {page.page: page.title for page in pages}, sources)
    if not scenario.is_default:
        announce(
            sources,
            f"Not the default edition: {scenario.summary}. Disclosed figures stay as printed.",
        )
    settings = {
        "traincost_data": str(evidence.directory),
        "traincost_given": dict(given),
        "traincost_model": edition_model(root),
        "traincost_benchmarks": str(root / BENCHMARKS),
    }
    run_sphinx(sources, html, work / "doctrees", settings, work / "sphinx.log")
    write_vega(html / "_static" / "vega.js")  # not among the sources: every page would load it
    reconstruction = reconstruct(edition_model(root), scenario, evidence)
    known = arithmetic(reconstruction.model, evidence)["sum_gpu_hours"]
    check(html, root / "book", quantity_text(known.value, known.unit).split()[0])
    derivation = Derivation(reconstruction, evidence)
    write_json(html / "results.json", results(derivation))
    write_json(html / "card.schema.json", card_schema())
    shutil.copytree(evidence.directory, html / "data")
    picture = svg(charts.bill_ladder(disclosed_rungs(derivation.boundaries)).to_dict(), WIDTHS_PX["wide"])
    # outside a page there is no text colour to take over: a grey that reads on light and dark
    (html / "bill.svg").write_text(picture.replace("currentColor", "#777777"), encoding="utf-8")
    for page in pages:
        (html / "notebooks").mkdir(exist_ok=True)
        shutil.copy(_notebook(root, page), html / "notebooks")


def _parts(page: Page, root: Path, scenario: Scenario, evidence: Evidence) -> dict[str, str]:
    """What a page depends on, each part as a hash, by the word that says why it runs again."""
    code = _digest([*_code_files(root), root / "requirements.lock"], root, sys.version)
    reaching = [scenario.name, scenario.parameters.model_dump()] if page.scenario else []
    values = json.dumps([page.parameters, *reaching], sort_keys=True)
    return {
        "code": code,
        "data": evidence.sha256,
        "notebook": _digest([_notebook(root, page)], root),
        "parameters": _digest([], root, values),
    }


def _execute_changed(
    root: Path,
    pages: list[Page],
    parts: Mapping[str, Mapping[str, str]],
    keys: Mapping[str, str],
    given: Mapping[str, str],
    use_cache: bool,
    report: Report,
    fresh_kernels: bool,
) -> dict[str, Path]:
    """The executed copy of each page, run now unless it stands; says what runs and why, in one word."""
    folder = root / "book" / "_build" / "executed"
    folder.mkdir(parents=True, exist_ok=True)
    outputs = {page.page: folder / f"{page.page}.{keys[page.page]}.ipynb" for page in pages}
    last = _read_last(folder)
    reasons: dict[str, list[Page]] = {}
    for page in pages:
        reason = _reason(outputs[page.page], parts[page.page], last.get(page.page, {}), use_cache)
        if reason:
            reasons.setdefault(reason, []).append(page)
        else:
            outputs[page.page].touch()  # the copies kept are those last used
    stale = [page for pages_of_reason in reasons.values() for page in pages_of_reason]
    why = "".join(f"; {reason}: {', '.join(page.page for page in found)}" for reason, found in reasons.items())
    report(f"{len(pages) - len(stale)} pages stand, {len(stale)} to execute{why}")
    only_data = {name: value for name, value in given.items() if name == "data"}
    jobs = [
        Job(page.page, _notebook(root, page), {**page.parameters, **(given if page.scenario else only_data)}, outputs[page.page])
        for page in pages
        if page in stale
    ]
    execute_all(jobs, report, fresh_kernels)
    write_json(folder / LAST, {**last, **parts})
    for page in pages:
        copies = sorted(folder.glob(f"{page.page}.*.ipynb"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in copies[COPIES_KEPT:]:
            old.unlink(missing_ok=True)
    return outputs


def _reason(output: Path, parts: Mapping[str, str], last: Mapping[str, str], use_cache: bool) -> str:
    """Why a page runs, in one word; empty if its executed copy stands."""
    if not use_cache:
        return "asked"
    if output.is_file():
        return "" if _is_whole(output) else "damaged"
    return next((word for word, found in parts.items() if last and last.get(word) != found), "new")


def _is_whole(copy: Path) -> bool:
    try:
        return bool(json.loads(copy.read_text(encoding="utf-8"))["cells"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _read_last(folder: Path) -> dict[str, dict[str, str]]:
    """What each page depended on when it last ran; nothing if that was never written, or is damaged."""
    try:
        found = json.loads((folder / LAST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _notebook(root: Path, page: Page) -> Path:
    return root / "notebooks" / f"{page.notebook}.ipynb"


def _digest(files: Iterable[Path], root: Path, *texts: str) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    for text in texts:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:24]


def _code_files(root: Path) -> list[Path]:
    return sorted((root / "analysis").rglob("*.py"))


def _files(folder: Path) -> list[Path]:
    found = folder.rglob("*")
    return sorted(path for path in found if path.is_file() and not {"_build", "__pycache__"} & set(path.relative_to(folder).parts))
