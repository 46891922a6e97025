"""The house rules that can be counted: small functions, small modules, few layers."""

import ast
import re
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


def test_every_formula_says_what_it_takes_and_gives_and_shows_an_example():
    """Units, shapes and errors stand in these parts; the doctests run the examples."""
    formulas = {
        f"{name}, {node.name}": ast.get_docstring(node) or ""
        for name, text in SOURCES.items()
        if name.startswith("analysis/physics/")
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    }
    parts = ("Parameters\n-", "Returns\n-", "Examples\n-", "\n>>> ")
    lacking = [name for name, said in formulas.items() if any(part not in said for part in parts)]
    assert len(formulas) > 40 and lacking == []


def test_sizes_of_the_physics_have_a_unit_and_each_kind_of_object_an_example():
    """A property is a formula in a line: its unit stands in brackets, the example in the class."""
    kinds = [
        node
        for name, text in SOURCES.items()
        if name.startswith("analysis/physics/")
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
    ]
    shown = {
        f"{kind.name}.{node.name}": ast.get_docstring(node) or ""
        for kind in kinds
        for node in kind.body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and ast.unparse(node.returns) != "bool"
    }
    without = [name for name, said in shown.items() if "[" not in said]
    assert len(shown) > 20 and without == []
    assert [kind.name for kind in kinds if "\n>>> " not in (ast.get_docstring(kind) or "")] == []


def test_nothing_reads_a_message_back():
    """A mistake has fields: its words are for people."""
    read_back = re.compile(
        r"in str\(error\)"
        r"|str\(error\)[.\w()]*\.(?:remove\w+|startswith|endswith|partition)"
    )
    found = {name: read_back.findall(text) for name, text in SOURCES.items()}
    assert {name: words for name, words in found.items() if words} == {}


def test_no_module_has_more_than_three_hundred_lines():
    lines = {name: text.count("\n") for name, text in SOURCES.items()}
    assert {name: number for name, number in lines.items() if number > 300} == {}


def test_the_import_contract_is_read_at_a_glance():
    contracts = TOOLS["importlinter"]["contracts"]
    assert 1 <= max(len(contract.get("layers", [])) for contract in contracts) <= 8
