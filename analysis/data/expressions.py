"""Arithmetic in cells of tables and model files: a closed grammar, walked as a syntax tree.

Names, numbers, `+ - * / **`, minus signs and parentheses; nothing else. Value, unit and the names
behind a figure come from the one tree: a value is the tree with numbers in the place of names, a
unit the tree with units there.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from analysis.data.mistakes import InputError

LONGEST = 400  # characters
DEEPEST = 24  # levels of the tree
LARGEST_EXPONENT = 10.0
ALLOWED = "names, numbers, + - * / ** and parentheses"
NUMBER = re.compile(r"(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
CHARACTERS = re.compile(r"[A-Za-z0-9_ .+\-*/()]*")
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
ENDS = ("low", "high")


@dataclass(frozen=True)
class Expression:
    """An expression that has been read: its text, its tree, and the names in it, in order."""

    text: str
    tree: ast.expr
    names: tuple[str, ...]

    @property
    def is_name(self) -> bool:
        """Whether it is a single name, without arithmetic."""
        return isinstance(self.tree, ast.Name)

    def value(self, value_of: Callable[[str], Any]) -> Any:
        """The expression with `value_of(name)` in the place of each name.

        Numbers give a number; anything else that can be added and multiplied (arrays, quantities
        with units) gives its own kind.

        Raises
        ------
        InputError
            For a division by zero, or a result that is no finite number.

        Examples
        --------
        >>> parse("(a + 2) * a__high").value({"a": 1.0, "a__high": 3.0}.__getitem__)
        9.0
        """
        try:
            found = _evaluated(self.tree, value_of)
        except (ZeroDivisionError, OverflowError) as error:
            raise _refused(self.text, str(error)) from None
        if isinstance(found, complex):
            raise _refused(self.text, "the result is no real number")
        if isinstance(found, float | int) and not math.isfinite(found):
            raise _refused(self.text, "the result is no finite number")
        return found


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read an expression.

    Raises
    ------
    InputError
        For anything but the closed grammar: an attribute, a call, an index, a comparison, a string,
        a power that is no number up to 10, or more length or nesting than the bounds allow.

    Examples
    --------
    >>> parse("gpus * hours__low / 1e3").names
    ('gpus', 'hours__low')
    """
    if len(text) > LONGEST:
        raise _refused(text, f"{len(text)} characters are more than {LONGEST}")
    if not CHARACTERS.fullmatch(text):
        odd = next(character for character in text if not CHARACTERS.fullmatch(character))
        raise _refused(text, f"{odd!r} is not allowed")
    if text.count("(") > DEEPEST:
        raise _refused(text, f"it has more than {DEEPEST} parentheses")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise _refused(text, "it cannot be read") from None
    names: list[str] = []
    _check(tree, text, names, 1)
    return Expression(text, tree, tuple(names))


def fact_of(name: str) -> str:
    """The fact that a name stands on: `NAME__low` and `NAME__high` are the ends of NAME's range.

    >>> fact_of("hours__low"), fact_of("hours")
    ('hours', 'hours')
    """
    stem, separator, end = name.rpartition("__")
    return stem if separator and end in ENDS else name


def facts_in(text: str) -> list[str]:
    """The facts that an expression names, in order."""
    return [fact_of(name) for name in parse(text).names]


def _check(node: ast.expr, text: str, names: list[str], depth: int) -> None:
    """Refuse what is not in the grammar, and collect the names."""
    if depth > DEEPEST:
        raise _refused(text, f"it is nested more than {DEEPEST} deep")
    match node:
        case ast.Name():
            names.append(node.id)
        case ast.Constant(value=float() | int()) if not isinstance(node.value, bool):
            _check_number(node, text)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            _check(node.operand, text, names, depth + 1)
        case ast.BinOp() if type(node.op) in OPERATORS:
            if isinstance(node.op, ast.Pow):
                _check_exponent(node.right, text)
            _check(node.left, text, names, depth + 1)
            _check(node.right, text, names, depth + 1)
        case _:
            raise _refused(text, "it holds something else")


def _check_number(node: ast.Constant, text: str) -> None:
    written = ast.get_source_segment(text.strip(), node) or ""
    if not NUMBER.fullmatch(written) or not math.isfinite(float(written)):
        raise _refused(text, f"{written} is not a number")


def _check_exponent(node: ast.expr, text: str) -> None:
    number = node.operand if isinstance(node, ast.UnaryOp) else node
    value = number.value if isinstance(number, ast.Constant) else None
    if not isinstance(value, float | int) or abs(value) > LARGEST_EXPONENT:
        raise _refused(text, f"an exponent is a number up to {LARGEST_EXPONENT:g}")


def _evaluated(node: ast.expr, value_of: Callable[[str], Any]) -> Any:
    if isinstance(node, ast.Name):
        return value_of(node.id)
    if isinstance(node, ast.UnaryOp):
        operand = _evaluated(node.operand, value_of)
        return -operand if isinstance(node.op, ast.USub) else operand
    if isinstance(node, ast.BinOp):
        left, right = (_evaluated(side, value_of) for side in (node.left, node.right))
        return OPERATORS[type(node.op)](left, right)
    assert isinstance(node, ast.Constant) and isinstance(node.value, float | int)
    return float(node.value)


def _refused(text: str, why: str) -> InputError:
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    return InputError(f"{shown!r} is not arithmetic on facts: {why}; allowed are {ALLOWED}")
