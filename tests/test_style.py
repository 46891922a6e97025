"""The house rules that can be counted: small functions, small modules, few layers."""

import ast
import statistics
import tomllib

from tests.conftest import ROOT

SOURCES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in ROOT.glob("analysis/**/*.py")
}
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]


def body_lines(function: ast.FunctionDef) -> int:
    """Lines of a function's body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_lines_have_a_hundred_characters_at_most():
    assert TOOLS["ruff"]["line-length"] == 100
    assert "E501" not in TOOLS["ruff"]["lint"]["ignore"]


def test_half_of_all_functions_have_eight_lines_or_fewer_and_nine_in_ten_twenty_five():
    nodes = [node for text in SOURCES.values() for node in ast.walk(ast.parse(text))]
    bodies = [body_lines(node) for node in nodes if isinstance(node, ast.FunctionDef)]
    assert statistics.median(bodies) <= 8
    assert statistics.quantiles(bodies, n=10)[-1] <= 25


def test_no_module_has_more_than_three_hundred_lines():
    lines = {name: text.count("\n") for name, text in SOURCES.items()}
    assert {name: number for name, number in lines.items() if number > 300} == {}


def test_the_import_contract_is_read_at_a_glance():
    contracts = TOOLS["importlinter"]["contracts"]
    assert 1 <= max(len(contract.get("layers", [])) for contract in contracts) <= 8
