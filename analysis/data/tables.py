"""The evidence: every table and file of the data folder, loaded and validated once.

`datapackage.json` is the one schema of the tables; pandera reads it here, frictionless in the
tests.
"""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data.facts import Fact, Facts
from analysis.data.mistakes import InputError, did_you_mean
from analysis.data.schema import PACKAGE, check_foreign_keys, read_package, read_table


@dataclass(frozen=True, eq=False)
class Evidence:
    """The tables of one data folder, validated, and its facts; one object for as long as the files
    stay as they are.
    """

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
        """Each identity of `identities.csv` and each guard of `corrections.csv` that does not hold,
        as a line.
        """
        lines = []
        for row in self["identities"].itertuples():
            left, right = (
                self._calculated(side, f"identities.csv, {row.id}")
                for side in (row.left, row.right)
            )
            if abs(left - right) > row.relative_tolerance * abs(right) + 1e-9 * abs(right):
                lines.append(
                    f"identities.csv, {row.id}: {row.left} = {left:.6g}, but {row.right} = {right:.6g} "
                    f"(allowed: {row.relative_tolerance:.2%} apart; {row.why})"
                )
        for row in self["corrections"].itertuples():
            now = (
                self._calculated(row.guard, f"corrections.csv, {row.id}, guard")
                if row.guard
                else math.nan
            )
            if row.guard and not math.isclose(now, float(row.seen), rel_tol=1e-6):
                lines.append(
                    f"corrections.csv, {row.id}: {row.guard} is now {now:.6g}, not the {float(row.seen):.6g} that was corrected"
                )
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
            digest.update(
                path.relative_to(directory).as_posix().encode() + b"\0" + path.read_bytes() + b"\0"
            )
    return digest.hexdigest()


def _signature(directory: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, times and sizes of the files of a folder: the same as long as nothing was written
    there.
    """
    found = (
        [(path, path.stat()) for path in sorted(directory.rglob("*")) if path.is_file()]
        if directory.is_dir()
        else []
    )
    return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in found)


@lru_cache(maxsize=4)
def _load(directory: Path, signature: tuple[tuple[str, int, int], ...]) -> Evidence:
    """The evidence of a folder, read once for as long as its files stay as they are (`signature`)."""
    package = read_package(directory)
    tables = {
        resource["name"]: read_table(directory, resource) for resource in package["resources"]
    }
    for resource in package["resources"]:
        check_foreign_keys(resource, tables)
    facts = tables["facts"].to_dict("records")
    return Evidence(directory, Facts({row["id"]: Fact(**row) for row in facts}), tables)


def default_directory() -> Path:
    """The evidence that came with the package: in the wheel, or beside it in a checkout."""
    packaged = Path(__file__).parents[1] / "_data"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "data"


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
        raise InputError(
            f"{name} is not among {folder}: {', '.join(known)}{did_you_mean(name, known)}"
        )
    return path


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file; an `InputError` if it is none."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: not valid TOML: {error}") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
