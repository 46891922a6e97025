"""Whatever a stranger gives: an answer, or one line and exit code two.

A few hundred inputs of each kind; `make soak` tries many times as many.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import unicodedata
import warnings
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.cli import main
from analysis.data.mistakes import LONGEST

TIMES = int(os.environ.get("HOSTILE_TIMES", "1"))  # `make soak` sets more
ODD = ["\x00", "\x1b[31m", "\n", "\r\n", "\t", "\u202e", "\u2028", "\x7f", "é", "深", "{b}", "%s"]
NUMBERS = ["0", "-1", "1e999", "nan", "inf", "-inf", "1_0", "true", "9" * 400, "1e-320", "0x10", ""]
SPEC = {
    "name": '"A run"',
    "developer": '"Somebody"',
    "release_date": "2025-06-01",
    "params_total": "70e9",
    "params_active": "70e9",
    "tokens": '"15T"',
    "hardware": '"H100"',
}
OPTIONAL = ("chips", "seq_len", "layers", "d_model", "n_heads", "vocab", "precision", "config")
CARD = """name = "card"
model = "A model"
developer = "Somebody"
release_date = 2025-01-01
[[phase]]
kind = "pretraining"
chip = "H100"
"""
RESULTS = {
    "edition": {"parameters": {"mfu": 0.4}, "data_sha256": "abc"},
    "models": {"a": {"phases": [], "total": {}}},
    "boundaries": [{"label": "a", "usd": {"p50": 1.0}}],
}

texts = st.lists(
    st.one_of(st.sampled_from(ODD), st.characters(codec="utf-8"), st.text(max_size=5)), max_size=12
).map("".join)
words = st.one_of(texts, st.sampled_from(NUMBERS), st.just("x" * 5000))
literals = st.one_of(
    texts.map(json.dumps),
    st.sampled_from(NUMBERS[:-1]),
    st.sampled_from(["[]", "{}", "[[1]]", "1979-05-27", "07:32:00", "[" * 3000, '"""', "'"]),
)


