"""What the book holds: its parts and pages in the reader's order, and where old addresses lead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.data.mistakes import InputError, first_mistake
from analysis.publish.plan import Page, Plan

TOC = "_toc.yml"
OF_SPHINX = ("search", "genindex")
MOVED = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>This page has moved</title>
<link rel="canonical" href="{page}.html">
<script>location.replace("{page}.html" + location.hash);</script>
</head>
<body><p>This page has moved: <a href="{page}.html">{page}.html</a></p></body>
</html>
"""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Chapter(_Model):
    """A page, and those that are folded under it."""

    file: str
    sections: list[Chapter] = Field(default_factory=list)

    @property
    def pages(self) -> list[str]:
        """Its page and those under it, in order."""
        return [self.file, *(page for section in self.sections for page in section.pages)]


class Part(_Model):
    """Some chapters under one caption of the menu."""

    caption: str
    chapters: list[Chapter]

    @property
    def pages(self) -> list[str]:
        """All its pages, in order."""
        return [page for chapter in self.chapters for page in chapter.pages]


class Contents(_Model):
    """The book's table of contents."""

    format: str = "jb-book"
    root: str
    parts: list[Part]

    @property
    def pages(self) -> list[str]:
        """Every page, in order, the first page first."""
        return [self.root, *(page for part in self.parts for page in part.pages)]


def contents(book: Path) -> Contents:
    """The table of contents of a folder of sources.

    Raises
    ------
    InputError
        If it is no table of contents.
    """
    try:
        return Contents.model_validate(yaml.safe_load((book / TOC).read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise InputError(f"not valid YAML: {' '.join(str(error).split())}", TOC) from None
    except ValidationError as error:
        known = {*Contents.model_fields, *Part.model_fields, *Chapter.model_fields}
        raise first_mistake(error, TOC, known) from None


def contents_of(plan: Plan) -> Contents:
    """The table of contents of a planned edition."""
    if plan.other:
        return Contents.model_validate(plan.other.toc)
    return contents(plan.root / "book")


def page_names(book: Path) -> list[str]:
    """Every page that the table of contents names, in order."""
    return contents(book).pages


def check_addresses(book: Path, executed: Sequence[Page], moved: Mapping[str, str]) -> None:
    """Every page has one address and a way to it, every old address leads to a page.

    Raises
    ------
    InputError
        For an address used twice, a page that is not there or that no way leads to, and a text
        that is not there.
    """
    listed = page_names(book)
    there = [page.page for page in executed] + [path.stem for path in book.glob("*.md")]
    for names, says in (
        (_twice([*listed, *OF_SPHINX]), f"{TOC} names a page twice"),
        (_twice([*there, *moved, *OF_SPHINX]), "an address is used twice"),
        (_without(listed, there), f"{TOC} names pages that are not there"),
        (_without(there, listed), f"no way leads to a page that {TOC} does not name"),
        (_without(moved.values(), listed), "pages.toml, moved: leads to no page"),
        (_lost_texts(book, executed), "pages.toml: no such text in book/parts"),
    ):
        if names:
            raise InputError(f"{says}: {', '.join(names)}")


def write_moved(html: Path, moved: Mapping[str, str]) -> None:
    """At each old address a page that leads to the new one, at the same anchor."""
    for old, page in moved.items():
        (html / f"{old}.html").write_text(MOVED.format(page=page), encoding="utf-8")


def prose_path(book: Path, name: str) -> Path:
    """Where a text stands that belongs to an executed page."""
    return book / "parts" / f"{name}.md"


def _lost_texts(book: Path, executed: Sequence[Page]) -> list[str]:
    texts = [page.prose for page in executed if page.prose]
    return [text for text in texts if not prose_path(book, text).is_file()]


def _twice(names: Collection[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _without(names: Collection[str], others: Collection[str]) -> list[str]:
    return [name for name in names if name not in others]
