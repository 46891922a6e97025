"""Whatever stands in an evidence folder: an answer, or one line that names the file, exit code two.

The package of a folder, its models and its tables, a fault each. Nothing in the folder changes, and
nothing is written where there is no answer. A few of each kind; `make soak` tries thousands.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.data.folder import PACKAGE, default_directory, facts_of_models, resources
from tests.test_hostile import (
    NUMBERS,
    ODD,
    SPEC,
    answered,
    counted,
    literals,
    texts,
    tries,
    words,
    written,
)

__all__ = ["counted"]  # a fixture
OWN = default_directory()
TABLES = sorted([*(item["path"] for item in resources(OWN)), *facts_of_models(OWN)])
MODELS = sorted(path.stem for path in (OWN / "models").glob("*.toml"))
SOAK = 1000  # of each kind
QUICK = (["facts", "v3_total_gpu_hours"], ["reconstruct", "smollm3-3b", "--json"])
SLOW = (
    ["reconstruct", "deepseek-r1", "--json"],
    ["claims", "--json"],
    ["card", "gpt-3", "--json"],
    ["estimate", "spec.toml", "--json"],
    ["models", "--json"],
    ["sources", "--json"],
    ["sweep", "--model", "smollm3-3b", "--grid", "mfu=0.3", "--out", "sweep.csv"],
)
CELLS = [
    *ODD,
    *NUMBERS,
    *["2025-02-31", "2025-02", "0001-01-01", "9999-12-31", "=1+1", "@A1", "-", "'", '"', '"""'],
    *["1e308", "-0", "1e-308", "9" * 25, "True", "None", "<NA>", "1,0", ";", "|", "\ufeff"],
    *["x" * 70_000, "a" * 400, "1" + " + 1" * 60, "2**10**10", "(" * 30, "__import__('os')"],
]
DAMAGES = ("cut", "junk", "mark", "returns", "twice", "column", "less", "more", "empty", "head")
Rows = list[list[str]]


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Iterator[Path]:
    """A folder with a copy of the evidence, and whatever a command is given beside it."""
    room = tmp_path_factory.mktemp("evidence")
    shutil.copytree(OWN, room / "data")
    written(room, "spec.toml", "\n".join(f"{key} = {value}" for key, value in SPEC.items()))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(room)
        patch.setenv("XDG_CACHE_HOME", str(room / "cache"))
        yield room


def files_below(room: Path) -> dict[str, bytes]:
    found = (path for path in room.rglob("*") if path.is_file() and "cache" not in path.parts)
    return {path.relative_to(room).as_posix(): path.read_bytes() for path in found}


@contextmanager
def damaged(room: Path, name: str, content: bytes) -> Iterator[None]:
    path = room / "data" / name
    whole = path.read_bytes()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(whole)


def hold(room: Path, name: str, content: bytes, command: list[str]) -> None:
    """Run a command on the evidence with one file damaged, and hold it to the contract."""
    with damaged(room, name, content):
        before = files_below(room)
        code, error = answered(*command, "--data", "data")
        after = files_below(room)
        made = set(after) - set(before)
        assert {key: after.get(key) for key in before} == before
    assert code == 0 or (_names_a_file(error, name) and not made), (name, command, error)
    for path in made:
        (room / path).unlink()


def _names_a_file(error: str, name: str) -> bool:
    """The damaged file, or the place in another that needs what is no longer there."""
    return Path(name).name in error or re.search(r"\w\.(csv|toml)\b", error) is not None


def rows_of(name: str) -> Rows:
    with (OWN / name).open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def as_csv(rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


@st.composite
def cells(draw) -> tuple[str, bytes]:
    """A table with another value in one cell: of another row, or a hostile one."""
    name = draw(st.sampled_from(TABLES))
    rows = rows_of(name)
    row, column = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(rows[0]) - 1))
    others = st.sampled_from([line[column] for line in rows[1:]])
    rows[row][column] = draw(st.one_of(st.sampled_from(CELLS), words, others))
    return name, as_csv(rows)


@st.composite
def tables(draw) -> tuple[str, bytes]:
    """A table that is damaged as a whole."""
    name, how = draw(st.sampled_from(TABLES)), draw(st.sampled_from(DAMAGES))
    rows, content = rows_of(name), (OWN / name).read_bytes()
    at = draw(st.integers(0, len(content)))
    row, column = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(rows[0]) - 1))
    junk = draw(st.one_of(st.binary(max_size=8), texts.map(lambda text: text.encode())))
    if how in ("twice", "column", "less", "more"):
        return name, as_csv(_reshaped(rows, how, row, column))
    whole = {
        "cut": content[:at],
        "junk": content[:at] + junk + content[at:],
        "mark": b"\xef\xbb\xbf" + content,
        "returns": content.replace(b"\n", b"\r"),
        "empty": b"",
        "head": content.partition(b"\n")[0],
    }
    return name, whole[how]


def _reshaped(rows: Rows, how: str, row: int, column: int) -> Rows:
    """A row twice, a column less, or a row with a cell less or more."""
    if how == "twice":
        return [*rows, rows[row]]
    if how == "column":
        return [[*line[:column], *line[column + 1 :]] for line in rows]
    changed = rows[row][:-1] if how == "less" else [*rows[row], "more"]
    return [*rows[:row], changed, *rows[row + 1 :]]


