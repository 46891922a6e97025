"""Where the links of a book lead that has fewer pages than the edition's own.

A link to what is not there becomes plain text. A number keeps its link, because its card opens
there: it leads to the page that stands in for the missing one, at worst to the first.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

IN_MARKDOWN = re.compile(r"(?<!!)\[([^\[\]]+)\]\(([\w.-]+)\.(?:md|ipynb)(?:#[\w.-]*)?\)")
IN_HTML = re.compile(r'<a\b([^>]*?) href="([^"]*)"([^>]*)>(.*?)</a>', re.S)
ELSEWHERE = re.compile(r"[a-z]+:|//", re.I)
ID = re.compile(r'<[a-z][^<>]*?\sid="([^"]*)"')


def without_lost_links(text: str, pages: Collection[str]) -> str:
    """A text in Markdown, links to pages that are not there as plain words.

    >>> without_lost_links("See [the bill](bill.ipynb#a) and [the method](method.md).", ["method"])
    'See the bill and [the method](method.md).'
    """
    return IN_MARKDOWN.sub(lambda found: found[0 if found[2] in pages else 1], text)


@dataclass(frozen=True)
class Ways:
    """The addresses of an edition: its files, the ids of its pages, its first page, and which page
    stands in for one that it lacks.
    """

    files: Collection[str]
    ids: Mapping[str, Collection[str]]
    first: str
    instead: Mapping[str, str]

    @classmethod
    def of(cls, edition: Path, first: str, instead: Mapping[str, str]) -> Self:
        """The addresses of an edition's folder as it stands."""
        files = {path.relative_to(edition).as_posix() for path in edition.rglob("*")}
        pages = edition.glob("*.html")
        ids = {page.name: {*ID.findall(page.read_text(encoding="utf-8"))} for page in pages}
        return cls(files, ids, f"{first}.html", instead)

    def leads(self, address: str, page: str) -> bool:
        """Whether an address on a page leads to a file, and to an id in it."""
        path, _, anchor = address.partition("#")
        name = path.partition("?")[0] or page
        return name in self.files and (not anchor or anchor in self.ids.get(name, ()))

    def nearest(self, address: str) -> str:
        """An address that leads somewhere: this one, or the page that stands in for its page."""
        path, _, anchor = address.partition("#")
        name = path
        if name not in self.files:
            other = self.instead.get(path.removesuffix(".html"), "")
            name = f"{other}.html" if other else self.first
        return f"{name}#{anchor}" if anchor in self.ids.get(name, ()) else name

    def mend(self, edition: Path) -> None:
        """Let every link of every page lead somewhere, or be none."""
        for page in sorted(self.ids):
            text = (edition / page).read_text(encoding="utf-8")
            mended = IN_HTML.sub(partial(self._mended, page), text)
            (edition / page).write_text(mended, encoding="utf-8")

    def card(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """What a card tells, its links as the book has them; a part without its page is text."""
        parts = [
            {name: text for name, text in part.items() if name != "href" or self.leads(text, "")}
            for part in told.get("parts", [])
        ]
        return {**told, "href": self.nearest(told["href"])} | ({"parts": parts} if parts else {})

    def _mended(self, page: str, found: re.Match[str]) -> str:
        before, address, after, inner = found.groups()
        target = html.unescape(address)
        if ELSEWHERE.match(target) or self.leads(target, page):
            return found[0]
        if "data-row=" not in before + after:
            return inner
        nearest = html.escape(self.nearest(target), quote=True)
        return f'<a{before} href="{nearest}"{after}>{inner}</a>'
