"""What the book counts and computes: a sentence for each place, in `book/computed.toml`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.data.facts import Row
from analysis.data.folder import read_toml
from analysis.data.mistakes import InputError, UnknownName, find, first_mistake
from analysis.data.tables import Evidence
from analysis.show.cards import Card, Part

FILE = "computed.toml"
OF = "{of}"


class Place(BaseModel):
    """Where numbers are counted: their name, how they come about, and from which tables."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z_]+\.[a-z0-9_-]+$")
    name: str = Field(min_length=1)
    says: str = Field(min_length=1)
    data: tuple[str, ...]


class Places(BaseModel):
    """All places, in the order of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    place: tuple[Place, ...] = ()


def read_computed(book: Path) -> Mapping[str, Place]:
    """The places of a book by id.

    Raises
    ------
    InputError
        For a file that is not there or holds something else, and for an id that is used twice.
    """
    try:
        places = Places.model_validate(read_toml(book / FILE)).place
    except ValidationError as error:
        raise first_mistake(error, FILE, Place.model_fields) from None
    twice = [name for name, times in Counter(place.id for place in places).items() if times > 1]
    if twice:
        raise InputError(f"the place {twice[0]} stands there twice", FILE)
    return {place.id: place for place in places}


def counted_card(text: str, places: Mapping[str, Place], evidence: Evidence) -> Card:
    """What a counted number tells, `PLACE = OF = ADDRESS`: what was counted, from which tables."""
    name, _, rest = text.partition(" = ")
    place, of = find(name, places, f"a place of {FILE}"), rest.rpartition(" = ")[0]
    return Card(
        place.name.replace(OF, of),
        "",
        "derived",
        Row("counted", text),
        says=place.says.replace(OF, of),
        parts=[_table(table, evidence) for table in place.data],
    )


def _table(name: str, evidence: Evidence) -> Part:
    """A table of the evidence, how many rows it has, and its file."""
    if name not in evidence.tables:
        raise UnknownName(name, "a table of the evidence", evidence.tables, where=FILE)
    return Part(f"{name}.csv", f"{len(evidence[name]):,} rows", row=Row("data", name))
