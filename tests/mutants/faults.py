"""Small faults at every site of what computes, by operators that were fixed beforehand.

At each site of the syntax tree: another arithmetic operator; a term or a factor left out; a
comparison reversed, or off by its boundary; a number doubled, or one more; a sign or a `not`
dropped; `and` for `or`, also in masks; the other branch of a choice; the two arguments of a call
swapped; `min` for `max` and `low` for `high`; a `clip`, `fillna`, `dropna` or `abs` left out; the
filter of a comprehension left out.

Left out by rule, for they change no figure: strings and what builds them, what writes pages
(functions that return HTML, modules of tables), errors that are raised, assertions, annotations,
decorators, declarations of a schema, guards of `zip` and `merge`, caches, and what starts a cluster
(its processes read the tree as it is).
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FLOORS = ("data", "physics", "runs", "reconstruction", "check", "compare")  # the lowest first
FILES = ("data/uncertainty.py", "data/prices.py", "data/chips.py", "data/expressions.py")
SCHEMA_FILES = ("reconstruction/model.py",)
SCHEMA_CALLS = {"Field", "ConfigDict", "_field", "_parameter"}
GUARDS = {"strict", "validate", "maxsize"}  # keywords
CLUSTER = {"evaluated_on_cluster", "_client"}  # functions

ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Mod: ast.Mult,
    ast.FloorDiv: ast.Mult,
}
MASKS = {ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
PAIRS = [("min", "max"), ("minimum", "maximum"), ("idxmin", "idxmax"), ("any", "all")]
PAIRS += [("low", "high"), ("p05", "p95"), ("usd_p05", "usd_p95"), ("mean", "median")]
OTHER_NAME = dict(PAIRS) | {second: first for first, second in PAIRS}
SYMMETRIC = {"min", "max", "minimum", "maximum", "isclose"}
LEFT_OUT = {"clip", "fillna", "dropna", "abs"}


@dataclass(frozen=True, eq=False)
class Fault:
    """One change of the source: where, what, and the whole text of each file that it changes."""

    file: str
    function: str
    line: int
    before: str
    after: str
    sources: Mapping[str, str]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names it, however lines move."""
        return self.file, self.function, self.before, self.after

    @property
    def floor(self) -> str:
        """The folder of the package that it is in; of several, the lowest."""
        return min((file.split("/")[1] for file in self.sources), key=FLOORS.index)

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function}: {self.before} -> {self.after}"


def all_faults() -> list[Fault]:
    """Every fault that the operators make, in the order of files and lines."""
    return [fault for path in computing_files() for fault in faults_of(path)]


def computing_files() -> list[Path]:
    """The modules of what computes."""
    package = ROOT / "analysis"
    found = [path for folder in FLOORS[1:] for path in sorted((package / folder).rglob("*.py"))]
    schema = {package / name for name in SCHEMA_FILES}
    files = [package / name for name in FILES]
    return [
        path
        for path in files + found
        if path not in schema and not path.stem.endswith("_tables") and path.exists()
    ]


def faults_of(path: Path) -> Iterator[Fault]:
    """The faults of a file."""
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    file = path.relative_to(ROOT).as_posix()
    for node, function in _sites(ast.parse(source), ""):
        first = starts[node.lineno - 1] + node.col_offset
        last = starts[node.end_lineno - 1] + node.end_col_offset
        before = ast.unparse(node)
        for changed in _changes(node):
            after = ast.unparse(changed)
            text = after if isinstance(node, ast.stmt) else f"({after})"
            if after != before:
                mutated = (source[:first] + text.encode() + source[last:]).decode()
                yield Fault(file, function, node.lineno, before, after, {file: mutated})


def named_faults() -> list[Fault]:
    """The faults of named.toml, each alone, then those together that passed every test together."""
    rows = tomllib.loads((HERE / "named.toml").read_text("utf-8"))["fault"]
    alone = [_replaced(f"{row['number']} {row['what']}", [row]) for row in rows]
    several = [row for row in rows if row.get("together")]
    return [*alone, _replaced(f"{len(several)} of them at once", several)]


def _replaced(what: str, rows: Sequence[Mapping[str, str]]) -> Fault:
    """Texts of the package replaced; each must stand there once."""
    texts = {path: path.read_text("utf-8") for path in (ROOT / "analysis").rglob("*.py")}
    changed: dict[str, str] = {}
    for row in rows:
        paths = [path for path, text in texts.items() if row["before"] in text]
        if len(paths) != 1 or texts[paths[0]].count(row["before"]) != 1:
            raise ValueError(f"{what}: stands not once in the package: {row['before']}")
        texts[paths[0]] = texts[paths[0]].replace(row["before"], row["after"])
        changed[paths[0].relative_to(ROOT).as_posix()] = texts[paths[0]]
    return Fault(next(iter(changed)), "", 0, what, "", changed)


