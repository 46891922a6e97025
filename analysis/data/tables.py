"""The evidence: every table of a folder, read and checked once."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data import known
from analysis.data.facts import Fact, Facts
from analysis.data.fixed import Fixed
from analysis.data.folder import (
    FACTS,
    Resource,
    evidence_folder,
    facts_of_models,
    folder_sha256,
    named_files,
    resources,
)
from analysis.data.mistakes import InputError, find
from analysis.data.schema import check_foreign_keys, content_of, table_of

RUN_TABLES = ("training_runs", "rl_runs")


@dataclass(frozen=True, eq=False, repr=False)
class Evidence:
    """The tables of one folder and its facts; one object for as long as the files stay the same.

    A table is handed out as a copy: whoever changes it changes it for themselves.
    """

    directory: Path
    facts: Facts
    _tables: Mapping[str, pd.DataFrame]

    @staticmethod
    def load(directory: Path | None = None) -> Evidence:
        """Read and check every table in `directory` (the package's own evidence by default).

        Raises
        ------
        InputError
            For a missing or damaged file, column or value; the line names file, row and field.
        """
        directory = evidence_folder(directory)
        return _load(directory, _signature(directory))

    @staticmethod
    def of(directory: Path, tables: Mapping[str, pd.DataFrame]) -> Evidence:
        """The evidence of tables that have been checked."""
        rows = tables["facts"].to_dict("records")
        return Evidence(directory, Facts({row["id"]: Fact(**row) for row in rows}), tables)

    def __getitem__(self, table: str) -> pd.DataFrame:
        return find(table, self._tables, "a table").copy()

    def __contains__(self, table: object) -> bool:
        return table in self._tables

    def __repr__(self) -> str:
        return f"<evidence: {len(self.tables)} tables, {len(self.facts):,} facts>"

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))

    def frame(self) -> pd.DataFrame:
        """A row a table: its name, and how many `rows` it has."""
        sizes = [(name, len(rows)) for name, rows in self._tables.items()]
        return pd.DataFrame(sizes, columns=["table", "rows"])

    @property
    def is_own(self) -> bool:
        """Whether it is the project's own."""
        return self.sha256 == Evidence.load().sha256

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables."""
        return tuple(self._tables)

    def without_runs_of(self, developers: Collection[str]) -> Mapping[str, pd.DataFrame]:
        """The tables but the facts, those of runs without the rows of some developers; each is
        handed out as a copy.
        """
        return FixedTables(
            {
                name: rows[~rows.developer.isin(developers)] if name in RUN_TABLES else rows
                for name, rows in self._tables.items()
                if name != "facts"
            }
        )

    def for_model(self, table: str, model: str) -> pd.DataFrame:
        """The rows of a table that are of a model, or of all models, with the line of each.

        Returns
        -------
        DataFrame
            The table's columns and `where`: file, line and id, for a mistake in the row.

        Raises
        ------
        InputError
            For a table that is not there, or whose rows are of no model.
        """
        rows = self[table]
        if not {"id", "model"} <= {*rows}:
            raise InputError(f"its rows are of no model; its columns are {', '.join(rows)}", table)
        places = [
            f"{table}.csv, line {position + 2} ({key})" for position, key in enumerate(rows.id)
        ]
        rows = rows.assign(where=places)
        return rows[rows.model.isin([model, ""])].reset_index(drop=True)

    def by_id(self, table: str) -> Mapping[str, Mapping[str, Any]]:
        """The rows of a table by their first column."""
        return _by_id(self, str(table))

    @cached_property
    def sha256(self) -> str:
        """Hash of every file that the folder names, by name and content."""
        return folder_sha256(self.directory)

    def broken_identities(self) -> list[str]:
        """Each identity and each guard of a correction that does not hold, as a line."""
        return [*self._broken_sums(), *self._broken_guards()]

    def _broken_sums(self) -> list[str]:
        lines = []
        for row in self._tables["identities"].itertuples():
            where = f"identities.csv, {row.id}"
            left, right = (self._calculated(side, where) for side in (row.left, row.right))
            if abs(left - right) > (row.relative_tolerance + 1e-9) * abs(right):
                lines.append(
                    f"{where}: {row.left} = {left:.6g}, but {row.right} = {right:.6g} "
                    f"(allowed: {row.relative_tolerance:.2%} apart; {row.why})"
                )
        return lines

    def _broken_guards(self) -> list[str]:
        lines = []
        guarded = self._tables["corrections"]
        for row in guarded[guarded.guard != ""].itertuples():
            where = f"corrections.csv, {row.id}"
            now = self._calculated(row.guard, f"{where}, guard")
            seen = self._calculated(row.seen, f"{where}, seen")
            if not math.isclose(now, seen, rel_tol=1e-6):
                lines.append(
                    f"{where}: {row.guard} is now {now:.6g}, not the {seen:.6g} that was corrected"
                )
        return lines

    def _calculated(self, expression: str, where: str) -> float:
        try:
            return self.facts.calculate(expression)
        except InputError as error:
            raise error.at(where) from None


class FixedTables(Fixed[pd.DataFrame]):
    """Some tables by name, each handed out as a copy."""

    def __getitem__(self, name: str) -> pd.DataFrame:
        return super().__getitem__(name).copy()


@lru_cache(maxsize=64)
def _by_id(evidence: Evidence, table: str) -> Mapping[str, Mapping[str, Any]]:
    rows = evidence[table]
    records = map(Fixed, rows.to_dict("records"))
    return Fixed(dict(zip(rows.iloc[:, 0], records, strict=True)))


def _signature(directory: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, times and sizes of a folder's files: the same as long as nothing is written there.
    What is earlier or later does not count, for the clock may be set back.
    """
    found = [directory / name for name in named_files(directory)]
    stats = [(path, path.stat()) for path in found if path.exists()]
    return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in stats)


