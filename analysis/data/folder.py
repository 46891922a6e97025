"""An evidence folder: which files are its own, where they are, and one hash of them all.

A folder is a stranger's as easily as ours. What its own `datapackage.json` may say is which tables
it has; the schema that rules is the project's. Names lead to regular files inside the folder alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis.data.mistakes import InputError, UnknownName, did_you_mean
from analysis.data.unseen import refuse_unseen, texts_in

PACKAGE = "datapackage.json"
PROTOCOL = "protocol.toml"  # the project's own rules
RECORDS = ("models", "cards", "scenarios")  # folders of TOML files
MOST_LEVELS = 50
MOST_BYTES = 10**7  # of a description on standard input, which may have no end
FACTS = ".facts.csv"  # what the table of a model's own facts is called after it
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}")
CURVE = re.compile(r"curves/[A-Za-z0-9][A-Za-z0-9._-]*\.csv")

Resource = dict[str, Any]


def default_directory() -> Path:
    """The evidence that came with the package: in the wheel, or beside it in a checkout."""
    packaged = Path(__file__).parents[1] / "_data"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "data"


def package_version() -> str:
    """The version of the package."""
    from importlib.metadata import version  # only where it is asked: reading it takes its time

    return version("traincost")


def edition_model() -> str:
    """The model that the book is about, by book/pages.toml."""
    pages = default_directory() / "pages.toml"  # in the wheel it stands with the evidence
    if not pages.is_file():
        pages = default_directory().parent / "book" / "pages.toml"
    return str(read_toml(pages)["model"])


def evidence_folder(directory: Path | None = None) -> Path:
    """The folder given, or that of the package; an `InputError` if it holds no evidence."""
    directory = directory or default_directory()
    try:
        found = (directory / PACKAGE).is_file()
    except OSError as error:  # a name that is too long, a folder that is closed to us
        raise InputError(f"{error.strerror}", str(directory)) from None
    if not found:
        raise InputError(f"{directory / PACKAGE}: no such file; an evidence folder has a {PACKAGE}")
    return directory


def resources(directory: Path) -> list[Resource]:
    """The tables of a folder, each with its name, its path, and the project's schema for it.

    A folder has every table of the project under the project's path, and any number of curves.

    Raises
    ------
    InputError
        For a table that is missing, unknown, somewhere else, or no regular file of the folder.
    """
    own = {item["name"]: item for item in _listed(default_directory())}
    curve = next(item for item in own.values() if CURVE.fullmatch(item["path"]))
    found: dict[str, Resource] = {}
    for item in _listed(directory):
        name, path = item["name"], item["path"]
        if name in found:
            raise InputError("is listed twice, allowed is once", _at(name))
        known = own.get(name)
        if known and path != known["path"]:
            raise InputError(
                f"{path} is not the table's file, allowed is {known['path']}", _at(name)
            )
        if not known and not CURVE.fullmatch(path):
            raise UnknownName(
                name, "a table", own, hint="or a curve: curves/NAME.csv", where=PACKAGE
            )
        regular_file(directory, path)
        found[name] = {**(known or curve), "name": name, "path": path}
    missing = {name for name in own if not CURVE.fullmatch(own[name]["path"])} - {*found}
    if missing:
        raise InputError(f"the table {min(missing)} is missing", PACKAGE)
    return [*found.values()]


def regular_file(directory: Path, relative: str) -> Path:
    """A file of a folder by its path in it; an `InputError` if it is none, or a link."""
    path = directory / relative
    if path.is_symlink() or any(folder.is_symlink() for folder in _between(directory, path)):
        raise InputError("a link; an evidence folder holds regular files", relative)
    if path.exists() and not path.is_file():
        raise InputError("not a regular file", relative)
    return path


def named_files(directory: Path) -> list[str]:
    """Paths in a folder of all that it names: its package, tables, rules, models, cards and
    scenarios.
    """
    records = [name for folder in RECORDS for name in _regular(directory, folder, "*.toml")]
    rules = [PROTOCOL] if regular_file(directory, PROTOCOL).is_file() else []
    tables = [item["path"] for item in resources(directory)]
    return [PACKAGE, *tables, *rules, *records, *facts_of_models(directory)]


def facts_of_models(directory: Path) -> list[str]:
    """Paths in a folder of the tables that hold facts of one model each, `models/NAME.facts.csv`.

    Raises
    ------
    InputError
        If such a table stands without its model.
    """
    found = _regular(directory, "models", f"*{FACTS}")
    for path in found:
        model = f"{path.removesuffix(FACTS)}.toml"
        if not (directory / model).is_file():
            raise InputError(f"facts of a model that is not there, {model}", path)
    return found


def _regular(directory: Path, folder: str, pattern: str) -> list[str]:
    """Paths in a folder's folder of the regular files of a pattern, by name."""
    return [
        f"{folder}/{path.name}"
        for path in sorted((directory / folder).glob(pattern))
        if NAME.fullmatch(path.name) and path.is_file() and not path.is_symlink()
    ]


