"""The files of an edition: the book that Sphinx makes, and what stands beside its pages."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.compare.card import card_schema
from analysis.data.folder import named_files, regular_file
from analysis.data.tables import Evidence
from analysis.publish.book import (
    announce,
    assemble,
    check,
    import_extensions,
    run_sphinx,
    write_vega,
)
from analysis.publish.kept import book_room, forget_oldest, kept_folder, read_kept, write_json
from analysis.publish.place import KEPT, NEW
from analysis.publish.plan import BENCHMARKS, Plan, edition_model
from analysis.publish.results import evidence_results, scenario_results
from analysis.reconstruction.derivation import Derivation, derive
from analysis.reconstruction.ladder import disclosed_rungs
from analysis.show import charts
from analysis.show.charts.figure import picture
from analysis.show.numbers import usd_text

VEGA, RESULTS = "vega.js", "results.json"
NOT_PUBLISHED = ".buildinfo"  # a hash that paths of this machine go into; Sphinx alone reads it


def prepare(plan: Plan, evidence: Evidence, use_cache: bool, work: Path) -> None:
    """What the edition needs and no page's execution gives, done while the first pages start."""
    derivation = derive(
        edition_model(plan.root), plan.scenario, evidence
    )  # first: it finds what is wrong
    write_vega(work / VEGA)
    import_extensions(plan.root / "book")
    write_json(
        work / RESULTS,
        scenario_results(derivation) | _evidence_results(plan, derivation, use_cache),
    )


def _evidence_results(plan: Plan, derivation: Derivation, use_cache: bool) -> dict[str, Any]:
    """The results that no scenario reaches, kept for the next edition from the same code and data."""
    date = str(derivation.reconstruction.model.release_date)
    kept = kept_folder(plan) / f"{RESULTS}.{plan.evidence_key}.{date}.json"
    found = read_kept(kept) if use_cache else {}
    if not found:
        found = evidence_results(derivation.evidence, date)
        write_json(kept, found)
        forget_oldest(kept.parent, f"{RESULTS}.*.json")
    return found


def write(
    plan: Plan, executed: Mapping[str, Path], evidence: Evidence, use_cache: bool, work: Path
) -> None:
    """The edition's files, in `html` of the workplace, from executed copies and what was prepared
    there.
    """
    root, scenario = plan.root, plan.scenario
    derivation = derive(edition_model(root), scenario, evidence)
    html = work / NEW
    settings = {
        "traincost_data": str(evidence.directory),
        "traincost_given": dict(plan.given),
        "traincost_model": edition_model(root),
        "traincost_benchmarks": str(root / BENCHMARKS),
    }
    with book_room(plan, use_cache, work) as room:
        sources = room / "sources"
        assemble(root / "book", executed, {page.page: page.title for page in plan.pages}, sources)
        if not scenario.is_default:
            announce(
                sources,
                f"Not the default edition: {scenario.summary}. Disclosed figures stay as printed.",
            )
        run_sphinx(sources, room / "pages", room / "doctrees", settings, work / "sphinx.log")
        shutil.copytree(room / "pages", html, ignore=shutil.ignore_patterns(NOT_PUBLISHED, *KEPT))
    (work / VEGA).rename(html / "_static" / VEGA)  # not among the sources: every page would load it
    known = disclosed_rungs(derivation.boundaries).usd.iloc[-1]
    check(html, root / "book", usd_text(known))
    (work / RESULTS).rename(html / RESULTS)
    write_json(html / "card.schema.json", card_schema())
    publish_evidence(evidence.directory, html / "data")
    bill = charts.bill_ladder(disclosed_rungs(derivation.boundaries))
    (html / "bill.svg").write_text(picture(bill), encoding="utf-8")
    (html / "notebooks").mkdir()
    for page in plan.pages:
        shutil.copy(page.path(root), html / "notebooks")


def publish_evidence(directory: Path, target: Path) -> None:
    """Copy what an evidence folder names, and nothing that lies beside it or that a link leads to."""
    for name in named_files(directory):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(regular_file(directory, name), target / name)
