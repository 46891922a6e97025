"""What commands share: options of scenario and parameters, and words on standard error."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from analysis.data.scenario import Scenario, load_scenario, parse_overrides


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


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`: standard output is JSON and nothing else."""
    words = "JSON, and nothing else, on standard output"
    parser.add_argument("--json", action="store_true", help=words)


def chosen_scenario(
    options: argparse.Namespace, directory: Path
) -> tuple[Scenario, dict[str, str]]:
    """The scenario with what was laid over it, said on standard error."""
    overrides = parse_overrides(options.overrides)
    scenario = load_scenario(options.scenario, directory, **overrides)
    say(scenario.summary)
    return scenario, overrides


def say(text: str) -> None:
    """A word for people, on standard error."""
    print(text, file=sys.stderr, flush=True)
