"""The words of the book that need explaining, each explained once, in `book/glossary.toml`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.data.folder import read_toml
from analysis.data.mistakes import InputError, find, first_mistake
from analysis.show import links
from analysis.show.links import Html
from analysis.show.tables import table

FILE = "glossary.toml"


class Term(BaseModel):
    """A word, and what it says in plain words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str = Field(min_length=1)
    says: str = Field(min_length=1)


class Glossary(BaseModel):
    """All terms, in the order of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    term: tuple[Term, ...] = ()


def read_glossary(book: Path) -> Mapping[str, Term]:
    """The terms of a book by id.

    Raises
    ------
    InputError
        For a file that is not there or no glossary, and for an id that is used twice.
    """
    try:
        terms = Glossary.model_validate(read_toml(book / FILE)).term
    except ValidationError as error:
        raise first_mistake(error, FILE, Term.model_fields) from None
    twice = [name for name, times in Counter(term.id for term in terms).items() if times > 1]
    if twice:
        raise InputError(f"the term {twice[0]} stands there twice", FILE)
    return {term.id: term for term in terms}


def find_term(name: str, terms: Mapping[str, Term]) -> Term:
    """A term by its id; an `InputError` with the nearest if there is none."""
    return find(name, terms, "a term of the glossary")


def glossary_table(terms: Mapping[str, Term]) -> Html:
    """Every term with its explanation, each under its address."""
    rows = [
        {"anchor": links.glossary_anchor(term.id), "term": term.name, "says": term.says}
        for term in sorted(terms.values(), key=lambda term: term.name.casefold())
    ]
    return table(
        pd.DataFrame(rows),
        head={"says": "what it means"},
        caption="The book's terms in plain words",
        anchors="anchor",
    )