@st.composite
def models(draw) -> tuple[str, bytes]:
    """A model's file with another value behind one key, a line less, or cut."""
    name = f"models/{draw(st.sampled_from(MODELS))}.toml"
    lines = (OWN / name).read_text(encoding="utf-8").splitlines()
    at = draw(st.integers(0, len(lines) - 1))
    how = draw(st.sampled_from(["value", "value", "value", "less", "twice", "cut", "key"]))
    if how == "value":
        key = lines[at].partition("=")[0]
        lines[at] = f"{key}= {draw(st.one_of(literals, st.sampled_from(CELLS).map(json.dumps)))}"
    elif how == "key":
        lines[at] = f"{draw(st.sampled_from(['odd', 'kind', 'id', 'x.y']))} = {draw(literals)}"
    else:
        lines = {"less": lines[:at] + lines[at + 1 :], "twice": [*lines, *lines[at:]]}.get(
            how, lines[:at]
        )
    return name, "\n".join(lines).encode("utf-8", "surrogatepass")


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), words),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(texts, inner, max_size=2)),
    max_leaves=4,
)


@st.composite
def packages(draw) -> tuple[str, bytes]:
    """The package with another value at one place, or cut, or with something in it."""
    package = json.loads((OWN / PACKAGE).read_bytes())
    text = (OWN / PACKAGE).read_bytes()
    how = draw(st.sampled_from(["value", "value", "value", "resource", "cut", "junk"]))
    at = draw(st.integers(0, len(text)))
    if how in ("cut", "junk"):
        return PACKAGE, text[:at] + (draw(st.binary(max_size=8)) + text[at:]) * (how == "junk")
    place = package["resources"]
    if how == "resource":
        place.append({"name": draw(words), "path": draw(words)})
    else:
        item = draw(st.integers(0, len(place) - 1))
        key = draw(st.sampled_from(["name", "path", "schema", "profile", "scheme", "odd"]))
        other = st.sampled_from(["../secret.csv", "/etc/passwd", "http://a/b.csv", "curves/x.csv"])
        place[item][key] = draw(st.one_of(values, other))
    package[draw(st.sampled_from(["title", "licenses", "odd"]))] = draw(values)
    return PACKAGE, json.dumps(package).encode()


damages = {"cells": cells(), "tables": tables(), "models": models(), "packages": packages()}


def command_for(name: str, command: list[str]) -> list[str]:
    """The command, of the model whose file it is."""
    model = Path(name).name.removesuffix(".toml").removesuffix(".facts.csv")
    return ["reconstruct", model] if name.startswith("models/") else command


@tries(12)
@given(damage=cells(), command=st.sampled_from(QUICK))
def test_cells(room, damage, command):
    hold(room, *damage, command_for(damage[0], command))


@tries(10)
@given(damage=tables(), command=st.sampled_from(QUICK))
def test_tables(room, damage, command):
    hold(room, *damage, command_for(damage[0], command))


@tries(15)
@given(damage=models())
def test_models(room, damage):
    hold(room, *damage, command_for(damage[0], []))


@tries(20)
@given(damage=packages())
def test_packages(room, damage):
    hold(room, *damage, QUICK[0])


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (
            "facts.csv",
            lambda text: text.replace(",note\n", "\n", 1),
            "facts.csv: its rows have more cells than it has columns",
        ),
        # what the reader of the schema warns of is no line of ours
        ("facts.csv", lambda text: text[: text.index("\n") + 20], "facts.csv, line 2"),
        (
            "facts.csv",
            lambda text: text.replace("\ntrust_in_hours_upper_bound,", "\nother,", 1),
            "facts.csv: trust_in_hours_upper_bound is not a fact",
        ),
        (
            "models/smollm3-3b.toml",
            lambda text: text[: text.index("[[")],
            "models/smollm3-3b.toml: smollm3-3b has no phases to reconstruct",
        ),
    ],
)
def test_a_fault_that_was_found(room, name, change, said):
    with damaged(room, name, change((OWN / name).read_text("utf-8")).encode()):
        code, error = answered("reconstruct", "smollm3-3b", "--data", "data")
    assert code == 2 and error.startswith(f"error: {said}")


def test_a_fact_that_disclosed_hours_need_is_missed_where_they_are(room):
    name, fact = "models/olmo-3-32b.facts.csv", "olmo3_midtraining_gpus"
    changed = (OWN / name).read_text("utf-8").replace(f"\n{fact},", "\nother,")
    with damaged(room, name, changed.encode()):
        code, error = answered("reconstruct", "olmo-3-32b", "--data", "data")
    where = "models/olmo-3-32b.toml, olmo3_midtraining.disclosed.gpu_hours"
    assert code == 2 and error.startswith(f"error: {where}: {fact} is not a fact")


@pytest.mark.soak
@pytest.mark.parametrize("kind", damages)
def test_thousands(room, kind):
    @tries(SOAK)
    @given(damage=damages[kind], command=st.sampled_from([*QUICK, *SLOW]))
    def try_all(damage, command):
        hold(room, *damage, command)

    try_all()