def folder_sha256(directory: Path) -> str:
    """Hash of every file that a folder names, by name and content."""
    digest = hashlib.sha256()
    for relative in sorted(named_files(directory)):
        content = read_bytes(directory / relative)
        digest.update(relative.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


def named_file(directory: Path, folder: str, name: str) -> Path:
    """Path of `directory/folder/name.toml`; an `InputError` with the nearest name and the
    folder that was looked in if none is."""
    path = directory / folder / f"{name}.toml"
    if not NAME.fullmatch(name) or not path.is_file():
        known = sorted(file.stem for file in (directory / folder).glob("*.toml"))
        raise InputError(
            f"{name} is not among {folder}: {', '.join(known)}{did_you_mean(name, known)} "
            f"(looked in {directory / folder})"
        )
    return regular_file(directory, f"{folder}/{name}.toml")


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file; an `InputError` if it is none."""
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not valid TOML: {error}", path.name) from None
    return parse_toml(text, path.name)


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """The content of a text in TOML; an `InputError` that names `where` if it is none."""
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is no TOML
        raise InputError(f"not valid TOML: {error}", where) from None
    _refuse_deep(found, where)
    for written in texts_in(found):
        refuse_unseen(written, where)
    return found


def _refuse_deep(found: Any, where: str) -> None:
    """Refuse a content of tables in tables that no file of the project has nearly as many of."""
    inside = [found]
    for _ in range(MOST_LEVELS):
        parts = [one.values() if isinstance(one, dict) else one for one in inside]
        inside = [part for some in parts for part in some if isinstance(part, dict | list)]
    if inside:
        raise InputError(f"found more than {MOST_LEVELS} levels of tables in tables", where)


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, a byte-order mark left out; an `InputError` if it is none."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not text in UTF-8: {error.reason}", str(path)) from None


def read_standard_input() -> str:
    """All of standard input, in UTF-8; an `InputError` if it is closed, endless or none."""
    try:
        found = sys.stdin.buffer.read(MOST_BYTES + 1)
    except (AttributeError, OSError, ValueError):
        raise InputError("is closed", "standard input") from None
    if len(found) > MOST_BYTES:
        raise InputError(
            f"found more than {MOST_BYTES:,} bytes, the most allowed", "standard input"
        )
    try:
        return found.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not text in UTF-8: {error.reason}", "standard input") from None


def read_bytes(path: Path) -> bytes:
    """The content of a regular file; an `InputError` if it is none, or cannot be read."""
    try:
        if path.exists() and not path.is_file():
            raise InputError("not a regular file", str(path))
        return path.read_bytes()
    except InputError:  # a ValueError too
        raise
    except OSError as error:
        raise InputError(f"{error.strerror}", str(path)) from None
    except ValueError:  # a path with a NUL
        raise InputError("no path of a file", str(path)) from None


def _listed(directory: Path) -> Iterator[Resource]:
    """What the package of a folder lists, as far as it has a name and a path in words."""
    content = read_bytes(regular_file(directory, PACKAGE))
    try:
        package = _package(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not valid JSON: {error}", PACKAGE) from None
    listed = package.get("resources") if isinstance(package, dict) else None
    if not isinstance(listed, list):
        raise InputError("no list of resources", PACKAGE)
    for position, item in enumerate(listed):
        fields = [item.get(key) for key in ("name", "path")] if isinstance(item, dict) else []
        if len(fields) != 2 or not all(isinstance(field, str) and field for field in fields):
            raise InputError("a resource has a name and a path", _at(str(position)))
        yield item


@lru_cache(maxsize=4)
def _package(content: bytes) -> Any:
    """What a package says, which nobody changes: a folder's and the project's are mostly one."""
    return json.loads(content.decode("utf-8-sig"))


def _at(resource: str) -> str:
    return f"{PACKAGE}, resource {resource}"


def _between(directory: Path, path: Path) -> list[Path]:
    """The folders between a folder and a file in it."""
    inner = list(path.relative_to(directory).parents)[:-1]
    return [directory / folder for folder in inner]
