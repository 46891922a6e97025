"""The evidence: every table and file of the data folder, loaded and validated once.

`datapackage.json` is the one schema of the tables; pandera reads it here, frictionless in the tests.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
from pandera.errors import SchemaErrors
from pandera.io.pandas_io import from_frictionless_schema
from pydantic import ValidationError

PACKAGE = "datapackage.json"


class InputError(ValueError):
    """A mistake in what the user gave: one line that says what, where, and what is allowed."""


def did_you_mean(name: str, known: Collection[str]) -> str:
    """`; did you mean …?` with the nearest known name, or the empty string.

    Near is a like spelling, or all words shared: `gpu_price` is near `price_usd_per_gpu_hour`.
    """
    words = set(re.split(r"[^a-z0-9]+", name.lower())) - {""}
    sharing = [other for other in known if words and words <= set(re.split(r"[^a-z0-9]+", other.lower()))]
    close = get_close_matches(name, list(known), n=1, cutoff=0.6) or sharing or get_close_matches(name, list(known), n=1, cutoff=0.4)
    return f"; did you mean {close[0]}?" if close else ""


@dataclass(frozen=True)
class Fact:
    """One figure as its source gives it; `low` and `high` are NaN where the source gives no range."""

    id: str
    subject: str
    quantity: str
    value: float
    low: float
    high: float
    unit: str
    kind: str
    confidence: str
    source_id: str
    locator: str
    note: str

    @property
    def second_hand(self) -> bool:
        """Whether the source was seen only as restated by another."""
        return self.confidence == "read_via_secondary"

    @property
    def has_range(self) -> bool:
        return not (math.isnan(self.low) or math.isnan(self.high)) and self.low != self.high


class Facts(Mapping[str, Fact]):
    """Facts by id. A name that is not there is the user's mistake, answered with the nearest one."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = dict(facts)

    def __getitem__(self, fact_id: str) -> Fact:
        try:
            return self._facts[fact_id]
        except KeyError:
            raise InputError(f"{fact_id} is not a fact{did_you_mean(fact_id, self._facts)} (traincost facts lists all)") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __contains__(self, fact_id: object) -> bool:
        return fact_id in self._facts

    def without(self, fact_ids: Collection[str]) -> Facts:
        """The same facts, less those named."""
        return Facts({key: fact for key, fact in self._facts.items() if key not in fact_ids})

    def with_unit(self, fact_id: str, unit: str) -> Fact:
        """The fact, if it is in `unit`; an `InputError` otherwise."""
        fact = self[fact_id]
        if fact.unit != unit:
            raise InputError(f"fact {fact_id}: unit is {fact.unit}, expected {unit}")
        return fact

    def calculate(self, expression: str, also: Mapping[str, float] | None = None) -> float:
        """Value of an arithmetic expression of fact ids, such as `r1_zero_gpus * r1_zero_hours`.

        `NAME__low` and `NAME__high` are the ends of a fact's range; `also` adds names to those of the facts.
        """
        also = also or {}
        values = {name: also[name] if name in also else self._named(name) for name in names_in(expression)}
        try:
            return float(pd.eval(expression, local_dict=values, engine="python"))
        except (SyntaxError, TypeError, ValueError, NotImplementedError, ZeroDivisionError) as error:
            raise InputError(f"{expression!r} is not arithmetic on facts: {error}") from None

    def _named(self, name: str) -> float:
        for end in ("low", "high"):
            if name.endswith(f"__{end}"):
                return float(getattr(self[name.removesuffix(f"__{end}")], end))
        return self[name].value


def names_in(expression: str) -> list[str]:
    """The names in an arithmetic expression, fact ids and ends of their ranges."""
    words = "".join(character if character.isalnum() or character == "_" else " " for character in expression)
    return [word for word in words.split() if word[0].isalpha()]


def facts_in(expression: str) -> list[str]:
    """The fact ids in an arithmetic expression; `NAME__low` and `NAME__high` stand on NAME."""
    return [re.sub("__(low|high)$", "", name) for name in names_in(expression)]


