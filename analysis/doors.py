"""The doors of the package, the same for notebooks, scripts and the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.check.claims import judge_all
from analysis.compare import estimate as estimates
from analysis.compare.accounts import accounts_of
from analysis.compare.specification import check_spec
from analysis.data.finite import finite
from analysis.data.folder import edition_model
from analysis.data.mistakes import InputError, UnknownName, find
from analysis.data.scenario import Scenario, load_scenario
from analysis.data.tables import Evidence
from analysis.data.uncertainty import PERCENTILES
from analysis.reconstruction import sweep as sweeps
from analysis.reconstruction.account import Account, account_of
from analysis.reconstruction.grids import product
from analysis.show.numbers import hours_text, usd_text
from analysis.show.tables import table

FIRST, NAMED = 12, 7  # rows and columns that a result shows and names of itself


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """Rows that show themselves; `frame()` gives them all, `result[id]` one by its id."""

    _rows: pd.DataFrame
    caption: str

    def __repr__(self) -> str:
        names = [*self._rows]
        named = ", ".join(names if len(names) <= NAMED else [*names[:NAMED], "…"])
        return f"<{self.caption}: {len(self._rows):,} rows of {named}>"

    def _repr_html_(self) -> str:
        caption = self.caption
        if len(self._rows) > FIRST:
            caption += f" (the first {FIRST} of {len(self._rows):,} rows)"
        return table(self._rows.head(FIRST), caption=caption)._repr_html_()

    def __getitem__(self, name: str) -> dict[str, Any]:
        names = [str(one) for one in self._rows.iloc[:, 0]]
        if str(name) not in names:
            raise UnknownName(name, "among the rows", names)
        return self._rows.iloc[names.index(str(name))].to_dict()

    def frame(self) -> pd.DataFrame:
        """A copy of the rows."""
        return self._rows.copy()


@dataclass(frozen=True, eq=False, repr=False)
class Estimate(Mapping[str, Any]):
    """The answer for one run: `estimate["gpu_hours"]` a key of the JSON, `frame()` its intervals as
    rows, `to_dict()` all of it, for a file.
    """

    _answer: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        return deepcopy(find(key, self._answer, "a key of the estimate"))

    def __iter__(self) -> Iterator[str]:
        return iter(self._answer)

    def __len__(self) -> int:
        return len(self._answer)

    def __repr__(self) -> str:
        hours, usd = self["gpu_hours"], self["usd"]
        low, middle, high = (hours_text(hours[end]) for end in PERCENTILES)
        return f"<{self['name']}: {middle} GPU-hours ({low} to {high}), {usd_text(usd['p50'])}>"

    def _repr_html_(self) -> str:
        words = {"p05": "5 %", "p50": "middle", "p95": "95 %"}
        return table(self.frame(), head=words, caption=f"{self['name']}, estimated")._repr_html_()

    def frame(self) -> pd.DataFrame:
        """A row for each quantity with an interval: `id`, `p05`, `p50`, `p95`."""
        found = {name: value for name, value in self.items() if isinstance(value, Mapping)}
        ends = {*PERCENTILES}
        rows = [{"id": name, **value} for name, value in found.items() if ends <= {*value}]
        return pd.DataFrame(rows, columns=["id", *PERCENTILES])

    def to_dict(self) -> dict[str, Any]:
        """The contract of `traincost estimate --json`."""
        return dict(self)


def evidence(data: str | Path | None = None) -> Evidence:
    """The evidence of a folder; None: the project's own.

    Raises
    ------
    InputError
        For a damaged file, column or value, with file, row and field.

    Examples
    --------
    >>> evidence().facts["v3_pretraining_tokens"].unit
    'tokens'
    """
    _check_texts(Path, data=data)
    return Evidence.load(Path(data) if data else None)


def reconstruct(
    model: str | None = None,
    *,
    scenario: str | Path | None = None,
    data: str | Path | None = None,
    **parameters: Any,
) -> Account:
    """A model's phases from public facts, without reading what is disclosed of their hours.

    Parameters
    ----------
    model
        A file in `models/`; None: the model that the book is about.
    scenario
        A file in `scenarios/`, or a path; None: the sources' own accounting.
    data
        Another evidence folder.
    parameters
        Parameters of the scenario, such as `price_usd_per_gpu_hour=3`; None leaves one as it is.

    Returns
    -------
    Account
        Shows itself as a table; `.frame()` is a row a phase, `["PHASE"]` one phase.

    Raises
    ------
    InputError
        For an unknown model, phase or parameter, or a value out of bounds.

    Examples
    --------
    >>> account = reconstruct(mfu=0.4)
    >>> list(account.frame().columns[:6])
    ['id', 'label', 'kinds', 'disclosed', 'p05', 'p50']
    """
    _check_texts(model=model)
    found, chosen = _opened(scenario, data, parameters)
    with finite(data):
        return account_of(model or edition_model(), chosen, found)


def accounts(
    models: str | None = None,
    *,
    scenario: str | Path | None = None,
    data: str | Path | None = None,
    **parameters: Any,
) -> list[Account]:
    """The accounts of several models, the newest first.

    Parameters
    ----------
    models
        Files in `models/`, separated by commas; None: all that have phases.
    scenario, data, parameters
        As of :func:`reconstruct`.

    Returns
    -------
    list of Account
        One a model.

    Raises
    ------
    InputError
        As :func:`reconstruct` does.

    Examples
    --------
    >>> [found.model.title for found in accounts("llama-3.1-405b, kimi-k2")]
    ['Kimi K2', 'Llama 3.1 405B']
    """
    _check_texts(models=models)
    found, chosen = _opened(scenario, data, parameters)
    names = [name.strip() for name in models.split(",")] if models else None
    with finite(data):
        return accounts_of(chosen, found, names)


def judge(
    model: str | None = None,
    *,
    scenario: str | Path | None = None,
    data: str | Path | None = None,
    **parameters: Any,
) -> Result:
    """Public claims on a model's cost, each with its verdict and reason; parameters as before.

    Returns
    -------
    Result
        Rows of `id`, `claim`, `who`, `date`, `verdict`, `reason`, `facts`.
    """
    account = reconstruct(model, scenario=scenario, data=data, **parameters)
    columns = ["id", "claim", "who", "date", "verdict", "reason", "facts"]
    with finite(data):
        judged = judge_all(account)
    rows = [{name: getattr(claim, name) for name in columns} for claim in judged]
    return Result(pd.DataFrame(rows, columns=columns), f"Claims on {account.model.title}")


def estimate(*, data: str | Path | None = None, **spec: Any) -> Estimate:
    """Hours, rent, energy and carbon of a run that nobody disclosed, with intervals.

    Parameters
    ----------
    data
        Another evidence folder.
    spec
        The keys of a description, as in the file that `traincost estimate` reads: `name`,
        `developer`, `release_date`, `params_total`, `params_active`, `tokens`, `hardware`, …

    Returns
    -------
    Estimate
        Shows itself as a table; `["gpu_hours"]` is a key of the JSON, `.frame()` a row a quantity.

    Raises
    ------
    InputError
        For a key that is missing, unknown or out of bounds.

    Examples
    --------
    >>> size = {"params_total": 70e9, "params_active": 70e9, "tokens": 15e12}
    >>> known = {"name": "A 70B", "developer": "X", "release_date": "2025-01-01"}
    >>> found = estimate(**known, **size, hardware="H100", chips=2048)
    >>> found.frame().id.tolist()
    ['gpu_hours', 'days', 'usd', 'energy_kwh', 'co2_kg', 'mfu']
    """
    tables = evidence(data)
    checked = check_spec(spec, "estimate", tables)
    with finite(data or "estimate"):
        return Estimate(estimates.estimate(checked, tables))


def sweep(
    model: str | None = None,
    *,
    scenario: str | Path | None = None,
    data: str | Path | None = None,
    report: Callable[[int, int], None] = lambda done, of: None,
    **grids: Sequence[Any],
) -> Result:
    """Every combination of some parameters' values, evaluated at once.

    Parameters
    ----------
    grids
        A parameter and its values, such as `mfu=[0.2, 0.3]`.

    Returns
    -------
    Result
        A row a combination, with hours, dollars and every line of the bill.
    """
    _check_texts(model=model)
    if not callable(report):
        raise InputError(f"found {report!r}, allowed is a function of two counts", "report")
    found, chosen = _opened(scenario, data, {})
    sets = product(grids)
    rows = sweeps.sweep(model or edition_model(), chosen, found, sets, report, data)
    return Result(rows, f"{len(rows):,} combinations of {', '.join(grids)}")


def _check_texts(*kinds: type, **given: object) -> None:
    """Refuse what is no name, or none of other kinds, where one is expected; an empty one is not
    one left out.
    """
    for name, value in given.items():
        if value is not None and (not isinstance(value, (str, *kinds)) or value == ""):
            raise InputError(f"found {value!r}, allowed is a text", name)


def _opened(
    scenario: str | Path | None, data: str | Path | None, parameters: dict[str, Any]
) -> tuple[Evidence, Scenario]:
    _check_texts(Path, scenario=scenario)
    found = evidence(data)
    return found, load_scenario(str(scenario or "paper"), found.directory, **parameters)