def equivalents() -> dict[tuple[str, str, str, str], str]:
    """The faults that change nothing, by key, each with its reason."""
    content = tomllib.loads((HERE / "equivalent.toml").read_text("utf-8"))
    return {
        (row["file"], row["function"], row["before"], row["after"]): row["reason"]
        for row in content.get("fault", [])
    }


def _sites(node: ast.AST, function: str) -> Iterator[tuple[ast.AST, str]]:
    """Every node that may be changed, with the qualified name of the function around it."""
    if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr)):
        return
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SCHEMA_CALLS:
        return
    if isinstance(node, ast.keyword) and node.arg in GUARDS:
        return
    children: list[ast.AST] = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.FunctionDef):
        if node.name in CLUSTER or _writes_a_page(node):
            return
        function = f"{function}{node.name}.<locals>."
        children = [*node.args.defaults, *filter(None, node.args.kw_defaults), *node.body]
    elif isinstance(node, ast.ClassDef):
        function, children = f"{function}{node.name}.", list(node.body)
    elif isinstance(node, ast.AnnAssign):
        children = [node.value] if node.value else []
    elif hasattr(node, "lineno"):
        yield node, function.removesuffix("<locals>.").removesuffix(".")
    for child in children:
        yield from _sites(child, function)


def _writes_a_page(node: ast.FunctionDef) -> bool:
    returns = ast.unparse(node.returns) if node.returns else ""
    return returns == "Html" or node.name in ("__repr__", "_repr_html_")


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """What each operator makes of a node."""
    match node:
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield from (ast.Constant(value * 2), ast.Constant(value + 1))
        case ast.BinOp(left, op, right):
            yield from _arithmetic(left, op, right)
        case ast.AugAssign(target, op, value) if type(op) in ARITHMETIC:
            yield ast.AugAssign(target, ARITHMETIC[type(op)](), value)
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert(), operand=operand):
            yield operand
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.Compare(left, ops, comparators):
            for position, op in enumerate(ops):
                for other in COMPARISONS[type(op)]:
                    changed = [*ops[:position], other(), *ops[position + 1 :]]
                    yield ast.Compare(left, changed, comparators)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Attribute(value, attr, ast.Load()) if attr in OTHER_NAME:
            yield ast.Attribute(value, OTHER_NAME[attr], ast.Load())
        case ast.Subscript(value, ast.Constant(str() as name), ast.Load()) if name in OTHER_NAME:
            yield ast.Subscript(value, ast.Constant(OTHER_NAME[name]), ast.Load())
        case ast.Call():
            yield from _calls(node)
        case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
            yield type(node)(node.elt, _unfiltered(node.generators))
        case ast.DictComp(key, value, generators):
            yield ast.DictComp(key, value, _unfiltered(generators))


def _arithmetic(left: ast.expr, op: ast.operator, right: ast.expr) -> Iterator[ast.AST]:
    if any(isinstance(side, (ast.List, ast.JoinedStr)) for side in (left, right)):
        return
    if type(op) in MASKS and any(isinstance(s, (ast.Compare, ast.UnaryOp)) for s in (left, right)):
        yield ast.BinOp(left, MASKS[type(op)](), right)
    if type(op) in ARITHMETIC:
        yield ast.BinOp(left, ARITHMETIC[type(op)](), right)
        yield left
    if isinstance(op, (ast.Add, ast.Mult)):
        yield right


def _calls(call: ast.Call) -> Iterator[ast.AST]:
    function, arguments = call.func, call.args
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    if isinstance(function, ast.Name) and name in OTHER_NAME:
        yield ast.Call(ast.Name(OTHER_NAME[name]), arguments, call.keywords)
    starred = any(isinstance(argument, ast.Starred) for argument in arguments)
    if len(arguments) == 2 and not starred and name not in SYMMETRIC:
        yield ast.Call(function, arguments[::-1], call.keywords)
    if isinstance(function, ast.Attribute) and name in LEFT_OUT:
        of_numpy = isinstance(function.value, ast.Name) and function.value.id == "np"
        yield arguments[0] if of_numpy else function.value


def _unfiltered(generators: list[ast.comprehension]) -> list[ast.comprehension]:
    return [ast.comprehension(one.target, one.iter, [], one.is_async) for one in generators]