@dataclass(frozen=True, eq=False)
class Evidence:
    """The tables of one data folder, validated, and its facts; one object for as long as the files stay as they are."""

    directory: Path
    facts: Facts
    tables: Mapping[str, pd.DataFrame]

    @staticmethod
    def load(directory: Path | None = None) -> Evidence:
        """Read and validate every table in `directory` (the package's own evidence by default).

        Raises
        ------
        InputError
            For a missing or damaged file, column or value; the line names file, row and field.
        """
        directory = evidence_folder(directory)
        return _load(directory, _signature(directory))

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.tables[table]

    @cached_property
    def sha256(self) -> str:
        """Hash of every file of the folder, by name and content."""
        return folder_sha256(self.directory)

    def broken_identities(self) -> list[str]:
        """Each identity of `identities.csv` and each guard of `corrections.csv` that does not hold, as a line."""
        lines = []
        for row in self["identities"].itertuples():
            left, right = (self._calculated(side, f"identities.csv, {row.id}") for side in (row.left, row.right))
            if abs(left - right) > row.relative_tolerance * abs(right) + 1e-9 * abs(right):
                lines.append(
                    f"identities.csv, {row.id}: {row.left} = {left:.6g}, but {row.right} = {right:.6g} "
                    f"(allowed: {row.relative_tolerance:.2%} apart; {row.why})"
                )
        for row in self["corrections"].itertuples():
            now = self._calculated(row.guard, f"corrections.csv, {row.id}, guard") if row.guard else math.nan
            if row.guard and not math.isclose(now, float(row.seen), rel_tol=1e-6):
                lines.append(f"corrections.csv, {row.id}: {row.guard} is now {now:.6g}, not the {float(row.seen):.6g} that was corrected")
        return lines

    def _calculated(self, expression: str, where: str) -> float:
        try:
            return self.facts.calculate(expression)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None


def folder_sha256(directory: Path) -> str:
    """Hash of every table and file of an evidence folder, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        if path.suffix in {".csv", ".toml", ".json"}:
            digest.update(path.relative_to(directory).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _signature(directory: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, times and sizes of the files of a folder: the same as long as nothing was written there."""
    found = [(path, path.stat()) for path in sorted(directory.rglob("*")) if path.is_file()] if directory.is_dir() else []
    return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in found)


@lru_cache(maxsize=4)
def _load(directory: Path, signature: tuple[tuple[str, int, int], ...]) -> Evidence:
    """The evidence of a folder, read once for as long as its files stay as they are (`signature`)."""
    package = _read_package(directory)
    tables = {resource["name"]: _read_table(directory, resource) for resource in package["resources"]}
    for resource in package["resources"]:
        _check_foreign_keys(resource, tables)
    facts = tables["facts"].to_dict("records")
    return Evidence(directory, Facts({row["id"]: Fact(**row) for row in facts}), tables)


def default_directory() -> Path:
    """The evidence that came with the package: in the wheel, or beside it in a checkout."""
    packaged = Path(__file__).parent / "_data"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "data"


def evidence_folder(directory: Path | None = None) -> Path:
    """The folder given, or that of the package; an `InputError` if it holds no evidence."""
    directory = directory or default_directory()
    if not (directory / PACKAGE).is_file():
        raise InputError(f"{directory / PACKAGE}: no such file; an evidence folder has a {PACKAGE}")
    return directory


