"""A user's mistake, in one line that says what, where, and what is allowed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from copyreg import __newobj__  # type: ignore[attr-defined]
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

SPACES = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
Known = TypeVar("Known")
LONGEST, CUT = 300, " … "  # characters of a line
BLANKS = re.compile(r"\s+")  # each run once: to look for the breaks in it first is quadratic


class InputError(ValueError):
    """A mistake in what the user gave.

    Parameters
    ----------
    message
        What was found and what is allowed.
    where
        File, row and field, if they are known; `at` adds them later.
    """

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(message, where)
        self.message = message
        self.where = where

    def __str__(self) -> str:
        return one_line(f"{self.where}: {self.message}" if self.where else self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is, whatever its kind is made of: a worker's mistake comes back as itself."""
        return __newobj__, (type(self), *self.args), self.__dict__

    def at(self, where: str) -> InputError:
        """The same mistake with the place where it was made."""
        self.where = ", ".join(part for part in (where, self.where) if part)
        return self


class ManyMistakes(InputError):
    """Several mistakes at once, each a line of its own."""

    def __init__(self, mistakes: Iterable[InputError | str]) -> None:
        self.mistakes = [str(one) for one in mistakes]
        super().__init__("; ".join(self.mistakes))


def refuse_few(
    developers: Iterable[str], where: str, what: str, needs: Iterable[str], fewest: int = 2
) -> None:
    """Refuse rows of too few developers for what is to be found from them.

    Parameters
    ----------
    developers
        The developer of each row that is left.
    where
        The table's file.
    what, needs
        What is to be found, and the columns that a row needs to count.
    fewest
        Developers without whom it cannot be found.

    Raises
    ------
    InputError
        With what was found and what is needed.

    Examples
    --------
    >>> refuse_few(["A", "A"], "runs.csv", "the fit", ["hours"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    analysis.data.mistakes.InputError: runs.csv: found 2 rows that count, of developers: 1; the...
    """
    rows = list(developers)
    found = len(set(rows))
    if found < fewest:
        raise InputError(
            f"found {len(rows)} rows that count, of developers: {found}; {what} needs {fewest} or "
            f"more, with {', '.join(needs)}",
            where,
        )


def one_line(text: str) -> str:
    """A text as one line that a terminal shows as it is: control characters and marks of direction
    as escapes, lines folded, the middle of a long one left out.

    >>> one_line("a\\nb\\x1b[31m"), len(one_line("x" * 1000))
    ('a b\\\\x1b[31m', 300)
    """
    folded = BLANKS.sub(_folded, str(text).strip("\r\n"))
    shown = "".join(char if _is_plain(char) else _escaped(char) for char in folded)
    if len(shown) <= LONGEST:
        return shown
    half = (LONGEST - len(CUT)) // 2
    return shown[:half] + CUT + shown[-(LONGEST - len(CUT) - half) :]


def many_lines(text: str) -> str:
    """A text of many lines in which control characters and marks of direction are escapes."""
    return "".join(char if char in "\n\t" or _is_plain(char) else _escaped(char) for char in text)


def _folded(blanks: re.Match[str]) -> str:
    """A space in place of blanks with a break among them; other blanks as they are."""
    return " " if "\n" in blanks[0] or "\r" in blanks[0] else blanks[0]


def _is_plain(char: str) -> bool:
    return char == " " or unicodedata.category(char)[0] not in "CZ" or char in SPACES


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")


class UnknownName(InputError, KeyError):
    """A name that is not there, with the nearest one that is; of a mapping, a key that is not.

    `name` is what was found, `kind` what it should be (`a fact`), `hint` says where all are listed.
    """

    def __init__(
        self, name: object, kind: str, known: Iterable[str], *, hint: str = "", where: str = ""
    ) -> None:
        self.name, self.kind, self.known, self.hint = str(name), kind, tuple(known), hint
        said = f"{name} is not {kind}{did_you_mean(self.name, self.known)}"
        super().__init__(f"{said} ({hint})" if hint else said, where)


def find(name: object, known: Mapping[str, Known], kind: str, hint: str = "") -> Known:
    """What is known by a name, which should be `kind`; `hint` says where all are listed.

    Raises
    ------
    UnknownName
        For a name that is not known, or that is no text.

    >>> find("mfu", {"mfu": 0.4}, "an input")
    0.4
    """
    if not isinstance(name, str) or name not in known:
        raise UnknownName(name, kind, known, hint=hint)
    return known[name]


def did_you_mean(name: str, known: Collection[str]) -> str:
    """`; did you mean …?` with the nearest known name, or the empty string.

    Near is what begins so, a like spelling, or all words shared: `gpu_price` is near
    `price_usd_per_gpu_hour`.
    """
    words = _words(name)
    sharing = [other for other in known if words and words <= _words(other)]
    begun = [other for other in known if len(name) > 2 and other.startswith(name)]
    close = (
        begun[:1]
        or get_close_matches(name, list(known), n=1, cutoff=0.6)
        or sharing
        or get_close_matches(name, list(known), n=1, cutoff=0.5)
    )
    return f"; did you mean {close[0]}?" if close else ""


def _words(name: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", name.lower())) - {""}


def _misspells(one: ErrorDetails, missing: ErrorDetails) -> bool:
    """Whether a name that is not known stands where another, like it, is missing."""
    if (one["type"], missing["type"]) != ("extra_forbidden", "missing"):
        return False
    *outer, name = map(str, one["loc"])
    *place, wanted = map(str, missing["loc"])
    return outer == place and bool(get_close_matches(name, [wanted]))


def first_mistake(
    error: ValidationError,
    where: str,
    known: Collection[str],
    kind: str = "known",
    hint: str = "",
    unsaid: Collection[str] = (),
) -> InputError:
    """A pydantic error as one line that names file, field, what was found and the nearest name.

    `known` are the names that may stand there, `kind` what such a name is, `hint` where all are;
    `unsaid` are parts of a field's place that only we know.
    """
    every = error.errors(include_url=False)
    detail = next((one for one in every if _misspells(one, every[0])), every[0])
    path = [str(part) for part in detail["loc"] if part not in unsaid]
    field = ".".join(path)
    place = ", ".join(part for part in (where, field) if part)
    if detail["type"] == "extra_forbidden":
        name = path[-1]
        outer = ", ".join(part for part in (where, *path[:-1]) if part)
        return UnknownName(name, kind, known, hint=hint, where=outer)
    if detail["type"] == "missing":
        return InputError(f"{field} is missing", where)
    message = str(detail.get("ctx", {}).get("error", detail["msg"]))
    found = detail["input"]
    if detail["type"] == "value_error" and isinstance(found, dict):
        return InputError(message, place)  # of the whole: what was found says nothing
    found = f"a {type(found).__name__}" if isinstance(found, dict | list) else repr(found)
    return InputError(f"{message[0].lower()}{message[1:]}, found {found}", place)
