"""What stands behind a computed figure, for people: its arithmetic in figures, its operands, its
inputs.
"""

from __future__ import annotations

import ast
import math

from analysis.data.expressions import ENDS, fact_of, parse
from analysis.data.facts import Facts
from analysis.data.uncertainty import Distribution
from analysis.reconstruction.account import Account
from analysis.reconstruction.arithmetic import kind_of, row_of
from analysis.reconstruction.detail import widths_of
from analysis.reconstruction.input_rows import kind_of_input
from analysis.reconstruction.phase_samples import PhaseSamples
from analysis.show.cards import Part, name_of
from analysis.show.numbers import alike, quantity_text, significant

SIGNS = {ast.Add: "+", ast.Sub: "−", ast.Mult: "×", ast.Div: "÷", ast.Pow: "^"}
BINDS = {ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.Div: 2, ast.Pow: 4}
SIGN_BINDS, NAME_BINDS = 3, math.inf  # nothing binds more than what has no sign
END_WORDS = {"low": "low end", "high": "high end"}
MIDDLE_AND_ENDS = (0.05, 0.5, 0.95)


def in_figures(expression: str, account: Account) -> str:
    """An expression with values in the place of names, as one writes it by hand."""
    return _written(parse(expression).tree, account)[0]


def operands(expression: str, account: Account) -> list[Part]:
    """Each figure that an expression names, once."""
    return [operand(name, account) for name in dict.fromkeys(parse(expression).names)]


def operand(name: str, account: Account) -> Part:
    """A name with its words, its value, how it is known, and the row that it leads to."""
    names = account.names
    value = _value(name, account)
    return Part(words_of(name, account), value, kind_of(name, names), row_of(name, names))


def inputs_of(result: PhaseSamples) -> list[Part]:
    """The inputs of a phase, those first that leave its hours most uncertain."""
    widest = [*widths_of(result).input]
    place = {label: position for position, label in enumerate(widest)}
    inputs = sorted(result.inputs.values(), key=lambda item: place.get(item.label, len(widest)))
    return [
        input_part(item.label, item.unit, item.distribution, result.evidence.facts)
        for item in inputs
    ]


def input_part(label: str, unit: str, found: Distribution, facts: Facts) -> Part:
    """An uncertain input: its middle with its 90 % range, and how it is known."""
    middle, ends = middle_and_ends(unit, found)
    only = found.rows[0] if len(found.rows) == 1 else None
    text = f"{middle} ({ends})" if ends else middle
    return Part(label, text, kind_of_input(found, facts), only)


def middle_and_ends(unit: str, found: Distribution) -> tuple[str, str]:
    """The middle of an input in words, and its 90 % range in two figures; empty without one."""
    low, middle, high = (float(value) for value in found.quantile(MIDDLE_AND_ENDS))
    if low == high:
        return quantity_text(middle, unit), ""
    rounded = (significant(value, 2) for value in (middle, low, high))
    text, *ends = alike(rounded, unit)
    return text, " to ".join(ends)


def words_of(name: str, account: Account) -> str:
    """A name in words."""
    facts, end = account.evidence.facts, name.rpartition("__")[2]
    if fact_of(name) in facts:
        quantity = name_of(facts[fact_of(name)])
        return f"{quantity}, {END_WORDS[end]}" if end in ENDS else quantity
    if name in account.numbers:
        return account.numbers[name].label
    rows = len(account.names.rows_behind([name]))
    return account.names.named(name).words + (f", from {rows} rows" if rows > 1 else "")


def _value(name: str, account: Account) -> str:
    figure = account.names.named(name)
    return quantity_text(figure.value, figure.unit)


def _written(node: ast.expr, account: Account) -> tuple[str, float]:
    """A tree as text, and how strongly its outermost sign binds."""
    if isinstance(node, ast.BinOp):
        binds = BINDS[type(node.op)]
        first = binds + 1 if isinstance(node.op, ast.Pow) else binds  # a power of a power is apart
        left = _within(node.left, first, account)
        right = _within(node.right, binds + 1, account)
        return f"{left} {SIGNS[type(node.op)]} {right}", binds
    if isinstance(node, ast.UnaryOp):
        sign = SIGNS[ast.Sub] if isinstance(node.op, ast.USub) else ""
        return f"{sign}{_within(node.operand, SIGN_BINDS, account)}", SIGN_BINDS
    if isinstance(node, ast.Name):
        return _value(node.id, account), NAME_BINDS
    assert isinstance(node, ast.Constant) and isinstance(node.value, float | int)
    return f"{node.value:,.12g}", NAME_BINDS


def _within(node: ast.expr, binds: int, account: Account) -> str:
    """A part of a tree, in parentheses where its sign binds less than the one around it."""
    text, own = _written(node, account)
    return f"({text})" if own < binds else text
