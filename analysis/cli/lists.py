"""Commands that list what there is: facts, sources, scenarios."""

from __future__ import annotations

import argparse

import pandas as pd

from analysis.data.facts import Fact
from analysis.data.folder import edition_model
from analysis.data.mistakes import UnknownName
from analysis.data.scenario import (
    list_scenarios,
    load_scenario,
    parameters_frame,
)
from analysis.data.tables import Evidence


def facts_command(options: argparse.Namespace) -> None:
    evidence = Evidence.load(options.data)
    if options.id in set(evidence["arithmetic"].id):
        print(_number_text(options.id, evidence))
    elif options.id:
        print(_fact_text(evidence.facts[options.id], evidence))
    else:
        columns = ["id", "value", "unit", "kind", "confidence", "source_id", "locator"]
        print(
            evidence["facts"][columns].to_string(
                index=False, float_format=lambda value: f"{value:.10g}", max_colwidth=48
            )
        )


def _fact_text(fact: Fact, evidence: Evidence) -> str:
    source = evidence["sources"].set_index("source_id").loc[fact.source_id]
    span = f" ({fact.low:.10g} to {fact.high:.10g})" if fact.has_range else ""
    lines = {
        "id": fact.id,
        "quantity": fact.quantity,
        "value": f"{fact.value:.10g}{span} {fact.unit}",
        "kind": fact.kind,
        "confidence": fact.confidence,
        "source": f"{source.title} ({source.publisher}, {source.year})",
        "locator": fact.locator,
        "url": source.url,
        "note": fact.note,
    }
    return "\n".join(f"{name:<11}{text}" for name, text in lines.items() if text)


def _number_text(name: str, evidence: Evidence) -> str:
    from analysis.reconstruction.account import account_of
    from analysis.reconstruction.model_file import load_model
    from analysis.reconstruction.names import Names

    model = edition_model()
    try:
        number = Names(load_model(model, evidence), evidence).number(name)
    except UnknownName:  # it rests on the bill, which takes a reconstruction
        number = account_of(model, load_scenario(), evidence).numbers[name]
    lines = {
        "id": name,
        "figure": number.label,
        "value": f"{number.value:.10g} {number.unit}",
        "kind": number.kind,
    }
    lines |= {"arithmetic": number.expression, "note": number.note}
    return "\n".join(f"{label:<11}{text}" for label, text in lines.items() if text)


def sources_command(options: argparse.Namespace) -> None:
    table = Evidence.load(options.data)["sources"][
        ["source_id", "title", "publisher", "year", "kind", "url"]
    ]
    print(table.to_string(index=False, max_colwidth=60))


def scenarios_command(options: argparse.Namespace) -> None:
    rows = [
        {
            "scenario": found.name,
            "title": found.title,
            "sets": ", ".join(f"{key}={value}" for key, value in found.changed.items()),
        }
        for found in list_scenarios(options.data)
    ]
    print(pd.DataFrame(rows).to_string(index=False))
    print()
    print(parameters_frame().to_string(index=False))
