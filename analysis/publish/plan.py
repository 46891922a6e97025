"""What an edition consists of, and what each of its pages depends on: enough to see at once that
nothing changed.

Imports little, for a build that has nothing to do should not wait for what it does not need.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.data.folder import edition_model, folder_sha256, read_bytes, read_toml
from analysis.data.mistakes import InputError, first_mistake
from analysis.data.scenario import Scenario
from analysis.publish.carried import files_below, project_files
from analysis.publish.place import read_mark

CITATION = Path("CITATION.cff")
OWN = "html"  # the folder of the edition
WEB_ADDRESS = re.compile(r"https?://[\w.-]+(:\d{1,5})?(/[\w.~%/-]*)?", re.I)


@dataclass(frozen=True)
class Page:
    """A page that is executed: its name, title, notebook and parameters.

    `declares` are the parameters of its notebook: nothing else reaches it. `prose` is the name of
    a text that stands before the notebook's last cell, or empty.
    """

    page: str
    title: str
    notebook: str
    parameters: Mapping[str, Any]
    declares: tuple[str, ...]
    prose: str = ""

    def path(self, root: Path) -> Path:
        """Its notebook's file."""
        return root / "notebooks" / f"{self.notebook}.ipynb"


class _PageEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    page: str
    title: str
    notebook: str
    prose: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)


class _PagesFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    model: str
    moved: dict[str, str] = Field(default_factory=dict)
    page: list[_PageEntry]


@dataclass(frozen=True)
class OtherBook:
    """What a book has of its own that is about another model than the edition: the model's name,
    the book's title, its table of contents, and which page stands `instead` of one that it lacks.
    """

    model: str
    title: str
    toc: Mapping[str, Any]
    instead: Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    """An edition to be: its pages, the parameters given, and as hashes what all of it depends on.

    `parts` holds a page's hashes by the word that says why it runs again; `evidence_key` is that of
    code and data alone, `book_key` that of what all pages share when they are published,
    `files_key` that of the files that it is built again from, `edition_key` that of everything.
    `base_url` is the address that the edition will have on the web, with a slash at its end; empty
    where it is not known. `other` is there if the book is about another model than the edition.
    """

    root: Path
    scenario: Scenario
    given: Mapping[str, str]
    pages: list[Page]
    parts: Mapping[str, Mapping[str, str]]
    evidence_key: str
    book_key: str
    base_url: str = ""
    other: OtherBook | None = None
    files_key: str = ""

    @property
    def model(self) -> str:
        """The model that the book is about."""
        return self.other.model if self.other else edition_model()

    @property
    def place(self) -> Path:
        """Where the edition stands unless it is told otherwise: no other takes the own one's."""
        name = self.other.model if self.other else OWN
        if self.other and name == OWN:
            raise InputError(f"--model {name}: the edition stands there; name a folder by --out")
        return self.root / "book" / "_build" / name

    def parameters_of(self, page: Page) -> dict[str, Any]:
        """What a page is executed with: its own parameters, and those given that reach it."""
        reaching = {name: value for name, value in self.given.items() if name in page.declares}
        return {**page.parameters, **reaching}

    def key(self, page: Page) -> str:
        """One hash of all that a page depends on."""
        return _digest([], self.root, *self.parts[page.page].values())

    @property
    def account_key(self) -> str:
        """One hash of what a model's account depends on: code, data and parameters."""
        return _digest([], self.root, self.evidence_key, _json(_values(self.scenario)))

    @property
    def edition_key(self) -> str:
        """One hash of all that the edition depends on."""
        keys = [self.key(page) for page in self.pages]
        return _digest([], self.root, self.book_key, self.files_key, self.base_url, *keys)

    def stands_in(self, out: Path) -> bool:
        """Whether the edition in a folder is this one, and whole."""
        mark = read_mark(out)
        return (
            mark is not None
            and mark.key == self.edition_key
            and all((out / name).is_file() for name in mark.files)
        )


def checked_base_url(address: str) -> str:
    """An address that an edition can have on the web, with a slash at its end.

    >>> checked_base_url("https://example.org/book")
    'https://example.org/book/'
    """
    if not WEB_ADDRESS.fullmatch(address):
        raise InputError(f"--base-url {address!r}: not an address like https://example.org/book/")
    return f"{address.rstrip('/')}/"