class _Tables(Mapping[str, pd.DataFrame]):
    """Tables by name, each parsed when it is first asked for, from what was read at once."""

    def __init__(self, contents: Mapping[str, tuple[Resource, bytes]]) -> None:
        self._contents = contents
        self._parsed: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._parsed:
            self._parsed[name] = table_of(*self._contents[name])
        return self._parsed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._contents)

    def __len__(self) -> int:
        return len(self._contents)

    def add(self, name: str, rows: pd.DataFrame) -> None:
        """More rows of a table."""
        self._parsed[name] = pd.concat([self[name], rows], ignore_index=True)


@lru_cache(maxsize=4)
def _load(directory: Path, signature: tuple[tuple[str, int, int], ...]) -> Evidence:
    """The evidence of a folder, read once for as long as its files stay as they are; checked whole
    unless the same files were found valid before.
    """
    listed = {resource["name"]: resource for resource in resources(directory)}
    beside = [{**listed["facts"], "path": path} for path in facts_of_models(directory)]
    read = [(resource, content_of(directory, resource)) for resource in [*listed.values(), *beside]]
    tables = _Tables(dict(zip(listed, read, strict=False)))
    key = known.key_of(*(part for one in read for part in (json.dumps(one[0]).encode(), one[1])))
    is_known = known.is_known(key)
    if not is_known:
        for name, resource in listed.items():
            check_foreign_keys(resource, tables[name], tables)
    for resource, content in read[len(listed) :]:
        rows = table_of(resource, content)
        if not is_known:
            check_foreign_keys(resource, rows, tables)
            _check_facts_of_model(resource["path"], rows, tables["facts"])
        tables.add("facts", rows)
    known.remember(key)
    known.write()
    return Evidence.of(directory, tables)


def _check_facts_of_model(path: str, rows: pd.DataFrame, facts: pd.DataFrame) -> None:
    """The facts that stand beside a model are of that model alone, and under names of their own."""
    model = Path(path).name.removesuffix(FACTS)
    taken = set(facts.id)
    for position, row in enumerate(rows.itertuples()):
        where = f"{path}, line {position + 2} ({row.id})"
        if row.subject != model:
            raise InputError(f"found {row.subject}, allowed is {model}", f"{where}, subject")
        if row.id in taken:
            raise InputError("which stands there already; each must be unique", f"{where}, id")
