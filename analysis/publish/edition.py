"""An edition: what must run again, built beside the last one and swapped in when it is whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from analysis.publish.execute import execute_all
from analysis.publish.job import Job, is_as_executed
from analysis.publish.kept import (
    copy_of,
    discard,
    forget_oldest,
    keep,
    kept_folder,
    read_kept,
)
from analysis.publish.place import NEW, refuse_foreign, swap, workplace, write_mark
from analysis.publish.plan import Page, Plan

if TYPE_CHECKING:  # what executes pages starts first, and takes longer to start than this import
    from analysis.data.tables import Evidence

LAST = "last.json"  # beside the executed copies: what each depended on
Report = Callable[[str], None]


def build(
    plan: Plan,
    read_evidence: Callable[[], Evidence],
    out: Path,
    use_cache: bool,
    report: Report,
    fresh_kernels: bool = False,
) -> Path:
    """Build the planned edition into `out` and return its first page.

    Pages whose code, data, lock, notebook and parameters are unchanged are not executed again.
    The evidence is read while the first pages start; what is wrong with it stops them.

    Raises
    ------
    InputError
        If `out` cannot be written, or holds something that is not of an edition.
    NotebookFailed, BookFailed
        If a page fails; the last edition stands.
    """
    refuse_foreign(out)
    evidence = cache(read_evidence)
    with workplace(out) as work:

        def prepare_book() -> None:
            # imports much: here it does while the first pages start
            from analysis.publish.book import prepare

            prepare(plan, evidence(), use_cache, work)

        executed = _execute_changed(plan, use_cache, report, fresh_kernels, prepare_book)
        from analysis.publish.book import write

        started = perf_counter()
        report("building the book")
        write(plan, executed, evidence(), use_cache, work, report)
        write_mark(work / NEW, plan.edition_key)
        report(f"book built and checked ({perf_counter() - started:.1f} s)")
        swap(work, out)
    return out / "index.html"


def _execute_changed(
    plan: Plan,
    use_cache: bool,
    report: Report,
    fresh_kernels: bool,
    meanwhile: Callable[[], object],
) -> dict[str, Path]:
    """The executed copy of each page, run now unless it stands; says what runs and why, in one
    word.
    """
    folder = kept_folder(plan)
    outputs = {page.page: copy_of(page, plan) for page in plan.pages}
    last = read_kept(folder / LAST)
    reasons = {
        name: _reason(output, plan.parts[name], last.get(name, {}), use_cache)
        for name, output in outputs.items()
    }
    jobs = [_job(page, plan, outputs) for page in plan.pages if reasons[page.page]]
    report(
        "; ".join(
            [f"{len(outputs) - len(jobs)} pages stand, {len(jobs)} to execute", *_why(reasons)]
        )
    )
    execute_all(jobs, report, fresh_kernels, meanwhile)
    keep(folder / LAST, {**last, **plan.parts})
    for page in plan.pages:
        forget_oldest(outputs[page.page], f"{page.page}.*.ipynb")
    return outputs


def _job(page: Page, plan: Plan, outputs: Mapping[str, Path]) -> Job:
    return Job(page.page, page.path(plan.root), plan.parameters_of(page), outputs[page.page])


def _why(reasons: Mapping[str, str]) -> list[str]:
    """Each reason with the pages that run for it."""
    return [
        f"{reason}: {', '.join(name for name, found in reasons.items() if found == reason)}"
        for reason in dict.fromkeys(filter(None, reasons.values()))
    ]


def _reason(
    output: Path, parts: Mapping[str, str], last: Mapping[str, str], use_cache: bool
) -> str:
    """Why a page runs, in one word; empty if its executed copy stands."""
    if not use_cache:
        return "asked"
    if output.exists():
        if is_as_executed(output):
            return ""
        discard(output)
        return "damaged"
    return next((word for word, found in parts.items() if last and last.get(word) != found), "new")
