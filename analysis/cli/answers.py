"""Commands that compute an answer: reconstruct, estimate, claims, card, diff."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.cli.options import Progress, as_json, chosen_scenario, say, tell
from analysis.data.cells import plain_frame
from analysis.data.folder import edition_model, read_standard_input, read_text
from analysis.data.mistakes import InputError, ManyMistakes
from analysis.data.scenario import (
    load_scenario,
    parse_overrides,
)
from analysis.data.tables import Evidence

if TYPE_CHECKING:  # a command imports what it needs when it runs: most need less than all
    from analysis.reconstruction.reconstruction import Reconstruction

USD_COLUMNS = {"p05 US$": "p05", "middle US$": "p50", "p95 US$": "p95"}
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods", ".numbers")
WITH_TABS = (".tsv", ".tab")


def reconstruct_command(options: argparse.Namespace) -> None:
    from analysis.reconstruction.reconstruction import reconstruct

    evidence = Evidence.load(options.data)
    scenario, _ = chosen_scenario(options, evidence.directory)
    for line in evidence.broken_identities():
        say(f"warning: {line}")
    found = reconstruct(options.model, scenario, evidence)
    if options.json:
        tell(as_json(found.to_dict()))
    else:
        tell(reconstruction_text(found))


def reconstruction_text(found: Reconstruction) -> str:
    """A reconstruction as a table for people."""
    content = found.to_dict()
    rows = [
        {
            "phase": row.get("label", "total"),
            "disclosed h": ""
            if row["gpu_hours"]["disclosed"] is None
            else f"{row['gpu_hours']['disclosed']:,.0f}",
            **{
                f"{name} h": f"{value:,.0f}"
                for name, value in row["gpu_hours"]["reconstructed"].items()
            },
            **{
                words: f"{row['usd']['reconstructed'][name]:,.0f}"
                for words, name in USD_COLUMNS.items()
            },
            "off by": "" if row["error_factor"] is None else f"{row['error_factor']:.2f}x",
        }
        for row in [*content["phases"], content["total"]]
    ]
    return f"{pd.DataFrame(rows).to_string(index=False)}\n{_assumed(found.assumptions)}"


def estimate_command(options: argparse.Namespace) -> None:
    from analysis.compare.specification import find_developer

    evidence = Evidence.load(options.data)
    for line in evidence.broken_identities():
        say(f"warning: {line}")
    exclude = (
        (find_developer(options.exclude_developer, evidence),) if options.exclude_developer else ()
    )
    name = options.spec.lower()
    if name.endswith(WORKBOOKS):
        raise InputError(f"{options.spec}: a workbook; save its sheet as CSV (UTF-8)")
    if name.endswith(WITH_TABS):
        raise InputError(f"{options.spec}: cells between tabs; allowed is CSV, in a .csv file")
    if name.endswith(".csv"):
        _estimate_table(options, evidence, exclude)
    else:
        _estimate_specs(options, evidence, exclude)


def _estimate_table(
    options: argparse.Namespace, evidence: Evidence, exclude: tuple[str, ...]
) -> None:
    """A run a row, answered beside its columns as CSV, or as a list in JSON."""
    from analysis.compare.spreadsheet import answers_of, beside, read_rows

    path = Path(options.spec)
    rows = read_rows(read_text(path), path.name)
    found = list(answers_of(rows, evidence, path.parent, exclude, Progress("rows")))
    if options.json:
        tell(as_json(found))
    else:
        tell(plain_frame(pd.DataFrame(beside(rows, found))).to_csv(index=False), end="")
    lacking = sum(bool(row.get("not_answered")) for row in found)
    if lacking:
        say(f"{lacking:,} of {len(found):,} rows have no answer: not_answered says why")


def _estimate_specs(
    options: argparse.Namespace, evidence: Evidence, exclude: tuple[str, ...]
) -> None:
    from analysis.compare.estimate import estimate_all
    from analysis.compare.specification import read_texts

    folder = options.spec != "-" and Path(options.spec).is_dir()
    texts = (
        {"standard input": read_standard_input()}
        if options.spec == "-"
        else read_texts(Path(options.spec))
    )
    beside = Path() if options.spec == "-" else Path(options.spec)
    found = estimate_all(texts, evidence, exclude, beside if folder else beside.parent)
    for line in found.warnings:
        say(f"warning: {line}")
    if options.json and (folder or found.answers):
        tell(as_json(found.answers if folder else found.answers[0]))
    elif not options.json:
        for answer in found.answers:
            tell(_estimate_text(answer))
    if found.mistakes:
        raise ManyMistakes(found.mistakes)


def _estimate_text(answer: dict[str, Any]) -> str:
    rows = [
        {
            "": name.replace("_", " "),
            **{key: f"{value:,.4g}" for key, value in answer[name].items() if key != "parts"},
        }
        for name in ("gpu_hours", "days", "usd", "energy_kwh", "co2_kg", "mfu", "step_seconds")
        if name in answer
    ]
    table = pd.DataFrame(rows).to_string(index=False)
    return f"{answer['name']}\n{table}\n{_assumed(answer['assumptions'])}"


def _assumed(said: list[str]) -> str:
    return "\n".join(["assumed:", *(f"  - {line}" for line in said)])


def claims_command(options: argparse.Namespace) -> None:
    from analysis.check.claims import counts_of, judge_all, to_list
    from analysis.reconstruction.account import account_of

    evidence = Evidence.load(options.data)
    scenario = load_scenario(
        options.scenario, evidence.directory, **parse_overrides(options.overrides)
    )
    judged = judge_all(account_of(options.model or edition_model(), scenario, evidence))
    say(scenario.summary)
    for line in evidence.broken_identities():
        say(f"warning: {line}")
    if options.json:
        tell(as_json(to_list(judged)))
    else:
        for one in judged:
            tell(f"{one.id}  {one.verdict}\n  {one.claim}\n  {one.reason}")
        tell(counts_of(judged).to_string(index=False))


def card_command(options: argparse.Namespace) -> None:
    from analysis.compare.disclosure import answer, load_card
    from analysis.compare.forms import eu_form

    evidence = Evidence.load(options.data)
    card = load_card(options.card, evidence)
    found = answer(card, evidence)
    for line in found["warnings"]:
        say(f"warning: {line}")
    if options.eu_form:
        tell(eu_form(card, evidence))
    else:
        tell(as_json(found) if options.json else _card_text(found))
    if not found["possible"]:
        raise InputError(f"impossible: {'; '.join(found['arithmetic'])}", options.card)


def _card_text(found: dict[str, Any]) -> str:
    missing = "\n".join(f"  - {name}" for name in found["missing"]) or "  nothing"
    rows = [
        {"phase": row["phase"], "how": row["how"]}
        | {f"{key} h": f"{value:,.0f}" for key, value in (row["gpu_hours"] or {}).items()}
        for row in found["estimate"]
    ]
    asked = len(found["disclosed"]) + len(found["missing"])
    known = f"{len(found['disclosed'])} of {asked} fields"
    head = f"{found['name']}: {found['score']:.0%} of what a bill needs ({known})"
    return f"{head}\nmissing:\n{missing}\n{pd.DataFrame(rows).to_string(index=False, na_rep='')}"


def diff_command(options: argparse.Namespace) -> None:
    from analysis.publish.results import difference, read_results

    frame = difference(read_results(options.before), read_results(options.after))
    if options.json:
        tell(as_json(frame.astype(object).to_dict("records")))
    elif frame.empty:
        tell("nothing differs")
    else:
        for part, rows in frame.groupby("part", sort=False):
            rows = rows.drop(columns="part")
            tell(
                f"{part}\n{rows.to_string(index=False, na_rep='', float_format='{:,.6g}'.format)}\n"
            )
