"""The pages of a book of one model that is not the edition's own, from `book/any_model.toml`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.compare.disclosure import sheet_of
from analysis.compare.models import around
from analysis.data.folder import read_toml
from analysis.data.mistakes import InputError, first_mistake
from analysis.data.tables import Evidence
from analysis.publish.contents import OF_SPHINX
from analysis.publish.plan import OtherBook, Page, declared_in
from analysis.reconstruction.model import Model, Phase
from analysis.reconstruction.model_file import load_model

FILE = "any_model.toml"
PAGE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9.]+")  # of a name
MARKUP = re.compile(r"([\\`*_{}\[\]<>#$|&])")

Words = Mapping[str, str]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    page: str
    part: str = ""
    of: Literal["hours", "phase"] | None = None
    title: str = ""
    notebook: str = ""
    parameters: dict[str, str] = Field(default_factory=dict)


class _BookFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    notebooks: dict[str, str]
    instead: dict[str, str]
    page: list[_Entry]


def book_of(name: str, root: Path, evidence: Evidence) -> tuple[list[Page], OtherBook]:
    """The pages that are executed for the book of a model, and what else it has of its own.

    Raises
    ------
    InputError
        For a model that is not there or has a mistake, a phase whose name no page can have, and a
        file of pages with a mistake.
    """
    model, file = load_model(name, evidence), _read(root / "book" / FILE)
    words = _words(model, evidence)
    found = list(_entries(file, model, words))
    names = [entry.page.format(**told) for entry, told in found]
    _check_names(names, model)
    # the pages of all models take longest, and stand last
    pages = [_page(entry, told, root) for entry, told in reversed(found) if entry.notebook]
    plain = {**words, "title": re.sub("[<>]", "", words["title"])}  # it is no text of a page
    instead = {old.format(**words): new for old, new in file.instead.items()}
    parts = [entry.part for entry, _ in found]
    toc = _contents(names, parts)
    return pages, OtherBook(name, file.title.format(**plain), toc, instead)


def _read(path: Path) -> _BookFile:
    try:
        return _BookFile.model_validate(read_toml(path))
    except ValidationError as error:
        raise first_mistake(
            error, path.name, {*_BookFile.model_fields, *_Entry.model_fields}
        ) from None


def _words(model: Model, evidence: Evidence) -> dict[str, str]:
    """What is filled in of a model; empty where nothing is known."""
    sheet = sheet_of(model, evidence)
    runs = around(model, evidence)
    developers = evidence["training_runs"].set_index("id").developer
    own = model.name in runs or developers.reindex(runs).eq(model.developer).any()
    return {
        "model": model.name,
        "title": " ".join(model.title.split()),
        "developer": model.developer,
        "date": str(model.release_date),
        "runs": ", ".join(runs),
        "compared": model.developer if own else "",
        "card": sheet.name if sheet else "",
    }


def _entries(file: _BookFile, model: Model, words: Words) -> Iterator[tuple[_Entry, Words]]:
    """Each page that the model has, with what is filled in there."""
    disclosed = any(phase.disclosed_as("gpu_hours") for phase in model.phases)
    for entry in file.page:
        if entry.of == "phase":
            for phase in model.phases:
                of_phase = _words_of_phase(phase, words["title"], file.notebooks)
                yield entry, {**words, **of_phase}
        elif entry.of is None or disclosed:
            yield entry, words


def _words_of_phase(phase: Phase, title: str, notebooks: Mapping[str, str]) -> Words:
    """What is filled in of a phase; its label names the model, in its own words or before them."""
    notebook = next(found for kind, found in notebooks.items() if kind in phase.kinds)
    label = " ".join(phase.label.split())
    named = {*WORD.findall(label)} & {*WORD.findall(title)}
    return {
        "phase": phase.id,
        "label": label if named else f"{title}: {label}",
        "notebook": notebook,
    }


def _page(entry: _Entry, words: Words, root: Path) -> Page:
    """A page that is executed; what is filled into its title is text, not markup."""
    texts = {name: MARKUP.sub(r"\\\1", text) for name, text in words.items()}
    filled = {name: text.format(**words) for name, text in entry.parameters.items()}
    notebook = entry.notebook.format(**words)
    return Page(
        entry.page.format(**words),
        entry.title.format(**texts),
        notebook,
        {name: text for name, text in filled.items() if text},
        declared_in(root, notebook),
    )


def _check_names(names: list[str], model: Model) -> None:
    """A phase has an address of its own."""
    where = f"models/{model.name}.toml"
    for phase in (phase.id for phase in model.phases):
        if not PAGE_NAME.fullmatch(phase):
            raise InputError(
                f"phase {phase!r}: a page is called so; letters, digits, _ and -", where
            )
    taken = [name for name, count in Counter([*names, *OF_SPHINX]).items() if count > 1]
    if taken:
        raise InputError(f"phase {taken[0]}: another page of the book is called so", where)


def _contents(names: list[str], parts: list[str]) -> dict[str, Any]:
    """The table of contents: the page without a part first, then part by part."""
    root, *_ = (name for name, part in zip(names, parts, strict=True) if not part)
    chapters = {
        caption: [
            {"file": name} for name, part in zip(names, parts, strict=True) if part == caption
        ]
        for caption in dict.fromkeys(filter(None, parts))
    }
    listed = [{"caption": caption, "chapters": files} for caption, files in chapters.items()]
    return {"format": "jb-book", "root": root, "parts": listed}
