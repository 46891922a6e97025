"""What a command asks whoever sits at the keyboard, and asks again until the answer serves."""

from __future__ import annotations

import argparse
import math
import sys
import textwrap
from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd

from analysis.cli.options import say, tell
from analysis.data.cells import NUMBER
from analysis.data.chips import find_chip
from analysis.data.mistakes import InputError
from analysis.data.strictness import day_of

Check = Callable[[str], object]  # raises InputError for an answer that does not serve
LARGEST = 1e16
LEAST_AMOUNT = 1e-3  # of hours and dollars, which are no counts
WIDTH = 100


def flag_of(name: str) -> str:
    """A flag as it is typed.

    >>> flag_of("seq_len")
    '--seq-len'
    """
    return f"--{name.replace('_', '-')}"


def answered(
    options: argparse.Namespace,
    questions: Mapping[str, str],
    checks: Mapping[str, Check],
    otherwise: str = "",
) -> dict[str, str]:
    """What the flags say, or whoever sits at the keyboard; all that is missing in one line, with
    what would do `otherwise`.

    Raises
    ------
    InputError
        For what is missing, and for a flag that does not serve.
    """
    found = {name: getattr(options, name) for name in questions}
    for name in (name for name, text in found.items() if text):
        checks.get(name, str)(found[name])
    if sys.stdin.isatty():
        found |= {
            name: asked(questions[name], checks.get(name, str))
            for name, text in found.items()
            if not text
        }
    missing = [flag_of(name) for name, text in found.items() if not text]
    if missing:
        raise InputError(f"new-model needs {', '.join(missing)}{otherwise}")
    return {name: str(text) for name, text in found.items()}


def asked(question: str, check: Check) -> str:
    """An answer that serves; the empty string at the end of what is typed."""
    while True:
        try:
            text = input(f"{question}: ").strip()
        except EOFError:
            return ""
        try:
            if text:
                check(text)
                return text
            say("an answer is needed; Ctrl-C ends without writing anything")
        except InputError as error:
            say(str(error))


def number(name: str, text: str, least: float = 1.0) -> float:
    """A number as papers write it; of most things there is one at least."""
    from analysis.compare.specification import in_units

    written = str(in_units(text))
    found = float(written) if NUMBER.fullmatch(written) else math.nan
    if not least <= found <= LARGEST:
        raise InputError(
            f"{flag_of(name)} {text}: expected a number such as 15T, from {least:g} to {LARGEST:g}"
        )
    return found


def whole(name: str, text: str) -> int:
    """A number without a fraction."""
    found = number(name, text)
    if found != int(found):
        raise InputError(f"{flag_of(name)} {text}: expected a whole number")
    return int(found)


def day(text: str) -> str:
    """A day as the files have it."""
    try:
        return day_of(text).isoformat()
    except ValueError as error:
        raise InputError(f"--release-date {text}: {error}") from None


def checks_of(hardware: pd.DataFrame, *numbers: str) -> dict[str, Check]:
    """How answers are checked as they come: a chip, a day, and numbers by the names of flags."""
    found: dict[str, Check] = {
        "chip": lambda text: find_chip(text, hardware),
        "chip_assumed": why_assumed,
        "release_date": day,
    }
    for name in numbers:
        found[name] = partial(number, name)
    return found


def why_assumed(text: str) -> str:
    """Why a chip is assumed, a sentence."""
    if " " not in text.strip():
        raise InputError(
            f"--chip-assumed {text}: expected a sentence on why this chip; where a document names "
            "it, say --chip-source"
        )
    return text


def list_chips(hardware: pd.DataFrame) -> None:
    """The chips that may be named, where one is asked for."""
    if sys.stdin.isatty():
        tell(textwrap.fill(f"Chips: {', '.join(sorted(hardware.chip))}.", WIDTH))
