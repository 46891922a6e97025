"""Derived figures and the arithmetic behind them, each name linked to the row it comes from."""

from __future__ import annotations

import ast

import pandas as pd

from analysis.data.expressions import fact_of, parse
from analysis.data.facts import Row
from analysis.reconstruction.names import Names
from analysis.show import links
from analysis.show.links import KIND_WORDS, SECOND_HAND, Html
from analysis.show.numbers import quantity_text
from analysis.show.tables import Cell, table


def arithmetic_table(names: Names) -> Html:
    """Every derived figure of the model with its expression, each name in it linked to its row."""
    rows = [
        {
            "anchor": number.id,
            "figure": number.label,
            "value": Cell(
                links.figure(
                    quantity_text(number.value, number.unit),
                    number.kind,
                    Row("arithmetic", number.id),
                ),
                number.value,
            ),
            "known how": Html(
                f"{KIND_WORDS[number.kind]}{SECOND_HAND if number.second_hand else ''}"
            ),
            "arithmetic": linked(number.expression, names),
            "note": number.note,
        }
        for number in names.numbers.values()
    ]
    if not rows:
        return Html(f"<p>No figure is derived for {links.text(names.model.title)}.</p>")
    caption = "Every derived figure, with the arithmetic that gives it"
    return table(
        pd.DataFrame(rows),
        caption=caption,
        name="arithmetic",
        classes="ledger arithmetic",
        anchors="anchor",
        choices=("known how",),
    )


def linked(expression: str, names: Names) -> Html:
    """An expression as it is written, each name in it a link to the row it comes from."""
    text = expression.strip()
    found = [node for node in ast.walk(parse(expression).tree) if isinstance(node, ast.Name)]
    parts, end = [], 0
    for node in sorted(found, key=lambda node: node.col_offset):
        parts += [links.text(text[end : node.col_offset]), _name(node.id, names)]
        end = node.col_offset + len(node.id)
    return Html(f"<code>{''.join([*parts, links.text(text[end:])])}</code>")


def expressed(shown: str, unit: str, expression: str, names: Names) -> Html:
    """The figure that an expression gives, of the row that it names, or with its arithmetic."""
    read = parse(expression)
    if not read.names or not shown:
        return links.text(shown)
    name = read.names[0]
    row = row_of(name, names)
    if not read.is_name:
        return links.summed(shown, unit, expression, row)
    is_row = row.table == "arithmetic" or fact_of(name) in names.evidence.facts
    own = row if is_row else Row("named", f"{name} = {row.table}:{row.id}")
    return links.figure(shown, kind_of(name, names), own)


def row_of(name: str, names: Names) -> Row:
    """The row that a name leads to: its own, or the first of those that it is computed from."""
    if fact_of(name) not in names.evidence.facts and name in names.numbers:
        return Row("arithmetic", name)
    return names.rows_behind([name])[0]


def _name(name: str, names: Names) -> Html:
    row = row_of(name, names)
    if len(names.rows_behind([name])) > 1 and row.table != "arithmetic":
        row = Row("named", f"{name} = {row.table}:{row.id}")
    return links.figure(name, kind_of(name, names), row)


def kind_of(name: str, names: Names) -> str:
    """How the figure of a name is known."""
    facts, numbers = names.evidence.facts, names.numbers
    if fact_of(name) in facts:
        return facts[fact_of(name)].kind
    return numbers[name].kind if name in numbers else names.named(name).kind
