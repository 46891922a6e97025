"""What commands share: options of scenario and parameters, and words on standard error."""

from __future__ import annotations

import argparse
import json
import math
import sys
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from analysis.data.mistakes import many_lines, one_line

if TYPE_CHECKING:
    from analysis.data.scenario import Scenario

SECONDS_BETWEEN_LINES = 2.0


def add_overrides(parser: argparse.ArgumentParser) -> None:
    """`-p key=value`, as often as one likes."""
    parser.add_argument(
        "-p",
        dest="overrides",
        action="append",
        default=[],
        metavar="key=value",
        help="one parameter; may be repeated",
    )


def add_scenario(parser: argparse.ArgumentParser) -> None:
    """`--scenario`, and what is laid over it."""
    words = "a file in data/scenarios, or a path"
    parser.add_argument("--scenario", default="paper", metavar="NAME|FILE", help=words)
    add_overrides(parser)


def add_model(parser: argparse.ArgumentParser) -> None:
    """`--model`, for commands that are of the book's model unless told otherwise."""
    words = "a file in data/models (the model that the book is about)"
    parser.add_argument("--model", metavar="NAME", help=words)


def add_data(parser: argparse.ArgumentParser) -> None:
    """`--data`, for commands that read the evidence."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="another evidence folder")


def add_json(parser: argparse._ActionsContainer) -> None:
    """`--json`: standard output is JSON and nothing else."""
    words = "JSON, and nothing else, on standard output"
    parser.add_argument("--json", action="store_true", help=words)


def chosen_scenario(
    options: argparse.Namespace, directory: Path
) -> tuple[Scenario, dict[str, str]]:
    """The scenario with what was laid over it, said on standard error."""
    from analysis.data.scenario import load_scenario, parse_overrides

    overrides = parse_overrides(options.overrides)
    scenario = load_scenario(options.scenario, directory, **overrides)
    say(scenario.summary)
    return scenario, overrides


def tell(text: object, end: str = "\n") -> None:
    """An answer, on standard output, with what a terminal would obey shown as escapes."""
    print(many_lines(str(text)), end=end)


def as_json(content: Any) -> str:
    """Content as JSON, in which a figure that is not finite is null."""
    return json.dumps(_finite(content), indent=1, allow_nan=False)


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def say(text: str, indent: str = "") -> None:
    """A word for people, on standard error, in one line."""
    with suppress(ValueError, OSError):  # closed, or full: nobody can be told
        print(f"{indent}{one_line(text)}", file=sys.stderr, flush=True)


class Progress:
    """Says how far a task is and how long it still takes, every two seconds."""

    def __init__(self, what: str) -> None:
        self.what, self.started, self.said = what, perf_counter(), perf_counter()

    def __call__(self, done: int, of: int) -> None:
        now = perf_counter()
        if now - self.said >= SECONDS_BETWEEN_LINES or (
            done == of and now - self.started >= SECONDS_BETWEEN_LINES
        ):
            self.said = now
            taken = now - self.started
            to_go = taken * (of - done) / done
            say(f"{done:,} of {of:,} {self.what} ({taken:.0f} s, {to_go:.0f} s to go)")


def extra_of(package: str) -> str:
    """The extra that brings a package which a command imports when it runs.

    >>> extra_of("nbformat"), extra_of("distributed")
    ('book', 'sweep')
    """
    return "sweep" if package in ("cryptography", "distributed") else "book"


def install(extra: str) -> str:
    """How an extra is installed where the package is.

    >>> install("book")
    "install the extra `book`: pip install 'traincost[book]'"
    """
    return f"install the extra `{extra}`: pip install 'traincost[{extra}]'"
