"""How an edition is cited: what CITATION.cff says, with the hash of the data it was made from."""

from __future__ import annotations

import datetime
import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from analysis.publish.plan import CITATION
from analysis.show.links import Html, web_address

OTHERS = "whoever made this book"  # of evidence that is not the project's
NEW_ISSUE = "issues/new?template=number-is-wrong.yml"


@dataclass(frozen=True)
class Citation:
    """What is cited, and as of which day: the day of the evidence, not that of the build."""

    title: str
    authors: str
    version: str
    date: datetime.date
    repository: str = ""

    @property
    def day(self) -> str:
        """The day of the evidence in words.

        >>> Citation("T", "A", "1", datetime.date(2026, 11, 6)).day
        '6 November 2026'
        """
        return f"{self.date.day} {self.date:%B %Y}"

    @property
    def report_address(self) -> str:
        """Where a wrong number is reported; empty where no repository is known."""
        return f"{self.repository.rstrip('/')}/{NEW_ISSUE}" if self.repository else ""


def read_citation(root: Path) -> Citation:
    """The citation of a checkout."""
    found = yaml.safe_load((root / CITATION).read_text(encoding="utf-8"))
    evidence = [one for one in found.get("references", []) if one["type"] == "data"]
    day = evidence[0]["date-accessed"] if evidence else found["date-released"]
    repository = web_address(str(found.get("repository-code", "")))
    authors = " and ".join(_name(author) for author in found["authors"])
    date = datetime.date.fromisoformat(str(day))
    return Citation(found["title"], authors, str(found["version"]), date, repository)


def _name(author: dict[str, str]) -> str:
    """A person, or a group by its name."""
    given = [author[part] for part in ("given-names", "family-names") if part in author]
    return author.get("name") or " ".join(given)


def bibtex(cited: Citation, data_sha256: str, setting: str, address: str) -> str:
    """An entry for a bibliography; `setting` is what an edition was built with, if anything."""
    note = f"Evidence of {cited.date}, data {data_sha256[:12]}"
    fields = {
        "author": f"{{{cited.authors}}}",
        "title": f"{{{cited.title}}}",
        "year": str(cited.date.year),
        "month": f"{cited.date:%b}".lower(),
        "version": cited.version,
        "note": f"{note}; {setting}" if setting else note,
        "url": address,
    }
    return _entry("misc", f"{cited.date}-{data_sha256[:8]}", fields)


def software_bibtex(cited: Citation) -> str:
    """An entry for the software alone, with nothing of the evidence that it was used on."""
    fields = {
        "author": f"{{{cited.authors}}}",
        "title": f"{{{cited.title}}}",
        "version": cited.version,
        "url": cited.repository,
    }
    return _entry("software", cited.version, fields)


def _entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    """An entry with the fields that say something."""
    lines = [f"  {name} = {_braced(name, text)}," for name, text in fields.items() if text]
    return "\n".join([f"@{kind}{{traincost-{key},", *lines, "}"])


def _braced(name: str, text: str) -> str:
    """A field's value; a month is a word of the format itself."""
    return text if name == "month" else f"{{{text}}}"


def citation_html(cited: Citation, data_sha256: str, setting: str, address: str) -> Html:
    """The entry of an edition of the project's own evidence."""
    return _block(bibtex(cited, data_sha256, setting, address))


def software_html(cited: Citation, data_sha256: str) -> Html:
    """How a book of another's evidence is cited: its figures are theirs, and the software ours."""
    words = (
        "<p>Cite the figures as those of whoever made this book, with the first digits of the "
        f"data's hash: <code>{data_sha256[:12]}</code>. Cite the software as software:</p>"
    )
    return Html(words + _block(software_bibtex(cited)))


def _block(entry: str) -> Html:
    """An entry as a block of text with the book's button to copy it."""
    entry = html.escape(entry)
    return Html(
        '<div class="highlight-none notranslate"><div class="highlight">'
        f"<pre>{entry}\n</pre></div></div>"
    )


def report_html(cited: Citation) -> Html:
    """How to report a wrong number: by the form where the repository is known, else by a row."""
    if not cited.report_address:
        return Html(
            "<p>Open an issue in the repository that you have this book from. Its form asks for "
            "the row in <code>data/</code>, what its source prints, and where in the source. A "
            "row in <code>data/corrections.csv</code> serves as well.</p>"
        )
    address = html.escape(cited.report_address, quote=True)
    return Html(
        f'<p><a href="{address}">Report a wrong number</a>: the form asks for the row, what its '
        "source prints, and where in the source.</p>"
    )