def tries(count: int):
    """How often a kind of input is tried: the same ones in each run."""
    return settings(
        max_examples=count * TIMES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


TRIED: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def counted(record_property):
    """What a test tried, for the summary."""
    TRIED.clear()
    yield
    for code, count in TRIED.items():
        record_property(code, count)


def held(*arguments: str, stdin: bytes = b"") -> int:
    """Run a command and hold it to the contract; its exit code."""
    return answered(*arguments, stdin=stdin)[0]


def answered(*arguments: str, stdin: bytes = b"") -> tuple[int, str]:
    """Run a command and hold it to the contract; its exit code and its error, if it has one."""
    out, err = io.StringIO(), io.StringIO()
    given_in = io.TextIOWrapper(io.BytesIO(stdin))
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr("sys.stdin", given_in)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            code = main(list(arguments))
    lines = err.getvalue().splitlines()
    errors = [line for line in lines if line.startswith("error: ")]
    assert code in (0, 2), (arguments, err.getvalue())
    assert not warned, (arguments, [str(warning.message) for warning in warned])
    assert len(errors) == (1 if code == 2 else 0), (arguments, lines)
    for line in lines:
        assert len(line) <= LONGEST + 20, line
        assert not any(unicodedata.category(char) in ("Cc", "Cf") for char in line), repr(line)
    TRIED[f"hostile inputs answered with exit code {code}"] += 1
    shown = out.getvalue()
    assert not any(
        unicodedata.category(char) in ("Cc", "Cf") for char in re.sub(r"[\n\t]", "", shown)
    )
    if "--json" in arguments and code == 0:
        json.loads(shown, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
    return code, "".join(errors)


def written(room: Path, name: str, text: str | bytes) -> str:
    path = room / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return str(path)


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@tries(150)
@given(key=st.sampled_from([*SPEC, *OPTIONAL, "kind", "layout", "odd"]), value=literals)
def test_specifications(room, key, value):
    keys = SPEC | {key: value}
    text = "\n".join(f"{name} = {content}" for name, content in keys.items())
    held("estimate", written(room, "spec.toml", text), "--json")


@tries(60)
@given(content=st.binary(max_size=200))
def test_standard_input(room, content):
    assert held("estimate", "-", stdin=content) == 2


@tries(60)
@given(cell=words, column=st.sampled_from(["name", "tokens", "hardware", "release_date", "odd"]))
def test_spreadsheets(room, cell, column):
    row = {"name": "A", "developer": "B", "release_date": "2025-06-01", "params_total": "7e9"}
    row |= {"tokens": "1e12", "hardware": "H100"} | {column: cell.replace(",", "")}
    text = ",".join(row) + "\n" + ",".join(row.values()) + "\n"
    held("estimate", written(room, "runs.csv", text), "--json")


@tries(80)
@given(
    key=st.one_of(st.sampled_from(["mfu", "chip", "samples", "seed", "name", "pue"]), texts),
    value=words,
)
def test_parameters(room, key, value):
    assert held("reconstruct", "no-such-model", "-p", f"{key}={value}") == 2


@tries(60)
@given(name=words, command=st.sampled_from(["facts", "card", "reconstruct"]))
def test_names(room, name, command):
    if name and not name.startswith("-"):
        assert held(command, name) == 2


@tries(60)
@given(key=st.sampled_from(["mfu", "chip", "price_usd_per_gpu_hour", "odd"]), value=words)
def test_grids(room, key, value):
    out = str(room / "missing" / "sweep.csv")
    assert held("sweep", "--grid", f"{key}={value}", "--out", out) == 2


@tries(40)
@given(key=st.sampled_from(["title", "meaning", "rent", "parameters", "odd"]), value=literals)
def test_scenarios(room, key, value):
    keys = {"title": '"Mine"', "meaning": '"Mine."', key: value}
    text = "\n".join(f"{name} = {content}" for name, content in keys.items())
    path = written(room, "mine.toml", text)
    assert held("reconstruct", "no-such-model", "--scenario", path) == 2


@tries(60)
@given(
    key=st.sampled_from(["model", "release_date", "params_total", "flop", "base_model", "odd"]),
    value=literals,
)
def test_cards(room, key, value):
    lines = [line for line in CARD.splitlines() if not line.startswith(f"{key} =")]
    text = "\n".join([f"{key} = {value}", *lines])
    held("card", written(room, "card.toml", text), "--json")


@tries(60)
@given(
    path=st.lists(
        st.sampled_from(["edition", "models", "a", "boundaries", "parameters"]), max_size=3
    ),
    value=st.one_of(st.none(), st.integers(), texts, st.lists(st.integers(), max_size=2)),
)
def test_results_of_another_edition(room, path, value):
    content = json.loads(json.dumps(RESULTS))
    place = content
    for key in path[:-1]:
        place = place.get(key) if isinstance(place, dict) else None
    if path and isinstance(place, dict):
        place[path[-1]] = value
    before, after = room / "before", room / "after"
    for edition in (before, after):
        edition.mkdir(exist_ok=True)
        written(edition, "results.json", json.dumps(content))
    held("diff", str(before), str(after), "--json")


@tries(40)
@given(cut=st.integers(0, 400), junk=st.binary(max_size=20))
def test_damaged_results(room, cut, junk):
    edition = room / "damaged"
    edition.mkdir(exist_ok=True)
    written(edition, "results.json", json.dumps(RESULTS).encode()[:cut] + junk)
    held("diff", str(edition), str(edition))


def test_models_in_a_circle_are_one_line(edited, capsys):
    text = 'title = "M"\ndeveloper = "D"\nrelease_date = 2025-01-01\nchip = "H100"\n'
    directory = edited("facts.csv", "", "")
    for name, base in (("one", "two"), ("two", "three"), ("three", "one")):
        path = Path(directory) / "models" / f"{name}.toml"
        path.write_text(f'{text}stands_on = "{base}"\n')
    assert held("reconstruct", "one", "--data", str(directory)) == 2


@pytest.mark.parametrize("kind", ["fifo", "folder", "missing"])
def test_what_is_no_file_is_one_line(tmp_path, kind):
    path = tmp_path / "spec.toml"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path = tmp_path / "empty"
        path.mkdir()
    assert held("estimate", str(path)) == 2


def test_one_bad_file_does_not_stop_the_others(tmp_path, capsys):
    good = "\n".join(f"{name} = {content}" for name, content in SPEC.items())
    (tmp_path / "a.toml").write_text(good)
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "c.toml").mkdir()
    (tmp_path / "d.toml").write_text('name = "\\u001b[31mred"')
    assert main(["estimate", str(tmp_path), "--json"]) == 2
    shown = capsys.readouterr()
    assert [found["name"] for found in json.loads(shown.out)] == ["A run"]
    errors = [line for line in shown.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 3
    assert all(f"{name}.toml" in line for name, line in zip("bcd", errors, strict=True))


@pytest.mark.parametrize("number", ["1_0", "inf", "1e309"])
def test_a_number_in_disguise_is_refused_in_a_table(edited, number):
    directory = edited("facts.csv", ",2788000,", f",{number},")
    assert held("facts", "v3_total_gpu_hours", "--data", str(directory)) == 2
