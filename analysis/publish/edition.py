"""An edition: what must run again, built beside the last one and swapped in when it is whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from analysis import charts
from analysis.boundaries import disclosed_rungs
from analysis.data import Evidence
from analysis.derivation import derive
from analysis.disclosure import card_schema
from analysis.figure import WIDTHS_PX, svg
from analysis.publish.book import announce, assemble, check, import_extensions, run_sphinx, write_json, write_vega
from analysis.publish.execute import Job, execute_all
from analysis.publish.place import MARK, refuse_foreign, swap, workplace
from analysis.publish.plan import BENCHMARKS, Page, Plan, edition_model
from analysis.quantity import quantity_text
from analysis.results import evidence_results, scenario_results

VEGA, RESULTS = "vega.js", "results.json"
LAST = "last.json"  # beside the executed copies: what each depended on
COPIES_KEPT = 8  # of each page, so that going back and forth between a few editions costs nothing
Report = Callable[[str], None]


def build(plan: Plan, evidence: Evidence, out: Path, use_cache: bool, report: Report, fresh_kernels: bool = False) -> Path:
    """Build the planned edition into `out` and return its first page.

    Pages whose code, data, lock, notebook and parameters are unchanged are not executed again.

    Raises
    ------
    InputError
        If `out` cannot be written, or holds something that is not an edition.
    NotebookFailed, BookFailed
        If a page fails; the last edition stands.
    """
    refuse_foreign(out)
    with workplace(out) as work:
        executed = _execute_changed(plan, use_cache, report, fresh_kernels, lambda: _prepare(plan, evidence, use_cache, work))
        started = perf_counter()
        report("building the book")
        _write_edition(plan, executed, evidence, work)
        (work / "html" / MARK).write_text(plan.edition_key, encoding="utf-8")
        report(f"book built and checked ({perf_counter() - started:.1f} s)")
        swap(work / "html", out)
    return out / "index.html"


def _prepare(plan: Plan, evidence: Evidence, use_cache: bool, work: Path) -> None:
    """What the edition needs and no page's execution gives, done while the first pages start."""
    write_vega(work / VEGA)
    import_extensions(plan.root / "book")
    derivation = derive(edition_model(plan.root), plan.scenario, evidence)
    write_json(work / RESULTS, scenario_results(derivation) | _evidence_results(plan, evidence, use_cache))


def _evidence_results(plan: Plan, evidence: Evidence, use_cache: bool) -> dict[str, Any]:
    """The results that no scenario reaches, kept for the next edition from the same code and data."""
    kept = _executed_folder(plan) / f"{RESULTS}.{plan.evidence_key}.json"
    found = _read_json(kept) if use_cache else {}
    if not found:
        found = evidence_results(evidence)
        write_json(kept, found)
        _forget_oldest(kept.parent, f"{RESULTS}.*.json")
    return found


def _write_edition(plan: Plan, executed: Mapping[str, Path], evidence: Evidence, work: Path) -> None:
    root, scenario = plan.root, plan.scenario
    derivation = derive(edition_model(root), scenario, evidence)
    sources, html = work / "sources", work / "html"
    assemble(root / "book", executed, {page.page: page.title for page in plan.pages}, sources)
    if not scenario.is_default:
        announce(sources, f"Not the default edition: {scenario.summary}. Disclosed figures stay as printed.")
    settings = {
        "traincost_data": str(evidence.directory),
        "traincost_given": dict(plan.given),
        "traincost_model": edition_model(root),
        "traincost_benchmarks": str(root / BENCHMARKS),
    }
    run_sphinx(sources, html, work / "doctrees", settings, work / "sphinx.log")
    (work / VEGA).rename(html / "_static" / VEGA)  # not among the sources: every page would load it
    known = derivation.numbers["sum_gpu_hours"]
    check(html, root / "book", quantity_text(known.value, known.unit).split()[0])
    (work / RESULTS).rename(html / RESULTS)
    write_json(html / "card.schema.json", card_schema())
    shutil.copytree(evidence.directory, html / "data")
    picture = svg(charts.bill_ladder(disclosed_rungs(derivation.boundaries)).to_dict(), WIDTHS_PX["wide"])
    # outside a page there is no text colour to take over: a grey that reads on light and dark
    (html / "bill.svg").write_text(picture.replace("currentColor", "#777777"), encoding="utf-8")
    (html / "notebooks").mkdir()
    for page in plan.pages:
        shutil.copy(page.path(root), html / "notebooks")


def _execute_changed(plan: Plan, use_cache: bool, report: Report, fresh_kernels: bool, meanwhile: Callable[[], object]) -> dict[str, Path]:
    """The executed copy of each page, run now unless it stands; says what runs and why, in one word."""
    folder = _executed_folder(plan)
    outputs = {page.page: folder / f"{page.page}.{plan.key(page)}.ipynb" for page in plan.pages}
    last = _read_json(folder / LAST)
    reasons: dict[str, list[Page]] = {}
    for page in plan.pages:
        reason = _reason(outputs[page.page], plan.parts[page.page], last.get(page.page, {}), use_cache)
        if reason:
            reasons.setdefault(reason, []).append(page)
        else:
            outputs[page.page].touch()  # the copies kept are those last used
    stale = [page for page in plan.pages if any(page in found for found in reasons.values())]
    why = "".join(f"; {reason}: {', '.join(page.page for page in found)}" for reason, found in reasons.items())
    report(f"{len(plan.pages) - len(stale)} pages stand, {len(stale)} to execute{why}")
    only_data = {name: value for name, value in plan.given.items() if name == "data"}
    jobs = [
        Job(page.page, page.path(plan.root), {**page.parameters, **(plan.given if page.scenario else only_data)}, outputs[page.page])
        for page in stale
    ]
    execute_all(jobs, report, fresh_kernels, meanwhile)
    write_json(folder / LAST, {**last, **plan.parts})
    for page in plan.pages:
        _forget_oldest(folder, f"{page.page}.*.ipynb")
    return outputs


def _executed_folder(plan: Plan) -> Path:
    folder = plan.root / "book" / "_build" / "executed"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _forget_oldest(folder: Path, pattern: str) -> None:
    copies = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in copies[COPIES_KEPT:]:
        old.unlink(missing_ok=True)


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


def _read_json(kept: Path) -> dict[str, Any]:
    """What an earlier build kept; nothing if it kept nothing, or that is damaged."""
    try:
        found = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