def checkout() -> Path:
    """The root of the checkout that this package runs from."""
    root = Path(__file__).parents[2]
    if not (root / "notebooks").is_dir():
        raise InputError(
            "building a book needs a checkout of the project: the notebooks are not in the package"
        )
    return root


def list_pages(root: Path) -> list[Page]:
    """The edition's declared pages, in the order of book/pages.toml.

    Raises
    ------
    InputError
        For a key that the file does not have, one that it lacks, or a notebook that is not there.
    """
    pages = _pages_file(root).page
    return [Page(**page.model_dump(), declares=declared_in(root, page.notebook)) for page in pages]


def list_moved(root: Path) -> dict[str, str]:
    """Addresses that pages had, each with the page that it leads to."""
    return _pages_file(root).moved


def _pages_file(root: Path) -> _PagesFile:
    path = root / "book" / "pages.toml"
    try:
        return _PagesFile.model_validate(read_toml(path))
    except ValidationError as error:
        known = {*_PagesFile.model_fields, *_PageEntry.model_fields}
        raise first_mistake(error, path.name, known) from None


def plan(
    scenario: Scenario,
    scenario_name: str,
    overrides: Mapping[str, str],
    directory: Path,
    base_url: str = "",
    model: str | None = None,
) -> Plan:
    """The plan of an edition from the evidence in `directory`, or of the book of another `model`;
    nothing is computed for it but hashes.
    """
    root = checkout()
    pages, other = _pages_of(model, root, directory)
    from_file = scenario_name.endswith(".toml")
    given = {
        "scenario": str(Path(scenario_name).resolve()) if from_file else scenario_name,
        **overrides,
    }
    if directory != root / "data":
        given["data"] = str(directory.resolve())
    code = _digest([*files_below(root / "analysis"), root / "requirements.lock"], root, sys.version)
    data, values = folder_sha256(directory), _values(scenario)
    parts = {
        page.page: {"code": code, "data": data, **_own_parts(page, root, values)} for page in pages
    }
    shared = [scenario.name, _json(values), scenario.title, str(scenario.is_default)]
    shared += [other.model] if other else []
    book_key = _digest([*files_below(root / "book"), root / CITATION], root, code, data, *shared)
    evidence_key = _digest([], root, code, data)
    files_key = _digest([root / name for name in project_files(root)], root)
    return Plan(
        root, scenario, given, pages, parts, evidence_key, book_key, base_url, other, files_key
    )


def _pages_of(
    model: str | None, root: Path, directory: Path
) -> tuple[list[Page], OtherBook | None]:
    """The pages that are executed for the edition, or for the book of another model."""
    if model is None or model == edition_model():
        return list_pages(root), None
    # only here: the edition's own plan needs neither the evidence nor a model
    from analysis.data.tables import Evidence
    from analysis.publish.any_model import book_of

    return book_of(model, root, Evidence.load(directory))


def _values(scenario: Scenario) -> dict[str, Any]:
    """What a scenario sets, by the parameter through which it reaches a notebook."""
    return {**scenario.parameters.model_dump(), "scenario": scenario.rent}


def _own_parts(page: Page, root: Path, values: Mapping[str, Any]) -> dict[str, str]:
    """The hashes of what one page alone depends on: its notebook, and the values that reach it."""
    reaching = {name: value for name, value in values.items() if name in page.declares}
    return {
        "notebook": _digest([page.path(root)], root),
        "parameters": _digest([], root, _json([page.parameters, reaching])),
    }


def _json(content: Any) -> str:
    return json.dumps(content, sort_keys=True)


def declared_in(root: Path, notebook: str) -> tuple[str, ...]:
    """The names that a notebook's parameter cell declares, as papermill reads them."""
    cells = json.loads(read_bytes(root / "notebooks" / f"{notebook}.ipynb"))["cells"]
    sources = ["".join(c["source"]) for c in cells if "parameters" in c["metadata"].get("tags", [])]
    return tuple(re.findall(r"^(\w+)\s*:", "\n".join(sources), re.M))


def _digest(files: Iterable[Path], root: Path, *texts: str) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(
            path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0"
        )
    for text in texts:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:24]
