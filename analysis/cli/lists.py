"""Commands that list what there is: facts, sources, models, scenarios."""

from __future__ import annotations

import argparse
from typing import Any

import pandas as pd

from analysis.cli.options import as_json, say, tell
from analysis.data.facts import Fact
from analysis.data.folder import edition_model, named_file
from analysis.data.mistakes import UnknownName, find
from analysis.data.parameters import parameters_frame
from analysis.data.scenario import (
    Scenario,
    list_scenarios,
    load_scenario,
)
from analysis.data.tables import Evidence


def facts_command(options: argparse.Namespace) -> None:
    evidence = Evidence.load(options.data)
    if options.model:
        named_file(evidence.directory, "models", options.model)
    if options.id is None:
        _show_facts(options, evidence)
        return
    numbered = options.id in set(evidence["arithmetic"].id)
    model = options.model or edition_model()
    lines = (
        _number(options.id, model, evidence)
        if numbered
        else _fact(evidence.facts[options.id], evidence)
    )
    if options.model and not numbered:
        say(f"{options.id} is a fact, the same with any --model")
    if options.json:
        tell(as_json(lines))
    else:
        shown = {
            name: f"{value:.10g}" if isinstance(value, float) else value
            for name, value in lines.items()
        }
        tell("\n".join(f"{name:<11}{text}" for name, text in shown.items() if text))


def _show_facts(options: argparse.Namespace, evidence: Evidence) -> None:
    """All facts, or those that are of one model alone."""
    rows = evidence["facts"]
    if options.model:
        rows = rows[rows.subject == options.model]
    columns = ["id", "value", "unit", "kind", "confidence", "source_id", "locator"]
    _show(rows if options.json else rows[columns], options.json, 48)


def _fact(fact: Fact, evidence: Evidence) -> dict[str, Any]:
    source = evidence["sources"].set_index("source_id").loc[fact.source_id]
    span = f"{fact.low:.10g} to {fact.high:.10g}" if fact.has_range else ""
    return {
        "id": fact.id,
        "quantity": fact.quantity,
        "value": fact.value,
        "unit": fact.unit,
        "range": span,
        "kind": fact.kind,
        "confidence": fact.confidence,
        "source": f"{source.title} ({source.publisher}, {source.year})",
        "locator": fact.locator,
        "url": source.url,
        "note": fact.note,
    }


def _number(name: str, model: str, evidence: Evidence) -> dict[str, Any]:
    from analysis.reconstruction.account import account_of
    from analysis.reconstruction.model_file import load_model
    from analysis.reconstruction.names import Names

    try:
        number = Names(load_model(model, evidence), evidence).number(name)
    except UnknownName:  # it rests on the bill, which takes a reconstruction
        numbers = account_of(model, load_scenario(), evidence).numbers
        number = find(name, numbers, f"a figure of {model}")
    return {
        "id": name,
        "figure": number.label,
        "value": float(number.value),
        "unit": number.unit,
        "kind": number.kind,
        "arithmetic": number.expression,
        "note": number.note,
    }


def sources_command(options: argparse.Namespace) -> None:
    rows = Evidence.load(options.data)["sources"]
    columns = ["source_id", "title", "publisher", "year", "kind", "url"]
    _show(rows if options.json else rows[columns], options.json, 60)


def models_command(options: argparse.Namespace) -> None:
    from analysis.reconstruction.model_file import list_models, load_model

    evidence = Evidence.load(options.data)
    models = [load_model(name, evidence) for name in list_models(evidence)]
    rows = [
        {
            "model": model.name,
            "title": model.title,
            "developer": model.developer,
            "release_date": str(model.release_date),
            "chip": model.chip,
            "phases": len(model.phases),
            "hours_disclosed": sum(
                phase.disclosed_as("gpu_hours") is not None for phase in model.phases
            ),
        }
        for model in models
    ]
    _show(pd.DataFrame(rows), options.json, 48)


def scenarios_command(options: argparse.Namespace) -> None:
    rows = [
        {"scenario": found.name, "title": found.title, "sets": _sets(found)}
        for found in list_scenarios(options.data)
    ]
    if options.json:
        parameters = parameters_frame().to_dict("records")
        tell(as_json({"scenarios": rows, "parameters": parameters}))
        return
    _show(pd.DataFrame(rows), False, 60)
    tell("")
    tell(parameters_frame().to_string(index=False))


def _sets(scenario: Scenario) -> str:
    rent = [f"rent={scenario.rent}"] if scenario.rent else []
    return ", ".join([*rent, *(f"{name}={value}" for name, value in scenario.changed.items())])


def _show(rows: pd.DataFrame, in_json: bool, width: int) -> None:
    """Rows as a table for people, or as JSON in which what is not known is null."""
    if in_json:
        tell(as_json(rows.astype(object).to_dict("records")))
        return
    text = rows.to_string(
        index=False, float_format=lambda value: f"{value:.10g}", max_colwidth=width
    )
    tell(text)
