"""The rules of the physical view, as `data/protocol.toml` fixes them."""

from __future__ import annotations

import datetime
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from analysis.data.folder import PROTOCOL, default_directory, read_toml


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")  # the file says more, in words


class Rows(_Rules):
    """Which measured rates count."""

    chips: tuple[str, ...]
    smallest_params: float
    shown_beside_developers: tuple[str, ...]
    shown_beside_architectures: tuple[str, ...]


class Groups(_Rules):
    """What is one group of rows."""

    group: tuple[str, ...]
    fold: str


class Shift(_Rules):
    """How the shift from predicted to measured rates is found."""

    spread_between_developers: tuple[float, float, int]
    spread_between_groups: tuple[float, float, int]
    fewest_developers: int
    shown_with: tuple[float | Literal["bound"], ...]


class Constants(_Rules):
    """How the constants are drawn."""

    draws: int
    points_per_draw: int
    seed: int


class Ratio(_Rules):
    """Hours billed over hours running."""

    least: float


class Combined(_Rules):
    """How the views are pooled."""

    prior_weight: float
    prior_developers: int


class NewRuns(_Rules):
    """From how many new runs on there is a verdict."""

    after: datetime.date
    fewest_runs: int
    fewest_developers: int


class Record(_Rules):
    """How well rates are predicted."""

    baseline_fixed_effects: tuple[str, ...]


class Specifications(_Rules):
    """The alternatives that are shown."""

    fp8_ceiling: tuple[str, ...]
    exchange_on_processors: tuple[str, ...]
    exposed_exchange: tuple[str, ...]
    imbalance: tuple[str, ...]
    rows: tuple[str, ...]
    ratio: tuple[str, ...]
    borrowed_spread: tuple[float | Literal["bound"], ...]
    version: tuple[str, ...]
    near: float

    def levels(self) -> dict[str, tuple[float | str, ...]]:
        """The levels of each choice, by its name."""
        return self.model_dump(exclude={"near"})


class Protocol(_Rules):
    """The rules, one part each."""

    rows: Rows
    groups: Groups
    shift: Shift
    constants: Constants
    ratio: Ratio
    combined: Combined
    new_runs: NewRuns
    record: Record
    specifications: Specifications


def kept_out() -> tuple[str, ...]:
    """Developers whose rows are in no fit, no choice and no record of the physical view: they are
    shown beside.
    """
    return tuple(protocol().rows.shown_beside_developers)


@lru_cache(maxsize=1)
def protocol() -> Protocol:
    """The project's own rules, whatever evidence is read.

    >>> protocol().shift.fewest_developers
    5
    """
    return Protocol.model_validate(read_toml(default_directory() / PROTOCOL))