def named_file(directory: Path, folder: str, name: str) -> Path:
    """Path of `directory/folder/name.toml`; an `InputError` with the nearest name if there is none."""
    path = directory / folder / f"{name}.toml"
    if not path.is_file():
        known = sorted(file.stem for file in (directory / folder).glob("*.toml"))
        raise InputError(f"{name} is not among {folder}: {', '.join(known)}{did_you_mean(name, known)}")
    return path


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file; an `InputError` if it is none."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: not valid TOML: {error}") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def first_mistake(error: ValidationError, where: str, known: Collection[str]) -> InputError:
    """A pydantic error as one line that names file, field, what was found and the nearest name."""
    detail = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return InputError(f"{where}{field} is not known{did_you_mean(str(detail['loc'][-1]), known)}")
    message = str(detail.get("ctx", {}).get("error", detail["msg"]))
    found = detail["input"]
    found = f"a {type(found).__name__}" if isinstance(found, dict | list) else repr(found)
    return InputError(f"{where}{field}: {message[0].lower()}{message[1:]}, found {found}")


def _read_package(directory: Path) -> dict[str, Any]:
    try:
        return json.loads((directory / PACKAGE).read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{PACKAGE}: not valid JSON: {error}") from None


def _read_table(directory: Path, resource: dict[str, Any]) -> pd.DataFrame:
    path = directory / resource["path"]
    try:
        frame = pd.read_csv(path, keep_default_na=False, na_values=[""], float_precision="round_trip")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{resource['path']}: not a readable table: {str(error).strip()}") from None
    try:
        valid = from_frictionless_schema(resource["schema"]).validate(frame, lazy=True)
    except SchemaErrors as error:
        raise _table_mistake(resource, frame, error.failure_cases) from None
    texts = [field["name"] for field in resource["schema"]["fields"] if field["type"] in {"string", "date"}]
    return valid.astype(dict.fromkeys(texts, object)).fillna(dict.fromkeys(texts, ""))


def _table_mistake(resource: dict[str, Any], frame: pd.DataFrame, cases: pd.DataFrame) -> InputError:
    """The first failure of a table as one line."""
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    structural = cases[cases.check.isin(["column_in_dataframe", "column_in_schema"])]
    if len(structural):
        name = str(structural.failure_case.iloc[0])
        if name in fields:
            return InputError(f"{resource['path']}: column {name} is missing{did_you_mean(name, set(frame.columns) - set(fields))}")
        return InputError(f"{resource['path']}: column {name} is not known{did_you_mean(name, fields)}")
    # a failed coercion fails the later checks too: name the cell that caused it
    case = cases[cases["index"].notna()].iloc[0] if cases["index"].notna().any() else cases.iloc[0]
    field = fields[case.column]
    where = resource["path"]
    if pd.notna(case["index"]):
        row = int(case["index"])
        key = frame[resource["schema"]["primaryKey"][0]].iloc[row]
        where += f", line {row + 2} ({key})"
    return InputError(f"{where}, {case.column}: found {case.failure_case!s}, {_allowed(field, case.failure_case, str(case.check))}")


def _allowed(field: dict[str, Any], found: object, check: str) -> str:
    limits = field.get("constraints", {})
    if "unique" in check or "duplicate" in check:
        return "which stands there already; each must be unique"
    if "enum" in limits:
        return f"allowed are {', '.join(limits['enum'])}{did_you_mean(str(found), limits['enum'])}"
    bounds = [f"{name} {limits[name]}" for name in ("minimum", "maximum", "pattern") if name in limits]
    required = ", required" if limits.get("required") else ""
    return f"allowed is a {field['type']}{required}{', ' + ', '.join(bounds) if bounds else ''}"


def _check_foreign_keys(resource: dict[str, Any], tables: Mapping[str, pd.DataFrame]) -> None:
    table = tables[resource["name"]]
    for key in resource["schema"]["foreignKeys"]:
        known = tables[key["reference"]["resource"]][key["reference"]["fields"]]
        column = table[key["fields"]]
        unknown = column[(column != "") & ~column.isin(known)]
        if len(unknown):
            row, found = unknown.index[0], unknown.iloc[0]
            name = table[resource["schema"]["primaryKey"][0]].iloc[row]
            raise InputError(
                f"{resource['path']}, line {row + 2} ({name}), {key['fields']}: {found} is not in "
                f"{key['reference']['resource']}{did_you_mean(found, list(known))}"
            )
