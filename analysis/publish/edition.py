"""An edition: what must run again, built beside the last one and swapped in when it is whole."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from analysis import __version__, charts, comparison
from analysis.arithmetic import arithmetic
from analysis.backtest import backtest, summary
from analysis.boundaries import ladder, to_list
from analysis.data import Evidence, InputError
from analysis.figure import WIDTHS_PX, svg
from analysis.publish.book import announce, assemble, check, run_sphinx, write_json, write_vega
from analysis.publish.execute import Job, execute_all
from analysis.quantity import quantity_text
from analysis.reconstruction import Reconstruction, reconstruct
from analysis.scenario import Scenario

COPIES_KEPT = 8  # of each page, so that going back and forth between a few editions costs nothing
MARK = ".edition"  # holds the key of the edition that stands in a folder
Report = Callable[[str], None]


@dataclass(frozen=True)
class Page:
    """A page that is executed: its name, title, notebook and parameters."""

    page: str
    title: str
    notebook: str
    parameters: Mapping[str, Any]


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
    ground = _digest(
        [*_code_files(root), root / "requirements.lock"], root, evidence.sha256, sys.version, scenario.parameters.model_dump_json()
    )
    keys = {
        page.page: _digest([root / "notebooks" / f"{page.notebook}.ipynb"], root, ground, json.dumps([page.parameters, scenario.name]))
        for page in pages
    }
    edition_key = _digest(_files(root / "book"), root, *keys.values(), scenario.title, str(scenario.is_default))
    if use_cache and _standing_key(out) == edition_key:
        report(f"nothing changed: {len(pages)} pages stand")
        return out / "index.html"
    _refuse_foreign(out)
    with _workplace(out) as work:
        executed = _execute_changed(root, pages, keys, given, use_cache, report, fresh_kernels)
        started = perf_counter()
        _write_edition(root, pages, executed, scenario, given, evidence, work, report)
        (work / "html" / MARK).write_text(edition_key, encoding="utf-8")
        report(f"book built and checked ({perf_counter() - started:.1f} s)")
        _swap(work / "html", out)
    return out / "index.html"


def results(reconstruction: Reconstruction, evidence: Evidence) -> dict[str, Any]:
    """The contract of results.json."""
    scenario = reconstruction.scenario
    effective = scenario.parameters.model_dump() | {
        "price_usd_per_gpu_hour": reconstruction.price_usd_per_gpu_hour,
        "chip": reconstruction.chip.name,
    }
    return {
        "edition": {"version": __version__, "scenario": scenario.name, "parameters": effective, "data_sha256": evidence.sha256},
        "models": {reconstruction.model.name: reconstruction.to_dict()},
        "boundaries": to_list(ladder(reconstruction)),
        "comparison": comparison.to_list(comparison.compare(evidence)),
        "estimator": summary(backtest(evidence)),
    }


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
    settings = {"traincost_data": str(evidence.directory), "traincost_given": dict(given), "traincost_model": edition_model(root)}
    run_sphinx(sources, html, work / "doctrees", settings, work / "sphinx.log")
    write_vega(html / "_static" / "vega.js")  # not among the sources: every page would load it
    reconstruction = reconstruct(edition_model(root), scenario, evidence)
    known = arithmetic(reconstruction.model, evidence)["sum_gpu_hours"]
    check(html, root / "book", quantity_text(known.value, known.unit).split()[0])
    write_json(html / "results.json", results(reconstruction, evidence))
    shutil.copytree(evidence.directory, html / "data")
    picture = svg(charts.bill_ladder(ladder(reconstruction)).to_dict(), WIDTHS_PX["wide"])
    # outside a page there is no text colour to take over: a grey that reads on light and dark
    (html / "bill.svg").write_text(picture.replace("currentColor", "#777777"), encoding="utf-8")
    for page in pages:
        (html / "notebooks").mkdir(exist_ok=True)
        shutil.copy(_notebook(root, page), html / "notebooks")


def _execute_changed(
    root: Path, pages: list[Page], keys: Mapping[str, str], given: Mapping[str, str], use_cache: bool, report: Report, fresh_kernels: bool
) -> dict[str, Path]:
    """The executed copy of each page, run now unless it stands."""
    folder = root / "book" / "_build" / "executed"
    folder.mkdir(parents=True, exist_ok=True)
    outputs = {page.page: folder / f"{page.page}.{keys[page.page]}.ipynb" for page in pages}
    stale = [page for page in pages if not (use_cache and outputs[page.page].is_file())]
    report(f"{len(pages) - len(stale)} pages stand, {len(stale)} to execute")
    jobs = [
        Job(page.page, root / "notebooks" / f"{page.notebook}.ipynb", {**page.parameters, **given}, outputs[page.page]) for page in stale
    ]
    execute_all(jobs, report, fresh_kernels)
    for page in pages:
        copies = sorted(folder.glob(f"{page.page}.*.ipynb"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in copies[COPIES_KEPT:]:
            old.unlink(missing_ok=True)
    return outputs


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


def _standing_key(out: Path) -> str | None:
    mark = out / MARK
    return mark.read_text(encoding="utf-8") if mark.is_file() else None


def _refuse_foreign(out: Path) -> None:
    """Nothing of the user's is lost: a folder that is not an edition is not replaced."""
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out}: is a file; name a folder")
    if out.is_dir() and any(out.iterdir()) and _standing_key(out) is None:
        raise InputError(f"--out {out}: holds files that are no edition; name an empty or a new folder")


@contextmanager
def _workplace(out: Path) -> Iterator[Path]:
    """A folder beside `out`, on the same disk, that is gone afterwards."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written: {error.strerror}") from None
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _swap(new: Path, out: Path) -> None:
    """Put the new edition in the place of the last one."""
    last = new.parent / "last"
    if out.exists():
        out.rename(last)
    new.rename(out)
